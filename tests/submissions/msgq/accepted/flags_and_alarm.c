// SPDX-License-Identifier: MIT
/*
 * Accepted: signal handlers that set flags and have SIGALRM come a second
 * later, in case they came just before the call.
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
    alarm(1);
}

static void on_child(int sig)
{
    (void)sig;
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

static pid_t children[100];
static int count;

static void forget(pid_t pid)
{
    for (int i = 0; i < count; i++)
        if (children[i] == pid)
            children[i] = children[--count];
}

static void shut_down(int q)
{
    pid_t pid;

    for (int i = 0; i < count; i++)
        kill(children[i], SIGTERM);
    while ((pid = waitpid(-1, NULL, 0)) != -1 || errno == EINTR)
        continue;
    msgctl(q, IPC_RMID, NULL);
}

int serve(int q)
{
    struct request rq;
    pid_t pid;

    catch (SIGALRM, on_alarm);
    catch (SIGCHLD, on_child);
    catch (SIGTERM, on_stop);
    catch (SIGINT, on_stop);
    if (write_all(STDOUT_FILENO, "ready\n", 6) == -1)
        return -1;
    for (;;) {
        alarm(0);
        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
            forget(pid);
        if (stop)
            break;
        ssize_t n = msgrcv(q, &rq, REQUEST_SIZE, REQUEST, 0);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            break;
        pid = fork();
        if (pid == 0)
            _exit(serve_request(&rq) == 0 ? 0 : 1);
        if (pid > 0 && count < 100)
            children[count++] = pid;
    }
    int result = stop ? 0 : -1, saved = errno;
    shut_down(q);
    errno = saved;
    return result;
}
