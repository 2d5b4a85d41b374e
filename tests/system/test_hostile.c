// SPDX-License-Identifier: MIT
/*
 * test_hostile.c - submissions that are broken, wild or hostile: each gets a
 * clear verdict in bounded time, and leaves nothing on the machine.
 */
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system.h"

#define HOSTILE "tests/submissions/pipe/hostile/"
/* Seconds; far above what any takes, far below for ever. */
#define BOUND 240

/* Grade FILE: all is judged, by pass or fail, in time, and the kind of failure
 * KIND (the end of a run; NULL: any) is seen in some test. */
static void expect_verdict(const char *file, const char *end)
{
    struct outcome outcome;
    struct grade *grade = grade_file(file, &outcome);
    bool seen = end == NULL;

    cr_expect(outcome.status == 0, "%s: exit status %d: %s", file,
              outcome.status, outcome.errors);
    cr_expect(!grade_has_error(grade), "%s: an error of ours", file);
    cr_expect(grade->score_tenths <= 200, "%s: earns %d tenths", file,
              grade->score_tenths);
    cr_expect(outcome.seconds < BOUND, "%s: %f s", file, outcome.seconds);
    for (size_t i = 0; i < grade->test_count; i++)
        for (size_t r = 0; r < grade->tests[i].run_count && end; r++)
            seen |= strcmp(grade->tests[i].runs[r].end, end) == 0;
    cr_expect(seen, "%s: no run ended \"%s\"", file, end);
    grade_free(grade);
    expect_clean_machine();
}

#define HOSTILE_TEST(name, end)                                                \
    Test(hostile, name)                                                        \
    {                                                                          \
        expect_verdict(HOSTILE #name ".c", end);                               \
    }

HOSTILE_TEST(loops, "spinning")
HOSTILE_TEST(forks, "greedy")
HOSTILE_TEST(floods, "flooded")
HOSTILE_TEST(eats_memory, NULL)
HOSTILE_TEST(ignores_sigterm, "deadlocked")
HOSTILE_TEST(leaves_daemon, "exited")
HOSTILE_TEST(writes_huge_file, NULL)
HOSTILE_TEST(exits_at_once, "exited")
HOSTILE_TEST(kills_everything, NULL)
HOSTILE_TEST(hangs_everywhere, "deadlocked")
HOSTILE_TEST(leaves_objects, NULL)

/* ---- What does not build ------------------------------------------------- */

static struct grade *expect_no_build(const char *file)
{
    struct outcome outcome;
    struct grade *grade = grade_file(file, &outcome);

    cr_expect(outcome.status == 0, "%s: exit status %d", file, outcome.status);
    cr_expect(!grade->build.ok, "%s: it builds", file);
    cr_expect(grade->score_tenths == 0 && grade->max_tenths == 1000);
    expect_clean_machine();
    return grade;
}

Test(hostile, does_not_compile)
{
    struct grade *grade = expect_no_build(HOSTILE "does_not_compile.c");

    cr_assert(grade->build.message_count > 0);
    cr_expect(grade->build.messages[0].line == 7);
    cr_expect_not_null(grade->build.explanation);
    grade_free(grade);
}

Test(hostile, empty)
{
    grade_free(expect_no_build(HOSTILE "empty.c"));
}

Test(hostile, not_c)
{
    grade_free(expect_no_build(HOSTILE "not_c.c"));
}

/* ---- Odd names ----------------------------------------------------------- */

Test(hostile, odd_names)
{
    static const char *const names[] = {
        "with space.c", "-dash.c",   "quote'\".c",
        "new\nline.c",  "bad\xff.c", "$(touch x).c",
    };

    for (size_t i = 0; i < LENGTH(names); i++) {
        struct outcome outcome;
        char *path = xformat("%s/%s", scratch(), names[i]);
        cr_assert(copy_file(HOSTILE "not_c.c", path, 0644) == 0);
        struct grade *grade = grade_file(path, &outcome);
        cr_expect(outcome.status == 0, "%s: %s", names[i], outcome.errors);
        cr_expect(strstr(outcome.output, "\n line") == NULL);
        grade_free(grade);
        free(path);
    }
    expect_clean_machine();
}

/* ---- An interrupted grade ------------------------------------------------ */

/* Whether a run has begun: its trace is being written. */
static bool has_begun(void)
{
    char *pattern = xformat("%s/ipclab-*/tmp/trace.*", getenv("TMPDIR"));
    glob_t found;
    bool begun = glob(pattern, 0, NULL, &found) == 0;

    globfree(&found);
    free(pattern);
    return begun;
}

/* LATER_US after the first run has begun. */
static void interrupt(int signal, int status, unsigned later_us)
{
    int64_t deadline = now_ms() + 60000;
    (void)scratch();
    pid_t pid = ipclab_start((const char *const[]){
        "grade", "pipe", "--submission", HOSTILE "loops.c", NULL});

    while (!has_begun()) {
        cr_assert(now_ms() < deadline, "no run begins");
        (void)usleep(5000);
    }
    (void)usleep(later_us);
    cr_assert(kill(pid, signal) == 0);
    struct outcome outcome = ipclab_wait(pid);
    cr_expect(outcome.status == status, "exit status %d", outcome.status);
    /* Nobody could remove it, and for a moment its processes may still write;
     * the next start does. */
    deadline = now_ms() + 60000;
    while (signal == SIGKILL && remove_tree(AT_FDCWD, getenv("TMPDIR")) < 0) {
        cr_assert(now_ms() < deadline, "%s is written to", getenv("TMPDIR"));
        (void)usleep(5000);
    }
    cr_expect(mkdir(getenv("TMPDIR"), 0755) == 0 || signal != SIGKILL);
    expect_clean_machine();
}

Test(hostile, interrupted_by_ctrl_c)
{
    interrupt(SIGINT, 130, 0);
}

Test(hostile, killed)
{
    /* At many moments: strace has some in which its child is stopped. */
    for (unsigned i = 0; i < 12; i++)
        interrupt(SIGKILL, 137, 5000 * i);
}
