// SPDX-License-Identifier: MIT
/* pass.c - running the lab's test program; see pass.h. */
#include "pass.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lease.h"
#include "process.h"
#include "text.h"

#define RESULT_MAX (8 * 1024 * 1024)
/* How often a test is run at most: where the grader failed, and where a program
 * does something else under Valgrind. Whoever does so on purpose does it each
 * time; a race that is lost once in a while says nothing about memory. */
#define TRIES_ERROR   2
#define TRIES_DIFFERS 5
#define TAIL_LINES    8
/* Criterion 2.4.1 aborts on patterns of about 100 alternatives. */
#define FILTER_MAX 60

/* A pass as the test program knows it, and where its results go in a test. */
static const struct kind {
    const char *name; /* IPCLAB_PASS; in NAME.native.json */
    int wall_s;       /* of one run of the test program: only a broken one
                         takes so long, for each launch has limits */
    int jobs_max;
    int (*read)(struct grade_test *, const char *, size_t, char *, size_t);
} list = {"list", 20, 1, NULL},
  native = {"native", 900, 1024, test_read_native},
  /* One launch at a time; a second job hides the start of Criterion's worker.
   */
    memcheck = {"memcheck", 900, 2, test_read_memcheck};

/* Some tests of a grade. */
struct selection {
    struct grade_test **tests;
    size_t count;
};

static void selection_add(struct selection *selection, struct grade_test *test)
{
    struct grade_test **item =
        grow(&selection->tests, &selection->count, sizeof(*item));

    *item = test;
}

/* ---- One run of the test program ----------------------------------------- */

static struct argv environment(const struct pass *pass, const struct kind *kind)
{
    struct argv env = {0};
    const char *stage = pass->stage->path;

    argv_add_all(&env, (const char *const[]){"PATH=/usr/bin:/bin",
                                             "LC_ALL=C.UTF-8", NULL});
    argv_addf(&env, "HOME=%s/tmp", stage);
    argv_addf(&env, "TMPDIR=%s/tmp", stage);
    argv_addf(&env, "IPCLAB_PASS=%s", kind->name);
    argv_addf(&env, "IPCLAB_LAB=%s", pass->grade->lab);
    argv_addf(&env, "IPCLAB_STAGE=%s", stage);
    argv_addf(&env, "IPCLAB_RESULTS=%s/results", stage);
    argv_addf(&env, "IPCLAB_SANDBOX=%s",
              sandbox_level_name(pass->sandbox->level));
    argv_addf(&env, "IPCLAB_LEASE=%s/lease", stage);
    if (pass->sandbox->hide)
        argv_addf(&env, "IPCLAB_HIDE=%s", pass->sandbox->hide);
    if (pass->record)
        argv_addf(&env, "IPCLAB_RECORD=%s/record", stage);
    if (pass->scene)
        argv_addf(&env, "IPCLAB_SCENE=%s", pass->scene);
    if (pass->repeat)
        argv_add(&env, "IPCLAB_REPEAT=1");
    if (getenv("IPCLAB_WITHOUT")) /* for the bench: see world.h */
        argv_addf(&env, "IPCLAB_WITHOUT=%s", getenv("IPCLAB_WITHOUT"));
    return env;
}

/* Criterion's pattern SUITE/@(a|b) for CHOSEN; NULL: all are wanted, or too
 * many for a pattern. */
static char *filter_for(const struct selection *chosen)
{
    if (chosen->count == 0 || chosen->count > FILTER_MAX)
        return NULL;
    char *names = xstrdup("");
    for (size_t i = 0; i < chosen->count; i++) {
        char *longer =
            xformat("%s%s%s", names, i ? "|" : "", chosen->tests[i]->name);
        free(names);
        names = longer;
    }
    char *filter = xformat("*/@(%s)", names);
    free(names);
    return filter;
}

/* 0 and RESULT to be released, or -1 after a message. */
static int run_program(const struct pass *pass, const struct kind *kind,
                       const struct selection *chosen,
                       struct process_result *result)
{
    struct argv argv = {0}, env = environment(pass, kind);
    char *filter = filter_for(chosen);

    argv_addf(&argv, "%s/bin/test_%s", pass->stage->path, pass->grade->lab);
    argv_addf(&argv, "-j%d",
              pass->jobs < kind->jobs_max ? pass->jobs : kind->jobs_max);
    argv_add_all(&argv,
                 (const char *const[]){"--color=never", "--ascii", NULL});
    if (filter)
        argv_add_all(&argv, (const char *const[]){"--filter", filter, NULL});
    struct process process = {
        .argv = (const char *const *)argv.items,
        .env = (const char *const *)env.items,
        .directory = pass->stage->path,
        .wall_s = kind->wall_s,
        .output_max = 65536,
        .keep_tail = true,
    };
    int status = process_run(&process, result);
    if (status < 0)
        (void)complain("cannot run %s: %s; set TMPDIR to a directory where "
                       "programs can be run",
                       argv.items[0], strerror(errno));
    free(filter);
    argv_release(&env);
    argv_release(&argv);
    return status;
}

/* The last lines of what the test program wrote. */
static void add_tail(struct strings *lines, const char *output)
{
    size_t size = strlen(output), count = 0;
    const char *tail = output + size;

    while (tail > output && count <= TAIL_LINES)
        if (*--tail == '\n' && tail[1] != '\0' && tail[1] != '\n')
            count++;
    char *copy = xstrdup(tail), *rest = copy, *line;
    while ((line = strsep(&rest, "\n")) != NULL)
        if (*line)
            strings_add(lines, line);
    free(copy);
}

/* ---- List ---------------------------------------------------------------- */

int pass_list(const struct pass *pass)
{
    struct process_result result;
    char why[160] = "it wrote no list";
    size_t size;

    if (run_program(pass, &list, &(struct selection){0}, &result) < 0)
        return -1;
    char *path = xformat("%s/results/tests.json", pass->stage->path);
    char *text = read_file(AT_FDCWD, path, RESULT_MAX, &size);
    int status =
        text ? grade_read_tests(pass->grade, text, size, why, sizeof(why)) : -1;
    if (status < 0) {
        struct strings tail = {0};
        add_tail(&tail, result.output);
        (void)complain("test_%s: %s (status %d%s%s); run make, then ipclab "
                       "doctor",
                       pass->grade->lab, why, result.status,
                       tail.count ? ", " : "",
                       tail.count ? tail.items[tail.count - 1] : "");
    }
    free(text);
    free(path);
    process_result_release(&result);
    return status;
}

/* ---- Tests --------------------------------------------------------------- */

static bool is_error(const struct grade_test *test, const struct kind *kind)
{
    return kind == &native ? test->verdict == VERDICT_ERROR
                           : test->cleanliness == CLEANLINESS_ERROR;
}

/* Whether TEST, tried so often, is to be tried again. */
static bool is_open(const struct grade_test *test, const struct kind *kind,
                    int tries)
{
    return (is_error(test, kind) && tries < TRIES_ERROR) ||
           (kind == &memcheck && test->differs && tries < TRIES_DIFFERS);
}

/* TEST left no result: say so where its result would be. */
static void set_error(struct grade_test *test, const struct kind *kind,
                      const char *why, const struct process_result *result)
{
    char *sentence =
        result->timed_out
            ? xformat("the tests were stopped after %d s", kind->wall_s)
            : xformat("the test itself broke: %s", why);

    if (kind == &native) {
        test->verdict = VERDICT_ERROR;
        string_set(&test->seen, sentence);
        strings_release(&test->evidence); /* of the first attempt */
        add_tail(&test->evidence, result->output);
    } else {
        test->cleanliness = CLEANLINESS_ERROR;
        string_set(&test->why, sentence);
    }
    free(sentence);
}

static void read_result(const struct pass *pass, const struct kind *kind,
                        struct grade_test *test,
                        const struct process_result *result)
{
    char why[160] = "it left no result";
    char *path = xformat("%s/results/%s.%s.json", pass->stage->path, test->name,
                         kind->name);
    size_t size;
    char *text = read_file(AT_FDCWD, path, RESULT_MAX, &size);

    if (text == NULL || kind->read(test, text, size, why, sizeof(why)) < 0)
        set_error(test, kind, why, result);
    (void)unlink(path); /* a second attempt writes its own, or none */
    free(text);
    free(path);
}

static int run_once(const struct pass *pass, const struct kind *kind,
                    const struct selection *chosen)
{
    struct process_result result;

    if (run_program(pass, kind, chosen, &result) < 0)
        return -1;
    for (size_t i = 0; i < chosen->count; i++)
        read_result(pass, kind, chosen->tests[i], &result);
    process_result_release(&result);
    return 0;
}

static int run_with_retry(const struct pass *pass, const struct kind *kind,
                          const struct selection *chosen)
{
    struct selection now = {0};
    int status = 0;

    for (size_t i = 0; i < chosen->count; i++)
        selection_add(&now, chosen->tests[i]);
    for (int tries = 1; status == 0 && now.count > 0; tries++) {
        struct selection again = {0};
        status = run_once(pass, kind, &now);
        for (size_t i = 0; status == 0 && i < now.count; i++) {
            struct grade_test *test = now.tests[i];
            if (!is_open(test, kind, tries))
                continue;
            test->retried |= is_error(test, kind);
            selection_add(&again, test);
        }
        free(now.tests);
        now = again;
    }
    free(now.tests);
    return status;
}

/* Those whose cleanliness can be looked at: that passed. */
static struct selection passed_tests(struct grade *grade)
{
    struct selection passed = {0};

    for (size_t i = 0; i < grade->test_count; i++) {
        struct grade_test *test = &grade->tests[i];
        if (test->verdict == VERDICT_PASS)
            selection_add(&passed, test);
        else if (grade->memcheck)
            string_set(&test->why, "the test did not pass");
    }
    return passed;
}

/* What Valgrind says of a program that talks to it is not to be relied on. */
static void set_broken(const struct selection *passed)
{
    for (size_t i = 0; i < passed->count; i++) {
        passed->tests[i]->cleanliness = CLEANLINESS_BROKEN;
        string_set(&passed->tests[i]->why,
                   "the program holds requests to Valgrind, which can switch "
                   "its reports off");
    }
}

int pass_run(const struct pass *pass)
{
    struct grade *grade = pass->grade;
    struct selection all = {0}, passed = {0};
    struct lease lease = {.pid = -1, .life_fd = -1};
    int status = -1;

    for (size_t i = 0; i < grade->test_count; i++)
        selection_add(&all, &grade->tests[i]);
    if (lease_start(&lease, pass->stage, pass->sandbox, grade->lab,
                    grade->memcheck) < 0)
        goto out;
    lease_wait(&lease);
    status = run_with_retry(pass, &native, &all);
    passed = passed_tests(grade);
    if (grade->memcheck && grade->build.asks_valgrind) {
        set_broken(&passed);
    } else if (status == 0 && grade->memcheck && passed.count > 0) {
        if (pass->judged)
            pass->judged(pass->data);
        status = run_with_retry(pass, &memcheck, &passed);
    }
out:
    lease_stop(&lease);
    free(passed.tests);
    free(all.tests);
    return status;
}
