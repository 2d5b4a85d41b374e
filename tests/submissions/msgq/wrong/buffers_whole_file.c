// SPDX-License-Identifier: MIT
/*
 * Fails: four_clients client_killed server_shutdown
 * Shows: buffers_whole_file
 *
 * The belief: first have it all, then write it. A client that stands still in
 * its first write has then taken everything, and the file must fit into memory.
 */
#include "msgq.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

int q_put(int q, long type, const char *text, size_t len, int flags)
{
    struct {
        long type; /* below 1 is EINVAL: the kernel looks, too */
        char text[TEXT_SIZE];
    } m = {.type = type};

    if (len > sizeof m.text) {
        errno = EINVAL;
        return -1;
    }
    memcpy(m.text, text, len);
    /* msgsz counts the text only, not the type in front of it. */
    return TEMP_FAILURE_RETRY(msgsnd(q, &m, len, flags));
}

ssize_t q_take(int q, long sel, char *buf, size_t size, long *type, int flags)
{
    struct {
        long type;
        char text[];
    } *m = malloc(sizeof *m + size);

    if (!m)
        return -1;
    /* No MSG_NOERROR: a message that is too long stays, E2BIG. */
    ssize_t n = TEMP_FAILURE_RETRY(msgrcv(q, m, size, sel, flags));
    if (n != -1) {
        *type = m->type;
        memcpy(buf, m->text, (size_t)n);
    }
    free(m); /* leaves errno alone: free(3) */
    return n;
}


/*
 * msgsnd and msgrcv have no time limit, but any signal that is caught breaks
 * them off. One that comes just before the call would be lost on it; so while
 * something is up, a SIGALRM comes every second. It is the clock, too.
 */
static volatile sig_atomic_t stop;  /* SIGTERM or SIGINT has come */
static volatile sig_atomic_t ticks; /* seconds, more or less */

static void on_signal(int sig)
{
    if (sig == SIGALRM)
        ticks = ticks + 1;
    else if (sig != SIGCHLD)
        stop = 1;
    (void)alarm(1);
}

static int catch_signal(int sig)
{
    struct sigaction action = {.sa_handler = on_signal};

    if (sigaction(sig, &action, NULL) == -1)
        return -1;
    (void)alarm(1);
    return 0;
}

/* Whether to repeat a call that failed: it was interrupted, but not by an order
 * to stop, nor by the end of `seconds` (the first tick may come early). */
static int again(int seconds)
{
    if (errno == EINTR && !stop && ticks <= seconds)
        return 1;
    if (errno == EINTR)
        errno = stop ? ECANCELED : ETIMEDOUT;
    return 0;
}

static int send_within(int q, const void *m, size_t size, int seconds)
{
    ticks = 0;
    while (msgsnd(q, m, size, 0) == -1)
        if (!again(seconds))
            return -1;
    return 0;
}

static int write_all(int fd, const char *buf, size_t n)
{
    for (ssize_t w; n > 0; buf += w, n -= (size_t)w)
        if ((w = TEMP_FAILURE_RETRY(write(fd, buf, n))) == -1)
            return -1;
    return 0;
}

static int receive_file(int q, int out)
{
    struct reply r;
    char *file = NULL;
    size_t size = 0;
    int result = -1;

    for (;;) {
        ticks = 0;
        ssize_t n;
        while ((n = msgrcv(q, &r, sizeof r.data, 0, 0)) == -1)
            if (!again(REPLY_S))
                goto out;
        if (r.mtype == REPLY_END)
            break;
        if (r.mtype == REPLY_ERROR) {
            errno = r.error;
            goto out;
        }
        char *larger = realloc(file, size + (size_t)n);
        if (!larger)
            goto out;
        file = larger;
        memcpy(file + size, r.data, (size_t)n);
        size += (size_t)n;
    }
    result = write_all(out, file, size);
out:
    free(file);
    return result;
}

int fetch(int srvq, const char *path, int out)
{
    struct request rq = {.mtype = REQUEST}; /* no stray bytes behind the path */
    int result = -1;

    if (strlen(path) >= sizeof rq.path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(rq.path, path, strlen(path));
    if ((rq.replyq = msgget(IPC_PRIVATE, 0600)) == -1)
        return -1;
    if (catch_signal(SIGALRM) == 0 &&
        send_within(srvq, &rq, REQUEST_SIZE, REPLY_S) == 0)
        result = receive_file(rq.replyq, out);
    int saved = errno;
    (void)alarm(0);
    /* Queues outlive processes. The server may have been quicker: EINVAL. */
    (void)msgctl(rq.replyq, IPC_RMID, NULL);
    errno = saved;
    return result;
}

int serve_request(const struct request *rq)
{
    struct reply r = {.mtype = REPLY_DATA};
    ssize_t n = -1;
    int result = 0;

    if (catch_signal(SIGALRM) == -1)
        return -1;
    /* O_NONBLOCK: a FIFO without a writer must not keep us. */
    int fd = open(rq->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    while (fd != -1 && result == 0 && (n = read(fd, r.data, sizeof r.data)) > 0)
        result = send_within(rq->replyq, &r, (size_t)n, PROGRESS_S);
    r.mtype = n == -1 ? REPLY_ERROR : REPLY_END;
    if (n == -1)
        r.error = errno;
    if (result == 0) /* the end has no body */
        result =
            send_within(rq->replyq, &r, n ? sizeof r.error : 0, PROGRESS_S);
    int saved = errno;
    /* Nobody else will: the client is dead, or we leave it in the lurch. */
    if (result == -1)
        (void)msgctl(rq->replyq, IPC_RMID, NULL);
    if (fd != -1)
        (void)close(fd);
    errno = saved;
    return result;
}

enum { CHILDREN_MAX = 64 };
static pid_t children[CHILDREN_MAX];
static int child_count;
/* Forget the children that have ended: several may hide behind one SIGCHLD.
 * With options 0 wait until there are none. */
static void reap(int options)
{
    pid_t pid;

    while ((pid = TEMP_FAILURE_RETRY(waitpid(-1, NULL, options))) > 0)
        for (int i = 0; i < child_count; i++)
            if (children[i] == pid)
                children[i--] = children[--child_count];
}

static int start_child(const struct request *rq)
{
    errno = EAGAIN;
    pid_t pid = child_count < CHILDREN_MAX ? fork() : -1;
    if (pid == 0)
        _exit(serve_request(rq) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    if (pid > 0)
        children[child_count++] = pid;
    return pid == -1 ? -1 : 0;
}

int serve(int q)
{
    struct request rq;

    if (catch_signal(SIGALRM) == -1 || catch_signal(SIGCHLD) == -1 ||
        catch_signal(SIGTERM) == -1 || catch_signal(SIGINT) == -1 ||
        write_all(STDOUT_FILENO, "ready\n", 6) == -1)
        return -1;
    for (;;) {
        (void)alarm(0); /* a signal that comes from here on sets it again */
        reap(WNOHANG);
        if (stop)
            break;
        ssize_t n = msgrcv(q, &rq, REQUEST_SIZE, REQUEST, MSG_NOERROR);
        if (n == -1 && errno != EINTR)
            break;
        if (n != (ssize_t)REQUEST_SIZE || rq.path[PATH_SIZE - 1] != '\0')
            continue; /* interrupted, or no request of ours */
        if (start_child(&rq) == -1) {
            struct reply r = {.mtype = REPLY_ERROR, .error = errno};
            (void)msgsnd(rq.replyq, &r, sizeof r.error, IPC_NOWAIT);
        }
    }
    int result = stop ? 0 : -1, saved = errno;
    for (int i = 0; i < child_count; i++)
        (void)kill(children[i], SIGTERM);
    reap(0);
    (void)msgctl(q, IPC_RMID, NULL); /* EINVAL: someone has done it */
    errno = saved;
    return result;
}
