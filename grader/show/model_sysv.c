// SPDX-License-Identifier: MIT
/* model_sysv.c - System V semaphores and queues; see model_private.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"

int sysv_object(struct now *now, enum object_kind kind, long id)
{
    static const char *const names[] = {[KIND_SEMAPHORES] = "sem",
                                        [KIND_MESSAGES] = "msg",
                                        [KIND_SEGMENT] = "shm"};
    char *key = xformat("%s %ld", names[kind], id);
    char *detail = xformat("%sid %ld", names[kind], id);
    int object = object_get(now->model, kind, key, NULL, detail);

    free(detail);
    free(key);
    return object;
}

int sysv_get(struct now *now, enum object_kind kind)
{
    char key[40];

    if (trace_arg(now->event, 0, key, sizeof(key)) == NULL)
        key[0] = '\0';
    step_text(now, "%s key %s", now->event->name, key);
    if (!is_success(now)) {
        step_result(now, "%s", "");
        return NONE;
    }
    int object = sysv_object(now, kind, now->event->result);
    struct object *known = &now->model->objects[object];
    if (strstr(known->detail, "key") == NULL) {
        char *detail = xformat("%s, key %s", known->detail, key);
        free(known->detail);
        known->detail = detail;
    }
    now->step.object = object;
    step_result(now, "%s", object_label(now->model, object));
    object_touch(now->model, object);
    return object;
}

bool sysv_remove(struct now *now, int object)
{
    now->step.object = object;
    step_text(now, "%s %s: remove", now->event->name,
              object_label(now->model, object));
    step_result(now, "%s", "");
    if (is_success(now)) {
        now->model->objects[object].removed = true;
        object_touch(now->model, object);
        object_forget(now->model, object);
    }
    return true;
}

/* ---- Semaphores -------------------------------------------------------------
 */

static struct semaphore *semaphore_of(struct object *object, long num)
{
    if (num < 0 || num > 32000) /* SEMMSL */
        return NULL;
    while (object->semaphore_count <= (size_t)num)
        (void)grow(&object->semaphores, &object->semaphore_count,
                   sizeof(*object->semaphores));
    return &object->semaphores[num];
}

static bool handle_semget(struct now *now)
{
    int object = sysv_get(now, KIND_SEMAPHORES);

    if (object == NONE)
        return true;
    struct object *set = &now->model->objects[object];
    bool new = arg_has(now, 2, "IPC_CREAT") && set->semaphore_count == 0;
    long count = arg_number(now, 1);
    for (long i = 0; i < count && i < 250; i++) {
        struct semaphore *semaphore = semaphore_of(set, i);
        if (new &&arg_has(now, 2, "IPC_EXCL"))
            semaphore->known = true; /* a new set is zero: semget(2), Linux */
    }
    return true;
}

static void set_value(struct now *now, int object, long num, long value)
{
    struct semaphore *semaphore =
        semaphore_of(&now->model->objects[object], num);

    if (semaphore)
        *semaphore =
            (struct semaphore){value >= 0, (int)value, semaphore->waiting};
    object_touch(now->model, object);
}

static bool handle_semctl(struct now *now)
{
    int object = sysv_object(now, KIND_SEMAPHORES, arg_number(now, 0));
    long num = arg_number(now, 1), value = arg_number(now, 3);
    char command[40];
    bool *aside = &now->model->processes[now->process].aside;

    if (*aside)
        return *aside = false;
    if (arg_has(now, 2, "IPC_RMID"))
        return sysv_remove(now, object);
    if (!trace_arg(now->event, 2, command, sizeof(command)))
        command[0] = '\0';
    now->step.object = object;
    if (arg_has(now, 2, "SETVAL")) {
        step_text(now, "semctl %s: number %ld becomes %ld",
                  object_label(now->model, object), num, value);
        step_result(now, "%s", "");
        if (is_success(now))
            set_value(now, object, num, value);
    } else if (arg_has(now, 2, "SETALL")) {
        step_text(now, "semctl %s: SETALL", object_label(now->model, object));
        step_result(now, "%s", "");
        struct object *set = &now->model->objects[object];
        for (size_t i = 0; is_success(now) && i < set->semaphore_count; i++)
            set_value(now, object, (long)i, -1); /* tell.c follows */
    } else if (arg_has(now, 2, "GETVAL")) {
        step_text(now, "semctl %s: value of number %ld",
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

/* Apply CHANGE, and remember how it is undone. */
static void change_semaphore(struct now *now, int object, long num, int change,
                             bool undo)
{
    struct semaphore *semaphore =
        semaphore_of(&now->model->objects[object], num);
    struct process *process = &now->model->processes[now->leader];

    if (semaphore == NULL || change == 0)
        return;
    semaphore->value += change;
    if (semaphore->value < 0) /* another's return is not in the log yet */
        semaphore->value = 0;
    object_touch(now->model, object);
    if (!undo)
        return;
    for (size_t i = 0; i < process->undo_count; i++)
        if (process->undos[i].object == object &&
            process->undos[i].num == num) {
            process->undos[i].change -= change;
            return;
        }
    struct undo *entry =
        grow(&process->undos, &process->undo_count, sizeof(*entry));
    *entry = (struct undo){object, (int)num, -change};
}

static void add_op(char **text, long num, long change, bool undo)
{
    char *longer =
        xformat("%s%s%+ld to number %ld%s", *text, **text ? ", " : "", change,
                num, undo ? " (undo)" : "");

    if (change == 0) {
        free(longer);
        longer = xformat("%s%swait until number %ld is 0", *text,
                         **text ? ", " : "", num);
    }
    free(*text);
    *text = longer;
}

void sysv_undo(struct model *model, int process)
{
    struct process *owner = &model->processes[process];

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

/* Who waits in a call on OBJECT is counted by its own beginning and end. */
static void count_waiter(struct now *now, int object, long num)
{
    struct semaphore *semaphore =
        semaphore_of(&now->model->objects[object], num);

    if (semaphore == NULL)
        return;
    if (now->begins)
        semaphore->waiting++;
    else if (now->model->waiting[now->index] != OPEN && semaphore->waiting > 0)
        semaphore->waiting--;
    object_touch(now->model, object);
}

static bool handle_semop(struct now *now)
{
    int object = sysv_object(now, KIND_SEMAPHORES, arg_number(now, 0));
    char *text = xstrdup("");
    const char *op = now->event->args;
    bool first = true;

    while ((op = strstr(op, "sem_num=")) != NULL) {
        const char *change_at = strstr(op, "sem_op=");
        if (change_at == NULL)
            break;
        long num = strtol(op + 8, NULL, 10);
        long change = strtol(change_at + 7, NULL, 10);
        size_t rest = strcspn(change_at, "}");
        bool undo = memmem(change_at, rest, "SEM_UNDO", 8) != NULL;
        add_op(&text, num, change, undo);
        if (first)
            count_waiter(now, object, num);
        if (is_success(now))
            change_semaphore(now, object, num, (int)change, undo);
        first = false;
        op = change_at + rest;
    }
    now->step.object = object;
    step_text(now, "%s %s: %s", now->event->name,
              object_label(now->model, object), text);
    step_result(now, "done");
    free(text);
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

/* ---- Queues
 * ------------------------------------------------------------------ */

static bool handle_msgget(struct now *now)
{
    (void)sysv_get(now, KIND_MESSAGES);
    return true;
}

static long type_of(const struct now *now)
{
    const char *type = strstr(now->event->args, "mtype=");

    return type ? strtol(type + 6, NULL, 10) : 0;
}

static bool handle_msgsnd(struct now *now)
{
    int object = sysv_object(now, KIND_MESSAGES, arg_number(now, 0));
    long size = arg_number(now, 2);
    char *data = arg_strings(now, "mtext=");

    now->step.object = object;
    now->step.flow = 'o';
    step_text(now, "msgsnd to %s: type %ld, %ld bytes",
              object_label(now->model, object), type_of(now), size);
    step_result(now, "%s", "");
    if (is_success(now)) {
        struct object *queue = &now->model->objects[object];
        struct message *message =
            grow(&queue->messages, &queue->message_count, sizeof(*message));
        *message = (struct message){type_of(now), size, xstrdup(data)};
        now->step.size = size;
        object_touch(now->model, object);
    }
    now->step.data = data;
    return true;
}

/* What a receiver asked for: msgop(2). */
static const char *selector(long type)
{
    static char text[60];

    if (type == 0)
        return "the first";
    (void)snprintf(text, sizeof(text),
                   type > 0 ? "type %ld" : "the lowest type up to %ld",
                   type > 0 ? type : -type);
    return text;
}

/* The first message of TYPE leaves. */
static void take_message(struct model *model, int object, long type)
{
    struct object *queue = &model->objects[object];

    for (size_t i = 0; i < queue->message_count; i++)
        if (queue->messages[i].type == type) {
            free(queue->messages[i].text);
            queue->message_count--;
            memmove(queue->messages + i, queue->messages + i + 1,
                    (queue->message_count - i) * sizeof(*queue->messages));
            break;
        }
    object_touch(model, object);
}

static bool handle_msgrcv(struct now *now)
{
    int object = sysv_object(now, KIND_MESSAGES, arg_number(now, 0));

    now->step.object = object;
    now->step.flow = 'i';
    step_text(now, "msgrcv from %s: %s", object_label(now->model, object),
              selector(arg_number(now, 3)));
    step_result(now, "type %ld, %ld bytes", type_of(now), now->event->result);
    if (is_success(now)) {
        now->step.data = arg_strings(now, "mtext=");
        now->step.size = now->event->result;
        take_message(now->model, object, type_of(now));
    }
    return true;
}

static bool handle_msgctl(struct now *now)
{
    int object = sysv_object(now, KIND_MESSAGES, arg_number(now, 0));
    char command[40];

    if (arg_has(now, 1, "IPC_RMID"))
        return sysv_remove(now, object);
    if (!trace_arg(now->event, 1, command, sizeof(command)))
        command[0] = '\0';
    now->step.object = object;
    step_text(now, "msgctl %s: %s", object_label(now->model, object), command);
    step_result(now, "%s", "");
    return true;
}

const struct call sysv_calls[] = {
    {"semop,semtimedop", true, handle_semop}, {"semget", false, handle_semget},
    {"semctl", false, handle_semctl},         {"msgsnd", true, handle_msgsnd},
    {"msgrcv", true, handle_msgrcv},          {"msgget", false, handle_msgget},
    {"msgctl", false, handle_msgctl},         {NULL, false, NULL},
};
