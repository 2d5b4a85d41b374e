// SPDX-License-Identifier: MIT
/*
 * Fails: reap_all reap_no_spin reap_errno
 * Shows: status_not_decoded
 *
 * The belief: what waitpid stores is the exit status. It is in there, beside
 * other things: WEXITSTATUS takes it out.
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

int tally(int out)
{
    static int values[VALUES_MAX];
    int usr1 = 0, usr2 = 0, n = 0, size;
    char ready[32];
    siginfo_t info;
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR1);
    (void)sigaddset(&set, SIGUSR2);
    (void)sigaddset(&set, SIGRTMIN);
    (void)sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
        return fail("sigprocmask");
    size = snprintf(ready, sizeof ready, "ready %d\n", (int)getpid());
    if (write_all(out, ready, (size_t)size) == -1)
        return -1;

    for (int ending = 0;;) {
        const struct timespec now = {0, 0};
        int got =
            ending ? sigtimedwait(&set, &info, &now) : sigwaitinfo(&set, &info);
        if (got == -1 && errno == EAGAIN)
            return print_tally(out, usr1, usr2, values, n);
        if (got == -1 && errno != EINTR)
            return fail("sigwaitinfo");
        usr1 += got == SIGUSR1;
        usr2 += got == SIGUSR2;
        ending |= got == SIGTERM;
        if (got == SIGRTMIN && n < VALUES_MAX)
            values[n++] = info.si_value.sival_int;
    }
}

static volatile sig_atomic_t reaped, reaped_sum;

static void reap_children(int signal)
{
    int saved = errno, wstatus;

    (void)signal;
    while (waitpid(-1, &wstatus, WNOHANG) > 0) {
        reaped++;
        reaped_sum += wstatus;
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
