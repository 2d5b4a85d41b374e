// SPDX-License-Identifier: MIT
/* shape.c - structures described by tables; see shape.h. */
#include "shape.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "result.h"
#include "text.h"

/* A member's address; the table vouches for its type. */
#define MEMBER(type, base, offset) ((type *)(void *)((char *)(base) + (offset)))
#define CONST_MEMBER(type, base, offset)                                       \
    ((const type *)(const void *)((const char *)(base) + (offset)))

/* ---- Writing ------------------------------------------------------------ */

static json_t *write_string(const char *string)
{
    if (string == NULL)
        return json_null();
    char *clean = text_utf8(string, strlen(string));
    json_t *json = json_string(clean);
    free(clean);
    return json;
}

static json_t *write_tenths(int tenths)
{
    return tenths % 10 ? json_real(tenths / 10.0) : json_integer(tenths / 10);
}

static json_t *write_strings(const struct strings *strings)
{
    json_t *array = json_array();

    for (size_t i = 0; i < strings->count; i++)
        (void)json_array_append_new(array, write_string(strings->items[i]));
    return array;
}

static json_t *write_list(const struct field *field, const void *structure)
{
    json_t *array = json_array();
    const char *item = *CONST_MEMBER(char *, structure, field->offset);
    size_t count = *CONST_MEMBER(size_t, structure, field->count);

    for (size_t i = 0; i < count; i++, item += field->shape->size)
        (void)json_array_append_new(array, shape_write(field->shape, item));
    return array;
}

static json_t *write_field(const struct field *field, const void *structure)
{
    const void *member = CONST_MEMBER(char, structure, field->offset);

    switch (field->type) {
    case FIELD_STRING:
        return write_string(*(char *const *)member);
    case FIELD_INT:
        return json_integer(*(const int *)member);
    case FIELD_BOOL:
        return json_boolean(*(const bool *)member);
    case FIELD_NUMBER:
        return json_real(round(*(const double *)member * 1000) / 1000);
    case FIELD_TENTHS:
        return write_tenths(*(const int *)member);
    case FIELD_NAME:
        return json_string(field->names[*(const unsigned *)member]);
    case FIELD_STRINGS:
        return write_strings(member);
    case FIELD_OPTION:
        if (*(char *const *)member == NULL)
            return json_null();
        return shape_write(field->shape, member);
    case FIELD_LIST:
        return write_list(field, structure);
    case FIELD_OBJECT:
    case FIELD_PART:
        break;
    }
    return shape_write(field->shape, member);
}

json_t *shape_write(const struct shape *shape, const void *structure)
{
    json_t *object = json_object();

    for (const struct field *field = shape->fields; field->name; field++) {
        if (field->type == FIELD_PART) {
            json_t *part = shape_write(field->shape, structure);
            (void)json_object_update(object, part);
            json_decref(part);
        } else {
            (void)json_object_set_new(object, field->name,
                                      write_field(field, structure));
        }
    }
    return object;
}

char *shape_text(json_t *json)
{
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(12));

    json_decref(json);
    if (text == NULL) { /* no member can be invalid: memory ran out */
        (void)complain("out of memory");
        exit(3);
    }
    char *line = xformat("%s\n", text);
    free(text);
    return line;
}

/* ---- Reading ------------------------------------------------------------ */

json_t *shape_parse(const char *text, size_t size, char *why, size_t why_size)
{
    json_error_t error;
    char *clean = text_utf8(text, size);
    json_t *json = json_loads(clean, JSON_REJECT_DUPLICATES, &error);

    free(clean);
    if (json == NULL)
        (void)snprintf(why, why_size, "line %d: %s", error.line, error.text);
    return json;
}

static bool read_strings(struct strings *strings, json_t *json)
{
    json_t *item;
    size_t i;

    if (!json_is_array(json))
        return false;
    json_array_foreach(json, i, item)
    {
        if (!json_is_string(item))
            return false;
        strings_add(strings, json_string_value(item));
    }
    return true;
}

static bool read_name(int *member, const char *const *names, json_t *json)
{
    for (int i = 0; json_is_string(json) && names[i]; i++)
        if (strcmp(names[i], json_string_value(json)) == 0) {
            *member = i;
            return true;
        }
    return false;
}

static bool read_list(const struct field *field, void *structure, json_t *json,
                      char *why, size_t why_size)
{
    json_t *item;
    size_t i;
    char **list = MEMBER(char *, structure, field->offset);
    size_t *count = MEMBER(size_t, structure, field->count);

    if (!json_is_array(json))
        return false;
    json_array_foreach(json, i, item)
    {
        /* Counted before it is read: what is half read is released, too. */
        void *next = grow(list, count, field->shape->size);
        if (shape_read(field->shape, next, item, why, why_size) < 0)
            return false;
    }
    return true;
}

static bool read_scalar(const struct field *field, void *member, json_t *json)
{
    switch (field->type) {
    case FIELD_STRING:
        if (json_is_string(json))
            *(char **)member = xstrdup(json_string_value(json));
        return json_is_string(json) || json_is_null(json);
    case FIELD_INT:
        *(int *)member = (int)json_integer_value(json);
        return json_is_integer(json) &&
               *(int *)member == json_integer_value(json);
    case FIELD_BOOL:
        *(bool *)member = json_is_true(json);
        return json_is_boolean(json);
    case FIELD_NUMBER:
        *(double *)member = json_number_value(json);
        return json_is_number(json);
    case FIELD_TENTHS:
        if (!json_is_number(json) || fabs(json_number_value(json)) > 1e6)
            return false;
        *(int *)member = (int)lround(json_number_value(json) * 10);
        return true;
    default:
        return false;
    }
}

static bool read_field(const struct field *field, void *structure, json_t *json,
                       char *why, size_t why_size)
{
    void *member = MEMBER(char, structure, field->offset);

    switch (field->type) {
    case FIELD_NAME:
        return read_name(member, field->names, json);
    case FIELD_STRINGS:
        return read_strings(member, json);
    case FIELD_LIST:
        return read_list(field, structure, json, why, why_size);
    case FIELD_OPTION:
        if (json_is_null(json))
            return true;
        return shape_read(field->shape, member, json, why, why_size) == 0;
    case FIELD_OBJECT:
    case FIELD_PART:
        return shape_read(field->shape, member, json, why, why_size) == 0;
    default:
        return read_scalar(field, member, json);
    }
}

int shape_read(const struct shape *shape, void *structure, json_t *json,
               char *why, size_t why_size)
{
    why[0] = '\0';
    if (!json_is_object(json)) {
        (void)snprintf(why, why_size, "not an object");
        return -1;
    }
    for (const struct field *field = shape->fields; field->name; field++) {
        json_t *value = field->type == FIELD_PART
                            ? json
                            : json_object_get(json, field->name);
        if (value == NULL && !field->required)
            continue;
        if (value && read_field(field, structure, value, why, why_size))
            continue;
        if (why[0] == '\0') /* otherwise a member further in has said it */
            (void)snprintf(why, why_size, "member \"%s\" is %s", field->name,
                           value ? "not what it should be" : "missing");
        return -1;
    }
    return 0;
}

/* ---- Releasing ---------------------------------------------------------- */

static void release_list(const struct field *field, void *structure)
{
    char **list = MEMBER(char *, structure, field->offset);
    size_t *count = MEMBER(size_t, structure, field->count);

    for (size_t i = 0; i < *count; i++)
        shape_release(field->shape, *list + i * field->shape->size);
    free(*list);
    *list = NULL;
    *count = 0;
}

void shape_release(const struct shape *shape, void *structure)
{
    for (const struct field *field = shape->fields; field->name; field++) {
        void *member = MEMBER(char, structure, field->offset);
        switch (field->type) {
        case FIELD_STRING:
            free(*(char **)member);
            *(char **)member = NULL;
            break;
        case FIELD_STRINGS:
            strings_release(member);
            break;
        case FIELD_LIST:
            release_list(field, structure);
            break;
        case FIELD_OBJECT:
        case FIELD_OPTION:
        case FIELD_PART:
            shape_release(field->shape, member);
            break;
        case FIELD_BOOL:
            *(bool *)member = false;
            break;
        case FIELD_NUMBER:
            *(double *)member = 0;
            break;
        default:
            *(int *)member = 0;
        }
    }
}
