// SPDX-License-Identifier: MIT
/*
 * Accepted: the handlers do the work: the one of SIGTERM removes the queue, so
 * that msgrcv cannot wait any more, the one of SIGCHLD waits for all children
 * that have ended; a periodic timer is the clock.
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
#include <sys/time.h>
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

static volatile int request_queue = -1;
static volatile int reply_queue = -1;

static void on_alarm(int sig)
{
    (void)sig;
    seconds = seconds + 1;
}

/* msgctl is a plain system call: no call on a removed queue can wait. */
static void on_stop(int sig)
{
    int saved = errno;

    (void)sig;
    stop = 1;
    if (reply_queue != -1)
        msgctl(reply_queue, IPC_RMID, NULL);
    else
        msgctl(request_queue, IPC_RMID, NULL);
    errno = saved;
}

static void on_child(int sig)
{
    int saved = errno;

    (void)sig;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
    errno = saved;
}

static void tick(void)
{
    struct itimerval each = {{0, 500000}, {0, 500000}};

    setitimer(ITIMER_REAL, &each, NULL);
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
        if (stop || seconds > 2 * limit) {
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
        if (seconds > 2 * limit) {
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
    tick();
    result = send_timed(srvq, &rq, REQUEST_SIZE, REPLY_S);
    if (result == 0)
        result = receive_file(rq.replyq, out);
    int saved = errno;
    msgctl(rq.replyq, IPC_RMID, NULL);
    errno = saved;
    return result;
}

static int send_error(int q, int error)
{
    struct reply r = {.mtype = REPLY_ERROR, .error = error};

    return send_timed(q, &r, sizeof r.error, PROGRESS_S);
}

static int send_file(int q, int fd)
{
    struct reply r = {.mtype = REPLY_DATA};
    ssize_t n;

    while ((n = read(fd, r.data, DATA_SIZE)) > 0)
        if (send_timed(q, &r, n, PROGRESS_S) == -1)
            return -1;
    if (n == -1)
        return send_error(q, errno);
    r.mtype = REPLY_END;
    return send_timed(q, &r, 0, PROGRESS_S);
}

int serve_request(const struct request *rq)
{
    int result;

    reply_queue = rq->replyq;
    catch (SIGALRM, on_alarm);
    tick();
    int fd = open(rq->path, O_RDONLY);
    if (fd == -1) {
        result = send_error(rq->replyq, errno);
    } else {
        result = send_file(rq->replyq, fd);
        close(fd);
    }
    if (result == -1) {
        int saved = errno;
        msgctl(rq->replyq, IPC_RMID, NULL);
        errno = saved;
    }
    return result;
}

static struct {
    pid_t pid;
} children[1000];
static int count;

int serve(int q)
{
    struct request rq;
    sigset_t signals;
    int result;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    request_queue = q;
    catch (SIGCHLD, on_child);
    catch (SIGTERM, on_stop);
    catch (SIGINT, on_stop);
    if (write_all(STDOUT_FILENO, "ready\n", 6) == -1)
        return -1;
    while (!stop) {
        if (msgrcv(q, &rq, REQUEST_SIZE, REQUEST, 0) == -1) {
            if (errno == EINTR)
                continue;
            break;
        }
        /* The child is to know its queue before it is told to stop. */
        sigprocmask(SIG_BLOCK, &signals, NULL);
        pid_t pid = fork();
        if (pid == 0) {
            reply_queue = rq.replyq;
            sigprocmask(SIG_UNBLOCK, &signals, NULL);
            _exit(serve_request(&rq) == 0 ? 0 : 1);
        }
        children[count++ % 1000].pid = pid;
        sigprocmask(SIG_UNBLOCK, &signals, NULL);
    }
    result = stop ? 0 : -1;
    /* Some of them have ended; of our own children only one could be meant. */
    for (int i = 0; i < count && i < 1000; i++)
        if (getpgid(children[i].pid) == getpgrp())
            kill(children[i].pid, SIGTERM);
    while (wait(NULL) != -1 || errno == EINTR)
        continue;
    msgctl(q, IPC_RMID, NULL);
    errno = EIDRM;
    return result;
}
