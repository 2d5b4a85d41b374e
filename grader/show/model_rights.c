// SPDX-License-Identifier: MIT
/*
 * model_rights.c - descriptors that are passed through a socket, SCM_RIGHTS in
 * unix(7): who receives one has it from then on; see model_private.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"

/* In flight from the end FROM of SOCKET. */
struct passed {
    int socket, from, object;
    char mode;
    bool early; /* it was received, and is yet to be told to be sent */
};

/* Where the descriptors begin that EVENT passes; NULL: it passes none. */
static const char *rights_of(const struct trace_event *event)
{
    static const char key[] = "SCM_RIGHTS, cmsg_data=[";
    const char *rights = strstr(event->args, key);

    return rights ? rights + sizeof(key) - 1 : NULL;
}

/* The descriptor at *NEXT, which is then behind it, and its NAME; -1. */
static int next_right(const char **next, char *name, size_t size)
{
    if (**next < '0' || **next > '9')
        return -1;
    int fd = text_fd(*next, name, size, next);
    *next += strspn(*next, ", ");
    return fd;
}

/* The mode of what the log calls NAME, where it is sent by a call whose result
 * is told later. */
static char mode_of_early(const struct now *now, const char *name)
{
    const struct model *model = now->model;

    for (size_t i = 0; i < model->trace->event_count; i++) {
        const struct trace_event *event = &model->trace->events[i];
        const char *next = rights_of(event);
        char of[256];
        int fd, leader = model->trace->processes[event->process].leader;
        if (next == NULL || strcmp(event->name, "sendmsg") != 0 ||
            event->begun > now->event->ended ||
            event->ended < now->event->ended)
            continue;
        while ((fd = next_right(&next, of, sizeof(of))) >= 0) {
            const struct descriptor *known = fd_get(model, leader, fd);
            if (known && strcmp(of, name) == 0)
                return known->mode;
        }
    }
    return 'b';
}

/* Take what is first in flight from the end FROM of SOCKET, as EARLY says, and
 * is OBJECT (NONE: whatever it is); false: nothing is. */
static bool take(struct model *model, int socket, int from, int object,
                 bool early, struct passed *taken)
{
    for (size_t i = 0; i < model->passed_count; i++) {
        struct passed *passed = &model->passed[i];
        if (passed->socket != socket || passed->from != from ||
            passed->early != early ||
            (object != NONE && passed->object != object))
            continue;
        *taken = *passed;
        model->passed_count--;
        memmove(passed, passed + 1,
                (model->passed_count - i) * sizeof(*passed));
        return true;
    }
    return false;
}

static void put(struct model *model, struct passed passed)
{
    struct passed *slot =
        grow(&model->passed, &model->passed_count, sizeof(*slot));

    *slot = passed;
}

static void add_text(struct now *now, const char *first, int fd,
                     const char *label)
{
    char *whole =
        xformat("%s%s descriptor %d (%s)", now->step.text, first, fd, label);

    free(now->step.text);
    now->step.text = whole;
}

static void send_one(struct now *now, int socket, int from, int fd,
                     const char *name, const char *first)
{
    int object = fd_object(now, fd, name);
    const struct descriptor *known = fd_get(now->model, now->leader, fd);
    struct passed early;

    if (!take(now->model, socket, from, object, true, &early))
        put(now->model, (struct passed){socket, from, object,
                                        known ? known->mode : 'b', false});
    add_text(now, first, fd,
             object == NONE ? name : object_label(now->model, object));
}

static void receive_one(struct now *now, int socket, int from, int fd,
                        const char *name, const char *first)
{
    int object = *name ? object_named(now->model, name) : NONE;
    struct passed taken;

    if (!take(now->model, socket, from, object, false, &taken)) {
        taken = (struct passed){socket, from, object, mode_of_early(now, name),
                                true};
        put(now->model, taken);
    }
    if (taken.object != NONE)
        fd_add(now->model, now->leader, fd, taken.object, taken.mode,
               arg_has(now, -1, "MSG_CMSG_CLOEXEC"));
    add_text(now, first, fd,
             taken.object == NONE ? name
                                  : object_label(now->model, taken.object));
}

/* Only recvmsg(2) takes what came with the bytes: unix(7). */
static void lose(struct now *now, int socket, int from)
{
    struct passed lost;

    if (now->event->result <= 0 ||
        !take(now->model, socket, from, NONE, false, &lost))
        return;
    char *whole =
        xformat("%s; the descriptor that came with it is lost", now->step.text);
    free(now->step.text);
    now->step.text = whole;
}

void socket_passed(struct now *now, int object, const char *name, bool out)
{
    struct object *socket = &now->model->objects[object];
    const char *next = rights_of(now->event);
    const char *first = out ? ", and passes" : ", and receives";
    char of[256];
    int fd;

    if (socket->kind != KIND_SOCKET || now->event->error)
        return;
    int end = socket_end(socket, name);
    if (end == NONE)
        return;
    if (next == NULL && !out)
        lose(now, object, 1 - end);
    while (next && (fd = next_right(&next, of, sizeof(of))) >= 0) {
        if (out)
            send_one(now, object, end, fd, of, first);
        else
            receive_one(now, object, 1 - end, fd, of, first);
        first = ",";
    }
}
