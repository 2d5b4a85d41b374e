// SPDX-License-Identifier: MIT
/*
 * model.c - replays the events of strace's log; see model.h.  In which order,
 * and which of them twice, is model_moments.c's business.
 */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"
#include "text.h"

#define RAW_MAX   700               /* bytes of arguments that are kept */
#define WAITED_US 50000             /* a call of so long has waited */
#define HELPERS   "/kit/bin/asleep" /* only looks on, for a scenario's script */

size_t model_step(const struct model *model)
{
    return model->step_count;
}

/* ---- Calls -------------------------------------------------------------- */

const struct call *model_call(const char *name)
{
    static const struct call *const tables[] = {
        fd_calls,        socket_calls, transfer_calls, process_calls,
        semaphore_calls, sysv_calls,   memory_calls,   mqueue_calls};

    for (size_t i = 0; i < LENGTH(tables); i++)
        for (const struct call *call = tables[i]; call->names; call++)
            if (list_holds(call->names, ',', name))
                return call;
    return NULL;
}

/* ---- Processes ---------------------------------------------------------- */

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
    process->filling = NONE;
    process->from = model_step(model);
    process->to = OPEN;
    if (parent < 0) {
        add_name(model, index, "", "");
        process->ignored = (uint64_t)json_integer_value(
            json_object_get(model->log->about, "ignored"));
        return;
    }
    const struct process *from = &model->processes[parent];
    if (from->name_count > 0) {
        const struct name *last = &from->names[from->name_count - 1];
        add_name(model, index, last->name, last->command);
    }
    process->handled = from->handled;
    process->ignored = from->ignored;
    process->own = from->own;
    if (traced->leader == index) {
        int leader = model->trace->processes[parent].leader;
        fd_inherit(model, leader, index);
        attach_inherit(model, leader, index);
    }
}

/* ---- Replaying ---------------------------------------------------------- */

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

/* Whether a call during which nobody of the run did anything has waited all the
 * same: for time to pass, or for somebody else. */
static bool has_waited_alone(const struct now *now)
{
    return now->step.kind == STEP_CALL && !now->at_once &&
           now->step.blocked_us >= WAITED_US;
}

static void keep_step(struct now *now)
{
    struct model *model = now->model;
    struct step *step = grow(&model->steps, &model->step_count, sizeof(*step));
    size_t number = model->step_count - 1;

    *step = now->step;
    step->raw = raw(now);
    /* strace's clock was read before the call's turn in the log came. */
    if (number > 0 && step->at_us < model->steps[number - 1].at_us)
        step->at_us = model->steps[number - 1].at_us;
    model->shown[now->index] = true;
    if (step->object != NONE)
        model->objects[step->object].shown = true;
    if (now->begins) {
        model->waiting[now->index] = number;
    } else if (model->waiting[now->index] != OPEN) {
        model->steps[model->waiting[now->index]].until = number;
        step->kind = step->kind == STEP_CALL ? STEP_RETURN : step->kind;
    } else if (!has_waited_alone(now)) {
        step->blocked_us = 0;
    }
}

/* Whether the kernel begins the call of event INDEX, which a signal has broken
 * off, again, and nobody but its tracer notices: there is no handler.  Then the
 * event that follows is the same call. */
static bool goes_on(struct model *model, size_t index)
{
    const struct trace *trace = model->trace;
    const struct trace_event *event = &trace->events[index];
    int leader = trace->processes[event->process].leader;
    size_t i = index + 1;

    if (event->kind != TRACE_CALL || event->error == NULL ||
        strncmp(event->error, "ERESTART", 8) != 0)
        return false;
    for (; i < trace->event_count; i++) {
        const struct trace_event *next = &trace->events[i];
        if (next->process != event->process)
            continue;
        if (next->kind != TRACE_SIGNAL)
            break;
        if (model->processes[leader].handled & signal_bit((int)next->result))
            return false;
    }
    if (i == trace->event_count || trace->events[i].kind != TRACE_CALL ||
        strcmp(trace->events[i].name, event->name) != 0)
        return false;
    model->root[i] = model->root[index];
    model->waiting[i] = model->waiting[index];
    return true;
}

void model_replay(struct model *model, size_t index, bool begins)
{
    const struct trace_event *event = &model->trace->events[index];
    struct now now = {
        .model = model,
        .index = index,
        .event = event,
        .process = event->process,
        .leader = model->trace->processes[event->process].leader,
        .begins = begins,
        .endless = begins && !model_has_result(model, model_last(model, index)),
    };

    if (begins ? model->root[index] != index : goes_on(model, index))
        return;
    model_begin(model, event->process);
    now.step = (struct step){
        .at_us = model_time(event, begins) - model->begun_us,
        .process = event->process,
        .object = NONE,
        .other = NONE,
        .kind = begins ? STEP_WAIT : STEP_CALL,
        .call = event->kind == TRACE_CALL ? event->name : "",
        .error = begins ? NULL : event->error,
        .size = NONE,
        .until = OPEN,
        .address = own_address(model, event),
    };
    if (!begins && event->kind == TRACE_CALL && event->ended_us > 0)
        now.step.blocked_us =
            event->ended_us - model_root(model, index)->begun_us;
    const struct call *call =
        event->kind == TRACE_CALL ? model_call(event->name) : &process_event;
    if (call && !call->blocks)
        now.step.blocked_us = 0;
    if (call && call->handle(&now) && !scene_hides(&now)) {
        scene_shorten(&now);
        keep_step(&now);
    } else {
        free(now.step.text);
        free(now.step.data);
    }
    objects_note(model);
}

/* ---- The whole ---------------------------------------------------------- */

static void object_release(struct object *object)
{
    for (size_t i = 0; i < object->state_count; i++) {
        for (size_t n = 0; n < object->states[i].item_count; n++)
            free(object->states[i].items[n]);
        free(object->states[i].items);
        free(object->states[i].text);
    }
    messages_release(object);
    semaphores_release(object);
    for (int i = 0; i < 2; i++) {
        free(object->ends[i].name);
        free(object->ends[i].label);
    }
    free(object->address);
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
    model->caused = xcalloc(trace->event_count + 1, sizeof(*model->caused));
    model->root = xcalloc(trace->event_count + 1, sizeof(*model->root));
    for (size_t i = 0; i < trace->event_count; i++) {
        model->waiting[i] = OPEN;
        model->root[i] = i;
    }
    if (trace->event_count > 0)
        model->begun_us = model_time(&trace->events[0], false);
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
    free(model->passed);
    free(model->meetings);
    free(model->fds);
    free(model->objects);
    free(model->processes);
    free(model->waiting);
    free(model->root);
    free(model->caused);
    free(model->shown);
}

json_t *model_record(const struct run_log *log)
{
    struct trace *trace = trace_parse(log->text, log->size, log->program);
    struct model model;

    trace_forget(trace, HELPERS);
    model_init(&model, log, trace);
    model_replay_all(&model);
    struct waits waits = model_find_waits(&model);
    model_release(&model);

    model_init(&model, log, trace);
    model.known = &waits;
    model_replay_all(&model);
    json_t *recording = model_json(&model);
    model_release(&model);
    free(waits.told);
    free(waits.last);
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
