// SPDX-License-Identifier: MIT
/*
 * test_files.h - what the tests of the files lab share: the file of a world,
 * one process that is held in the middle of its work, another that comes
 * meanwhile, and the scenes that `once` plays.  Included by test_files.c alone.
 */
#ifndef TEST_FILES_H
#define TEST_FILES_H

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

#define LOCKS "fcntl,flock"
/* Who naps until a lock is free waits, too; that is waits_asleep's business. */
#define PAUSES "nanosleep,clock_nanosleep,poll,ppoll,select,pselect6"
/* What the misconceptions look at, beside what is traced anyway. */
#define EVIDENCE                                                               \
    "?flock,?ftruncate,?lseek,?read,?pread64,?unlink,?unlinkat," WRITES
/* All that a full disk may be noticed by. */
#define WRITES "?write,?writev,?pwrite64,?pwritev,?pwritev2"
/* CPU time, in ms, of a program that waits for others, and far more. */
#define POLLS_MS 100

#define SECOND_TRIES "the second one tries, too"

/* ---- The file ------------------------------------------------------------ */

/* A new scene: FILE has CONTENT, and nothing else is there. */
static void set_scene(const struct world *world, const char *content)
{
    static const char *const names[] = {"in", "other", "next"};
    int fd = openat(world_directory(world), "f",
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    size_t size = strlen(content);

    cr_assert(fd >= 0 && write(fd, content, size) == (ssize_t)size);
    (void)close(fd);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        (void)unlinkat(world_directory(world), names[i], 0);
    world_close_gate(world, "go");
}

static struct world *make_files(const char *content)
{
    struct world *world = make_world(.also_trace = EVIDENCE);

    set_scene(world, content);
    return world;
}

/* What is in FILE now; it lives until the end of the test's process. */
static struct bytes content_of(const struct world *world)
{
    int fd = openat(world_directory(world), "f", O_RDONLY | O_CLOEXEC);
    struct stat about;

    if (fd < 0 || fstat(fd, &about) < 0)
        return LITERAL("");
    char *data = calloc((size_t)about.st_size + 1, 1);
    ssize_t n = data ? read(fd, data, (size_t)about.st_size) : -1;
    (void)close(fd);
    cr_assert(n >= 0);
    return (struct bytes){data, (size_t)n};
}

static bool has_file(const struct world *world, const char *name)
{
    return faccessat(world_directory(world), name, F_OK, 0) == 0;
}

static void expect_content(struct run *run, const struct world *world,
                           const char *expected)
{
    struct bytes seen = content_of(world);
    char what[64];

    (void)snprintf(what, sizeof(what), "\"%.*s\" is all that FILE contains",
                   (int)strcspn(expected, "\n"), expected);
    for (size_t i = 0; i < seen.size; i++)
        if (seen.data[i] == '\n')
            ((char *)(uintptr_t)seen.data)[i] = '|';
    bool equal = seen.size == strlen(expected) &&
                 strncmp(seen.data, expected, seen.size - 1) == 0 &&
                 seen.data[seen.size - 1] == '|';
    expect_that(run, equal, what, "it contains \"%s\" (| is a newline)",
                seen.data);
}

/* ---- Numbers ------------------------------------------------------------- */

/* COUNT runs have printed the numbers from LOW to HIGH between them, each one
 * once; the last of the runs is blamed. */
static void expect_numbers(struct run *const runs[], int count, long low,
                           long high)
{
    int times[1024] = {0};
    struct run *run = runs[count - 1];
    char what[80];

    (void)snprintf(what, sizeof(what),
                   "the numbers from %ld to %ld, each of them once", low, high);
    for (int i = 0; i < count; i++) {
        const char *next = run_output(runs[i]).data;
        char *end;
        for (; *next; next = end + (*end == '\n')) {
            long number = strtol(next, &end, 10);
            bool right = end > next && number >= low && number <= high;
            expect_that(runs[i], right, what, "\"%.20s\" was printed", next);
            times[(number - low) % 1024]++;
        }
    }
    for (long i = 0; i <= high - low; i++)
        expect_that(run, times[i] == 1, what, "%ld was printed %d times",
                    low + i, times[i]);
}

/* ---- Records ------------------------------------------------------------- */

/* What is wrong with FILE, where COUNTS[0] records of a and COUNTS[1] of b
 * should be; or NULL. */
static const char *wrong_records(struct bytes bytes, const int counts[2])
{
    static char wrong[100];
    int next[2] = {1, 1}, seq, used;
    char id;

    for (size_t at = 0; at < bytes.size; at += 200) {
        const char *record = bytes.data + at;
        (void)snprintf(wrong, sizeof(wrong),
                       "byte %zu begins what is no record: \"%.16s\"", at,
                       record);
        if (bytes.size - at < 200 ||
            sscanf(record, "%c %d%n", &id, &seq, &used) != 2 ||
            (id != 'a' && id != 'b') || record[199] != '\n' ||
            strspn(record + used + 1, "x") != (size_t)(198 - used))
            return wrong;
        (void)snprintf(wrong, sizeof(wrong), "record %d of %c is not there",
                       next[id - 'a'], id);
        if (seq != next[id - 'a']++)
            return wrong;
    }
    for (int i = 0; i < 2; i++) {
        (void)snprintf(wrong, sizeof(wrong),
                       "%c wrote %d records, %d are there", 'a' + i, counts[i],
                       next[i] - 1);
        if (next[i] - 1 != counts[i])
            return wrong;
    }
    return NULL;
}

static void expect_records(struct run *run, const struct world *world, int a,
                           int b)
{
    const char *wrong = wrong_records(content_of(world), (int[]){a, b});

    expect_that(run, wrong == NULL,
                "every record is in FILE, whole, each writer's in order", "%s",
                wrong);
}

/* ---- Accounts ------------------------------------------------------------ */

/* Each of the 64 has 1000. */
static const char *accounts(void)
{
    static char content[64 * 16 + 1];

    for (size_t i = 0; i < 64; i++)
        (void)snprintf(content + 16 * i, 17, "%15d\n", 1000);
    return content;
}

/* CHANGES: of the first accounts; the others have what they had. */
static void expect_balances(struct run *run, const struct world *world,
                            const int changes[4])
{
    struct bytes seen = content_of(world);

    expect_that(run, seen.size == 64 * 16UL, "64 accounts of 16 bytes",
                "FILE has %zu bytes", seen.size);
    for (size_t i = 0; i < 64 && seen.size == 64 * 16UL; i++) {
        int balance = atoi(seen.data + 16 * i);
        int expected = 1000 + (i < 4 ? changes[i] : 0);
        expect_that(run, balance == expected,
                    "every transfer takes place, once, and changes two "
                    "accounts only",
                    "account %zu has %d, not %d", i, balance, expected);
    }
}

/* Whether somebody has a lock, as fcntl(2) has them, on any byte from FROM. */
static bool is_locked(const struct world *world, off_t from, off_t size)
{
    struct flock lock = {.l_type = F_WRLCK, .l_start = from, .l_len = size};
    int fd = openat(world_directory(world), "f", O_RDWR | O_CLOEXEC);

    cr_assert(fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0);
    (void)close(fd);
    return lock.l_type != F_UNLCK;
}

/* ---- One is held, another comes ------------------------------------------ */

static struct run *in(struct world *world, const char *const args[])
{
    return launch(args, .world = world);
}

/* It is over, or waits for a lock, or naps until it tries again. */
static bool is_past_gate(const void *data)
{
    struct run *run = (struct run *)(uintptr_t)data;

    return run_has_ended(run) || run_is_in(run, LOCKS "," PAUSES);
}

/* That, or it is held at a gate of its own, or tries all the time. */
static bool has_tried(const void *data)
{
    struct run *run = (struct run *)(uintptr_t)data;

    return is_past_gate(data) || run_is_in(run, RUN_HELD) ||
           run_cpu_ms(run) >= POLLS_MS;
}

struct pair {
    struct run *a, *b;
    bool held; /* a was where DELAY says when b came */
};

/* A is held where DELAY says, if it comes there; B comes and does what it can;
 * then both go on, and end without an error. */
static struct pair meet(struct world *world, const char *delay,
                        const char *const a[], const char *const b[])
{
    struct pair pair = {.a = launch(a, .world = world, .delay = delay)};

    pair.held = run_waits_in(pair.a, RUN_HELD);
    pair.b = in(world, b);
    run_wait_until(pair.b, has_tried, pair.b, SECOND_TRIES);
    world_open_gate(world, "go");
    expect_exit(pair.a, 0);
    expect_exit(pair.b, 0);
    return pair;
}

/* ---- One runs a command, another would like to ---- */

/* A command that tells that it runs, by a file NAME, and stays until its input
 * ends. */
#define STAYS(name)                                                            \
    ARGS("once", "f", "sh", "-c", "echo >" name "; read line; exit 7")

#define IT_RUNS "the command is run"

static bool is_in(const void *world)
{
    return has_file(world, "in");
}

struct holder {
    const struct world *world;
    struct run *run;
};

static bool is_in_or_held(const void *data)
{
    const struct holder *holder = data;

    return is_in(holder->world) || run_is_in(holder->run, RUN_HELD);
}

/* Another one, while RUN has the lock. */
static struct run *try_another(struct world *world)
{
    struct run *run =
        launch(ARGS("once", "f", "sh", "-c", "echo >other"), .world = world,
               .spin_ms = POLLS_MS, .blocked_s = 3);

    (void)run_end(run);
    return run;
}

/* RUN was told, at once, that HOLDER has it. */
static void expect_refusal(struct run *run, const struct run *holder)
{
    char line[64];

    (void)snprintf(line, sizeof(line), "files: f: held by %d\n",
                   (int)run_pid(holder));
    expect_exit(run, 1);
    expect_errors(run, text(line));
}

/* The command runs, and before that there is a moment at which the lock is
 * taken and nothing else has been done. */
static void refuse_others(struct world *world)
{
    set_scene(world, "99999\n");
    struct run *run =
        launch(STAYS("in"), .world = world, .input_mode = INPUT_FED,
               .delay = "setlk_done=@go");
    struct holder holder = {world, run};

    run_wait_until(run, is_in_or_held, &holder, IT_RUNS);
    struct run *early = try_another(world);
    world_open_gate(world, "go");
    run_wait_until(run, is_in, world, IT_RUNS);
    struct run *late = try_another(world);
    bool alone = !has_file(world, "other");
    run_end_input(run);
    expect_exit(run, 7);
    expect_errors(run, LITERAL(""));
    expect_that(run, alone,
                "as long as the command runs, nobody else gets the lock",
                "another command was run meanwhile");
    expect_refusal(early, run);
    expect_refusal(late, run);
    expect_that(run, has_file(world, "f"), "FILE is still there",
                "it was removed");
}

static bool is_next_in(const void *world)
{
    return has_file(world, "next");
}

static bool is_next_in_or_over(const void *data)
{
    const struct holder *holder = data;

    return is_next_in(holder->world) || run_has_ended(holder->run);
}

/* The holder goes after the lock was refused, before it is asked for; who has
 * come then has the lock, and a third one gets its pid. */
static void holder_goes(struct world *world)
{
    set_scene(world, "");
    struct run *first =
        launch(STAYS("in"), .world = world, .input_mode = INPUT_FED);
    run_wait_until(first, is_in, world, IT_RUNS);
    struct run *second =
        launch(STAYS("next"), .world = world, .input_mode = INPUT_FED,
               .delay = "getlk=@go", .blocked_s = 3);
    bool held = run_waits_in(second, RUN_HELD);

    run_end_input(first);
    expect_exit(first, 7);
    world_open_gate(world, "go");
    if (!held) {
        expect_exit(second, 1); /* it had asked in another way */
        return;
    }
    run_wait_until(second, is_next_in_or_over, &(struct holder){world, second},
                   IT_RUNS);
    struct run *third = try_another(world);
    bool alone = !has_file(world, "other");
    run_end_input(second);
    expect_errors(second, LITERAL(""));
    expect_exit(second, 7);
    expect_that(second, alone,
                "who gets the lock at the second try has it for itself",
                "another command was run meanwhile");
    expect_refusal(third, second);
}

/* The holder goes, and another one comes between F_GETLK, which has found
 * nobody, and the second try. A hold of some milliseconds, which SIGCONT ends,
 * is another state than RUN_HELD, and so the two can be told apart. */
static void third_is_quicker(struct world *world)
{
    set_scene(world, "");
    struct run *first =
        launch(STAYS("in"), .world = world, .input_mode = INPUT_FED);
    run_wait_until(first, is_in, world, IT_RUNS);
    struct run *second =
        launch(ARGS("once", "f", "sh", "-c", "exit 5"), .world = world,
               .delay = "getlk@1=600000,setlk@2=@go", .blocked_s = 3);
    bool asks = run_waits_in(second, "rt_sigtimedwait");

    run_end_input(first);
    expect_exit(first, 7);
    if (asks)
        run_signal(second, SIGCONT);
    if (!asks || !run_waits_in(second, RUN_HELD)) {
        expect_exit(second, asks ? 5 : 1); /* it had asked in another way */
        return;
    }
    struct run *third =
        launch(STAYS("next"), .world = world, .input_mode = INPUT_FED);
    run_wait_until(third, is_next_in, world, IT_RUNS);
    world_open_gate(world, "go");
    expect_refusal(second, third);
    run_end_input(third);
    expect_exit(third, 7);
}

/* Both have found the lock free, if they looked; the second one is quicker. */
static void overtake(struct world *world)
{
    set_scene(world, "");
    struct run *slow =
        launch(ARGS("once", "f", "sh", "-c", "exit 5"), .world = world,
               .delay = "setlk@1=@go", .blocked_s = 3);
    bool held = run_waits_in(slow, RUN_HELD);
    struct run *first =
        launch(STAYS("in"), .world = world, .input_mode = INPUT_FED);
    run_wait_until(first, is_in, world, IT_RUNS);
    world_open_gate(world, "go");
    if (held)
        expect_refusal(slow, first);
    else
        expect_exit(slow, 5); /* it asks for no lock */
    run_end_input(first);
    expect_exit(first, 7);
}

#endif
