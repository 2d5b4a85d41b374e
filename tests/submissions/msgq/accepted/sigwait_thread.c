// SPDX-License-Identifier: MIT
/*
 * Accepted: a thread that waits for the signals and removes the queue;
 * SA_NOCLDWAIT, so that there are no zombies. The clients' queues are removed
 * by the server itself, which ends its children.
 */
#include "msgq.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
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

    catch (SIGALRM, on_alarm);
    alarm(1);
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

static int request_queue;

/* One thread for the signals: no handler, no race. */
static void *wait_for_signal(void *signals)
{
    int sig;

    while (sigwait(signals, &sig) != 0)
        continue;
    stop = 1;
    msgctl(request_queue, IPC_RMID, NULL); /* wakes the one in msgrcv */
    return NULL;
}

static int clients[1000];
static int count;

static pid_t start(const struct request *rq)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(serve_request(rq) == 0 ? 0 : 1);
    return pid;
}

int serve(int q)
{
    struct sigaction ignore = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT};
    struct request rq;
    pthread_t thread;
    sigset_t signals;

    request_queue = q;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    sigaction(SIGCHLD, &ignore, NULL); /* no zombies, nothing to wait for */
    if (pthread_create(&thread, NULL, wait_for_signal, &signals) != 0)
        return -1;
    if (write_all(STDOUT_FILENO, "ready\n", 6) == -1)
        return -1;
    while (!stop) {
        if (msgrcv(q, &rq, REQUEST_SIZE, REQUEST, 0) == -1) {
            if (errno == EINTR)
                continue;
            break;
        }
        clients[count++ % 1000] = rq.replyq;
        start(&rq);
    }
    int result = stop ? 0 : -1;
    if (!stop)
        pthread_kill(thread, SIGTERM);
    pthread_join(thread, NULL);
    /* An id is not used again soon: most of these are gone. */
    for (int i = 0; i < count && i < 1000; i++)
        msgctl(clients[i], IPC_RMID, NULL);
    while (wait(NULL) != -1 || errno == EINTR)
        continue;
    errno = EIDRM;
    return result;
}
