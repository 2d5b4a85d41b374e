// SPDX-License-Identifier: MIT
/* expect.c - expectations: what should be, what was seen instead. */
#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "verdict.h"

static void fail(struct run *run, enum failure_kind kind, const char *expected,
                 const char *seen)
{
    struct failure failure = {
        .run = run, .kind = kind, .expected = expected, .seen = seen};

    probe_fail(&failure); /* does not return in the native pass */
}

/* Wait for the end.  True where there is nothing to judge; a run that did not
 * end by itself fails here, whatever else it was expected to do. */
static bool nothing_to_judge(struct run *run)
{
    run_finish(run);
    if (probe_is_memcheck())
        return true;
    if (run->end == RUN_EXITED || run->end == RUN_SIGNALED)
        return false;
    char *story = run_story(run);
    char *seen = xformat("the program %s", story);
    fail(run, FAILED_END, "the program comes to an end", seen);
    return true;
}

/* Under memcheck nothing fails.  But a program that knows where it is and does
 * less there, or something else, has not shown that it is clean. */
static void note_difference(struct run *run, bool differs)
{
    if (run->memcheck && run->began_ms > 0 && run->end <= RUN_SIGNALED)
        run->differs |= differs;
}

void expect_exit(struct run *run, int status)
{
    if (nothing_to_judge(run)) {
        note_difference(run, run_exit_status(run) != status);
        return;
    }
    if (run_exit_status(run) == status)
        return;
    char *story = run_story(run);
    char *expected = status < 128 ? xformat("exit status %d", status)
                                  : xformat("exit status %d (128 + signal %d)",
                                            status, status - 128);
    fail(run, FAILED_STATUS, expected, xformat("the program %s", story));
}

/* Some bytes of a stream, for a reader: printable, in quotes, cut short. */
static char *quote(struct bytes bytes, size_t from, size_t limit)
{
    char *text = NULL;
    size_t size, end = from + limit < bytes.size ? from + limit : bytes.size;
    FILE *out = open_memstream(&text, &size);

    (void)fputc('"', out);
    for (size_t i = from; i < end; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        if (c == '\n')
            (void)fputs("\\n", out);
        else if (isprint(c) && c != '"' && c != '\\')
            (void)fputc(c, out);
        else
            (void)fprintf(out, "\\%03o", c);
    }
    (void)fputs(end < bytes.size ? "\"..." : "\"", out);
    (void)fclose(out);
    return text;
}

static void expect_stream(struct run *run, enum failure_kind kind,
                          const char *stream, struct bytes seen,
                          struct bytes expected)
{
    size_t same = 0,
           less = seen.size < expected.size ? seen.size : expected.size;

    if (bytes_equal(seen, expected))
        return;
    while (same < less && seen.data[same] == expected.data[same])
        same++;
    size_t from = same > 10 ? same - 10 : 0;
    char *want = quote(expected, from, 40), *got = quote(seen, from, 40);
    char *where = same == 0 ? xstrdup("") : xformat(" from byte %zu on", from);
    fail(run, kind,
         xformat("%zu bytes on %s:%s %s", expected.size, stream, where, want),
         same == seen.size && same > 0
             ? xformat("%zu bytes, " EXPECT_CUT_SHORT ":%s %s", seen.size,
                       where, got)
             : xformat("%zu bytes:%s %s", seen.size, where, got));
}

void expect_output(struct run *run, struct bytes expected)
{
    if (nothing_to_judge(run))
        note_difference(run, !bytes_equal(run_output(run), expected));
    else
        expect_stream(run, FAILED_OUTPUT, "standard output", run_output(run),
                      expected);
}

void expect_errors(struct run *run, struct bytes expected)
{
    if (!nothing_to_judge(run))
        expect_stream(run, FAILED_ERRORS, "standard error", run_errors(run),
                      expected);
}

/* Calls MATCHES on each line of standard error until one fits. */
static bool any_error_line(struct run *run, const char *wanted,
                           bool (*matches)(const char *, const char *))
{
    struct bytes errors = run_errors(run);
    char *copy = xstrndup(errors.data, errors.size);
    char *rest = copy, *line;
    bool found = false;

    while (!found && (line = strsep(&rest, "\n")) != NULL)
        found = matches(line, wanted);
    free(copy);
    return found;
}

static bool is_line(const char *line, const char *wanted)
{
    return strcmp(line, wanted) == 0;
}

/* "PROG: anything: REASON" */
static bool tells_reason(const char *line, const char *reason)
{
    const char *lab = probe_setting()->lab;
    size_t prefix = strlen(lab), suffix = strlen(reason), size = strlen(line);

    return size > prefix + suffix + 4 && strncmp(line, lab, prefix) == 0 &&
           strncmp(line + prefix, ": ", 2) == 0 &&
           strcmp(line + size - suffix, reason) == 0 &&
           strncmp(line + size - suffix - 2, ": ", 2) == 0;
}

static void fail_errors(struct run *run, char *expected)
{
    char *got = quote(run_errors(run), 0, 120);

    fail(run, FAILED_ERRORS, expected, xformat("standard error holds %s", got));
}

void expect_error(struct run *run, int error)
{
    if (nothing_to_judge(run) ||
        any_error_line(run, strerror(error), tells_reason))
        return;
    fail_errors(run, xformat("a line \"%s: ...: %s\" on standard error",
                             probe_setting()->lab, strerror(error)));
}

void expect_error_line(struct run *run, const char *line)
{
    if (nothing_to_judge(run) || any_error_line(run, line, is_line))
        return;
    fail_errors(run, xformat("the line \"%s\" on standard error", line));
}

void expect_no_children_left(struct run *run)
{
    if (nothing_to_judge(run))
        return;
    size_t child = trace_unwaited(run->trace, 0);
    if (child < run->trace->process_count)
        fail(run, FAILED_LEFTOVERS, EXPECT_ALL_WAITED_FOR,
             xformat("child %d was never waited for",
                     (int)run->trace->processes[child].pid));
    if (run->process_left)
        fail(run, FAILED_LEFTOVERS, EXPECT_NO_PROCESS, run->leftovers.lines[0]);
}

void expect_nothing_left(struct run *run)
{
    expect_no_children_left(run);
    if (!nothing_to_judge(run) && run->leftovers.count > 0)
        fail(run, FAILED_LEFTOVERS, "nothing is left behind",
             run->leftovers.lines[0]);
}

void expect_no_files_created(struct run *run)
{
    char flags[128];

    if (nothing_to_judge(run))
        return;
    const struct trace *trace = run->trace;
    for (size_t i = 0; i < trace->event_count; i++) {
        i = trace_find(trace, i, "open,openat,openat2,creat,memfd_create", -1);
        if (i == trace->event_count)
            break;
        const struct trace_event *event = &trace->events[i];
        bool creates =
            strcmp(event->name, "creat") == 0 ||
            strcmp(event->name, "memfd_create") == 0 ||
            (trace_arg(event, event->name[4] == 'a' ? 2 : 1, flags,
                       sizeof(flags)) &&
             (strstr(flags, "O_CREAT") || strstr(flags, "O_TMPFILE")));
        if (creates && event->error == NULL &&
            trace->processes[event->process].own_code)
            fail(run, FAILED_FILES, "no file is created on the way",
                 xformat("process %d called %s(%s)",
                         (int)trace->processes[event->process].pid, event->name,
                         event->args));
    }
}

void expect_that(struct run *run, bool condition, const char *expected,
                 const char *seen, ...)
{
    va_list list;
    char *message = NULL;

    if (nothing_to_judge(run) || condition)
        return;
    va_start(list, seen);
    if (vasprintf(&message, seen, list) < 0)
        probe_error("out of memory");
    va_end(list);
    fail(run, FAILED_OTHER, expected, message);
}

/* ---- Signal handlers ----------------------------------------------------- */

void expect_safe_handlers(struct run *run)
{
    char *told = nothing_to_judge(run)
                     ? NULL
                     : trace_handler_fault(run->trace, "unsafe");
    char function[32], signal[16];

    if (told && sscanf(told, "%31s %15s", function, signal) == 2)
        fail(run, FAILED_OTHER,
             "signal handlers call async-signal-safe functions only",
             xformat("%s() was called in the handler of %s", function, signal));
}

void expect_errno_kept(struct run *run)
{
    char *told =
        nothing_to_judge(run) ? NULL : trace_handler_fault(run->trace, "errno");

    if (told)
        fail(run, FAILED_OTHER, "signal handlers leave errno as it was",
             xformat("the handler of %s changed errno", told));
}
