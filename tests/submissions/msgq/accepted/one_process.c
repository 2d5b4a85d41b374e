// SPDX-License-Identifier: MIT
/*
 * Accepted: a single process that serves all clients in turn, never waits for
 * one of them, and naps when there is nothing to do.
 */
#include "msgq.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int q_put(int q, long type, const char *text, size_t len, int flags)
{
    struct {
        long type;
        char text[TEXT_SIZE];
    } m;

    if (len > TEXT_SIZE) {
        errno = EINVAL;
        return -1;
    }
    m.type = type;
    memcpy(m.text, text, len);
    int result;
    do
        result = msgsnd(q, &m, len, flags);
    while (result == -1 && errno == EINTR);
    return result;
}

ssize_t q_take(int q, long sel, char *buf, size_t size, long *type, int flags)
{
    struct {
        long type;
        char text[];
    } *m = malloc(sizeof(long) + size);

    if (m == NULL)
        return -1;
    ssize_t n;
    do
        n = msgrcv(q, m, size, sel, flags);
    while (n == -1 && errno == EINTR);
    if (n >= 0) {
        *type = m->type;
        memcpy(buf, m->text, n);
    }
    free(m);
    return n;
}

static volatile sig_atomic_t stop;
static volatile sig_atomic_t seconds;

static void on_alarm(int sig)
{
    (void)sig;
    seconds = seconds + 1;
    alarm(1);
}

static void on_stop(int sig)
{
    (void)sig;
    stop = 1;
}

static void catch (int sig, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    sigaction(sig, &action, NULL);
}

static int send_timed(int q, const void *m, size_t size, int limit)
{
    seconds = 0;
    while (msgsnd(q, m, size, 0) == -1) {
        if (errno != EINTR)
            return -1;
        if (stop || seconds > limit) {
            errno = stop ? ECANCELED : ETIMEDOUT;
            return -1;
        }
    }
    return 0;
}

static ssize_t receive_timed(int q, struct reply *r, int limit)
{
    ssize_t n;

    seconds = 0;
    while ((n = msgrcv(q, r, DATA_SIZE, 0, 0)) == -1) {
        if (errno != EINTR)
            return -1;
        if (seconds > limit) {
            errno = ETIMEDOUT;
            return -1;
        }
    }
    return n;
}

static int write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t w = write(fd, p, n);
        if (w == -1 && errno != EINTR)
            return -1;
        if (w > 0) {
            p += w;
            n -= w;
        }
    }
    return 0;
}

static int receive_file(int q, int out)
{
    struct reply r;

    for (;;) {
        ssize_t n = receive_timed(q, &r, REPLY_S);
        if (n == -1)
            return -1;
        switch (r.mtype) {
        case REPLY_END:
            return 0;
        case REPLY_ERROR:
            errno = r.error;
            return -1;
        case REPLY_DATA:
            if (write_all(out, r.data, n) == -1)
                return -1;
        }
    }
}

int fetch(int srvq, const char *path, int out)
{
    struct request rq;
    int result;

    if (strlen(path) >= PATH_SIZE) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memset(&rq, 0, sizeof rq);
    rq.mtype = REQUEST;
    strcpy(rq.path, path);
    rq.replyq = msgget(IPC_PRIVATE, 0600);
    if (rq.replyq == -1)
        return -1;
    catch (SIGALRM, on_alarm);
    alarm(1);
    result = send_timed(srvq, &rq, REQUEST_SIZE, REPLY_S);
    if (result == 0)
        result = receive_file(rq.replyq, out);
    int saved = errno;
    alarm(0);
    msgctl(rq.replyq, IPC_RMID, NULL);
    errno = saved;
    return result;
}

static struct client {
    struct reply r; /* what is to be sent next */
    size_t size;    /* its body */
    int q, fd;
    double since; /* of the last progress */
} clients[64];
static int count;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void load(struct client *c, int error)
{
    ssize_t n = error ? -1 : read(c->fd, c->r.data, DATA_SIZE);

    if (n == -1) {
        c->r.mtype = REPLY_ERROR;
        c->r.error = error ? error : errno;
        c->size = sizeof c->r.error;
    } else {
        c->r.mtype = n > 0 ? REPLY_DATA : REPLY_END;
        c->size = n;
    }
}

static void forget(struct client *c)
{
    if (c->fd != -1)
        close(c->fd);
    *c = clients[--count];
}

static void drop(struct client *c)
{
    msgctl(c->q, IPC_RMID, NULL);
    forget(c);
}

/* As much as there is room for; whether that was anything. */
static int advance(struct client *c)
{
    int moved = 0;

    while (msgsnd(c->q, &c->r, c->size, IPC_NOWAIT) == 0) {
        moved = 1;
        c->since = now();
        if (c->r.mtype != REPLY_DATA) {
            forget(c);
            return 1;
        }
        load(c, 0);
    }
    if ((errno != EAGAIN && errno != EINTR) || now() - c->since > PROGRESS_S)
        drop(c);
    return moved;
}

/* Not a process of its own: one of the clients that are served in turn. */
int serve_request(const struct request *rq)
{
    struct client *c = &clients[count];

    if (count == 64) {
        errno = EAGAIN;
        return -1;
    }
    memset(c, 0, sizeof *c);
    count++;
    c->q = rq->replyq;
    c->since = now();
    c->fd = open(rq->path, O_RDONLY);
    load(c, c->fd == -1 ? errno : 0);
    return 0;
}

int serve(int q)
{
    struct timespec nap = {0, 5 * 1000 * 1000};
    struct request rq;

    catch (SIGTERM, on_stop);
    catch (SIGINT, on_stop);
    if (write_all(STDOUT_FILENO, "ready\n", 6) == -1)
        return -1;
    while (!stop) {
        int moved = 0;
        ssize_t n = msgrcv(q, &rq, REQUEST_SIZE, REQUEST, IPC_NOWAIT);
        if (n == -1 && errno != ENOMSG && errno != EINTR)
            break;
        if (n != -1 && serve_request(&rq) == 0)
            moved = 1;
        for (int i = count; i-- > 0;)
            moved |= advance(&clients[i]);
        if (!moved)
            nanosleep(&nap, NULL);
    }
    while (count > 0)
        drop(&clients[0]);
    return msgctl(q, IPC_RMID, NULL) == -1 || !stop ? -1 : 0;
}
