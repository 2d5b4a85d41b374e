// SPDX-License-Identifier: MIT
/*
 * memcheck.h - how Valgrind's memcheck is asked, and what it wrote, as
 * findings.
 */
#ifndef PROBE_MEMCHECK_H
#define PROBE_MEMCHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base.h"

enum finding_kind {
    FINDING_INVALID_ACCESS, /* read, write, free, jump */
    FINDING_UNINITIALISED,  /* jump, use or system call parameter */
    FINDING_LEAK,           /* definitely lost */
    FINDING_DESCRIPTOR,     /* opened by the program, never closed */
    FINDING_OTHER,          /* any other error that memcheck counts */
};

struct finding {
    enum finding_kind kind;
    pid_t pid;
    char what[160];    /* memcheck's first line: "Invalid read of size 1" */
    char function[64]; /* innermost frame in the student's file, or "" */
    char file[64];     /* "pipe.c", or "" */
    int line;          /* 0 if unknown */
    char *stack;       /* memcheck's own lines, newline-separated */
};

struct memcheck_process {
    pid_t pid;
    bool summary; /* its "ERROR SUMMARY" ends it: the log did not break off */
};

struct memcheck_log {
    struct finding *findings;
    size_t finding_count;
    struct memcheck_process *processes;
    size_t process_count;
    /* Some process made a system call that this Valgrind does not know, and
     * refuses with ENOSYS: what the program did then, and how it ended, was no
     * choice of its own. */
    bool unsupported;
    /* A stack without the message that it belongs to: lines are missing, so
     * that what the log says, or does not, proves nothing. */
    bool damaged;
};

/*
 * Parse the text of one or more processes (each line begins "==PID== ").
 * SOURCE is the name of the student's file ("pipe.c"); a file of the C library
 * with that name is told apart by its path (memcheck_command() asks for paths).
 * In stacks the student's file goes by its name alone.
 *
 * Findings are in the order of the text.  Those with the same kind, first line
 * (but for a leak's amount) and stack (but for addresses) are one, also across
 * processes: what happened before fork(2) may be reported by both.  Leaks and
 * descriptors count only in FIRST_PID: what a child still holds at _exit(2)
 * harms nobody.  Descriptors do so only where the stack shows that the
 * student's file opened them, mq_notify(3) apart, and neither where the log is
 * `unsupported`.  A finding with an empty FILE has no frame in SOURCE.
 *
 * FIRST_PID (if positive) is always among the processes; Valgrind's own start
 * is not.  A process without a summary was killed, crashed Valgrind, executed
 * another program (which the caller must judge), or its log is damaged.  A
 * program that sets out to write a log of its own can do so: see SECURITY.md.
 */
struct memcheck_log *memcheck_parse(const char *text, size_t size,
                                    const char *source, pid_t first_pid);
void memcheck_free(struct memcheck_log *log);

/*
 * Append to ARGV the words that run a program under memcheck, with the rules of
 * the file SUPPRESSIONS (as the command sees it; NULL: none) and its text going
 * to LOG_FD, a descriptor that the command inherits.  The program follows.
 */
void memcheck_command(struct argv *argv, const char *suppressions, int log_fd);

#endif
