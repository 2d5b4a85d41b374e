// SPDX-License-Identifier: MIT
/*
 * shim.c - an LD_PRELOAD library that makes rare events common.
 *
 *     IPCLAB_SHORT_IO=7       a read moves at most 7 bytes, a write 4: what a
 *                             short read brought must not fit into one write;
 *                             so do streams that receive and send; messages
 *                             (SOCK_SEQPACKET, SOCK_DGRAM) stay whole
 *     IPCLAB_EINTR_EVERY=5    every 5th read, write, wait for a lock on a file
 *                             ... fails with EINTR
 *     IPCLAB_DELAY=poll=200,sched_yield@2=50   sleep so many ms before these
 *                             calls, or before the second of them only;
 *                             "write=@go": until the file `go` exists. SIGCONT,
 *                             or a signal with a handler, ends a sleep
 *     IPCLAB_FOREIGN=m0,q3    segment 0 and queue 3 are somebody else's: who
 *                             would remove or change them gets EPERM: msgctl(2)
 *
 * What is delayed has the name of a call of the C library, but:
 *
 *     line_done               after a write that ends with a newline
 *     recv, send, accept      these calls and their relatives; sending to a
 *                             message queue, too
 *     wait, sigwait           wait(2) and sigwaitinfo(2), in all their forms
 *     fork_child, fork_done   after fork(2), in the child, in the parent
 *     child_3                 likewise, in the third child of a process (to 9)
 *     semop_done              after semop(2)
 *     semctl_rmid, shmctl_rmid, msgctl_rmid    before an IPC_RMID
 *     setlk, setlk_done       the asking for a lock on a file by flock, lockf
 *                             or fcntl, whether it waits or not; not giving it
 *                             back
 *     getlk                   a look for one by F_GETLK or F_TEST
 *
 * All of it is what the kernel may do to any program at any time (pipe(7),
 * signal(7)).  Without these variables the calls pass through.  stdio calls
 * read and write inside the C library and is not touched, but for delays:
 * what flushes a buffer counts as write, fopen as open.
 */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct shim_setting setting;

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
void read_setting(void)
{
    if (setting.seen == environ)
        return;
    const char *value = variable("IPCLAB_SHORT_IO");
    setting.short_io = value ? strtoul(value, NULL, 10) : 0;
    value = variable("IPCLAB_EINTR_EVERY");
    setting.eintr_every = value ? (unsigned)strtoul(value, NULL, 10) : 0;
    setting.delay = variable("IPCLAB_DELAY");
    setting.foreign = variable("IPCLAB_FOREIGN");
    setting.seen = environ;
}

int is_interrupted(void)
{
    read_setting();
    if (setting.eintr_every == 0 || ++calls % setting.eintr_every != 0)
        return 0;
    errno = EINTR;
    return 1;
}

/* A message is sent or received whole or not at all: unix(7). */
int has_messages(int fd)
{
    int type = SOCK_STREAM;
    socklen_t size = sizeof(type);
    int saved = errno;

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
        errno = saved; /* no socket */
    return type != SOCK_STREAM;
}

size_t shorten(int fd, size_t size, size_t limit)
{
    return setting.short_io > 0 && size > limit && !has_messages(fd) ? limit
                                                                     : size;
}

const struct iovec *only_part(int fd, const struct iovec *parts, size_t count)
{
    if (setting.short_io == 0 || has_messages(fd))
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (parts[i].iov_len > 0)
            return &parts[i];
    return NULL;
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
    (void)syscall(SYS_rt_sigtimedwait, &woken, NULL, &time, NSIG / 8);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/*
 * NAME ends at a comma or at the end of the string.  A signal does not open the
 * gate: its handler has run, and the call that it broke off is still to come.
 * states.c knows who waits here by the call, ppoll(2) of no descriptor, which
 * the C library's own functions never make.
 */
static void wait_for_file(const char *name)
{
    char path[32] = "";
    long ms = 5;

    (void)strncat(path, name, strcspn(name, ",") % sizeof(path));
    /* Less and less often: on a busy machine each look takes long, and whoever
     * is not asleep is not seen to be held. */
    while (access(path, F_OK) != 0) {
        ms = ms < 160 ? 2 * ms : ms;
        struct timespec pause = {0, ms * 1000000};
        (void)syscall(SYS_ppoll, NULL, 0, &pause, NULL, 0);
    }
}

/* Whether this is the run's first process: the sandbox's init has started it.
 * (A command may have become the leader of a session, too.) */
static bool is_first(void)
{
    char path[32], name[5] = "";

    (void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)getppid());
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is_init = syscall(SYS_read, fd, name, sizeof(name)) == sizeof(name) &&
                   memcmp(name, "init\n", sizeof(name)) == 0;
    (void)syscall(SYS_close, fd);
    return is_init;
}

/* The processes and calls that an entry of the list is for: "@2", "%4" or "^",
 * or several in this order, from *REST to the "=", where *REST is then. */
static bool is_meant(const char **rest, unsigned count)
{
    bool meant = true;
    char *end;

    if (**rest == '@') {
        meant = strtoul(*rest + 1, &end, 10) == count;
        *rest = end;
    }
    if (**rest == '%') {
        unsigned long divisor = strtoul(*rest + 1, &end, 10);
        meant = meant && (unsigned long)getpid() % divisor == 0 &&
                getsid(0) != getpid();
        *rest = end;
    }
    if (**rest == '^') {
        meant = meant && is_first();
        ++*rest;
    }
    return meant;
}

void delay(const char *name)
{
    static unsigned counts[8]; /* for each entry of the list: how often... */
    static pid_t counted;      /* ...in this process: a child counts anew */
    size_t size = strlen(name);
    int saved = errno;

    read_setting();
    const char *next = setting.delay;
    if (next && counted != getpid()) {
        memset(counts, 0, sizeof(counts));
        counted = getpid();
    }
    for (int i = 0; next && *next && i < 8; i++) {
        const char *rest = next + size;
        if (strncmp(next, name, size) == 0 && strchr("=@%^", *rest) &&
            is_meant(&rest, ++counts[i])) {
            if (rest[1] == '@')
                wait_for_file(rest + 2);
            else
                sleep_ms(strtol(rest + 1, NULL, 10));
        }
        next = strchr(next, ',');
        next = next ? next + 1 : NULL;
    }
    errno = saved;
}
