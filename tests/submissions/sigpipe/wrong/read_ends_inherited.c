// SPDX-License-Identifier: MIT
/*
 * Fails: fan_one_leaves fan_hygiene
 * Shows: read_ends_inherited descriptors_inherited
 *
 * The belief: the parent closes its read ends right after the fork, so nobody
 * has them. The commands that are started before that do: the second inherits
 * nothing of the first, but here the parent closes them only when all have
 * been started.
 */
#include "sigpipe.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
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
        if (in_fd != -1)
            close(in_fd);
        execvp(argv[0], argv);
        fail(argv[0]);
        _exit(errno == ENOENT ? 127 : 126);
    }
    return pid;
}

struct branch {
    pid_t pid;
    int fd, read_fd;
    long long bytes;
};

static int start(struct branch *branch, char **argv)
{
    int fd[2];

    if (pipe(fd) == -1 || fcntl(fd[1], F_SETFD, FD_CLOEXEC) == -1)
        return fail("pipe");
    branch->bytes = 0;
    branch->fd = fd[1];
    branch->pid = spawn_clean(argv, fd[0]);
    branch->read_fd = fd[0];
    if (branch->pid == -1) {
        close(fd[0]);
        close(fd[1]);
        return -1;
    }
    return 0;
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
            branches[i].bytes += (long long)done;
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

    while (started < n && start(&branches[started], cmds[started]) == 0)
        started++;
    for (int i = 0; i < started; i++)
        close(branches[i].read_fd);
    if (started == n)
        result = pump(branches, n, in);
    for (int i = 0; i < started; i++)
        if (branches[i].fd != -1)
            close(branches[i].fd);
    for (int i = 0; i < started; i++)
        while (waitpid(branches[i].pid, &status[i], 0) == -1 && errno == EINTR)
            continue;
    if (result == -1)
        return -1;
    for (int i = 0; i < n; i++)
        dprintf(2, "%d: %d %lld\n", i + 1, status_to_exit(status[i]),
                branches[i].bytes);
    return result;
}
