// SPDX-License-Identifier: MIT
/*
 * model_semaphores.c - System V semaphores; see model_private.h.
 *
 * A call is logged when it returns, so one that gave may be logged behind the
 * one that took what was given: a value is then below 0 for a while, which is
 * not shown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"

#define SEMAPHORES_MAX 32000 /* SEMMSL: semget(2) */
#define SHOWN_MAX      250

/* ---- Values ------------------------------------------------------------- */

static struct semaphore *semaphore_of(struct object *set, long num)
{
    if (num < 0 || num > SEMAPHORES_MAX)
        return NULL;
    while (set->semaphore_count <= (size_t)num)
        (void)grow(&set->semaphores, &set->semaphore_count,
                   sizeof(*set->semaphores));
    return &set->semaphores[num];
}

static void set_value(struct now *now, int object, long num, long value)
{
    struct semaphore *semaphore =
        semaphore_of(&now->model->objects[object], num);

    if (semaphore)
        *semaphore = (struct semaphore){value >= 0, (int)value};
    object_touch(now->model, object);
}

/* SETVAL and SETALL forget what SEM_UNDO has noted: semctl(2). */
static void forget_undos(struct model *model, int object, long num)
{
    for (size_t i = 0; i < model->trace->process_count; i++) {
        struct process *process = &model->processes[i];
        for (size_t n = 0; n < process->undo_count; n++)
            if (process->undos[n].object == object &&
                process->undos[n].num == num)
                process->undos[n].change = 0;
    }
}

static void note_undo(struct process *process, int object,
                      const struct change *change)
{
    for (size_t i = 0; i < process->undo_count; i++)
        if (process->undos[i].object == object &&
            process->undos[i].num == change->num) {
            process->undos[i].change -= change->by;
            return;
        }
    struct undo *entry =
        grow(&process->undos, &process->undo_count, sizeof(*entry));
    *entry = (struct undo){object, change->num, -change->by};
}

static void apply(struct now *now, int object, const struct change *change)
{
    struct semaphore *semaphore =
        semaphore_of(&now->model->objects[object], change->num);

    if (semaphore == NULL || change->by == 0)
        return;
    semaphore->value += change->by;
    object_touch(now->model, object);
    if (change->undo)
        note_undo(&now->model->processes[now->leader], object, change);
}

static void undo_all(struct model *model, struct process *owner)
{
    for (size_t i = 0; i < owner->undo_count; i++) {
        const struct undo *undo = &owner->undos[i];
        struct semaphore *semaphore =
            semaphore_of(&model->objects[undo->object], undo->num);
        if (undo->change == 0 || semaphore == NULL)
            continue;
        semaphore->value += undo->change;
        object_touch(model, undo->object);
    }
    owner->undo_count = 0;
}

/* ---- Who waits ---------------------------------------------------------- */

/* The first of the changes that has to wait, with the values that SET has: it
 * is the one for which a process is counted, semctl(2).  NULL: all of them can
 * be made. */
static const struct change *
blocked_by(const struct object *set, const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if ((size_t)changes[i].num >= set->semaphore_count)
            continue;
        long value = set->semaphores[changes[i].num].value;
        for (size_t n = 0; n < i; n++) /* its own come first */
            if (changes[n].num == changes[i].num)
                value += changes[n].by;
        if (changes[i].by == 0 ? value != 0
                               : changes[i].by < 0 && value + changes[i].by < 0)
            return &changes[i];
    }
    return NULL;
}

static bool all_known(const struct object *set, const struct change *changes,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((size_t)changes[i].num >= set->semaphore_count ||
            !set->semaphores[changes[i].num].known)
            return false;
    return true;
}

void sysv_end(struct model *model, int process)
{
    undo_all(model, &model->processes[process]);
    for (size_t i = 0; i < model->object_count; i++)
        waiter_remove(model, (int)i, process);
}

/* ---- semget, semctl ----------------------------------------------------- */

static bool handle_semget(struct now *now)
{
    int object = sysv_get(now, KIND_SEMAPHORES);

    if (object == NONE)
        return true;
    struct object *set = &now->model->objects[object];
    /* A set that is new for certain is zero: semget(2), on Linux. */
    bool new = set->semaphore_count == 0 &&
               (arg_has(now, 2, "IPC_EXCL") || arg_has(now, 0, "IPC_PRIVATE"));
    long count = arg_number(now, 1);
    for (long i = 0; i < count && i < SHOWN_MAX; i++)
        semaphore_of(set, i)->known |= new;
    return true;
}

static void change_by_semctl(struct now *now, int object)
{
    struct object *set = &now->model->objects[object];
    long num = arg_number(now, 1), value = arg_number(now, 3);

    if (arg_has(now, 2, "SETVAL")) {
        step_text(now, "semctl %s: SETVAL, number %ld becomes %ld",
                  object_label(now->model, object), num, value);
        step_result(now, "%s", "");
        if (is_success(now)) {
            set_value(now, object, num, value);
            forget_undos(now->model, object, num);
        }
        return;
    }
    step_text(now, "semctl %s: SETALL", object_label(now->model, object));
    step_result(now, "%s", "");
    for (size_t i = 0; is_success(now) && i < set->semaphore_count; i++) {
        set_value(now, object, (long)i, -1); /* tell.c follows */
        forget_undos(now->model, object, (long)i);
    }
}

static bool handle_semctl(struct now *now)
{
    int object = sysv_object(now, KIND_SEMAPHORES, arg_number(now, 0));
    long num = arg_number(now, 1);
    char command[40];
    bool *aside = &now->model->processes[now->process].aside;

    if (*aside)
        return *aside = false;
    if (arg_has(now, 2, "IPC_RMID"))
        return sysv_remove(now, object);
    if (!trace_arg(now->event, 2, command, sizeof(command)))
        command[0] = '\0';
    now->step.object = object;
    if (arg_has(now, 2, "SETVAL") || arg_has(now, 2, "SETALL")) {
        change_by_semctl(now, object);
    } else if (arg_has(now, 2, "GETVAL")) {
        step_text(now, "semctl %s: GETVAL of number %ld",
                  object_label(now->model, object), num);
        step_result(now, "%ld", now->event->result);
        if (is_success(now))
            set_value(now, object, num, now->event->result);
    } else {
        step_text(now, "semctl %s: %s", object_label(now->model, object),
                  command);
        step_result(now, "%ld", now->event->result);
    }
    return true;
}

void sysv_told(struct now *now, const char *text)
{
    static const char prefix[] = "ipclab: semctl ";
    char *end;

    if (strcmp(text, "ipclab: aside") == 0)
        now->model->processes[now->process].aside = true;
    if (strncmp(text, prefix, strlen(prefix)) != 0)
        return;
    int object = sysv_object(now, KIND_SEMAPHORES,
                             strtol(text + strlen(prefix), &end, 10));
    long num = 0;
    for (char *next; *end == ' '; end = next) {
        long value = strtol(end, &next, 10);
        if (next == end)
            break;
        set_value(now, object, num++, value);
    }
}

/* ---- semop -------------------------------------------------------------- */

/* "[{sem_num=0, sem_op=-1, sem_flg=SEM_UNDO}, ...]"; the list is to be freed.
 */
static size_t read_changes(const struct trace_event *event,
                           struct change **list)
{
    const char *at = event->args;
    size_t count = 0;

    *list = NULL;
    while ((at = strstr(at, "sem_num=")) != NULL) {
        const char *by = strstr(at, "sem_op=");
        if (by == NULL)
            break;
        size_t rest = strcspn(by, "}");
        struct change *change = grow(list, &count, sizeof(*change));
        *change = (struct change){(int)strtol(at + 8, NULL, 10),
                                  (int)strtol(by + 7, NULL, 10),
                                  memmem(by, rest, "SEM_UNDO", 8) != NULL};
        at = by + rest;
    }
    return count;
}

/* In words; to be freed. */
static char *tell_changes(const struct change *changes, size_t count)
{
    char *text = xstrdup("");

    for (size_t i = 0; i < count; i++) {
        const struct change *change = &changes[i];
        char *longer = change->by == 0
                           ? xformat("%s%swait until number %d is 0", text,
                                     i ? ", " : "", change->num)
                           : xformat("%s%s%+d to number %d%s", text,
                                     i ? ", " : "", change->by, change->num,
                                     change->undo ? " (undo)" : "");
        free(text);
        text = longer;
    }
    return text;
}

static bool handle_semop(struct now *now)
{
    int object = sysv_object(now, KIND_SEMAPHORES, arg_number(now, 0));
    const struct object *set = &now->model->objects[object];
    struct change *changes;
    size_t count = read_changes(now->event, &changes);

    /* EAGAIN is also what comes of a time limit: semop(2). */
    bool fails = fails_at_once(now, "EAGAIN") && arg_has(now, -1, "IPC_NOWAIT");
    now->at_once = fails || (all_known(set, changes, count) &&
                             !blocked_by(set, changes, count));
    if (now->begins && !now->endless && now->at_once) {
        free(changes);
        return false;
    }
    char *text = tell_changes(changes, count);
    now->step.object = object;
    /* The C library's semop() has become this call, without a time limit. */
    step_text(now, "%s %s: %s",
              arg_has(now, 3, "NULL") ? "semop" : now->event->name,
              object_label(now->model, object), text);
    step_result(now, "done");
    free(text);
    if (now->begins) {
        waiter_add(now, object, changes, count);
        return true;
    }
    waiter_remove(now->model, object, now->process);
    for (size_t i = 0; is_success(now) && i < count; i++)
        apply(now, object, &changes[i]);
    free(changes);
    return true;
}

/* ---- In which order ----------------------------------------------------- */

static bool is_semop(const struct trace_event *event)
{
    return event->kind == TRACE_CALL && event->finished &&
           event->error == NULL &&
           list_holds("semop,semtimedop", ',', event->name);
}

bool semop_is_early(const struct model *model, const struct trace_event *event)
{
    int object = is_semop(event) ? sysv_of(model, event) : NONE;
    struct change *changes;

    if (object == NONE)
        return false;
    const struct object *set = &model->objects[object];
    size_t count = read_changes(event, &changes);
    bool early =
        all_known(set, changes, count) && blocked_by(set, changes, count);
    free(changes);
    return early;
}

/* The end of a process that owes what WANTED waits for. */
static bool end_gives(const struct model *model, int process, int object,
                      const struct change *wanted)
{
    const struct process *owner = &model->processes[process];

    for (size_t i = 0; i < owner->undo_count; i++)
        if (owner->undos[i].object == object &&
            owner->undos[i].num == wanted->num &&
            (wanted->by < 0 ? owner->undos[i].change > 0
                            : owner->undos[i].change < 0))
            return true;
    return false;
}

bool semop_waits_for(const struct model *model, const struct trace_event *event,
                     const struct trace_event *cause)
{
    int object = is_semop(event) ? sysv_of(model, event) : NONE;
    struct change *changes, *given;
    bool helps = false;

    if (object == NONE)
        return false;
    size_t count = read_changes(event, &changes);
    const struct change *wanted =
        blocked_by(&model->objects[object], changes, count);
    if (wanted && (cause->kind == TRACE_EXITED || cause->kind == TRACE_KILLED))
        helps = end_gives(model, cause->process, object, wanted);
    if (wanted && is_semop(cause) && sysv_of(model, cause) == object) {
        size_t gives = read_changes(cause, &given);
        for (size_t i = 0; i < gives; i++)
            helps |= given[i].num == wanted->num &&
                     (wanted->by < 0 ? given[i].by > 0 : given[i].by < 0);
        free(given);
    }
    free(changes);
    return helps;
}

/* ---- States ------------------------------------------------------------- */

/* How many wait for semaphore NUM of SET: for it to grow, or, with ZERO, to be
 * 0.  The kernel's semncnt and semzcnt. */
static int count_waiters(const struct object *set, size_t num, bool zero)
{
    int count = 0;

    for (size_t i = 0; i < set->waiter_count; i++) {
        const struct waiter *waiter = &set->waiters[i];
        const struct change *change =
            blocked_by(set, waiter->changes, waiter->count);
        if (change && (size_t)change->num == num && (change->by == 0) == zero)
            count++;
    }
    return count;
}

/* ", 2 wait for it to grow, 1 waits for it to be 0"; to be freed. */
static char *tell_waiters(const struct object *set, size_t num)
{
    int more = count_waiters(set, num, false);
    int zero = count_waiters(set, num, true);
    char *grows =
        more ? xformat(", %d wait%s for it to grow", more, more == 1 ? "s" : "")
             : xstrdup("");
    char *text = zero ? xformat("%s, %d wait%s for it to be 0", grows, zero,
                                zero == 1 ? "s" : "")
                      : xstrdup(grows);

    free(grows);
    return text;
}

/* " 0 2 1": how many wait for each of SET; "" if nobody does; to be freed. */
static char *count_all(const struct object *set, bool zero, const char *words)
{
    char *text = xstrdup(words);
    int all = 0;

    for (size_t i = 0; i < set->semaphore_count; i++) {
        int count = count_waiters(set, i, zero);
        char *longer = xformat("%s %d", text, count);
        free(text);
        text = longer;
        all += count;
    }
    if (all == 0)
        *text = '\0';
    return text;
}

void semaphores_note(const struct object *set, struct state *state)
{
    char *values = xstrdup("values");
    char *more = count_all(set, false, ", waiting");
    char *zero = count_all(set, true, ", waiting for 0:");

    for (size_t i = 0; i < set->semaphore_count; i++) {
        const struct semaphore *semaphore = &set->semaphores[i];
        int shown = semaphore->value > 0 ? semaphore->value : 0;
        char *value = semaphore->known ? xformat("%d", shown) : xstrdup("?");
        char *longer = xformat("%s %s", values, value);
        char *waits = tell_waiters(set, i);
        state_add_item(state,
                       xformat("number %zu: value %s%s", i, value, waits));
        free(waits);
        free(value);
        free(values);
        values = longer;
    }
    state->text = xformat("%s%s%s", values, more, zero);
    free(zero);
    free(more);
    free(values);
}

void semaphores_release(struct object *set)
{
    for (size_t i = 0; i < set->waiter_count; i++)
        free(set->waiters[i].changes);
    free(set->waiters);
    free(set->semaphores);
}

const struct call semaphore_calls[] = {
    {"semop,semtimedop", true, handle_semop},
    {"semget", false, handle_semget},
    {"semctl", false, handle_semctl},
    {NULL, false, NULL},
};
