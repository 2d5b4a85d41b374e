// SPDX-License-Identifier: MIT
/*
 * shim.c - an LD_PRELOAD library that makes rare events common.
 *
 *     IPCLAB_SHORT_IO=7       a read moves at most 7 bytes, a write 4: what a
 *                             short read brought must not fit into one write
 *     IPCLAB_EINTR_EVERY=5    every 5th read or write fails with EINTR
 *     IPCLAB_DELAY=poll=200,sched_yield@2=50   sleep so many ms before these
 *                             calls, or before the second of them only; with
 *                             "semop_done" after them.  SIGCONT ends a sleep.
 *
 * All of it is what the kernel may do to any program at any time (pipe(7),
 * signal(7)).  Without these variables the calls pass through.  stdio calls
 * read and write inside the C library and is not touched.
 */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static struct {
    char **seen; /* the environment that the rest was read from */
    size_t short_io;
    unsigned eintr_every;
    const char *delay;
} setting;

static unsigned calls;

static const char *variable(const char *name)
{
    size_t size = strlen(name);

    for (char **next = environ; next && *next; next++)
        if (strncmp(*next, name, size) == 0 && (*next)[size] == '=')
            return *next + size + 1;
    return NULL;
}

/* A server of runs swaps the environment in for each of them: look again when
 * it is another one. */
static void read_setting(void)
{
    if (setting.seen == environ)
        return;
    const char *value = variable("IPCLAB_SHORT_IO");
    setting.short_io = value ? strtoul(value, NULL, 10) : 0;
    value = variable("IPCLAB_EINTR_EVERY");
    setting.eintr_every = value ? (unsigned)strtoul(value, NULL, 10) : 0;
    setting.delay = variable("IPCLAB_DELAY");
    setting.seen = environ;
}

static int is_interrupted(void)
{
    read_setting();
    if (setting.eintr_every == 0 || ++calls % setting.eintr_every != 0)
        return 0;
    errno = EINTR;
    return 1;
}

static size_t shorten(size_t size, size_t limit)
{
    return setting.short_io > 0 && size > limit ? limit : size;
}

/* The tester ends it with SIGCONT, which means nothing to a program that runs:
 * while it is blocked it is kept (signal(7)), and taken here. */
static void sleep_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    sigset_t woken, before;

    (void)sigemptyset(&woken);
    (void)sigaddset(&woken, SIGCONT);
    (void)pthread_sigmask(SIG_BLOCK, &woken, &before);
    (void)sigtimedwait(&woken, NULL, &time);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void delay(const char *name)
{
    static unsigned counts[8]; /* for each entry of the list: how often */
    size_t size = strlen(name);
    int saved = errno;

    read_setting();
    const char *next = setting.delay;
    for (int i = 0; next && *next && i < 8; i++) {
        const char *rest = next + size;
        if (strncmp(next, name, size) == 0 && (*rest == '=' || *rest == '@')) {
            unsigned count = ++counts[i];
            char *end = (char *)(uintptr_t)rest;
            if (*rest == '=' || strtoul(rest + 1, &end, 10) == count)
                sleep_ms(strtol(end + 1, NULL, 10));
        }
        next = strchr(next, ',');
        next = next ? next + 1 : NULL;
    }
    errno = saved;
}

/* The next definition of NAME, found once. */
#define NEXT(name)                                                             \
    static __typeof__(&name) next;                                             \
    if (next == NULL)                                                          \
    next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t read(int fd, void *buffer, size_t size)
{
    NEXT(read);
    return is_interrupted() ? -1
                            : next(fd, buffer, shorten(size, setting.short_io));
}

ssize_t write(int fd, const void *buffer, size_t size)
{
    NEXT(write);
    return is_interrupted()
               ? -1
               : next(fd, buffer, shorten(size, (setting.short_io + 1) / 2));
}

ssize_t readv(int fd, const struct iovec *parts, int count)
{
    NEXT(readv);
    if (is_interrupted())
        return -1;
    if (setting.short_io > 0 && count > 0)
        return read(fd, parts[0].iov_base, parts[0].iov_len);
    return next(fd, parts, count);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    NEXT(writev);
    if (is_interrupted())
        return -1;
    if (setting.short_io > 0 && count > 0)
        return write(fd, parts[0].iov_base, parts[0].iov_len);
    return next(fd, parts, count);
}

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

int sched_yield(void)
{
    NEXT(sched_yield);
    delay("sched_yield");
    return next();
}

int semop(int id, struct sembuf *operations, size_t count)
{
    NEXT(semop);
    delay("semop");
    int result = next(id, operations, count);
    delay("semop_done");
    return result;
}

int semtimedop(int id, struct sembuf *operations, size_t count,
               const struct timespec *timeout)
{
    NEXT(semtimedop);
    delay("semop");
    int result = next(id, operations, count, timeout);
    delay("semop_done");
    return result;
}
