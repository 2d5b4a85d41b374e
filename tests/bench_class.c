// SPDX-License-Identifier: MIT
/*
 * bench_class.c - what a class costs, and whether the cost of a job depends on
 * how many there are.
 *
 *     bench_class STUDENTS...         (say 20 200)
 *
 * Makes classes of so many students: every one hands in all labs, a right
 * style, a wrong submission or the skeleton, in shares as they are in real
 * courses, no two files alike.  Grades each, and then once more (nothing is
 * left to do).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"

#define ROOT "build/bench-class"

/* Of a hundred who hand something in. */
enum { RIGHT = 35, WRONG = 50 }; /* the rest: the skeleton */

static _Noreturn void give_up(const char *what)
{
    (void)fprintf(stderr, "bench_class: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void make_directory(const char *path)
{
    if (mkdir(path, 0777) < 0 && errno != EEXIST)
        give_up(path);
}

/* ---- The class -------------------------------------------------------------
 */

/* The N-th of the files that PATTERN names. */
static char *pick(const char *pattern, unsigned n)
{
    glob_t found;

    if (glob(pattern, 0, NULL, &found) != 0)
        give_up(pattern);
    char *path = xstrdup(found.gl_pathv[n % found.gl_pathc]);
    globfree(&found);
    return path;
}

/* What student N hands in for LAB: fixed, but well mixed. */
static char *choose(const char *lab, unsigned n)
{
    unsigned share = (n * 37 + (unsigned)lab[1] * 11) % 100;
    char *pattern =
        share < RIGHT
            ? (n % 2 ? xformat("solutions/%s/%s.c", lab, lab)
                     : xformat("tests/submissions/%s/accepted/*.c", lab))
        : share < RIGHT + WRONG ? xformat("tests/submissions/%s/wrong/*.c", lab)
                                : xformat("labs/%s/%s.c", lab, lab);
    char *path = pick(pattern, n / 2);

    free(pattern);
    return path;
}

static void hand_in(const char *directory, const char *lab, unsigned n)
{
    char *from = choose(lab, n);
    char *source = read_file(AT_FDCWD, from, 1u << 20, NULL);
    if (source == NULL)
        give_up(from);
    char *text = xformat("/* student %u */\n%s", n, source);
    char *to = xformat("%s/s%03u/%s.c", directory, n, lab);

    if (write_file(to, text, strlen(text), 0644) < 0)
        give_up(to);
    free(to);
    free(text);
    free(source);
    free(from);
}

static size_t make_class(const char *directory, const struct argv *labs,
                         unsigned students)
{
    make_directory(directory);
    for (unsigned n = 0; n < students; n++) {
        char *path = xformat("%s/s%03u", directory, n);
        make_directory(path);
        free(path);
        for (size_t i = 0; i < labs->count; i++)
            hand_in(directory, labs->items[i], n);
    }
    return students * labs->count;
}

/* ---- Grading it -------------------------------------------------------------
 */

static double seconds_of(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

struct cost {
    double wall, cpu;       /* of everything */
    double own, memory_mib; /* of the grader itself, as it says */
};

/* "  1:05; CPU: jobs 131.2 s, the grader itself 1.21 s (0.9 %); memory 14 MiB"
 */
static void read_summary(const char *log, struct cost *cost)
{
    char *text = read_file(AT_FDCWD, log, 64u << 20, NULL);
    const char *at = text ? strstr(text, "the grader itself ") : NULL;
    double share;

    if (at == NULL ||
        sscanf(at, "the grader itself %lf s (%lf %%); memory %lf MiB",
               &cost->own, &share, &cost->memory_mib) != 3)
        give_up(log);
    free(text);
}

static struct cost grade(const char *directory, const char *out)
{
    char *log = xformat("%s.log", out);
    struct rusage usage;
    struct cost cost = {0};
    int status;
    int64_t begun = now_ms();
    pid_t pid = fork();

    if (pid == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
            _exit(127);
        execl("build/ipclab", "ipclab", "class", directory, "--out", out,
              (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) < 0)
        give_up("ipclab");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        (void)fprintf(stderr, "bench_class: ipclab class failed: %s\n", log);
        exit(1);
    }
    cost.wall = (double)(now_ms() - begun) / 1000;
    cost.cpu = seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime);
    read_summary(log, &cost);
    free(log);
    return cost;
}

int main(int argc, char **argv)
{
    char *list = read_file(AT_FDCWD, "build/labs/list", 65536, NULL);
    char *rest = list, *lab;
    struct argv labs = {0};

    while (list && (lab = strsep(&rest, " \n")) != NULL)
        if (*lab)
            argv_add(&labs, lab);
    if (argc < 2 || labs.count == 0) {
        (void)fprintf(stderr, "usage: bench_class STUDENTS...\n");
        return 2;
    }
    (void)remove_tree(AT_FDCWD, ROOT); /* of an earlier time */
    make_directory(ROOT);
    (void)printf("%8s %6s %9s %9s %7s %9s %8s %7s %9s\n", "students", "jobs",
                 "wall s", "CPU s", "jobs/s", "CPU s/job", "own %", "MiB",
                 "again s");
    for (int i = 1; i < argc; i++) {
        unsigned students = (unsigned)strtoul(argv[i], NULL, 10);
        char *directory = xformat(ROOT "/class-%u", students);
        char *out = xformat(ROOT "/book-%u", students);
        size_t jobs = make_class(directory, &labs, students);
        struct cost first = grade(directory, out);
        struct cost again = grade(directory, out);
        (void)printf("%8u %6zu %9.1f %9.1f %7.2f %9.2f %8.2f %7.1f %9.1f\n",
                     students, jobs, first.wall, first.cpu,
                     (double)jobs / first.wall, first.cpu / (double)jobs,
                     100 * first.own / first.cpu, first.memory_mib, again.wall);
        (void)fflush(stdout);
        free(out);
        free(directory);
    }
    argv_release(&labs);
    free(list);
    return 0;
}
