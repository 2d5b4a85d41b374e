// SPDX-License-Identifier: MIT
/*
 * process.h - a trusted command (compiler in its sandbox, test program, tool)
 * run to its end, within limits: wall time, output, resources.
 */
#ifndef GRADE_PROCESS_H
#define GRADE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

struct process_limit {
    int resource; /* RLIMIT_... */
    rlim_t value;
};

struct process {
    const char *const *argv;
    const char *const *env; /* "NAME=VALUE"...; NULL: as it is */
    const char *directory;  /* to run in; NULL: as it is */
    int wall_s;             /* then its process group is killed */
    const struct process_limit *limits;
    size_t limit_count;
    size_t output_max; /* bytes kept of stdout and stderr together */
    bool keep_tail;    /* the last of them rather than the first */
};

struct process_result {
    int status; /* exit status, or 128 + N for signal N */
    bool timed_out;
    char *output; /* with a NUL behind its size bytes */
    size_t size;
    double seconds; /* wall time */
};

/*
 * Run PROCESS with /dev/null as standard input, in a process group of its own
 * that dies with the caller.  Descriptors that are not close-on-exec are
 * inherited.  0, and RESULT is to be released; -1 with errno if it could not
 * be started.
 */
int process_run(const struct process *process, struct process_result *result);
void process_result_release(struct process_result *result);

/* Ask for SIGKILL when PARENT, the caller's parent, ends; after every change of
 * user id.  Ends the process if it already has. */
void process_die_with(int parent);

#endif
