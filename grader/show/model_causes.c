// SPDX-License-Identifier: MIT
/*
 * model_causes.c - what made a result possible; see model_private.h.
 *
 * strace hears of the results of two processes in any order, whatever the one
 * has to do with the other.  So where a result has its cause in a call that is
 * under way, such as end-of-file in a close(2), that call's result is told
 * first: model_moments.c.
 */
#include <string.h>

#include "base.h"
#include "model_private.h"

static const char *const reads = "read,readv", *const writes = "write,writev",
                         *const polls = "poll,ppoll",
                         *const opens = "open,openat,openat2";

/* What EVENT calls the descriptor that it reads, writes, polls or opens. */
static bool name_of(const struct trace_event *event, char *name, size_t size)
{
    const struct now now = {.event = event};
    const char *polled =
        list_holds(polls, ',', event->name) ? strstr(event->args, "fd=") : NULL;

    if (event->kind != TRACE_CALL)
        return false;
    if (list_holds(opens, ',', event->name)) {
        result_name(&now, name, size);
        return event->error == NULL && *name != '\0';
    }
    return (polled ? text_fd(polled + 3, name, size, NULL)
                   : arg_fd(&now, 0, name, size)) >= 0;
}

/* The pipe or FIFO that this is of; NONE. */
static int pipe_of(const struct model *model, const struct trace_event *event)
{
    char name[512];
    int object =
        name_of(event, name, sizeof(name)) ? object_find(model, name) : NONE;

    return object != NONE && !model->objects[object].outside &&
                   model->objects[object].kind <= KIND_FIFO
               ? object
               : NONE;
}

/* The end of a FIFO that EVENT, an open(2), is for. */
static char mode_of(const struct trace_event *event)
{
    return strstr(event->args, "O_WRONLY") ? 'w'
           : strstr(event->args, "O_RDWR") ? 'b'
                                           : 'r';
}

/* Whether EVENT says that the one descriptor which it polls can be read. */
static bool finds_readable(const struct trace_event *event)
{
    const struct now now = {.event = event};

    return list_holds(polls, ',', event->name) && event->result == 1 &&
           arg_number(&now, 1) == 1 && strstr(event->args, "POLLIN");
}

/* What is still missing for the result of EVENT, a write to PIPE. */
static enum cause missing_to_write(const struct model *model,
                                   const struct trace_event *event, int pipe)
{
    long placed = model->processes[event->process].placed;

    if (event->error)
        return strcmp(event->error, "EPIPE") == 0 && fd_held(model, pipe, 'r')
                   ? CAUSE_READERS
                   : CAUSE_NONE;
    return model->objects[pipe].bytes - placed + event->result >
                   pipe_capacity(&model->objects[pipe])
               ? CAUSE_READ
               : CAUSE_NONE;
}

/* The same for an open(2): only one that waited can have had a cause. */
static enum cause missing_to_open(const struct model *model,
                                  const struct trace_event *event, int fifo)
{
    bool waited = model->waiting[event - model->trace->events] != OPEN;
    char other = mode_of(event) == 'r' ? 'w' : 'r';

    return waited && !fd_held(model, fifo, other) ? CAUSE_PARTNER : CAUSE_NONE;
}

enum cause cause_missing(const struct model *model,
                         const struct trace_event *event)
{
    bool in = list_holds(reads, ',', event->name);
    bool out = list_holds(writes, ',', event->name);
    bool open = list_holds(opens, ',', event->name);
    int pipe = in || out || open || finds_readable(event)
                   ? pipe_of(model, event)
                   : NONE;

    if (pipe == NONE)
        return CAUSE_NONE;
    if (out)
        return missing_to_write(model, event, pipe);
    if (open)
        return missing_to_open(model, event, pipe);
    if (event->error)
        return CAUSE_NONE;
    if (in && event->result == 0)
        return fd_held(model, pipe, 'w') ? CAUSE_WRITERS : CAUSE_NONE;
    return model->objects[pipe].bytes < event->result &&
                   fd_held(model, pipe, 'w')
               ? CAUSE_WRITE
               : CAUSE_NONE;
}

/* Whether PROCESS is about to end at LINE. */
static bool is_leaving(const struct model *model, int process, size_t line)
{
    for (size_t i = 0; i < model->trace->event_count; i++) {
        const struct trace_event *event = &model->trace->events[i];
        if (event->process == process && 2 * event->begun < line &&
            strcmp(event->name, "exit_group") == 0)
            return true;
    }
    return false;
}

bool cause_is(const struct model *model, const struct trace_event *event,
              enum cause cause, const struct trace_event *effect, size_t line)
{
    static const struct {
        const char *const *calls; /* about PIPE; NULL: see below */
        char end;                 /* of whoever has it */
    } causes[] = {
        [CAUSE_WRITE] = {&writes, 0},  [CAUSE_READ] = {&reads, 0},
        [CAUSE_PARTNER] = {&opens, 0}, [CAUSE_WRITERS] = {NULL, 'w'},
        [CAUSE_READERS] = {NULL, 'r'},
    };
    bool begun = 2 * event->begun < line;
    int pipe = pipe_of(model, effect);

    if (causes[cause].calls)
        return begun && list_holds(*causes[cause].calls, ',', event->name) &&
               pipe_of(model, event) == pipe;
    if (!fd_held_by(model, event->process, pipe, causes[cause].end))
        return false;
    if (event->kind == TRACE_EXITED)
        return is_leaving(model, event->process, line);
    return event->kind == TRACE_KILLED ||
           (begun && list_holds("close,close_range,dup2,dup3,execve,execveat",
                                ',', event->name));
}
