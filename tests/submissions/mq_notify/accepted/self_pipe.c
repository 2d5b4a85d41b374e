// SPDX-License-Identifier: MIT
/*
 * Accepted: SIGEV_SIGNAL, a handler that writes to a pipe, poll.
 *
 * The self-pipe trick: a signal becomes a byte that poll(2) can wait for. The
 * signal is not blocked at all; the byte stays until it is read.
 */
#include "mq_notify.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
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

static volatile sig_atomic_t stopped;
static int self[2];

static void on_signal(int signo)
{
    int saved = errno;

    if (signo != SIGUSR1)
        stopped = 1;
    if (write(self[1], "", 1) == -1) {
        /* full: then there is a byte already */
    }
    errno = saved;
}

static void catch (int signo)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(signo, &action, NULL);
}

static int serve(mqd_t q, struct mq_attr *attr, int count, int in_fd,
                 int out_fd)
{
    struct pollfd fds[2] = {{.fd = self[0], .events = POLLIN},
                            {.fd = in_fd, .events = POLLIN}};
    char bytes[64];

    if (q_arm(q) == -1)
        return -1;
    dprintf(STDERR_FILENO, "ready\n");
    if (q_drain(q, attr, &count, out_fd) == -1)
        return -1;
    while (count > 0 && !stopped) {
        if (poll(fds, 2, -1) == -1) {
            if (errno == EINTR)
                continue;
            return fail("poll");
        }
        if (fds[1].revents) {
            int more = copy_input(in_fd, out_fd);
            if (more == -1)
                return -1;
            if (more == 0)
                fds[1].fd = -1;
        }
        if (fds[0].revents && read(self[0], bytes, sizeof bytes) > 0 &&
            !stopped) {
            /* Perhaps for a signal that has been served: then this process
             * is registered still. */
            mq_notify(q, NULL);
            if (q_arm(q) == -1 || q_drain(q, attr, &count, out_fd) == -1)
                return -1;
        }
    }
    return 0;
}

int q_watch(const char *name, int count, int in_fd, int out_fd)
{
    struct mq_attr attr;
    int result = -1;

    if (pipe2(self, O_CLOEXEC | O_NONBLOCK) == -1)
        return fail("pipe2");
    catch (SIGUSR1);
    catch (SIGTERM);
    catch (SIGINT);
    mqd_t q = q_open(name, O_RDONLY | O_NONBLOCK, &attr);
    if (q != (mqd_t)-1) {
        result = serve(q, &attr, count, in_fd, out_fd);
        mq_close(q);
    }
    signal(SIGUSR1, SIG_IGN);
    close(self[0]);
    close(self[1]);
    return result;
}
