// SPDX-License-Identifier: MIT
/*
 * Lab `mq_notify`, the file you edit. Here the kernel calls you when a message
 * arrives, and you do something else meanwhile. It calls once, and only when
 * the queue was empty: whoever forgets that sleeps on a full queue.
 * mq_notify.h is the contract. Fill the gaps in order, helpers included, and
 * run `make mq_notify` after each.
 */
#include "mq_notify.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* TODO(mq_notify.1): Open a queue, or make a new one; send a message; print
 * what is queued. How large must the buffer be, and what does an empty queue
 * say to a receiver that may not wait? mq_open(3), mq_receive(3). */
mqd_t q_open(const char *name, int oflag, struct mq_attr *attr)
{
    (void)name, (void)oflag, (void)attr;
    errno = ENOSYS;
    return fail("q_open");
}

int q_send(mqd_t q, unsigned prio, const char *text)
{
    (void)q, (void)prio, (void)text;
    errno = ENOSYS;
    return fail("q_send");
}

int q_drain(mqd_t q, const struct mq_attr *a, int *left, int out_fd)
{
    (void)q, (void)a, (void)left, (void)out_fd;
    errno = ENOSYS;
    return fail("q_drain");
}
/* END(mq_notify.1) */

/* TODO(mq_notify.2): Ask for the notification. Choose its form first: a signal
 * or a thread? What may the code do that then runs? mq_notify(3),
 * signal-safety(7). */
int q_arm(mqd_t q)
{
    (void)q;
    errno = ENOSYS;
    return fail("q_arm");
}
/* END(mq_notify.2) */

/* TODO(mq_notify.3): Print messages and copy lines, whatever comes first, and
 * sleep in between. When does the kernel call, and when does it not? Think of
 * what is queued already, of several messages at a time, and of one that comes
 * while you register again. mq_notify(3), mq_overview(7), signal(7). */
int q_watch(const char *name, int count, int in_fd, int out_fd)
{
    (void)name, (void)count, (void)in_fd, (void)out_fd;
    errno = ENOSYS;
    return fail("q_watch");
}
/* END(mq_notify.3) */
