// SPDX-License-Identifier: MIT
/*
 * Fails: tally_spaced tally_rt_queue tally_burst
 * Shows: polls
 *
 * The belief: the handlers do the work, and a loop with a nap in it has
 * nothing to do but look at a flag now and then.
 */
#include "signals.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static int print_tally(int out, int usr1, int usr2, const int *values, int n)
{
    static char line[64 + VALUES_MAX * sizeof ",-2147483648"];
    int size = snprintf(line, sizeof line, "USR1=%d USR2=%d RT=", usr1, usr2);

    for (int i = 0; i < n; i++)
        size += snprintf(line + size, sizeof line - (size_t)size, "%s%d",
                         i ? "," : "", values[i]);
    line[size++] = '\n';
    return write_all(out, line, (size_t)size);
}

static volatile sig_atomic_t usr1_count, usr2_count, value_count, ending;
static int all_values[VALUES_MAX];

static void count(int signal, siginfo_t *info, void *context)
{
    (void)context;
    if (signal == SIGUSR1)
        usr1_count++;
    else if (signal == SIGUSR2)
        usr2_count++;
    else if (signal == SIGTERM)
        ending = 1;
    else if (value_count < VALUES_MAX)
        all_values[value_count++] = info->si_value.sival_int;
}

int tally(int out)
{
    struct sigaction action = {.sa_sigaction = count, .sa_flags = SA_SIGINFO};
    char ready[32];
    int size = snprintf(ready, sizeof ready, "ready %d\n", (int)getpid());

    if (sigaction(SIGUSR1, &action, NULL) == -1 ||
        sigaction(SIGUSR2, &action, NULL) == -1 ||
        sigaction(SIGRTMIN, &action, NULL) == -1 ||
        sigaction(SIGTERM, &action, NULL) == -1)
        return fail("sigaction");
    if (write_all(out, ready, (size_t)size) == -1)
        return -1;
    while (!ending)
        (void)usleep(10000);
    return print_tally(out, usr1_count, usr2_count, all_values, value_count);
}

static volatile sig_atomic_t reaped, reaped_sum;

static void reap_children(int signal)
{
    int saved = errno, wstatus;

    (void)signal;
    while (waitpid(-1, &wstatus, WNOHANG) > 0) {
        reaped++;
        reaped_sum += WEXITSTATUS(wstatus);
    }
    errno = saved;
}

int reap(int n, int *sum)
{
    struct sigaction action = {.sa_handler = reap_children,
                               .sa_flags = SA_RESTART | SA_NOCLDSTOP};
    int started = 0, result = 0;
    sigset_t chld, before;

    (void)sigemptyset(&chld);
    (void)sigaddset(&chld, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &chld, &before) == -1 ||
        sigaction(SIGCHLD, &action, NULL) == -1)
        return fail("SIGCHLD");
    (void)sigdelset(&before, SIGCHLD);
    for (; started < n; started++) {
        pid_t pid = fork();
        if (pid == 0)
            child(started);
        if (pid == -1) {
            result = fail("fork");
            break;
        }
    }
    while (reaped < started)
        (void)sigsuspend(&before);
    *sum = reaped_sum;
    return result;
}

static volatile sig_atomic_t my_turn;

static void note_turn(int signal)
{
    (void)signal;
    my_turn = 1;
}

static void await_turn(const sigset_t *open)
{
    while (!my_turn)
        (void)sigsuspend(open);
    my_turn = 0;
}

static int say(const char *word, int i)
{
    char line[32];
    int size = snprintf(line, sizeof line, "%s %d\n", word, i);

    return write_all(STDOUT_FILENO, line, (size_t)size);
}

static _Noreturn void answer(int n, pid_t parent, const sigset_t *open)
{
    for (int i = 1; i <= n; i++) {
        await_turn(open);
        if (say("pong", i) == -1 || kill(parent, SIGUSR1) == -1)
            _exit(EXIT_FAILURE);
    }
    _exit(EXIT_SUCCESS);
}

int pingpong(int n)
{
    struct sigaction action = {.sa_handler = note_turn};
    pid_t parent = getpid();
    sigset_t usr1, open;
    int wstatus, result = 0;

    (void)sigemptyset(&usr1);
    (void)sigaddset(&usr1, SIGUSR1);
    if (sigprocmask(SIG_BLOCK, &usr1, &open) == -1 ||
        sigaction(SIGUSR1, &action, NULL) == -1)
        return fail("SIGUSR1");
    (void)sigdelset(&open, SIGUSR1);
    pid_t pid = fork();
    if (pid == -1)
        return fail("fork");
    if (pid == 0)
        answer(n, parent, &open);
    for (int i = 1; i <= n && result == 0; i++) {
        if (say("ping", i) == -1)
            result = -1;
        else if (kill(pid, SIGUSR1) == -1)
            result = fail("kill");
        else
            await_turn(&open);
    }
    if (result == -1)
        (void)kill(pid, SIGKILL);
    if (TEMP_FAILURE_RETRY(waitpid(pid, &wstatus, 0)) == -1)
        return fail("waitpid");
    return result;
}

static _Noreturn void run_command(char **argv)
{
    sigset_t none;

    (void)setpgid(0, 0);
    for (int i = 1; i < NSIG; i++)
        (void)signal(i, SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)execvp(argv[0], argv);
    (void)fail(argv[0]);
    _exit(errno == ENOENT ? 127 : 126);
}

static double now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int await_end(pid_t pid, double secs)
{
    double end = now() + secs;
    sigset_t chld;

    (void)sigemptyset(&chld);
    (void)sigaddset(&chld, SIGCHLD);
    for (;;) {
        siginfo_t info = {.si_pid = 0};
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == -1)
            return fail("waitid");
        double left = end - now();
        if (info.si_pid == pid || left <= 0)
            return info.si_pid == pid;
        struct timespec time = {.tv_sec = (time_t)left};
        time.tv_nsec = (long)((left - (double)time.tv_sec) * 1e9);
        (void)sigtimedwait(&chld, NULL, &time);
    }
}

int run_timeout(double secs, double grace, char **argv)
{
    sigset_t chld;
    int wstatus;

    (void)sigemptyset(&chld);
    (void)sigaddset(&chld, SIGCHLD);
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR ||
        sigprocmask(SIG_BLOCK, &chld, NULL) == -1)
        return fail("SIGCHLD");
    pid_t pid = fork();
    if (pid == -1)
        return fail("fork");
    if (pid == 0)
        run_command(argv);
    (void)setpgid(pid, pid);

    int ended = await_end(pid, secs), timed_out = ended == 0;
    if (timed_out) {
        (void)kill(-pid, SIGTERM);
        ended = await_end(pid, grace);
    }
    if (timed_out || ended == -1)
        (void)kill(-pid, SIGKILL);
    if (TEMP_FAILURE_RETRY(waitpid(pid, &wstatus, 0)) == -1)
        return fail("waitpid");
    if (ended == -1)
        return -1;
    return timed_out ? TIMED_OUT : status_to_exit(wstatus);
}
