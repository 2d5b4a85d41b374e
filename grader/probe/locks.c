// SPDX-License-Identifier: MIT
/* locks.c - which lock a thread waits for, and who could make way for it; see
 * locks.h. */
#include "locks.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "blocking.h"
#include "snapshot.h"

/* ---- What is waited for -------------------------------------------------- */

/* The bytes of a struct flock that counts from the beginning: fcntl(2). */
static bool is_range_known(const struct flock *asked, uint64_t *from,
                           uint64_t *to)
{
    if (asked->l_whence != SEEK_SET)
        return false;
    off_t first = asked->l_start + (asked->l_len < 0 ? asked->l_len : 0);
    *from = (uint64_t)first;
    *to = asked->l_len == 0  ? LOCK_TO_END
          : asked->l_len > 0 ? (uint64_t)(first + asked->l_len - 1)
                             : (uint64_t)(asked->l_start - 1);
    return true;
}

/* What the call says of it: KNOWN receives whether the bytes are told. */
static bool read_call(const struct snapshot_thread *thread,
                      const struct snapshot_fd *fd,
                      struct snapshot_lock *wanted, bool *known)
{
    const struct blocking_call *call = blocking_find(thread->syscall);
    struct flock asked;

    *wanted = (struct snapshot_lock){
        .depth = 1, .pid = thread->pid, .inode = fd->inode};
    if (fd->device[0])
        (void)snprintf(wanted->file, sizeof(wanted->file), "%s:%lu", fd->device,
                       fd->inode);
    *known = true;
    wanted->to = LOCK_TO_END;
    if (call->form == FORM_FLOCK) {
        wanted->kind = LOCK_WHOLE;
        wanted->writes = (thread->args[1] & LOCK_SH) == 0;
        return true;
    }
    wanted->kind =
        thread->args[1] == F_OFD_SETLKW ? LOCK_DESCRIPTION : LOCK_RECORD;
    if (thread->memory_size != sizeof(asked))
        return false;
    memcpy(&asked, thread->memory, sizeof(asked));
    wanted->writes = asked.l_type == F_WRLCK;
    *known = is_range_known(&asked, &wanted->from, &wanted->to);
    return true;
}

static bool is_row_of(const struct snapshot_lock *row,
                      const struct snapshot_fd *fd,
                      const struct snapshot_lock *wanted, bool bytes_known)
{
    return row->depth > 0 && row->kind == wanted->kind && lock_is_of(row, fd) &&
           row->writes == wanted->writes &&
           row->pid == (row->kind == LOCK_DESCRIPTION ? -1 : wanted->pid) &&
           (!bytes_known ||
            (row->from == wanted->from && row->to == wanted->to));
}

/* The first row at or after FROM that may be of the lock that THREAD waits
 * for; NULL.  WANTED receives it, or what the call tells; *TOLD whether that
 * was anything. */
static const struct snapshot_lock *
find_row(const struct snapshot *snapshot, const struct snapshot_thread *thread,
         size_t from, struct snapshot_lock *wanted, bool *told)
{
    const struct snapshot_fd *fd = snapshot_fd(thread, (int)thread->args[0]);
    bool bytes_known;

    *told = fd && fd->inode != 0 && read_call(thread, fd, wanted, &bytes_known);
    for (size_t i = from; *told && i < snapshot->lock_count; i++) {
        if (!is_row_of(&snapshot->locks[i], fd, wanted, bytes_known))
            continue;
        *wanted = snapshot->locks[i];
        return &snapshot->locks[i];
    }
    *told = *told && bytes_known;
    return NULL;
}

bool lock_wanted(const struct snapshot *snapshot,
                 const struct snapshot_thread *thread,
                 struct snapshot_lock *wanted)
{
    bool told;

    return find_row(snapshot, thread, 0, wanted, &told) != NULL || told;
}

bool lock_is_of(const struct snapshot_lock *lock, const struct snapshot_fd *fd)
{
    size_t length = strlen(fd->device);

    return fd->inode != 0 && lock->inode == fd->inode &&
           (length == 0 || (strncmp(lock->file, fd->device, length) == 0 &&
                            lock->file[length] == ':'));
}

/* Locks of fcntl(2) of both kinds see each other, those of flock(2) only each
 * other: flock(2). */
bool lock_stops(const struct snapshot_lock *held,
                const struct snapshot_lock *wanted)
{
    bool same_file = wanted->file[0] == '\0'
                         ? held->inode == wanted->inode
                         : strcmp(held->file, wanted->file) == 0;

    return held->depth == 0 && same_file &&
           (held->kind == LOCK_WHOLE) == (wanted->kind == LOCK_WHOLE) &&
           (held->writes || wanted->writes) && held->from <= wanted->to &&
           wanted->from <= held->to;
}

bool lock_is_same(const struct snapshot_lock *a, const struct snapshot_lock *b)
{
    return a->kind == b->kind && a->writes == b->writes && a->pid == b->pid &&
           a->from == b->from && a->to == b->to &&
           strcmp(a->file, b->file) == 0;
}

/* ---- The proof ----------------------------------------------------------- */

/* The rows of locks of open file descriptions have no pid.  Those held must
 * show in some process, and there must be no second one that looks the same;
 * those waited for must be as many as the threads that wait so. */
static bool is_held_inside(const struct snapshot *snapshot,
                           const struct snapshot_lock *row)
{
    size_t alike = 0;

    for (size_t i = 0; i < snapshot->lock_count; i++)
        alike += snapshot->locks[i].depth == 0 &&
                 lock_is_same(&snapshot->locks[i], row);
    for (size_t i = 0; i < snapshot->holding_count && alike == 1; i++)
        if (lock_is_same(&snapshot->holdings[i].lock, row))
            return true;
    return false;
}

static bool are_waiters_inside(const struct snapshot *snapshot,
                               const struct snapshot_lock *row)
{
    size_t rows = 0, threads = 0;
    struct snapshot_lock wanted;
    bool told;

    for (size_t i = 0; i < snapshot->lock_count; i++)
        rows += snapshot->locks[i].depth > 0 &&
                snapshot->locks[i].kind == LOCK_DESCRIPTION &&
                strcmp(snapshot->locks[i].file, row->file) == 0;
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct snapshot_thread *thread = &snapshot->threads[i];
        const struct blocking_call *call =
            thread->syscall_known ? blocking_find(thread->syscall) : NULL;
        threads += call && call->form == FORM_FCNTL &&
                   thread->args[1] == F_OFD_SETLKW &&
                   find_row(snapshot, thread, 0, &wanted, &told) &&
                   strcmp(wanted.file, row->file) == 0;
    }
    return rows == threads;
}

static bool is_inside(const struct snapshot *snapshot,
                      const struct snapshot_lock *row)
{
    if (row->kind == LOCK_RECORD || (row->kind == LOCK_WHOLE && row->depth > 0))
        return snapshot_process(snapshot, row->pid) != NULL;
    return row->depth == 0 ? is_held_inside(snapshot, row)
                           : are_waiters_inside(snapshot, row);
}

/*
 * A thread that waits for a lock is woken by the one that stands above it in
 * the row: see __locks_wake_up_blocks() in fs/locks.c.  A lock of somebody who
 * is not in sight of this /proc, the tester say, is left out there with all
 * that wait for it: without a row nothing is proved.
 */
bool lock_is_inside(const struct snapshot *snapshot,
                    const struct snapshot_thread *thread)
{
    struct snapshot_lock wanted;
    const struct snapshot_lock *row;
    size_t from = 0;
    bool told;

    while ((row = find_row(snapshot, thread, from, &wanted, &told)) != NULL) {
        from = (size_t)(row - snapshot->locks) + 1;
        unsigned depth = row->depth;
        for (const struct snapshot_lock *above = row;
             depth > 0 && above-- > snapshot->locks;) {
            if (above->depth >= depth)
                continue;
            if (!is_inside(snapshot, above))
                return false;
            depth = above->depth;
        }
        if (depth > 0)
            return false;
    }
    return from > 0;
}
