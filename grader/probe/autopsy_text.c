// SPDX-License-Identifier: MIT
/*
 * autopsy_text.c - the waits of an autopsy as lines for a reader: one for each
 * wait, one for each thread that is in none.  Only what was seen is said,
 * nothing of why.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>

#include "autopsy_private.h"
#include "base.h"
#include "blocking.h"

void autopsy_say(struct autopsy_line *line, const char *format, ...)
{
    size_t room = sizeof(line->text) - line->length;
    va_list list;

    va_start(list, format);
    int n = vsnprintf(line->text + line->length, room, format, list);
    va_end(list);
    if (n > 0)
        line->length += (size_t)n < room ? (size_t)n : room - 1;
}

void autopsy_say_path(struct autopsy_line *line, const char *path)
{
    enum { SHOWN = 40 };
    size_t length = strlen(path);

    if (length > SHOWN) {
        autopsy_say(line, "...");
        path += length - SHOWN;
    }
    for (; *path; path++)
        autopsy_say(line, "%c", isprint((unsigned char)*path) ? *path : '?');
}

void autopsy_finish(struct autopsy *autopsy, const struct autopsy_line *line)
{
    char **slot =
        grow(&autopsy->lines, &autopsy->line_count, sizeof(*autopsy->lines));

    *slot = xstrdup(line->text);
}

/* ---- Holders ----------------------------------------------------------- */

/* "descriptor 4", "descriptors 4 and 6" of the first of COUNT holders; returns
 * how many of them are the same process. */
static size_t say_holder(struct autopsy_line *line,
                         const struct autopsy_holder *holder, size_t count)
{
    size_t same = 1;

    autopsy_say(line, "%s%s", holder->name,
                holder->who == WHO_ITSELF ? " itself" : "");
    while (same < count && holder[same].pid == holder->pid)
        same++;
    if (holder->fd < 0)
        return same;
    autopsy_say(line, " (descriptor%s %d", same > 1 ? "s" : "", holder->fd);
    for (size_t i = 1; i < same && i < 4; i++)
        autopsy_say(line, i + 1 == same ? " and %d" : ", %d", holder[i].fd);
    autopsy_say(line, same > 4 ? ", ...)" : ")");
    return same;
}

/* "A", "A and B", "A, B and C", "A, B and 7 more"; returns the number. */
static size_t say_holders(struct autopsy_line *line,
                          const struct autopsy_wait *wait)
{
    size_t groups = 0, said = 0;

    for (size_t i = 0; i < wait->holder_count; i++)
        groups += i == 0 || wait->holders[i].pid != wait->holders[i - 1].pid;
    for (size_t i = 0; i < wait->holder_count && said < groups;) {
        if (said == 2 && groups > 3) {
            autopsy_say(line, " and %zu more", groups - said);
            break;
        }
        autopsy_say(line, "%s",
                    said == 0            ? ""
                    : said + 1 == groups ? " and "
                                         : ", ");
        i += say_holder(line, &wait->holders[i], wait->holder_count - i);
        said++;
    }
    return groups;
}

static const char *call_of(const struct autopsy *autopsy, pid_t pid)
{
    for (size_t i = 0; i < autopsy->count; i++)
        if (autopsy->waits[i].pid == pid)
            return autopsy->waits[i].call;
    return "a system call";
}

static bool waits(const struct autopsy *autopsy, pid_t tid)
{
    for (size_t i = 0; i < autopsy->count; i++)
        if (autopsy->waits[i].tid == tid)
            return true;
    return false;
}

void autopsy_say_all_holders(const struct autopsy_scene *scene,
                             struct autopsy_line *line, const char *between,
                             const struct autopsy_wait *wait)
{
    const struct autopsy_holder *only = wait->holders;

    autopsy_say(line, "%s", between);
    if (say_holders(line, wait) > 1)
        return;
    if (only->stopped)
        autopsy_say(line, ", which is stopped");
    else if (only->blocked && only->who != WHO_ITSELF)
        autopsy_say(line, ", which is blocked in %s",
                    call_of(scene->autopsy, only->pid));
}

/* ---- What each kind of object has to say ------------------------------- */

static void say_pipe(const struct autopsy_scene *scene,
                     struct autopsy_line *line, const struct autopsy_wait *wait)
{
    const char *end = wait->reads ? "write" : "read";

    autopsy_say(line, ": %s is %s", wait->label,
                wait->reads ? "empty" : "full");
    if (wait->object == OBJECT_FIFO) {
        autopsy_say(line, " (");
        autopsy_say_path(line, wait->object_name);
        autopsy_say(line, ")");
    }
    if (wait->holder_count == 0) {
        autopsy_say(line, "; no process in sight has its %s end", end);
        return;
    }
    autopsy_say(line, "; its %s end is held", end);
    autopsy_say_all_holders(scene, line, " by ", wait);
    if (wait->holders->who == WHO_TESTER &&
        autopsy_tester_is_idle(scene, wait->object_name))
        autopsy_say(line, ", which will %s nothing more", end);
}

static void say_open(const struct autopsy_scene *scene,
                     struct autopsy_line *line, const struct autopsy_wait *wait)
{
    (void)scene;
    autopsy_say(line, "(\"");
    autopsy_say_path(line, wait->object_name);
    autopsy_say(line, "\"): nobody has opened this FIFO for %s",
                wait->reads ? "writing" : "reading");
}

static void say_fifo(const struct autopsy_scene *scene,
                     struct autopsy_line *line, const struct autopsy_wait *wait)
{
    (wait->fd < 0 ? say_open : say_pipe)(scene, line, wait);
}

static void say_child(const struct autopsy_scene *scene,
                      struct autopsy_line *line,
                      const struct autopsy_wait *wait)
{
    (void)scene;
    if (wait->holder_count == 0) {
        autopsy_say(line, ": it has no living child that this could be");
        return;
    }
    autopsy_say(line, ": ");
    bool many = say_holders(line, wait) > 1;
    bool execs = strcmp(wait->call, "wait4") && strcmp(wait->call, "waitid");
    autopsy_say(line,
                execs ? " %s neither ended nor executed a program"
                      : " %s not ended",
                many ? "have" : "has");
    if (!many && wait->holders[0].stopped)
        autopsy_say(line, ": it is stopped");
}

static void say_queue(const struct autopsy_scene *scene,
                      struct autopsy_line *line,
                      const struct autopsy_wait *wait)
{
    autopsy_say(line, ": ");
    if (wait->object == OBJECT_POSIX_QUEUE)
        autopsy_say(line, "message queue ");
    autopsy_say_path(line, wait->object_name);
    autopsy_say(line, wait->reads ? " has no such message" : " is full");
    if (wait->object == OBJECT_SYSV_QUEUE)
        autopsy_say_row(scene, line, wait);
}

/* "semaphore 1 of set 0 is 0; child 4 was the last to change it, and ..." */
static void say_semaphore(const struct autopsy_scene *scene,
                          struct autopsy_line *line,
                          const struct autopsy_wait *wait)
{
    const struct autopsy_semaphore *semaphore = &wait->semaphore;
    const struct snapshot_semaphore *now =
        snapshot_semaphore(scene->snapshot, semaphore->id, semaphore->num);
    char name[sizeof(wait->name)];

    if (!semaphore->known || now == NULL) {
        autopsy_say(line, ": not yet allowed by %s", wait->object_name);
        return;
    }
    autopsy_say(line, ": %s is %d", wait->object_name, now->value);
    if (now->fresh)
        autopsy_say(line, "; no semop was ever made on its set%s",
                    now->changed_by == 0 ? ", and nobody has set its value"
                                         : "");
    if (now->changed_by == 0)
        return;
    autopsy_name(scene, now->changed_by, name);
    if (!semaphore->changer_lives)
        autopsy_say(line, "; process %d, the last to change it, is dead",
                    (int)now->changed_by);
    else if (now->changed_by == wait->pid)
        autopsy_say(line, "; %s itself was the last to change it", name);
    else if (waits(scene->autopsy, now->changed_by))
        autopsy_say(line, "; %s, the last to change it, is blocked in %s", name,
                    call_of(scene->autopsy, now->changed_by));
    else
        autopsy_say(line, "; %s was the last to change it", name);
}

static void say_other(const struct autopsy_scene *scene,
                      struct autopsy_line *line,
                      const struct autopsy_wait *wait)
{
    static const char *const words[] = {
        [OBJECT_FUTEX] = ": a lock, a condition or another thread's end",
        [OBJECT_NONE] = ": ",
    };
    bool named = wait->object_name[0] != '\0';

    (void)scene;
    if (wait->object != OBJECT_NONE || named)
        autopsy_say(line, "%s", words[wait->object]);
    if (named)
        autopsy_say_path(line, wait->object_name);
}

typedef void say_fn(const struct autopsy_scene *scene,
                    struct autopsy_line *line, const struct autopsy_wait *wait);

static say_fn *const sayings[] = {
    [OBJECT_NONE] = say_other,        [OBJECT_PIPE] = say_pipe,
    [OBJECT_FIFO] = say_fifo,         [OBJECT_SOCKET] = autopsy_say_socket,
    [OBJECT_CHILD] = say_child,       [OBJECT_SIGNAL] = autopsy_say_signal,
    [OBJECT_FUTEX] = say_other,       [OBJECT_SEMAPHORE] = say_semaphore,
    [OBJECT_SYSV_QUEUE] = say_queue,  [OBJECT_POSIX_QUEUE] = say_queue,
    [OBJECT_LOCK] = autopsy_say_lock,
};

/* ---- Lines ------------------------------------------------------------- */

const struct snapshot_thread *autopsy_thread(const struct autopsy_scene *scene,
                                             pid_t tid)
{
    const struct snapshot *snapshot = scene->snapshot;

    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->threads[i].tid == tid)
            return &snapshot->threads[i];
    return NULL;
}

/* "(0, {1, -1} {2, -1})": the set and each sem_num, sem_op. */
static void say_changes(struct autopsy_line *line,
                        const struct snapshot_thread *thread)
{
    enum { SHOWN = 3 };
    struct sembuf change;
    size_t count = thread->memory_size / sizeof(change);

    autopsy_say(line, "(%d", (int)thread->args[0]);
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        /* The last one is as telling as the first ones. */
        size_t shown = i == SHOWN - 1 ? count - 1 : i;
        memcpy(&change, thread->memory + shown * sizeof(change),
               sizeof(change));
        autopsy_say(line, change.sem_op ? "%s%s{%d, %+d}" : "%s%s{%d, %d}",
                    i == 0 ? ", " : " ", shown > i ? "... " : "",
                    change.sem_num, change.sem_op);
    }
    autopsy_say(line, ")");
}

/* "read(3)", "poll, of descriptor 3", "wait4(5)", "semop(0, {1, -1})" */
static void say_call(struct autopsy_line *line, const struct autopsy_wait *wait,
                     const struct snapshot_thread *thread)
{
    const struct blocking_call *call =
        thread ? blocking_find(thread->syscall) : NULL;

    autopsy_say(line, "%s", wait->call);
    if (call && call->form == FORM_CHILD)
        autopsy_say(line, "(%d)", (int)thread->args[0]);
    else if (call && call->form == FORM_SEMAPHORE)
        say_changes(line, thread);
    else if (wait->object == OBJECT_LOCK)
        autopsy_say_lock_call(line, wait);
    else if (call && call->form == FORM_SYSV_QUEUE)
        autopsy_say(line, call->reads ? "(%d, type %ld)" : "(%d, %ld bytes)",
                    (int)thread->args[0],
                    (long)thread->args[call->reads ? 3 : 2]);
    else if (call && (call->form == FORM_POLL || call->form == FORM_SELECT ||
                      call->form == FORM_EPOLL)) {
        if (wait->fd >= 0)
            autopsy_say(line, ", of descriptor %d", wait->fd);
    } else if (wait->fd >= 0)
        autopsy_say(line, "(%d)", wait->fd);
}

static void write_wait(const struct autopsy_scene *scene,
                       const struct autopsy_wait *wait)
{
    struct autopsy_line line = {.length = 0};

    autopsy_say(&line, "%s", wait->name);
    if (wait->tid != wait->pid)
        autopsy_say(&line, " (its thread %d)", wait->tid);
    autopsy_say(&line, wait->timed ? " waits, for a limited time, in "
                                   : " is blocked in ");
    say_call(&line, wait, autopsy_thread(scene, wait->tid));
    sayings[wait->object](scene, &line, wait);
    autopsy_finish(scene->autopsy, &line);
}

/* What there is to say of threads that wait in no call that we know. */
static void write_others(const struct autopsy_scene *scene)
{
    for (size_t i = 0; i < scene->snapshot->count; i++) {
        const struct snapshot_thread *thread = &scene->snapshot->threads[i];
        struct autopsy_line line = {.length = 0};
        char name[sizeof(scene->autopsy->waits->name)];
        if (waits(scene->autopsy, thread->tid))
            continue;
        autopsy_name(scene, thread->pid, name);
        autopsy_say(&line, "%s", name);
        if (thread->tid != thread->pid)
            autopsy_say(&line, " (its thread %d)", thread->tid);
        if (thread->state == 'Z')
            autopsy_say(&line, " has ended and waits to be reaped");
        else if (autopsy_is_stopped(scene, thread))
            autopsy_say_stopped(scene, &line, thread);
        else if (thread->running || strchr("Rt", thread->state))
            autopsy_say(&line, " is running");
        else if (snapshot_waits_for_pipe(thread))
            autopsy_say(&line, " waits for a pipe that is kept locked by a "
                               "splice(2) that waits, too");
        else if (!thread->syscall_known || thread->syscall < 0)
            autopsy_say(&line, " is asleep, outside a system call");
        else
            autopsy_say(&line, " is asleep in system call %ld",
                        thread->syscall);
        autopsy_finish(scene->autopsy, &line);
    }
}

void autopsy_write(const struct autopsy_scene *scene)
{
    for (size_t i = 0; i < scene->autopsy->count; i++)
        write_wait(scene, &scene->autopsy->waits[i]);
    write_others(scene);
    autopsy_write_queues(scene);
    autopsy_write_sockets(scene);
    autopsy_conclude(scene);
}
