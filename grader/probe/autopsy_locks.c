// SPDX-License-Identifier: MIT
/*
 * autopsy_locks.c - locks on files: which bytes are waited for, who has locked
 * them, and how that is said.  Who has a lock of flock(2) or F_OFD_SETLK is
 * everybody who shares its open file description: any of them can unlock it.
 */
#include <string.h>

#include "autopsy_private.h"
#include "base.h"

/* ---- Holders ------------------------------------------------------------- */

static bool has_holder(const struct autopsy_wait *wait, pid_t pid, int fd)
{
    for (size_t i = 0; i < wait->holder_count; i++)
        if (wait->holders[i].pid == pid &&
            (fd < 0 || wait->holders[i].fd == fd))
            return true;
    return false;
}

static void add_locker(const struct autopsy_scene *scene,
                       struct autopsy_wait *wait, pid_t pid, int fd)
{
    const struct snapshot_thread *process =
        snapshot_process(scene->snapshot, pid);

    if (process && !has_holder(wait, pid, fd))
        autopsy_add_holder(scene, wait, process, fd);
}

/* Note that HELD stands in the way: the first is told of. */
static void note_held(struct autopsy_lock *lock,
                      const struct snapshot_lock *held)
{
    lock->held_by_more |= lock->held && (lock->held_from != held->from ||
                                         lock->held_to != held->to ||
                                         lock->held_writes != held->writes);
    if (lock->held)
        return;
    lock->held = true;
    lock->held_writes = held->writes;
    lock->held_from = held->from;
    lock->held_to = held->to;
}

void autopsy_add_lockers(const struct autopsy_scene *scene,
                         struct autopsy_wait *wait)
{
    const struct snapshot *snapshot = scene->snapshot;
    struct autopsy_lock *lock = &wait->lock;
    struct snapshot_lock wanted;

    if (!lock_wanted(snapshot, autopsy_thread(scene, wait->tid), &wanted))
        return;
    lock->known = true;
    lock->kind = wanted.kind;
    lock->writes = wanted.writes;
    lock->from = wanted.from;
    lock->to = wanted.to;
    for (size_t i = 0; i < snapshot->holding_count; i++) {
        const struct snapshot_holding *holding = &snapshot->holdings[i];
        if (!lock_stops(&holding->lock, &wanted))
            continue;
        note_held(lock, &holding->lock);
        add_locker(scene, wait, holding->pid, holding->fd);
    }
    for (size_t i = 0; i < snapshot->lock_count; i++)
        if (lock_stops(&snapshot->locks[i], &wanted)) {
            note_held(lock, &snapshot->locks[i]);
            add_locker(scene, wait, snapshot->locks[i].pid, -1);
        }
}

/* ---- Words --------------------------------------------------------------- */

/* "/tmp/f is", "bytes 0 to 15 of /tmp/f are" */
static void say_bytes(struct autopsy_line *line, const char *path,
                      uint64_t from, uint64_t to)
{
    bool many = to != LOCK_TO_END && to > from;

    if (to == LOCK_TO_END)
        ;
    else if (many)
        autopsy_say(line, "bytes %llu to %llu of ", (unsigned long long)from,
                    (unsigned long long)to);
    else
        autopsy_say(line, "byte %llu of ", (unsigned long long)from);
    autopsy_say_path(line, path);
    if (to == LOCK_TO_END && from > 0)
        autopsy_say(line, " from byte %llu on", (unsigned long long)from);
    autopsy_say(line, many ? " are" : " is");
}

void autopsy_say_lock(const struct autopsy_scene *scene,
                      struct autopsy_line *line,
                      const struct autopsy_wait *wait)
{
    const struct autopsy_lock *lock = &wait->lock;
    bool one = lock->held && !lock->held_by_more;

    if (!lock->known) {
        autopsy_say(line, ": somebody else has locked ");
        autopsy_say_path(line, wait->object_name);
        return;
    }
    autopsy_say(line, ": ");
    say_bytes(line, wait->object_name, one ? lock->held_from : lock->from,
              one ? lock->held_to : lock->to);
    autopsy_say(line, " locked");
    if (lock->held)
        autopsy_say(line, lock->held_by_more  ? ", in parts,"
                          : lock->held_writes ? " to write"
                                              : " to read");
    if (wait->holder_count == 0)
        autopsy_say(line, ", by no process in sight");
    else
        autopsy_say_all_holders(scene, line, " by ", wait);
}

void autopsy_say_lock_call(struct autopsy_line *line,
                           const struct autopsy_wait *wait)
{
    const struct autopsy_lock *lock = &wait->lock;
    bool whole = strcmp(wait->call, "flock") == 0;

    autopsy_say(line, "(%d", wait->fd);
    if (lock->known && !whole)
        autopsy_say(line, lock->kind == LOCK_DESCRIPTION ? ", F_OFD_SETLKW"
                                                         : ", F_SETLKW");
    if (lock->known)
        autopsy_say(line, ", %s",
                    whole ? (lock->writes ? "LOCK_EX" : "LOCK_SH")
                          : (lock->writes ? "F_WRLCK" : "F_RDLCK"));
    autopsy_say(line, ")");
}
