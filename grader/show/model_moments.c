// SPDX-License-Identifier: MIT
/*
 * model_moments.c - in which order a log is replayed; see model_private.h.
 *
 * An event of the log has up to two moments: its result, at which it takes
 * effect, and before that its beginning.  Most calls are told at their result
 * alone.  One that slept while another process did something is told twice, as
 * a wait and a return; to find out which these are the log is replayed twice.
 *
 * strace hears of the results of two processes in any order, whatever made the
 * one possible.  So where a result has its cause in a call that is under way,
 * such as end-of-file in a close(2), that call's result comes first.
 */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"

#define CAUSES_MAX 256 /* moments in which a cause is looked for */

struct moment {
    size_t line; /* twice the log's, so that something fits in between */
    size_t event;
    bool begins, done;
};

/* ---- Events ------------------------------------------------------------- */

int64_t model_time(const struct trace_event *event, bool begins)
{
    return begins || event->ended_us == 0 ? event->begun_us : event->ended_us;
}

bool model_has_result(const struct model *model,
                      const struct trace_event *event)
{
    return event->finished &&
           (model->hung_us == 0 || model_time(event, false) < model->hung_us);
}

const struct trace_event *model_root(const struct model *model, size_t index)
{
    return &model->trace->events[model->root[index]];
}

const struct trace_event *model_last(const struct model *model, size_t index)
{
    return &model->trace
                ->events[model->known ? model->known->last[index] : index];
}

/* ---- Moments ------------------------------------------------------------ */

static int by_line(const void *a, const void *b)
{
    const struct moment *left = a, *right = b;

    if (left->line != right->line)
        return left->line < right->line ? -1 : 1;
    return left->event < right->event ? -1 : left->event > right->event;
}

static void add_moment(struct moment **moments, size_t *count, size_t line,
                       size_t event, bool begins)
{
    struct moment *moment = grow(moments, count, sizeof(*moment));

    *moment = (struct moment){line, event, begins, false};
}

/* The child that EVENT, a fork, has made; NONE. */
static int child_of(const struct trace *trace, const struct trace_event *event)
{
    if (!list_holds("clone,clone3,fork,vfork", ',', event->name) ||
        event->result <= 0)
        return NONE;
    for (size_t i = 0; i < trace->process_count; i++)
        if (trace->processes[i].pid == event->result &&
            trace->processes[i].parent == event->process)
            return (int)i;
    return NONE;
}

/* The first line of each process's own. */
static size_t *first_lines(const struct trace *trace)
{
    size_t *lines = xcalloc(trace->process_count + 1, sizeof(*lines));

    for (size_t i = 0; i < trace->process_count; i++)
        lines[i] = SIZE_MAX;
    for (size_t i = 0; i < trace->event_count; i++)
        if (trace->events[i].begun < lines[trace->events[i].process])
            lines[trace->events[i].process] = trace->events[i].begun;
    return lines;
}

static void add_moments(const struct model *model, size_t index,
                        const size_t *first, struct moment **moments,
                        size_t *count)
{
    const struct trace_event *event = &model->trace->events[index];
    const struct call *call =
        event->kind == TRACE_CALL ? model_call(event->name) : NULL;
    bool done = model_has_result(model, event);
    bool late = model->hung_us > 0 && event->begun_us >= model->hung_us;

    if (late)
        return;
    if (done && event->kind == TRACE_CALL) {
        int child = child_of(model->trace, event);
        size_t line = 2 * event->ended;
        /* A child's first line may stand before the result of the fork. */
        if (child != NONE && 2 * first[child] <= line)
            line = 2 * first[child] - 1;
        add_moment(moments, count, line, index, false);
    } else if (event->kind != TRACE_CALL) {
        add_moment(moments, count, 2 * event->begun, index, false);
    }
    if (call && call->blocks &&
        (!done || (model->known && model->known->told[index])))
        add_moment(moments, count, 2 * event->begun, index, true);
}

/* ---- Causes ------------------------------------------------------------- */

/* What has to be before a result is possible. */
enum cause {
    CAUSE_NONE,
    CAUSE_WRITE,   /* there were bytes to be read */
    CAUSE_READ,    /* there was room */
    CAUSE_WRITERS, /* the last writer has gone: end-of-file */
    CAUSE_READERS, /* the last reader has gone: EPIPE */
};

static const char *const reads = "read,readv", *const writes = "write,writev",
                         *const polls = "poll,ppoll";

/* The pipe or FIFO that EVENT's first argument is, or is to be polled; NONE. */
static int pipe_of(const struct model *model, const struct trace_event *event)
{
    char name[512];
    const struct now now = {.event = event};
    const char *polled =
        list_holds(polls, ',', event->name) ? strstr(event->args, "fd=") : NULL;

    if (event->kind != TRACE_CALL ||
        (polled ? text_fd(polled + 3, name, sizeof(name), NULL)
                : arg_fd(&now, 0, name, sizeof(name))) < 0)
        return NONE;
    int object = object_find(model, name);
    return object != NONE && !model->objects[object].outside &&
                   model->objects[object].kind <= KIND_FIFO
               ? object
               : NONE;
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
    return model->objects[pipe].bytes - placed + event->result > PIPE_CAPACITY
               ? CAUSE_READ
               : CAUSE_NONE;
}

/* The same for any event. */
static enum cause missing(const struct model *model,
                          const struct trace_event *event)
{
    bool in = list_holds(reads, ',', event->name);
    bool out = list_holds(writes, ',', event->name);
    bool poll = finds_readable(event);
    int pipe = in || out || poll ? pipe_of(model, event) : NONE;

    if (pipe == NONE)
        return CAUSE_NONE;
    if (out)
        return missing_to_write(model, event, pipe);
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

/* Whether MOMENT, which is told later than LINE, may have been CAUSE of what
 * happened to OBJECT at LINE. */
static bool may_cause(const struct model *model, const struct moment *moment,
                      enum cause cause, int object, size_t line)
{
    const struct trace_event *event = &model->trace->events[moment->event];
    bool ends = event->kind == TRACE_EXITED || event->kind == TRACE_KILLED;

    if (moment->done || moment->begins)
        return false;
    if (cause == CAUSE_READ || cause == CAUSE_WRITE)
        return 2 * event->begun < line &&
               list_holds(cause == CAUSE_READ ? reads : writes, ',',
                          event->name) &&
               pipe_of(model, event) == object;
    if (!fd_held_by(model, event->process, object,
                    cause == CAUSE_WRITERS ? 'w' : 'r'))
        return false;
    if (ends)
        return event->kind == TRACE_KILLED ||
               is_leaving(model, event->process, line);
    return 2 * event->begun < line &&
           list_holds("close,close_range,dup2,dup3,execve,execveat", ',',
                      event->name);
}

/* Replay what made the result at MOMENTS[AT] possible. */
static void replay_causes(struct model *model, struct moment *moments,
                          size_t count, size_t at)
{
    const struct trace_event *event = &model->trace->events[moments[at].event];
    size_t end = count - at > CAUSES_MAX ? at + CAUSES_MAX : count;

    for (size_t i = at + 1; i < end; i++) {
        enum cause cause = missing(model, event);
        if (cause == CAUSE_NONE)
            return;
        if (!may_cause(model, &moments[i], cause, pipe_of(model, event),
                       moments[at].line))
            continue;
        model_replay(model, moments[i].event, false);
        moments[i].done = true;
        model->caused[moments[at].event] = true;
    }
}

void model_replay_all(struct model *model)
{
    struct moment *moments = NULL;
    size_t count = 0, *first = first_lines(model->trace);

    for (size_t i = 0; i < model->trace->event_count; i++)
        add_moments(model, i, first, &moments, &count);
    if (count > 0)
        qsort(moments, count, sizeof(*moments), by_line);
    fd_standard(model);
    for (size_t i = 0; i < count; i++) {
        if (moments[i].done)
            continue;
        if (!moments[i].begins)
            replay_causes(model, moments, count, i);
        model_replay(model, moments[i].event, moments[i].begins);
    }
    free(first);
    free(moments);
}

/* ---- What waited -------------------------------------------------------- */

/* How many of the LINES that are in order lie below LINE. */
static size_t count_below(const size_t *lines, size_t count, size_t line)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (lines[middle] < line)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int by_number(const void *a, const void *b)
{
    const size_t *left = a, *right = b;

    return *left < *right ? -1 : *left > *right;
}

struct waits model_find_waits(const struct model *model)
{
    const struct trace *trace = model->trace;
    size_t *lines = xcalloc(trace->event_count + 1, sizeof(*lines)), count = 0;
    struct waits waits = {.told = xcalloc(trace->event_count + 1, sizeof(bool)),
                          .last =
                              xcalloc(trace->event_count + 1, sizeof(size_t))};

    for (size_t i = 0; i < trace->event_count; i++) {
        waits.last[i] = i;
        waits.last[model->root[i]] = i;
        if (model->shown[i] && model_has_result(model, &trace->events[i]))
            lines[count++] = trace->events[i].ended;
    }
    qsort(lines, count, sizeof(*lines), by_number);
    for (size_t i = 0; i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];
        const struct trace_event *root = model_root(model, i);
        if (!model_has_result(model, event))
            waits.told[model->root[i]] = root != event;
        else if (model->shown[i])
            waits.told[model->root[i]] =
                event->ended > root->begun &&
                (model->caused[i] ||
                 count_below(lines, count, event->ended) >
                     count_below(lines, count, root->begun));
    }
    free(lines);
    return waits;
}
