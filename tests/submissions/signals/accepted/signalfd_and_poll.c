// SPDX-License-Identifier: MIT
/*
 * Signals are read from signalfd(2), and the time limit is that of poll(2).
 */
#include "signals.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
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

static int open_signals(const int *numbers, int n)
{
    sigset_t set;

    sigemptyset(&set);
    for (int i = 0; i < n; i++)
        sigaddset(&set, numbers[i]);
    if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
        return fail("sigprocmask");
    int fd = signalfd(-1, &set, SFD_CLOEXEC);
    return fd == -1 ? fail("signalfd") : fd;
}

static int next(int fd, struct signalfd_siginfo *info)
{
    ssize_t n = TEMP_FAILURE_RETRY(read(fd, info, sizeof *info));

    return n == sizeof *info ? 0 : fail("read");
}

int tally(int out)
{
    const int numbers[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGRTMIN};
    static int values[VALUES_MAX];
    int usr1 = 0, usr2 = 0, count = 0, ended = 0;
    int fd = open_signals(numbers, 4);
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    struct signalfd_siginfo info;

    if (fd == -1 || say_ready(out) == -1)
        return -1;
    while (!ended || poll(&wait, 1, 0) == 1) {
        if (next(fd, &info) == -1)
            return -1;
        int signal = (int)info.ssi_signo;
        usr1 += signal == SIGUSR1;
        usr2 += signal == SIGUSR2;
        ended |= signal == SIGTERM;
        if (signal == SIGRTMIN && count < VALUES_MAX)
            values[count++] = info.ssi_int;
    }
    close(fd);
    return print_tally(out, usr1, usr2, values, count);
}

int reap(int n, int *sum)
{
    const int number = SIGCHLD;
    int started = 0, result = 0, fd = open_signals(&number, 1);
    struct signalfd_siginfo info;

    if (fd == -1)
        return -1;
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
        if (next(fd, &info) == -1)
            return -1;
    close(fd);
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
    const int number = SIGUSR1;
    int fd = open_signals(&number, 1);
    pid_t parent = getpid();
    struct signalfd_siginfo info;

    if (fd == -1)
        return -1;
    pid_t pid = fork();
    if (pid == -1)
        return fail("fork");
    for (int i = 1; i <= n; i++) {
        if (pid == 0 && next(fd, &info) == -1)
            _exit(1);
        if (say(pid ? "ping" : "pong", i) == -1) {
            close(fd);
            return give_up(pid);
        }
        (void)kill(pid ? pid : parent, SIGUSR1);
        if (pid && next(fd, &info) == -1)
            return -1;
    }
    if (pid == 0)
        _exit(0);
    close(fd);
    return end_of(pid) == 0 ? 0 : -1;
}

static _Noreturn void run_command(char **argv)
{
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        (void)signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(argv[0], argv);
    (void)fail(argv[0]);
    _exit(errno == ENOENT ? 127 : 126);
}

/* 1: it has ended, 0: the time is up. */
static int await_end(int fd, pid_t pid, double secs)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    struct timespec now, start;
    struct signalfd_siginfo drained;

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
        if (poll(&wait, 1, (int)(left * 1000) + 1) == 1)
            (void)next(fd, &drained);
    }
}

int run_timeout(double secs, double grace, char **argv)
{
    const int number = SIGCHLD;

    (void)signal(SIGCHLD, SIG_DFL);
    int fd = open_signals(&number, 1);
    if (fd == -1)
        return -1;
    pid_t pid = fork();
    if (pid == -1)
        return fail("fork");
    if (pid == 0) {
        (void)setpgid(0, 0);
        run_command(argv);
    }
    (void)setpgid(pid, pid);
    int ended = await_end(fd, pid, secs);
    if (ended == 0) {
        (void)kill(-pid, SIGTERM);
        if (await_end(fd, pid, grace) == -1)
            return -1;
        (void)kill(-pid, SIGKILL);
    }
    close(fd);
    int status = end_of(pid);
    return ended == 0 ? TIMED_OUT : status;
}
