// SPDX-License-Identifier: MIT
/* model_mqueue.c - POSIX message queues, and names; see model_private.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"

/* The queue NAME ("q", as the system call has it); its key is what a descriptor
 * of it is called, "/q". */
static int by_name(struct now *now, const char *name)
{
    char *key = xformat("/%s", name);
    char *label = xformat("queue /%s", name);
    int object = object_get(now->model, KIND_QUEUE, key, label, key);

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
        now->step.object = by_name(now, name);
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

    return known ? known->object : *name ? by_name(now, name + 1) : NONE;
}

static bool handle_send(struct now *now)
{
    int object = queue_at(now);
    long size = arg_number(now, 2), priority = arg_number(now, 3);

    if (object == NONE)
        return false;
    now->step.object = object;
    now->step.flow = 'o';
    now->step.data = arg_string(now, 1);
    step_text(now, "mq_send to %s: priority %ld, %ld bytes",
              object_label(now->model, object), priority, size);
    step_result(now, "%s", "");
    if (!is_success(now))
        return true;
    struct object *queue = &now->model->objects[object];
    (void)grow(&queue->messages, &queue->message_count,
               sizeof(*queue->messages));
    /* Behind those of the same priority: mq_send(3). */
    size_t at = queue->message_count - 1;
    for (; at > 0 && queue->messages[at - 1].type < priority; at--)
        queue->messages[at] = queue->messages[at - 1];
    queue->messages[at] = (struct message){
        priority, size, xstrdup(now->step.data ? now->step.data : "")};
    now->step.size = size;
    /* The registration is used up by a message in an empty queue. */
    if (queue->message_count == 1)
        queue->registered = NONE;
    object_touch(now->model, object);
    return true;
}

static bool handle_receive(struct now *now)
{
    int object = queue_at(now);

    if (object == NONE)
        return false;
    now->step.object = object;
    now->step.flow = 'i';
    step_text(now, "mq_receive from %s", object_label(now->model, object));
    if (!is_success(now)) {
        step_result(now, "%s", "");
        return true;
    }
    step_result(now, "priority %ld, %ld bytes", arg_number(now, 3),
                now->event->result);
    now->step.data = arg_string(now, 1);
    now->step.size = now->event->result;
    struct object *queue = &now->model->objects[object];
    if (queue->message_count > 0) {
        free(queue->messages[0].text);
        queue->message_count--;
        memmove(queue->messages, queue->messages + 1,
                queue->message_count * sizeof(*queue->messages));
    }
    object_touch(now->model, object);
    return true;
}

static bool handle_notify(struct now *now)
{
    int object = queue_at(now);
    bool registers = !arg_has(now, 1, "NULL");

    if (object == NONE)
        return false;
    now->step.object = object;
    step_text(now, "mq_notify %s: %s", object_label(now->model, object),
              registers ? "register" : "deregister");
    step_result(now, "%s", "");
    if (is_success(now))
        now->model->objects[object].registered = registers ? now->leader : NONE;
    object_touch(now->model, object);
    return true;
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
