// SPDX-License-Identifier: MIT
/*
 * Fails: probe_persistence_works
 * Shows: creator_killed_too_early
 *
 * The belief: in 400 ms anybody has made an object. On another day he has not,
 * and then nothing was made that could be found. (On a busy machine a tenth of
 * a second was not enough where nothing is held up, in probes_clean_up.)
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

    if (channel_open(&c, m) == -1)
        return errno == ENOTSUP ? NONE : -1;
    /* Both are in the kernel before we look: nobody's speed decides. */
    if (channel_send(&c, SENDER, "abc", 3) == 3 &&
        channel_send(&c, SENDER, "def", 3) == 3)
        n = channel_receive(&c, RECEIVER, buf, sizeof buf);
    channel_close(&c); /* what is still in it goes with it */
    if (n == -1)
        return -1;
    return n == sizeof buf ? STREAM : MESSAGE;
}

int probe_persistence(enum mech_id m)
{
    int status;
    struct stat file;
    pid_t pid = fork();

    if (pid == 0) {
        if (object_create(m) == -1)
            _exit(errno);
        (void)pause();
        _exit(EINTR);
    }
    if (pid == -1)
        return -1;
    (void)usleep(400000); /* it has long made it by now */
    (void)kill(pid, SIGKILL);
    if (waitpid(pid, &status, 0) == -1)
        return -1;
    if (WIFEXITED(status)) {
        errno = WEXITSTATUS(status);
        return -1;
    }
    int value = PROCESS;
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
