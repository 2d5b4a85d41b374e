// SPDX-License-Identifier: MIT
/*
 * Handlers write a byte into a pipe of the process itself, from which the
 * program reads: so it can wait with poll(2) for signals and time alike.
 */
#include "signals.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
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

static int wake_fd[2];

static int open_wake(void)
{
    return pipe2(wake_fd, O_CLOEXEC | O_NONBLOCK) == -1 ? fail("pipe2") : 0;
}

static void close_wake(void)
{
    close(wake_fd[0]);
    close(wake_fd[1]);
}

static void wake(int signal)
{
    int saved = errno;

    (void)signal;
    (void)!write(wake_fd[1], "", 1); /* a full pipe will wake us, too */
    errno = saved;
}

static void sleep_until_woken(int ms)
{
    struct pollfd wait = {.fd = wake_fd[0], .events = POLLIN};
    char bytes[64];

    if (poll(&wait, 1, ms) == 1)
        (void)!read(wake_fd[0], bytes, sizeof bytes);
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
    wake(signal);
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
    if (open_wake() == -1 || install() == -1 || say_ready(out) == -1)
        return -1;
    while (!ended)
        sleep_until_woken(-1);
    close_wake();
    return print_tally(out, usr1, usr2, values, count);
}

int reap(int n, int *sum)
{
    int started = 0, result = 0, left = 0;

    if (open_wake() == -1)
        return -1;
    if (signal(SIGCHLD, wake) == SIG_ERR)
        return fail("signal");
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
    while (left > 0) {
        sleep_until_woken(-1);
        left -= collect(sum);
    }
    close_wake();
    return result;
}

/* A byte for each signal: never two, for they take turns. poll may fail with
 * EINTR, the byte is there all the same. */
static void await_byte(void)
{
    struct pollfd wait = {.fd = wake_fd[0], .events = POLLIN};
    char byte;

    while (read(wake_fd[0], &byte, 1) != 1)
        (void)poll(&wait, 1, -1);
}

static int play(const char *word, int n, pid_t other, int begins)
{
    for (int i = 1; i <= n; i++) {
        if (!begins)
            await_byte();
        if (say(word, i) == -1 || kill(other, SIGUSR1) == -1)
            return -1;
        if (begins)
            await_byte();
    }
    return 0;
}

int pingpong(int n)
{
    pid_t parent = getpid();
    sigset_t usr1;

    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    if (signal(SIGUSR1, wake) == SIG_ERR)
        return fail("signal");
    pid_t pid = fork();
    if (pid == -1)
        return fail("fork");
    /* Each makes its own pipe before it lets the signal in. */
    if (open_wake() == -1)
        return -1;
    sigprocmask(SIG_UNBLOCK, &usr1, NULL);
    if (pid == 0)
        _exit(play("pong", n, parent, 0) == -1);
    int result = play("ping", n, pid, 1);
    close_wake();
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
        sleep_until_woken((int)(left * 1000) + 1);
    }
}

int run_timeout(double secs, double grace, char **argv)
{
    struct sigaction action = {.sa_handler = wake};
    sigset_t none;

    if (open_wake() == -1)
        return -1;
    sigemptyset(&none);
    if (sigaction(SIGCHLD, &action, NULL) == -1 ||
        sigprocmask(SIG_SETMASK, &none, NULL) == -1)
        return fail("SIGCHLD");
    pid_t pid = fork();
    if (pid == -1)
        return fail("fork");
    if (pid == 0) {
        (void)setpgid(0, 0);
        run_command(argv);
    }
    (void)setpgid(pid, pid);
    int ended = await_end(pid, secs);
    if (ended == 0) {
        (void)kill(-pid, SIGTERM);
        (void)await_end(pid, grace);
        (void)kill(-pid, SIGKILL);
    }
    close_wake();
    int status = end_of(pid);
    return ended == 0 ? TIMED_OUT : status;
}
