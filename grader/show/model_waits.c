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

/* ---- What should have been closed --------------------------------------- */

/* How surely it is a mistake that a holder has its descriptor. */
enum blame {
    BLAME_NONE,
    BLAME_WAITS,  /* it will not write, for it waits itself */
    BLAME_LEAKED, /* likewise; and its program knows nothing of it */
    BLAME_ITSELF, /* the one who waits waits for itself */
};

/* Of HOLDER, for the end that WAIT waits for to be closed. */
static enum blame blame(const struct model *model, const json_t *wait,
                        const json_t *holder)
{
    json_int_t fd = json_integer_value(json_object_get(holder, "fd"));
    int waiter =
        process_called(model, json_integer_value(json_object_get(wait, "pid")));
    int object = object_of(model, wait, waiter);
    int process = process_called(
        model, json_integer_value(json_object_get(holder, "pid")));
    bool itself = json_is_true(json_object_get(holder, "itself"));

    if (fd < 0 || object == NONE || process == NONE ||
        model->objects[object].kind > KIND_SOCKET)
        return BLAME_NONE;
    /* Who opens a FIFO to write, too, does so on purpose: fifo(7). */
    if (itself)
        return model->objects[object].kind == KIND_FIFO ? BLAME_NONE
                                                        : BLAME_ITSELF;
    /* Who has the other end of a socket may as well answer, or shut it down. */
    if (model->objects[object].kind == KIND_SOCKET)
        return BLAME_NONE;
    /* A full pipe is to be read, not closed; and standard output is what it
     * would write to if it had not to wait. */
    if (!json_is_true(json_object_get(wait, "reads")) || fd <= 2 ||
        !json_is_true(json_object_get(holder, "blocked")))
        return BLAME_NONE;
    return model->processes[process].own || model->log->own == NULL
               ? BLAME_WAITS
               : BLAME_LEAKED;
}

/* The surest one of all WAITS. */
static enum blame worst(const struct model *model, const json_t *waits)
{
    enum blame found = BLAME_NONE;
    const json_t *wait, *holder;
    size_t i, n;

    json_array_foreach(waits, i, wait)
    {
        json_array_foreach(json_object_get(wait, "holders"), n, holder)
        {
            enum blame now = blame(model, wait, holder);
            found = now > found ? now : found;
        }
    }
    return found;
}

static json_t *to_close(const struct model *model, const json_t *wait,
                        const json_t *holder, enum blame least)
{
    if (least == BLAME_NONE || blame(model, wait, holder) < least)
        return json_null();
    char *sentence =
        xformat("%s should have closed its descriptor %d",
                json_string_value(json_object_get(holder, "name")),
                (int)json_integer_value(json_object_get(holder, "fd")));
    json_t *json = json_string(sentence);
    free(sentence);
    return json;
}

static json_t *json_holder(const struct model *model, const json_t *wait,
                           const json_t *holder, enum blame least)
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
        to_close(model, wait, holder, least));
}

/* ---- The whole ---------------------------------------------------------- */

/* What the autopsy calls an object in LINE, such as "pipe A": *SIZE bytes of
 * it; NULL.  A program may be called "pipe 3". */
static const char *find_name(const char *line, size_t *size)
{
    static const char *const words[] = {"pipe ", "FIFO ", "socket "};

    for (size_t i = 0; i < LENGTH(words); i++)
        for (const char *at = strstr(line, words[i]); at;
             at = strstr(at + 1, words[i])) {
            const char *letter = at + strlen(words[i]);
            size_t length = strcspn(letter, " ,;:");
            *size = strlen(words[i]) + length;
            if (length > 0 && length < 4 && *letter >= 'A' && *letter <= 'Z')
                return at;
        }
    return NULL;
}

/* LINE, with the object that it names called LABEL, as in the drawing, which
 * has letters of its own.  To be freed. */
static char *renamed(const char *line, const char *label)
{
    size_t size;
    const char *name = find_name(line, &size);

    return name ? xformat("%.*s%s%s", (int)(name - line), line, label,
                          name + size)
                : xstrdup(line);
}

/* The semaphore of OBJECT that WAIT is about; "" of any other object.  To be
 * freed. */
static char *part_of(const struct model *model, const json_t *wait, int object)
{
    json_int_t num = json_integer_value(json_object_get(wait, "num"));

    return object != NONE && num >= 0 &&
                   model->objects[object].kind == KIND_SEMAPHORES
               ? xformat("number %lld", (long long)num)
               : xstrdup("");
}

static json_t *json_wait(const struct model *model, const json_t *wait,
                         const char *line, enum blame least, const int *numbers)
{
    int process =
        process_called(model, json_integer_value(json_object_get(wait, "pid")));
    int object = object_of(model, wait, process);
    json_t *holders = json_array(), *holder;
    size_t i;

    json_array_foreach(json_object_get(wait, "holders"), i, holder)(void)
        json_array_append_new(holders, json_holder(model, wait, holder, least));
    char *text = object == NONE ? xstrdup(line)
                                : renamed(line, object_label(model, object));
    const char *words = what(model, wait, object);
    char *part = part_of(model, wait, object);
    char *sentence = object == NONE ? xstrdup("")
                                    : xformat("%s%s%s", *part ? part : words,
                                              *part    ? " of "
                                              : *words ? " "
                                                       : "",
                                              object_label(model, object));
    json_t *json = json_pack("{s:o, s:O, s:o, s:s, s:s, s:s, s:o}", "process",
                             number_or_null(process), "call",
                             json_object_get(wait, "call"), "object",
                             object == NONE || numbers[object] == NONE
                                 ? json_null()
                                 : json_integer(numbers[object]),
                             "part", part, "what", sentence, "text", text,
                             "holders", holders);
    free(sentence);
    free(part);
    free(text);
    return json;
}

/* The sentence of the autopsy about its wait NUMBER. */
static const char *line_of(const json_t *about, size_t number)
{
    const char *line = json_string_value(
        json_array_get(json_object_get(about, "lines"), number));

    return line ? line : "";
}

/* What the object that TEXT begins with, *SIZE bytes, is called in the drawing,
 * if one of the waits is about it; NULL. */
static const char *drawn_name(const struct model *model, const char *text,
                              size_t *size)
{
    const json_t *about = model->log->about, *wait;
    size_t i;

    json_array_foreach(json_object_get(about, "waits"), i, wait)
    {
        const char *name = find_name(line_of(about, i), size);
        int process = process_called(
            model, json_integer_value(json_object_get(wait, "pid")));
        int object = object_of(model, wait, process);
        if (name && object != NONE && strncmp(text, name, *size) == 0 &&
            (text[*size] == '\0' || strchr(" ,;:", text[*size])))
            return object_label(model, object);
    }
    return NULL;
}

/* LINE, with all objects called as in the drawing.  To be freed. */
static char *all_renamed(const struct model *model, const char *line)
{
    char *text = xstrdup("");

    while (*line) {
        size_t size = 1;
        const char *label = drawn_name(model, line, &size);
        char *longer =
            label ? xformat("%s%s", text, label) : xformat("%s%c", text, *line);
        free(text);
        text = longer;
        line += label ? size : 1;
    }
    return text;
}

json_t *notes_json(const struct model *model)
{
    const json_t *about = model->log->about;
    json_t *notes = json_array();

    for (size_t i = json_array_size(json_object_get(about, "waits"));
         i < json_array_size(json_object_get(about, "lines")); i++) {
        char *note = all_renamed(model, line_of(about, i));
        (void)json_array_append_new(notes, json_string(note));
        free(note);
    }
    return notes;
}

json_t *waits_json(const struct model *model, const int *numbers)
{
    const json_t *about = model->log->about;
    const json_t *all = json_object_get(about, "waits"), *wait;
    enum blame least = worst(model, all);
    json_t *waits = json_array();
    size_t i;

    json_array_foreach(all, i, wait)
    {
        (void)json_array_append_new(
            waits, json_wait(model, wait, line_of(about, i), least, numbers));
    }
    return waits;
}
