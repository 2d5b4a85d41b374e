// SPDX-License-Identifier: MIT
/*
 * Lab `msgq`. Amélie Garnier, section A.
 *
 * Idea: msgsnd and msgrcv cannot be given a time limit, but removing a queue
 * wakes whoever sleeps on it, and it does so even if he is only about to fall
 * asleep. So in the server every handler that has to end a wait just removes
 * the queue, and there is no moment at which a signal is lost.
 */
#include "msgq.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* TODO(msgq.1): One message into the queue, its body exactly the text. What
 * does msgsz count? What wakes a sleeping msgsnd, other than room? msgop(2). */
int q_put(int q, long type, const char *text, size_t len, int flags)
{
    struct {
        long mtype;
        char mtext[TEXT_SIZE];
    } msg;

    if (type < 1 || len > TEXT_SIZE) {
        errno = EINVAL;
        return -1;
    }
    msg.mtype = type;
    memcpy(msg.mtext, text, len);
    while (msgsnd(q, &msg, len, flags) < 0)
        if (errno != EINTR)
            return -1;
    return 0;
}
/* END(msgq.1) */

/* TODO(msgq.2): One message out of the queue, chosen by its type. What becomes
 * of a message that is longer than the buffer? msgop(2), "msgrcv()". */
ssize_t q_take(int q, long sel, char *buf, size_t size, long *type, int flags)
{
    char *room = malloc(sizeof(long) + size);
    ssize_t got;

    if (!room)
        return -1;
    do
        got = msgrcv(q, room, size, sel, flags);
    while (got < 0 && errno == EINTR);
    if (got >= 0) {
        memcpy(type, room, sizeof(long));
        memcpy(buf, room + sizeof(long), got);
    }
    free(room);
    return got;
}
/* END(msgq.2) */

static void on(int sig, void (*handler)(int))
{
    struct sigaction sa = {.sa_handler = handler}; /* no SA_RESTART */

    sigemptyset(&sa.sa_mask);
    sigaction(sig, &sa, NULL);
}

/* TODO(msgq.3): The client: a queue of its own for the answers, a request that
 * names it, and replies until the last. The server may be gone, or never have
 * been there; the queue must not outlive you. alarm(2), sysvipc(7). */
static volatile sig_atomic_t expired;

static void expire(int sig)
{
    (void)sig;
    expired = 1;
}

/* Once the time is over the signal comes again and again: if one comes just
 * before the system call, the next will hit it. 0 switches the timer off. */
static void limit(int seconds)
{
    struct itimerval t = {.it_value = {.tv_sec = seconds}};

    if (seconds)
        t.it_interval.tv_usec = 100000;
    expired = 0;
    setitimer(ITIMER_REAL, &t, NULL);
}

/* What to do after a call has failed. */
static int retry(void)
{
    if (errno != EINTR)
        return 0;
    if (expired)
        errno = ETIMEDOUT;
    return !expired;
}

static int send_request(int srvq, const struct request *rq)
{
    int r;

    limit(REPLY_S);
    do
        r = msgsnd(srvq, rq, REQUEST_SIZE, 0);
    while (r < 0 && retry());
    return r;
}

static int output(int fd, const char *at, size_t left)
{
    while (left > 0) {
        ssize_t accepted = write(fd, at, left);

        if (accepted < 0 && errno != EINTR)
            return -1;
        if (accepted > 0) {
            at += accepted;
            left -= accepted;
        }
    }
    return 0;
}

static int receive_all(int q, int out)
{
    for (;;) {
        struct reply part;
        ssize_t got;

        limit(REPLY_S);
        do
            got = msgrcv(q, &part, sizeof part.data, 0, 0);
        while (got < 0 && retry());
        limit(0); /* write(2) may take as long as it likes */
        if (got < 0)
            return -1;
        switch (part.mtype) {
        case REPLY_END:
            return 0;
        case REPLY_ERROR:
            errno = part.error;
            return -1;
        case REPLY_DATA:
            if (output(out, part.data, got) < 0)
                return -1;
        }
    }
}

int fetch(int srvq, const char *path, int out)
{
    struct request rq;
    int r, saved;

    memset(&rq, 0, sizeof rq);
    rq.mtype = REQUEST;
    if (strlen(path) + 1 > PATH_SIZE) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(rq.path, path);
    rq.replyq = msgget(IPC_PRIVATE, 0600);
    if (rq.replyq < 0)
        return -1;
    on(SIGALRM, expire);
    r = send_request(srvq, &rq);
    if (r == 0)
        r = receive_all(rq.replyq, out);
    saved = errno;
    limit(0);
    msgctl(rq.replyq, IPC_RMID, NULL);
    errno = saved;
    return r;
}
/* END(msgq.3) */

/* TODO(msgq.4): The server: one child for each request, so that a slow or dead
 * client is nobody else's business; no queue, child or zombie may stay behind.
 * fork(2), waitpid(2), sigaction(2), "interrupted" in signal(7). */
static volatile sig_atomic_t client_queue, dropped_for;

static void drop_client(int sig)
{
    int saved = errno;

    dropped_for = sig == SIGALRM ? ETIMEDOUT : ECANCELED;
    msgctl(client_queue, IPC_RMID, NULL);
    errno = saved;
}

static int reply(const struct reply *part, size_t size)
{
    int r;

    alarm(PROGRESS_S);
    do
        r = msgsnd(client_queue, part, size, 0);
    while (r < 0 && errno == EINTR);
    alarm(0);
    return r;
}

static int send_file(int fd)
{
    struct reply part;
    ssize_t got;

    for (;;) {
        got = fd < 0 ? -1 : read(fd, part.data, sizeof part.data);
        if (got < 0 && errno == EINTR && fd >= 0)
            continue;
        if (got <= 0)
            break;
        part.mtype = REPLY_DATA;
        if (reply(&part, got) < 0)
            return -1;
    }
    if (got == 0) {
        part.mtype = REPLY_END;
        return reply(&part, 0);
    }
    part.error = errno;
    part.mtype = REPLY_ERROR;
    return reply(&part, sizeof part.error);
}

int serve_request(const struct request *rq)
{
    sigset_t none;

    client_queue = rq->replyq;
    dropped_for = 0;
    on(SIGALRM, drop_client);
    on(SIGTERM, drop_client);
    on(SIGINT, drop_client);
    on(SIGCHLD, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    int fd = open(rq->path, O_RDONLY | O_NONBLOCK); /* it may be a FIFO */
    int r = send_file(fd), saved = errno;
    if (fd >= 0)
        close(fd);
    errno = dropped_for ? dropped_for : saved;
    return r;
}

static volatile sig_atomic_t shutting_down, listening;
static pid_t kids[128];

static void close_down(int sig)
{
    int saved = errno;

    (void)sig;
    shutting_down = 1;
    msgctl(listening, IPC_RMID, NULL);
    errno = saved;
}

static void bury(int sig)
{
    int saved = errno;
    pid_t pid;

    (void)sig;
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        for (size_t i = 0; i < sizeof kids / sizeof *kids; i++)
            if (kids[i] == pid)
                kids[i] = 0;
    errno = saved;
}

/* With all signals blocked: nobody may look at kids while it is half true. */
static int delegate(const struct request *rq)
{
    for (size_t i = 0; i < sizeof kids / sizeof *kids; i++) {
        if (kids[i])
            continue;
        pid_t pid = fork();
        if (pid == 0)
            _exit(serve_request(rq) < 0);
        kids[i] = pid > 0 ? pid : 0;
        return pid < 0 ? -1 : 0;
    }
    errno = EAGAIN;
    return -1;
}

static void take_request(const struct request *rq)
{
    sigset_t all, before;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    if (delegate(rq) < 0) {
        struct reply no = {.mtype = REPLY_ERROR, .error = errno};

        msgsnd(rq->replyq, &no, sizeof no.error, IPC_NOWAIT);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void send_home(void)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (size_t i = 0; i < sizeof kids / sizeof *kids; i++)
        if (kids[i])
            kill(kids[i], SIGTERM);
    while (wait(NULL) > 0)
        continue;
}

int serve(int q)
{
    struct request rq;
    int saved;

    listening = q;
    on(SIGCHLD, bury);
    on(SIGTERM, close_down);
    on(SIGINT, close_down);
    if (output(1, "ready\n", 6) < 0)
        return -1;
    for (;;) {
        ssize_t got = msgrcv(q, &rq, REQUEST_SIZE, REQUEST, MSG_NOERROR);

        if (got < 0 && errno != EINTR)
            break;
        if (got == (ssize_t)REQUEST_SIZE &&
            memchr(rq.path, '\0', sizeof rq.path))
            take_request(&rq);
    }
    saved = errno;
    send_home();
    msgctl(q, IPC_RMID, NULL);
    errno = saved;
    return shutting_down ? 0 : -1;
}
/* END(msgq.4) */
