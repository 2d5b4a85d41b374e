// SPDX-License-Identifier: MIT
/* model_sysv.c - System V identifiers, and queues; see model_private.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"

#define MESSAGE_SHOWN 40    /* characters */
#define MSGMNB        16384 /* what a queue holds if nobody asks: msgget(2) */

/* ---- Who sleeps --------------------------------------------------------- */

void waiter_add(struct now *now, int object, struct change *changes,
                size_t count)
{
    struct object *of = &now->model->objects[object];
    struct waiter *waiter =
        grow(&of->waiters, &of->waiter_count, sizeof(*waiter));

    *waiter = (struct waiter){now->process, changes, count};
    object_touch(now->model, object);
}

void waiter_remove(struct model *model, int object, int process)
{
    struct object *of = &model->objects[object];

    for (size_t i = of->waiter_count; i-- > 0;)
        if (of->waiters[i].process == process) {
            free(of->waiters[i].changes);
            of->waiters[i] = of->waiters[--of->waiter_count];
            object_touch(model, object);
        }
}

bool fails_at_once(const struct now *now, const char *errors)
{
    return now->event->error && list_holds(errors, ',', now->event->error);
}

/* ---- Identifiers -------------------------------------------------------- */

/* The object that was called DETAIL ("semid 0") last, though it is gone. */
static int find_removed(const struct model *model, const char *detail)
{
    size_t length = strlen(detail);

    for (size_t i = model->object_count; i-- > 0;) {
        const char *known = model->objects[i].detail;
        if (strncmp(known, detail, length) == 0 &&
            (known[length] == '\0' || known[length] == ','))
            return (int)i;
    }
    return NONE;
}

int sysv_object(struct now *now, enum object_kind kind, long id)
{
    static const char *const names[] = {[KIND_SEMAPHORES] = "sem",
                                        [KIND_MESSAGES] = "msg",
                                        [KIND_SEGMENT] = "shm"};
    struct model *model = now->model;
    char *key = xformat("%s %ld", names[kind], id);
    char *detail = xformat("%sid %ld", names[kind], id);
    int object = object_find(model, key);

    if (object == NONE && now->event->error) {
        object = find_removed(model, detail);
        if (object == NONE) { /* there never was one */
            object = object_get(model, kind, key, detail, detail);
            model->objects[object].outside = true;
        }
    }
    if (object == NONE) {
        object = object_get(model, kind, key, NULL, detail);
        /* Others have made it, and may put in and take out what they like.  Of
         * semaphores tell.c says the values. */
        model->objects[object].outside = kind == KIND_MESSAGES &&
                                         !arg_has(now, -1, "IPC_CREAT") &&
                                         !arg_has(now, 0, "IPC_PRIVATE");
    }
    free(detail);
    free(key);
    return object;
}

int sysv_of(const struct model *model, const struct trace_event *event)
{
    const struct now now = {.event = event};
    char *key = xformat("%.3s %ld", event->name, arg_number(&now, 0));
    int object = object_find(model, key);

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
    if (kind != KIND_MESSAGES || arg_has(now, 0, "IPC_PRIVATE") ||
        arg_has(now, -1, "IPC_EXCL"))
        known->outside = false; /* or the call would have failed */
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

/* ---- Messages ----------------------------------------------------------- */

void message_owe(struct object *queue, long type)
{
    *(long *)grow(&queue->owed, &queue->owed_count, sizeof(long)) = type;
}

bool message_settle(struct object *queue, long type)
{
    for (size_t i = 0; i < queue->owed_count; i++)
        if (queue->owed[i] == type) {
            queue->owed[i] = queue->owed[--queue->owed_count];
            return true;
        }
    return false;
}

void message_remove(struct object *queue, size_t at)
{
    free(queue->messages[at].text);
    queue->message_count--;
    memmove(queue->messages + at, queue->messages + at + 1,
            (queue->message_count - at) * sizeof(*queue->messages));
}

void messages_release(struct object *queue)
{
    while (queue->message_count > 0)
        message_remove(queue, queue->message_count - 1);
    free(queue->messages);
    free(queue->owed);
}

static long bytes_in(const struct object *queue)
{
    long bytes = 0;

    for (size_t i = 0; i < queue->message_count; i++)
        bytes += queue->messages[i].size;
    return bytes;
}

/* The characters of TEXT, which has C escapes, before a run of NULs at its end.
 */
static int before_zeros(const char *text)
{
    size_t length = strlen(text);

    while (length >= 2 && strncmp(text + length - 2, "\\0", 2) == 0)
        length -= 2;
    return (int)length;
}

static void add_message(const struct object *queue,
                        const struct message *message, struct state *state)
{
    int length = before_zeros(message->text);

    if (length > MESSAGE_SHOWN)
        length = MESSAGE_SHOWN;
    state_add_item(state,
                   xformat("%s %ld: \"%.*s\"%s",
                           queue->kind == KIND_QUEUE ? "priority" : "type",
                           message->type, length, message->text,
                           message->text[length] ? "..." : ""));
}

void messages_note(const struct model *model, const struct object *queue,
                   struct state *state)
{
    size_t count = queue->message_count;
    bool of_bytes = queue->limit > 0 && queue->kind == KIND_MESSAGES;
    char *bytes =
        of_bytes ? xformat(", %ld of %ld bytes", bytes_in(queue), queue->limit)
                 : xstrdup("");
    char *of = queue->limit > 0 && !of_bytes ? xformat(" of %ld", queue->limit)
                                             : xstrdup("");

    state->level = (long)count;
    state->text = count == 0 ? xstrdup("empty")
                             : xformat("%zu%s message%s%s", count, of,
                                       count == 1 && !*of ? "" : "s", bytes);
    for (size_t i = 0; i < count; i++)
        add_message(queue, &queue->messages[i], state);
    if (queue->notifies && !queue->removed)
        state_add_item(state,
                       xformat("will notify %s",
                               queue->registered == NONE
                                   ? "nobody"
                                   : step_who(model, queue->registered)));
    free(of);
    free(bytes);
}

/* ---- Queues ------------------------------------------------------------- */

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

/* Whether a message of SIZE bytes has room: msgop(2). */
static bool has_room(const struct object *queue, long size)
{
    long limit = queue->limit > 0 ? queue->limit : MSGMNB;

    return bytes_in(queue) + size <= limit &&
           (long)queue->message_count < limit;
}

static bool handle_msgsnd(struct now *now)
{
    int object = sysv_object(now, KIND_MESSAGES, arg_number(now, 0));
    struct object *queue = &now->model->objects[object];
    long size = arg_number(now, 2), type = type_of(now);

    now->at_once = (!queue->outside && has_room(queue, size)) ||
                   fails_at_once(now, "EAGAIN");
    if (now->begins && !now->endless && now->at_once)
        return false;
    now->step.object = object;
    now->step.flow = 'o';
    now->step.data = arg_strings(now, "mtext=");
    step_text(now, "msgsnd to %s: type %ld, %ld bytes",
              object_label(now->model, object), type, size);
    step_result(now, "%s", "");
    if (now->begins) {
        waiter_add(now, object, NULL, 0);
        return true;
    }
    waiter_remove(now->model, object, now->process);
    if (is_success(now)) {
        now->step.size = size;
        object_touch(now->model, object);
        if (message_settle(queue, type))
            return true;
        struct message *message =
            grow(&queue->messages, &queue->message_count, sizeof(*message));
        *message = (struct message){type, size, xstrdup(now->step.data)};
    }
    return true;
}

/* What a receiver asked for: msgop(2). */
static const char *selector(long type, bool except)
{
    static char text[60];

    if (type == 0)
        return "the first";
    (void)snprintf(text, sizeof(text),
                   except     ? "any type but %ld"
                   : type > 0 ? "type %ld"
                              : "the lowest type up to %ld",
                   type > 0 ? type : -type);
    return text;
}

/* The first message of QUEUE that SELECTOR allows; message_count if there is
 * none. */
static size_t find_message(const struct object *queue, long selector,
                           bool except)
{
    size_t i = 0;

    for (; i < queue->message_count; i++) {
        long type = queue->messages[i].type;
        if (selector > 0 ? (type == selector) != except
                         : selector == 0 || type <= -selector)
            break;
    }
    return i;
}

/* The first SIZE bytes of the message: strace shows the whole buffer.  To be
 * freed. */
static char *received(const struct now *now, long size)
{
    char *text = arg_strings(now, "mtext="), *p = text;

    for (; *p && size > 0; size--) {
        if (*p++ != '\\')
            continue;
        /* Octal, as short as it may be, or one character. */
        size_t digits = strspn(p, "01234567");
        p += digits > 3 ? 3 : digits > 0 ? digits : *p != '\0';
    }
    *p = '\0';
    return text;
}

static bool handle_msgrcv(struct now *now)
{
    int object = sysv_object(now, KIND_MESSAGES, arg_number(now, 0));
    struct object *queue = &now->model->objects[object];
    long wanted = arg_number(now, 3), type = type_of(now);
    bool except = arg_has(now, 4, "MSG_EXCEPT");

    size_t first = find_message(queue, wanted, except);
    now->at_once = (!queue->outside && first < queue->message_count) ||
                   fails_at_once(now, "ENOMSG,E2BIG");
    if (now->begins && !now->endless && now->at_once)
        return false;
    now->step.object = object;
    now->step.flow = 'i';
    step_text(now, "msgrcv from %s: %s", object_label(now->model, object),
              selector(wanted, except));
    step_result(now, "type %ld, %ld bytes", type, now->event->result);
    if (now->begins) {
        waiter_add(now, object, NULL, 0);
        return true;
    }
    waiter_remove(now->model, object, now->process);
    if (is_success(now) && !arg_has(now, 4, "MSG_COPY")) {
        now->step.data = received(now, now->event->result);
        now->step.size = now->event->result;
        size_t at = find_message(queue, type, false);
        if (at < queue->message_count)
            message_remove(queue, at);
        else
            message_owe(queue, type);
        object_touch(now->model, object);
    }
    return true;
}

static bool is_done(const struct trace_event *event, const char *name)
{
    return event->kind == TRACE_CALL && event->finished &&
           event->error == NULL && strcmp(event->name, name) == 0;
}

static bool msgrcv_is_early(const struct model *model,
                            const struct trace_event *event)
{
    const struct now now = {.event = event};
    int object = is_done(event, "msgrcv") ? sysv_of(model, event) : NONE;

    if (object == NONE)
        return false;
    const struct object *queue = &model->objects[object];
    return find_message(queue, type_of(&now), false) == queue->message_count;
}

static bool msgrcv_waits_for(const struct model *model,
                             const struct trace_event *event,
                             const struct trace_event *cause)
{
    const struct now now = {.event = event}, other = {.event = cause};

    return is_done(event, "msgrcv") && is_done(cause, "msgsnd") &&
           sysv_of(model, event) == sysv_of(model, cause) &&
           type_of(&now) == type_of(&other);
}

void sysv_control(struct now *now, int object)
{
    char command[40];

    if (!trace_arg(now->event, 1, command, sizeof(command)))
        command[0] = '\0';
    now->step.object = object;
    step_text(now, "%s %s: %s", now->event->name,
              object_label(now->model, object), command);
}

static bool handle_msgctl(struct now *now)
{
    int object = sysv_object(now, KIND_MESSAGES, arg_number(now, 0));
    const char *limit = strstr(now->event->args, "msg_qbytes=");

    if (arg_has(now, 1, "IPC_RMID"))
        return sysv_remove(now, object);
    sysv_control(now, object);
    if (limit && is_success(now)) {
        now->model->objects[object].limit = strtol(limit + 11, NULL, 10);
        object_touch(now->model, object);
        if (arg_has(now, 1, "IPC_SET"))
            step_text(now, "msgctl %s: room for %ld bytes",
                      object_label(now->model, object),
                      now->model->objects[object].limit);
    }
    step_result(now, "%s", "");
    return true;
}

/* ---- In which order ----------------------------------------------------- */

bool ipc_is_early(const struct model *model, const struct trace_event *event)
{
    return semop_is_early(model, event) || msgrcv_is_early(model, event) ||
           mqueue_is_early(model, event);
}

bool ipc_waits_for(const struct model *model, const struct trace_event *event,
                   const struct trace_event *cause)
{
    return semop_waits_for(model, event, cause) ||
           msgrcv_waits_for(model, event, cause) ||
           mqueue_waits_for(model, event, cause);
}

const struct call sysv_calls[] = {
    {"msgsnd", true, handle_msgsnd},
    {"msgrcv", true, handle_msgrcv},
    {"msgget", false, handle_msgget},
    {"msgctl", false, handle_msgctl},
    {NULL, false, NULL},
};
