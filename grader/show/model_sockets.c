// SPDX-License-Identifier: MIT
/*
 * model_sockets.c - sockets: a connection is one object with two ends and a
 * direction from each to the other, whoever holds them; see model_private.h.
 *
 * Inside a sandbox strace cannot tell which sockets are connected: its names
 * have the inode of one end only, "UNIX-STREAM:[1]".  Then who connects is
 * joined with who accepts by the address, in the order in which they came:
 * accept(2).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"

/* ---- Ends ---------------------------------------------------------------- */

/* What stands between FROM and the next of STOP in NAME; to be freed. */
static char *part(const char *name, const char *from, const char *stop)
{
    const char *begin = strstr(name, from);

    if (begin == NULL)
        return xstrdup("");
    begin += strlen(from);
    const char *arrow = strstr(begin, "->");
    size_t size = strcspn(begin, stop);
    if (arrow && (size_t)(arrow - begin) < size)
        size = (size_t)(arrow - begin);
    return xstrndup(begin, size);
}

static int end_called(const struct object *object, const char *name)
{
    for (int i = 0; i < 2 && *name; i++)
        if (object->ends[i].name && strcmp(object->ends[i].name, name) == 0)
            return i;
    return NONE;
}

/* A name that is new is that of the end which is not the one behind its arrow,
 * or which has none. */
int socket_end(struct object *object, const char *name)
{
    char *own = part(name, "[", ",]"), *peer = part(name, "->", ",]");
    int end = end_called(object, own);

    if (end == NONE && end_called(object, peer) != NONE)
        end = 1 - end_called(object, peer);
    for (int i = 0; i < 2 && end == NONE && *own; i++)
        if (object->ends[i].name == NULL)
            end = i;
    if (end != NONE && end_called(object, own) == NONE) {
        free(object->ends[end].name);
        object->ends[end].name = xstrdup(own);
    }
    free(own);
    free(peer);
    return end;
}

/* Note that the end NAME of OBJECT goes by LABEL. */
static int label_end(struct model *model, int object, const char *name,
                     const char *label)
{
    struct object *socket = &model->objects[object];
    int end = socket_end(socket, name);

    if (end != NONE && socket->ends[end].label == NULL)
        socket->ends[end].label = xstrdup(label);
    return end;
}

void socket_note(const struct object *object, struct state *state)
{
    for (int i = 0; i < 2; i++) {
        const struct end *end = &object->ends[i], *other = &object->ends[1 - i];
        if (end->label == NULL || other->label == NULL)
            return;
        char **item = grow(&state->items, &state->item_count, sizeof(*item));
        long unread = other->unread > 0 ? other->unread : 0;
        *item = xformat("from %s to %s: %ld byte%s%s", end->label, other->label,
                        unread, unread == 1 ? "" : "s",
                        end->shut ? ", shut down" : "");
    }
}

void socket_moved(struct now *now, int object, const char *name, bool out,
                  long size)
{
    struct object *socket = &now->model->objects[object];

    if (socket->kind != KIND_SOCKET)
        return;
    int end = socket_end(socket, name);
    if (end == NONE)
        return;
    /* Less than none: the result of what was sent is told later. */
    socket->ends[out ? 1 - end : end].unread += out ? size : -size;
}

/* ---- Making and connecting ----------------------------------------------- */

static bool handle_socket(struct now *now)
{
    step_text(now, "socket");
    int object = io_add_result(now, KIND_SOCKET, 'b');
    step_result(now, "descriptor %ld", now->event->result);
    return object != NONE;
}

static bool handle_socketpair(struct now *now)
{
    char text[600], name[256], label[32];
    bool shown = io_add_pair(now, 3, KIND_SOCKET);

    if (now->step.object == NONE ||
        !trace_arg(now->event, 3, text, sizeof(text)))
        return shown;
    for (const char *next = text + 1; *next >= '0' && *next <= '9';
         next += strspn(next, ", ")) {
        int fd = text_fd(next, name, sizeof(name), &next);
        (void)snprintf(label, sizeof(label), "end %d", fd);
        (void)label_end(now->model, now->step.object, name, label);
    }
    return shown;
}

/* "sun_path="/tmp/s"", "sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")" */
static char *address_of(const struct now *now)
{
    const char *path = strstr(now->event->args, "sun_path=");
    const char *port = strstr(now->event->args, "port=htons(");

    if (path)
        return xstrndup(path + 9, strcspn(path + 9, "}"));
    if (port)
        return xformat("port %ld", strtol(port + 11, NULL, 10));
    return xstrdup("");
}

/* A connection that one side has made, LISTENER's. */
struct meeting {
    int listener, object;
    bool accepted; /* else connected */
};

/* The first one of LISTENER that the other side has made; NONE. */
static int take_meeting(struct model *model, int listener, bool accepted)
{
    for (size_t i = 0; i < model->meeting_count; i++) {
        struct meeting *meeting = &model->meetings[i];
        if (meeting->listener != listener || meeting->accepted != accepted)
            continue;
        int object = meeting->object;
        model->meeting_count--;
        memmove(meeting, meeting + 1,
                (model->meeting_count - i) * sizeof(*meeting));
        return object;
    }
    return NONE;
}

static void add_meeting(struct model *model, int listener, int object,
                        bool accepted)
{
    struct meeting *meeting =
        grow(&model->meetings, &model->meeting_count, sizeof(*meeting));

    *meeting = (struct meeting){listener, object, accepted};
}

/* Whether OBJECT was accepted before it was told to be connected. */
static bool has_met(const struct model *model, int object)
{
    for (size_t i = 0; i < model->meeting_count; i++)
        if (model->meetings[i].object == object)
            return true;
    return false;
}

static int listener_at(const struct model *model, const char *address)
{
    for (size_t i = model->object_count; *address && i-- > 0;)
        if (model->objects[i].address &&
            strcmp(model->objects[i].address, address) == 0)
            return (int)i;
    return NONE;
}

/* From now on all descriptors of FROM are of TO. */
static void become(struct model *model, int from, int to)
{
    for (size_t i = 0; i < model->fd_count; i++)
        if (model->fds[i].object == from && model->fds[i].to == OPEN)
            model->fds[i].object = to;
    object_touch(model, to);
}

/* The descriptor NAME is of OBJECT, which connect(2) has connected. */
static int connected(struct model *model, int object, const char *name,
                     const char *address)
{
    int listener = listener_at(model, address);
    int other = listener == NONE ? NONE : take_meeting(model, listener, true);

    if (other != NONE && other != object) {
        become(model, object, other);
        object = other;
    } else if (listener != NONE && other == NONE) {
        add_meeting(model, listener, object, false);
    }
    (void)label_end(model, object, name, "the client");
    return object;
}

static bool is_connecting(const struct now *now)
{
    return is_success(now) ||
           (!now->begins && strcmp(now->event->error, "EINPROGRESS") == 0);
}

static bool handle_address(struct now *now)
{
    char name[512];
    int fd = arg_fd(now, 0, name, sizeof(name));

    if (fd < 0)
        return false;
    char *address = address_of(now);
    int object = now->step.object = fd_object(now, fd, name);
    step_text(now, "%s %d%s%s", now->event->name, fd, *address ? " to " : "",
              address);
    step_result(now, "done");
    bool connects = strcmp(now->event->name, "connect") == 0;
    if (object != NONE && connects && is_connecting(now)) {
        now->step.object = connected(now->model, object, name, address);
    } else if (object != NONE && *address && is_success(now)) { /* bind */
        free(now->model->objects[object].address);
        now->model->objects[object].address = xstrdup(address);
    }
    free(address);
    return true;
}

/* The client of LISTENER whose connect(2) is told later than the accept(2) at
 * hand; NONE. */
static int early_client(const struct now *now, int listener)
{
    const struct model *model = now->model;

    for (size_t i = 0; i < model->trace->event_count && listener != NONE; i++) {
        const struct trace_event *event = &model->trace->events[i];
        struct now then = {.event = event};
        int leader = model->trace->processes[event->process].leader;
        if (event->kind != TRACE_CALL || strcmp(event->name, "connect") != 0 ||
            event->begun > now->event->ended ||
            event->ended < now->event->ended)
            continue;
        const struct descriptor *known =
            fd_get(model, leader, (int)arg_number(&then, 0));
        char *address = address_of(&then);
        bool meets = known && listener_at(model, address) == listener &&
                     !has_met(model, known->object);
        free(address);
        if (meets)
            return known->object;
    }
    return NONE;
}

/* The object of accept(2)'s result. */
static int accepted(struct now *now, int listener)
{
    struct model *model = now->model;
    int object = take_meeting(model, listener, false);
    char name[512];

    result_name(now, name, sizeof(name));
    if (object == NONE) {
        object = early_client(now, listener);
        if (object != NONE)
            add_meeting(model, listener, object, true);
    }
    if (object != NONE) {
        fd_add(model, now->leader, (int)now->event->result, object, 'b',
               arg_has(now, -1, "SOCK_CLOEXEC"));
        (void)object_of_socket(model, object, name); /* which is its name now */
    } else {
        object = io_add_result(now, KIND_SOCKET, 'b');
        if (object != NONE)
            add_meeting(model, listener, object, true);
    }
    if (object != NONE)
        (void)label_end(model, object, name, "the server");
    return object;
}

static bool handle_accept(struct now *now)
{
    char name[512];
    int fd = arg_fd(now, 0, name, sizeof(name));
    int listener = fd >= 0 ? fd_object(now, fd, name) : NONE;

    step_text(now, "%s %d", now->event->name, fd);
    now->step.object = is_success(now) ? accepted(now, listener) : listener;
    step_result(now, "descriptor %ld", now->event->result);
    return true;
}

/* Who sends no more: the other side reads end-of-file, shutdown(2). */
static bool handle_shutdown(struct now *now)
{
    char name[512];
    int fd = arg_fd(now, 0, name, sizeof(name));
    int object = fd >= 0 ? fd_object(now, fd, name) : NONE;

    if (object == NONE || now->model->objects[object].kind != KIND_SOCKET)
        return false;
    now->step.object = object;
    bool both = arg_has(now, 1, "SHUT_RDWR");
    bool sends = arg_has(now, 1, "SHUT_WR");
    step_text(now, "shutdown %d of %s, %s", fd,
              object_label(now->model, object),
              both    ? "both ways"
              : sends ? "to send no more"
                      : "to read no more");
    step_result(now, "%s", "");
    int end = socket_end(&now->model->objects[object], name);
    if (is_success(now) && end != NONE && (sends || both)) {
        now->model->objects[object].ends[end].shut = true;
        object_touch(now->model, object);
    }
    return true;
}

const struct call socket_calls[] = {
    {"socketpair", false, handle_socketpair},
    {"socket", false, handle_socket},
    {"accept,accept4", true, handle_accept},
    {"connect", true, handle_address},
    {"bind,listen", false, handle_address},
    {"shutdown", false, handle_shutdown},
    {NULL, false, NULL},
};
