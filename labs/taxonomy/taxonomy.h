// SPDX-License-Identifier: MIT
/*
 * The contract of the lab `taxonomy`: the words in which mechanisms are told
 * apart, what each part of taxonomy.c promises to main.c, which uses it, and to
 * the tests, which watch the whole program from outside; and the instruments
 * that main.c has for your experiments. Given; you need not change it.
 *
 * Rules for all functions: on failure they return -1 with errno set and have
 * printed nothing, main.c says what went wrong. Whatever they made is gone when
 * they return, on every path: objects, names, descriptors, children.
 */
#ifndef TAXONOMY_H
#define TAXONOMY_H

#include <sys/types.h>

#define PROG "taxonomy"
#include "../common/lab.h"

/* ---- Words ----------------------------------------------------------------
 */

/* SIGNAL is a standard one, sent with kill(2); RT_SIGNAL a real-time one, sent
 * with sigqueue(3). SOCKETPAIR and UNIX_SOCKET are of type SOCK_STREAM;
 * FILE_LOCK is that of fcntl(2). */
enum mech_id {
    PIPE,
    POPEN,
    FIFO,
    SYSV_SEM,
    SYSV_SHM,
    SYSV_MSGQ,
    POSIX_MQ,
    SIGNAL,
    RT_SIGNAL,
    SOCKETPAIR,
    UNIX_SOCKET,
    TCP,
    UDP,
    FILE_LOCK,
    MECHS
};

enum property {
    DIRECTION,   /* UNI, BI: can what is received be answered over the same
                    object? Where there are no two sides, either will do */
    SYNC,        /* SYNCHRONOUS: who sends waits for the receiver; ASYNCHRONOUS:
                    what is sent waits in the kernel; NONE: nothing is sent */
    RELATION,    /* RELATED: got by inheritance; ANY: found by a name, a key */
    HOST,        /* SAME, NETWORK: how far away the other may be */
    BOUNDARIES,  /* STREAM: what was sent in pieces arrives without seams;
                    MESSAGE: as it was sent; NONE: no data are sent */
    PERSISTENCE, /* PROCESS: gone with the last process that has it open;
                    KERNEL: there until removed, or until the machine stops;
                    FILESYSTEM: its name is there until removed */
    ORDER,    /* IN_ORDER: first in, first out; BY_TYPE: as the receiver asks;
                 BY_PRIORITY: as the sender says; NONE: nothing is promised */
    CARRIES,  /* BYTES; VALUE: one number; BYTES_AND_FDS: open descriptors,
                 too; NOTHING: only that something happened, or may */
    NOTIFY,   /* YES, NO: can the kernel be told to interrupt a process that
                 works, by a signal, when something comes? */
    POLLABLE, /* YES, NO: can poll(2) wait for it? */
    BOUNDED,  /* YES, NO: does the kernel limit how much waits unread? */
    PROPERTIES
};

enum value {
    UNKNOWN, /* not filled in */
    YES,
    NO,
    NONE,
    UNI,
    BI,
    SYNCHRONOUS,
    ASYNCHRONOUS,
    RELATED,
    ANY,
    SAME,
    NETWORK,
    STREAM,
    MESSAGE,
    PROCESS,
    KERNEL,
    FILESYSTEM,
    IN_ORDER,
    BY_TYPE,
    BY_PRIORITY,
    NOTHING,
    BYTES,
    VALUE,
    BYTES_AND_FDS,
    VALUES
};

struct mech {
    enum value is[PROPERTIES];
};

/* As they are typed and printed: "pipe", "sysv-msgq". In main.c. */
extern const char *const mech_names[MECHS];

/* ---- What you write -------------------------------------------------------
 */

/* What is true on Linux, cell by cell. */
extern const struct mech table[MECHS];

/*
 * By experiment: two pieces of 3 bytes are sent, and when both are on their way
 * in the kernel, one receive call has room for them all. How much does it get?
 *
 * Returns STREAM or MESSAGE; NONE where channel_open() fails with ENOTSUP, for
 * there is no channel that carries bytes; -1 with errno.
 */
int probe_boundaries(enum mech_id m);

/*
 * By experiment: a process makes the object and is killed, with no time to tidy
 * up. When it has been waited for, can another process still find what it made?
 *
 * Returns PROCESS if not, FILESYSTEM if so by a path, KERNEL if so in another
 * way; -1 with errno.
 */
int probe_persistence(enum mech_id m);

/* What a mechanism must be like: t[m].is[property] == value. */
struct req {
    enum property property;
    enum value value;
};

/* Store the mechanisms that meet all n requirements, according to the table t,
 * in out, in the alphabetical order of their names (strcmp(3)). Returns how
 * many there are, which may be 0; -1 with errno. */
int choose(const struct mech t[MECHS], const struct req *r, int n,
           enum mech_id out[MECHS]);

/* ---- Instruments, in main.c -----------------------------------------------
 */

enum { RECEIVER, SENDER };

/* One channel, both ends of which are open in this process. */
struct channel {
    enum mech_id mech;
    int fd[2];    /* descriptors; of a System V queue its id, twice */
    long rank;    /* type or priority of what is sent; 1 unless you change it */
    long select;  /* msgtyp of what is received; 0 unless you change it */
    int nonblock; /* changed by channel_nonblock() */
};

/* Returns 0; -1 with errno: ENOTSUP if m has no channel for bytes. POPEN is the
 * pipe that popen(3) makes. Nobody else can find it: its name is gone. */
int channel_open(struct channel *c, enum mech_id m);
/* Send the n bytes (64 at most) at buf in one piece from END. Returns n when
 * they have arrived in the kernel of the receiver; blocks while there is no
 * room. -1 with errno: EBADF if this end cannot send. */
ssize_t channel_send(struct channel *c, int end, const void *buf, size_t n);
/* One receive call at END. Returns how many bytes it got, at most `size`; what
 * does not fit of a message is lost. Blocks while there is nothing. */
ssize_t channel_receive(struct channel *c, int end, void *buf, size_t size);
/* From now on EAGAIN (or ENOMSG) instead of blocking. */
int channel_nonblock(struct channel *c);
/* Close both ends, and remove what would be left. Leaves errno alone. */
void channel_close(struct channel *c);

/* Make an object of kind m under the name (key, port) that is ours, and leave
 * it open in this process. -1 with errno: EEXIST. */
int object_create(enum mech_id m);
/* Look for it by that name, making nothing. Returns 0 if it is there; -1 with
 * errno, ENOENT if there is none, or it has no name. Closes it again. */
int object_find(enum mech_id m);
/* Remove the name, if it has one that stays. Returns 0, -1 with errno. */
int object_remove(enum mech_id m);
/* The name of an object of kind m, if it is a path, else NULL. */
const char *object_path(enum mech_id m);

#endif
