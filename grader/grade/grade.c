// SPDX-License-Identifier: MIT
/* grade.c - one submission, from file to score; see grade.h. */
#include "grade.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "build.h"
#include "pass.h"
#include "score.h"
#include "stage.h"
#include "submission.h"
#include "text.h"
#include "tool.h"
#include "worker.h"

struct job {
    const struct kit *kit;
    const struct grade_options *options;
    const struct submission *submission;
    const struct stage *stage;
};

/* ---- In the worker ------------------------------------------------------- */

/* What the basic level does not promise: SECURITY.md has the whole story. */
static const char *const basic_limits[] = {
    "The program could see and signal processes of the same user.",
    "It could read the machine's files and reach its network.",
    "It shared the machine's IPC objects with other programs.",
    "A program written for that purpose could have forged its verdicts.",
};

/* The sandbox level of this grade; -1 after a message. */
static int choose_level(const struct grade_options *options,
                        struct grade_sandbox *used)
{
    char why[240] = "";
    int level = options->level;

    if (level < 0)
        level = (int)sandbox_best_level(why, sizeof(why));
    else if (level != SANDBOX_FULL)
        (void)snprintf(why, sizeof(why), "--sandbox asked for it");
    if (options->required >= 0 && level > options->required)
        return complain(
            "the sandbox is only \"%s\", \"%s\" is required: %s; "
            "see ipclab doctor",
            sandbox_level_name((enum sandbox_level)level),
            sandbox_level_name((enum sandbox_level)options->required), why);
    string_set(&used->level, sandbox_level_name((enum sandbox_level)level));
    string_set(&used->reason, *why ? why : NULL);
    for (size_t i = 0; level == SANDBOX_BASIC && i < LENGTH(basic_limits); i++)
        strings_add(&used->limits, basic_limits[i]);
    return level;
}

/* Keep the tests asked for; 0, or -1 after a message. */
static int choose_tests(struct grade *grade, const struct argv *names)
{
    for (size_t i = 0; i < names->count; i++) {
        if (grade_find(grade, names->items[i]))
            continue;
        char *known = xstrdup("");
        for (size_t t = 0; t < grade->test_count; t++) {
            char *longer = xformat("%s %s", known, grade->tests[t].name);
            free(known);
            known = longer;
        }
        (void)complain("%s: no such test of %s; its tests are:%s",
                       names->items[i], grade->lab, known);
        free(known);
        return -1;
    }
    if (names->count > 0)
        grade_keep_tests(grade, (const char *const *)names->items,
                         names->count);
    return 0;
}

/* Whether commands are for the student's own kit, typed in its root. */
static bool is_typed_here(const struct job *job)
{
    return job->options->for_student ||
           (job->submission->own && job->kit->here);
}

/* A target of make, with what it needs, in the student's own kit. */
static char *make_command(const struct job *job, const char *target)
{
    if (is_typed_here(job))
        return xformat("make %s", target);
    char *root = text_shell_word(job->kit->root);
    char *command = xformat("make -C %s %s", root, target);
    free(root);
    return command;
}

/* A subcommand of ipclab for a submission that lies elsewhere. */
static char *ipclab_command(const struct job *job, const char *subcommand,
                            const char *test)
{
    char *ipclab = kit_shown_path(job->kit, "build/ipclab");
    char *word = text_shell_word(ipclab);
    char *path = text_shell_word(job->submission->path);
    char *command = xformat("%s %s %s --submission %s --test %s", word,
                            subcommand, job->options->lab, path, test);

    free(path);
    free(word);
    free(ipclab);
    return command;
}

static bool is_own(const struct job *job)
{
    return job->options->for_student || job->submission->own;
}

/* The command that repeats TEST; to be freed.  NULL where there is none: an
 * instructor's own tests are in no kit where it could be typed. */
static char *test_command(const struct job *job, const struct grade_test *test)
{
    if (test->extra)
        return NULL;
    if (!is_own(job))
        return ipclab_command(job, "grade", test->name);
    char *target = xformat("%s TEST=%s", job->options->lab, test->name);
    char *command = make_command(job, target);
    free(target);
    return command;
}

/* The command that draws the launch of TEST that failed; to be freed.  NULL
 * where there is none. */
static char *picture_command(const struct job *job,
                             const struct grade_test *test)
{
    if (test->verdict != VERDICT_FAIL || test->shell == NULL || test->extra)
        return NULL;
    if (!is_own(job))
        return ipclab_command(job, "show", test->name);
    char *target =
        xformat("demo LAB=%s TEST=%s", job->options->lab, test->name);
    char *command = make_command(job, target);
    free(target);
    return command;
}

/* The command that repeats the build; to be freed. */
static char *job_build_command(const struct job *job)
{
    const char *lab = job->options->lab;
    struct kit kit = *job->kit;

    if (!job->options->for_student)
        return build_command(&kit, lab, job->submission->path);
    kit.here = true;
    char *own = kit_shown_path(&kit, "labs/%s/%s.c", lab, lab);
    char *command = build_command(&kit, lab, own);
    free(own);
    return command;
}

/* A grade whose verdicts are known, and where to say so. */
struct early {
    struct grade *grade;
    int out_fd;
};

/* Hand it out as it stands, scored for now; if that fails, the end will, too.
 */
static void hand_out(void *data)
{
    const struct early *early = data;
    struct grade *grade = early->grade;

    grade->memcheck = false;
    score_grade(grade);
    char *text = grade_to_json(grade);
    grade->memcheck = true;
    (void)write_fully(early->out_fd, text, strlen(text) + 1);
    free(text);
}

static void mark_unbuilt(struct grade *grade)
{
    for (size_t i = 0; i < grade->test_count; i++) {
        grade->tests[i].verdict = VERDICT_FAIL;
        string_set(&grade->tests[i].kind, "build");
        string_set(&grade->tests[i].expected, "a program");
        string_set(&grade->tests[i].seen, "the file does not build");
    }
}

/* Exit status; GRADE is filled on 0. */
static int make_grade(const struct job *job, struct grade *grade, int out_fd)
{
    const struct grade_options *options = job->options;
    int level = choose_level(options, &grade->sandbox);

    if (level < 0)
        return 3;
    struct sandbox sandbox = {
        .level = (enum sandbox_level)level,
        .stage = job->stage->path,
        .hide = stage_hidden(job->kit),
    };
    struct early early = {grade, out_fd};
    struct pass pass = {
        .grade = grade,
        .stage = job->stage,
        .sandbox = &sandbox,
        .jobs = options->jobs,
        .record = options->watch != NULL,
        .scene = options->scene,
        .repeat = options->repeat,
        .judged = options->watcher ? hand_out : NULL,
        .data = &early,
    };
    if (tool_prepare(&sandbox) < 0 || pass_list(&pass) < 0)
        return 3;
    if (choose_tests(grade, options->tests) < 0)
        return 2;
    for (size_t i = 0; i < grade->test_count; i++)
        grade->tests[i].command = test_command(job, &grade->tests[i]);
    if (build_submission(grade, job->stage, &sandbox) < 0)
        return 3;
    if (!grade->build.ok)
        mark_unbuilt(grade);
    else if (pass_run(&pass) < 0)
        return 3;
    return 0;
}

static int work(int out_fd, void *data)
{
    const struct job *job = data;

    if (chdir(job->stage->path) < 0) {
        (void)complain("%s: %s; set TMPDIR to a directory that every user can "
                       "enter",
                       job->stage->path, strerror(errno));
        return 3;
    }
    struct grade *grade = grade_new(job->options->lab);
    string_set(&grade->submission, job->submission->path);
    string_set(&grade->checksum, job->submission->checksum);
    grade->own = job->submission->own;
    grade->memcheck = job->options->memcheck;
    grade->partial = !grade->memcheck || job->options->tests->count > 0;
    grade->build.command = job_build_command(job);
    int status = make_grade(job, grade, out_fd);
    if (status == 0) {
        score_grade(grade);
        for (size_t i = 0; i < grade->test_count; i++)
            grade->tests[i].picture = picture_command(job, &grade->tests[i]);
        char *text = grade_to_json(grade);
        if (write_fully(out_fd, text, strlen(text)) < 0)
            status = 3; /* the one who asked is gone */
        free(text);
    }
    grade_free(grade);
    return status;
}

/* ---- In the grader ------------------------------------------------------- */

static double cpu_seconds(void)
{
    struct rusage usage;

    /* All that the worker started has been waited for by now. */
    if (getrusage(RUSAGE_CHILDREN, &usage) < 0)
        return 0;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void hear_verdicts(const char *text, size_t size, void *data)
{
    const struct grade_watcher *watcher = data;
    char why[160];
    struct grade *grade = grade_from_json(text, size, why, sizeof(why));

    if (grade) /* or the end says that it is damaged */
        watcher->judged(grade, watcher->data);
    grade_free(grade);
}

static int run_job(struct job *job, struct grade **grade)
{
    const struct grade_watcher *watcher = job->options->watcher;
    struct worker_listener listener = {
        .stop_fd = watcher ? watcher->stop_fd : -1,
        .hear = hear_verdicts,
        .data = (void *)watcher,
    };
    char *text, why[160];
    size_t size;
    int64_t begun = now_ms();
    double cpu = cpu_seconds();
    int status =
        worker_run(work, job, watcher ? &listener : NULL, &text, &size);

    if (status == 0) {
        *grade = grade_from_json(text, size, why, sizeof(why));
        if (*grade == NULL) {
            (void)complain("%s: the grade is damaged: %s; try again",
                           job->options->lab, why);
            status = 3;
        } else {
            (*grade)->wall_seconds = (double)(now_ms() - begun) / 1000;
            (*grade)->cpu_seconds = cpu_seconds() - cpu;
        }
    }
    free(text);
    return status;
}

int grade_taken(const struct kit *kit, const struct grade_options *options,
                const struct submission *submission, struct grade **grade)
{
    struct stage stage;

    *grade = NULL;
    if (stage_init(&stage, kit, options->lab, submission,
                   options->test_program) < 0)
        return 3;
    struct job job = {kit, options, submission, &stage};
    int status = run_job(&job, grade);
    if (status == 0 && options->watch)
        status = options->watch(options->data, &stage, *grade);
    stage_release(&stage);
    return status;
}

int grade_submission(const struct kit *kit, const struct grade_options *options,
                     struct grade **grade)
{
    struct submission submission;

    *grade = NULL;
    if (submission_read(&submission, kit, options->lab, options->submission) <
        0)
        return 3;
    int status = grade_taken(kit, options, &submission, grade);
    submission_release(&submission);
    return status;
}
