// SPDX-License-Identifier: MIT
/*
 * Handlers for everything: each does its work itself, and the program only
 * sleeps in sigsuspend, or in a wait that goes on after EINTR.
 */
#include "signals.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
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

static volatile sig_atomic_t usr1, usr2, ended, count;
static int values[VALUES_MAX];

static void note(int signal, siginfo_t *info, void *context)
{
    (void)context;
    usr1 += signal == SIGUSR1;
    usr2 += signal == SIGUSR2;
    ended |= signal == SIGTERM;
    if (signal == SIGRTMIN && count < VALUES_MAX)
        values[count++] = info->si_value.sival_int;
}

static int install(void)
{
    const int numbers[] = {SIGUSR1, SIGUSR2, SIGRTMIN, SIGTERM};
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};

    for (int i = 0; i < 4; i++)
        if (sigaction(numbers[i], &action, NULL) == -1)
            return fail("sigaction");
    return 0;
}

int tally(int out)
{
    sigset_t all, none;

    sigfillset(&all);
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &all, NULL) == -1)
        return fail("sigprocmask");
    if (install() == -1 || say_ready(out) == -1)
        return -1;
    while (!ended)
        (void)sigsuspend(&none);
    return print_tally(out, usr1, usr2, values, count);
}

static volatile sig_atomic_t left, total;

static void on_child(int signal)
{
    int saved = errno, wstatus;

    (void)signal;
    while (waitpid(-1, &wstatus, WNOHANG) > 0) {
        left--;
        total += WEXITSTATUS(wstatus);
    }
    errno = saved;
}

int reap(int n, int *sum)
{
    int started = 0, result = 0;
    sigset_t chld, none;

    sigemptyset(&none);
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    if (signal(SIGCHLD, on_child) == SIG_ERR)
        return fail("signal");
    sigprocmask(SIG_BLOCK, &chld, NULL);
    for (; started < n; started++) {
        pid_t pid = fork();
        if (pid == 0)
            child(started);
        if (pid == -1) {
            result = fail("fork");
            break;
        }
    }
    left += started;
    while (left > 0)
        (void)sigsuspend(&none);
    *sum = total;
    return result;
}

static volatile sig_atomic_t turn;
static pid_t other;

static void take_turn(int signal)
{
    int saved = errno;

    (void)signal;
    turn++;
    errno = saved;
}

static int play(const char *word, int n, int begins, const sigset_t *none)
{
    for (int i = 1; i <= n; i++) {
        while (!begins && turn < i)
            (void)sigsuspend(none);
        if (say(word, i) == -1 || kill(other, SIGUSR2) == -1)
            return -1;
        while (begins && turn < i)
            (void)sigsuspend(none);
    }
    return 0;
}

int pingpong(int n)
{
    sigset_t usr2, none;

    sigemptyset(&none);
    sigemptyset(&usr2);
    sigaddset(&usr2, SIGUSR2);
    sigprocmask(SIG_BLOCK, &usr2, NULL);
    if (signal(SIGUSR2, take_turn) == SIG_ERR)
        return fail("signal");
    other = getpid();
    pid_t pid = fork();
    if (pid == -1)
        return fail("fork");
    if (pid == 0)
        _exit(play("pong", n, 0, &none) == -1);
    other = pid;
    int result = play("ping", n, 1, &none);
    if (result == -1)
        (void)kill(pid, SIGKILL); /* it would wait for ever */
    return end_of(pid) == 0 ? result : -1;
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

static volatile sig_atomic_t alarms;
static volatile pid_t command;
static struct itimerval grace_timer;

static void on_alarm(int signal)
{
    int saved = errno;

    (void)signal;
    if (command > 0)
        (void)kill(-command, alarms == 0 ? SIGTERM : SIGKILL);
    if (alarms++ == 0)
        (void)setitimer(ITIMER_REAL, &grace_timer, NULL);
    errno = saved;
}

static struct itimerval timer_of(double secs)
{
    struct itimerval timer = {.it_value.tv_sec = (time_t)secs};

    timer.it_value.tv_usec =
        (suseconds_t)((secs - (double)(time_t)secs) * 1e6) + 1;
    return timer;
}

int run_timeout(double secs, double grace, char **argv)
{
    struct itimerval timer = timer_of(secs);
    siginfo_t info;
    sigset_t none;

    sigemptyset(&none);
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR ||
        signal(SIGALRM, on_alarm) == SIG_ERR)
        return fail("signal");
    sigprocmask(SIG_SETMASK, &none, NULL);
    grace_timer = timer_of(grace);
    pid_t pid = fork();
    if (pid == -1)
        return fail("fork");
    if (pid == 0) {
        (void)setpgid(0, 0);
        run_command(argv);
    }
    (void)setpgid(pid, pid);
    command = pid;
    if (setitimer(ITIMER_REAL, &timer, NULL) == -1)
        return fail("setitimer");
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == -1)
        if (errno != EINTR)
            return fail("waitid");
    (void)signal(SIGALRM, SIG_IGN);
    if (alarms)
        (void)kill(-pid, SIGKILL);
    int status = end_of(pid);
    return alarms ? TIMED_OUT : status;
}
