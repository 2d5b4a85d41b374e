// SPDX-License-Identifier: MIT
/*
 * model.c - replays strace's log; see model.h.
 *
 * An event of the log has up to two moments: its result, at which it takes
 * effect, and before that its beginning.  Most calls are told at their result
 * alone.  One that slept while another process did something is told twice, as
 * a wait and a return; to find out which these are the log is replayed twice.
 */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"
#include "text.h"

#define RAW_MAX 700 /* bytes of arguments that are kept */

struct moment {
    size_t line; /* twice the log's, so that something fits in between */
    size_t event;
    bool begins;
};

size_t model_step(const struct model *model)
{
    return model->step_count;
}

/* ---- Calls ------------------------------------------------------------------
 */

static const struct call *find_call(const char *name)
{
    static const struct call *const tables[] = {
        fd_calls, process_calls, sysv_calls, memory_calls, mqueue_calls};

    for (size_t i = 0; i < LENGTH(tables); i++)
        for (const struct call *call = tables[i]; call->names; call++)
            if (list_holds(call->names, ',', name))
                return call;
    return NULL;
}

/* ---- Processes --------------------------------------------------------------
 */

/* A column that nobody uses, as near to PARENT's as there is one. */
static int free_lane(const struct model *model, int parent)
{
    int from = parent >= 0 ? model->processes[parent].lane + 1 : 0;

    for (int lane = from;; lane++) {
        bool taken = false;
        for (size_t i = 0; !taken && i < model->trace->process_count; i++)
            taken = model->processes[i].begun && !model->processes[i].ended &&
                    model->processes[i].lane == lane;
        if (!taken)
            return lane;
    }
}

static void add_name(struct model *model, int index, const char *name,
                     const char *command)
{
    struct process *process = &model->processes[index];
    struct name *entry =
        grow(&process->names, &process->name_count, sizeof(*entry));

    *entry = (struct name){model_step(model), xstrdup(name), xstrdup(command)};
}

void model_begin(struct model *model, int index)
{
    struct process *process = &model->processes[index];
    const struct trace_process *traced = &model->trace->processes[index];
    int parent = traced->parent;

    if (process->begun)
        return;
    process->lane = free_lane(model, parent); /* it has none yet */
    process->begun = true;
    process->from = model_step(model);
    process->to = OPEN;
    if (parent < 0) {
        add_name(model, index, "", "");
        return;
    }
    const struct process *from = &model->processes[parent];
    if (from->name_count > 0) {
        const struct name *last = &from->names[from->name_count - 1];
        add_name(model, index, last->name, last->command);
    }
    process->handled = from->handled;
    if (traced->leader == index) {
        int leader = model->trace->processes[parent].leader;
        fd_inherit(model, leader, index);
        attach_inherit(model, leader, index);
    }
}

/* ---- Replaying --------------------------------------------------------------
 */

static int64_t time_of(const struct trace_event *event, bool begins)
{
    return begins || event->ended_us == 0 ? event->begun_us : event->ended_us;
}

/* The address of the innermost frame in the student's program, or 0:
 * "/kit/pipe(write_all+0x40) [0x1511]". */
static uint64_t own_address(const struct model *model,
                            const struct trace_event *event)
{
    const char *own = model->log->own, *frame = event->stack;

    for (size_t i = 0; own && i < event->stack_lines; i++) {
        if (strncmp(frame, own, strlen(own)) == 0 &&
            frame[strlen(own)] == '(') {
            const char *address = strrchr(frame, '[');
            return address ? strtoull(address + 1, NULL, 16) : 0;
        }
        frame += strlen(frame) + 1 + 3; /* the next begins with " > " */
    }
    return 0;
}

/* The call as strace shows it, without what it says beside; to be freed. */
static char *raw(const struct now *now)
{
    const struct trace_event *event = now->event;

    if (event->kind != TRACE_CALL)
        return xstrdup("");
    char *args = xformat("%.*s", RAW_MAX, event->args);
    args[trace_reduce(args, strlen(args))] = '\0';
    char *text =
        now->begins ? xformat("%s(%s", event->name, args)
        : event->error
            ? xformat("%s(%s) = -1 %s", event->name, args, event->error)
        : strchr("ms", event->name[0]) && event->result > 1 << 20
            ? xformat("%s(%s) = %#lx", event->name, args,
                      (unsigned long)event->result)
            : xformat("%s(%s) = %ld", event->name, args, event->result);
    free(args);
    return text;
}

static void keep_step(struct now *now)
{
    struct model *model = now->model;
    struct step *step = grow(&model->steps, &model->step_count, sizeof(*step));
    size_t number = model->step_count - 1;

    *step = now->step;
    step->raw = raw(now);
    model->shown[now->index] = true;
    if (step->object != NONE)
        model->objects[step->object].shown = true;
    if (now->begins) {
        model->waiting[now->index] = number;
    } else if (model->waiting[now->index] != OPEN) {
        model->steps[model->waiting[now->index]].until = number;
        step->kind = step->kind == STEP_CALL ? STEP_RETURN : step->kind;
    }
}

static void replay(struct model *model, const struct moment *moment)
{
    const struct trace_event *event = &model->trace->events[moment->event];
    struct now now = {
        .model = model,
        .index = moment->event,
        .event = event,
        .process = event->process,
        .leader = model->trace->processes[event->process].leader,
        .begins = moment->begins,
    };

    model_begin(model, event->process);
    now.step = (struct step){
        .at_us = time_of(event, moment->begins) - model->begun_us,
        .process = event->process,
        .object = NONE,
        .other = NONE,
        .kind = moment->begins ? STEP_WAIT : STEP_CALL,
        .call = event->kind == TRACE_CALL ? event->name : "",
        .error = moment->begins ? NULL : event->error,
        .size = NONE,
        .until = OPEN,
        .address = own_address(model, event),
    };
    if (!moment->begins && event->kind == TRACE_CALL && event->ended_us > 0)
        now.step.blocked_us = event->ended_us - event->begun_us;
    const struct call *call =
        event->kind == TRACE_CALL ? find_call(event->name) : &process_event;
    if (call && call->handle(&now)) {
        keep_step(&now);
    } else {
        free(now.step.text);
        free(now.step.data);
    }
    objects_note(model);
}

/* ---- Moments ----------------------------------------------------------------
 */

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

    *moment = (struct moment){line, event, begins};
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

/* Whether EVENT's result counts: what came after the run was found to hang, its
 * end was of our making. */
static bool has_result(const struct model *model,
                       const struct trace_event *event)
{
    return event->finished &&
           (model->hung_us == 0 || time_of(event, false) < model->hung_us);
}

static void add_moments(const struct model *model, size_t index,
                        const size_t *first, struct moment **moments,
                        size_t *count)
{
    const struct trace_event *event = &model->trace->events[index];
    const struct call *call =
        event->kind == TRACE_CALL ? find_call(event->name) : NULL;
    bool done = has_result(model, event);
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
        (!done || (model->waits && model->waits[index])))
        add_moment(moments, count, 2 * event->begun, index, true);
}

static void replay_all(struct model *model)
{
    struct moment *moments = NULL;
    size_t count = 0, *first = first_lines(model->trace);

    for (size_t i = 0; i < model->trace->event_count; i++)
        add_moments(model, i, first, &moments, &count);
    if (count > 0)
        qsort(moments, count, sizeof(*moments), by_line);
    fd_standard(model);
    for (size_t i = 0; i < count; i++)
        replay(model, &moments[i]);
    free(first);
    free(moments);
}

/* ---- What waited ------------------------------------------------------------
 */

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

/* Of each event of MODEL, which has been replayed: whether something that was
 * shown took place between its beginning and its result.  To be freed. */
static bool *find_waits(const struct model *model)
{
    const struct trace *trace = model->trace;
    bool *waits = xcalloc(trace->event_count + 1, sizeof(*waits));
    size_t *lines = xcalloc(trace->event_count + 1, sizeof(*lines)), count = 0;

    for (size_t i = 0; i < trace->event_count; i++)
        if (model->shown[i] && has_result(model, &trace->events[i]))
            lines[count++] = trace->events[i].ended;
    qsort(lines, count, sizeof(*lines), by_number);
    for (size_t i = 0; i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];
        if (model->shown[i] && has_result(model, event))
            waits[i] = count_below(lines, count, event->ended) >
                       count_below(lines, count, event->begun);
    }
    free(lines);
    return waits;
}

/* ---- The whole --------------------------------------------------------------
 */

static void object_release(struct object *object)
{
    for (size_t i = 0; i < object->state_count; i++) {
        for (size_t n = 0; n < object->states[i].item_count; n++)
            free(object->states[i].items[n]);
        free(object->states[i].items);
        free(object->states[i].text);
    }
    for (size_t i = 0; i < object->message_count; i++)
        free(object->messages[i].text);
    free(object->messages);
    free(object->semaphores);
    free(object->states);
    free(object->detail);
    free(object->label);
    free(object->key);
}

static void process_release(struct process *process)
{
    for (size_t i = 0; i < process->name_count; i++) {
        free(process->names[i].name);
        free(process->names[i].command);
    }
    free(process->names);
    free(process->undos);
    free(process->open);
    free(process->end);
}

static void model_init(struct model *model, const struct run_log *log,
                       struct trace *trace)
{
    *model = (struct model){.log = log, .trace = trace};
    model->processes =
        xcalloc(trace->process_count + 1, sizeof(*model->processes));
    model->shown = xcalloc(trace->event_count + 1, sizeof(*model->shown));
    model->waiting = xcalloc(trace->event_count + 1, sizeof(*model->waiting));
    for (size_t i = 0; i < trace->event_count; i++)
        model->waiting[i] = OPEN;
    if (trace->event_count > 0)
        model->begun_us = time_of(&trace->events[0], false);
    model->hung_us = json_integer_value(json_object_get(log->about, "hung_us"));
}

static void model_release(struct model *model)
{
    for (size_t i = 0; i < model->object_count; i++)
        object_release(&model->objects[i]);
    for (size_t i = 0; i < model->trace->process_count; i++)
        process_release(&model->processes[i]);
    for (size_t i = 0; i < model->step_count; i++) {
        free(model->steps[i].text);
        free(model->steps[i].raw);
        free(model->steps[i].data);
    }
    free(model->steps);
    free(model->attachments);
    free(model->fds);
    free(model->objects);
    free(model->processes);
    free(model->waiting);
    free(model->shown);
}

json_t *model_record(const struct run_log *log)
{
    struct trace *trace = trace_parse(log->text, log->size, log->program);
    struct model model;

    model_init(&model, log, trace);
    replay_all(&model);
    bool *waits = find_waits(&model);
    model_release(&model);

    model_init(&model, log, trace);
    model.waits = waits;
    replay_all(&model);
    json_t *recording = model_json(&model);
    model_release(&model);
    free(waits);
    trace_free(trace);
    return recording;
}

char *model_first_program(const char *text)
{
    const char *call = strstr(text, " execve(\"");

    while (call) {
        const char *path = call + 9, *end = strchr(path, '"');
        size_t line = strcspn(path, "\n");
        if (end && memmem(path, line, ") = 0", 5))
            return xstrndup(path, (size_t)(end - path));
        call = strstr(path, " execve(\"");
    }
    return NULL;
}
