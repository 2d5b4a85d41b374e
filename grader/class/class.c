// SPDX-License-Identifier: MIT
/* class.c - a whole class, from what it handed in to what is read; class.h. */
#include "class.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db.h"
#include "environment.h"
#include "export.h"
#include "extra.h"
#include "gradebook.h"
#include "layout.h"
#include "pages.h"
#include "pool.h"
#include "progress.h"
#include "sandbox.h"
#include "slurm.h"
#include "text.h"
#include "worker.h"

struct class
{
    const struct kit *kit;
    const struct class_options *options;
    sqlite3 *book;
    int64_t due;       /* these two: as given, or as in an earlier run */
    char *extra_tests; /* directory; NULL: none */
    struct extra extra;
    struct toolchain toolchain;
    struct progress progress;
    int64_t begun_ms;
    size_t jobs, cached; /* to be done; that need not be */
    int errors;          /* grades with an error of ours, and none at all */
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

/* ---- What stays from run to run
 * ---------------------------------------------- */

/* GIVEN, "none" for nothing, or else what the gradebook has as NAME, to be
 * freed; it is kept there. */
static int settle(struct class *class, const char *name, const char *given,
                  char **value)
{
    if (given == NULL) {
        *value = gradebook_setting(class->book, name);
        return 0;
    }
    *value = strcmp(given, "none") == 0 ? NULL : xstrdup(given);
    return gradebook_set(class->book, name, *value);
}

/* An absolute name: the next run may begin elsewhere. */
static char *absolute(const char *path)
{
    if (path == NULL || strcmp(path, "none") == 0)
        return path ? xstrdup(path) : NULL;
    char *whole = realpath(path, NULL);
    return whole ? whole : xstrdup(path); /* who opens it will complain */
}

static int settle_all(struct class *class)
{
    const struct class_options *options = class->options;
    char *extra = absolute(options->extra_tests), *due = NULL, *attempts = NULL;
    int status = settle(class, "extra_tests", extra, &class->extra_tests);

    if (status == 0)
        status = settle(class, "due", options->due, &due);
    if (status == 0)
        status = settle(class, "attempts", options->attempts, &attempts);
    class->due = due ? strtoll(due, NULL, 10) : 0;
    free(attempts);
    free(due);
    free(extra);
    return status < 0 ? 3 : 0;
}

/* ---- Taking in ----------------------------------------------------------- */

static int take_in(struct class *class)
{
    const struct class_options *options = class->options;
    struct roster roster = {0};
    struct intake intake = {0};
    struct gradebook_run run = {&intake, options->roster ? &roster : NULL,
                                class->due};

    if (options->roster && roster_read(&roster, options->roster) < 0)
        return 3;
    int status = intake_read(&intake, class->kit, options->submissions);
    if (status == 0 && gradebook_take_in(class->book, &run) < 0)
        status = 3;
    intake_release(&intake);
    roster_release(&roster);
    return status;
}

static int set_environments(struct class *class)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < class->kit->labs.count; i++) {
        struct environment environment;
        const char *lab = class->kit->labs.items[i];
        status = environment_init(&environment, class->kit, &class->toolchain,
                                  lab, extra_program(&class->extra, lab));
        if (status == 0)
            status = gradebook_set_environment(class->book, lab, &environment);
        environment_release(&environment);
    }
    for (size_t i = 0; status == 0 && i < class->options->regrade.count; i++)
        status =
            gradebook_regrade(class->book, class->options->regrade.items[i]);
    return status < 0 ? 3 : 0;
}

/* ---- Grading ------------------------------------------------------------- */

static char *load(void *data, const struct todo *job, size_t *size)
{
    const struct class *class = data;

    return gradebook_file(class->book, job->hash, size);
}

static int keep(void *data, const struct todo *job, const struct grade *grade,
                const char *json)
{
    struct class *class = data;
    char score[16], max[16];
    char *result =
        grade->build.ok
            ? xformat("%s/%s%s", tenths_format(grade->score_tenths, score),
                      tenths_format(grade->max_tenths, max),
                      grade->complete ? "" : "  ERROR")
            : xstrdup("does not build");

    class->errors += !grade->complete;
    int status = gradebook_keep(class->book, job->hash, grade, json);
    progress_step(&class->progress, job->who, job->lab, result);
    free(result);
    return status;
}

static int fail(void *data, const struct todo *job, const char *why)
{
    struct class *class = data;
    char *result = xformat("ERROR: %s", why);

    class->errors++;
    int status = gradebook_fail(class->book, job->hash, job->lab, why);
    progress_step(&class->progress, job->who, job->lab, result);
    free(result);
    return status;
}

static const char *test_program(void *data, const char *lab)
{
    const struct class *class = data;

    return extra_program(&class->extra, lab);
}

static int run_here(struct class *class, const struct todos *todos)
{
    const struct pool pool = {
        .kit = class->kit,
        .jobs = class->options->jobs,
        .level = class->toolchain.level,
        .test_program = test_program,
        .owner = {class, load, keep, fail},
    };

    return pool_run(&pool, todos);
}

static int run_on_slurm(struct class *class, const struct todos *todos)
{
    char *out = realpath(class->options->out, NULL);
    char *directory = xformat("%s/slurm", out ? out : "");
    char *extra = xformat("%s/extra", out ? out : "");
    const struct slurm slurm = {
        .kit = class->kit,
        .book = class->book,
        .directory = directory,
        .extra_tests = class->extra_tests ? extra : NULL,
        .level =
            sandbox_level_name((enum sandbox_level) class->toolchain.level),
        .tasks = class->options->tasks,
        .owner = {class, load, keep, fail},
    };
    int status = out ? slurm_run(&slurm, todos)
                     : complain("%s: %s", class->options->out, strerror(errno));

    free(extra);
    free(directory);
    free(out);
    return status < 0 ? 3 : status;
}

static int grade_all(struct class *class)
{
    struct todos todos;

    if (gradebook_todos(class->book, &class->options->labs, &todos) < 0)
        return 3;
    class->jobs = todos.count;
    class->cached = todos.cached;
    progress_init(&class->progress, stdout, todos.count);
    int status = class->options->tasks > 0 ? run_on_slurm(class, &todos)
                                           : run_here(class, &todos);
    progress_end(&class->progress);
    todos_release(&todos);
    return status;
}

/* ---- Writing up ---------------------------------------------------------- */

/* The labs for which somebody has handed in, in the order of the course. */
static void find_labs(const struct class *class, struct argv *labs)
{
    for (size_t i = 0; i < class->kit->labs.count; i++)
        if (db_number(class->book, 0,
                      "SELECT count(*) FROM attempt WHERE lab = ?", "t",
                      class->kit->labs.items[i]) > 0)
            argv_add(labs, class->kit->labs.items[i]);
}

static int write_up_labs(const struct class *class, const struct argv *labs)
{
    struct likeness *likenesses = xcalloc(labs->count, sizeof(*likenesses));
    char *csv = xformat("%s/gradebook.csv", class->options->out);
    int64_t now = (int64_t)time(NULL);
    const struct pages pages = {
        .kit = class->kit,
        .book = class->book,
        .labs = labs,
        .directory = class->options->out,
        .after_due = class->due && now > class->due,
        .likenesses = likenesses,
        .jobs = class->jobs + class->cached,
        .cached = class->cached,
        .level = class->toolchain.level < 0
                     ? NULL
                     : sandbox_level_name(
                           (enum sandbox_level) class->toolchain.level),
        .now = now,
    };
    int status = gradebook_freeze(class->book);

    for (size_t i = 0; status == 0 && i < labs->count; i++) {
        status = similarity_find(&likenesses[i], class->book, class->kit,
                                 labs->items[i]);
        status = status < 0 ? 0 : status; /* the rest can be written */
    }
    if (status == 0)
        status = export_csv(class->book, labs, csv);
    if (status == 0)
        status = pages_write(&pages);
    for (size_t i = 0; i < labs->count; i++)
        similarity_release(&likenesses[i]);
    free(likenesses);
    free(csv);
    return status < 0 ? 3 : status;
}

static int write_up(struct class *class)
{
    struct argv labs = {0};

    find_labs(class, &labs);
    int status = write_up_labs(class, &labs);
    argv_release(&labs);
    return status;
}

static int count(const struct class *class, const char *sql)
{
    return (int)db_number(class->book, 0, sql, "");
}

static double cpu_of(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

/* What it cost, the grader's own part apart. */
static void tell_cost(const struct class *class)
{
    struct rusage own, jobs;
    long seconds = (long)((now_ms() - class->begun_ms) / 1000);

    if (getrusage(RUSAGE_SELF, &own) < 0 ||
        getrusage(RUSAGE_CHILDREN, &jobs) < 0)
        return;
    double all = cpu_of(&own) + cpu_of(&jobs);
    (void)printf(
        "  %ld:%02ld; CPU: jobs %.1f s, the grader itself %.2f s (%.1f %%); "
        "memory %ld MiB\n",
        seconds / 60, seconds % 60, cpu_of(&jobs), cpu_of(&own),
        all > 0 ? 100 * cpu_of(&own) / all : 0, own.ru_maxrss / 1024);
}

/* C files that are no lab's may be misnamed, and an archive may be damaged:
 * people must see them. */
static void tell_unnamed(const struct class *class)
{
    struct report report;
    sqlite3_stmt *rows = db_query(
        class->book,
        "SELECT path || ': ' || why FROM ignored WHERE why IN ('" INTAKE_NO_LAB
        "', '" INTAKE_NOBODYS "') OR path LIKE '%.zip' OR path LIKE '%.tar' OR "
        "path LIKE '%z' LIMIT 10",
        "");

    report_init(&report, stdout);
    while (db_next(rows) > 0)
        layout_block(&report, 2, NULL, db_text(rows, 0));
}

static void summarise(const struct class *class)
{
    const char *out = class->options->out;
    int left = count(class, "SELECT count(*) FROM counted WHERE result IS NULL "
                            "OR complete = 0");

    (void)printf("  %d students; %d handed in %d files that count, %d of them "
                 "different\n",
                 count(class, "SELECT count(*) FROM student"),
                 count(class, "SELECT count(DISTINCT student) FROM attempt"),
                 count(class, "SELECT count(*) FROM counted"),
                 count(class, "SELECT count(DISTINCT hash || lab) FROM "
                              "counted"));
    (void)printf(
        "  %zu graded now, %zu known from before, sandbox %s\n", class->jobs,
        class->cached,
        sandbox_level_name((enum sandbox_level) class->toolchain.level));
    if (left > 0)
        (void)printf("  %d not judged yet, or not in full: see the overview\n",
                     left);
    tell_unnamed(class);
    (void)printf("  %d files passed over: the overview lists them\n",
                 count(class, "SELECT count(*) FROM ignored"));
    tell_cost(class);
    (void)printf("  overview  %s/index.html\n  grades    %s/gradebook.csv\n",
                 out, out);
}

/* ------------------------------------------------------------------------- */

static int run_in(struct class *class)
{
    const struct class_options *options = class->options;

    int status = settle_all(class);

    if (status == 0 && extra_build(&class->extra, class->kit,
                                   class->extra_tests, options->out) < 0)
        status = 3;
    if (status == 0)
        status = toolchain_read(&class->toolchain, options->level,
                                options->required);
    static int (*const steps[])(struct class *) = {take_in, set_environments,
                                                   grade_all, write_up};
    for (size_t i = 0; status == 0 && i < LENGTH(steps); i++) {
        int signal_number = worker_signal(); /* that came meanwhile */
        status = signal_number ? 128 + signal_number : steps[i](class);
    }
    if (status == 0)
        summarise(class);
    else if (status > 128)
        (void)printf("  interrupted: %zu of %zu are graded and kept; type the "
                     "same command to go on\n",
                     class->progress.done, class->progress.total);
    return status == 0 && class->errors > 0 ? 3 : status;
}

int class_run(const struct kit *kit, const struct class_options *options)
{
    struct class class = {.kit = kit, .options = options, .begun_ms = now_ms()};

    if (make_directories(options->out) < 0)
        return 3;
    int lock_fd = lock(options->out);
    if (lock_fd < 0)
        return 3;
    class.book = gradebook_open(kit, options->out, true);
    int status = class.book ? run_in(&class) : 3;
    toolchain_release(&class.toolchain);
    extra_release(&class.extra);
    free(class.extra_tests);
    (void)sqlite3_close(class.book);
    (void)close(lock_fd);
    return status;
}

static int override_in(struct class *class,
                       const struct class_override *override)
{
    if (gradebook_override(class->book, override->student, override->lab,
                           override->test, override->points, override->why) < 0)
        return 3;
    int status = settle_all(class);
    return status == 0 ? write_up(class) : status;
}

int class_override(const struct kit *kit, const char *out,
                   const struct class_override *override)
{
    const struct class_options options = {.out = out};
    struct class class = {.kit = kit, .options = &options};
    sqlite3 *book =
        gradebook_open(kit, out, false); /* says what is not there */
    int lock_fd = book ? lock(out) : -1;

    class.toolchain.level = -1;
    class.book = book;
    int status = lock_fd < 0 ? 3 : override_in(&class, override);
    free(class.extra_tests);
    (void)sqlite3_close(book);
    if (lock_fd >= 0)
        (void)close(lock_fd);
    return status;
}
