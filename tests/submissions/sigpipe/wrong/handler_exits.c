// SPDX-License-Identifier: MIT
/*
 * Fails: epipe_reported epipe_count_true stdio_errors child_disposition
 *   run_yes_head fan_one_leaves fan_all_leave
 * Shows: handler_exits
 *
 * The belief: a handler that ends the program cleanly is better than death by
 * signal. It is the same death with another status: nobody reports the error,
 * and fan leaves its other commands alone.
 */
#include "sigpipe.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void caught(int signal)
{
    (void)signal;
    _exit(1);
}

int sigpipe_set(int how)
{
    struct sigaction action = {.sa_flags = SA_RESTART};
    sigset_t set;

    action.sa_handler = how == SIGPIPE_IGNORE ? caught : SIG_DFL;
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
    pid_t pid;
    int fd;
    long long bytes;
};

static int start(struct branch *branch, char **argv)
{
    int fd[2];

    if (pipe2(fd, O_CLOEXEC) == -1)
        return fail("pipe");
    branch->bytes = 0;
    branch->fd = fd[1];
    branch->pid = spawn_clean(argv, fd[0]);
    close(fd[0]);
    if (branch->pid == -1) {
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
