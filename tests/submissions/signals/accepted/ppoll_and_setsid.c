// SPDX-License-Identifier: MIT
/*
 * The sleep is ppoll(2) or pselect(2), which take a mask as sigsuspend does,
 * and a time limit; the command gets a session of its own.
 */
#include "signals.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
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

static sigset_t open_mask;

static void block_all(void)
{
    sigset_t all;

    sigfillset(&all);
    sigemptyset(&open_mask);
    sigprocmask(SIG_SETMASK, &all, NULL);
}

int tally(int out)
{
    block_all();
    if (install() == -1 || say_ready(out) == -1)
        return -1;
    while (!ended)
        (void)ppoll(NULL, 0, NULL, &open_mask);
    return print_tally(out, usr1, usr2, values, count);
}

static volatile sig_atomic_t news;

static void on_news(int signal)
{
    (void)signal;
    news = 1;
}

static int watch(int signal)
{
    struct sigaction action = {.sa_handler = on_news};

    block_all();
    return sigaction(signal, &action, NULL) == -1 ? fail("sigaction") : 0;
}

int reap(int n, int *sum)
{
    int started = 0, result = 0;

    if (watch(SIGCHLD) == -1)
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
        (void)pselect(0, NULL, NULL, NULL, NULL, &open_mask);
    return result;
}

static void await_news(void)
{
    while (!news)
        (void)ppoll(NULL, 0, NULL, &open_mask);
    news = 0;
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
    pid_t parent = getpid();

    if (watch(SIGUSR1) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == -1)
        return fail("fork");
    for (int i = 1; i <= n; i++) {
        if (pid == 0)
            await_news();
        if (say(pid ? "ping" : "pong", i) == -1)
            return give_up(pid);
        (void)kill(pid ? pid : parent, SIGUSR1);
        if (pid)
            await_news();
    }
    if (pid == 0)
        _exit(0);
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

static int await_end(pid_t pid, double secs)
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
        (void)ppoll(NULL, 0, &time, &open_mask);
    }
}

/* There is no group until the child has come to setsid. */
static void send(pid_t pid, int signal)
{
    if (kill(-pid, signal) == -1)
        (void)kill(pid, signal);
}

int run_timeout(double secs, double grace, char **argv)
{
    if (watch(SIGCHLD) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == -1)
        return fail("fork");
    if (pid == 0) {
        (void)setsid();
        run_command(argv);
    }
    int ended = await_end(pid, secs);
    if (ended == 0) {
        send(pid, SIGTERM);
        (void)await_end(pid, grace);
        send(pid, SIGKILL);
    }
    int status = end_of(pid);
    return ended == 0 ? TIMED_OUT : status;
}
