// SPDX-License-Identifier: MIT
/*
 * Accepted: SIGEV_THREAD, a notification function that registers again and
 * drains.
 *
 * A message may arrive while one function still drains, and the next one then
 * runs beside it: a mutex is held from the first receive to the last line.
 * The main thread copies the input and waits for the end on an eventfd.
 */
#include "mq_notify.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
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

static struct {
    pthread_mutex_t lock;
    struct mq_attr attr;
    mqd_t q;
    int left, out_fd, done_fd, failed;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void on_message(union sigval value)
{
    uint64_t one = 1;

    (void)value;
    pthread_mutex_lock(&shared.lock);
    if (shared.left > 0 && !shared.failed &&
        (q_arm(shared.q) == -1 ||
         q_drain(shared.q, &shared.attr, &shared.left, shared.out_fd) == -1))
        shared.failed = 1;
    if ((shared.left == 0 || shared.failed) &&
        write(shared.done_fd, &one, sizeof one) == -1)
        fail("eventfd");
    pthread_mutex_unlock(&shared.lock);
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
    pthread_mutex_lock(&shared.lock);
    dprintf(out_fd, "in: %.*s\n", (int)used, line);
    pthread_mutex_unlock(&shared.lock);
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

static int serve(int signals, int in_fd, int out_fd)
{
    struct pollfd fds[3] = {{.fd = shared.done_fd, .events = POLLIN},
                            {.fd = signals, .events = POLLIN},
                            {.fd = in_fd, .events = POLLIN}};

    for (;;) {
        if (poll(fds, 3, -1) == -1) {
            if (errno == EINTR)
                continue;
            return fail("poll");
        }
        if (fds[0].revents || fds[1].revents)
            return 0;
        if (fds[2].revents) {
            int more = copy_input(in_fd, out_fd);
            if (more == -1)
                return -1;
            if (more == 0)
                fds[2].fd = -1;
        }
    }
}

/* Registers and takes what is there; later messages are on_message's. */
static int begin(void)
{
    int result = -1;

    pthread_mutex_lock(&shared.lock);
    if (q_arm(shared.q) == 0) {
        dprintf(STDERR_FILENO, "ready\n");
        result = q_drain(shared.q, &shared.attr, &shared.left, shared.out_fd);
    }
    if (shared.left == 0)
        result = 1;
    pthread_mutex_unlock(&shared.lock);
    return result;
}

int q_watch(const char *name, int count, int in_fd, int out_fd)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
    shared.done_fd = eventfd(0, EFD_CLOEXEC);
    if (signals == -1 || shared.done_fd == -1)
        return fail("eventfd");
    shared.left = count;
    shared.out_fd = out_fd;
    shared.q = q_open(name, O_RDONLY | O_NONBLOCK, &shared.attr);
    if (shared.q == (mqd_t)-1)
        return -1;
    int result = begin();
    if (result == 0)
        result = serve(signals, in_fd, out_fd);
    else if (result == 1)
        result = 0;
    pthread_mutex_lock(&shared.lock);
    shared.left = 0; /* a function that still comes does nothing */
    if (shared.failed)
        result = -1;
    mq_close(shared.q);
    pthread_mutex_unlock(&shared.lock);
    close(signals);
    close(shared.done_fd);
    return result;
}
