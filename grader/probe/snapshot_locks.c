// SPDX-License-Identifier: MIT
/* snapshot_locks.c - reads /proc/locks and the locks in fdinfo; see locks.h. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "blocking.h"
#include "locks.h"
#include "snapshot_private.h"

#define LOCKS_MAX (1u << 20)

/* ---- Who waits ----------------------------------------------------------- */

static bool is_lock_call(const struct snapshot_thread *thread)
{
    const struct blocking_call *call =
        thread->syscall_known ? blocking_find(thread->syscall) : NULL;

    if (call == NULL || thread->running)
        return false;
    return call->form == FORM_FLOCK ||
           (call->form == FORM_FCNTL &&
            (thread->args[1] == F_SETLKW || thread->args[1] == F_OFD_SETLKW));
}

/* The descriptor of the file that THREAD waits to lock; NULL. */
static const struct snapshot_fd *awaited(const struct snapshot_thread *thread)
{
    return is_lock_call(thread) ? snapshot_fd(thread, (int)thread->args[0])
                                : NULL;
}

static bool is_any_awaited(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->count; i++)
        if (awaited(&snapshot->threads[i]))
            return true;
    return false;
}

/* Whether some thread waits for the file of LOCK... */
static bool is_awaited(const struct snapshot *snapshot,
                       const struct snapshot_lock *lock)
{
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct snapshot_fd *fd = awaited(&snapshot->threads[i]);
        if (fd && lock_is_of(lock, fd))
            return true;
    }
    return false;
}

/* ...or for that which OTHER, too, is a descriptor of. */
static bool is_awaited_by(const struct snapshot *snapshot,
                          const struct snapshot_fd *other)
{
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct snapshot_fd *fd = awaited(&snapshot->threads[i]);
        if (fd && fd->inode == other->inode &&
            strcmp(fd->device, other->device) == 0)
            return true;
    }
    return false;
}

/* ---- Rows ---------------------------------------------------------------- */

/*
 * "27: -> POSIX  ADVISORY  WRITE 3 00:59:2 0 EOF": lock_get_status() in the
 * kernel's fs/locks.c, which indents "->" by one more for each that waits in
 * between.  Leases, which are no locks, are left out.
 */
static bool parse_row(const char *line, struct snapshot_lock *lock)
{
    static const char *const kinds[] = {[LOCK_RECORD] = "POSIX",
                                        [LOCK_DESCRIPTION] = "OFDLCK",
                                        [LOCK_WHOLE] = "FLOCK"};
    char kind[16], type[16], to[24];
    size_t known = 0;

    *lock = (struct snapshot_lock){0};
    line += strspn(line, "0123456789");
    if (strncmp(line, ": ", 2) != 0)
        return false;
    line += 2;
    size_t indent = strspn(line, " ");
    if (strncmp(line + indent, "->", 2) == 0) {
        lock->depth = (unsigned)indent + 1;
        line += indent + 2;
    }
    if (sscanf(line, "%15s %*s %15s %d %31s %lu %23s", kind, type, &lock->pid,
               lock->file, &lock->from, to) != 6)
        return false;
    while (known < LENGTH(kinds) && strcmp(kind, kinds[known]) != 0)
        known++;
    const char *inode = strrchr(lock->file, ':');
    if (known == LENGTH(kinds) || inode == NULL)
        return false;
    lock->kind = (enum lock_kind)known;
    lock->writes = strcmp(type, "WRITE") == 0;
    lock->inode = strtoul(inode + 1, NULL, 10);
    lock->to = strcmp(to, "EOF") == 0 ? LOCK_TO_END : strtoull(to, NULL, 10);
    return true;
}

static void read_rows(struct snapshot *snapshot, const char *text)
{
    struct snapshot_lock lock;

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!parse_row(line, &lock) || !is_awaited(snapshot, &lock))
            continue;
        struct snapshot_lock *slot =
            grow(&snapshot->locks, &snapshot->lock_count, sizeof(*slot));
        *slot = lock;
    }
}

/* Of descriptor FD of process PID: "lock:\t1: FLOCK  ADVISORY ...". */
static void read_holdings(struct snapshot *snapshot, int proc_fd, pid_t pid,
                          int fd)
{
    char name[48];
    struct snapshot_holding holding = {.pid = pid, .fd = fd};

    (void)snprintf(name, sizeof(name), "%d/fdinfo/%d", (int)pid, fd);
    char *text = read_file(proc_fd, name, LOCKS_MAX, NULL);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "lock:\t", 6) != 0 ||
            !parse_row(line + 6, &holding.lock))
            continue;
        struct snapshot_holding *slot =
            grow(&snapshot->holdings, &snapshot->holding_count, sizeof(*slot));
        *slot = holding;
    }
    free(text);
}

void snapshot_read_locks(struct snapshot *snapshot, int proc_fd)
{
    if (!is_any_awaited(snapshot))
        return;
    char *text = read_file(proc_fd, "locks", LOCKS_MAX, NULL);
    read_rows(snapshot, text);
    free(text);
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct snapshot_thread *process = &snapshot->threads[i];
        for (size_t j = 0;
             process->pid == process->tid && j < process->fd_count; j++)
            if (is_awaited_by(snapshot, &process->fds[j]))
                read_holdings(snapshot, proc_fd, process->pid,
                              process->fds[j].fd);
    }
}
