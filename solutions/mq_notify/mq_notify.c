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
    /* Without O_EXCL mq_open would take over a queue that exists, with the
     * attributes that it has. Without O_CREAT it ignores the rest. */
    int excl = oflag & O_CREAT ? O_EXCL : 0;
    mqd_t q = mq_open(name, oflag | excl, 0600, attr);

    if (q == (mqd_t)-1)
        return fail("mq_open");
    if (mq_getattr(q, attr) == -1) {
        (void)fail("mq_getattr");
        (void)mq_close(q);
        return -1;
    }
    return q;
}

int q_send(mqd_t q, unsigned prio, const char *text)
{
    if (TEMP_FAILURE_RETRY(mq_send(q, text, strlen(text), prio)) == -1)
        return fail("mq_send");
    return 0;
}

static int write_all(int fd, const char *buf, size_t n)
{
    while (n > 0) {
        ssize_t w = TEMP_FAILURE_RETRY(write(fd, buf, n));
        if (w == -1)
            return fail("write");
        buf += w;
        n -= (size_t)w;
    }
    return 0;
}

int q_drain(mqd_t q, const struct mq_attr *a, int *left, int out_fd)
{
    /* The kernel wants room for the largest message there could be, however
     * short the one is that it has: mq_receive(3), EMSGSIZE. */
    size_t size = (size_t)a->mq_msgsize;
    char head[16], *text = malloc(size + 1); /* and the newline */
    int result = text ? 0 : fail("malloc");

    while (result == 0 && *left > 0) {
        unsigned prio;
        ssize_t n = TEMP_FAILURE_RETRY(mq_receive(q, text, size, &prio));
        if (n == -1) {
            if (errno != EAGAIN) /* which says: that was all */
                result = fail("mq_receive");
            break;
        }
        int length = snprintf(head, sizeof head, "%u ", prio);
        text[n] = '\n';
        if (write_all(out_fd, head, (size_t)length) == -1 ||
            write_all(out_fd, text, (size_t)n + 1) == -1)
            result = -1;
        --*left;
    }
    free(text);
    return result;
}
/* END(mq_notify.1) */

/* TODO(mq_notify.2): Ask for the notification. Choose its form first: a signal
 * or a thread? What may the code do that then runs? mq_notify(3),
 * signal-safety(7). */
int q_arm(mqd_t q)
{
    /* A blocked signal stays pending until signalfd hands it out: nothing of
     * ours ever runs in a signal handler. */
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGUSR1};

    return mq_notify(q, &event) == -1 ? fail("mq_notify") : 0;
}
/* END(mq_notify.2) */

/* TODO(mq_notify.3): Print messages and copy lines, whatever comes first, and
 * sleep in between. When does the kernel call, and when does it not? Think of
 * what is queued already, of several messages at a time, and of one that comes
 * while you register again. mq_notify(3), mq_overview(7), signal(7). */

/* Input that is not a whole line yet. */
struct lines {
    char text[LINE_BYTES];
    size_t used;
};

static int print_line(const char *line, size_t n, int out_fd)
{
    return write_all(out_fd, "in: ", 4) == -1 ? -1 : write_all(out_fd, line, n);
}

/* Read what there is and copy all lines that it completes. Returns 1, or 0 at
 * end-of-file. */
static int copy_lines(struct lines *in, int in_fd, int out_fd)
{
    ssize_t n = TEMP_FAILURE_RETRY(
        read(in_fd, in->text + in->used, sizeof in->text - in->used));
    char *start = in->text, *end;

    if (n == -1)
        return fail("read");
    if (n == 0 && in->used > 0)
        in->text[in->used++] = '\n';
    in->used += (size_t)n;
    /* poll says that there is input, not how many lines. */
    while ((end = memchr(start, '\n', in->used)) != NULL) {
        size_t length = (size_t)(end + 1 - start);
        if (print_line(start, length, out_fd) == -1)
            return -1;
        start += length;
        in->used -= length;
    }
    memmove(in->text, start, in->used);
    if (in->used == sizeof in->text) {
        errno = EMSGSIZE;
        return fail("line");
    }
    return n > 0;
}

/* Register, then print what is queued. In this order: a message that comes
 * after the last receive finds an empty queue and a registered process. */
static int arm_and_drain(mqd_t q, const struct mq_attr *a, int *left, int out)
{
    return q_arm(q) == -1 ? -1 : q_drain(q, a, left, out);
}

/* 1 to go on, 0 if it is to end, -1 for an error. */
static int take_signal(int signals)
{
    struct signalfd_siginfo info;

    if (TEMP_FAILURE_RETRY(read(signals, &info, sizeof info)) == -1)
        return fail("signalfd");
    return info.ssi_signo == SIGUSR1;
}

static int serve(mqd_t q, const struct mq_attr *a, int left, int signals,
                 int in_fd, int out_fd)
{
    struct lines in = {.used = 0};
    struct pollfd fds[] = {{.fd = signals, .events = POLLIN},
                           {.fd = in_fd, .events = POLLIN}};
    int go_on = 1;

    if (q_arm(q) == -1)
        return -1;
    (void)dprintf(STDERR_FILENO, "ready\n");
    /* The queue may not be empty, and then nothing "arrives" on it. */
    if (q_drain(q, a, &left, out_fd) == -1)
        return -1;
    while (left > 0 && go_on == 1) {
        if (TEMP_FAILURE_RETRY(poll(fds, 2, -1)) == -1)
            return fail("poll");
        if (fds[1].revents) {
            int more = copy_lines(&in, in_fd, out_fd);
            if (more == -1)
                return -1;
            if (more == 0)
                fds[1].fd = -1; /* or poll would say so for ever */
        }
        if (fds[0].revents)
            go_on = take_signal(signals);
        if (fds[0].revents && go_on == 1 &&
            arm_and_drain(q, a, &left, out_fd) == -1)
            return -1;
    }
    return go_on == -1 ? -1 : 0;
}

int q_watch(const char *name, int count, int in_fd, int out_fd)
{
    struct mq_attr attr;
    sigset_t set, before;
    int result = -1;

    (void)sigemptyset(&set); /* cannot fail, with these arguments */
    (void)sigaddset(&set, SIGUSR1);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    /* Before registering: unblocked, the signal would kill us. */
    (void)pthread_sigmask(SIG_BLOCK, &set, &before);
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    if (signals == -1)
        (void)fail("signalfd");
    mqd_t q = signals == -1 ? -1 : q_open(name, O_RDONLY | O_NONBLOCK, &attr);
    if (q != (mqd_t)-1) {
        result = serve(q, &attr, count, signals, in_fd, out_fd);
        (void)mq_close(q); /* which takes the registration back */
    }
    if (signals != -1)
        (void)close(signals);
    /* A notification that is still pending would strike now. */
    struct timespec now = {0, 0};
    while (sigtimedwait(&set, NULL, &now) > 0)
        continue;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}
/* END(mq_notify.3) */
