// SPDX-License-Identifier: MIT
/*
 * autopsy_circle.c - the last line of an autopsy: who waits for whom.
 *
 * A process that waits for itself is named first, then a circle of processes;
 * without either, the way from the first process to the one at its end.
 */
#include <stdlib.h>
#include <string.h>

#include "autopsy_private.h"
#include "base.h"

/* One way through the waits: each of the pids waits for the next. */
struct path {
    pid_t *pids;
    size_t count;
};

static bool has_pid(const struct path *path, pid_t pid)
{
    for (size_t i = 0; i < path->count; i++)
        if (path->pids[i] == pid)
            return true;
    return false;
}

/* Extend PATH, which ends with PID, to a circle; SEEN are known to have none.
 * On success its last pid is its first. */
static bool find_circle(const struct autopsy *autopsy, pid_t pid,
                        struct path *path, struct path *seen)
{
    path->pids[path->count++] = pid;
    seen->pids[seen->count++] = pid;
    for (size_t i = 0; i < autopsy->count; i++) {
        const struct autopsy_wait *wait = &autopsy->waits[i];
        for (size_t j = 0; wait->pid == pid && j < wait->holder_count; j++) {
            pid_t next = wait->holders[j].pid;
            if (!wait->holders[j].blocked || wait->holders[j].who == WHO_ITSELF)
                continue;
            if (has_pid(path, next)) {
                while (path->pids[0] != next)
                    memmove(path->pids, path->pids + 1,
                            --path->count * sizeof(*path->pids));
                path->pids[path->count++] = next;
                return true;
            }
            if (!has_pid(seen, next) && find_circle(autopsy, next, path, seen))
                return true;
        }
    }
    path->count--;
    return false;
}

static void say_path_of_pids(const struct autopsy_scene *scene,
                             struct autopsy_line *line, const struct path *path)
{
    enum { SHOWN = 5 };
    char name[sizeof(scene->autopsy->waits->name)];

    autopsy_say(line, "so: ");
    for (size_t i = 0; i < path->count; i++) {
        if (i == SHOWN - 1 && path->count > SHOWN) {
            autopsy_say(line, ", and so on to ");
            i = path->count - 1;
        } else if (i > 0) {
            autopsy_say(line, "%s waits for ", i > 1 ? ", which" : "");
        }
        autopsy_name(scene, path->pids[i], name);
        autopsy_say(line, "%s", name);
    }
}

/* A lock that others share can be given up by any of them: flock(2). */
static bool is_for_itself(const struct autopsy_wait *wait)
{
    bool alone = true;

    for (size_t i = 0; i < wait->holder_count; i++)
        alone = alone && wait->holders[i].who == WHO_ITSELF;
    return autopsy_holder(wait, WHO_ITSELF) &&
           (alone || wait->object != OBJECT_LOCK);
}

/* A thread whose only wait is for its own process. */
static const struct autopsy_wait *find_self(const struct autopsy *autopsy)
{
    for (size_t i = 0; i < autopsy->count; i++) {
        const struct autopsy_wait *wait = &autopsy->waits[i];
        bool alone = (i == 0 || wait[-1].tid != wait->tid) &&
                     (i + 1 == autopsy->count || wait[1].tid != wait->tid);
        if (alone && is_for_itself(wait))
            return wait;
    }
    return NULL;
}

static void say_end(const struct autopsy_scene *scene,
                    struct autopsy_line *line, const struct autopsy_wait *wait)
{
    static const char *const words[] = {
        [OBJECT_NONE] = "something else",
        [OBJECT_SIGNAL] = "a signal",
        [OBJECT_FUTEX] = "another thread or process",
        [OBJECT_SEMAPHORE] = "a semaphore",
        [OBJECT_SYSV_QUEUE] = "a message queue",
        [OBJECT_POSIX_QUEUE] = "a message queue",
        [OBJECT_LOCK] = "a lock",
        [OBJECT_CHILD] = "a child",
    };

    if (autopsy_holder(wait, WHO_ITSELF))
        autopsy_say(line, "itself");
    else if (autopsy_holder(wait, WHO_TESTER) &&
             autopsy_tester_is_idle(scene, wait->object_name))
        autopsy_say(line, wait->reads ? "input that the test will never send"
                                      : "the test, which will never read");
    else if (autopsy_holder(wait, WHO_TESTER))
        autopsy_say(line, "the test");
    else if (wait->label[0] != '\0')
        autopsy_say(line, "somebody at the other end of %s", wait->label);
    else
        autopsy_say(line, "%s", words[wait->object]);
}

/* The one to go on with; NULL if the wait leads to nobody else. */
static const struct autopsy_holder *next_holder(const struct autopsy_wait *wait)
{
    const struct autopsy_holder *next = NULL;

    for (size_t i = wait->holder_count; i-- > 0;) {
        const struct autopsy_holder *holder = &wait->holders[i];
        if (holder->who != WHO_ITSELF && holder->who != WHO_TESTER &&
            (holder->blocked || next == NULL || !next->blocked))
            next = holder;
    }
    return next;
}

static const struct autopsy_wait *wait_of(const struct autopsy *autopsy,
                                          pid_t pid)
{
    for (size_t i = 0; i < autopsy->count; i++)
        if (autopsy->waits[i].pid == pid)
            return &autopsy->waits[i];
    return NULL;
}

/* Without a circle: from the first process on to who waits for none of them. */
static bool say_chain(const struct autopsy_scene *scene,
                      struct autopsy_line *line, struct path *path)
{
    const struct autopsy_wait *wait = scene->autopsy->waits, *last = NULL;
    const struct autopsy_holder *holder = NULL;

    while (wait != NULL && !has_pid(path, wait->pid)) {
        last = wait;
        path->pids[path->count++] = wait->pid;
        holder = next_holder(wait);
        wait = holder ? wait_of(scene->autopsy, holder->pid) : NULL;
    }
    if (holder != NULL) { /* it is in no wait */
        path->pids[path->count++] = holder->pid;
        say_path_of_pids(scene, line, path);
        autopsy_say(line, holder->stopped ? ", which is stopped"
                                          : ", which waits for nobody");
        return true;
    }
    say_path_of_pids(scene, line, path);
    autopsy_say(line, "%s waits for ", path->count > 1 ? ", which" : "");
    say_end(scene, line, last);
    return path->count > 1 || autopsy_holder(last, WHO_TESTER) != NULL;
}

void autopsy_conclude(const struct autopsy_scene *scene)
{
    const struct autopsy *autopsy = scene->autopsy;
    const struct autopsy_wait *self = find_self(autopsy);
    size_t room = autopsy->count + scene->snapshot->count + 2;
    struct path path = {xcalloc(room, sizeof(pid_t)), 0};
    struct path seen = {xcalloc(room, sizeof(pid_t)), 0};
    struct autopsy_line line = {.length = 0};
    bool found = self != NULL;

    if (found)
        autopsy_say(&line, "so: %s waits for itself", self->name);
    for (size_t i = 0; i < autopsy->count && !found; i++) {
        if (has_pid(&seen, autopsy->waits[i].pid))
            continue;
        path.count = 0;
        found = find_circle(autopsy, autopsy->waits[i].pid, &path, &seen);
        if (found)
            say_path_of_pids(scene, &line, &path);
    }
    path.count = 0;
    if (!found && autopsy->count > 0)
        found = say_chain(scene, &line, &path);
    if (found)
        autopsy_finish(scene->autopsy, &line);
    free(path.pids);
    free(seen.pids);
}
