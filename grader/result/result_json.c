// SPDX-License-Identifier: MIT
/*
 * result_json.c - the JSON form of a grade: the tables that SCHEMA.md explains.
 * What the lab's test program writes (tests.json, NAME.native.json,
 * NAME.memcheck.json) are parts of the same tables.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "result.h"
#include "shape.h"
#include "standing.h"

/* A row of a table: JSON name, kind, structure, member. */
#define ROW(json, kind, structure, member)                                     \
    .name = (json), .type = FIELD_##kind, .offset = offsetof(structure, member)
#define LIST(structure, items, total, of)                                      \
    .type = FIELD_LIST, .offset = offsetof(structure, items),                  \
    .count = offsetof(structure, total), .shape = (of)
#define SHAPE(shape_name, structure, ...)                                      \
    static const struct shape shape_name = {                                   \
        sizeof(structure),                                                     \
        (const struct field[]){__VA_ARGS__, {.name = NULL}}}

SHAPE(message_shape, struct grade_message,
      {ROW("file", STRING, struct grade_message, file)},
      {ROW("line", INT, struct grade_message, line)},
      {ROW("severity", STRING, struct grade_message, severity)},
      {ROW("message", STRING, struct grade_message, message)});

SHAPE(build_shape, struct grade_build,
      {ROW("ok", BOOL, struct grade_build, ok), .required = true},
      {ROW("command", STRING, struct grade_build, command)},
      {ROW("explanation", STRING, struct grade_build, explanation)},
      {.name = "diagnostics",
       LIST(struct grade_build, messages, message_count, &message_shape)});

SHAPE(sandbox_shape, struct grade_sandbox,
      {ROW("level", STRING, struct grade_sandbox, level)},
      {ROW("reason", STRING, struct grade_sandbox, reason)},
      {ROW("limits", STRINGS, struct grade_sandbox, limits)});

SHAPE(run_shape, struct grade_run,
      {ROW("shell", STRING, struct grade_run, shell)},
      {ROW("end", STRING, struct grade_run, end)},
      {ROW("story", STRING, struct grade_run, story)},
      {ROW("status", INT, struct grade_run, status)},
      {ROW("seconds", NUMBER, struct grade_run, seconds)},
      {ROW("output", STRING, struct grade_run, output)},
      {ROW("errors", STRING, struct grade_run, errors)});

SHAPE(finding_shape, struct grade_finding,
      {ROW("kind", STRING, struct grade_finding, kind)},
      {ROW("what", STRING, struct grade_finding, what)},
      {ROW("function", STRING, struct grade_finding, function)},
      {ROW("file", STRING, struct grade_finding, file)},
      {ROW("line", INT, struct grade_finding, line)},
      {ROW("stack", STRING, struct grade_finding, stack)});

SHAPE(diagnosis_shape, struct grade_diagnosis,
      {ROW("id", STRING, struct grade_diagnosis, id)},
      {ROW("sentence", STRING, struct grade_diagnosis, sentence)});

SHAPE(launch_shape, struct grade_launch,
      {ROW("arguments", STRING, struct grade_launch, arguments)},
      {ROW("env", STRING, struct grade_launch, env)},
      {ROW("shim", BOOL, struct grade_launch, shim)},
      {ROW("shared", BOOL, struct grade_launch, shared)},
      {ROW("input", STRING, struct grade_launch, input)},
      {ROW("umask", STRING, struct grade_launch, umask)},
      {ROW("fifo", STRING, struct grade_launch, fifo)},
      {ROW("missing", STRING, struct grade_launch, missing)});

/* NAME.native.json */
SHAPE(native_shape, struct grade_test,
      {ROW("verdict", NAME, struct grade_test, verdict), .names = verdict_names,
       .required = true},
      {ROW("kind", STRING, struct grade_test, kind)},
      {ROW("expected", STRING, struct grade_test, expected)},
      {ROW("seen", STRING, struct grade_test, seen)},
      {ROW("shell", STRING, struct grade_test, shell)},
      {ROW("diagnosis", OPTION, struct grade_test, diagnosis),
       .shape = &diagnosis_shape},
      {ROW("evidence", STRINGS, struct grade_test, evidence)},
      {.name = "runs", LIST(struct grade_test, runs, run_count, &run_shape)},
      {ROW("seconds", NUMBER, struct grade_test, seconds)},
      {ROW("self_killed", BOOL, struct grade_test, self_killed)},
      {ROW("launch", OPTION, struct grade_test, launch),
       .shape = &launch_shape});

/* NAME.memcheck.json */
SHAPE(memcheck_shape, struct grade_test,
      {ROW("cleanliness", NAME, struct grade_test, cleanliness),
       .names = cleanliness_names, .required = true},
      {.name = "findings",
       LIST(struct grade_test, findings, finding_count, &finding_shape)},
      {ROW("why", STRING, struct grade_test, why)},
      {ROW("differs", BOOL, struct grade_test, differs)});

/* An item of tests.json, where "points" is what the test is worth. */
SHAPE(listed_shape, struct grade_test,
      {ROW("name", STRING, struct grade_test, name), .required = true},
      {ROW("step", STRING, struct grade_test, step), .required = true},
      {ROW("description", STRING, struct grade_test, description)},
      {ROW("points", TENTHS, struct grade_test, worth_tenths),
       .required = true},
      {ROW("visibility", NAME, struct grade_test, visibility),
       .names = visibility_names},
      {ROW("extra", BOOL, struct grade_test, extra)});

SHAPE(test_shape, struct grade_test,
      {ROW("name", STRING, struct grade_test, name), .required = true},
      {ROW("step", STRING, struct grade_test, step)},
      {ROW("description", STRING, struct grade_test, description)},
      {ROW("points", TENTHS, struct grade_test, points_tenths)},
      {ROW("max", TENTHS, struct grade_test, max_tenths)},
      {ROW("worth", TENTHS, struct grade_test, worth_tenths)},
      {ROW("bonus", BOOL, struct grade_test, bonus)},
      {ROW("visibility", NAME, struct grade_test, visibility),
       .names = visibility_names},
      {ROW("extra", BOOL, struct grade_test, extra)},
      {ROW("retried", BOOL, struct grade_test, retried)},
      {.name = "native", .type = FIELD_PART, .shape = &native_shape},
      {.name = "memcheck", .type = FIELD_PART, .shape = &memcheck_shape},
      {ROW("hint", STRING, struct grade_test, hint)},
      {ROW("command", STRING, struct grade_test, command)},
      {ROW("picture", STRING, struct grade_test, picture)});

SHAPE(grade_shape, struct grade,
      {ROW("schema", INT, struct grade, schema), .required = true},
      {ROW("kit", STRING, struct grade, kit)},
      {ROW("lab", STRING, struct grade, lab), .required = true},
      {ROW("submission", STRING, struct grade, submission)},
      {ROW("checksum", STRING, struct grade, checksum)},
      {ROW("own", BOOL, struct grade, own)},
      {ROW("complete", BOOL, struct grade, complete)},
      {ROW("partial", BOOL, struct grade, partial)},
      {ROW("memcheck", BOOL, struct grade, memcheck)},
      {ROW("score", TENTHS, struct grade, score_tenths), .required = true},
      {ROW("max", TENTHS, struct grade, max_tenths), .required = true},
      {ROW("wall_seconds", NUMBER, struct grade, wall_seconds)},
      {ROW("cpu_seconds", NUMBER, struct grade, cpu_seconds)},
      {ROW("sandbox", OBJECT, struct grade, sandbox), .shape = &sandbox_shape},
      {ROW("build", OBJECT, struct grade, build), .shape = &build_shape,
       .required = true},
      {.name = "tests", LIST(struct grade, tests, test_count, &test_shape)});

SHAPE(check_shape, struct check, {ROW("name", STRING, struct check, name)},
      {ROW("verdict", NAME, struct check, verdict),
       .names = check_verdict_names},
      {ROW("seen", STRING, struct check, seen)},
      {ROW("advice", STRING, struct check, advice)});

SHAPE(checks_shape, struct checks,
      {.name = "checks",
       LIST(struct checks, checks, check_count, &check_shape)});

SHAPE(standing_shape, struct standing,
      {ROW("lab", STRING, struct standing, lab)},
      {ROW("next", STRING, struct standing, next)});

SHAPE(standings_shape, struct standings,
      {.name = "labs",
       LIST(struct standings, labs, lab_count, &standing_shape)});

/* ---- Grades ------------------------------------------------------------- */

char *grade_to_json(const struct grade *grade)
{
    return shape_text(shape_write(&grade_shape, grade));
}

struct grade *grade_from_json(const char *text, size_t size, char *why,
                              size_t why_size)
{
    json_t *json = shape_parse(text, size, why, why_size);

    if (json == NULL)
        return NULL;
    struct grade *grade = xcalloc(1, sizeof(*grade));
    int result = shape_read(&grade_shape, grade, json, why, why_size);
    json_decref(json);
    if (result == 0 && grade->schema != RESULT_SCHEMA) {
        (void)snprintf(why, why_size, "schema %d, where %d is known",
                       grade->schema, RESULT_SCHEMA);
        result = -1;
    }
    if (result < 0) {
        grade_free(grade);
        return NULL;
    }
    return grade;
}

void grade_free(struct grade *grade)
{
    if (grade == NULL)
        return;
    shape_release(&grade_shape, grade);
    free(grade);
}

/* Keep the tests of which WANTED(test, DATA) is true. */
static void keep_if(struct grade *grade,
                    bool (*wanted)(const struct grade_test *, const void *),
                    const void *data)
{
    size_t kept = 0;

    for (size_t i = 0; i < grade->test_count; i++) {
        if (wanted(&grade->tests[i], data))
            grade->tests[kept++] = grade->tests[i];
        else
            shape_release(&test_shape, &grade->tests[i]);
    }
    grade->test_count = kept;
}

struct names {
    const char *const *items;
    size_t count;
};

static bool is_named(const struct grade_test *test, const void *data)
{
    const struct names *names = data;

    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], test->name) == 0)
            return true;
    return false;
}

void grade_keep_tests(struct grade *grade, const char *const *names,
                      size_t count)
{
    keep_if(grade, is_named, &(struct names){names, count});
}

static bool is_shown(const struct grade_test *test, const void *data)
{
    const bool *after_due = data;

    return test->visibility == VISIBILITY_VISIBLE ||
           (test->visibility == VISIBILITY_AFTER_DUE_DATE && *after_due);
}

size_t grade_hide_tests(struct grade *grade, bool after_due)
{
    size_t count = grade->test_count;

    keep_if(grade, is_shown, &after_due);
    return count - grade->test_count;
}

/* ---- What the lab's test program writes ---------------------------------- */

int grade_read_tests(struct grade *grade, const char *text, size_t size,
                     char *why, size_t why_size)
{
    json_t *item, *json = shape_parse(text, size, why, why_size);
    int result = json_is_array(json) && json_array_size(json) > 0 ? 0 : -1;
    size_t i;

    if (json && result < 0)
        (void)snprintf(why, why_size, "no tests");
    json_array_foreach(json, i, item)
    {
        struct grade_test *test =
            grow(&grade->tests, &grade->test_count, sizeof(*test));
        if (shape_read(&listed_shape, test, item, why, why_size) < 0) {
            result = -1;
            break;
        }
        test->bonus = test->worth_tenths == 0;
        string_set(&test->hint, test->step);
    }
    json_decref(json);
    return result;
}

static int read_part(const struct shape *shape, struct grade_test *test,
                     const char *text, size_t size, char *why, size_t why_size)
{
    struct grade_test read = {0};
    json_t *json = shape_parse(text, size, why, why_size);

    if (json == NULL)
        return -1;
    /* Twice: only what is right as a whole replaces what was there. */
    int result = shape_read(shape, &read, json, why, why_size);
    shape_release(shape, &read);
    if (result == 0) {
        shape_release(shape, test);
        result = shape_read(shape, test, json, why, why_size);
    }
    json_decref(json);
    return result;
}

int test_read_native(struct grade_test *test, const char *text, size_t size,
                     char *why, size_t why_size)
{
    return read_part(&native_shape, test, text, size, why, why_size);
}

int test_read_memcheck(struct grade_test *test, const char *text, size_t size,
                       char *why, size_t why_size)
{
    return read_part(&memcheck_shape, test, text, size, why, why_size);
}

/* ---- The small tables ---------------------------------------------------- */

char *checks_to_json(const struct checks *checks)
{
    return shape_text(shape_write(&checks_shape, checks));
}

struct checks *checks_from_json(const char *text, size_t size)
{
    char why[160];
    json_t *json = shape_parse(text, size, why, sizeof(why));
    struct checks *checks = xcalloc(1, sizeof(*checks));

    if (json == NULL ||
        shape_read(&checks_shape, checks, json, why, sizeof(why)) < 0) {
        checks_free(checks);
        checks = NULL;
    }
    json_decref(json);
    return checks;
}

void checks_free(struct checks *checks)
{
    if (checks == NULL)
        return;
    shape_release(&checks_shape, checks);
    free(checks);
}

void standings_free(struct standings *standings)
{
    if (standings == NULL)
        return;
    shape_release(&standings_shape, standings);
    free(standings);
}
