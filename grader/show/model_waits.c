// SPDX-License-Identifier: MIT
/* model_waits.c - who waits for whom at the end of a run that hung. */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"

static int process_called(const struct model *model, json_int_t pid)
{
    for (size_t i = model->trace->process_count; pid > 0 && i-- > 0;)
        if (model->trace->processes[i].pid == pid)
            return (int)i;
    return NONE;
}

static json_t *number_or_null(long number)
{
    return number == NONE ? json_null() : json_integer(number);
}

/* The object that WAIT, of PROCESS, is about; NONE. */
static int object_of(const struct model *model, const json_t *wait, int process)
{
    json_int_t fd = json_integer_value(json_object_get(wait, "fd"));

    if (process == NONE)
        return NONE;
    int leader = model->trace->processes[process].leader;
    const struct descriptor *known =
        fd >= 0 ? fd_get(model, leader, (int)fd) : NULL;
    if (known)
        return known->object;
    /* The step in which it waits knows. */
    for (size_t i = model->step_count; i-- > 0;)
        if (model->steps[i].process == process &&
            model->steps[i].kind == STEP_WAIT && model->steps[i].until == OPEN)
            return model->steps[i].object;
    return NONE;
}

static const char *what(const struct model *model, const json_t *wait,
                        int object)
{
    bool reads = json_is_true(json_object_get(wait, "reads"));

    if (object == NONE)
        return "";
    switch (model->objects[object].kind) {
    case KIND_PIPE:
    case KIND_FIFO:
    case KIND_SOCKET:
        return reads ? "data or end-of-file from" : "room in";
    case KIND_QUEUE:
    case KIND_MESSAGES:
        return reads ? "a message in" : "room in";
    case KIND_SEMAPHORES:
        return "";
    default:
        return "";
    }
}

/* What holds up a reader of a pipe is a write end that is still open with
 * somebody who will not write: the reader itself, or one who waits, too. */
static json_t *to_close(const struct model *model, const json_t *wait,
                        const json_t *holder, int object)
{
    json_int_t fd = json_integer_value(json_object_get(holder, "fd"));
    bool stuck = json_is_true(json_object_get(holder, "itself")) ||
                 json_is_true(json_object_get(holder, "blocked"));

    if (!stuck || fd < 0 || object == NONE ||
        !json_is_true(json_object_get(wait, "reads")) ||
        model->objects[object].kind > KIND_SOCKET)
        return json_null();
    char *sentence =
        xformat("%s should have closed its descriptor %d",
                json_string_value(json_object_get(holder, "name")), (int)fd);
    json_t *json = json_string(sentence);
    free(sentence);
    return json;
}

static json_t *json_holder(const struct model *model, const json_t *wait,
                           const json_t *holder, int object)
{
    json_int_t fd = json_integer_value(json_object_get(holder, "fd"));

    return json_pack(
        "{s:o, s:O, s:o, s:O, s:O, s:o}", "process",
        number_or_null(process_called(
            model, json_integer_value(json_object_get(holder, "pid")))),
        "name", json_object_get(holder, "name"), "fd",
        fd >= 0 ? json_integer(fd) : json_null(), "itself",
        json_object_get(holder, "itself"), "blocked",
        json_object_get(holder, "blocked"), "close",
        to_close(model, wait, holder, object));
}

static json_t *json_wait(const struct model *model, const json_t *wait,
                         const json_t *line, const int *numbers)
{
    int process =
        process_called(model, json_integer_value(json_object_get(wait, "pid")));
    int object = object_of(model, wait, process);
    json_t *holders = json_array(), *holder;
    size_t i;

    json_array_foreach(json_object_get(wait, "holders"), i, holder)(void)
        json_array_append_new(holders,
                              json_holder(model, wait, holder, object));
    const char *words = what(model, wait, object);
    json_int_t num = json_integer_value(json_object_get(wait, "num"));
    bool semaphore =
        object != NONE && model->objects[object].kind == KIND_SEMAPHORES;
    char *part = semaphore && num >= 0 ? xformat("number %lld", (long long)num)
                                       : xstrdup("");
    char *sentence = object == NONE ? xstrdup("")
                                    : xformat("%s%s%s", *part ? part : words,
                                              *part    ? " of "
                                              : *words ? " "
                                                       : "",
                                              object_label(model, object));
    json_t *json = json_pack("{s:o, s:O, s:o, s:s, s:s, s:o, s:o}", "process",
                             number_or_null(process), "call",
                             json_object_get(wait, "call"), "object",
                             object == NONE || numbers[object] == NONE
                                 ? json_null()
                                 : json_integer(numbers[object]),
                             "part", part, "what", sentence, "text",
                             line ? json_incref((json_t *)(uintptr_t)line)
                                  : json_string(""),
                             "holders", holders);
    free(sentence);
    free(part);
    return json;
}

json_t *waits_json(const struct model *model, const int *numbers)
{
    const json_t *about = model->log->about;
    json_t *waits = json_array(), *wait;
    size_t i;

    json_array_foreach(json_object_get(about, "waits"), i, wait)(void)
        json_array_append_new(
            waits, json_wait(model, wait,
                             json_array_get(json_object_get(about, "lines"), i),
                             numbers));
    return waits;
}
