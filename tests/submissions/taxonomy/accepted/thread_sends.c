// SPDX-License-Identifier: MIT
/*
 * A thread sends, and is joined before anything is received; the table comes
 * from an X-macro, the choice from bit masks.
 */
#include "taxonomy.h"
#include <pthread.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROWS(ROW)                                                              \
    ROW(PIPE, UNI, ASYNCHRONOUS, RELATED, SAME, STREAM, PROCESS, IN_ORDER,     \
        BYTES, YES, YES, YES)                                                  \
    ROW(POPEN, UNI, ASYNCHRONOUS, RELATED, SAME, STREAM, PROCESS, IN_ORDER,    \
        BYTES, YES, YES, YES)                                                  \
    ROW(FIFO, UNI, ASYNCHRONOUS, ANY, SAME, STREAM, FILESYSTEM, IN_ORDER,      \
        BYTES, YES, YES, YES)                                                  \
    ROW(SYSV_SEM, BI, NONE, ANY, SAME, NONE, KERNEL, NONE, NOTHING, NO, NO,    \
        YES)                                                                   \
    ROW(SYSV_SHM, BI, NONE, ANY, SAME, NONE, KERNEL, NONE, BYTES, NO, NO, YES) \
    ROW(SYSV_MSGQ, BI, ASYNCHRONOUS, ANY, SAME, MESSAGE, KERNEL, BY_TYPE,      \
        BYTES, NO, NO, YES)                                                    \
    ROW(POSIX_MQ, BI, ASYNCHRONOUS, ANY, SAME, MESSAGE, KERNEL, BY_PRIORITY,   \
        BYTES, YES, YES, YES)                                                  \
    ROW(SIGNAL, UNI, ASYNCHRONOUS, ANY, SAME, NONE, PROCESS, NONE, NOTHING,    \
        YES, YES, YES)                                                         \
    ROW(RT_SIGNAL, UNI, ASYNCHRONOUS, ANY, SAME, MESSAGE, PROCESS,             \
        BY_PRIORITY, VALUE, YES, YES, YES)                                     \
    ROW(SOCKETPAIR, BI, ASYNCHRONOUS, RELATED, SAME, STREAM, PROCESS,          \
        IN_ORDER, BYTES_AND_FDS, YES, YES, YES)                                \
    ROW(UNIX_SOCKET, BI, ASYNCHRONOUS, ANY, SAME, STREAM, FILESYSTEM,          \
        IN_ORDER, BYTES_AND_FDS, YES, YES, YES)                                \
    ROW(TCP, BI, ASYNCHRONOUS, ANY, NETWORK, STREAM, PROCESS, IN_ORDER, BYTES, \
        YES, YES, YES)                                                         \
    ROW(UDP, BI, ASYNCHRONOUS, ANY, NETWORK, MESSAGE, PROCESS, NONE, BYTES,    \
        YES, YES, YES)                                                         \
    ROW(FILE_LOCK, BI, NONE, ANY, SAME, NONE, PROCESS, NONE, NOTHING, NO, NO,  \
        YES)

#define ROW(mech, ...) [mech] = {{__VA_ARGS__}},

const struct mech table[MECHS] = {ROWS(ROW)};

static void *send_both(void *data)
{
    struct channel *c = data;

    if (channel_send(c, SENDER, "abc", 3) == 3 &&
        channel_send(c, SENDER, "def", 3) == 3)
        return c;
    return NULL;
}

int probe_boundaries(enum mech_id m)
{
    struct channel c;
    pthread_t sender;
    void *result = NULL;
    char buf[6];
    ssize_t n = -1;

    if (channel_open(&c, m) == -1)
        return errno == ENOTSUP ? NONE : -1;
    if (pthread_create(&sender, NULL, send_both, &c) == 0 &&
        pthread_join(sender, &result) == 0 && result)
        n = channel_receive(&c, RECEIVER, buf, sizeof buf);
    channel_close(&c);
    return n == 6 ? STREAM : n == 3 ? MESSAGE : -1;
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
    unsigned left = (1u << MECHS) - 1;
    int count = 0;

    for (int i = 0; i < n; i++) {
        unsigned having = 0;
        for (int m = 0; m < MECHS; m++)
            having |= (unsigned)(t[m].is[r[i].property] == r[i].value) << m;
        left &= having;
    }
    for (int m = 0; m < MECHS; m++)
        if (left >> m & 1)
            out[count++] = (enum mech_id)m;
    qsort(out, (size_t)count, sizeof *out, by_name);
    return count;
}
