// SPDX-License-Identifier: MIT
/*
 * The contract of the lab `mq_notify`: what each function in mq_notify.c
 * promises to main.c, which calls it, and to the tests, which watch the whole
 * program from outside. Given; you need not change it.
 *
 * Rules for all of them:
 * - A message is bytes and a length, perhaps 0; no '\0' belongs to it.
 * - EINTR is invisible to the caller.
 * - On failure the function has printed one line with fail() and returns -1.
 * - Queues and descriptors that are passed in stay open and stay the caller's;
 *   what a function opens or starts is gone when it returns: your own pipe,
 *   threads, processes and handlers. Only the C library's helper thread for
 *   SIGEV_THREAD stays, with its socket.
 */
#ifndef MQ_NOTIFY_H
#define MQ_NOTIFY_H

#include <mqueue.h>
#include <sys/types.h>

#define PROG "mq_notify"
#include "../common/lab.h"

/* The longest line of standard input, its newline included. A last line without
 * one may have a byte less. */
enum { LINE_BYTES = 4096 };

/*
 * Open the POSIX message queue `name`. `oflag` is what mq_open(3) takes:
 * O_RDONLY, O_WRONLY or O_RDWR, perhaps with O_NONBLOCK.
 *
 * With O_CREAT the queue is a new one, with attr's mq_maxmsg and mq_msgsize,
 * for its owner only (mode 0600); a queue that exists already is never taken
 * over or changed, but is an error (EEXIST).
 *
 * Returns the descriptor, with *attr set to the attributes that the queue
 * really has, or (mqd_t)-1. Does not block.
 */
mqd_t q_open(const char *name, int oflag, struct mq_attr *attr);

/*
 * Send `text`, without its '\0', with priority `prio`.
 *
 * Returns 0 or -1. If the queue is full it blocks until there is room; with
 * O_NONBLOCK that is an error (EAGAIN).
 */
int q_send(mqd_t q, unsigned prio, const char *text);

/*
 * Receive what is queued, at most *left messages, highest priority first, and
 * write each to out_fd as one line: its priority, a space, its text, a
 * newline. Counts *left down by one for each. `q` is O_NONBLOCK, `a` holds
 * its attributes.
 *
 * Returns 0, also if there was no message at all, or -1. Does not block.
 */
int q_drain(mqd_t q, const struct mq_attr *a, int *left, int out_fd);

/*
 * Ask the kernel to notify this process when a message arrives on the empty
 * queue `q`, by a signal or in a new thread, as you like: see mq_notify(3).
 *
 * Returns 0, or -1, for instance if another process is registered (EBUSY).
 * Does not block.
 */
int q_arm(mqd_t q);

/*
 * Print `count` messages (at least 1) of the existing queue `name` as q_drain
 * prints them, each as soon as it arrives; what is queued already counts. In
 * the meantime copy each line of in_fd to out_fd, with "in: " before it, as
 * soon as it is complete; a last one without a newline is complete at
 * end-of-file, which is not the end of q_watch. Lines of the two kinds are
 * never mixed.
 *
 * Prints "ready\n" on stderr when the process is registered for the first
 * time. Whenever the process has nothing to do it sleeps, and is registered.
 *
 * Returns 0 after `count` messages, or when SIGTERM or SIGINT has come; -1 if
 * something failed, at once. The process is then no longer registered, a
 * notification that is still pending does no harm, and the queue is still
 * there.
 */
int q_watch(const char *name, int count, int in_fd, int out_fd);

#endif
