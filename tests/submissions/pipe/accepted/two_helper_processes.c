// SPDX-License-Identifier: MIT
/*
 * Accepted: filter with one helper process for each direction.
 *
 * The parent only waits: for the command, for the process that copies its
 * output, and then it ends the one that feeds it, which may be waiting for a
 * silent stdin. Unusual, and it meets the contract.
 */
#include "pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

/*
 * One helper process for each direction; both may block as long as they like.
 * The counts are in memory that they share with the parent. Writes of no more
 * than PIPE_BUF bytes are all or nothing, so a feeder that is killed has
 * counted what was accepted.
 */
static int feed(int in, int to, long long *nin)
{
    char buf[4096];
    ssize_t n, w;

    while ((n = read_some(in, buf, sizeof buf)) > 0) {
        for (ssize_t done = 0; done < n; done += w) {
            w = write(to, buf + done, n - done);
            if (w == -1 && errno == EINTR)
                w = 0;
            if (w == -1)
                return errno == EPIPE ? 0 : fail("write");
            *nin += w;
        }
    }
    return n == -1 ? fail("read") : 0;
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
    long long *count = mmap(NULL, 2 * sizeof *count, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (count == MAP_FAILED)
        return fail("mmap");
    if (pipe2(to, O_CLOEXEC) == -1) {
        munmap(count, 2 * sizeof *count);
        return fail("pipe2");
    }
    if (pipe2(from, O_CLOEXEC) == -1) {
        fail("pipe2");
        close_pair(to);
        munmap(count, 2 * sizeof *count);
        return -1;
    }

    pid_t pid = start_command(argv, to[0], from[1]);
    pid_t feeder = -1, drainer = -1;
    if (pid != -1) {
        signal(SIGPIPE, SIG_IGN);
        feeder = fork();
        if (feeder == 0) {
            /* Our copy of to[0] would hide that the command has gone. */
            close(to[0]);
            close_pair(from);
            _exit(feed(in, to[1], &count[0]) == 0 ? 0 : 1);
        }
    }
    if (feeder != -1) {
        drainer = fork();
        if (drainer == 0) {
            close_pair(to);
            close(from[1]);
            _exit(drain(from[0], out, &count[1]) == 0 ? 0 : 1);
        }
    }
    if (pid != -1 && drainer == -1)
        fail("fork");
    close_pair(to);
    close_pair(from);

    int status = pid == -1 ? -1 : wait_for(pid);
    if (drainer == -1 || wait_for(drainer) != 0)
        result = -1;
    /* The feeder may be waiting for someone to type. */
    if (feeder != -1) {
        kill(feeder, SIGTERM);
        int fed = wait_for(feeder);
        if (fed != 0 && fed != 128 + SIGTERM)
            result = -1;
    }
    *nin = count[0];
    *nout = count[1];
    munmap(count, 2 * sizeof *count);
    return result == -1 ? -1 : status;
}

int gather(int n, int records, size_t size, int out)
{
    (void)n, (void)records, (void)size, (void)out;
    errno = ENOSYS;
    return fail("gather");
}
