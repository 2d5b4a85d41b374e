// SPDX-License-Identifier: MIT
/*
 * Fails: filter_1mib_both_ways
 * Shows: spools_to_file
 *
 * The belief: if two pipes can deadlock, use one and a temporary file. It
 * cannot deadlock, but it is not a filter any more: no output before the
 * command has ended, and for `filter yes` the disk fills up.
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
    for (int i = 0; i < started; i++)
        status = wait_for(pids[i]);
    return failed ? -1 : status;
}

static int feed(int in, int to, long long *nin)
{
    char buf[8192];

    for (;;) {
        struct pollfd p[2] = {{in, POLLIN, 0}, {to, 0, 0}};
        if (poll(p, 2, -1) == -1) {
            if (errno == EINTR)
                continue;
            return fail("poll");
        }
        if (p[1].revents)
            return 0; /* the command does not read any more */
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
    char name[] = "/tmp/filter.XXXXXX";
    char buf[8192];
    int to[2];
    ssize_t n;

    *nin = *nout = 0;
    if (fcntl(in, F_GETFD) == -1)
        return fail("stdin");
    if (pipe2(to, O_CLOEXEC) == -1)
        return fail("pipe2");
    /* The command's output goes to a file, so it can never block us. */
    int spool = mkostemp(name, O_CLOEXEC);
    if (spool == -1) {
        fail(name);
        close(to[0]);
        close(to[1]);
        return -1;
    }
    unlink(name);
    pid_t pid = start_command(argv, to[0], spool);
    close(to[0]);
    if (pid == -1) {
        close(to[1]);
        close(spool);
        return -1;
    }
    signal(SIGPIPE, SIG_IGN);
    int result = feed(in, to[1], nin);
    close(to[1]);
    int status = wait_for(pid);

    lseek(spool, 0, SEEK_SET);
    while (result == 0 && (n = read_some(spool, buf, sizeof buf)) != 0) {
        if (n == -1 || write_all(out, buf, n) == -1)
            result = fail("output");
        else
            *nout += n;
    }
    close(spool);
    return result == -1 ? -1 : status;
}

int gather(int n, int records, size_t size, int out)
{
    (void)n, (void)records, (void)size, (void)out;
    errno = ENOSYS;
    return fail("gather");
}
