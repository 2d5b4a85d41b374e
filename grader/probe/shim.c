// SPDX-License-Identifier: MIT
/*
 * shim.c - an LD_PRELOAD library that makes rare events common.
 *
 *     IPCLAB_SHORT_IO=7       a read moves at most 7 bytes, a write 4: what a
 *                             short read brought must not fit into one write;
 *                             so do streams that receive and send; messages
 *                             (SOCK_SEQPACKET, SOCK_DGRAM) stay whole
 *     IPCLAB_EINTR_EVERY=5    every 5th read, write, ... fails with EINTR
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
 *     semop_done              after semop(2)
 *     semctl_rmid, shmctl_rmid, msgctl_rmid    before an IPC_RMID
 *     setlk, setlk_done       the asking for a lock on a file by flock, lockf
 * or fcntl, whether it waits or not; not giving it back getlk a look for one by
 * F_GETLK or F_TEST
 *
 * All of it is what the kernel may do to any program at any time (pipe(7),
 * signal(7)).  Without these variables the calls pass through.  stdio calls
 * read and write inside the C library and is not touched, but for delays:
 * what flushes a buffer counts as write, fopen as open.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct {
    char **seen; /* the environment that the rest was read from */
    size_t short_io;
    unsigned eintr_every;
    const char *delay, *foreign;
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
    setting.foreign = variable("IPCLAB_FOREIGN");
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

/* A message is sent or received whole or not at all: unix(7). */
static int has_messages(int fd)
{
    int type = SOCK_STREAM;
    socklen_t size = sizeof(type);
    int saved = errno;

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0)
        errno = saved; /* no socket */
    return type != SOCK_STREAM;
}

static size_t shorten(int fd, size_t size, size_t limit)
{
    return setting.short_io > 0 && size > limit && !has_messages(fd) ? limit
                                                                     : size;
}

/* The limits of what comes in, and of what goes out. */
#define SHORTEN_IN(fd, size)  shorten(fd, size, setting.short_io)
#define SHORTEN_OUT(fd, size) shorten(fd, size, (setting.short_io + 1) / 2)

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

static void delay(const char *name)
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

/* The next definition of NAME, found once. */
#define NEXT(name)                                                             \
    static __typeof__(&name) next;                                             \
    if (next == NULL)                                                          \
    next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t read(int fd, void *buffer, size_t size)
{
    NEXT(read);
    return is_interrupted() ? -1 : next(fd, buffer, SHORTEN_IN(fd, size));
}

ssize_t write(int fd, const void *buffer, size_t size)
{
    NEXT(write);
    delay("write");
    if (is_interrupted())
        return -1;
    ssize_t result = next(fd, buffer, SHORTEN_OUT(fd, size));
    if (size > 0 && ((const char *)buffer)[size - 1] == '\n')
        delay("line_done");
    return result;
}

ssize_t readv(int fd, const struct iovec *parts, int count)
{
    NEXT(readv);
    if (is_interrupted())
        return -1;
    if (setting.short_io > 0 && count > 0 && !has_messages(fd))
        return read(fd, parts[0].iov_base, parts[0].iov_len);
    return next(fd, parts, count);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    NEXT(writev);
    delay("write");
    if (is_interrupted())
        return -1;
    if (setting.short_io > 0 && count > 0 && !has_messages(fd))
        return write(fd, parts[0].iov_base, parts[0].iov_len);
    return next(fd, parts, count);
}

/* Programs for files of any size call it pread64: lfs of
 * feature_test_macros(7).
 */
ssize_t pread(int fd, void *buffer, size_t size, off_t at)
{
    NEXT(pread);
    return is_interrupted() ? -1 : next(fd, buffer, SHORTEN_IN(fd, size), at);
}

ssize_t pread64(int fd, void *buffer, size_t size, off_t at)
{
    return pread(fd, buffer, size, at);
}

ssize_t pwrite(int fd, const void *buffer, size_t size, off_t at)
{
    NEXT(pwrite);
    delay("write");
    return is_interrupted() ? -1 : next(fd, buffer, SHORTEN_OUT(fd, size), at);
}

ssize_t pwrite64(int fd, const void *buffer, size_t size, off_t at)
{
    return pwrite(fd, buffer, size, at);
}

/* ---- Sockets -------------------------------------------------------------
 */

ssize_t recvfrom(int fd, void *buffer, size_t size, int flags,
                 struct sockaddr *from, socklen_t *from_size)
{
    NEXT(recvfrom);
    delay("recv");
    if (is_interrupted())
        return -1;
    /* Only a signal cuts this short: recv(2). */
    if (!(flags & MSG_WAITALL))
        size = SHORTEN_IN(fd, size);
    return next(fd, buffer, size, flags, from, from_size);
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
    return recvfrom(fd, buffer, size, flags, NULL, NULL);
}

ssize_t sendto(int fd, const void *buffer, size_t size, int flags,
               const struct sockaddr *to, socklen_t to_size)
{
    NEXT(sendto);
    delay("send");
    return is_interrupted()
               ? -1
               : next(fd, buffer, SHORTEN_OUT(fd, size), flags, to, to_size);
}

ssize_t send(int fd, const void *buffer, size_t size, int flags)
{
    return sendto(fd, buffer, size, flags, NULL, 0);
}

/* Of several parts in a stream only a part of the first is moved. */
static struct msghdr shorten_parts(int fd, const struct msghdr *message,
                                   size_t limit, struct iovec *part)
{
    struct msghdr shorter = *message;

    if (setting.short_io == 0 || message->msg_iovlen == 0 || has_messages(fd))
        return shorter;
    *part = message->msg_iov[0];
    part->iov_len = part->iov_len > limit ? limit : part->iov_len;
    shorter.msg_iov = part;
    shorter.msg_iovlen = 1;
    return shorter;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    NEXT(recvmsg);
    struct iovec part;

    delay("recv");
    if (is_interrupted())
        return -1;
    struct msghdr shorter = *message;
    if (!(flags & MSG_WAITALL))
        shorter = shorten_parts(fd, message, setting.short_io, &part);
    ssize_t result = next(fd, &shorter, flags);
    message->msg_namelen = shorter.msg_namelen;
    message->msg_controllen = shorter.msg_controllen;
    message->msg_flags = shorter.msg_flags;
    return result;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    NEXT(sendmsg);
    struct iovec part;

    delay("send");
    if (is_interrupted())
        return -1;
    struct msghdr shorter =
        shorten_parts(fd, message, (setting.short_io + 1) / 2, &part);
    return next(fd, &shorter, flags);
}

int accept(int fd, struct sockaddr *address, socklen_t *length)
{
    NEXT(accept);
    delay("accept");
    return next(fd, address, length);
}

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    NEXT(accept4);
    delay("accept");
    return next(fd, address, length, flags);
}

/* ---- Output of the C library ---------------------------------------------
 */

int vdprintf(int fd, const char *format, va_list list)
{
    NEXT(vdprintf);
    delay("write");
    size_t size = strlen(format);
    int result = next(fd, format, list);
    if (size > 0 && format[size - 1] == '\n')
        delay("line_done");
    return result;
}

int dprintf(int fd, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    int size = vdprintf(fd, format, list);
    va_end(list);
    return size;
}

int fflush(FILE *file)
{
    NEXT(fflush);
    delay("write");
    int result = next(file);
    delay("line_done");
    return result;
}

int fclose(FILE *file)
{
    NEXT(fclose);
    delay("write");
    return next(file);
}

/* The mode that follows FLAGS, where there is one. */
#define GET_MODE(flags, mode)                                                  \
    mode_t mode = 0;                                                           \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                     \
        va_list list;                                                          \
        va_start(list, flags);                                                 \
        mode = va_arg(list, mode_t);                                           \
        va_end(list);                                                          \
    }

int open(const char *path, int flags, ...)
{
    NEXT(open);
    GET_MODE(flags, mode);
    delay("open");
    return next(path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...)
{
    NEXT(openat);
    GET_MODE(flags, mode);
    delay("open");
    return next(directory, path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    NEXT(fopen);
    delay("open");
    return next(path, mode);
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
    NEXT(fork);
    pid_t pid = next();
    delay(pid == 0 ? "fork_child" : "fork_done");
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

/* Whether COMMAND of fcntl(2) takes a lock, which F_SETLK may also give back;
 * or looks for one. */
static bool takes_lock(int command, const struct flock *lock)
{
    return (command == F_SETLK || command == F_SETLKW ||
            command == F_OFD_SETLK || command == F_OFD_SETLKW) &&
           lock && lock->l_type != F_UNLCK;
}

static bool looks_for_lock(int command)
{
    return command == F_GETLK || command == F_OFD_GETLK;
}

/* The third argument, where there is one, is a pointer or an int. */
int fcntl(int fd, int command, ...)
{
    NEXT(fcntl);
    va_list list;

    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    bool takes = takes_lock(command, argument);
    if (takes)
        delay("setlk");
    if (looks_for_lock(command))
        delay("getlk");
    int result = next(fd, command, argument);
    if (takes)
        delay("setlk_done");
    return result;
}

int fcntl64(int fd, int command, ...)
{
    va_list list;

    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    return fcntl(fd, command, argument);
}

int lockf(int fd, int command, off_t size)
{
    NEXT(lockf);
    bool takes = command == F_LOCK || command == F_TLOCK;

    if (takes)
        delay("setlk");
    if (command == F_TEST)
        delay("getlk");
    int result = next(fd, command, size);
    if (takes)
        delay("setlk_done");
    return result;
}

int lockf64(int fd, int command, off_t size)
{
    return lockf(fd, command, size);
}

int flock(int fd, int how)
{
    NEXT(flock);
    bool takes = (how & ~LOCK_NB) != LOCK_UN;

    if (takes)
        delay("setlk");
    int result = next(fd, how);
    if (takes)
        delay("setlk_done");
    return result;
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

int semget(key_t key, int count, int flags)
{
    NEXT(semget);
    delay("semget");
    return next(key, count, flags);
}

/* Whether COMMAND is refused for object ID of TYPE, which is a foreign one. */
static bool is_refused(char type, int id, int command)
{
    const char *next;

    read_setting();
    next = command == IPC_RMID || command == IPC_SET ? setting.foreign : NULL;
    while (next && *next) {
        char *end;
        if (*next == type && strtol(next + 1, &end, 10) == id &&
            strchr(",", *end)) {
            errno = EPERM;
            return true;
        }
        next = strchr(next, ',');
        next = next ? next + 1 : NULL;
    }
    return false;
}

/*
 * Valgrind (3.19) does not know that *_STAT_ANY fills the caller's structure,
 * and calls it uninitialised: fill one that has a value, and copy that.
 */
#define STAT_ANY(call, about)                                                  \
    do {                                                                       \
        static __typeof__(*(about)) known;                                     \
        int index = call;                                                      \
        if (index != -1)                                                       \
            *(about) = known;                                                  \
        return index;                                                          \
    } while (0)

/* The fourth argument, where there is one, is a union of pointers and an int.
 */
int semctl(int id, int num, int command, ...)
{
    NEXT(semctl);
    va_list list;

    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    delay("semctl");
    if (command == IPC_RMID)
        delay("semctl_rmid");
    if (command == SEM_STAT_ANY)
        STAT_ANY(next(id, num, command, &known), (struct semid_ds *)argument);
    return is_refused('s', id, command) ? -1 : next(id, num, command, argument);
}

int shmctl(int id, int command, struct shmid_ds *about)
{
    NEXT(shmctl);
    delay("shmctl");
    if (command == IPC_RMID)
        delay("shmctl_rmid");
    if (command == SHM_STAT_ANY)
        STAT_ANY(next(id, command, &known), about);
    return is_refused('m', id, command) ? -1 : next(id, command, about);
}

int msgctl(int id, int command, struct msqid_ds *about)
{
    NEXT(msgctl);
    delay("msgctl");
    if (command == IPC_RMID)
        delay("msgctl_rmid");
    if (command == MSG_STAT_ANY)
        STAT_ANY(next(id, command, &known), about);
    return is_refused('q', id, command) ? -1 : next(id, command, about);
}

ssize_t msgrcv(int id, void *message, size_t size, long type, int flags)
{
    NEXT(msgrcv);
    delay("msgrcv");
    return next(id, message, size, type, flags);
}

int mq_notify(mqd_t queue, const struct sigevent *event)
{
    NEXT(mq_notify);
    delay("mq_notify");
    return next(queue, event);
}

int mq_send(mqd_t queue, const char *data, size_t size, unsigned prio)
{
    NEXT(mq_send);
    delay("send");
    return next(queue, data, size, prio);
}

int mq_timedsend(mqd_t queue, const char *data, size_t size, unsigned prio,
                 const struct timespec *deadline)
{
    NEXT(mq_timedsend);
    delay("send");
    return next(queue, data, size, prio, deadline);
}

int msgsnd(int id, const void *message, size_t size, int flags)
{
    NEXT(msgsnd);
    delay("send");
    return next(id, message, size, flags);
}
