// SPDX-License-Identifier: MIT
/*
 * Everything is a descriptor: signals are read from signalfd(2), the end of the
 * command from pidfd_open(2), the time from timerfd_create(2). The Valgrind of
 * Debian 12 does not know pidfd_open, and refuses it.
 */
#include "signals.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int tally(int out)
{
    static int values[VALUES_MAX];
    struct signalfd_siginfo info[16];
    int usr1 = 0, usr2 = 0, n = 0, term = 0;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGRTMIN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
        return fail("sigprocmask");
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd == -1)
        return fail("signalfd");
    FILE *f = fdopen(dup(out), "w");
    if (!f)
        return fail("fdopen");
    fprintf(f, "ready %ld\n", (long)getpid());
    if (fflush(f) == EOF)
        return fail("write");
    for (;;) {
        ssize_t k = read(fd, info, sizeof info);
        if (k == -1 && errno == EAGAIN) {
            if (term)
                break;
            struct pollfd p = {.fd = fd, .events = POLLIN};
            if (poll(&p, 1, -1) == -1 && errno != EINTR)
                return fail("poll");
            continue;
        }
        if (k == -1 && errno != EINTR)
            return fail("read");
        for (int i = 0; k > 0 && i < (int)(k / (ssize_t)sizeof *info); i++) {
            int s = (int)info[i].ssi_signo;
            usr1 += s == SIGUSR1;
            usr2 += s == SIGUSR2;
            term |= s == SIGTERM;
            if (s == SIGRTMIN && n < VALUES_MAX)
                values[n++] = info[i].ssi_int;
        }
    }
    fprintf(f, "USR1=%d USR2=%d RT=", usr1, usr2);
    for (int i = 0; i < n; i++)
        fprintf(f, i ? ",%d" : "%d", values[i]);
    fprintf(f, "\n");
    close(fd);
    return fclose(f) == EOF ? fail("write") : 0;
}

int reap(int n, int *sum)
{
    sigset_t set;
    int live = 0, result = 0;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
        return fail("sigprocmask");
    struct sigaction sa = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP};
    if (sigaction(SIGCHLD, &sa, NULL) == -1)
        return fail("sigaction");
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    int ep = epoll_create1(EPOLL_CLOEXEC);
    if (fd == -1 || ep == -1)
        return fail("signalfd");
    struct epoll_event ev = {.events = EPOLLIN};
    if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == -1)
        return fail("epoll_ctl");
    *sum = 0;
    for (int i = 0; i < n; i++) {
        pid_t pid = fork();
        if (pid == -1) {
            result = fail("fork");
            break;
        }
        if (pid == 0)
            child(i);
        live++;
    }
    while (live > 0) {
        struct signalfd_siginfo info;
        if (epoll_wait(ep, &ev, 1, -1) == -1 && errno != EINTR)
            return fail("epoll_wait");
        if (read(fd, &info, sizeof info) == -1 && errno != EAGAIN &&
            errno != EINTR)
            return fail("read");
        for (;;) {
            siginfo_t si = {0};
            if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG) == -1) {
                if (errno == ECHILD)
                    break;
                return fail("waitid");
            }
            if (si.si_pid == 0)
                break;
            live--;
            *sum +=
                si.si_code == CLD_EXITED ? si.si_status : 128 + si.si_status;
        }
    }
    close(fd);
    close(ep);
    return result;
}

/* each process waits in a blocking read of its own signalfd */
static int my_turn(int fd)
{
    struct signalfd_siginfo info;
    ssize_t k;
    while ((k = read(fd, &info, sizeof info)) == -1 && errno == EINTR)
        ;
    return k == (ssize_t)sizeof info ? (int)info.ssi_signo : -1;
}

int pingpong(int n)
{
    sigset_t set;
    int result = 0, status;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
        return fail("sigprocmask");
    signal(SIGCHLD, SIG_DFL);
    pid_t me = getpid(), pid = fork();
    if (pid == -1)
        return fail("fork");
    int fd = signalfd(-1, &set, SFD_CLOEXEC);
    if (fd == -1) {
        fail("signalfd");
        if (pid == 0)
            _exit(1);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return -1;
    }
    if (pid == 0) {
        for (int i = 1; i <= n; i++) {
            if (my_turn(fd) != SIGUSR1 ||
                dprintf(STDOUT_FILENO, "pong %d\n", i) < 0 ||
                kill(me, SIGUSR1) == -1) {
                fail("pong");
                _exit(1);
            }
        }
        _exit(0);
    }
    for (int i = 1; i <= n; i++) {
        if (dprintf(STDOUT_FILENO, "ping %d\n", i) < 0 ||
            kill(pid, SIGUSR1) == -1) {
            result = fail("ping");
            kill(pid, SIGKILL);
            break;
        }
        if (my_turn(fd) != SIGUSR1) {
            result = -1;
            break;
        }
    }
    close(fd);
    if (waitpid(pid, &status, 0) == -1)
        return fail("waitpid");
    return status ? -1 : result;
}

static int arm(int tfd, double s)
{
    struct itimerspec t = {0};
    t.it_value.tv_sec = (time_t)s;
    t.it_value.tv_nsec = (long)((s - (double)t.it_value.tv_sec) * 1e9);
    if (t.it_value.tv_sec == 0 && t.it_value.tv_nsec == 0)
        t.it_value.tv_nsec = 1;
    return timerfd_settime(tfd, 0, &t, NULL);
}

/* 1 if the process has ended, 0 if the time is over */
static int wait_either(int pfd, int tfd)
{
    struct pollfd p[2] = {{.fd = pfd, .events = POLLIN},
                          {.fd = tfd, .events = POLLIN}};
    while (poll(p, 2, -1) == -1)
        if (errno != EINTR)
            return fail("poll");
    return (p[0].revents & POLLIN) != 0;
}

int run_timeout(double secs, double grace, char **argv)
{
    sigset_t all;
    int report[2], why = 0, status;

    sigfillset(&all);
    if (sigprocmask(SIG_SETMASK, &all, NULL) == -1)
        return fail("sigprocmask");
    signal(SIGCHLD, SIG_DFL);
    if (pipe2(report, O_CLOEXEC) == -1)
        return fail("pipe2");
    int tfd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (tfd == -1)
        return fail("timerfd_create");
    if (arm(tfd, secs) == -1)
        return fail("timerfd_settime");
    pid_t pid = fork();
    if (pid == -1)
        return fail("fork");
    if (pid == 0) {
        setpgid(0, 0);
        struct sigaction sa = {.sa_handler = SIG_DFL};
        for (int s = 1; s < NSIG; s++)
            sigaction(s, &sa, NULL);
        sigemptyset(&all);
        sigprocmask(SIG_SETMASK, &all, NULL);
        execvp(argv[0], argv);
        why = errno;
        if (write(report[1], &why, sizeof why) == -1)
            _exit(125);
        _exit(126);
    }
    setpgid(pid, pid);
    close(report[1]);
    int pfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pfd == -1) {
        fail("pidfd_open");
        kill(-pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return -1;
    }
    int in_time = wait_either(pfd, tfd);
    if (in_time == 0) {
        killpg(pid, SIGTERM);
        arm(tfd, grace);
        wait_either(pfd, tfd);
        killpg(pid, SIGKILL);
    }
    int why_known = in_time == 1 &&
                    read(report[0], &why, sizeof why) == (ssize_t)sizeof why;
    close(report[0]);
    close(tfd);
    close(pfd);
    if (waitpid(pid, &status, 0) == -1)
        return fail("waitpid");
    if (in_time == -1)
        return -1;
    if (in_time == 0)
        return TIMED_OUT;
    if (why_known) {
        errno = why;
        fail(argv[0]);
        return why == ENOENT ? 127 : 126;
    }
    return status_to_exit(status);
}
