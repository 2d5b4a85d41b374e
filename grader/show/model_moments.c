// SPDX-License-Identifier: MIT
/*
 * model_moments.c - in which order a log is replayed; see model_private.h.
 *
 * An event of the log has up to two moments: its result, at which it takes
 * effect, and before that its beginning.  Most calls are told at their result
 * alone.  One that slept while another process did something is told twice, as
 * a wait and a return; to find out which these are the log is replayed twice.
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

/* ---- Replaying ---------------------------------------------------------- */

/* The same for semaphores, messages and queues. */
static bool may_cause_ipc(const struct model *model,
                          const struct moment *moment,
                          const struct trace_event *event, size_t line)
{
    const struct trace_event *later = &model->trace->events[moment->event];

    return !moment->done && !moment->begins &&
           (later->kind != TRACE_CALL || 2 * later->begun < line) &&
           ipc_waits_for(model, event, later);
}

/* Replay what made the result at MOMENTS[AT] possible. */
static void replay_causes(struct model *model, struct moment *moments,
                          size_t count, size_t at)
{
    const struct trace_event *event = &model->trace->events[moments[at].event];
    size_t end = count - at > CAUSES_MAX ? at + CAUSES_MAX : count;

    for (size_t i = at + 1; i < end; i++) {
        enum cause cause = cause_missing(model, event);
        bool ipc = ipc_is_early(model, event);
        if (cause == CAUSE_NONE && !ipc)
            return;
        if (ipc ? !may_cause_ipc(model, &moments[i], event, moments[at].line)
                : moments[i].done || moments[i].begins ||
                      !cause_is(model, &model->trace->events[moments[i].event],
                                cause, event, moments[at].line))
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

/* The lines, in order, at which events that were shown had their results; with
 * WITH_OPENS, those at which calls of open(2) began, too.  To be freed. */
static size_t *lines_of(const struct model *model, bool with_opens,
                        size_t *count)
{
    const struct trace *trace = model->trace;
    size_t *lines = xcalloc(2 * trace->event_count + 1, sizeof(*lines));

    *count = 0;
    for (size_t i = 0; i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];
        if (!model->shown[i])
            continue;
        if (model_has_result(model, event))
            lines[(*count)++] = event->ended;
        if (with_opens && strncmp(event->name, "open", 4) == 0)
            lines[(*count)++] = event->begun;
    }
    qsort(lines, *count, sizeof(*lines), by_number);
    return lines;
}

/* Whether one of LINES, of which there are COUNT, is between those at which
 * FIRST began and LAST had its result. */
static bool is_within(const size_t *lines, size_t count,
                      const struct trace_event *first,
                      const struct trace_event *last)
{
    return last->ended > first->begun &&
           count_below(lines, count, last->ended) >
               count_below(lines, count, first->begun + 1);
}

struct waits model_find_waits(const struct model *model)
{
    const struct trace *trace = model->trace;
    size_t ends, all;
    size_t *lines = lines_of(model, false, &ends);
    /* Of two who meet in a FIFO the one waits for whom the other came. */
    size_t *meetings = lines_of(model, true, &all);
    struct waits waits = {.told = xcalloc(trace->event_count + 1, sizeof(bool)),
                          .last =
                              xcalloc(trace->event_count + 1, sizeof(size_t))};

    for (size_t i = 0; i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];
        const struct trace_event *root = model_root(model, i);
        bool *told = &waits.told[model->root[i]];
        waits.last[i] = waits.last[model->root[i]] = i;
        if (!model_has_result(model, event))
            *told = root != event;
        else if (model->shown[i])
            *told = (model->caused[i] && event->ended > root->begun) ||
                    (strncmp(event->name, "open", 4) == 0
                         ? is_within(meetings, all, root, event)
                         : is_within(lines, ends, root, event));
    }
    free(meetings);
    free(lines);
    return waits;
}
