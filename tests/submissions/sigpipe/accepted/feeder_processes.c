// SPDX-License-Identifier: MIT
/*
 * Accepted: one feeder process for each command, with a pipe of its own. A
 * slow command slows its feeder only, until that pipe is full, too. The
 * feeders count in shared memory.
 */
#include "sigpipe.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int sigpipe_set(int how)
{
    struct sigaction action = {.sa_handler =
                                   how == SIGPIPE_IGNORE ? SIG_IGN : SIG_DFL};
    sigset_t set;

    if (sigaction(SIGPIPE, &action, NULL) == -1)
        return -1;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return sigprocmask(SIG_UNBLOCK, &set, NULL);
}

ssize_t write_all(int fd, const void *buf, size_t n, size_t *done)
{
    const char *p = buf;

    *done = 0;
    while (*done < n) {
        ssize_t w = write(fd, p + *done, n - *done);
        if (w == -1) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        *done += (size_t)w;
    }
    return (ssize_t)n;
}

int print_lines(FILE *out, long n)
{
    for (long i = 1; i <= n; i++)
        if (fprintf(out, "line %ld\n", i) < 0)
            return -1;
    return fflush(out) == EOF ? -1 : 0;
}

pid_t spawn_clean(char **argv, int in_fd)
{
    pid_t pid = fork();

    if (pid == -1)
        return fail("fork");
    if (pid == 0) {
        if (sigpipe_set(SIGPIPE_DEFAULT) == -1)
            _exit(126);
        if (in_fd != -1 && dup2(in_fd, 0) == -1)
            _exit(126);
        execvp(argv[0], argv);
        fail(argv[0]);
        _exit(errno == ENOENT ? 127 : 126);
    }
    return pid;
}

struct branch {
    pid_t pid, feeder;
    int fd; /* to the feeder */
};

static long long *counts; /* shared with the feeders */

static void feed(int from, int to, long long *count)
{
    static char buf[65536];
    ssize_t got, w = 0;
    size_t done;

    while (w != -1 && (got = read(from, buf, sizeof buf)) != 0) {
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            _exit(1);
        w = write_all(to, buf, (size_t)got, &done);
        *count += (long long)done;
    }
    _exit(0);
}

static void close_all(int fds[4])
{
    for (int i = 0; i < 4; i++)
        if (fds[i] != -1)
            close(fds[i]);
}

/* in -> fd[1] fd[0] -> feeder -> fd[3] fd[2] -> command */
static int start(struct branch *branches, int i, char **argv)
{
    struct branch *branch = &branches[i];
    int fd[4] = {-1, -1, -1, -1};

    branch->pid = branch->feeder = branch->fd = -1;
    if (pipe2(fd, O_CLOEXEC) == -1 || pipe2(fd + 2, O_CLOEXEC) == -1) {
        fail("pipe");
        close_all(fd);
        return -1;
    }
    branch->pid = spawn_clean(argv, fd[2]);
    if (branch->pid != -1)
        branch->feeder = fork();
    if (branch->feeder == 0) {
        /* What is inherited from the other branches has to go, too. */
        for (int other = 0; other < i; other++)
            close(branches[other].fd);
        close(fd[1]);
        close(fd[2]);
        feed(fd[0], fd[3], &counts[i]);
    }
    if (branch->pid != -1 && branch->feeder == -1)
        fail("fork");
    branch->fd = fd[1];
    fd[1] = -1;
    close_all(fd);
    return branch->feeder == -1 ? -1 : 0;
}

static int pump(struct branch *branches, int n, int in)
{
    static char buf[65536];
    int left = n;

    while (left > 0) {
        ssize_t got = read(in, buf, sizeof buf);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            return fail("read");
        if (got == 0)
            return 0;
        for (int i = 0; i < n; i++) {
            size_t done;
            if (branches[i].fd == -1)
                continue;
            ssize_t w = write_all(branches[i].fd, buf, (size_t)got, &done);
            if (w == -1 && errno != EPIPE)
                return fail("write");
            if (w == -1) {
                close(branches[i].fd);
                branches[i].fd = -1;
                left--;
            }
        }
    }
    return 1;
}

int fan(char ***cmds, int n, int in)
{
    struct branch branches[CMDS_MAX];
    int status[CMDS_MAX], started = 0, result = -1;
    size_t size = CMDS_MAX * sizeof *counts;

    counts = mmap(NULL, size, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counts == MAP_FAILED)
        return fail("mmap");
    while (started < n && start(branches, started, cmds[started]) == 0)
        started++;
    if (started == n)
        result = pump(branches, n, in);
    else
        n = started + 1; /* the last one may be half there */
    for (int i = 0; i < n; i++)
        if (branches[i].fd != -1)
            close(branches[i].fd);
    for (int i = 0; i < n; i++) {
        if (branches[i].feeder != -1)
            waitpid(branches[i].feeder, NULL, 0);
        if (branches[i].pid != -1)
            waitpid(branches[i].pid, &status[i], 0);
    }
    for (int i = 0; i < n && result != -1; i++)
        dprintf(2, "%d: %d %lld\n", i + 1, status_to_exit(status[i]),
                counts[i]);
    munmap(counts, size);
    return result;
}
