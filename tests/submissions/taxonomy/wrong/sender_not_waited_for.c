// SPDX-License-Identifier: MIT
/*
 * Fails: probes_clean_up
 * Shows: sender_not_waited_for
 *
 * The belief: a child that has told us that it is done is gone. It is a zombie
 * until somebody waits for it.
 */
#include "taxonomy.h"
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
    [SYSV_SEM] = {{BI, NONE, ANY, SAME, NONE, KERNEL, NONE, NOTHING, NO, NO,
                   YES}},
    /* A place, no channel: nothing arrives, and nobody is made to wait. */
    [SYSV_SHM] = {{BI, NONE, ANY, SAME, NONE, KERNEL, NONE, BYTES, NO, NO,
                   YES}},
    [SYSV_MSGQ] = {{BI, ASYNCHRONOUS, ANY, SAME, MESSAGE, KERNEL, /* msgop(2) */
                    BY_TYPE, BYTES, NO, NO, YES}},
    /* poll(2) works on Linux only: mq_overview(7). */
    [POSIX_MQ] = {{BI, ASYNCHRONOUS, ANY, SAME, MESSAGE, KERNEL, BY_PRIORITY,
                   BYTES, YES, YES, YES}},
    /* Standard signals do not queue; by signalfd(2) they can be polled. */
    [SIGNAL] = {{UNI, ASYNCHRONOUS, ANY, SAME, NONE, PROCESS, NONE, NOTHING,
                 YES, YES, YES}},
    /* The lowest number first, then the oldest: signal(7). */
    [RT_SIGNAL] = {{UNI, ASYNCHRONOUS, ANY, SAME, MESSAGE, PROCESS, BY_PRIORITY,
                    VALUE, YES, YES, YES}},
    [SOCKETPAIR] = {{BI, ASYNCHRONOUS, RELATED, SAME, STREAM, PROCESS, IN_ORDER,
                     BYTES_AND_FDS, YES, YES, YES}}, /* unix(7) */
    [UNIX_SOCKET] = {{BI, ASYNCHRONOUS, ANY, SAME, STREAM, FILESYSTEM, IN_ORDER,
                      BYTES_AND_FDS, YES, YES, YES}},
    [TCP] = {{BI, ASYNCHRONOUS, ANY, NETWORK, STREAM, PROCESS, IN_ORDER, BYTES,
              YES, YES, YES}},
    /* What finds no room is dropped, not waited for: udp(7). */
    [UDP] = {{BI, ASYNCHRONOUS, ANY, NETWORK, MESSAGE, PROCESS, NONE, BYTES,
              YES, YES, YES}},
    [FILE_LOCK] = {{BI, NONE, ANY, SAME, NONE, PROCESS, /* fcntl(2) */
                    NONE, NOTHING, NO, NO, YES}},
};

int probe_boundaries(enum mech_id m)
{
    struct channel c;
    char buf[6];
    ssize_t n = -1;

    char none;
    int done[2];

    if (channel_open(&c, m) == -1)
        return errno == ENOTSUP ? NONE : -1;
    if (pipe(done) == -1) {
        channel_close(&c);
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        if (channel_send(&c, SENDER, "abc", 3) != 3 ||
            channel_send(&c, SENDER, "def", 3) != 3)
            (void)write(done[1], "!", 1);
        _exit(0);
    }
    (void)close(done[1]);
    /* End-of-file, and nothing before it: both were sent. */
    if (pid > 0 && read(done[0], &none, 1) == 0)
        n = channel_receive(&c, RECEIVER, buf, sizeof buf);
    (void)close(done[0]);
    channel_close(&c); /* what is still in it goes with it */
    if (n == -1)
        return -1;
    return n == sizeof buf ? STREAM : MESSAGE;
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

    (void)t;
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
