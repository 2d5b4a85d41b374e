// SPDX-License-Identifier: MIT
/*
 * Fails: pipeline_three pipeline_early_reader no_zombie_no_leak
 *     pipe_and_fork_fail
 * Shows: child_not_waited_for fork_failure_leaves_children
 *
 * The belief: the pipeline is over when its last stage is, so that is the one
 * to wait for. The others stay behind as zombies until we exit, and those that
 * are still at work outlive us.
 */
#include "pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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
    int result = send_input(in, fd[1]);
    close(fd[1]);
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

int run_pipeline(char ***cmds, int n)
{
    pid_t pids[STAGES_MAX];
    int started = 0;
    int in = -1;
    int failed = 0;

    while (started < n && !failed) {
        int fd[2] = {-1, -1};

        if (started < n - 1 && pipe2(fd, O_CLOEXEC) == -1) {
            failed = fail("pipe2");
            break;
        }
        pids[started] = start_command(cmds[started], in, fd[1]);
        if (in != -1)
            close(in);
        if (fd[1] != -1)
            close(fd[1]);
        in = fd[0];
        if (pids[started] == -1)
            failed = 1;
        else
            started++;
    }
    if (in != -1)
        close(in);

    int status = 0;
    if (started > 0)
        status = wait_for(pids[started - 1]);
    return failed ? -1 : status;
}

/* Copies in to `to` and `from` to out until both pipes are closed. */
static int pump(int in, int out, int to, int from, long long *nin,
                long long *nout)
{
    static char ibuf[65536], obuf[65536];
    size_t start = 0, end = 0;
    int result = 0;

    fcntl(to, F_SETFL, O_NONBLOCK);
    while (result == 0 && (to != -1 || from != -1)) {
        struct pollfd p[3];

        p[0].fd = to != -1 && start == end ? in : -1;
        p[0].events = POLLIN;
        p[1].fd = to;
        p[1].events = start < end ? POLLOUT : 0;
        p[2].fd = from;
        p[2].events = POLLIN;
        if (poll(p, 3, -1) == -1) {
            if (errno == EINTR)
                continue;
            result = fail("poll");
            break;
        }
        if (p[2].fd != -1 && p[2].revents) {
            ssize_t n = read_some(from, obuf, sizeof obuf);
            if (n == -1) {
                result = fail("read");
            } else if (n == 0) {
                close(from);
                from = -1;
            } else {
                *nout += n;
                if (write_all(out, obuf, n) == -1)
                    result = fail("write");
            }
        }
        if (p[0].fd != -1 && p[0].revents) {
            ssize_t n = read_some(in, ibuf, sizeof ibuf);
            if (n == -1)
                result = fail("read");
            if (n <= 0) {
                close(to);
                to = -1;
                continue;
            }
            start = 0;
            end = n;
        } else if (to != -1 && (p[1].revents & POLLERR)) {
            close(to); /* the command does not read any more */
            to = -1;
        } else if (to != -1 && (p[1].revents & POLLOUT)) {
            ssize_t n = write(to, ibuf + start, end - start);
            if (n >= 0) {
                start += n;
                *nin += n;
            } else if (errno == EPIPE) {
                close(to);
                to = -1;
            } else if (errno != EAGAIN && errno != EINTR) {
                result = fail("write");
            }
        }
    }
    if (to != -1)
        close(to);
    if (from != -1)
        close(from);
    return result;
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
    int result = pump(in, out, to[1], from[0], nin, nout);
    int status = wait_for(pid);
    return result == -1 ? -1 : status;
}

int gather(int n, int records, size_t size, int out)
{
    (void)n, (void)records, (void)size, (void)out;
    errno = ENOSYS;
    return fail("gather");
}
