// SPDX-License-Identifier: MIT
/*
 * locks.h - locks on files, as a snapshot has them: who holds one, and who
 * waits for it.
 *
 * /proc/locks (proc(5)) has a row for each lock, with the pids that the reader
 * of that /proc sees, and below it one for each that waits for it.  The locks
 * of flock(2) and of F_OFD_SETLK belong to open file descriptions, which
 * processes share: who has one is told by the lines "lock:" of fdinfo.
 */
#ifndef PROBE_LOCKS_H
#define PROBE_LOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum lock_kind {
    LOCK_RECORD,      /* of a process: fcntl(2), lockf(3) */
    LOCK_DESCRIPTION, /* of an open file description: F_OFD_SETLK */
    LOCK_WHOLE,       /* likewise, and of the whole file: flock(2) */
};

#define LOCK_TO_END UINT64_MAX

struct snapshot_lock {
    enum lock_kind kind;
    unsigned depth; /* 0: it is held; else it waits for the next row above that
                       has a smaller one */
    bool writes;    /* shuts out all others, not just those who write */
    pid_t pid;      /* who asked for it; 0: nobody in sight of that /proc;
                       -1 with LOCK_DESCRIPTION */
    char file[32];  /* "00:59:2": device and inode */
    unsigned long inode;
    uint64_t from, to; /* bytes, both included */
};

/* A descriptor through which a lock is held. */
struct snapshot_holding {
    pid_t pid;
    int fd;
    struct snapshot_lock lock;
};

struct snapshot;
struct snapshot_fd;
struct snapshot_thread;

/*
 * Add the locks of the files that threads of SNAPSHOT wait to lock, if there
 * are any: to be called when all threads have been read (deadlock.c, rule 1).
 */
void snapshot_read_locks(struct snapshot *snapshot, int proc_fd);
/* Fill WANTED with the lock that THREAD, in fcntl(2) or flock(2), waits for, as
 * far as its row, or else the call itself, tells; false if neither does. */
bool lock_wanted(const struct snapshot *snapshot,
                 const struct snapshot_thread *thread,
                 struct snapshot_lock *wanted);
/* Whether LOCK is of the file that FD is a descriptor of.  Rows of open file
 * descriptions are of the whole machine, and other sandboxes have files with
 * the same inodes. */
bool lock_is_of(const struct snapshot_lock *lock, const struct snapshot_fd *fd);
/* Whether HELD is held and stands in the way of WANTED. */
bool lock_stops(const struct snapshot_lock *held,
                const struct snapshot_lock *wanted);
/* Whether A and B are rows of the same lock, as far as rows can tell. */
bool lock_is_same(const struct snapshot_lock *a, const struct snapshot_lock *b);
/* Whether only processes of SNAPSHOT can make way for the lock that THREAD
 * waits for. */
bool lock_is_inside(const struct snapshot *snapshot,
                    const struct snapshot_thread *thread);

#endif
