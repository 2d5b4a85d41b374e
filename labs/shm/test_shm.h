// SPDX-License-Identifier: MIT
/*
 * test_shm.h - what the tests of the shm lab share: a board in a world of its
 * own, what the kernel knows of it, and input to send through its ring.
 */
#ifndef TEST_SHM_H
#define TEST_SHM_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

#define KEY    "0x61"
#define SEMOPS "semop,semtimedop"
/* Who sleeps without a semaphore sleeps, too; that is ring_sleeps' business. */
#define SLEEPS SEMOPS ",nanosleep,clock_nanosleep"

/* CPU time, in ms, of a program that waits for others or does little, and far
 * more: who takes that long looks again and again. */
#define POLLS_MS 150

/* Until the test says SIGCONT.  Held, a process sleeps in HELD. */
#define HOLD(where) where "=600000"
#define HELD        "rt_sigtimedwait"

/* ---- A board and what the kernel knows of it ----------------------------- */

static struct run *in(struct world *world, const char *const args[])
{
    return launch(args, .world = world, .spin_ms = POLLS_MS);
}

static struct world *make_board(void)
{
    struct world *world = make_world();

    expect_exit(in(world, ARGS("new", KEY, "4")), 0);
    return world;
}

/* A row of /proc/sysvipc/shm or sem: sysvipc(7). */
struct object {
    unsigned perms;
    unsigned long size; /* bytes, or semaphores */
};

/* The first object of TABLE with KEY that has all bits of PERMS. */
static bool find_object(struct world *world, const char *table, long key,
                        unsigned perms, struct object *object)
{
    char *text = world_table(world, table), *rest = text, *line;
    struct object seen;
    bool found = false;
    long its_key;

    (void)strsep(&rest, "\n"); /* the heading */
    while (!found && (line = strsep(&rest, "\n")) != NULL)
        found = sscanf(line, "%ld %*d %o %lu", &its_key, &seen.perms,
                       &seen.size) == 3 &&
                its_key == key && (seen.perms & perms) == perms;
    if (found && object)
        *object = seen;
    free(text);
    return found;
}

static bool exists(struct world *world, const char *table, long key)
{
    return find_object(world, table, key, 0, NULL);
}

/* No object at all; how the first one looks goes to SEEN. */
static bool is_empty(struct world *world, const char *table, char seen[80])
{
    char *text = world_table(world, table);
    const char *row = strchr(text, '\n');
    bool empty = row == NULL || row[1] == '\0';

    if (!empty)
        (void)snprintf(seen, 80, "%.60s", row + 1);
    free(text);
    return empty;
}

/* Nothing of the board is left; judged as part of RUN. */
static void expect_no_objects(struct run *run, struct world *world)
{
    char seen[80] = "";

    expect_that(run, is_empty(world, "shm", seen), "no segment is left behind",
                "/proc/sysvipc/shm: %s", seen);
    expect_that(run, is_empty(world, "sem", seen), "no set is left behind",
                "/proc/sysvipc/sem: %s", seen);
}

struct values {
    int of[4]; /* MUTEX, SPACE, ITEMS, LINE */
};

static struct values read_values(struct run *run, struct world *world)
{
    struct object set = {0, 0};
    struct values values = {{-1, -1, -1, -1}};

    bool found = find_object(world, "sem", strtol(KEY, NULL, 0), 0, &set);
    expect_that(run, found && set.size == 4,
                "a set of four semaphores under the key", "%lu semaphores",
                set.size);
    if (!found || set.size != 4)
        return values;
    const char *next = world_ask(world, ARGS("sysv", "sem", KEY)).data;
    for (int i = 0; i < 4; i++, next += strcspn(next, "\n") + 1)
        values.of[i] = atoi(next);
    return values;
}

/* After each use they are what they were on the new board. */
static void expect_idle(struct run *run, struct world *world)
{
    struct values v = read_values(run, world);

    expect_that(run,
                v.of[0] == 1 && v.of[1] == 8 && v.of[2] == 0 && v.of[3] == 1,
                "the semaphores of an idle board: MUTEX 1, SPACE 8, ITEMS 0, "
                "LINE 1",
                "MUTEX %d, SPACE %d, ITEMS %d, LINE %d", v.of[0], v.of[1],
                v.of[2], v.of[3]);
}

/* The lock alone: the ring has tests of its own. */
static void expect_unlocked(struct run *run, struct world *world)
{
    struct values v = read_values(run, world);

    expect_that(run, v.of[0] == 1, "in the end MUTEX is 1 again", "MUTEX is %d",
                v.of[0]);
}

static long total_of(struct run *show)
{
    const char *found = strstr(run_output(show).data, "total ");

    return found ? strtol(found + 6, NULL, 10) : -1;
}

static struct run *put(struct world *world, struct bytes input)
{
    return launch(ARGS("put", KEY), .world = world, .input = input);
}

/* Wait until RUN sleeps on a semaphore; it goes on to do so after ^Z and fg. */
static bool sleeps_soundly(struct run *run)
{
    if (!run_waits_in(run, SEMOPS))
        return false;
    run_interrupt(run);
    return run_waits_in(run, SEMOPS);
}

/* COUNT lines "NAME 01\n", ... */
static struct bytes numbered(const char *name, int count)
{
    char *data = malloc((size_t)count * (strlen(name) + 8) + 1);
    size_t used = 0;

    cr_assert_not_null(data);
    for (int i = 1; i <= count; i++)
        used += (size_t)sprintf(data + used, "%s %02d\n", name, i);
    return (struct bytes){data, used};
}

/* ---- Input --------------------------------------------------------------- */

/* SIZE bytes of all values in lines that just fit into a slot, just do not, or
 * need many; the last has no newline. */
static struct bytes awkward_lines(size_t size)
{
    static const size_t widths[] = {1, 252, 253, 254, 506, 1000, 5000};
    struct bytes bytes = random_bytes(size, 7);
    char *data = malloc(size);
    size_t next = 0;

    cr_assert_not_null(data);
    for (size_t i = 0; i < size; i++)
        data[i] = bytes.data[i] == '\n' ? 'n' : bytes.data[i];
    for (size_t i = 0; next < size; i++) {
        next += widths[i % (sizeof(widths) / sizeof(*widths))];
        if (next < size)
            data[next - 1] = '\n';
    }
    return (struct bytes){data, size};
}

/* COUNT lines of 1 to 900 bytes: "NAME", its number, and letters. */
static struct bytes tagged_lines(char name, int count, unsigned seed)
{
    struct bytes letters = random_lines(1000, 1000, seed);
    char *data = malloc((size_t)count * 901);
    size_t used = 0;

    cr_assert_not_null(data);
    for (int i = 0; i < count; i++) {
        /* The first four fill the ring in the middle of the third. */
        size_t width = i == 0 ? 20 : i < 4 ? 900 : (seed + 7919u * i) % 900;
        size_t head = (size_t)sprintf(data + used, "%c%02d ", name, i);
        if (width > head) {
            memcpy(data + used + head, letters.data, width - head);
            head = width;
        }
        used += head;
        data[used++] = '\n';
    }
    return (struct bytes){data, used};
}

/* Take LINE off *REST if it comes next there. */
static bool take_line(struct bytes *rest, const char *line, size_t size)
{
    if (size > rest->size || memcmp(rest->data, line, size) != 0 ||
        rest->data[size - 1] != '\n')
        return false;
    rest->data += size;
    rest->size -= size;
    return true;
}

/* ---- Step by step -------------------------------------------------------- */

/*
 * Twelve lines through the ring, one of the two programs held after each of its
 * semops until the other has gone as far as it gets.  So a slot that is given
 * away before it was read, or offered before it was filled, shows for certain.
 */
static void step_through(struct world *world, bool hold_get)
{
    struct bytes lines = numbered(hold_get ? "read" : "fill", 12);
    const char *hold = HOLD("semop_done");
    struct run *put =
        launch(ARGS("put", KEY), .world = world, .input = lines,
               .delay = hold_get ? NULL : hold, .native_only = true);
    struct run *get =
        launch(ARGS("get", KEY), .world = world,
               .delay = hold_get ? hold : NULL, .native_only = true);
    struct run *held = hold_get ? get : put, *other = hold_get ? put : get;

    for (int i = 0; i < 200 && run_waits_in(held, HELD "," SLEEPS); i++) {
        (void)run_waits_in(other, SLEEPS);
        if (run_is_in(held, HELD))
            run_signal(held, SIGCONT);
    }
    expect_exit(get, 0);
    expect_output(get, lines);
    expect_exit(put, 0);
}

#endif
