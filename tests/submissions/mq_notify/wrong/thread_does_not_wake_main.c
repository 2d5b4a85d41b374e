// SPDX-License-Identifier: MIT
/*
 * Fails: watch_registers watch_second_message watch_burst watch_backlog
 *        stdin_meanwhile clean
 * Shows: thread_unsynchronised
 *
 * The belief: when the last message is printed, the program is done. The
 * notification function runs in a thread of its own; the main one sleeps in
 * poll until somebody wakes it.
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
static struct mq_attr attr;
static mqd_t queue;
static int left, out;

static void on_message(union sigval value)
{
    (void)value;
    pthread_mutex_lock(&lock);
    if (left > 0 && q_arm(queue) == 0)
        q_drain(queue, &attr, &left, out);
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

static int is_done(void)
{
    pthread_mutex_lock(&lock);
    int done = left == 0;
    pthread_mutex_unlock(&lock);
    return done;
}

int q_watch(const char *name, int count, int in_fd, int out_fd)
{
    sigset_t set;
    int result;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    struct pollfd fds[2] = {{.fd = signalfd(-1, &set, SFD_CLOEXEC)},
                            {.fd = in_fd, .events = POLLIN}};
    fds[0].events = POLLIN;
    left = count;
    out = out_fd;
    queue = q_open(name, O_RDONLY | O_NONBLOCK, &attr);
    if (queue == (mqd_t)-1)
        return -1;
    pthread_mutex_lock(&lock);
    result = q_arm(queue);
    if (result == 0)
        dprintf(STDERR_FILENO, "ready\n");
    if (result == 0)
        result = q_drain(queue, &attr, &left, out);
    pthread_mutex_unlock(&lock);
    while (result == 0 && !is_done()) {
        if (poll(fds, 2, -1) == -1 && errno != EINTR)
            result = fail("poll");
        if (fds[0].revents)
            break;
        if (fds[1].revents && copy_input(in_fd, out_fd) == 0)
            fds[1].fd = -1;
    }
    mq_close(queue);
    close(fds[0].fd);
    return result;
}
