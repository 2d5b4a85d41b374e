// SPDX-License-Identifier: MIT
/* model_fds.c - descriptor tables; see model_private.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"

/* ---- Tables ------------------------------------------------------------- */

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
    mqueue_closed(model, process, fd->object);
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

bool fd_held_by(const struct model *model, int process, int object, char mode)
{
    const struct process *owner = &model->processes[process];

    for (size_t i = 0; i < owner->open_count; i++) {
        const struct descriptor *fd = &model->fds[owner->open[i]];
        if (fd->object == object && (fd->mode == mode || fd->mode == 'b'))
            return true;
    }
    return false;
}

bool fd_held(const struct model *model, int object, char mode)
{
    for (size_t i = 0; i < model->trace->process_count; i++)
        if (fd_held_by(model, (int)i, object, mode))
            return true;
    return false;
}

void fd_close_many(struct model *model, int process, bool all)
{
    struct process *owner = &model->processes[process];

    for (size_t i = owner->open_count; i-- > 0;)
        if (all || model->fds[owner->open[i]].cloexec)
            fd_close_at(model, process, i);
}

/* ---- Names that the log has --------------------------------------------- */

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

/* Which of 0, 1 and 2 no call has changed so far, in each process: what the
 * run began with. */
struct original {
    bool begun;
    unsigned fds;
};

static unsigned *original_of(struct original *all, const struct trace *trace,
                             int process)
{
    int parent = trace->processes[process].parent;

    if (!all[process].begun) {
        all[process].begun = true;
        all[process].fds = parent < 0 ? 7 : *original_of(all, trace, parent);
    }
    return &all[process].fds;
}

/* What the processes that EVENT makes begin with. */
static void note_children(struct original *all, const struct trace *trace,
                          const struct trace_event *event)
{
    if (!list_holds("clone,clone3,fork,vfork", ',', event->name))
        return;
    for (size_t i = 0; i < trace->process_count; i++)
        if (trace->processes[i].parent == event->process &&
            trace->processes[i].pid == event->result)
            (void)original_of(all, trace, (int)i);
}

/* Which descriptor EVENT is about, and its name; *CHANGES: it is another one
 * from now on. */
static int fd_of_event(struct model *model, size_t index, char *name,
                       size_t size, bool *changes)
{
    const struct trace_event *event = &model->trace->events[index];
    struct now now = {.model = model, .event = event, .begins = true};
    bool copies = list_holds("dup2,dup3", ',', event->name);
    bool opens = list_holds("open,openat,dup,socket", ',', event->name);

    *changes = copies || opens || strcmp(event->name, "close") == 0;
    int fd = event->kind == TRACE_CALL ? arg_fd(&now, 0, name, size) : NONE;
    if (copies || opens)
        name[0] = '\0';
    return copies ? (int)arg_number(&now, 1) : opens ? (int)event->result : fd;
}

/* Descriptor FD of the first process is called NAME in the log. */
static void add_standard(struct model *model, int fd, const char *name)
{
    static const char *const labels[] = {"standard input", "standard output",
                                         "standard error"};
    int object = object_find(model, name);
    bool known = object != NONE;

    model_begin(model, 0);
    if (!known)
        object = object_named(model, name);
    if (object == NONE)
        return;
    struct object *new = &model->objects[object];
    if (!known && new->kind != KIND_TERMINAL &&new->kind != KIND_FILE) {
        if (new->kind != KIND_FIFO)
            model->labels[new->kind]--; /* its letter is another's */
        free(new->label);
        new->label = xstrdup(labels[fd]);
    }
    new->outside = true;
    fd_add(model, 0, fd, object, fd == 0 ? 'r' : 'w', false);
}

void fd_standard(struct model *model)
{
    const struct trace *trace = model->trace;
    struct original *all = xcalloc(trace->process_count + 1, sizeof(*all));
    unsigned unknown = 7;

    for (size_t i = 0; unknown && i < trace->event_count; i++) {
        char name[256] = "";
        bool changes;
        note_children(all, trace, &trace->events[i]);
        int fd = fd_of_event(model, i, name, sizeof(name), &changes);
        if (fd < 0 || fd > 2)
            continue;
        unsigned *mine = original_of(
            all, trace, trace->processes[trace->events[i].process].leader);
        unsigned bit = 1u << fd;
        if (*name && *mine & unknown & bit) {
            unknown &= ~bit;
            add_standard(model, fd, name);
        }
        if (changes)
            *mine &= ~bit;
    }
    free(all);
}
