// SPDX-License-Identifier: MIT
/*
 * Lab `mq_notify`. Amélie Garnier, section A.
 *
 * A signal and ppoll: the three signals are blocked everywhere except while
 * ppoll sleeps, so a handler never runs between a look at a flag and the sleep.
 */
#include "mq_notify.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* TODO(mq_notify.1): Open a queue, or make a new one; send a message; print
 * what is queued. How large must the buffer be, and what does an empty queue
 * say to a receiver that may not wait? mq_open(3), mq_receive(3). */
mqd_t q_open(const char *name, int oflag, struct mq_attr *attr)
{
    mqd_t q;

    if (oflag & O_CREAT)
        oflag |= O_EXCL; /* O_CREAT alone would take what is there */
    q = mq_open(name, oflag, 0600, attr);
    if (q < 0)
        return fail(name);
    if (mq_getattr(q, attr) < 0) {
        int r = fail("mq_getattr");
        mq_close(q);
        return r;
    }
    return q;
}

int q_send(mqd_t q, unsigned prio, const char *text)
{
    int r;

    do
        r = mq_send(q, text, strlen(text), prio);
    while (r < 0 && errno == EINTR);
    return r < 0 ? fail("mq_send") : 0;
}

static int output(int fd, const char *at, size_t left)
{
    while (left > 0) {
        ssize_t accepted = write(fd, at, left);

        if (accepted < 0 && errno == EINTR)
            continue;
        if (accepted < 0)
            return fail("write");
        at += accepted;
        left -= accepted;
    }
    return 0;
}

int q_drain(mqd_t q, const struct mq_attr *a, int *left, int out_fd)
{
    /* "4294967295 " in front, "\n" behind, so that one write does it. */
    enum { FRONT = 11 };
    char *room = malloc(FRONT + a->mq_msgsize + 1);
    int r = 0;

    if (!room)
        return fail("malloc");
    while (*left > 0 && r == 0) {
        char number[FRONT + 1];
        unsigned prio;
        ssize_t got = mq_receive(q, room + FRONT, a->mq_msgsize, &prio);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            if (errno != EAGAIN)
                r = fail("mq_receive");
            break;
        }
        (*left)--;
        int digits = snprintf(number, sizeof number, "%u ", prio);
        char *start = room + FRONT - digits;
        memcpy(start, number, digits);
        room[FRONT + got] = '\n';
        r = output(out_fd, start, digits + got + 1);
    }
    free(room);
    return r;
}
/* END(mq_notify.1) */

/* TODO(mq_notify.2): Ask for the notification. Choose its form first: a signal
 * or a thread? What may the code do that then runs? mq_notify(3),
 * signal-safety(7). */
int q_arm(mqd_t q)
{
    struct sigevent how = {.sigev_notify = SIGEV_SIGNAL,
                           .sigev_signo = SIGRTMIN};

    return mq_notify(q, &how) < 0 ? fail("mq_notify") : 0;
}
/* END(mq_notify.2) */

/* TODO(mq_notify.3): Print messages and copy lines, whatever comes first, and
 * sleep in between. When does the kernel call, and when does it not? Think of
 * what is queued already, of several messages at a time, and of one that comes
 * while you register again. mq_notify(3), mq_overview(7), signal(7). */
static volatile sig_atomic_t called, ordered_to_stop;

static void note(int sig)
{
    if (sig == SIGTERM || sig == SIGINT)
        ordered_to_stop = 1;
    else
        called = 1;
}

struct input {
    int fd; /* -1 after end-of-file */
    size_t used;
    char text[LINE_BYTES];
};

/* All complete lines that are there; what is left moves to the front. */
static int echo_lines(struct input *in, int out_fd)
{
    char *nl;

    while ((nl = memchr(in->text, '\n', in->used)) != NULL) {
        size_t len = nl - in->text + 1;

        if (output(out_fd, "in: ", 4) < 0 ||
            output(out_fd, in->text, len) < 0)
            return -1;
        in->used -= len;
        memmove(in->text, nl + 1, in->used);
    }
    return 0;
}

static int take_input(struct input *in, int out_fd)
{
    ssize_t got = read(in->fd, in->text + in->used,
                       sizeof in->text - in->used);

    if (got < 0)
        return errno == EINTR || errno == EAGAIN ? 0 : fail("read");
    if (got == 0) {
        in->fd = -1;
        if (in->used > 0)
            in->text[in->used++] = '\n';
    }
    in->used += got;
    return echo_lines(in, out_fd);
}

static int watch(mqd_t q, const struct mq_attr *a, int left, struct input *in,
                 int out_fd, const sigset_t *awake)
{
    if (q_arm(q) < 0)
        return -1;
    dprintf(2, "ready\n");
    if (q_drain(q, a, &left, out_fd) < 0)
        return -1;
    while (left > 0 && !ordered_to_stop) {
        struct pollfd p = {.fd = in->fd, .events = POLLIN};

        if (ppoll(&p, 1, NULL, awake) < 0) {
            if (errno != EINTR)
                return fail("ppoll");
            p.revents = 0;
        }
        if (p.revents && take_input(in, out_fd) < 0)
            return -1;
        if (!called)
            continue;
        called = 0;
        /* Arm, then empty: what comes after the last receive finds both an
         * empty queue and somebody registered. */
        if (q_arm(q) < 0 || q_drain(q, a, &left, out_fd) < 0)
            return -1;
    }
    return 0;
}

int q_watch(const char *name, int count, int in_fd, int out_fd)
{
    const int sigs[3] = {SIGRTMIN, SIGTERM, SIGINT};
    struct sigaction sa = {.sa_handler = note}, old[3];
    struct input in = {.fd = in_fd};
    sigset_t mine, before, awake;
    struct mq_attr a;
    int r = -1;

    sigemptyset(&mine);
    for (int i = 0; i < 3; i++) {
        sigaddset(&mine, sigs[i]);
        sigaction(sigs[i], &sa, &old[i]);
    }
    sigprocmask(SIG_BLOCK, &mine, &before);
    awake = before;
    for (int i = 0; i < 3; i++)
        sigdelset(&awake, sigs[i]);

    mqd_t q = q_open(name, O_RDONLY | O_NONBLOCK, &a);
    if (q >= 0) {
        r = watch(q, &a, count, &in, out_fd, &awake);
        mq_close(q);
    }
    signal(SIGRTMIN, SIG_IGN); /* throws away what is still pending */
    sigprocmask(SIG_SETMASK, &before, NULL);
    for (int i = 0; i < 3; i++)
        sigaction(sigs[i], &old[i], NULL);
    return r;
}
/* END(mq_notify.3) */
