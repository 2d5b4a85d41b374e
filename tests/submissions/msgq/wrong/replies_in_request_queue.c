// SPDX-License-Identifier: MIT
/*
 * Fails: four_clients client_killed server_shutdown
 * Shows: replies_in_request_queue
 *
 * The belief: one queue is enough if every client has a type of its own. But it
 * is one queue with one limit: full of requests, it has no room for the answer
 * that would let a client go on, and the server, which would have to take the
 * requests, is waiting for room.
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

static void on_stop(int sig)
{
    (void)sig;
    stop = 1;
    alarm(1);
}

/* All answers to one client have its own type; the kind is in the body. */
struct answer {
    long mtype;
    int kind;
    char data[DATA_SIZE];
};
#define TYPE_OF(client) ((long)(client) + 1000)

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

int fetch(int srvq, const char *path, int out)
{
    struct request rq;
    struct answer a;
    ssize_t n;

    if (strlen(path) >= PATH_SIZE) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memset(&rq, 0, sizeof rq);
    rq.mtype = REQUEST;
    strcpy(rq.path, path);
    rq.replyq = getpid();
    while (msgsnd(srvq, &rq, REQUEST_SIZE, 0) == -1)
        if (errno != EINTR)
            return -1;
    for (;;) {
        n = msgrcv(srvq, &a, sizeof a - sizeof(long), TYPE_OF(getpid()), 0);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return -1;
        if (a.kind == REPLY_END)
            return 0;
        if (a.kind == REPLY_ERROR) {
            memcpy(&errno, a.data, sizeof errno);
            return -1;
        }
        if (write_all(out, a.data, n - sizeof a.kind) == -1)
            return -1;
    }
}

static int server_queue;

static int answer(int client, int kind, const void *data, size_t n)
{
    struct answer a = {.mtype = TYPE_OF(client), .kind = kind};

    memcpy(a.data, data, n);
    while (msgsnd(server_queue, &a, sizeof a.kind + n, 0) == -1)
        if (errno != EINTR || stop)
            return -1;
    return 0;
}

int serve_request(const struct request *rq)
{
    char data[DATA_SIZE];
    int fd = open(rq->path, O_RDONLY), result = 0;
    ssize_t n = -1;

    while (fd != -1 && result == 0 && (n = read(fd, data, sizeof data)) > 0)
        result = answer(rq->replyq, REPLY_DATA, data, n);
    if (result == 0 && n == -1)
        result = answer(rq->replyq, REPLY_ERROR, &errno, sizeof errno);
    else if (result == 0)
        result = answer(rq->replyq, REPLY_END, "", 0);
    if (fd != -1)
        close(fd);
    return result;
}

int serve(int q)
{
    struct sigaction action = {.sa_handler = on_stop};
    struct request rq;

    server_queue = q;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    if (write_all(STDOUT_FILENO, "ready\n", 6) == -1)
        return -1;
    while (!stop) {
        if (msgrcv(q, &rq, REQUEST_SIZE, REQUEST, 0) != -1)
            serve_request(&rq);
        else if (errno != EINTR)
            return -1;
    }
    return msgctl(q, IPC_RMID, NULL);
}
