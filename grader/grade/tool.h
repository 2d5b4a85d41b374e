// SPDX-License-Identifier: MIT
/*
 * tool.h - a command that reads what a submission is made of (the compiler, the
 * unpacker of archives, the comparer) run in the sandbox.
 */
#ifndef GRADE_TOOL_H
#define GRADE_TOOL_H

#include "process.h"
#include "sandbox.h"
#include "stage.h"

/*
 * Run PROCESS in SANDBOX, whose `writable` directory is where it starts.  0,
 * and RESULT is to be released; -1 after a message where it could not be run.
 */
int tool_run(const struct sandbox *sandbox, const struct process *process,
             struct process_result *result);

/*
 * The same in a worker (worker.h), for commands that are no part of a grade:
 * run PROCESS in build/ of STAGE, in a sandbox of LEVEL (enum sandbox_level;
 * -1: the best that works here).  It is run in no weaker one.  What it wrote is
 * *OUTPUT (*SIZE bytes and a NUL), to be freed.  Returns as worker_run() does.
 */
int tool_run_alone(const struct stage *stage, int level,
                   const struct process *process, char **output, size_t *size);

/* Write the sandbox's filter to its stage, unless it is there: before the first
 * tool_run().
 * 0, or -1 after a message. */
int tool_prepare(const struct sandbox *sandbox);

#endif
