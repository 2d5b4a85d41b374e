// SPDX-License-Identifier: MIT
/* verdict.c - a test's result as JSON for the grader; see verdict.h. */
#include "verdict.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diagnose.h"
#include "repeat.h"
#include "run.h"
#include "text.h"

/* Bytes of each stream that a result keeps. */
#define HEAD_MAX 400

static const char *const end_names[] = {
    [RUN_RUNNING] = "running",   [RUN_EXITED] = "exited",
    [RUN_SIGNALED] = "signaled", [RUN_DEADLOCKED] = "deadlocked",
    [RUN_BLOCKED] = "blocked",   [RUN_SPINNING] = "spinning",
    [RUN_SLOW] = "slow",         [RUN_FLOODED] = "flooded",
    [RUN_GREEDY] = "greedy",
};

static const char *const kind_names[] = {
    [FAILED_END] = "end",
    [FAILED_STATUS] = "status",
    [FAILED_OUTPUT] = "output",
    [FAILED_ERRORS] = "errors",
    [FAILED_LEFTOVERS] = "leftovers",
    [FAILED_FILES] = "files",
    [FAILED_OTHER] = "other",
};

static const char *const finding_names[] = {
    [FINDING_INVALID_ACCESS] = "invalid access",
    [FINDING_UNINITIALISED] = "uninitialised",
    [FINDING_LEAK] = "leak",
    [FINDING_DESCRIPTOR] = "descriptor",
    [FINDING_OTHER] = "other",
};

/* A JSON string from bytes of a submission: whatever they are. */
static json_t *json_text(const char *data, size_t size)
{
    char *clean = text_utf8(data, size);
    json_t *string = json_string(clean);

    free(clean);
    return string;
}

static json_t *json_line(const char *string)
{
    return string ? json_text(string, strlen(string)) : json_null();
}

static json_t *json_head(const struct buffer *buffer)
{
    return json_text(buffer->data ? buffer->data : "",
                     buffer->size < HEAD_MAX ? buffer->size : HEAD_MAX);
}

static json_t *json_run(struct run *run)
{
    char *shell = run_shell(run), *story = run_story(run);
    int64_t end = run->ended_ms ? run->ended_ms : now_ms();
    json_t *object = json_pack(
        "{s:o, s:s, s:o, s:i, s:f, s:o, s:o}", "shell", json_line(shell), "end",
        end_names[run->end], "story", json_line(story), "status",
        run->finished ? run_exit_status(run) : -1, "seconds",
        (double)(end - run->began_ms) / 1000, "output", json_head(&run->output),
        "errors", json_head(&run->errors));

    free(shell);
    free(story);
    return object;
}

/* Oldest first, as the test launched them. */
static json_t *json_runs(void)
{
    json_t *list = json_array();

    for (struct run *run = probe_runs; run; run = run->next)
        if (run->began_ms > 0 && !run->tool)
            (void)json_array_insert_new(list, 0, json_run(run));
    return list;
}

/* The first launch of the student's program; NULL if there was none. */
static struct run *first_run(void)
{
    struct run *first = NULL;

    for (struct run *run = probe_runs; run; run = run->next)
        if (run->began_ms > 0 && !run->tool)
            first = run;
    return first;
}

/* Whether a process of the student's own code was killed by SIGKILL from
 * inside: under memcheck that hides what it leaked. */
static bool is_self_killed(const struct run *run)
{
    if (run->trace == NULL || run->end > RUN_SIGNALED || run->tool)
        return false;
    int root = trace_process_by_pid(run->trace, run->pid);
    for (size_t i = 0; i < run->trace->event_count; i++) {
        const struct trace_event *event = &run->trace->events[i];
        bool ended = event->kind == TRACE_EXITED || event->kind == TRACE_KILLED;
        if (ended && event->process == root)
            return event->kind == TRACE_KILLED && event->result == 9 &&
                   !run->was_killed;
        if (event->kind == TRACE_KILLED && event->result == 9 &&
            !run->others_killed &&
            run->trace->processes[event->process].own_code)
            return true;
    }
    return false;
}

static void save(json_t *object, const char *suffix)
{
    char *path = xformat("%s/%s.%s.json", probe_setting()->results,
                         criterion_current_test->name, suffix);
    char *body = json_dumps(object, JSON_COMPACT);

    if (body == NULL || write_file(path, body, strlen(body), 0644) < 0)
        (void)fprintf(stderr, "probe: %s: %s\n", path,
                      body ? strerror(errno) : "cannot be encoded");
    free(body);
    free(path);
    json_decref(object);
}

static int64_t begun_ms; /* the test, in this process */

void verdict_begin(void)
{
    begun_ms = now_ms();
}

/* LAUNCH is the one that a debugger should repeat. */
static json_t *native_result(const char *verdict, const struct run *launch)
{
    bool self_killed = false;

    for (struct run *run = probe_runs; run; run = run->next)
        self_killed |= is_self_killed(run);
    return json_pack("{s:s, s:f, s:o, s:b, s:o}", "verdict", verdict, "seconds",
                     (double)(now_ms() - begun_ms) / 1000, "runs", json_runs(),
                     "self_killed", (int)self_killed, "launch",
                     repeat_launch(launch));
}

void verdict_pass(void)
{
    shared_worlds_end();
    save(native_result("pass", first_run()), "native");
}

/* ---- Failing ------------------------------------------------------------- */

static void add_line(json_t *lines, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_line(json_t *lines, const char *format, ...)
{
    va_list list;
    char *line = NULL;

    va_start(list, format);
    if (vasprintf(&line, format, list) >= 0)
        (void)json_array_append_new(lines, json_line(line));
    va_end(list);
    free(line);
}

static json_t *evidence(struct run *run)
{
    json_t *lines = json_array();

    if (run == NULL)
        return lines;
    for (size_t i = 0; run->autopsy && i < run->autopsy->line_count; i++)
        add_line(lines, "%s", run->autopsy->lines[i]);
    /* In a shared world it may be the test's, or in use by another program. */
    for (size_t i = 0;
         !run->options.world && i < run->leftovers.count && i < 10; i++)
        add_line(lines, "left behind: %s", run->leftovers.lines[i]);
    /* A parent that was stopped by us could not have waited for anyone. */
    if (run->trace == NULL || run->end > RUN_SIGNALED)
        return lines;
    for (size_t i = trace_unwaited(run->trace, 0);
         i < run->trace->process_count; i = trace_unwaited(run->trace, i + 1))
        add_line(lines, "process %d, a child, was never waited for",
                 (int)run->trace->processes[i].pid);
    return lines;
}

static json_t *diagnosis_for(struct failure *failure)
{
    const struct autopsy_wait *wait;
    const struct misconception *found =
        failure->run ? diagnose(lab_misconceptions, failure, &wait) : NULL;

    if (found == NULL)
        return json_null();
    char *sentence = diagnosis_sentence(found->sentence, wait);
    json_t *object = json_pack("{s:s, s:o}", "id", found->id, "sentence",
                               json_line(sentence));
    free(sentence);
    return object;
}

static void close_runs(void)
{
    for (struct run *run = probe_runs; run; run = run->next) {
        /* The test would have told it to end. */
        if (run->options.world && run->end == RUN_RUNNING)
            run_signal(run, SIGKILL);
        run_finish(run);
    }
    shared_worlds_end();
}

void probe_fail(struct failure *failure)
{
    if (probe_is_memcheck())
        return;
    failure->test = criterion_current_test->name;
    close_runs();
    json_t *result =
        native_result("fail", failure->run ? failure->run : first_run());
    (void)json_object_set_new(result, "kind",
                              json_string(kind_names[failure->kind]));
    (void)json_object_set_new(result, "expected", json_line(failure->expected));
    (void)json_object_set_new(result, "seen", json_line(failure->seen));
    (void)json_object_set_new(result, "diagnosis", diagnosis_for(failure));
    (void)json_object_set_new(result, "evidence", evidence(failure->run));
    if (failure->run) {
        char *shell = run_shell(failure->run);
        (void)json_object_set_new(result, "shell", json_line(shell));
        free(shell);
    }
    save(result, "native");
    cr_assert_fail("%s", failure->seen);
}

_Noreturn void probe_error(const char *format, ...)
{
    va_list list;
    char *why = NULL;

    va_start(list, format);
    if (vasprintf(&why, format, list) < 0)
        why = NULL;
    va_end(list);
    if (criterion_current_test && getenv("IPCLAB_RESULTS")) {
        bool memcheck = probe_is_memcheck();
        save(json_pack("{s:s, s:o}", memcheck ? "cleanliness" : "verdict",
                       "error", memcheck ? "why" : "seen", json_line(why)),
             memcheck ? "memcheck" : "native");
    }
    (void)fprintf(stderr, "probe: %s\n", why ? why : "out of memory");
    _exit(99); /* the harness failed: the program under test is not judged */
}

/* ---- Memcheck ------------------------------------------------------------ */

static json_t *json_finding(const struct finding *finding)
{
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:i, s:o}", "kind", finding_names[finding->kind],
        "what", json_line(finding->what), "function",
        json_line(finding->function), "file", json_line(finding->file), "line",
        finding->line, "stack", json_line(finding->stack));
}

/* The same line of code in several runs of a test is one finding. */
static void add_finding(json_t *list, const struct finding *finding)
{
    json_t *new = json_finding(finding), *old;
    size_t i;

    json_array_foreach(list, i, old)
    {
        bool same = finding->line > 0;
        const char *const keys[] = {"kind", "file", "line"};
        for (size_t key = 0; key < LENGTH(keys) && same; key++)
            same = json_equal(json_object_get(old, keys[key]),
                              json_object_get(new, keys[key]));
        if (same) {
            json_decref(new);
            return;
        }
    }
    (void)json_array_append_new(list, new);
}

/* Whether the log of the first process of RUN is whole. */
static bool is_log_whole(const struct run *run)
{
    for (size_t i = 0; i < run->findings->process_count; i++)
        if (run->findings->processes[i].pid == run->pid)
            return run->findings->processes[i].summary;
    return false;
}

void verdict_memcheck(void)
{
    json_t *findings = json_array();
    const char *cleanliness = "untested", *why = "";
    bool differs = false;

    for (struct run *run = probe_runs; run; run = run->next) {
        run_finish(run);
        if (run->findings == NULL) /* not run, or a tool */
            continue;
        if (strcmp(cleanliness, "untested") == 0)
            cleanliness = "clean";
        for (size_t i = 0; i < run->findings->finding_count; i++)
            add_finding(findings, &run->findings->findings[i]);
        if (!is_log_whole(run) && !run->was_killed) {
            cleanliness = "broken";
            why = run->end > RUN_SIGNALED
                      ? "the program did not end under Valgrind"
                      : "Valgrind's log of the first process breaks off";
        } else if (run->findings->damaged) {
            cleanliness = "broken";
            differs = true; /* most likely not the next time */
            why = "Valgrind's log has lost lines";
        } else if (run->differs && !run->findings->unsupported) {
            cleanliness = "broken";
            differs = true;
            why = "under Valgrind the program does not do what it does without";
        }
    }
    shared_worlds_end();
    if (json_array_size(findings) > 0 && strcmp(cleanliness, "broken") != 0)
        cleanliness = "dirty";
    save(json_pack("{s:s, s:s, s:b, s:o}", "cleanliness", cleanliness, "why",
                   why, "differs", differs, "findings", findings),
         "memcheck");
}
