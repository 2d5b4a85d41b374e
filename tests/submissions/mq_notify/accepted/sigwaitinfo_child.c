// SPDX-License-Identifier: MIT
/*
 * Accepted: SIGEV_SIGNAL with a real-time signal, sigwaitinfo, a child that
 * copies the input.
 *
 * No handler at all: the signals stay blocked, and sigwaitinfo(2) takes one
 * at a time. As it can wait for nothing else, the lines of standard input are
 * a child's work.
 */
#include "mq_notify.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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
    event.sigev_signo = SIGRTMIN;
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

/* A process of its own copies the lines: the main one only waits for signals.
 */
static pid_t start_copying(int in_fd, int out_fd)
{
    pid_t pid = fork();

    if (pid == -1)
        return fail("fork");
    if (pid > 0)
        return pid;
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    while (copy_input(in_fd, out_fd) == 1)
        continue;
    _exit(0);
}

static void stop_copying(pid_t pid)
{
    kill(pid, SIGTERM);
    while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
        continue;
}

static int serve(mqd_t q, struct mq_attr *attr, int count, sigset_t *set,
                 int out_fd)
{
    if (q_arm(q) == -1)
        return -1;
    dprintf(STDERR_FILENO, "ready\n");
    if (q_drain(q, attr, &count, out_fd) == -1)
        return -1;
    while (count > 0) {
        int signo = sigwaitinfo(set, NULL);
        if (signo == -1 && errno != EINTR)
            return fail("sigwaitinfo");
        if (signo == SIGTERM || signo == SIGINT)
            return 0;
        if (signo == SIGRTMIN &&
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
    sigaddset(&set, SIGRTMIN);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    pid_t child = start_copying(in_fd, out_fd);
    if (child == -1)
        return -1;
    mqd_t q = q_open(name, O_RDONLY | O_NONBLOCK, &attr);
    if (q != (mqd_t)-1) {
        result = serve(q, &attr, count, &set, out_fd);
        mq_close(q);
    }
    stop_copying(child);
    return result;
}
