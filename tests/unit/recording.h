// SPDX-License-Identifier: MIT
/* recording.h - strace's log as a recording, and questions to it; for tests. */
#ifndef UNIT_RECORDING_H
#define UNIT_RECORDING_H

#include <criterion/criterion.h>
#include <string.h>

#include "model.h"

#define BEGIN                                                                  \
    "10 1.000000 execve(\"/bin/p\", [\"p\", \"-x\"], 0x1 /* 9 vars */) = 0 "   \
    "<0.000100>\n"

static inline json_t *record(const char *log)
{
    struct run_log run = {
        .text = log, .size = strlen(log), .program = "/bin/p"};
    json_t *recording = model_record(&run);

    cr_assert(recording);
    cr_expect_eq(json_integer_value(json_object_get(recording, "missing")), 0);
    return recording;
}

static inline json_t *item(const json_t *recording, const char *list,
                           size_t index)
{
    json_t *found = json_array_get(json_object_get(recording, list), index);

    cr_assert(found, "%s has no number %zu", list, index);
    return found;
}

static inline const char *text(const json_t *object, const char *key)
{
    const char *string = json_string_value(json_object_get(object, key));

    return string ? string : "";
}

static inline long number(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);

    return json_is_integer(value) ? (long)json_integer_value(value) : -1;
}

static inline void expect_step(const json_t *recording, size_t index,
                               const char *kind, const char *words)
{
    const json_t *step = item(recording, "steps", index);

    cr_expect_str_eq(text(step, "kind"), kind, "step %zu is a %s", index,
                     text(step, "kind"));
    cr_expect_str_eq(text(step, "text"), words, "step %zu: %s", index,
                     text(step, "text"));
}

static inline size_t size(const json_t *recording, const char *list)
{
    return json_array_size(json_object_get(recording, list));
}

/* The text of the last state of object INDEX. */
static inline const char *last_state(const json_t *recording, size_t index)
{
    const json_t *states =
        json_object_get(item(recording, "objects", index), "states");

    return text(json_array_get(states, json_array_size(states) - 1), "text");
}

/* The text of state NUMBER of object INDEX. */
static inline const char *state(const json_t *recording, size_t index,
                                size_t number)
{
    return text(json_array_get(json_object_get(
                                   item(recording, "objects", index), "states"),
                               number),
                "text");
}

/* Item NUMBER of the last state of object INDEX. */
static inline const char *last_item(const json_t *recording, size_t index,
                                    size_t number)
{
    const json_t *states =
        json_object_get(item(recording, "objects", index), "states");
    const json_t *last = json_array_get(states, json_array_size(states) - 1);
    const char *string = json_string_value(
        json_array_get(json_object_get(last, "items"), number));

    return string ? string : "";
}

#endif
