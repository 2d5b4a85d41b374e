// SPDX-License-Identifier: MIT
/*
 * Accepted: The pipeline started from its last stage, threads that send and
 * drain.
 *
 * Legal, if unusual: the order of the forks is not in the contract, and neither
 * is which thread of a process does the work. All forks come before the
 * threads.
 */
#include "pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

ssize_t write_all(int fd, const void *buf, size_t n)
{
    const char *p = buf;
    size_t left = n;

    while (left > 0) {
        ssize_t w = write(fd, p, left);
        if (w == -1) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        p += w;
        left -= w;
    }
    return n;
}

static ssize_t read_some(int fd, void *buf, size_t size)
{
    ssize_t n;

    do {
        n = read(fd, buf, size);
    } while (n == -1 && errno == EINTR);
    return n;
}

static int wait_for(pid_t pid)
{
    int wstatus;

    while (waitpid(pid, &wstatus, 0) == -1) {
        if (errno != EINTR)
            return fail("waitpid");
    }
    return status_to_exit(wstatus);
}

static int shout(int from, int out)
{
    char buf[8192];
    ssize_t n;

    while ((n = read_some(from, buf, sizeof buf)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (buf[i] >= 'a' && buf[i] <= 'z')
                buf[i] = buf[i] - 'a' + 'A';
        }
        if (write_all(out, buf, n) == -1)
            return fail("write");
    }
    if (n == -1)
        return fail("read");
    return 0;
}

static int send_input(int in, int to)
{
    char buf[8192];
    ssize_t n;

    while ((n = read_some(in, buf, sizeof buf)) > 0) {
        if (write_all(to, buf, n) == -1) {
            if (errno == EPIPE) /* the child failed and has said so */
                return -1;
            return fail("write");
        }
    }
    if (n == -1)
        return fail("read");
    return 0;
}

/* In upper the input is sent by a thread of the parent; the child converts. */
struct sender {
    int in, to, result;
};

static void *send_thread(void *arg)
{
    struct sender *s = arg;

    s->result = send_input(s->in, s->to);
    close(s->to); /* end-of-file for the child */
    return NULL;
}

int upper(int in, int out)
{
    int fd[2];

    signal(SIGPIPE, SIG_IGN);
    if (pipe(fd) == -1)
        return fail("pipe");

    pid_t pid = fork();
    if (pid == -1) {
        fail("fork");
        close(fd[0]);
        close(fd[1]);
        return -1;
    }
    if (pid == 0) {
        close(fd[1]);
        int result = shout(fd[0], out);
        close(fd[0]);
        _exit(result == 0 ? 0 : 1);
    }

    close(fd[0]);
    struct sender sender = {.in = in, .to = fd[1], .result = -1};
    pthread_t thread;
    int error = pthread_create(&thread, NULL, send_thread, &sender);
    if (error) {
        errno = error;
        fail("pthread_create");
        close(fd[1]);
    } else {
        pthread_join(thread, NULL);
    }
    int result = sender.result;
    if (wait_for(pid) != 0)
        result = -1;
    return result;
}

/* Starts argv with stdin and stdout replaced (-1: leave as it is). */
static pid_t start_command(char **argv, int in, int out)
{
    pid_t pid = fork();

    if (pid == -1)
        return fail("fork");
    if (pid > 0)
        return pid;

    if (in == 0)
        fcntl(in, F_SETFD, 0); /* dup2(0, 0) would keep FD_CLOEXEC */
    else if (in != -1)
        dup2(in, 0);
    if (out != -1)
        dup2(out, 1);
    execvp(argv[0], argv);
    int status = errno == ENOENT ? 127 : 126;
    fail(argv[0]);
    _exit(status);
}

/*
 * From right to left: a stage is started when the reader of its output is
 * there already. Only the write end travels from one turn to the next.
 */
int run_pipeline(char ***cmds, int n)
{
    pid_t pids[STAGES_MAX];
    int out = -1, failed = 0, status = 0;
    int i = n - 1;

    for (; i >= 0 && !failed; i--) {
        int fd[2] = {-1, -1};
        if (i > 0 && pipe2(fd, O_CLOEXEC) == -1) {
            failed = fail("pipe2");
            break;
        }
        pids[i] = start_command(cmds[i], fd[0], out);
        if (fd[0] != -1)
            close(fd[0]);
        if (out != -1)
            close(out);
        out = fd[1];
        if (pids[i] == -1) {
            failed = 1;
            break;
        }
    }
    if (out != -1)
        close(out);
    while (++i < n) {
        int exit_status = wait_for(pids[i]);
        if (i == n - 1)
            status = exit_status;
    }
    return failed ? -1 : status;
}

struct drainer {
    int from, out;
    long long received;
    int error;
};

static void *drain(void *arg)
{
    struct drainer *d = arg;
    char buf[16384];
    ssize_t n;

    while ((n = read_some(d->from, buf, sizeof buf)) > 0) {
        d->received += n;
        if (write_all(d->out, buf, n) == -1)
            break;
    }
    if (n != 0)
        d->error = errno;
    close(d->from); /* so that the command cannot wait for us */
    return NULL;
}

/* Feed the command, blocking; look whether it reads before each read. */
static int feed(int in, int to, long long *nin)
{
    char buf[16384];

    for (;;) {
        struct pollfd p[2] = {{in, POLLIN, 0}, {to, 0, 0}};
        if (poll(p, 2, -1) == -1) {
            if (errno == EINTR)
                continue;
            return fail("poll");
        }
        if (p[1].revents)
            return 0;
        ssize_t n = read_some(in, buf, sizeof buf);
        if (n == -1)
            return fail("read");
        if (n == 0)
            return 0;
        for (ssize_t done = 0; done < n;) {
            ssize_t w = write(to, buf + done, n - done);
            if (w == -1 && errno == EPIPE)
                return 0;
            if (w == -1 && errno != EINTR)
                return fail("write");
            if (w > 0) {
                done += w;
                *nin += w;
            }
        }
    }
}

int filter(char **argv, int in, int out, long long *nin, long long *nout)
{
    int to[2], from[2];

    *nin = *nout = 0;
    if (fcntl(in, F_GETFD) == -1)
        return fail("stdin");
    if (pipe2(to, O_CLOEXEC) == -1)
        return fail("pipe2");
    if (pipe2(from, O_CLOEXEC) == -1) {
        fail("pipe2");
        close(to[0]);
        close(to[1]);
        return -1;
    }
    pid_t pid = start_command(argv, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    if (pid == -1) {
        close(to[1]);
        close(from[0]);
        return -1;
    }
    /* The command has been started with the default action. */
    signal(SIGPIPE, SIG_IGN);
    struct drainer drainer = {.from = from[0], .out = out};
    pthread_t thread;
    int result = 0;
    int error = pthread_create(&thread, NULL, drain, &drainer);
    if (error) {
        close(from[0]);
        errno = error;
        result = fail("pthread_create");
    } else {
        result = feed(in, to[1], nin);
    }
    close(to[1]);
    if (!error) {
        pthread_join(thread, NULL);
        if (drainer.error) {
            errno = drainer.error;
            result = fail("output");
        }
        *nout = drainer.received;
    }
    int status = wait_for(pid);
    return result == -1 ? -1 : status;
}

int gather(int n, int records, size_t size, int out)
{
    (void)n, (void)records, (void)size, (void)out;
    errno = ENOSYS;
    return fail("gather");
}
