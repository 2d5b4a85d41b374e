// SPDX-License-Identifier: MIT
/*
 * Calls of its own instead of the instruments, and the other words where the
 * key has two.
 */
#include "taxonomy.h"
#include <sys/uio.h>
#include <sys/socket.h>
#include <sys/msg.h>
#include <fcntl.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const struct mech table[MECHS] = {
    /* DIRECTION, SYNC, RELATION, HOST, BOUNDARIES, PERSISTENCE,
     * ORDER, CARRIES, NOTIFY, POLLABLE, BOUNDED */
    [PIPE] = {{UNI, ASYNCHRONOUS, RELATED, SAME, STREAM, PROCESS, /* pipe(7) */
               IN_ORDER, BYTES, YES, YES, YES}},
    [POPEN] = {{UNI, ASYNCHRONOUS, RELATED, SAME, STREAM, PROCESS, IN_ORDER,
                BYTES, YES, YES, YES}},
    /* The name is on disk, the bytes are in the kernel: fifo(7). */
    [FIFO] = {{UNI, ASYNCHRONOUS, ANY, SAME, STREAM, FILESYSTEM, IN_ORDER,
               BYTES, YES, YES, YES}},
    /* Permission to go on, no data. Whoever may use it adds and subtracts. */
    [SYSV_SEM] = {{UNI, SYNCHRONOUS, ANY, SAME, NONE, KERNEL, NONE, NOTHING, NO,
                   NO, NO}},
    /* A place, no channel: nothing arrives, and nobody is made to wait. */
    [SYSV_SHM] = {{BI, NONE, ANY, SAME, STREAM, KERNEL, NONE, BYTES, NO, NO,
                   NO}},
    [SYSV_MSGQ] = {{BI, ASYNCHRONOUS, ANY, SAME, MESSAGE, KERNEL, /* msgop(2) */
                    BY_TYPE, BYTES, NO, NO, YES}},
    /* poll(2) works on Linux only: mq_overview(7). */
    [POSIX_MQ] = {{BI, ASYNCHRONOUS, ANY, SAME, MESSAGE, KERNEL, BY_PRIORITY,
                   BYTES, YES, NO, YES}},
    /* Standard signals do not queue; by signalfd(2) they can be polled. */
    [SIGNAL] = {{UNI, ASYNCHRONOUS, ANY, SAME, NONE, PROCESS, NONE, NOTHING,
                 YES, NO, NO}},
    /* The lowest number first, then the oldest: signal(7). */
    [RT_SIGNAL] = {{BI, ASYNCHRONOUS, ANY, SAME, NONE, PROCESS, IN_ORDER, VALUE,
                    YES, NO, YES}},
    [SOCKETPAIR] = {{BI, ASYNCHRONOUS, RELATED, SAME, STREAM, PROCESS, IN_ORDER,
                     BYTES_AND_FDS, YES, YES, YES}}, /* unix(7) */
    [UNIX_SOCKET] = {{BI, ASYNCHRONOUS, ANY, SAME, STREAM, PROCESS, IN_ORDER,
                      BYTES_AND_FDS, YES, YES, YES}},
    [TCP] = {{BI, ASYNCHRONOUS, ANY, NETWORK, STREAM, PROCESS, IN_ORDER, BYTES,
              YES, YES, YES}},
    /* What finds no room is dropped, not waited for: udp(7). */
    [UDP] = {{BI, ASYNCHRONOUS, ANY, NETWORK, MESSAGE, PROCESS, NONE, BYTES,
              YES, YES, YES}},
    [FILE_LOCK] = {{BI, SYNCHRONOUS, ANY, SAME, NONE, PROCESS, NONE, NOTHING,
                    NO, NO, NO}},
};

/* Our own channel, where it takes few calls; 0 if it is made, 1 if not. */
static int own_channel(enum mech_id m, int fd[2])
{
    if (m == PIPE || m == POPEN)
        return pipe2(fd, O_CLOEXEC);
    if (m == SOCKETPAIR)
        return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd);
    if (m != FIFO)
        return 1;
    /* On Linux this opens it at once: fifo(7). */
    if (mkfifo("own.fifo", 0600) == -1)
        return -1;
    fd[SENDER] = open("own.fifo", O_RDWR | O_CLOEXEC);
    fd[RECEIVER] = open("own.fifo", O_RDONLY | O_CLOEXEC);
    return unlink("own.fifo");
}

/* System V and none of the instruments: a queue, two messages, one msgrcv. */
static int probe_queue(void)
{
    struct {
        long type;
        char text[6];
    } out = {1, "abcde"}, in;
    int q = msgget(IPC_PRIVATE, 0600);
    ssize_t n = -1;

    if (q == -1)
        return -1;
    if (msgsnd(q, &out, 3, 0) == 0 && msgsnd(q, &out, 3, 0) == 0)
        n = msgrcv(q, &in, sizeof in.text, 0, 0);
    (void)msgctl(q, IPC_RMID, NULL);
    return n == 3 ? MESSAGE : n == 6 ? STREAM : -1;
}

int probe_boundaries(enum mech_id m)
{
    struct channel c = {.mech = m, .rank = 1};
    struct iovec part = {"def", 3};
    struct mmsghdr both[2] = {{.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}},
                              {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}}};
    char buf[6];
    ssize_t n = -1;

    if (m == SYSV_MSGQ)
        return probe_queue();
    int own = own_channel(m, c.fd);
    if (own == -1)
        return -1;
    if (own == 1 && channel_open(&c, m) == -1)
        return errno == ENOTSUP ? NONE : -1;
    if (own == 1 && channel_send(&c, SENDER, "abc", 3) == 3 &&
        channel_send(&c, SENDER, "def", 3) == 3)
        n = channel_receive(&c, RECEIVER, buf, sizeof buf);
    else if (m == SOCKETPAIR && sendmmsg(c.fd[SENDER], both, 2, 0) == 2)
        n = read(c.fd[RECEIVER], buf, sizeof buf);
    else if (own == 0 && m != SOCKETPAIR &&
             write(c.fd[SENDER], "abc", 3) == 3 &&
             writev(c.fd[SENDER], &part, 1) == 3)
        n = read(c.fd[RECEIVER], buf, sizeof buf);
    channel_close(&c);
    return n == 3 ? MESSAGE : n == 6 ? STREAM : -1;
}

/* Make the object in a process that is killed; returns when that is gone. */
static int create_and_die(enum mech_id m)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (object_create(m) == -1)
            _exit(errno);
        /* SIGKILL leaves no time for anything: signal(7). */
        (void)kill(getpid(), SIGKILL);
        _exit(EINTR); /* not reached */
    }
    /* It has it open until it has ended, not until the signal was sent. */
    if (pid == -1 || TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) == -1)
        return -1;
    if (WIFSIGNALED(status))
        return 0;
    errno = WEXITSTATUS(status);
    return -1;
}

int probe_persistence(enum mech_id m)
{
    struct stat file;

    if (create_and_die(m) == -1)
        return -1;
    int value = PROCESS;
    /* A lock's file outlives the lock: so ask for the object first. */
    if (object_find(m) == 0) {
        const char *path = object_path(m);
        value = path && lstat(path, &file) == 0 ? FILESYSTEM : KERNEL;
    }
    return object_remove(m) == -1 ? -1 : value;
}

static int by_name(const void *a, const void *b)
{
    const enum mech_id *one = a, *other = b;

    return strcmp(mech_names[*one], mech_names[*other]);
}

int choose(const struct mech t[MECHS], const struct req *r, int n,
           enum mech_id out[MECHS])
{
    int count = 0;

    for (int m = 0; m < MECHS; m++) {
        int met = 0;
        while (met < n && t[m].is[r[met].property] == r[met].value)
            met++;
        if (met == n)
            out[count++] = (enum mech_id)m;
    }
    qsort(out, (size_t)count, sizeof *out, by_name);
    return count;
}
