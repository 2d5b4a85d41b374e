// SPDX-License-Identifier: MIT
/* result.c - what a grade is: names, look-ups, order; see result.h. */
#include "result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "standing.h"

const char *const verdict_names[] = {
    [VERDICT_ERROR] = "error",
    [VERDICT_PASS] = "pass",
    [VERDICT_FAIL] = "fail",
    NULL,
};

const char *const cleanliness_names[] = {
    [CLEANLINESS_UNTESTED] = "untested", [CLEANLINESS_CLEAN] = "clean",
    [CLEANLINESS_DIRTY] = "dirty",       [CLEANLINESS_BROKEN] = "broken",
    [CLEANLINESS_ERROR] = "error",       NULL,
};

const char *const visibility_names[] = {
    [VISIBILITY_VISIBLE] = "visible",
    [VISIBILITY_HIDDEN] = "hidden",
    [VISIBILITY_AFTER_DUE_DATE] = "after_due_date",
    NULL,
};

const char *const check_verdict_names[] = {
    [CHECK_GOOD] = "good",
    [CHECK_WEAK] = "weak",
    [CHECK_BAD] = "bad",
    [CHECK_INFO] = "info",
    NULL,
};

struct grade *grade_new(const char *lab)
{
    struct grade *grade = xcalloc(1, sizeof(*grade));

    grade->schema = RESULT_SCHEMA;
    grade->kit = xstrdup(KIT_VERSION);
    grade->lab = xstrdup(lab);
    return grade;
}

struct grade_test *grade_find(const struct grade *grade, const char *name)
{
    for (size_t i = 0; i < grade->test_count; i++)
        if (strcmp(grade->tests[i].name, name) == 0)
            return &grade->tests[i];
    return NULL;
}

bool grade_has_error(const struct grade *grade)
{
    for (size_t i = 0; i < grade->test_count; i++)
        if (grade->tests[i].verdict == VERDICT_ERROR ||
            grade->tests[i].cleanliness == CLEANLINESS_ERROR)
            return grade->build.ok;
    return false;
}

bool standing_is_begun(const struct standing *standing)
{
    return standing->hints > 0 ||
           (standing->graded &&
            (standing->score_tenths > 0 || standing->changed));
}

bool standing_is_done(const struct standing *standing)
{
    return standing->graded && !standing->changed && standing->builds &&
           standing->next == NULL;
}

int step_compare(const char *a, const char *b)
{
    return strverscmp(a ? a : "", b ? b : "");
}

const struct grade_test *grade_next(const struct grade *grade)
{
    const struct grade_test *next = NULL;

    for (size_t i = 0; i < grade->test_count; i++) {
        const struct grade_test *test = &grade->tests[i];
        if (test->bonus || test->points_tenths >= test->max_tenths)
            continue;
        if (next == NULL || step_compare(test->step, next->step) < 0)
            next = test;
    }
    return next;
}

void strings_add(struct strings *strings, const char *string)
{
    char **item = grow(&strings->items, &strings->count, sizeof(*item));

    *item = xstrdup(string);
}

void strings_release(struct strings *strings)
{
    for (size_t i = 0; i < strings->count; i++)
        free(strings->items[i]);
    free(strings->items);
    *strings = (struct strings){0};
}

void string_set(char **old, const char *string)
{
    char *copy = string ? xstrdup(string) : NULL;

    free(*old);
    *old = copy;
}

char *tenths_format(int tenths, char buffer[16])
{
    if (tenths % 10)
        (void)snprintf(buffer, 16, "%d.%d", tenths / 10, abs(tenths % 10));
    else
        (void)snprintf(buffer, 16, "%d", tenths / 10);
    return buffer;
}
