// SPDX-License-Identifier: MIT
/*
 * graded.c - what surrounds the body of each test, and the list of the tests.
 */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/hooks.h>

#include "run.h"
#include "verdict.h"

bool probe_is_memcheck(void)
{
    return probe_setting()->pass == PASS_MEMCHECK;
}

/* See NEEDS_FULL_SANDBOX; its address is NULL in other labs. */
extern const bool lab_needs_full_sandbox __attribute__((weak));

void probe_test_begin(void)
{
    verdict_begin();
    if (&lab_needs_full_sandbox && probe_setting()->level != SANDBOX_FULL)
        probe_error("this lab's objects need namespaces of their own, the "
                    "sandbox level full: see `ipclab doctor`");
    /* A program that stops reading is for the pump to see as EPIPE. */
    (void)signal(SIGPIPE, SIG_IGN);
}

void probe_test_end(void)
{
    if (probe_is_memcheck()) {
        verdict_memcheck();
        return;
    }
    for (struct run *run = probe_runs; run; run = run->next)
        run_finish(run);
    verdict_pass();
}

/* ---- The list ------------------------------------------------------------ */

/* Whether TEST is of the lab itself, and not an instructor's own. */
static bool is_labs_own(const struct criterion_test *test)
{
    return strncmp(test->data->file_, "labs/", 5) == 0;
}

/* The lab's first, then as they stand in their files. */
static int by_place(const void *a, const void *b)
{
    const struct criterion_test *const *left = a, *const *right = b;
    int own = is_labs_own(*right) - is_labs_own(*left);
    int file = strcmp((*left)->data->file_, (*right)->data->file_);

    return own    ? own
           : file ? file
                  : (int)(*left)->data->line_ - (int)(*right)->data->line_;
}

static const char *visibility_of(const struct criterion_test *test)
{
    static const char *const names[] = {[GRADED_VISIBLE] = "visible",
                                        [GRADED_HIDDEN] = "hidden",
                                        [GRADED_AFTER_DUE_DATE] =
                                            "after_due_date"};
    const struct graded *graded = test->data->data;

    if (graded->visibility == GRADED_DEFAULT)
        return is_labs_own(test) ? "visible" : "hidden";
    return names[graded->visibility];
}

static json_t *json_test(const struct criterion_test *test)
{
    const struct graded *graded = test->data->data;

    return json_pack("{s:s, s:s, s:i, s:s, s:s, s:b}", "name", test->name,
                     "step", graded->step, "points", graded->points,
                     "description", graded->description, "visibility",
                     visibility_of(test), "extra", !is_labs_own(test));
}

static void print_list(struct criterion_test_set *set)
{
    const struct criterion_test *tests[256] = {NULL};
    size_t count = 0;
    json_t *list = json_array();

    FOREACH_SET(struct criterion_suite_set * suite, set->suites)
    {
        FOREACH_SET(struct criterion_test * test, suite->tests)
        {
            if (test->data->data && count < LENGTH(tests))
                tests[count++] = test;
        }
    }
    qsort(tests, count, sizeof(*tests), by_place);
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(list, json_test(tests[i]));
    char *path = xformat("%s/tests.json", probe_setting()->results);
    char *body = json_dumps(list, JSON_INDENT(1));
    if (body == NULL || write_file(path, body, strlen(body), 0644) < 0) {
        (void)fprintf(stderr, "probe: %s: %s\n", path, strerror(errno));
        _exit(99);
    }
    _exit(0); /* no test is run in this pass */
}

/* Runs in Criterion's runner, before the first test. */
ReportHook(PRE_ALL)(struct criterion_test_set *set)
{
    if (probe_setting()->pass == PASS_LIST)
        print_list(set);
}
