// SPDX-License-Identifier: MIT
/*
 * Accepted: posix_spawnp with attributes for the action and the mask; the
 * caller learns why exec failed. stdio is closed rather than flushed.
 */
#include "sigpipe.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
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
    int failed = 0;

    for (long i = 1; i <= n && !failed; i++)
        failed = fprintf(out, "line %ld\n", i) < 0;
    int error = errno;
    if (fclose(out) == EOF && !failed)
        return -1;
    errno = error;
    return failed ? -1 : 0;
}

pid_t spawn_clean(char **argv, int in_fd)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    sigset_t set;
    pid_t pid;

    sigemptyset(&set);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &set);
    sigaddset(&set, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &set);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_init(&actions);
    if (in_fd != -1)
        posix_spawn_file_actions_adddup2(&actions, in_fd, 0);
    int error =
        posix_spawnp(&pid, argv[0], &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    errno = error; /* it is the result, not errno, that tells */
    return error ? fail(argv[0]) : pid;
}

struct branch {
    pid_t pid;
    int fd;
    long long bytes;
};

static int start(struct branch *branch, char **argv, int *status)
{
    int fd[2];

    if (pipe2(fd, O_CLOEXEC) == -1)
        return fail("pipe");
    branch->bytes = 0;
    branch->fd = fd[1];
    branch->pid = spawn_clean(argv, fd[0]);
    close(fd[0]);
    if (branch->pid != -1)
        return 0;
    *status = spawn_status(errno);
    close(fd[1]);
    branch->fd = -1;
    return *status == -1 ? -1 : 0;
}

static int pump(struct branch *branches, int n, int in)
{
    static char buf[65536];
    int left = 0;

    for (int i = 0; i < n; i++)
        left += branches[i].fd != -1;

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

    while (started < n &&
           start(&branches[started], cmds[started], &status[started]) == 0)
        started++;
    if (started == n)
        result = pump(branches, n, in);
    for (int i = 0; i < started; i++)
        if (branches[i].fd != -1)
            close(branches[i].fd);
    for (int i = 0; i < started; i++) {
        int wstatus;
        if (branches[i].pid == -1)
            continue;
        while (waitpid(branches[i].pid, &wstatus, 0) == -1 && errno == EINTR)
            continue;
        status[i] = status_to_exit(wstatus);
    }
    if (result == -1)
        return -1;
    for (int i = 0; i < n; i++)
        dprintf(2, "%d: %d %lld\n", i + 1, status[i], branches[i].bytes);
    return result;
}
