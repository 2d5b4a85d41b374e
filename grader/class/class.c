// SPDX-License-Identifier: MIT
/* class.c - a whole class, from what it handed in to what is read; class.h. */
#include "class.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db.h"
#include "environment.h"
#include "export.h"
#include "extra.h"
#include "gradebook.h"
#include "pages.h"
#include "pool.h"
#include "progress.h"
#include "sandbox.h"
#include "slurm.h"
#include "summary.h"
#include "text.h"
#include "worker.h"

struct course {
    const struct kit *kit;
    const struct class_options *options;
    sqlite3 *book;
    struct gradebook_settings settings; /* as given, or as in an earlier run */
    struct extra extra;
    struct toolchain toolchain;
    struct progress progress;
    int64_t begun_ms;
    size_t jobs, cached; /* to be done; that need not be */
    int errors;          /* grades with an error of ours, none at all, lost */
};

/* ---- The directory ------------------------------------------------------- */

/* Make PATH and the directories above it. */
static int make_directories(const char *path)
{
    char *copy = xstrdup(path);
    int status = 0;

    for (char *slash = copy; slash && status == 0;) {
        slash = strchr(slash + 1, '/');
        if (slash)
            *slash = '\0';
        if (mkdir(copy, 0777) < 0 && errno != EEXIST && *copy)
            status = -1;
        if (slash)
            *slash = '/';
    }
    if (status < 0)
        (void)complain("%s: %s; name another directory with --out", path,
                       strerror(errno));
    free(copy);
    return status;
}

/* The descriptor that keeps others out of the directory OUT; -1 after a
 * message. */
static int lock(const char *out)
{
    char *path = xformat("%s/lock", out);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

    if (fd < 0) {
        (void)complain("%s: %s; name another directory with --out", path,
                       strerror(errno));
    } else if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        (void)complain("%s: another ipclab is at work there; wait for it, or "
                       "name another directory with --out",
                       out);
        (void)close(fd);
        fd = -1;
    }
    free(path);
    return fd;
}

/* ---- What stays from run to run ---------------------------------------- */

/* GIVEN, "none" for nothing, or else what the gradebook has as NAME, to be
 * freed. */
static char *settle(const struct course *course, const char *name,
                    const char *given)
{
    if (given == NULL)
        return gradebook_setting(course->book, name);
    return strcmp(given, "none") == 0 ? NULL : xstrdup(given);
}

/* An absolute name: the next run may begin elsewhere. */
static char *absolute(const char *path)
{
    if (path == NULL || strcmp(path, "none") == 0)
        return path ? xstrdup(path) : NULL;
    char *whole = realpath(path, NULL);
    return whole ? whole : xstrdup(path); /* who opens it will complain */
}

/* They are kept with what is taken in: what fails before leaves no trace. */
static void settle_all(struct course *course)
{
    const struct class_options *options = course->options;
    char *extra = absolute(options->extra_tests);

    course->settings = (struct gradebook_settings){
        .attempts = settle(course, "attempts", options->attempts),
        .due = settle(course, "due", options->due),
        .extra_tests = settle(course, "extra_tests", extra),
    };
    free(extra);
}

static void release_settings(struct course *course)
{
    free(course->settings.attempts);
    free(course->settings.due);
    free(course->settings.extra_tests);
}

/* ---- Taking in ----------------------------------------------------------- */

/* Who is in the class; 0, or -1 after a message. */
static int find_roster(const struct course *course, struct roster *roster)
{
    const char *given = course->options->roster;

    *roster = (struct roster){0};
    if (given == NULL)
        return gradebook_roster(course->book, roster);
    return strcmp(given, "none") == 0 ? 0 : roster_read(roster, given);
}

static int take_in(struct course *course)
{
    const struct class_options *options = course->options;
    struct roster roster;
    struct intake intake = {0};
    struct gradebook_run run = {&intake, &roster, options->roster != NULL,
                                &course->settings};

    if (find_roster(course, &roster) < 0)
        return 3;
    int status = intake_read(&intake, course->kit, course->toolchain.level,
                             &roster, options->submissions);
    course->errors += intake.lost;
    if (status == 0 && gradebook_take_in(course->book, &run) < 0)
        status = 3;
    intake_release(&intake);
    roster_release(&roster);
    return status;
}

static bool is_to_be_graded(const struct course *course, const char *lab)
{
    const struct argv *labs = &course->options->labs;

    for (size_t i = 0; i < labs->count; i++)
        if (strcmp(labs->items[i], lab) == 0)
            return true;
    return labs->count == 0;
}

/* Of the labs that are left out the results stay, whatever is new here. */
static int set_environments(struct course *course)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < course->kit->labs.count; i++) {
        struct environment environment;
        const char *lab = course->kit->labs.items[i];
        if (!is_to_be_graded(course, lab))
            continue;
        status = environment_init(&environment, course->kit, &course->toolchain,
                                  lab, extra_program(&course->extra, lab));
        if (status == 0)
            status = gradebook_set_environment(course->book, lab, &environment);
        environment_release(&environment);
    }
    for (size_t i = 0; status == 0 && i < course->options->regrade.count; i++)
        status =
            gradebook_regrade(course->book, course->options->regrade.items[i]);
    return status < 0 ? 3 : 0;
}

/* ---- Grading ------------------------------------------------------------- */

static char *load(void *data, const struct todo *job, size_t *size)
{
    const struct course *course = data;

    return gradebook_file(course->book, job->hash, size);
}

static int keep(void *data, const struct todo *job, const struct grade *grade,
                const char *json)
{
    struct course *course = data;
    char score[16], max[16];
    char *result =
        grade->build.ok
            ? xformat("%s/%s%s", tenths_format(grade->score_tenths, score),
                      tenths_format(grade->max_tenths, max),
                      grade->complete ? "" : "  ERROR")
            : xstrdup("does not build");

    course->errors += !grade->complete;
    int status = gradebook_keep(course->book, job->hash, grade, json);
    progress_step(&course->progress, job->who, job->lab, result);
    free(result);
    return status;
}

static int fail(void *data, const struct todo *job, const char *why)
{
    struct course *course = data;
    char *result = xformat("ERROR: %s", why);

    course->errors++;
    int status = gradebook_fail(course->book, job->hash, job->lab, why);
    progress_step(&course->progress, job->who, job->lab, result);
    free(result);
    return status;
}

static const char *test_program(void *data, const char *lab)
{
    const struct course *course = data;

    return extra_program(&course->extra, lab);
}

static int run_here(struct course *course, const struct todos *todos)
{
    int jobs = course->options->jobs;
    const struct pool pool = {
        .kit = course->kit,
        .jobs = jobs > 0 ? jobs : (int)sysconf(_SC_NPROCESSORS_ONLN),
        .level = course->toolchain.level,
        .test_program = test_program,
        .owner = {course, load, keep, fail},
    };

    return pool_run(&pool, todos);
}

static int run_on_slurm(struct course *course, const struct todos *todos)
{
    char *out = realpath(course->options->out, NULL);
    char *directory = xformat("%s/slurm", out ? out : "");
    char *extra = xformat("%s/extra", out ? out : "");
    const struct slurm slurm = {
        .kit = course->kit,
        .book = course->book,
        .directory = directory,
        .extra_tests = course->settings.extra_tests ? extra : NULL,
        .level =
            sandbox_level_name((enum sandbox_level)course->toolchain.level),
        .tasks = course->options->tasks,
        .jobs = course->options->jobs,
        .regrade = &course->options->regrade,
        .owner = {course, load, keep, fail},
    };
    int status =
        out ? slurm_run(&slurm, todos)
            : complain("%s: %s", course->options->out, strerror(errno));

    free(extra);
    free(directory);
    free(out);
    return status < 0 ? 3 : status;
}

static int grade_all(struct course *course)
{
    struct todos todos;

    if (gradebook_todos(course->book, &course->options->labs, &todos) < 0)
        return 3;
    course->jobs = todos.count;
    course->cached = todos.cached;
    progress_init(&course->progress, stdout, todos.count);
    int status = course->options->tasks > 0 ? run_on_slurm(course, &todos)
                                            : run_here(course, &todos);
    progress_end(&course->progress);
    todos_release(&todos);
    return status;
}

/* ---- Writing up ---------------------------------------------------------- */

/* The labs for which somebody has handed in, in the order of the course. */
static void find_labs(const struct course *course, struct argv *labs)
{
    for (size_t i = 0; i < course->kit->labs.count; i++)
        if (db_number(course->book, 0,
                      "SELECT count(*) FROM attempt WHERE lab = ?", "t",
                      course->kit->labs.items[i]) > 0)
            argv_add(labs, course->kit->labs.items[i]);
}

static int write_up_labs(const struct course *course, const struct argv *labs)
{
    struct likeness *likenesses = xcalloc(labs->count, sizeof(*likenesses));
    char *csv = xformat("%s/gradebook.csv", course->options->out);
    int64_t now = (int64_t)time(NULL);
    const char *due = course->settings.due;
    const struct pages pages = {
        .kit = course->kit,
        .book = course->book,
        .labs = labs,
        .directory = course->options->out,
        .after_due = due && now > strtoll(due, NULL, 10),
        .likenesses = likenesses,
        .jobs = course->jobs + course->cached,
        .cached = course->cached,
        .level = course->toolchain.level < 0
                     ? NULL
                     : sandbox_level_name(
                           (enum sandbox_level)course->toolchain.level),
        .now = now,
    };
    int status = gradebook_freeze(course->book);

    for (size_t i = 0; status == 0 && i < labs->count; i++) {
        status = similarity_find(&likenesses[i], course->book, course->kit,
                                 course->toolchain.level, labs->items[i]);
        status = status < 0 ? 0 : status; /* the rest can be written */
    }
    if (status == 0)
        status = export_csv(course->book, labs, csv);
    if (status == 0)
        status = pages_write(&pages);
    for (size_t i = 0; i < labs->count; i++)
        similarity_release(&likenesses[i]);
    free(likenesses);
    free(csv);
    return status < 0 ? 3 : status;
}

static int write_up(struct course *course)
{
    struct argv labs = {0};

    find_labs(course, &labs);
    int status = write_up_labs(course, &labs);
    argv_release(&labs);
    return status;
}

/* ------------------------------------------------------------------------- */

static int run_in(struct course *course)
{
    const struct class_options *options = course->options;
    int status = 0;

    settle_all(course);
    if (extra_build(&course->extra, course->kit, course->settings.extra_tests,
                    options->out) < 0)
        status = 3;
    if (status == 0)
        status = toolchain_read(&course->toolchain, options->level,
                                options->required);
    static int (*const steps[])(struct course *) = {take_in, set_environments,
                                                    grade_all, write_up};
    for (size_t i = 0; status == 0 && i < LENGTH(steps); i++) {
        int signal_number = worker_signal(); /* that came meanwhile */
        status = signal_number ? 128 + signal_number : steps[i](course);
    }
    if (status == 0)
        summary_print(&(struct summary){
            .book = course->book,
            .out = options->out,
            .level =
                sandbox_level_name((enum sandbox_level)course->toolchain.level),
            .graded = course->jobs,
            .known = course->cached,
            .begun_ms = course->begun_ms,
        });
    else if (status > 128)
        (void)printf("  interrupted: %zu of %zu are graded and kept; type the "
                     "same command to go on\n",
                     course->progress.done, course->progress.total);
    return status == 0 && course->errors > 0 ? 3 : status;
}

int class_run(const struct kit *kit, const struct class_options *options)
{
    struct course course = {
        .kit = kit, .options = options, .begun_ms = now_ms()};

    if (make_directories(options->out) < 0)
        return 3;
    int lock_fd = lock(options->out);
    if (lock_fd < 0)
        return 3;
    course.book = gradebook_open(kit, options->out, true);
    int status = course.book ? run_in(&course) : 3;
    toolchain_release(&course.toolchain);
    extra_release(&course.extra);
    release_settings(&course);
    (void)sqlite3_close(course.book);
    (void)close(lock_fd);
    return status;
}

static int override_in(struct course *course,
                       const struct class_override *override)
{
    if (gradebook_override(course->book, override->student, override->lab,
                           override->test, override->points, override->why) < 0)
        return 3;
    settle_all(course);
    return write_up(course);
}

int class_override(const struct kit *kit, const char *out,
                   const struct class_override *override)
{
    const struct class_options options = {.out = out};
    struct course course = {.kit = kit, .options = &options};
    sqlite3 *book =
        gradebook_open(kit, out, false); /* says what is not there */
    int lock_fd = book ? lock(out) : -1;

    course.toolchain.level = -1;
    course.book = book;
    int status = lock_fd < 0 ? 3 : override_in(&course, override);
    release_settings(&course);
    (void)sqlite3_close(book);
    if (lock_fd >= 0)
        (void)close(lock_fd);
    return status;
}
