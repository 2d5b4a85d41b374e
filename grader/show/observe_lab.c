// SPDX-License-Identifier: MIT
/* observe_lab.c - a scenario or a test of a lab, recorded; see observe.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "grade.h"
#include "model.h"
#include "observe.h"
#include "sandbox.h"
#include "source.h"
#include "text.h"
#include "worker.h"

#define LOG_MAX (256u << 20)

struct job {
    const struct kit *kit;
    const struct observation *observation;
    const struct stage *stage;
    const struct grade *grade;
    json_t *recording;
};

/* ---- Choosing the run --------------------------------------------------- */

/* The launch that the test's verdict is about; NULL: any. */
static const char *judged_launch(const struct job *job)
{
    return job->observation->test && job->grade->test_count > 0
               ? job->grade->tests[0].shell
               : NULL;
}

/* Whether ABOUT, of run NUMBER, is to be shown rather than the one BEFORE. */
static bool is_better(const struct job *job, const json_t *about, int number,
                      const json_t *before, int number_before)
{
    const char *judged = judged_launch(job);
    const char *shell = json_string_value(json_object_get(about, "shell"));
    bool tool = json_is_true(json_object_get(about, "tool"));

    if (tool && job->observation->test)
        return false;
    if (before == NULL)
        return true;
    if (judged == NULL)
        return number > number_before;
    const char *other = json_string_value(json_object_get(before, "shell"));
    bool is = shell && strcmp(shell, judged) == 0;
    bool was = other && strcmp(other, judged) == 0;
    return is != was ? is : number > number_before;
}

/* The run to be shown, of those in record/, to be released; *WORLD is its
 * world's number.  NULL if there is none. */
static json_t *choose_run(const struct job *job, unsigned *world)
{
    char *path = xformat("%s/record", job->stage->path);
    DIR *dir = opendir(path);
    struct dirent *entry;
    json_t *best = NULL;
    int best_number = 0;

    while (dir && (entry = readdir(dir)) != NULL) {
        unsigned in;
        int number, end = 0;
        if (sscanf(entry->d_name, "%u.%d.json%n", &in, &number, &end) != 2 ||
            end == 0)
            continue;
        char *file = xformat("%s/%s", path, entry->d_name);
        json_t *about = json_load_file(file, 0, NULL);
        free(file);
        if (about && is_better(job, about, number, best, best_number)) {
            json_decref(best);
            best = json_incref(about);
            best_number = number;
            *world = in;
        }
        json_decref(about);
    }
    if (dir)
        (void)closedir(dir);
    free(path);
    return best;
}

/* ---- In the worker: strace's log is made of what the program did -------- */

/* The command line that is shown: the script of a scene, or the launch. */
static const char *command_of(const struct job *job, const json_t *about)
{
    const char *shell = json_string_value(json_object_get(about, "shell"));

    return job->observation->scene ? job->observation->scene
           : shell                 ? shell
                                   : "";
}

static json_t *record(const struct job *job, const json_t *about,
                      unsigned world)
{
    struct sandbox sandbox = {.stage = job->stage->path};
    char *path = xformat("%s/record/%u.strace", job->stage->path, world);
    char *kit = xformat("kit/%s", job->observation->lab);
    size_t size;
    char *text = read_file(AT_FDCWD, path, LOG_MAX, &size);
    int level = sandbox_level_from_name(job->grade->sandbox.level);
    json_t *recording = NULL;

    sandbox.level = level < 0 ? SANDBOX_FULL : (enum sandbox_level)level;
    char *own = sandbox_path(&sandbox, kit);
    if (text) {
        struct run_log log = {
            .text = text,
            .size = size,
            .program = job->observation->scene ? "/usr/bin/sh" : own,
            .own = own,
            .command = command_of(job, about),
            .subject = job->observation->subject,
            .title = job->observation->title,
            .ask = job->observation->ask,
            .output = json_string_value(json_object_get(about, "output")),
            .about = about,
        };
        recording = model_record(&log);
    } else {
        (void)complain("%s: %s", path, strerror(errno));
    }
    free(own);
    free(text);
    free(kit);
    free(path);
    return recording;
}

static int work(int out_fd, void *data)
{
    const struct job *job = data;
    unsigned world = 0;
    json_t *about = choose_run(job, &world);

    if (about == NULL) {
        (void)complain("%s: nothing was run, so there is nothing to show; see "
                       "ipclab doctor",
                       job->observation->lab);
        return 3;
    }
    json_t *recording = record(job, about, world);
    char *text = recording ? json_dumps(recording, JSON_COMPACT) : NULL;
    int status = text && write_fully(out_fd, text, strlen(text)) == 0 ? 0 : 3;
    free(text);
    json_decref(recording);
    json_decref(about);
    return status;
}

/* ---- In the grader ------------------------------------------------------ */

/* What the grade says where there is nothing to be shown. */
static int refuse(const struct job *job)
{
    const struct grade_build *build = &job->grade->build;

    if (build->ok)
        return 0;
    (void)complain("%s: the file does not build: %s; type make %s",
                   job->grade->submission,
                   build->explanation ? build->explanation : "no reason known",
                   job->grade->lab);
    return 3;
}

static int watch(void *data, const struct stage *stage,
                 const struct grade *grade)
{
    struct job *job = data;
    char *text;
    size_t size;

    job->stage = stage;
    job->grade = grade;
    int status = refuse(job);
    if (status != 0)
        return status;
    status = worker_run(work, job, NULL, &text, &size);
    if (status == 0) {
        job->recording = json_loadb(text, size, 0, NULL);
        if (job->recording == NULL)
            status = 3;
        else
            source_find(job->recording, stage, job->observation->lab, job->kit);
    }
    free(text);
    return status;
}

int observe_lab(const struct kit *kit, const struct observation *observation,
                json_t **recording)
{
    struct job job = {.kit = kit, .observation = observation};
    struct argv tests = {0};
    char *scene = kit_path(kit, "build/grader/scene");
    struct grade *grade;
    struct grade_options options = {
        .lab = observation->lab,
        .submission = observation->submission,
        .test_program = observation->scene ? scene : NULL,
        .tests = &tests,
        .jobs = 1,
        .level = -1,
        .required = -1,
        .watch = watch,
        .data = &job,
        .scene = observation->scene,
    };

    argv_add(&tests, observation->scene ? "play" : observation->test);
    int status = grade_submission(kit, &options, &grade);
    grade_free(grade);
    *recording = job.recording;
    argv_release(&tests);
    free(scene);
    return status;
}
