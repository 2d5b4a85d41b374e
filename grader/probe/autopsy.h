// SPDX-License-Identifier: MIT
/*
 * autopsy.h - who waits for whom: a hang explained from a snapshot.
 */
#ifndef PROBE_AUTOPSY_H
#define PROBE_AUTOPSY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "locks.h"

enum autopsy_object {
    OBJECT_NONE, /* nothing that the autopsy knows */
    OBJECT_PIPE,
    OBJECT_FIFO,
    OBJECT_SOCKET,
    OBJECT_CHILD,  /* wait4, waitid */
    OBJECT_SIGNAL, /* pause, sigsuspend, sigtimedwait */
    OBJECT_FUTEX,
    OBJECT_SEMAPHORE,
    OBJECT_SYSV_QUEUE,
    OBJECT_POSIX_QUEUE,
    OBJECT_LOCK,
};

enum autopsy_who {
    WHO_ITSELF,
    WHO_PARENT,
    WHO_CHILD,
    WHO_SIBLING,
    WHO_OTHER,
    WHO_TESTER
};

/* One who could end a wait: it holds the other end, or is the awaited child. */
struct autopsy_holder {
    pid_t pid;            /* 0 for the tester */
    int fd;               /* -1 where no descriptor is concerned */
    enum autopsy_who who; /* seen from the one who waits */
    char name[32];        /* "parent 3", "cat 5", "child 4" */
    bool own_code;        /* still runs the student's program */
    bool blocked;         /* is itself in a wait of this autopsy */
    bool stopped;         /* by SIGSTOP or its like */
};

/* A blocked semop(2): the first of its changes that cannot be made. */
struct autopsy_semaphore {
    bool known; /* else nothing below counts */
    int id, num;
    int change;       /* the sem_op: negative, or 0 */
    int value;        /* what stops it */
    pid_t changed_by; /* the last to change it; 0: nobody, or the tester */
    bool changer_lives;
    bool fresh;     /* sem_otime is 0, too: nobody has made a semop yet */
    size_t changes; /* how many the call is to make, all or none */
};

/* A blocked fcntl(2), lockf(3) or flock(2). */
struct autopsy_lock {
    bool known; /* else nothing below counts */
    enum lock_kind kind;
    bool writes;       /* LOCK_EX or F_WRLCK */
    uint64_t from, to; /* bytes, both included; LOCK_TO_END: to the last */
    bool held;         /* what stands in the way is known: the first of it: */
    bool held_writes;
    uint64_t held_from, held_to;
    bool held_by_more; /* there are others, of other bytes or another type */
};

/* A socket that is waited for, and its other end: sockets.h. */
struct autopsy_socket {
    bool known; /* else nothing below counts */
    bool local; /* AF_UNIX */
    int type;   /* SOCK_STREAM, ... */
    bool listens;
    bool connected;  /* it has another end, which... */
    bool unaccepted; /* ...the holders have not accepted yet */
    bool shut_write; /* it has said that it sends nothing more */
    unsigned long inode, peer;
    unsigned long unread;         /* see sockets.h */
    unsigned long peer_unread;    /* bytes that the other end has not read */
    char name[64], peer_name[64]; /* a path, "port 5000" */
};

/* A socket that has something for its process, which waits elsewhere. */
struct autopsy_unread {
    pid_t pid;
    int fd;
    unsigned long inode;
    bool listens; /* connections were not accepted; else bytes not read */
    unsigned long count;
    bool bytes_known; /* of datagrams of the network there are some */
};

/* Signals, as sets with bit N-1 for signal N. */
struct autopsy_signals {
    uint64_t pending, blocked; /* of any thread that waits */
    uint64_t awaited;   /* OBJECT_SIGNAL: what would end it; 0: not known */
    uint64_t delivered; /* ...and which of them came before it began to wait */
};

struct autopsy_wait {
    pid_t pid, tid;
    char name[32];    /* the process, as in a holder */
    bool first;       /* the program's first process ("the parent") */
    bool own_code;    /* runs the student's program, not a command */
    const char *call; /* "read", "write", "wait4", ...; static */
    bool reads;       /* waits for data (or end-of-file), not for room */
    bool timed;       /* will end by itself after some time */
    int fd;           /* -1 where no descriptor is concerned */
    enum autopsy_object object;
    char object_name[96]; /* "pipe:[68036]" */
    char label[16];       /* "pipe A": a name that a reader can follow */
    size_t count;         /* third argument of read and write, else 0 */
    struct autopsy_semaphore semaphore; /* OBJECT_SEMAPHORE */
    struct autopsy_lock lock;           /* OBJECT_LOCK */
    struct autopsy_socket socket;       /* OBJECT_SOCKET */
    struct autopsy_signals signals;
    struct autopsy_holder *holders; /* those who could end it */
    size_t holder_count;
};

struct autopsy {
    struct autopsy_wait
        *waits; /* one per blocked thread, first process first;
                   a poll of several descriptors gives several */
    size_t count;
    struct autopsy_unread *unread;
    size_t unread_count;
    char **lines; /* the same for a reader, one wait a line, and the cycle */
    size_t line_count;
};

struct snapshot;
struct tester_end;
struct trace;

/*
 * Explain SNAPSHOT.  FIRST_PID is the program's first process; PROGRAM the path
 * of the student's program, as /proc/PID/exe shows it; HELD what the tester
 * holds; TRACE the trace so far, or NULL: it alone tells who has stopped whom,
 * and which signals have come.
 */
struct autopsy *autopsy_new(const struct snapshot *snapshot, pid_t first_pid,
                            const char *program, const struct tester_end *held,
                            size_t held_count, const struct trace *trace);
void autopsy_free(struct autopsy *autopsy);

/* The first holder of WAIT with WHO; NULL if there is none. */
const struct autopsy_holder *autopsy_holder(const struct autopsy_wait *wait,
                                            enum autopsy_who who);

#endif
