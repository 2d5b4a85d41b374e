// SPDX-License-Identifier: MIT
/* report.c - a grade, for a person at a terminal; see report.h. */
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "layout.h"

#define MARK_WIDTH   8
#define DETAIL       10 /* column of what is said about a test */
#define MESSAGES_MAX 8
#define EVIDENCE_MAX 12
#define FINDINGS_MAX 4

/* A string that says something. */
static bool given(const char *string)
{
    return string && *string;
}

/* ---- Head and build ------------------------------------------------------ */

static void report_head(const struct report *report, const struct grade *grade)
{
    const struct grade_sandbox *sandbox = &grade->sandbox;

    layout_cell(report, BOLD, grade->lab, 0);
    (void)fputs("  ", report->out);
    layout_cell(report, PLAIN, grade->submission ? grade->submission : "", 0);
    (void)fputs("\n", report->out);
    if (sandbox->limits.count == 0)
        return;
    char *line = xformat("%s, the weaker level%s%s", sandbox->level,
                         given(sandbox->reason) ? ": " : "",
                         given(sandbox->reason) ? sandbox->reason : "");
    layout_block(report, 2, "sandbox", line);
    free(line);
    for (size_t i = 0; i < sandbox->limits.count; i++)
        layout_block(report, 2, "", sandbox->limits.items[i]);
}

static void report_messages(const struct report *report,
                            const struct grade_build *build)
{
    size_t shown = 0;

    for (size_t i = 0; i < build->message_count; i++) {
        const struct grade_message *message = &build->messages[i];
        /* Of a file that does not build only the errors matter. */
        if (!build->ok && strcmp(message->severity, "error") != 0)
            continue;
        if (shown++ == MESSAGES_MAX) {
            layout_block(report, 2, "", "... and more");
            return;
        }
        char *line = message->line > 0
                         ? xformat("%s:%d: %s", message->file, message->line,
                                   message->message)
                         : xformat("%s: %s", message->file, message->message);
        layout_block(report, 2, message->severity, line);
        free(line);
    }
}

static void report_build(const struct report *report,
                         const struct grade_build *build)
{
    if (build->message_count > 0 || !build->ok)
        (void)fputs("\n", report->out);
    if (!build->ok) {
        (void)fputs("  ", report->out);
        layout_cell(report, RED, "The file does not build.", 0);
        (void)fputs("\n", report->out);
    }
    report_messages(report, build);
    if (build->ok)
        return;
    if (given(build->explanation))
        layout_block(report, 2, "that is", build->explanation);
    if (given(build->command))
        layout_command(report, 2, "again", build->command);
}

/* ---- Tests --------------------------------------------------------------- */

/* The first word of a test's line. */
static const struct mark {
    const char *text;
    enum colour colour;
} error_mark = {"ERROR", YELLOW}, fail_mark = {"FAIL", RED},
  pass_marks[] = {
      [CLEANLINESS_UNTESTED] = {"ok", GREEN},
      [CLEANLINESS_CLEAN] = {"ok", GREEN},
      [CLEANLINESS_DIRTY] = {"dirty", YELLOW},
      [CLEANLINESS_BROKEN] = {"broken", YELLOW},
      [CLEANLINESS_ERROR] = {"ERROR", YELLOW},
};

static const struct mark *mark_of(const struct grade_test *test)
{
    return test->verdict == VERDICT_ERROR  ? &error_mark
           : test->verdict == VERDICT_FAIL ? &fail_mark
                                           : &pass_marks[test->cleanliness];
}

static void report_line(const struct report *report,
                        const struct grade_test *test)
{
    const struct mark *mark = mark_of(test);
    char points[16], max[16];
    int room = report->width - 2 - MARK_WIDTH - 16;

    (void)fputs("  ", report->out);
    layout_cell(report, mark->colour, mark->text, MARK_WIDTH);
    layout_cell(report, PLAIN, test->name, room);
    if (test->bonus)
        (void)fprintf(report->out, "%14s\n", "bonus");
    else if (test->verdict == VERDICT_ERROR)
        (void)fprintf(report->out, "%8s / %s\n", "-",
                      tenths_format(test->worth_tenths, max));
    else
        (void)fprintf(report->out, "%8s / %s\n",
                      tenths_format(test->points_tenths, points),
                      tenths_format(test->max_tenths, max));
}

static void report_block(const struct report *report, const char *label,
                         const char *text)
{
    if (given(text))
        layout_block(report, DETAIL, label, text);
}

static void report_evidence(const struct report *report,
                            const struct strings *evidence)
{
    size_t max = report->verbose ? evidence->count : EVIDENCE_MAX;

    for (size_t i = 0; i < evidence->count && i < max; i++)
        layout_block(report, DETAIL, i ? "" : "evidence", evidence->items[i]);
    if (evidence->count > max)
        layout_block(report, DETAIL, "", "... --verbose shows the rest");
}

static void report_finding(const struct report *report,
                           const struct grade_finding *finding)
{
    char *line =
        xformat("%s%s%s%s%s", finding->what ? finding->what : finding->kind,
                given(finding->function) ? ", in " : "",
                given(finding->function) ? finding->function : "",
                given(finding->file) ? " at " : "",
                given(finding->file) ? finding->file : "");

    if (given(finding->file) && finding->line > 0) {
        char *longer = xformat("%s:%d", line, finding->line);
        free(line);
        line = longer;
    }
    layout_block(report, DETAIL, "memory", line);
    free(line);
    if (report->verbose && given(finding->stack))
        layout_lines(report, DETAIL, "", finding->stack);
}

static void report_cleanliness(const struct report *report,
                               const struct grade_test *test)
{
    for (size_t i = 0; i < test->finding_count; i++) {
        if (i == FINDINGS_MAX && !report->verbose) {
            layout_block(report, DETAIL, "", "... --verbose shows the rest");
            break;
        }
        report_finding(report, &test->findings[i]);
    }
    if (test->finding_count == 0 || report->verbose)
        report_block(report, "memory", test->why);
}

/* The first lines of what a program wrote: all of it tells a reader no more. */
static void report_stream(const struct report *report, const char *label,
                          const char *text)
{
    enum { LINES_MAX = 12 };
    const char *end = text;

    if (!given(text))
        return;
    for (int i = 0; i < LINES_MAX && *end; i++) {
        end = strchrnul(end, '\n');
        end += *end == '\n';
    }
    char *head =
        xformat("%.*s%s", (int)(end - text), text, *end ? "...\n" : "");
    layout_lines(report, DETAIL, label, head);
    free(head);
}

static void report_run(const struct report *report, const struct grade_run *run)
{
    layout_command(report, DETAIL, "$", run->shell ? run->shell : "");
    char *end =
        given(run->story)
            ? xformat("%s (%.2f s)", run->story, run->seconds)
            : xformat("%s, status %d (%.2f s)", run->end ? run->end : "?",
                      run->status, run->seconds);
    layout_block(report, DETAIL, "end", end);
    free(end);
    report_stream(report, "stdout", run->output);
    report_stream(report, "stderr", run->errors);
}

/* The earlier test that was explained in the same words, or NULL. */
static const struct grade_test *told_before(const struct grade *grade,
                                            const struct grade_test *test)
{
    for (const struct grade_test *other = grade->tests; other < test; other++)
        if (given(test->diagnosis.sentence) &&
            given(other->diagnosis.sentence) && !other->bonus &&
            strcmp(other->diagnosis.sentence, test->diagnosis.sentence) == 0)
            return other;
    return NULL;
}

static void report_diagnosis(const struct report *report,
                             const struct grade *grade,
                             const struct grade_test *test)
{
    const struct grade_test *other = told_before(grade, test);

    if (other && !report->verbose) {
        char *line = xformat("as in %s, above", other->name);
        layout_block(report, DETAIL, "why", line);
        free(line);
        return;
    }
    report_block(report, "why", test->diagnosis.sentence);
    report_evidence(report, &test->evidence);
}

/* The launch that failed, and what it said. */
static void report_failed_run(const struct report *report,
                              const struct grade_test *test)
{
    if (!given(test->shell))
        return;
    layout_command(report, DETAIL, "run", test->shell);
    for (size_t i = test->run_count; i-- > 0;) {
        const struct grade_run *run = &test->runs[i];
        if (!run->shell || strcmp(run->shell, test->shell) != 0)
            continue;
        report_stream(report, "stderr", run->errors);
        return;
    }
}

/* What a failed test, or one with an error of ours, is explained with. */
static void report_failure(const struct report *report,
                           const struct grade *grade,
                           const struct grade_test *test)
{
    report_block(report, "expected", test->expected);
    report_block(report, "seen", test->seen);
    report_diagnosis(report, grade, test);
    if (!report->verbose)
        report_failed_run(report, test);
    if (test->verdict == VERDICT_ERROR) {
        layout_block(report, DETAIL, NULL,
                     "This is a fault of the grader or the machine, not of the "
                     "submission; see ipclab doctor.");
    } else if (given(test->hint)) {
        char *hint = xformat("make hint STEP=%s", test->hint);
        layout_command(report, DETAIL, "hint", hint);
        free(hint);
    }
}

/* Whether TEST is told in more than its line.  A bonus can wait until nothing
 * else is left. */
static bool is_told(const struct report *report, const struct grade *grade,
                    const struct grade_test *test)
{
    if (report->verbose || test->retried)
        return true;
    return mark_of(test)->colour != GREEN &&
           (!test->bonus || grade_next(grade) == NULL);
}

static void report_test(const struct report *report, const struct grade *grade,
                        const struct grade_test *test)
{
    report_line(report, test);
    if (!is_told(report, grade, test))
        return;
    if (given(test->description))
        layout_block(report, DETAIL, NULL, test->description);
    if (test->retried)
        layout_block(report, DETAIL, NULL,
                     "Tried twice: the first time the grader itself failed.");
    if (test->verdict == VERDICT_PASS)
        report_cleanliness(report, test);
    else
        report_failure(report, grade, test);
    for (size_t i = 0; report->verbose && i < test->run_count; i++)
        report_run(report, &test->runs[i]);
    if (mark_of(test)->colour != GREEN && given(test->command))
        layout_command(report, DETAIL, "again", test->command);
    if (given(test->picture))
        layout_command(report, DETAIL, "picture", test->picture);
}

/* ---- Score --------------------------------------------------------------- */

static char *next_step(const struct grade *grade)
{
    const struct grade_test *next = grade_next(grade);
    char *where = grade->own ? xformat("labs/%s/%s.c", grade->lab, grade->lab)
                             : xstrdup(grade->submission ? grade->submission
                                                         : grade->lab);
    char *step;

    if (!grade->build.ok)
        step = xformat("get %s to build: its first error is explained above",
                       where);
    else if (next && next->verdict == VERDICT_PASS)
        step = xformat("%s, %s: it passes, but not cleanly; see \"memory\" "
                       "above",
                       next->step, next->name);
    else if (next)
        step = xformat("%s, %s; handouts/%s.md has the background", next->step,
                       next->name, grade->lab);
    else if (!grade->complete)
        step = xstrdup("ipclab doctor, then grade again");
    else if (!grade->memcheck)
        step = xstrdup("the same with memcheck: the points for cleanliness");
    else
        step = xstrdup("nothing is left to earn here");
    free(where);
    return step;
}

static void report_score(const struct report *report, const struct grade *grade)
{
    char score[16], max[16];
    const char *level = grade->sandbox.level;
    bool full = grade->score_tenths == grade->max_tenths && grade->complete;
    char *sum = xformat("%s / %s", tenths_format(grade->score_tenths, score),
                        tenths_format(grade->max_tenths, max));

    (void)fputs("\n  ", report->out);
    layout_cell(report, DIM, "score", LABEL_WIDTH);
    layout_cell(report, full ? GREEN : BOLD, sum, 0);
    (void)fprintf(report->out, "   (%.1f s, CPU %.1f s%s%s)\n",
                  grade->wall_seconds, grade->cpu_seconds,
                  given(level) ? ", sandbox " : "", given(level) ? level : "");
    free(sum);
    if (!grade->complete)
        layout_block(report, 2, "",
                     "incomplete: what could not be judged, by no fault of the "
                     "submission, is not in this maximum");
    if (!grade->memcheck)
        layout_block(report, 2, "",
                     "without the points for cleanliness: memcheck was left "
                     "out");
    char *next = next_step(grade);
    layout_block(report, 2, "next:", next);
    free(next);
}

void report_grade(const struct report *report, const struct grade *grade)
{
    report_head(report, grade);
    report_build(report, &grade->build);
    if (grade->build.ok) {
        (void)fputs("\n", report->out);
        for (size_t i = 0; i < grade->test_count; i++)
            report_test(report, grade, &grade->tests[i]);
    }
    report_score(report, grade);
}
