// SPDX-License-Identifier: MIT
/* model_json.c - a model as the JSON of MODEL.md. */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"
#include "text.h"

#define COLORS 8

static json_t *string(const char *text)
{
    char *clean = text_utf8(text ? text : "", text ? strlen(text) : 0);
    json_t *json = json_string(clean);

    free(clean);
    return json;
}

static json_t *string_or_null(const char *text)
{
    return text ? string(text) : json_null();
}

static json_t *number_or_null(long number)
{
    return number == NONE ? json_null() : json_integer(number);
}

static json_t *step_or_null(size_t step)
{
    return step == OPEN ? json_null() : json_integer((json_int_t)step);
}

/* ---- Processes ---------------------------------------------------------- */

/* The last of a process's names that is one, at its first step or later. */
static json_t *json_names(const struct process *process)
{
    json_t *names = json_array();

    for (size_t i = 0; i < process->name_count; i++)
        (void)json_array_append_new(
            names, json_pack("{s:I, s:o, s:o}", "from",
                             (json_int_t)process->names[i].from, "name",
                             string(process->names[i].name), "command",
                             string(process->names[i].command)));
    return names;
}

static json_t *json_process(const struct model *model, size_t index)
{
    const struct process *process = &model->processes[index];
    const struct trace_process *traced = &model->trace->processes[index];
    const struct name *last = process->name_count > 0
                                  ? &process->names[process->name_count - 1]
                                  : &(struct name){0, "", ""};

    return json_pack("{s:i, s:o, s:o, s:o, s:o, s:b, s:i, s:I, s:o, s:o}",
                     "pid", (int)traced->pid, "name", string(last->name),
                     "command", string(last->command), "names",
                     json_names(process), "parent",
                     number_or_null(traced->parent), "thread",
                     (int)(traced->leader != (int)index), "lane", process->lane,
                     "from", (json_int_t)process->from, "to",
                     process->ended ? step_or_null(process->to) : json_null(),
                     "end", string_or_null(process->end));
}

/* ---- Objects ------------------------------------------------------------ */

static json_t *json_state(const struct state *state)
{
    json_t *json = json_pack("{s:I, s:o}", "step", (json_int_t)state->step,
                             "text", string(state->text));

    if (state->level != NONE)
        (void)json_object_set_new(json, "level", json_integer(state->level));
    if (state->capacity != NONE)
        (void)json_object_set_new(json, "capacity",
                                  json_integer(state->capacity));
    if (state->item_count > 0) {
        json_t *items = json_array();
        for (size_t i = 0; i < state->item_count; i++)
            (void)json_array_append_new(items, string(state->items[i]));
        (void)json_object_set_new(json, "items", items);
    }
    return json;
}

/* Of several states at one step, or of the same, the last says it. */
static bool is_told_later(const struct object *object, size_t index)
{
    return index + 1 < object->state_count &&
           object->states[index + 1].step == object->states[index].step;
}

static bool is_told_before(const json_t *states, const json_t *state)
{
    json_t *last = json_array_get(states, json_array_size(states) - 1);

    json_t *items = json_object_get(state, "items");
    json_t *before = json_object_get(last, "items");

    return last &&
           json_equal(json_object_get(last, "text"),
                      json_object_get(state, "text")) &&
           (items == before || json_equal(items, before)); /* NULL: none */
}

static json_t *json_object_of(const struct object *object, int color)
{
    static const char *const kinds[] = {
        [KIND_PIPE] = "pipe",         [KIND_FIFO] = "fifo",
        [KIND_SOCKET] = "socket",     [KIND_QUEUE] = "queue",
        [KIND_MESSAGES] = "messages", [KIND_SEMAPHORES] = "semaphores",
        [KIND_SEGMENT] = "segment",   [KIND_EVENT] = "event",
        [KIND_FILE] = "file",         [KIND_TERMINAL] = "terminal",
    };
    json_t *states = json_array();

    for (size_t i = 0; i < object->state_count; i++) {
        json_t *state = json_state(&object->states[i]);
        if (is_told_later(object, i) || is_told_before(states, state))
            json_decref(state);
        else
            (void)json_array_append_new(states, state);
    }
    return json_pack("{s:s, s:o, s:o, s:i, s:b, s:o}", "kind",
                     kinds[object->kind], "label", string(object->label),
                     "detail", string(object->detail), "color", color,
                     "outside", (int)object->outside, "states", states);
}

/* ---- Descriptors -------------------------------------------------------- */

static bool is_worth_telling(const struct model *model,
                             const struct descriptor *fd)
{
    /* Opened and closed between two steps: a library that was loaded. */
    return fd->from != fd->to || model->objects[fd->object].shown;
}

static json_t *json_descriptor(const struct descriptor *fd, int object)
{
    static const char *const modes[] = {['r'] = "r", ['w'] = "w", ['b'] = "rw"};

    return json_pack("{s:i, s:i, s:i, s:s, s:b, s:I, s:o}", "process",
                     fd->process, "fd", fd->fd, "object", object, "mode",
                     modes[(unsigned char)fd->mode], "cloexec",
                     (int)fd->cloexec, "from", (json_int_t)fd->from, "to",
                     step_or_null(fd->to));
}

/* ---- Steps -------------------------------------------------------------- */

static json_t *json_step(const struct step *step, const int *numbers)
{
    static const char *const kinds[] = {
        [STEP_CALL] = "call",     [STEP_WAIT] = "wait",
        [STEP_RETURN] = "return", [STEP_FORK] = "fork",
        [STEP_EXEC] = "exec",     [STEP_EXIT] = "exit",
        [STEP_SIGNAL] = "signal", [STEP_STOP] = "stop",
    };
    char *data = step->data && strlen(step->data) > DATA_MAX
                     ? xformat("%.*s...", DATA_MAX, step->data)
                     : NULL;
    json_t *json = json_pack(
        "{s:I, s:i, s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:I, s:o, "
        "s:o}",
        "at_us", (json_int_t)step->at_us, "process", step->process, "kind",
        kinds[step->kind], "call", step->call, "text", string(step->text),
        "raw", string(step->raw), "object",
        step->object == NONE ? json_null()
                             : json_integer(numbers[step->object]),
        "flow",
        step->flow == 'i'   ? "in"
        : step->flow == 'o' ? "out"
                            : "",
        "data", string_or_null(data ? data : step->data), "size",
        number_or_null(step->size), "error", string_or_null(step->error),
        "blocked_us", (json_int_t)step->blocked_us, "until",
        step_or_null(step->until), "other", number_or_null(step->other));

    if (step->address)
        (void)json_object_set_new(json, "address",
                                  json_integer((json_int_t)step->address));
    free(data);
    return json;
}

/* ---- The whole ---------------------------------------------------------- */

/* Which objects are told of, and by which number; NONE: not. */
static int *number_objects(const struct model *model)
{
    int *numbers = xcalloc(model->object_count + 1, sizeof(*numbers));
    int next = 0;

    for (size_t i = 0; i < model->object_count; i++)
        numbers[i] = NONE;
    for (size_t i = 0; i < model->object_count; i++) {
        bool held = model->objects[i].shown;
        for (size_t n = 0; !held && n < model->fd_count; n++)
            held = model->fds[n].object == (int)i &&
                   is_worth_telling(model, &model->fds[n]);
        numbers[i] = held ? next++ : NONE;
    }
    return numbers;
}

static void add_lists(const struct model *model, json_t *recording)
{
    int *numbers = number_objects(model), color = 0;
    json_t *processes = json_array(), *objects = json_array();
    json_t *descriptors = json_array(), *steps = json_array();

    for (size_t i = 0; i < model->trace->process_count; i++)
        (void)json_array_append_new(processes, json_process(model, i));
    for (size_t i = 0; i < model->object_count; i++)
        if (numbers[i] != NONE)
            (void)json_array_append_new(
                objects,
                json_object_of(&model->objects[i], model->objects[i].shown
                                                       ? color++ % COLORS
                                                       : COLORS - 1));
    for (size_t i = 0; i < model->fd_count; i++)
        if (numbers[model->fds[i].object] != NONE &&
            is_worth_telling(model, &model->fds[i]))
            (void)json_array_append_new(
                descriptors,
                json_descriptor(&model->fds[i], numbers[model->fds[i].object]));
    for (size_t i = 0; i < model->step_count; i++)
        (void)json_array_append_new(steps,
                                    json_step(&model->steps[i], numbers));
    (void)json_object_set_new(recording, "processes", processes);
    (void)json_object_set_new(recording, "objects", objects);
    (void)json_object_set_new(recording, "descriptors", descriptors);
    (void)json_object_set_new(recording, "steps", steps);
    (void)json_object_set_new(recording, "waits", waits_json(model, numbers));
    (void)json_object_set_new(recording, "notes", notes_json(model));
    free(numbers);
}

/* How the first process ended, or that it did not. */
static char *end_sentence(const struct model *model)
{
    const json_t *about = model->log->about;
    const char *story = json_string_value(json_object_get(about, "story"));

    if (json_is_true(json_object_get(about, "hung")) && story)
        return xstrdup(story);
    if (model->trace->process_count > 0 && model->processes[0].end)
        return xstrdup(model->processes[0].end);
    return xstrdup(model->trace->process_count == 0 ? "it was never started"
                                                    : "still running");
}

/* The lines of COMMAND as one: "a & b; c"; to be freed. */
static char *one_line(const char *command)
{
    char *copy = xstrdup(command ? command : ""), *rest = copy, *line;
    char *all = xstrdup("");

    while ((line = strsep(&rest, "\n")) != NULL) {
        if (*line == '\0')
            continue;
        bool background = *all && all[strlen(all) - 1] == '&';
        char *longer = xformat("%s%s%s", all,
                               *all == '\0' ? ""
                               : background ? " "
                                            : "; ",
                               line);
        free(all);
        all = longer;
    }
    free(copy);
    return all;
}

json_t *model_json(const struct model *model)
{
    const struct run_log *log = model->log;
    char *end = end_sentence(model), *line = one_line(log->command);
    int64_t last =
        model->step_count > 0 ? model->steps[model->step_count - 1].at_us : 0;
    json_t *recording = json_pack(
        "{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:I, s:o, s:o, s:i}",
        "version", 1, "command", string(log->command), "line", string(line),
        "subject", string(log->subject), "title", string(log->title), "ask",
        log->ask ? json_deep_copy(log->ask) : json_array(), "end", string(end),
        "hung", json_is_true(json_object_get(log->about, "hung")),
        "duration_us", (json_int_t)last, "output", string(log->output),
        "sources", json_object(), "missing", (int)model->missing);

    add_lists(model, recording);
    free(line);
    free(end);
    return recording;
}
