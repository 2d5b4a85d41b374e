// SPDX-License-Identifier: MIT
/* shim_waits.c - calls that wait, and fork(2); see shim.c. */
#include "shim.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

int poll(struct pollfd *list, nfds_t count, int timeout)
{
    NEXT(poll);
    delay("poll");
    return next(list, count, timeout);
}

int ppoll(struct pollfd *list, nfds_t count, const struct timespec *timeout,
          const sigset_t *mask)
{
    NEXT(ppoll);
    delay("poll");
    return next(list, count, timeout, mask);
}

int select(int count, fd_set *in, fd_set *out, fd_set *other,
           struct timeval *timeout)
{
    NEXT(select);
    delay("select");
    return next(count, in, out, other, timeout);
}

int pselect(int count, fd_set *in, fd_set *out, fd_set *other,
            const struct timespec *timeout, const sigset_t *mask)
{
    NEXT(pselect);
    delay("select");
    return next(count, in, out, other, timeout, mask);
}

int epoll_wait(int fd, struct epoll_event *events, int count, int timeout)
{
    NEXT(epoll_wait);
    delay("epoll");
    return next(fd, events, count, timeout);
}

int epoll_pwait(int fd, struct epoll_event *events, int count, int timeout,
                const sigset_t *mask)
{
    NEXT(epoll_pwait);
    delay("epoll");
    return next(fd, events, count, timeout, mask);
}

int pause(void)
{
    NEXT(pause);
    delay("pause");
    return next();
}

int sigsuspend(const sigset_t *mask)
{
    NEXT(sigsuspend);
    delay("sigsuspend");
    return next(mask);
}

int sigwait(const sigset_t *set, int *signal)
{
    NEXT(sigwait);
    delay("sigwait");
    return next(set, signal);
}

int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
    NEXT(sigwaitinfo);
    delay("sigwait");
    return next(set, info);
}

int sigtimedwait(const sigset_t *set, siginfo_t *info,
                 const struct timespec *timeout)
{
    NEXT(sigtimedwait);
    delay("sigwait");
    return next(set, info, timeout);
}

pid_t fork(void)
{
    static pid_t parent;
    static unsigned children; /* of that process */
    char name[] = "child_?";
    NEXT(fork);

    if (parent != getpid()) {
        parent = getpid();
        children = 0;
    }
    children++;
    pid_t pid = next();
    delay(pid == 0 ? "fork_child" : "fork_done");
    if (pid == 0 && children < 10) {
        name[sizeof(name) - 2] = (char)('0' + children);
        delay(name);
    }
    return pid;
}

pid_t wait(int *status)
{
    NEXT(wait);
    delay("wait");
    return next(status);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
    NEXT(waitpid);
    delay("wait");
    return next(pid, status, options);
}

pid_t wait3(int *status, int options, struct rusage *usage)
{
    NEXT(wait3);
    delay("wait");
    return next(status, options, usage);
}

pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
    NEXT(wait4);
    delay("wait");
    return next(pid, status, options, usage);
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
    NEXT(waitid);
    delay("wait");
    return next(type, id, info, options);
}

int sched_yield(void)
{
    NEXT(sched_yield);
    delay("sched_yield");
    return next();
}
