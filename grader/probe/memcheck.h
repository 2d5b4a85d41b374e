// SPDX-License-Identifier: MIT
/*
 * memcheck.h - what Valgrind's memcheck wrote, as findings; and the lease of
 * the one fork server that a submission has.
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
    char what[160];     /* memcheck's first line: "Invalid read of size 1" */
    char function[64];  /* innermost frame in the student's file, or "" */
    char file[64];      /* "pipe.c", or "" */
    int line;           /* 0 if unknown */
    char *stack;        /* memcheck's own lines, newline-separated */
};

struct memcheck_process {
    pid_t pid;
    bool summary; /* "ERROR SUMMARY" was seen: the log did not break off */
};

struct memcheck_log {
    struct finding *findings;
    size_t finding_count;
    struct memcheck_process *processes;
    size_t process_count;
};

/*
 * Parse the text of one or more processes (each line begins "==PID== ").
 * SOURCE is the name of the student's file ("pipe.c").  Findings with the same
 * kind and stack in several processes are one (a leak made before fork(2) is
 * reported by both).  Descriptors count only where a stack shows that the
 * student's file opened them, and only in FIRST_PID: what a child still holds
 * at _exit(2) harms nobody.
 */
struct memcheck_log *memcheck_parse(const char *text, size_t size,
                                    const char *source, pid_t first_pid);
void memcheck_free(struct memcheck_log *log);

/*
 * Append to ARGV the words that run a program under memcheck, with the rules of
 * the file SUPPRESSIONS (a path inside the sandbox; NULL: none) and its text
 * going to LOG_FD, a descriptor that the command inherits.
 */
void memcheck_command(struct argv *argv, const char *suppressions, int log_fd);

/*
 * Serve leases at SOCKET_PATH (SOCK_SEQPACKET, made here) until LIFE_FD reports
 * end-of-file: each connection is handed the control and log descriptors of a
 * server started with START, one holder at a time, and closing the connection
 * returns the lease.  A server that died, or was left unswept, is replaced
 * before the next lease.  START returns 0 and sets the three, or -1.  Does not
 * return before all servers are gone.  0, or -1 with errno.
 */
struct memcheck_server {
    pid_t pid;      /* of the process started, to be killed and waited for */
    int control_fd; /* see server.h */
    int log_fd;     /* stream socket with what Valgrind writes */
};
int memcheck_serve(const char *socket_path, int life_fd,
                   int (*start)(struct memcheck_server *, void *), void *data);

/* Take the lease: returns the connection, to be closed to give it back, and
 * sets both descriptors; blocks until it is free.  -1 with errno; EHOSTDOWN:
 * the server cannot be started. */
int memcheck_lease(const char *socket_path, int *control_fd, int *log_fd);
/* Give the lease back, and say whether the server was swept: whether it can
 * serve the next holder.  Closes CONNECTION; 0, or -1 with errno. */
int memcheck_return(int connection, bool swept);

#endif
