// SPDX-License-Identifier: MIT
/*
 * The time limit is a timer of timer_create(2), which sends SIGALRM, and that
 * is waited for together with SIGCHLD. tally reads many signals at a time from
 * a signalfd(2); reap and pingpong wait in sigwaitinfo(2).
 */
#include "signals.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- tally: 64 at a time from a signalfd, then the rest without waiting */
int tally(int out)
{
    int usr[2] = {0, 0}, n = 0, term = 0;
    static int value[VALUES_MAX];
    struct signalfd_siginfo got[64];
    sigset_t s;

    sigemptyset(&s);
    sigaddset(&s, SIGUSR1);
    sigaddset(&s, SIGUSR2);
    sigaddset(&s, SIGTERM);
    sigaddset(&s, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &s, NULL);
    int fd = signalfd(-1, &s, SFD_NONBLOCK | SFD_CLOEXEC);
    int ep = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN};
    if (fd == -1 || ep == -1 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) == -1)
        return fail("signalfd");
    if (dprintf(out, "ready %d\n", (int)getpid()) < 0)
        return fail("write");
    while (!term) {
        if (epoll_wait(ep, &e, 1, -1) == -1 && errno != EINTR)
            return fail("epoll_wait");
        ssize_t r;
        while ((r = read(fd, got, sizeof got)) > 0)
            for (ssize_t i = 0; i < r / (ssize_t)sizeof *got; i++) {
                uint32_t sig = got[i].ssi_signo;
                if (sig == (uint32_t)SIGTERM)
                    term = 1;
                else if (sig == (uint32_t)SIGRTMIN) {
                    if (n < VALUES_MAX)
                        value[n++] = got[i].ssi_int;
                } else
                    usr[sig == SIGUSR2]++;
            }
    }
    close(fd);
    close(ep);
    char *line = malloc(40 + 12 * (size_t)n), *at = line;
    if (!line)
        return fail("malloc");
    at += sprintf(at, "USR1=%d USR2=%d RT=", usr[0], usr[1]);
    for (int i = 0; i < n; i++)
        at += sprintf(at, "%s%d", i ? "," : "", value[i]);
    *at++ = '\n';
    for (char *p = line; p < at;) {
        ssize_t w = TEMP_FAILURE_RETRY(write(out, p, (size_t)(at - p)));
        if (w == -1) {
            free(line);
            return fail("write");
        }
        p += w;
    }
    free(line);
    return 0;
}

/* ---- reap: sigwaitinfo, and waitid for one kind of all */
int reap(int n, int *sum)
{
    sigset_t s;
    int i, result = 0, left, total = 0;

    struct sigaction dfl = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &dfl, NULL);
    sigemptyset(&s);
    sigaddset(&s, SIGCHLD);
    sigprocmask(SIG_BLOCK, &s, NULL);
    for (i = 0; i < n; i++) {
        pid_t p = fork();
        if (p == 0)
            child(i);
        if (p < 0) {
            result = fail("fork");
            break;
        }
    }
    for (left = i; left > 0;) {
        while (sigwaitinfo(&s, NULL) == -1)
            if (errno != EINTR)
                return fail("sigwaitinfo");
        for (;;) {
            siginfo_t info;
            memset(&info, 0, sizeof info);
            if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == -1 ||
                info.si_pid == 0)
                break;
            total += info.si_status;
            left--;
        }
    }
    *sum = total;
    return result;
}

/* ---- pingpong: SIGUSR1 there, SIGUSR2 back, taken with sigwaitinfo */
static int say(const char *w, int i)
{
    return dprintf(STDOUT_FILENO, "%s %d\n", w, i) < 0 ? fail("write") : 0;
}

int pingpong(int n)
{
    sigset_t s, ping, pong;
    siginfo_t info;
    int st, result = 0;

    sigemptyset(&ping);
    sigaddset(&ping, SIGUSR1);
    sigemptyset(&pong);
    sigaddset(&pong, SIGUSR2);
    sigemptyset(&s);
    sigaddset(&s, SIGUSR1);
    sigaddset(&s, SIGUSR2);
    sigprocmask(SIG_BLOCK, &s, NULL);
    pid_t p = fork();
    if (p == -1)
        return fail("fork");
    if (p == 0) {
        for (int i = 1; i <= n; i++) {
            while (sigwaitinfo(&ping, &info) == -1)
                ;
            if (say("pong", i) || kill(info.si_pid, SIGUSR2))
                _exit(1);
        }
        _exit(0);
    }
    for (int i = 1; i <= n; i++) {
        if (say("ping", i)) {
            result = -1;
            break;
        }
        if (kill(p, SIGUSR1)) {
            result = fail("kill");
            break;
        }
        while (sigwaitinfo(&pong, &info) == -1)
            ;
    }
    if (result)
        kill(p, SIGTERM);
    while (waitpid(p, &st, 0) == -1)
        ;
    return result;
}

/* ---- timeout: a timer that sends a signal, and both are waited for at once */
int run_timeout(double secs, double grace, char **argv)
{
    sigset_t both;
    timer_t timer;
    struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    struct itimerspec t = {{0, 0}, {0, 0}};
    int st, phase = 0;
    double limit = secs;

    signal(SIGCHLD, SIG_DFL);
    signal(SIGALRM, SIG_DFL);
    sigemptyset(&both);
    sigaddset(&both, SIGCHLD);
    sigaddset(&both, SIGALRM);
    sigprocmask(SIG_BLOCK, &both, NULL);
    if (timer_create(CLOCK_MONOTONIC, &ev, &timer) == -1)
        return fail("timer_create");
    pid_t p = fork();
    if (p == -1) {
        int keep = errno;
        timer_delete(timer);
        errno = keep;
        return fail("fork");
    }
    if (p == 0) {
        sigset_t none;
        setpgid(0, 0);
        for (int i = 1; i < 65; i++)
            signal(i, SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execvp(argv[0], argv);
        fail(argv[0]);
        _exit(errno == ENOENT ? 127 : 126);
    }
    setpgid(p, p);
    for (;;) {
        t.it_value.tv_sec = (time_t)limit;
        t.it_value.tv_nsec = (long)((limit - (double)(time_t)limit) * 1e9);
        if (t.it_value.tv_sec == 0 && t.it_value.tv_nsec == 0)
            t.it_value.tv_nsec = 1;
        timer_settime(timer, 0, &t, NULL);
        int over = 0, done = 0;
        while (!over && !done) {
            siginfo_t i = {.si_pid = 0};
            int sig = sigwaitinfo(&both, NULL);
            over = sig == SIGALRM;
            if (waitid(P_PID, (id_t)p, &i, WEXITED | WNOHANG | WNOWAIT) == 0)
                done = i.si_pid == p;
        }
        if (done && phase == 0)
            break;
        if (done || phase == 1) {
            kill(-p, SIGKILL);
            phase = 1;
            break;
        }
        phase = 1;
        kill(-p, SIGTERM);
        limit = grace;
    }
    timer_delete(timer);
    while (waitpid(p, &st, 0) == -1)
        if (errno != EINTR)
            return fail("waitpid");
    return phase ? TIMED_OUT : status_to_exit(st);
}
