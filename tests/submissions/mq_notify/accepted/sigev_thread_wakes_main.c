// SPDX-License-Identifier: MIT
/*
 * Accepted: SIGEV_THREAD, a notification function that wakes the main thread
 * through a pipe.
 *
 * All the work is done by one thread, so nothing needs a lock. The thread and
 * the netlink socket that the C library makes are its own affair.
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

mqd_t q_open(const char *name, int oflag, struct mq_attr *attr)
{
    mqd_t q;

    if (oflag & O_CREAT)
        q = mq_open(name, oflag | O_EXCL, 0600, attr);
    else
        q = mq_open(name, oflag);
    if (q == (mqd_t)-1)
        return fail("mq_open");
    if (mq_getattr(q, attr) == -1) {
        fail("mq_getattr");
        mq_close(q);
        return -1;
    }
    return q;
}

int q_send(mqd_t q, unsigned prio, const char *text)
{
    while (mq_send(q, text, strlen(text), prio) == -1)
        if (errno != EINTR)
            return fail("mq_send");
    return 0;
}

int q_drain(mqd_t q, const struct mq_attr *a, int *left, int out_fd)
{
    char *buf = malloc(a->mq_msgsize);
    int result = 0;

    if (buf == NULL)
        return fail("malloc");
    while (*left > 0) {
        unsigned prio;
        ssize_t n = mq_receive(q, buf, a->mq_msgsize, &prio);
        if (n == -1) {
            if (errno == EINTR)
                continue;
            if (errno != EAGAIN)
                result = fail("mq_receive");
            break;
        }
        dprintf(out_fd, "%u %.*s\n", prio, (int)n, buf);
        --*left;
    }
    free(buf);
    return result;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int wake[2];

/* Runs in a thread that the C library makes for it. */
static void on_message(union sigval value)
{
    (void)value;
    pthread_mutex_lock(&lock); /* the pipe may be closed in the end */
    if (wake[1] != -1 && write(wake[1], "", 1) == -1)
        fail("write");
    pthread_mutex_unlock(&lock);
}

int q_arm(mqd_t q)
{
    struct sigevent event;

    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD;
    event.sigev_notify_function = on_message;
    if (mq_notify(q, &event) == -1)
        return fail("mq_notify");
    return 0;
}

static char line[LINE_BYTES];
static size_t used;

static void print_line(int out_fd)
{
    dprintf(out_fd, "in: %.*s\n", (int)used, line);
    used = 0;
}

/* 1, or 0 at end-of-file. */
static int copy_input(int in_fd, int out_fd)
{
    char buf[512];
    ssize_t n = read(in_fd, buf, sizeof buf);

    if (n == -1)
        return errno == EINTR ? 1 : fail("read");
    for (ssize_t i = 0; i < n; i++) {
        if (buf[i] == '\n')
            print_line(out_fd);
        else if (used < sizeof line)
            line[used++] = buf[i];
    }
    if (n == 0 && used > 0)
        print_line(out_fd);
    return n > 0;
}

static int serve(mqd_t q, struct mq_attr *attr, int count, int signals,
                 int in_fd, int out_fd)
{
    struct pollfd fds[3] = {{.fd = wake[0], .events = POLLIN},
                            {.fd = signals, .events = POLLIN},
                            {.fd = in_fd, .events = POLLIN}};
    char byte;

    if (q_arm(q) == -1)
        return -1;
    dprintf(STDERR_FILENO, "ready\n");
    if (q_drain(q, attr, &count, out_fd) == -1)
        return -1;
    while (count > 0) {
        if (poll(fds, 3, -1) == -1) {
            if (errno == EINTR)
                continue;
            return fail("poll");
        }
        if (fds[1].revents)
            return 0;
        if (fds[2].revents) {
            int more = copy_input(in_fd, out_fd);
            if (more == -1)
                return -1;
            if (more == 0)
                fds[2].fd = -1;
        }
        if (fds[0].revents && read(wake[0], &byte, 1) == 1 &&
            (q_arm(q) == -1 || q_drain(q, attr, &count, out_fd) == -1))
            return -1;
    }
    return 0;
}

int q_watch(const char *name, int count, int in_fd, int out_fd)
{
    struct mq_attr attr;
    sigset_t set;
    int result = -1;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    if (signals == -1 || pipe2(wake, O_CLOEXEC) == -1)
        return fail("pipe2");
    mqd_t q = q_open(name, O_RDONLY | O_NONBLOCK, &attr);
    if (q != (mqd_t)-1) {
        result = serve(q, &attr, count, signals, in_fd, out_fd);
        mq_close(q);
    }
    close(signals);
    pthread_mutex_lock(&lock);
    close(wake[0]);
    close(wake[1]);
    wake[1] = -1;
    pthread_mutex_unlock(&lock);
    return result;
}
