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
#include "pages.h"
#include "pool.h"
#include "progress.h"
#include "sandbox.h"
#include "slurm.h"
#include "text.h"

struct class
{
    const struct kit *kit;
    const struct class_options *options;
    sqlite3 *book;
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
        (void)complain("%s: %s", path, strerror(errno));
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

/* ---- Taking in ----------------------------------------------------------- */

static int take_in(struct class *class)
{
    const struct class_options *options = class->options;
    struct roster roster = {0};
    struct intake intake = {0};
    struct gradebook_run run = {&intake, options->roster ? &roster : NULL,
                                options->attempts, options->due};

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
        .extra_tests = class->options->extra_tests ? extra : NULL,
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

static int write_up(const struct class *class)
{
    const struct argv *labs = &class->kit->labs;
    struct likeness *likenesses = xcalloc(labs->count, sizeof(*likenesses));
    char *csv = xformat("%s/gradebook.csv", class->options->out);
    int64_t now = (int64_t)time(NULL);
    const struct pages pages = {
        .kit = class->kit,
        .book = class->book,
        .labs = labs,
        .directory = class->options->out,
        .after_due = class->options->due && now > class->options->due,
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

    for (size_t i = 0; status == 0 && i < labs->count; i++)
        status = similarity_find(&likenesses[i], class->book, class->kit,
                                 labs->items[i]);
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
        "  %ld:%02ld wall, %.1f s CPU in jobs, %.2f s (%.1f %%) beside "
        "them, %ld MiB\n",
        seconds / 60, seconds % 60, cpu_of(&jobs), cpu_of(&own),
        all > 0 ? 100 * cpu_of(&own) / all : 0, own.ru_maxrss / 1024);
}

static void summarise(const struct class *class)
{
    const char *out = class->options->out;
    int left = count(class, "SELECT count(*) FROM counted WHERE result IS NULL "
                            "OR complete = 0");

    (void)printf("  %d students, %d of them handed in %d files that count\n",
                 count(class, "SELECT count(*) FROM student"),
                 count(class, "SELECT count(DISTINCT student) FROM attempt"),
                 count(class, "SELECT count(*) FROM counted"));
    (void)printf(
        "  %zu graded now, %zu known from before, sandbox %s\n", class->jobs,
        class->cached,
        sandbox_level_name((enum sandbox_level) class->toolchain.level));
    if (left > 0)
        (void)printf("  %d not judged yet, or not in full: see the overview\n",
                     left);
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

    if (extra_build(&class->extra, class->kit, options->extra_tests,
                    options->out) < 0)
        return 3;
    int status =
        toolchain_read(&class->toolchain, options->level, options->required);
    if (status == 0)
        status = take_in(class);
    if (status == 0)
        status = set_environments(class);
    if (status == 0)
        status = grade_all(class);
    if (status == 0)
        status = write_up(class);
    if (status == 0)
        summarise(class);
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
    (void)sqlite3_close(class.book);
    (void)close(lock_fd);
    return status;
}

int class_write_up(const struct kit *kit, const char *out)
{
    const struct class_options options = {.out = out};
    struct class class = {.kit = kit, .options = &options};
    int lock_fd = lock(out);

    if (lock_fd < 0)
        return 3;
    class.toolchain.level = -1;
    class.book = gradebook_open(kit, out, false);
    int status = class.book ? write_up(&class) : 3;
    (void)sqlite3_close(class.book);
    (void)close(lock_fd);
    return status;
}
