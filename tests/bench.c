// SPDX-License-Identifier: MIT
/*
 * bench.c - what a grade costs, side by side in one run.
 *
 *     bench LAB...
 *
 * The first table has a row for each lab: a full grade of its solution, beside
 * the naive way to do it: a Criterion binary with as many trivial tests under
 * valgrind --trace-children=yes.  The second takes the first lab apart:
 *
 *   solution, skeleton     a whole grade, both passes
 *   NAME.c                 the three wrong submissions that take longest
 *   native pass only       the solution without memcheck
 *   one start per launch   the solution with a Valgrind start for each launch
 *   hangs, proved          a submission that hangs in every test
 *   hangs, 10 s time-outs  the same without the proof of deadlock
 *
 * Each row is the median of three rounds (BENCH_ROUNDS); the rounds of all rows
 * of a table are interleaved, so that a machine that changes its speed changes
 * all of them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "result.h"

#define ROUNDS_MAX 9

static int rounds = 3; /* BENCH_ROUNDS */

struct row {
    const char *name;
    struct argv command;
    double wall[ROUNDS_MAX], cpu[ROUNDS_MAX];
};

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* Run ARGV with its output thrown away; adds to *WALL and *CPU. */
static void measure(const struct argv *argv, double *wall, double *cpu)
{
    struct rusage usage;
    int64_t begun = now_ms();
    pid_t pid = fork();

    if (pid == 0) {
        int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (fd >= 0) {
            (void)dup2(fd, STDOUT_FILENO);
            (void)dup2(fd, STDERR_FILENO);
        }
        execvp(argv->items[0], argv->items);
        _exit(127);
    }
    while (wait4(pid, NULL, 0, &usage) < 0 && errno == EINTR)
        continue;
    *wall += (double)(now_ms() - begun) / 1000;
    *cpu += seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

static int ascending(const void *a, const void *b)
{
    const double *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

static double median(double *values)
{
    qsort(values, (size_t)rounds, sizeof(*values), ascending);
    return values[rounds / 2];
}

static void add_row(struct row *rows, size_t *count, const char *name,
                    const char *const words[])
{
    struct row *row = &rows[(*count)++];

    *row = (struct row){.name = name};
    argv_add_all(&row->command, words);
}

static void add_grade(struct row *rows, size_t *count, const char *name,
                      const char *lab, const char *path)
{
    add_row(rows, count, name,
            (const char *[]){"build/ipclab", "grade", lab, "--submission", path,
                             NULL});
}

/* Grade every wrong submission once; the paths of the three slowest. */
static void find_slowest(const char *lab, char *slowest[3])
{
    char *directory = xformat("tests/submissions/%s/wrong", lab);
    double times[3] = {0};
    struct dirent **list;
    int n = scandir(directory, &list, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        double wall = 0, cpu = 0;
        if (list[i]->d_name[0] == '.')
            continue;
        char *path = xformat("%s/%s", directory, list[i]->d_name);
        struct argv argv = {0};
        argv_add_all(&argv, (const char *[]){"build/ipclab", "grade", lab,
                                             "--submission", path, NULL});
        measure(&argv, &wall, &cpu);
        argv_release(&argv);
        for (int place = 0; place < 3; place++) {
            if (wall <= times[place])
                continue;
            free(slowest[2]);
            for (int k = 2; k > place; k--) {
                slowest[k] = slowest[k - 1];
                times[k] = times[k - 1];
            }
            slowest[place] = xstrdup(path);
            times[place] = wall;
            break;
        }
        free(path);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    free(directory);
}

/* The grade of PATH, from its JSON; NULL after a message. */
static struct grade *read_grade(const char *lab, const char *path)
{
    char why[200] = "no result", json[] = "build/bench.json";
    struct argv argv = {0};
    double wall = 0, cpu = 0;
    size_t size = 0;

    argv_add_all(&argv,
                 (const char *[]){"build/ipclab", "grade", lab, "--submission",
                                  path, "--json", json, NULL});
    measure(&argv, &wall, &cpu);
    argv_release(&argv);
    char *text = read_file(AT_FDCWD, json, 16 << 20, &size);
    struct grade *grade =
        text ? grade_from_json(text, size, why, sizeof(why)) : NULL;
    if (grade == NULL)
        (void)fprintf(stderr, "bench: %s: %s\n", path, why);
    free(text);
    (void)unlink(json);
    return grade;
}

static int count_launches(const struct grade *grade)
{
    int count = 0;

    for (size_t i = 0; grade && i < grade->test_count; i++)
        count += (int)grade->tests[i].run_count;
    return count;
}

static void run_rows(struct row *rows, size_t count)
{
    for (int round = 0; round < rounds; round++)
        for (size_t i = 0; i < count; i++)
            measure(&rows[i].command, &rows[i].wall[round],
                    &rows[i].cpu[round]);
}

/* Ratios are those to row BASE. */
static void print_rows(struct row *rows, size_t count, size_t base)
{
    double base_wall = median(rows[base].wall);
    double base_cpu = median(rows[base].cpu);

    (void)printf("%-42s %8s %8s %8s %8s\n", "", "wall s", "ratio", "CPU s",
                 "ratio");
    for (size_t i = 0; i < count; i++) {
        double wall = median(rows[i].wall), cpu = median(rows[i].cpu);
        (void)printf("%-42s %8.2f %8.2f %8.2f %8.2f\n", rows[i].name, wall,
                     wall / base_wall, cpu, cpu / base_cpu);
    }
}

static void add_naive(struct row *rows, size_t *count)
{
    add_row(rows, count, "naive: 12 tests of Criterion under Valgrind",
            (const char *[]){"valgrind", "--trace-children=yes",
                             "--leak-check=full", "build/tests/naive", "-j1",
                             NULL});
}

static void compare_labs(char *labs[], int lab_count)
{
    struct row *rows = xcalloc((size_t)lab_count + 1, sizeof(*rows));
    size_t count = 0;

    for (int i = 0; i < lab_count; i++) {
        char *solution = xformat("solutions/%s/%s.c", labs[i], labs[i]);
        add_grade(rows, &count, labs[i], labs[i], solution);
        free(solution);
    }
    add_naive(rows, &count);
    run_rows(rows, count);
    (void)printf("A full grade of each solution; median of %d\n", rounds);
    print_rows(rows, count, count - 1);
    for (size_t i = 0; i < count; i++)
        argv_release(&rows[i].command);
    free(rows);
}

static void take_apart(const char *lab)
{
    struct row rows[12];
    size_t count = 0;
    char *slowest[3] = {NULL};
    char *solution = xformat("solutions/%s/%s.c", lab, lab);
    char *skeleton = xformat("labs/%s/%s.c", lab, lab);
    char *hangs =
        xformat("tests/submissions/%s/hostile/hangs_everywhere.c", lab);
    struct grade *grade = read_grade(lab, solution);

    find_slowest(lab, slowest);
    add_grade(rows, &count, "solution", lab, solution);
    add_grade(rows, &count, "skeleton", lab, skeleton);
    for (int i = 0; i < 3; i++)
        if (slowest[i])
            add_grade(rows, &count, strrchr(slowest[i], '/') + 1, lab,
                      slowest[i]);
    add_row(rows, &count, "solution, native pass only",
            (const char *[]){"build/ipclab", "grade", lab, "--submission",
                             solution, "--no-memcheck", NULL});
    add_row(rows, &count, "solution, one Valgrind start per launch",
            (const char *[]){"env", "IPCLAB_WITHOUT=server", "build/ipclab",
                             "grade", lab, "--submission", solution, NULL});
    if (access(hangs, F_OK) == 0) {
        add_grade(rows, &count, "hangs everywhere, proved", lab, hangs);
        add_row(rows, &count, "hangs everywhere, 10 s time-outs",
                (const char *[]){"env", "IPCLAB_WITHOUT=proof", "build/ipclab",
                                 "grade", lab, "--submission", hangs, NULL});
    }
    add_naive(rows, &count);
    run_rows(rows, count);
    (void)printf("\n%s: %d launches; median of %d\n", lab,
                 count_launches(grade), rounds);
    print_rows(rows, count, 0);
    for (size_t i = 0; i < count; i++)
        argv_release(&rows[i].command);
    for (int i = 0; i < 3; i++)
        free(slowest[i]);
    free(hangs);
    free(skeleton);
    free(solution);
    grade_free(grade);
}

int main(int argc, char **argv)
{
    const char *wanted = getenv("BENCH_ROUNDS");

    if (argc < 2) {
        (void)fputs("usage: bench LAB...\n", stderr);
        return 2;
    }
    if (wanted && strtol(wanted, NULL, 10) > 0)
        rounds = (int)strtol(wanted, NULL, 10);
    if (rounds > ROUNDS_MAX)
        rounds = ROUNDS_MAX;
    compare_labs(argv + 1, argc - 1);
    take_apart(argv[1]);
    return 0;
}
