// SPDX-License-Identifier: MIT
/*
 * Accepted: pipe with fcntl(FD_CLOEXEC), epoll with O_NONBLOCK.
 *
 * Close-on-exec set afterwards: in a program without threads that is as good as
 * pipe2(2). filter uses epoll, with its special case for regular files.
 */
#include "pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
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

static int private_pipe(int fd[2])
{
    if (pipe(fd) == -1)
        return -1;
    if (fcntl(fd[0], F_SETFD, FD_CLOEXEC) == -1 ||
        fcntl(fd[1], F_SETFD, FD_CLOEXEC) == -1) {
        close(fd[0]);
        close(fd[1]);
        return -1;
    }
    return 0;
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

        if (started < n - 1 && private_pipe(fd) == -1) {
            failed = fail("pipe");
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
    for (int i = 0; i < started; i++)
        status = wait_for(pids[i]);
    return failed ? -1 : status;
}

static void watch(int ep, int op, int fd, unsigned events)
{
    struct epoll_event ev = {.events = events, .data.fd = fd};

    epoll_ctl(ep, op, fd, &ev);
}

/*
 * epoll(7) refuses regular files and /dev/null with EPERM. They never make
 * anyone wait, so `ready` then simply stays true.
 */
static int pump(int in, int out, int to, int from, long long *nin,
                long long *nout)
{
    static char ibuf[65536], obuf[65536];
    size_t start = 0, end = 0;
    int result = 0;
    int ep = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event ev = {.events = EPOLLIN, .data.fd = in};
    int always = 0;

    if (ep == -1)
        result = fail("epoll_create1");
    else if (epoll_ctl(ep, EPOLL_CTL_ADD, in, &ev) == -1) {
        always = errno == EPERM;
        if (!always)
            result = fail("epoll_ctl");
    }
    fcntl(to, F_SETFL, O_NONBLOCK);
    watch(ep, EPOLL_CTL_ADD, to, 0);
    watch(ep, EPOLL_CTL_ADD, from, EPOLLIN);
    while (result == 0 && (to != -1 || from != -1)) {
        struct epoll_event got[3];
        int hungry = to != -1 && start == end;
        int ready = always && hungry;
        int n = epoll_wait(ep, got, 3, ready ? 0 : -1);

        if (n == -1 && errno != EINTR)
            result = fail("epoll_wait");
        int can_write = 0, no_reader = 0, can_read = 0;
        for (int i = 0; i < n; i++) {
            if (got[i].data.fd == in)
                ready = hungry;
            else if (got[i].data.fd == from)
                can_read = 1;
            else {
                can_write = got[i].events & EPOLLOUT;
                no_reader = got[i].events & EPOLLERR;
            }
        }
        if (can_read) {
            ssize_t r = read_some(from, obuf, sizeof obuf);
            if (r == -1 || write_all(out, obuf, r) == -1)
                result = fail("output");
            else
                *nout += r;
            if (r == 0) {
                close(from);
                from = -1;
            }
        }
        if (no_reader && to != -1) {
            close(to);
            to = -1;
        } else if (ready) {
            ssize_t r = read_some(in, ibuf, sizeof ibuf);
            if (r == -1)
                result = fail("read");
            if (r <= 0) {
                close(to);
                to = -1;
                watch(ep, EPOLL_CTL_DEL, in, 0);
                continue;
            }
            start = 0;
            end = r;
            watch(ep, EPOLL_CTL_MOD, in, 0);
            watch(ep, EPOLL_CTL_MOD, to, EPOLLOUT);
        } else if (can_write && start < end) {
            ssize_t w = write(to, ibuf + start, end - start);
            if (w >= 0) {
                start += w;
                *nin += w;
            } else if (errno == EPIPE) {
                close(to);
                to = -1;
            } else if (errno != EAGAIN && errno != EINTR) {
                result = fail("write");
            }
        }
        if (to == -1) {
            watch(ep, EPOLL_CTL_DEL, in, 0);
        } else if (start == end) {
            watch(ep, EPOLL_CTL_MOD, to, 0);
            watch(ep, EPOLL_CTL_MOD, in, EPOLLIN);
        }
    }
    if (to != -1)
        close(to);
    if (from != -1)
        close(from);
    if (ep != -1)
        close(ep);
    return result;
}

int filter(char **argv, int in, int out, long long *nin, long long *nout)
{
    int to[2], from[2];

    *nin = *nout = 0;
    if (fcntl(in, F_GETFD) == -1)
        return fail("stdin");
    if (private_pipe(to) == -1)
        return fail("pipe");
    if (private_pipe(from) == -1) {
        fail("pipe");
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
