// SPDX-License-Identifier: MIT
/*
 * No handler at all: signals are blocked and waited for with sigwait(3) and
 * its relatives; the command is started with posix_spawn(3).
 */
#include "signals.h"
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int write_all(int fd, const char *buf, size_t n)
{
    while (n > 0) {
        ssize_t w = TEMP_FAILURE_RETRY(write(fd, buf, n));
        if (w == -1)
            return fail("write");
        buf += w;
        n -= (size_t)w;
    }
    return 0;
}

static int say_ready(int out)
{
    char line[32];
    int size = snprintf(line, sizeof line, "ready %d\n", (int)getpid());

    return write_all(out, line, (size_t)size);
}

static int print_tally(int out, int usr1, int usr2, const int *values, int n)
{
    dprintf(out, "USR1=%d USR2=%d RT=", usr1, usr2);
    for (int i = 0; i < n; i++)
        dprintf(out, i ? ",%d" : "%d", values[i]);
    return dprintf(out, "\n") < 0 ? fail("write") : 0;
}

static int say(const char *word, int i)
{
    char line[32];
    int size = snprintf(line, sizeof line, "%s %d\n", word, i);

    return write_all(STDOUT_FILENO, line, (size_t)size);
}

static int end_of(pid_t pid)
{
    int wstatus;

    if (TEMP_FAILURE_RETRY(waitpid(pid, &wstatus, 0)) == -1)
        return fail("waitpid");
    return status_to_exit(wstatus);
}

static int collect(int *sum)
{
    int wstatus, n = 0;

    while (waitpid(-1, &wstatus, WNOHANG) > 0) {
        n++;
        *sum += WEXITSTATUS(wstatus);
    }
    return n;
}

static sigset_t blocked(int signal)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return set;
}

int tally(int out)
{
    static int values[VALUES_MAX];
    int usr1 = 0, usr2 = 0, count = 0, ended = 0, got;
    sigset_t set, rt;
    siginfo_t info;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGRTMIN);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    if (say_ready(out) == -1)
        return -1;
    while (!ended || (sigpending(&rt) == 0 &&
                      (sigismember(&rt, SIGUSR1) || sigismember(&rt, SIGUSR2) ||
                       sigismember(&rt, SIGRTMIN)))) {
        got = sigwaitinfo(&set, &info);
        usr1 += got == SIGUSR1;
        usr2 += got == SIGUSR2;
        ended |= got == SIGTERM;
        if (got == SIGRTMIN && count < VALUES_MAX)
            values[count++] = info.si_value.sival_int;
    }
    return print_tally(out, usr1, usr2, values, count);
}

int reap(int n, int *sum)
{
    sigset_t chld = blocked(SIGCHLD);
    int started = 0, result = 0, got;

    for (; started < n; started++) {
        pid_t pid = fork();
        if (pid == 0)
            child(started);
        if (pid == -1) {
            result = fail("fork");
            break;
        }
    }
    for (int left = started; left > 0; left -= collect(sum))
        (void)sigwait(&chld, &got);
    return result;
}

/* The child would wait for its turn for ever. */
static int give_up(pid_t child)
{
    if (child == 0)
        _exit(1);
    (void)kill(child, SIGKILL);
    (void)end_of(child);
    return -1;
}

int pingpong(int n)
{
    sigset_t set = blocked(SIGRTMIN);
    pid_t parent = getpid(), pid = fork();
    int got;

    if (pid == -1)
        return fail("fork");
    for (int i = 1; i <= n; i++) {
        if (pid == 0)
            (void)sigwait(&set, &got);
        if (say(pid ? "ping" : "pong", i) == -1)
            return give_up(pid);
        (void)sigqueue(pid ? pid : parent, SIGRTMIN, (union sigval){i});
        if (pid)
            (void)sigwait(&set, &got);
    }
    if (pid == 0)
        _exit(0);
    return end_of(pid) == 0 ? 0 : -1;
}

static int start(pid_t *pid, char **argv)
{
    posix_spawnattr_t how;
    sigset_t all, none;

    sigfillset(&all);
    sigemptyset(&none);
    int error = posix_spawnattr_init(&how);
    if (error)
        return error;
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP |
                                       POSIX_SPAWN_SETSIGDEF |
                                       POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setsigdefault(&how, &all);
    posix_spawnattr_setsigmask(&how, &none);
    error = posix_spawnp(pid, argv[0], NULL, &how, argv, environ);
    posix_spawnattr_destroy(&how);
    return error;
}

/* A SIGCHLD may also say that the command was stopped. */
static int await_end(pid_t pid, const sigset_t *chld, double secs)
{
    struct timespec now, start;

    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        siginfo_t info = {.si_pid = 0};
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == -1)
            return fail("waitid");
        if (info.si_pid == pid)
            return 1;
        clock_gettime(CLOCK_MONOTONIC, &now);
        double left = secs - (double)(now.tv_sec - start.tv_sec) -
                      (double)(now.tv_nsec - start.tv_nsec) / 1e9;
        if (left <= 0)
            return 0;
        struct timespec time = {(time_t)left, 0};
        time.tv_nsec = (long)((left - (double)time.tv_sec) * 1e9);
        (void)sigtimedwait(chld, NULL, &time);
    }
}

int run_timeout(double secs, double grace, char **argv)
{
    sigset_t chld = blocked(SIGCHLD);
    pid_t pid;

    (void)signal(SIGCHLD, SIG_DFL);
    int error = start(&pid, argv);
    if (error) {
        errno = error;
        (void)fail(argv[0]);
        return error == ENOENT ? 127 : 126;
    }
    int ended = await_end(pid, &chld, secs);
    if (ended == 0) {
        (void)kill(-pid, SIGTERM);
        (void)await_end(pid, &chld, grace);
        (void)kill(-pid, SIGKILL);
    }
    int status = end_of(pid);
    return ended == 0 ? TIMED_OUT : status;
}
