// SPDX-License-Identifier: MIT
/*
 * shape.h - a C structure described by a table, and what follows from it: how
 * it is written as JSON, read back, and released.
 *
 *     static const struct field run_fields[] = {
 *         {"shell", FIELD_STRING, offsetof(struct grade_run, shell)},
 *         {"seconds", FIELD_NUMBER, offsetof(struct grade_run, seconds)},
 *         {NULL}};
 *     static const struct shape run_shape = {sizeof(struct grade_run),
 *                                            run_fields};
 */
#ifndef RESULT_SHAPE_H
#define RESULT_SHAPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum field_type {
    FIELD_STRING,  /* char *; NULL is null */
    FIELD_INT,     /* int */
    FIELD_BOOL,    /* bool */
    FIELD_NUMBER,  /* double */
    FIELD_TENTHS,  /* int, written as a number of whole points */
    FIELD_NAME,    /* enum whose names are in .names */
    FIELD_STRINGS, /* struct strings */
    FIELD_OBJECT,  /* a structure of .shape inside this one */
    FIELD_OPTION,  /* the same; null if its first field, a string, is NULL */
    FIELD_LIST,    /* pointer to structures of .shape; size_t at .count */
    FIELD_PART,    /* .shape's fields, of this same structure */
};

struct shape;

struct field {
    const char *name;
    enum field_type type;
    size_t offset;
    size_t count;
    const struct shape *shape;
    const char *const *names;
    bool required; /* reading fails without it */
};

struct shape {
    size_t size;
    const struct field *fields; /* ends with a NULL name */
};

json_t *shape_write(const struct shape *shape, const void *structure);
/* Fill STRUCTURE, which must be released or zeroed before; unknown members are
 * passed over.  0, or -1 with the reason in WHY; then release what was read. */
int shape_read(const struct shape *shape, void *structure, json_t *json,
               char *why, size_t why_size);
/* Free all that STRUCTURE owns and zero what SHAPE describes of it. */
void shape_release(const struct shape *shape, void *structure);

/* JSON's text, with a final newline; to be freed by the caller.  Drops JSON. */
char *shape_text(json_t *json);
/* TEXT as JSON after cleaning it to UTF-8; NULL and the reason in WHY. */
json_t *shape_parse(const char *text, size_t size, char *why, size_t why_size);

#endif
