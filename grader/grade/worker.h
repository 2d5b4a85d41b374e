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

/* Beyond all exit statuses: see below. */
enum { WORKER_STOPPED = 256 };

/* Somebody who wants to know more than the end. */
struct worker_listener {
    int stop_fd; /* readable: end the worker */
    /* Called for each message: the SIZE bytes in front of a NUL. */
    void (*hear)(const char *text, size_t size, void *data);
    void *data;
};

/*
 * Run WORK(OUT_FD, DATA) in the worker.  What it writes to OUT_FD is *OUTPUT
 * (*SIZE bytes and a NUL), to be freed by the caller.  Returns what WORK
 * returned (0..127), 128+N if signal N interrupted the grader, or 3 after a
 * message.  With a LISTENER (or NULL) what was heard is not in *OUTPUT, and
 * WORKER_STOPPED is returned if it has stopped the worker.  No process that the
 * worker started is left.
 */
int worker_run(int (*work)(int out_fd, void *data), void *data,
               const struct worker_listener *listener, char **output,
               size_t *size);

/* Kill and reap all children, and those that become so because their parents
 * have ended: PR_SET_CHILD_SUBREAPER of prctl(2). */
void worker_reap_all(void);

/* For those who wait for more than one worker: readable when a signal has come;
 * then worker_signal() is its number, else 0. */
int worker_signal_fd(void);
int worker_signal(void);

#endif
