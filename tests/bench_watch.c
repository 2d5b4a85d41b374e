// SPDX-License-Identifier: MIT
/*
 * bench_watch.c - how long a student waits after a save.
 *
 *     bench_watch LAB
 *
 * Starts `ipclab watch LAB` in a kit of its own, saves the solution again and
 * again, each time with another comment, and reads what the watch prints, as a
 * person would.  Beside it, in the same rounds, `ipclab grade` of that file.
 * Each row is the median of nine rounds (BENCH_ROUNDS).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "small_kit.h"

#define ROOT       "build/bench-watch"
#define ROUNDS_MAX 99

enum { GRADE, VERDICTS, SCORE, ROWS };

static struct row {
    const char *name;
    double wall[ROUNDS_MAX];
} rows[ROWS] = {
    [GRADE] = {.name = "ipclab grade, both passes"},
    [VERDICTS] = {.name = "from a save to the verdicts (native pass)"},
    [SCORE] = {.name = "from a save to the score (both passes)"},
};

static int rounds = 9; /* BENCH_ROUNDS */

static _Noreturn void give_up(const char *what)
{
    (void)fprintf(stderr, "bench_watch: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* Start `build/ipclab SUBCOMMAND LAB` with its output at OUT_FD. */
static pid_t start(const char *subcommand, const char *lab, int out_fd)
{
    pid_t pid = fork();

    if (pid == 0) {
        if (dup2(out_fd, STDOUT_FILENO) >= 0)
            execl("build/ipclab", "ipclab", subcommand, lab, (char *)NULL);
        _exit(127);
    }
    if (pid < 0)
        give_up("fork");
    return pid;
}

static double seconds_since(int64_t begun)
{
    return (double)(now_ms() - begun) / 1000;
}

/* Read lines until one holds TEXT. */
static void await_line(FILE *from, const char *text)
{
    char line[1024];

    do
        if (fgets(line, sizeof(line), from) == NULL)
            give_up("the watch has ended");
    while (strstr(line, text) == NULL);
}

/* The solution of LAB, with a comment that no other round has. */
static void save(const char *root, const char *lab, int round)
{
    char *solution = xformat("solutions/%s/%s.c", lab, lab);
    char *path = xformat("%s/labs/%s/%s.c", root, lab, lab);
    char *source = read_file(AT_FDCWD, solution, 1 << 20, NULL);

    if (source == NULL)
        give_up(solution);
    char *text = xformat("/* round %d */\n%s", round, source);
    if (write_file(path, text, strlen(text), 0644) < 0)
        give_up(path);
    free(text);
    free(source);
    free(path);
    free(solution);
}

static void run_round(const char *root, const char *lab, FILE *watch, int round)
{
    int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int64_t begun = now_ms();

    save(root, lab, round);
    await_line(watch, " tests pass");
    rows[VERDICTS].wall[round] = seconds_since(begun);
    await_line(watch, "score ");
    rows[SCORE].wall[round] = seconds_since(begun);
    begun = now_ms();
    (void)waitpid(start("grade", lab, null_fd), NULL, 0);
    rows[GRADE].wall[round] = seconds_since(begun);
    (void)close(null_fd);
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

static void print_rows(const char *lab)
{
    double base = median(rows[GRADE].wall);

    (void)printf("\n%s: a save under `ipclab watch`; median of %d\n", lab,
                 rounds);
    (void)printf("%-42s %8s %8s %8s\n", "", "wall s", "ratio", "worst");
    for (int i = 0; i < ROWS; i++) {
        double wall = median(rows[i].wall);
        (void)printf("%-42s %8.2f %8.2f %8.2f\n", rows[i].name, wall,
                     wall / base, rows[i].wall[rounds - 1]);
    }
}

int main(int argc, char **argv)
{
    const char *wanted = getenv("BENCH_ROUNDS");
    int fds[2];

    if (argc != 2) {
        (void)fputs("usage: bench_watch LAB\n", stderr);
        return 2;
    }
    if (wanted && strtol(wanted, NULL, 10) > 0)
        rounds = (int)strtol(wanted, NULL, 10);
    if (rounds > ROUNDS_MAX)
        rounds = ROUNDS_MAX;
    char *here = getcwd(NULL, 0), *root = xformat("%s/" ROOT, here);
    (void)remove_tree(AT_FDCWD, root); /* of an earlier time */
    if (small_kit_make(root, argv[1]) < 0)
        give_up(root);
    if (pipe2(fds, O_CLOEXEC) < 0)
        give_up("pipe");
    pid_t pid = start("watch", argv[1], fds[1]);
    (void)close(fds[1]);
    FILE *watch = fdopen(fds[0], "r");
    if (watch == NULL)
        give_up("fdopen");
    await_line(watch, "score "); /* of the skeleton */
    for (int round = 0; round < rounds; round++)
        run_round(root, argv[1], watch, round);
    print_rows(argv[1]);
    (void)kill(pid, SIGINT);
    (void)waitpid(pid, NULL, 0);
    (void)fclose(watch);
    (void)remove_tree(AT_FDCWD, root);
    free(root);
    free(here);
    return 0;
}
