// SPDX-License-Identifier: MIT
/*
 * Fails: watch_registers watch_second_message watch_burst watch_backlog
 *     rearm_race stdin_meanwhile clean
 * Shows: locks_in_handler
 *
 * The belief: a mutex keeps the handler from what the program is busy with. But
 * the handler runs in the very thread that has the mutex, and while it waits
 * there that thread does not go on to give it back.
 */
#include "mq_notify.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static volatile sig_atomic_t notified, stopped;

static struct mq_attr attr;
static mqd_t queue;
static int remaining, result;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void on_notify(int signo)
{
    (void)signo;
    notified = 1;
    pthread_mutex_lock(&lock);
    if (remaining > 0 &&
        (q_arm(queue) == -1 || q_drain(queue, &attr, &remaining, 1) == -1))
        result = -1;
    pthread_mutex_unlock(&lock);
}

static void on_stop(int signo)
{
    (void)signo;
    stopped = 1;
}

static void catch (int signo, void (*handler)(int))
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    sigaction(signo, &action, NULL);
}

int q_watch(const char *name, int count, int in_fd, int out_fd)
{
    struct pollfd in = {.fd = in_fd, .events = POLLIN};
    sigset_t block, before;

    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    sigaddset(&block, SIGTERM);
    sigaddset(&block, SIGINT);
    sigprocmask(SIG_BLOCK, &block, &before);
    catch (SIGUSR1, on_notify);
    catch (SIGTERM, on_stop);
    catch (SIGINT, on_stop);
    queue = q_open(name, O_RDONLY | O_NONBLOCK, &attr);
    if (queue == (mqd_t)-1)
        return -1;
    if (q_arm(queue) == -1) {
        mq_close(queue);
        return -1;
    }
    dprintf(STDERR_FILENO, "ready\n");
    remaining = count;
    pthread_mutex_lock(&lock);
    result = q_drain(queue, &attr, &remaining, out_fd);
    while (result == 0 && remaining > 0 && !stopped) {
        in.revents = 0;
        if (ppoll(&in, 1, NULL, &before) == -1 && errno != EINTR)
            result = fail("ppoll");
        if (in.revents) {
            int more = copy_input(in_fd, out_fd);
            if (more == -1)
                result = -1;
            else if (more == 0)
                in.fd = -1;
        }
    }
    pthread_mutex_unlock(&lock);
    mq_close(queue);
    return result;
}
