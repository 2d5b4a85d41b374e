// SPDX-License-Identifier: MIT
/* model_mqueue.c - POSIX message queues, and names; see model_private.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"

#define MSG_DEFAULT                                                            \
    10 /* messages in a queue if nobody asks: mq_overview(7)                   \
        */

/* The queue NAME ("q", as the system call has it); its key is what a descriptor
 * of it is called, "/q".  MADE: if it is new here, then it is new. */
static int by_name(struct now *now, const char *name, bool made)
{
    char *key = xformat("/%s", name);
    char *label = xformat("queue /%s", name);
    bool known = object_find(now->model, key) != NONE;
    int object = object_get(now->model, KIND_QUEUE, key, label, key);

    if (!known)
        now->model->objects[object].outside = !made;
    free(label);
    free(key);
    return object;
}

static bool handle_open(struct now *now)
{
    char *name = arg_string(now, 0);

    if (name == NULL)
        return false;
    step_text(now, "mq_open /%s", name);
    step_result(now, "descriptor %ld", now->event->result);
    if (is_success(now)) {
        const char *limit = strstr(now->event->args, "mq_maxmsg=");
        now->step.object = by_name(now, name, arg_has(now, 1, "O_CREAT"));
        if (limit)
            now->model->objects[now->step.object].limit =
                strtol(limit + 10, NULL, 10);
        fd_add(now->model, now->leader, (int)now->event->result,
               now->step.object,
               arg_has(now, 1, "O_RDWR")     ? 'b'
               : arg_has(now, 1, "O_WRONLY") ? 'w'
                                             : 'r',
               true); /* always close-on-exec: mq_overview(7) */
    }
    free(name);
    return true;
}

static int queue_at(struct now *now)
{
    char name[300];
    int fd = arg_fd(now, 0, name, sizeof(name));
    struct descriptor *known =
        fd >= 0 ? fd_get(now->model, now->leader, fd) : NULL;

    return known ? known->object : *name ? by_name(now, name + 1, false) : NONE;
}

/* Behind those of the same priority: mq_send(3). */
static void insert(struct object *queue, struct message message)
{
    (void)grow(&queue->messages, &queue->message_count,
               sizeof(*queue->messages));
    size_t at = queue->message_count - 1;
    for (; at > 0 && queue->messages[at - 1].type < message.type; at--)
        queue->messages[at] = queue->messages[at - 1];
    queue->messages[at] = message;
}

/* A message has come to the empty QUEUE: whoever is registered is told, unless
 * somebody sleeps in mq_receive, who gets it (mq_notify(3)). */
static void notify(struct now *now, struct object *queue)
{
    if (queue->registered == NONE || queue->waiter_count > 0)
        return;
    step_result(now, "notifies %s", step_who(now->model, queue->registered));
    queue->registered = NONE;
}

static void send_message(struct now *now, struct object *queue)
{
    long priority = arg_number(now, 3), size = arg_number(now, 2);
    bool taken = message_settle(queue, priority);

    now->step.size = size;
    if (queue->message_count == 0 && !queue->outside)
        notify(now, queue);
    if (!taken)
        insert(queue,
               (struct message){priority, size,
                                xstrdup(now->step.data ? now->step.data : "")});
}

static bool handle_send(struct now *now)
{
    int object = queue_at(now);

    if (object == NONE)
        return false;
    struct object *queue = &now->model->objects[object];
    long limit = queue->limit > 0 ? queue->limit : MSG_DEFAULT;
    now->at_once = (!queue->outside && (long)queue->message_count < limit) ||
                   fails_at_once(now, "EAGAIN");
    if (now->begins && !now->endless && now->at_once)
        return false;
    now->step.object = object;
    now->step.flow = 'o';
    now->step.data = arg_string(now, 1);
    step_text(now, "mq_send to %s: priority %ld, %ld bytes",
              object_label(now->model, object), arg_number(now, 3),
              arg_number(now, 2));
    if (now->begins) {
        waiter_add(now, object, NULL, 0);
        return true;
    }
    waiter_remove(now->model, object, now->process);
    if (is_success(now))
        send_message(now, queue);
    else
        step_result(now, "%s", "");
    object_touch(now->model, object);
    return true;
}

static bool handle_receive(struct now *now)
{
    int object = queue_at(now);

    if (object == NONE)
        return false;
    struct object *queue = &now->model->objects[object];
    now->at_once = (!queue->outside && queue->message_count > 0) ||
                   fails_at_once(now, "EAGAIN");
    if (now->begins && !now->endless && now->at_once)
        return false;
    now->step.object = object;
    now->step.flow = 'i';
    step_text(now, "mq_receive from %s", object_label(now->model, object));
    if (now->begins) {
        waiter_add(now, object, NULL, 0);
        return true;
    }
    waiter_remove(now->model, object, now->process);
    long priority = is_success(now) ? arg_number(now, 3) : 0;
    step_result(now, "priority %ld, %ld bytes", priority, now->event->result);
    if (!is_success(now))
        return true;
    now->step.data = arg_string(now, 1);
    now->step.size = now->event->result;
    if (queue->message_count > 0)
        message_remove(queue, 0);
    else
        message_owe(queue, priority);
    object_touch(now->model, object);
    return true;
}

/* The queue that EVENT, if it succeeded and is called NAME, is about; NONE. */
static int queue_of(const struct model *model, const struct trace_event *event,
                    const char *name)
{
    const struct now now = {.event = event};
    char queue[300];

    if (event->kind != TRACE_CALL || !event->finished || event->error ||
        strcmp(event->name, name) != 0 ||
        arg_fd(&now, 0, queue, sizeof(queue)) < 0)
        return NONE;
    return object_find(model, queue);
}

bool mqueue_is_early(const struct model *model, const struct trace_event *event)
{
    int object = queue_of(model, event, "mq_timedreceive");

    return object != NONE && model->objects[object].message_count == 0;
}

bool mqueue_waits_for(const struct model *model,
                      const struct trace_event *event,
                      const struct trace_event *cause)
{
    int object = queue_of(model, event, "mq_timedreceive");

    return object != NONE && object == queue_of(model, cause, "mq_timedsend");
}

static bool handle_notify(struct now *now)
{
    int object = queue_at(now);
    bool registers = !arg_has(now, 1, "NULL");

    if (object == NONE)
        return false;
    struct object *queue = &now->model->objects[object];
    now->step.object = object;
    step_text(now, "mq_notify %s: %s", object_label(now->model, object),
              registers ? "register" : "deregister");
    step_result(now, "%s", "");
    if (is_success(now)) {
        queue->registered = registers ? now->leader : NONE;
        queue->notifies = true;
    }
    object_touch(now->model, object);
    return true;
}

void mqueue_closed(struct model *model, int process, int object)
{
    if (model->objects[object].registered != process)
        return;
    model->objects[object].registered = NONE;
    object_touch(model, object);
}

static bool handle_unlink(struct now *now)
{
    bool queue = strcmp(now->event->name, "mq_unlink") == 0;
    int at = strcmp(now->event->name, "unlinkat") == 0 ? 1 : 0;
    char *name = arg_string(now, at);
    char *key = name ? xformat("%s%s", queue ? "/" : "", name) : xstrdup("");
    char directory[512];
    bool known = at == 1 && arg_directory(now, directory, sizeof(directory));
    int object = queue ? object_find(now->model, key)
                       : object_at(now->model, known ? directory : NULL, key);
    bool shown =
        name && (queue || (object != NONE &&
                           now->model->objects[object].kind == KIND_FIFO));

    step_text(now, "%s %s", now->event->name, key);
    step_result(now, "%s", "");
    if (object != NONE && shown && is_success(now)) {
        now->step.object = object;
        now->model->objects[object].removed = true;
        object_touch(now->model, object);
        object_forget(now->model, object);
    }
    free(key);
    free(name);
    return shown;
}

/* mkfifo(3) */
static bool handle_mknod(struct now *now)
{
    int at = strcmp(now->event->name, "mknodat") == 0 ? 1 : 0;
    char *path = arg_string(now, at);

    if (path == NULL || !arg_has(now, -1, "S_IFIFO")) {
        free(path);
        return false;
    }
    step_text(now, "mkfifo %s", path);
    step_result(now, "%s", "");
    if (is_success(now)) {
        char directory[512];
        bool known = at == 1 && *path != '/' &&
                     arg_directory(now, directory, sizeof(directory));
        char *label = xformat("FIFO %s", path);
        char *key = known ? xformat("%s/%s", directory, path) : xstrdup(path);
        now->step.object = object_get(now->model, KIND_FIFO, key, label, key);
        free(key);
        free(label);
    }
    free(path);
    return true;
}

const struct call mqueue_calls[] = {
    {"mq_timedsend", true, handle_send},
    {"mq_timedreceive", true, handle_receive},
    {"mq_open", false, handle_open},
    {"mq_notify", false, handle_notify},
    {"mq_unlink,unlink,unlinkat", false, handle_unlink},
    {"mknod,mknodat", false, handle_mknod},
    {NULL, false, NULL},
};
