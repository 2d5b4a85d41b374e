// SPDX-License-Identifier: MIT
/* watch.c - grade a lab whenever its file is saved; see watch.h. */
#include "watch.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "changes.h"
#include "grade.h"
#include "layout.h"
#include "saves.h"
#include "status.h"
#include "text.h"
#include "work.h"
#include "worker.h"

#define MARK_WIDTH 8
#define DETAIL     10 /* column of what is said about a test */

struct watch {
    const struct kit *kit;
    const char *lab;
    char *file; /* as it is shown */
    struct report report;
    struct baseline baseline;
    struct saves saves;
    int64_t began_ms; /* of the grade that is being made */
    bool headed;      /* its heading was printed */
    bool judged;      /* its verdicts were told */
};

/* ---- The line that changes ----------------------------------------------- */

/* On a terminal: what is going on.  The next line takes its place. */
static void doing(const struct watch *watch, const char *what)
{
    if (!watch->report.terminal)
        return;
    (void)fprintf(watch->report.out, "\r\033[K  %s: %s", watch->file, what);
    (void)fflush(watch->report.out);
}

static void done(const struct watch *watch)
{
    if (watch->report.terminal)
        (void)fputs("\r\033[K", watch->report.out);
}

/* ---- Telling ------------------------------------------------------------- */

/* Before the first line about a grade. */
static void head(struct watch *watch)
{
    time_t now = time(NULL);
    struct tm local;
    char text[16] = "";

    done(watch);
    if (watch->headed)
        return;
    watch->headed = true;
    if (localtime_r(&now, &local))
        (void)strftime(text, sizeof(text), "%H:%M:%S", &local);
    (void)fputs("\n", watch->report.out);
    layout_cell(&watch->report, DIM, text, MARK_WIDTH);
    (void)fputs("  ", watch->report.out);
    layout_cell(&watch->report, DIM, watch->file, 0);
    (void)fputs("\n", watch->report.out);
}

static const struct tale {
    const char *mark, *remark;
    enum colour colour;
} tales[] = {
    [CHANGE_PASSES] = {"ok", "passes now", GREEN},
    [CHANGE_FAILS] = {"FAIL", "fails now", RED},
    [CHANGE_DIFFERS] = {"FAIL", "fails in another way", RED},
    [CHANGE_DIRTY] = {"dirty", "passes, but not cleanly", YELLOW},
    [CHANGE_CLEAN] = {"ok", "is clean now", GREEN},
    [CHANGE_ERROR] = {"ERROR", "a fault of the grader: see ipclab doctor",
                      YELLOW},
};

/* The earlier test of GRADE that is told to fail for the same reason. */
static const struct grade_test *told_before(const struct watch *watch,
                                            const struct grade *grade,
                                            const struct grade_test *test)
{
    const char *why = test->diagnosis.sentence;

    for (const struct grade_test *other = grade->tests; why && other < test;
         other++)
        if (other->diagnosis.sentence &&
            strcmp(other->diagnosis.sentence, why) == 0 &&
            baseline_verdict(&watch->baseline, other) != CHANGE_NONE)
            return other;
    return NULL;
}

/* Why it is as it is: the sentence that explains it, or what was seen. */
static void tell_reason(const struct watch *watch, const struct grade *grade,
                        const struct grade_test *test, enum change change)
{
    const struct report *report = &watch->report;
    const struct grade_test *other = told_before(watch, grade, test);
    const struct grade_finding *finding =
        test->finding_count ? test->findings : NULL;

    if (change == CHANGE_DIRTY && finding) {
        bool placed = finding->file && finding->line > 0;
        char *place =
            placed ? xformat(" at %s:%d", finding->file, finding->line) : NULL;
        char *line =
            xformat("%s%s", finding->what ?: finding->kind, place ?: "");
        layout_block(report, DETAIL, "memory", line);
        free(line);
        free(place);
    } else if (change == CHANGE_DIRTY) {
        layout_block(report, DETAIL, "memory", test->why ?: "");
    } else if (other) {
        char *line = xformat("as in %s, above", other->name);
        layout_block(report, DETAIL, "why", line);
        free(line);
    } else if (test->diagnosis.sentence) {
        layout_block(report, DETAIL, "why", test->diagnosis.sentence);
    } else {
        if (test->expected)
            layout_block(report, DETAIL, "expected", test->expected);
        if (test->seen)
            layout_block(report, DETAIL, "seen", test->seen);
    }
}

static void tell_test(struct watch *watch, const struct grade *grade,
                      const struct grade_test *test, enum change change,
                      const char *remark)
{
    const struct report *report = &watch->report;
    const struct tale *tale = &tales[change];

    head(watch);
    (void)fputs("  ", report->out);
    layout_cell(report, tale->colour, tale->mark, MARK_WIDTH);
    layout_cell(report, PLAIN, test->name, 30);
    (void)fprintf(report->out, "  %s\n", remark);
    if (tale->colour == GREEN)
        return;
    tell_reason(watch, grade, test, change);
    if (test->command)
        layout_command(report, DETAIL, "again", test->command);
}

static void tell(struct watch *watch, const struct grade *grade,
                 const struct grade_test *test, enum change change)
{
    if (change != CHANGE_NONE)
        tell_test(watch, grade, test, change, tales[change].remark);
}

static double elapsed(const struct watch *watch)
{
    return (double)(now_ms() - watch->began_ms) / 1000;
}

/* "9 of 12 tests pass". */
static void tell_count(struct watch *watch, const struct grade *grade)
{
    size_t passed = 0, count = 0;

    for (size_t i = 0; i < grade->test_count; i++) {
        count += !grade->tests[i].bonus;
        passed +=
            !grade->tests[i].bonus && grade->tests[i].verdict == VERDICT_PASS;
    }
    head(watch);
    char *text = xformat("%zu of %zu tests pass", passed, count);
    (void)fputs("  ", watch->report.out);
    layout_cell(&watch->report, PLAIN, text, MARK_WIDTH + 32);
    (void)fprintf(watch->report.out, "%.2f s\n", elapsed(watch));
    free(text);
}

static void tell_verdicts(struct watch *watch, const struct grade *grade)
{
    const struct grade_test *next = grade_next(grade);
    bool first = watch->baseline.test_count == 0;

    for (size_t i = 0; i < grade->test_count; i++)
        tell(watch, grade, &grade->tests[i],
             baseline_verdict(&watch->baseline, &grade->tests[i]));
    /* Nothing can have changed: tell what there is to do. */
    if (first && next && next->verdict == VERDICT_FAIL)
        tell_test(watch, grade, next, CHANGE_FAILS, "the one to begin with");
    tell_count(watch, grade);
    baseline_learn_verdicts(&watch->baseline, grade);
    watch->judged = true;
    (void)fflush(watch->report.out);
}

/* "score 71.2 / 100 (+8)". */
static void tell_score(struct watch *watch, const struct grade *grade)
{
    int change = grade->score_tenths - watch->baseline.score_tenths;
    char score[16], max[16], by[16];
    char *text = xformat(
        "score %s / %s%s%s%s%s", tenths_format(grade->score_tenths, score),
        tenths_format(grade->max_tenths, max),
        watch->baseline.scored && change ? "  (" : "",
        watch->baseline.scored && change > 0 ? "+" : "",
        watch->baseline.scored && change ? tenths_format(change, by) : "",
        watch->baseline.scored && change ? ")" : "");

    (void)fputs("  ", watch->report.out);
    layout_cell(&watch->report,
                grade->complete && grade->score_tenths == grade->max_tenths
                    ? GREEN
                    : BOLD,
                text, MARK_WIDTH + 32);
    (void)fprintf(watch->report.out, "%.2f s\n", elapsed(watch));
    free(text);
}

static void tell_build(struct watch *watch, const struct grade_build *build)
{
    const struct report *report = &watch->report;

    head(watch);
    (void)fputs("  ", report->out);
    layout_cell(report, RED, "It does not build.", 0);
    (void)fputs("\n", report->out);
    for (size_t i = 0; i < build->message_count; i++) {
        const struct grade_message *message = &build->messages[i];
        if (strcmp(message->severity, "error") != 0)
            continue;
        char *line = xformat("%s:%d: %s", message->file, message->line,
                             message->message);
        layout_block(report, 2, "error", line);
        free(line);
        break;
    }
    if (build->explanation)
        layout_block(report, 2, "that is", build->explanation);
    (void)fflush(report->out);
}

/* ---- Grading ------------------------------------------------------------- */

static void on_judged(const struct grade *grade, void *data)
{
    struct watch *watch = data;

    tell_verdicts(watch, grade);
    doing(watch, "the same under Valgrind ...");
}

static void tell_end(struct watch *watch, const struct grade *grade)
{
    if (!grade->build.ok) {
        tell_build(watch, &grade->build);
        return; /* what was known before is still worth knowing */
    }
    done(watch);
    if (!watch->judged)
        tell_verdicts(watch, grade);
    for (size_t i = 0; i < grade->test_count; i++)
        tell(watch, grade, &grade->tests[i],
             baseline_cleanliness(&watch->baseline, &grade->tests[i]));
    tell_score(watch, grade);
    baseline_learn(&watch->baseline, grade);
    (void)status_keep(watch->kit, grade);
    (void)fflush(watch->report.out);
}

/* What grade_submission() returned. */
static int grade_once(struct watch *watch)
{
    static const struct argv all;
    const struct grade_watcher watcher = {
        .stop_fd = watch->saves.fd, .judged = on_judged, .data = watch};
    const struct grade_options options = {
        .lab = watch->lab,
        .tests = &all,
        .jobs = (int)sysconf(_SC_NPROCESSORS_ONLN),
        .level = -1,
        .required = -1,
        .memcheck = true,
        .watcher = &watcher,
    };
    struct grade *grade;

    watch->began_ms = now_ms();
    watch->headed = watch->judged = false;
    doing(watch, "compiling, and running the tests ...");
    int status = grade_submission(watch->kit, &options, &grade);
    if (status == 0)
        tell_end(watch, grade);
    else
        done(watch);
    grade_free(grade);
    return status;
}

/* ---- Watching ------------------------------------------------------------ */

/* Learn from the last grade; whether it is of the file as it is now. */
static bool recall(struct watch *watch)
{
    struct grade *grade = status_last(watch->kit, watch->lab);
    bool current = grade && !status_has_changed(watch->kit, grade);
    char score[16], max[16];

    if (grade && grade->build.ok)
        baseline_learn(&watch->baseline, grade);
    (void)fprintf(watch->report.out,
                  "Watching %s: each save is graded, Ctrl-C ends.\n",
                  watch->file);
    if (current)
        (void)fprintf(watch->report.out, "Its grade is %s / %s.\n",
                      tenths_format(grade->score_tenths, score),
                      tenths_format(grade->max_tenths, max));
    (void)fflush(watch->report.out);
    grade_free(grade);
    return current;
}

/* What ended it: 128+N, or -1. */
static int watch_on(struct watch *watch)
{
    int status = recall(watch) ? 0 : grade_once(watch);

    while (status < 128 || status == WORKER_STOPPED) {
        doing(watch, "waiting for a save ...");
        status = saves_await(&watch->saves);
        if (status != 0)
            break;
        status = grade_once(watch);
    }
    if (watch->report.terminal)
        (void)fputs("\r\033[K", watch->report.out); /* and the shell's ^C */
    return status;
}

int watch_lab(const struct kit *kit, const char *lab)
{
    struct watch watch = {
        .kit = kit,
        .lab = lab,
        .file = kit_shown_path(kit, "labs/%s/%s.c", lab, lab),
    };
    char *directory = kit_path(kit, "labs/%s", lab);
    char *name = xformat("%s.c", lab);
    int status = -1;

    report_init(&watch.report, stdout);
    if (saves_start(&watch.saves, directory, name) == 0)
        status = watch_on(&watch);
    saves_stop(&watch.saves);
    baseline_release(&watch.baseline);
    free(name);
    free(directory);
    free(watch.file);
    if (status == 128 + SIGINT)
        return WORK_DONE;
    return status < 0 ? WORK_UNABLE : status;
}
