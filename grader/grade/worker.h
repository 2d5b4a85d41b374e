// SPDX-License-Identifier: MIT
/*
 * worker.h - the unprivileged child in which all work on a submission is done.
 *
 * Started by root, the grader itself only takes the submission in, as data,
 * and receives the result; the compiler, the tests and the program under test
 * run as WORKER_UID.  An ordinary user's grader does the same without changing
 * the user.  Whatever the worker starts ends with it, or with the grader, even
 * by SIGKILL: the kernel kills what is told to die with its parent, and a
 * warden, the worker's parent, what is left.
 */
#ifndef GRADE_WORKER_H
#define GRADE_WORKER_H

#include <stddef.h>

#define WORKER_UID 65533 /* nobody's, and not `nobody` itself: 65534 */
#define WORKER_GID WORKER_UID

/*
 * From here on SIGINT, SIGTERM and SIGHUP end the worker, not this process:
 * worker_run() reports them.  Call it once, before anything is made that must
 * be removed.  0, or -1 after a message.
 */
int worker_prepare(void);

/*
 * Run WORK(OUT_FD, DATA) in the worker.  What it writes to OUT_FD is *OUTPUT
 * (*SIZE bytes and a NUL), to be freed by the caller.  Returns what WORK
 * returned (0..127), 128+N if signal N interrupted the grader, or 3 after a
 * message.  No process that the worker started is left.
 */
int worker_run(int (*work)(int out_fd, void *data), void *data, char **output,
               size_t *size);

/* For those who wait for more than one worker: readable when a signal has come;
 * then worker_signal() is its number, else 0. */
int worker_signal_fd(void);
int worker_signal(void);

#endif
