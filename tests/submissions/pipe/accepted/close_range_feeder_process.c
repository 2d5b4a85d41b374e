// SPDX-License-Identifier: MIT
/*
 * Accepted: close_range in the child, a second process that feeds the command.
 *
 * Whatever pipe ends a stage inherits, it closes all from 3 upwards in one
 * call. filter needs neither poll loop nor O_NONBLOCK in the parent: the feeder
 * waits for the command's stdin, the parent for its stdout.
 */
#include "pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
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
static pid_t start_command(char **argv, int in, int out, int unused)
{
    pid_t pid = fork();

    if (pid == -1)
        return fail("fork");
    if (pid > 0)
        return pid;

    /* The next stage's read end, which is 0 if we had no stdin. */
    if (unused != -1)
        close(unused);
    if (in > 0)
        dup2(in, 0);
    if (out != -1)
        dup2(out, 1);
    close_range(3, ~0U, 0);
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

        if (started < n - 1 && pipe(fd) == -1) {
            failed = fail("pipe");
            break;
        }
        pids[started] = start_command(cmds[started], in, fd[1], fd[0]);
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

/*
 * The feeder: a process of its own may block as long as it likes. It watches
 * `to` beside `in`, so that it ends when the command does. The count is in
 * memory that it shares with us.
 */
static int feed(int in, int to, long long *nin)
{
    char buf[65536];
    ssize_t n, w;

    for (;;) {
        struct pollfd p[2] = {{in, POLLIN, 0}, {to, 0, 0}};
        if (poll(p, 2, -1) == -1) {
            if (errno == EINTR)
                continue;
            return fail("poll");
        }
        if (p[1].revents)
            return 0;
        n = read_some(in, buf, sizeof buf);
        if (n == -1)
            return fail("read");
        if (n == 0)
            return 0;
        for (ssize_t done = 0; done < n; done += w) {
            w = write(to, buf + done, n - done);
            if (w == -1 && errno == EINTR)
                w = 0;
            if (w == -1)
                return errno == EPIPE ? 0 : fail("write");
            *nin += w;
        }
    }
}

static int drain(int from, int out, long long *nout)
{
    char buf[65536];
    ssize_t n;

    while ((n = read_some(from, buf, sizeof buf)) > 0) {
        *nout += n;
        if (write_all(out, buf, n) == -1)
            return fail("write");
    }
    return n == -1 ? fail("read") : 0;
}

static void close_pair(int fd[2])
{
    close(fd[0]);
    close(fd[1]);
}

int filter(char **argv, int in, int out, long long *nin, long long *nout)
{
    int to[2], from[2];
    int result = 0;

    *nin = *nout = 0;
    if (fcntl(in, F_GETFD) == -1)
        return fail("stdin");
    long long *accepted = mmap(NULL, sizeof *accepted, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (accepted == MAP_FAILED)
        return fail("mmap");
    if (pipe(to) == -1) {
        munmap(accepted, sizeof *accepted);
        return fail("pipe");
    }
    if (pipe(from) == -1) {
        fail("pipe");
        close_pair(to);
        munmap(accepted, sizeof *accepted);
        return -1;
    }

    pid_t pid = start_command(argv, to[0], from[1], -1);
    pid_t feeder = -1;
    if (pid != -1) {
        signal(SIGPIPE, SIG_IGN);
        feeder = fork();
        if (feeder == 0) {
            /* Our copy of to[0] would hide that the command has gone. */
            close(to[0]);
            close_pair(from);
            _exit(feed(in, to[1], accepted) == 0 ? 0 : 1);
        }
    }
    if (pid != -1 && feeder == -1)
        result = fail("fork");
    if (pid == -1)
        result = -1;
    close_pair(to);
    close(from[1]);
    if (result == 0)
        result = drain(from[0], out, nout);
    close(from[0]);

    int status = pid == -1 ? -1 : wait_for(pid);
    if (feeder != -1 && wait_for(feeder) != 0)
        result = -1;
    *nin = *accepted;
    munmap(accepted, sizeof *accepted);
    return result == -1 ? -1 : status;
}

int gather(int n, int records, size_t size, int out)
{
    (void)n, (void)records, (void)size, (void)out;
    errno = ENOSYS;
    return fail("gather");
}
