// SPDX-License-Identifier: MIT
/* model_fds.c - descriptor tables; see model_private.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"

/* ---- Tables
 * ------------------------------------------------------------------ */

/* The index of PROCESS's descriptor FD in its list; NONE. */
static int find(const struct model *model, int process, int fd)
{
    const struct process *owner = &model->processes[process];

    for (size_t i = 0; i < owner->open_count; i++)
        if (model->fds[owner->open[i]].fd == fd)
            return (int)i;
    return NONE;
}

struct descriptor *fd_get(const struct model *model, int process, int fd)
{
    int at = find(model, process, fd);

    return at == NONE ? NULL : &model->fds[model->processes[process].open[at]];
}

void fd_close_at(struct model *model, int process, size_t at)
{
    struct process *owner = &model->processes[process];
    struct descriptor *fd = &model->fds[owner->open[at]];

    fd->to = model_step(model);
    object_touch(model, fd->object);
    owner->open[at] = owner->open[--owner->open_count];
}

void fd_close(struct model *model, int process, int fd)
{
    int at = find(model, process, fd);

    if (at != NONE)
        fd_close_at(model, process, (size_t)at);
}

void fd_add(struct model *model, int process, int fd, int object, char mode,
            bool cloexec)
{
    struct process *owner = &model->processes[process];

    fd_close(model, process, fd);
    struct descriptor *new = grow(&model->fds, &model->fd_count, sizeof(*new));
    *new = (struct descriptor){process,           fd,  object, mode, cloexec,
                               model_step(model), OPEN};
    *(int *)grow(&owner->open, &owner->open_count, sizeof(int)) =
        (int)model->fd_count - 1;
    object_touch(model, object);
}

void fd_inherit(struct model *model, int from, int to)
{
    for (size_t i = 0; i < model->processes[from].open_count; i++) {
        struct descriptor fd =
            model->fds[model->processes[from].open[i]]; /* the list may move */
        fd_add(model, to, fd.fd, fd.object, fd.mode, fd.cloexec);
    }
}

void fd_close_many(struct model *model, int process, bool all)
{
    struct process *owner = &model->processes[process];

    for (size_t i = owner->open_count; i-- > 0;)
        if (all || model->fds[owner->open[i]].cloexec)
            fd_close_at(model, process, i);
}

/* ---- Names that the log has
 * -------------------------------------------------- */

/* Whether NAME may be what the log now has for OBJECT: sockets change theirs,
 * and all of one kind of anonymous inode have the same. */
static bool is_still(const struct model *model, int object, const char *name)
{
    const struct object *known = &model->objects[object];

    if (*name == '\0' || known->kind == KIND_EVENT)
        return true;
    if (known->kind == KIND_SOCKET)
        return strchr(name, '[') != NULL || strncmp(name, "socket:", 7) == 0;
    return object_find(model, name) == object ||
           strcmp(known->detail, name) == 0;
}

int fd_object(struct now *now, int fd, const char *name)
{
    struct model *model = now->model;
    const struct descriptor *known = fd_get(model, now->leader, fd);

    if (known && is_still(model, known->object, name)) {
        int same = known->object;
        if (model->objects[same].kind == KIND_SOCKET)
            same = object_of_socket(model, same, name);
        if (same != known->object)
            model->fds[known - model->fds].object = same;
        return same;
    }
    int object = *name ? object_named(model, name) : NONE;
    if (object != NONE && !now->begins)
        fd_add(model, now->leader, fd, object, 'b', false);
    return object;
}

void fd_standard(struct model *model)
{
    static const char *const labels[] = {"standard input", "standard output",
                                         "standard error"};
    unsigned open = 7; /* descriptors that no call has changed so far */

    for (size_t i = 0; open && i < model->trace->event_count; i++) {
        const struct trace_event *event = &model->trace->events[i];
        struct now now = {model, i, event, event->process, 0, true, {0}};
        char name[256];
        int fd = event->kind == TRACE_CALL ? arg_fd(&now, 0, name, sizeof(name))
                                           : NONE;
        if (list_holds("dup2,dup3", ',', event->name))
            fd = (int)arg_number(&now, 1);
        else if (list_holds("open,openat,dup,socket", ',', event->name))
            fd = (int)event->result;
        else if (*name == '\0')
            continue;
        if (fd < 0 || fd > 2 || (open & 1u << fd) == 0)
            continue;
        open &= ~(1u << fd);
        if (*name == '\0' || strncmp(event->name, "dup", 3) == 0)
            continue;
        model_begin(model, 0);
        int object = object_find(model, name);
        if (object == NONE) {
            object = object_named(model, name);
            if (object != NONE &&
                model->objects[object].kind != KIND_TERMINAL &&
                model->objects[object].kind != KIND_FILE) {
                free(model->objects[object].label);
                model->objects[object].label = xstrdup(labels[fd]);
            }
        }
        if (object == NONE)
            continue;
        model->objects[object].outside = true;
        fd_add(model, 0, fd, object, fd == 0 ? 'r' : 'w', false);
    }
}
