// SPDX-License-Identifier: MIT
/*
 * Accepted: signalfd and epoll; drain, register, drain again.
 *
 * The first drain is not needed, the second one is. A standard input that
 * epoll refuses (EPERM: /dev/null, a file) is read at once.
 */
#include "mq_notify.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
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

int q_arm(mqd_t q)
{
    struct sigevent event;

    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGUSR1;
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

static int listen_to(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int drain_arm_drain(mqd_t q, struct mq_attr *attr, int *left, int out_fd)
{
    if (q_drain(q, attr, left, out_fd) == -1)
        return -1;
    if (*left == 0)
        return 0;
    return q_arm(q) == -1 ? -1 : q_drain(q, attr, left, out_fd);
}

static int serve(mqd_t q, struct mq_attr *attr, int count, int epoll,
                 int signals, int in_fd, int out_fd)
{
    struct signalfd_siginfo info;
    struct epoll_event event;

    if (q_arm(q) == -1)
        return -1;
    dprintf(STDERR_FILENO, "ready\n");
    if (q_drain(q, attr, &count, out_fd) == -1)
        return -1;
    while (count > 0) {
        if (epoll_wait(epoll, &event, 1, -1) == -1) {
            if (errno == EINTR)
                continue;
            return fail("epoll_wait");
        }
        if (event.data.fd == in_fd) {
            int more = copy_input(in_fd, out_fd);
            if (more == -1)
                return -1;
            if (more == 0)
                epoll_ctl(epoll, EPOLL_CTL_DEL, in_fd, NULL);
            continue;
        }
        if (read(signals, &info, sizeof info) != sizeof info)
            return fail("read");
        if (info.ssi_signo != SIGUSR1)
            return 0;
        if (drain_arm_drain(q, attr, &count, out_fd) == -1)
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
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    mqd_t q = q_open(name, O_RDONLY | O_NONBLOCK, &attr);
    if (q == (mqd_t)-1)
        return -1;
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (signals == -1 || epoll == -1 || listen_to(epoll, signals) == -1)
        fail("epoll");
    else {
        if (listen_to(epoll, in_fd) == -1)
            while (copy_input(in_fd, out_fd) == 1)
                continue;
        result = serve(q, &attr, count, epoll, signals, in_fd, out_fd);
    }
    close(epoll);
    close(signals);
    mq_close(q);
    return result;
}
