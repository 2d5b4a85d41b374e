// SPDX-License-Identifier: MIT
/*
 * trace_evidence.h - logs for the tests of the trace parser.
 *
 * Those in evidence/trace were recorded with strace and bubblewrap; lines of
 * the dynamic loader are cut out.  What is too rare to be recorded is written
 * down in the tests, behind ENTRY.  Run from the project's root.
 */
#ifndef TRACE_EVIDENCE_H
#define TRACE_EVIDENCE_H

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "trace.h"

#define PROGRAM "/kit/pipe"
/* The way into the sandbox up to the program, process 0 of the trace. */
#define ENTRY                                                                  \
    "100   set_tid_address(0x1) = 100\n"                                       \
    "100   clone(child_stack=NULL, flags=CLONE_NEWPID|SIGCHLD) = 101\n"        \
    "101   set_tid_address(0x1) = 1\n"                                         \
    "101   clone(child_stack=NULL, flags=SIGCHLD) = 2\n"                       \
    "102   execve(\"" PROGRAM "\", [\"pipe\"], 0x1 /* 2 vars */) = 0\n"        \
    "102   set_tid_address(0x1) = 2\n"

static inline struct trace *recorded_of(const char *name, const char *program)
{
    size_t size;
    char *path = xformat("tests/unit/evidence/trace/%s.strace", name);
    char *text = read_file(AT_FDCWD, path, 1 << 20, &size);

    cr_assert_not_null(text, "cannot read %s", path);
    struct trace *trace = trace_parse(text, size, program);
    free(text);
    free(path);
    return trace;
}

static inline struct trace *recorded(const char *name)
{
    return recorded_of(name, PROGRAM);
}

static inline struct trace *written(const char *text)
{
    return trace_parse(text, strlen(text), PROGRAM);
}

/* The N-th call of NAMES, from 0. */
static inline const struct trace_event *call(const struct trace *trace,
                                             const char *names, int n)
{
    size_t i = trace_find(trace, 0, names, -1);

    while (n-- > 0 && i < trace->event_count)
        i = trace_find(trace, i + 1, names, -1);
    cr_assert_lt(i, trace->event_count, "no such call of %s", names);
    return &trace->events[i];
}

static inline void expect_process(const struct trace *trace, int index,
                                  pid_t pid, int parent, const char *program)
{
    cr_assert_lt((size_t)index, trace->process_count);
    const struct trace_process *process = &trace->processes[index];

    cr_expect_eq(process->pid, pid, "#%d: pid %d", index, process->pid);
    cr_expect_eq(process->parent, parent, "#%d: parent %d", index,
                 process->parent);
    cr_expect_str_eq(process->program, program);
    cr_expect_eq(process->own_code, strcmp(program, PROGRAM) == 0);
}

static inline size_t count_unwaited(const struct trace *trace)
{
    size_t count = 0;

    for (size_t i = trace_unwaited(trace, 0); i < trace->process_count;
         i = trace_unwaited(trace, i + 1))
        count++;
    return count;
}

#endif
