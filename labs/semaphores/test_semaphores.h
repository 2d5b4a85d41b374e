// SPDX-License-Identifier: MIT
/*
 * test_semaphores.h - what the tests of the semaphores lab look at: the set and
 * the files of a world, and the order of the lines that dine and barrier print.
 * Included by test_semaphores.c alone.
 */
#ifndef TEST_SEMAPHORES_H
#define TEST_SEMAPHORES_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

#define KEY "0x51"

/* ---- The state of a world ------------------------------------------------ */

/* The row of KEY in /proc/sysvipc/sem, behind the key; NULL if there is none.
 */
static inline const char *row(const char *table, long key)
{
    char *end;

    while (table && (table = strchr(table, '\n')) != NULL) {
        table++;
        if (strtol(table, &end, 10) == key && end > table)
            return end;
    }
    return NULL;
}

static inline bool is_made(const void *data)
{
    char *table = world_table(data, "sem");
    bool made = row(table, 0x51) != NULL;

    free(table);
    return made;
}

/* One line for each semaphore: value, pid, waiters for more and for zero. */
static inline struct bytes set_state(struct world *world)
{
    return world_ask(world, ARGS("sysv", "sem", KEY));
}

/* The value of the set, which must still be there. */
static inline int final_value(struct run *run, struct world *world)
{
    expect_that(run, is_made(world), "the set is still there in the end",
                "somebody has removed it");
    return atoi(set_state(world).data);
}

static inline void expect_value(struct run *run, struct world *world, int value)
{
    char expected[64];

    if (probe_is_memcheck())
        return;
    (void)snprintf(expected, sizeof(expected),
                   "in the end the semaphore has the value %d", value);
    int seen = final_value(run, world);
    expect_that(run, seen == value, expected, "its value is %d", seen);
}

static inline bool has_file(const struct world *world, const char *name)
{
    return faccessat(world_directory(world), name, F_OK, 0) == 0;
}

static inline void put_file(const struct world *world, const char *name,
                            const char *content)
{
    int fd = openat(world_directory(world), name,
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    cr_assert(fd >= 0 &&
              write(fd, content, strlen(content)) == (ssize_t)strlen(content));
    (void)close(fd);
}

static inline long number_in(const struct world *world, const char *name)
{
    char text[32] = "";
    int fd = openat(world_directory(world), name, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
        return -1;
    (void)close(fd);
    return atol(text);
}

/* ---- What dine and barrier print ---- */

/* What is wrong with what N philosophers did, ROUNDS times each; or NULL. */
static inline const char *wrong_meal(struct bytes bytes, int n, int rounds)
{
    static char wrong[120];
    int eating[64] = {0}, meals[64] = {0}, who, size;
    char verb[8];

    for (const char *next = bytes.data; *next; next += size) {
        if (sscanf(next, "%d %7[a-z]%n", &who, verb, &size) < 2 || who < 0 ||
            who >= n || next[size++] != '\n')
            return "a line that should not be there";
        int side = eating[(who + 1) % n]       ? (who + 1) % n
                   : eating[(who + n - 1) % n] ? (who + n - 1) % n
                                               : who;
        bool eats = strcmp(verb, "eats") == 0;
        (void)snprintf(wrong, sizeof(wrong),
                       "%d eats while its neighbour %d does", who, side);
        if (eats && side != who)
            return wrong;
        eating[who] = eats;
        meals[who] += eats;
    }
    for (who = 0; who < n; who++)
        if (meals[who] != rounds) {
            (void)snprintf(wrong, sizeof(wrong), "%d ate %d times, not %d", who,
                           meals[who], rounds);
            return wrong;
        }
    return NULL;
}

static inline void expect_meals(struct run *run, int n, int rounds)
{
    struct bytes output = run_output(run);

    expect_exit(run, 0);
    const char *wrong = wrong_meal(output, n, rounds);
    expect_that(run, wrong == NULL,
                "all eat as often as they should, neighbours never at once",
                "%s", wrong);
}

/* What is wrong with the order of N processes' lines in ROUNDS; or NULL. */
static inline const char *wrong_order(struct bytes bytes, int n, int rounds)
{
    static char wrong[120];
    int next_round[64] = {0}, round, who, size, lines = 0;

    for (const char *next = bytes.data; *next; next += size, lines++) {
        if (sscanf(next, "%d %d%n", &round, &who, &size) < 2 || who < 0 ||
            who >= n || next[size++] != '\n' || next_round[who]++ != round)
            return "a line that should not be there";
        for (int other = 0; other < n; other++) {
            if (next_round[other] >= round)
                continue;
            (void)snprintf(wrong, sizeof(wrong),
                           "%d came to round %d when %d had not come to round "
                           "%d",
                           who, round, other, round - 1);
            return wrong;
        }
    }
    return lines == n * rounds ? NULL : "some rounds are missing";
}

static inline void expect_rounds(struct run *run, int n, int rounds)
{
    struct bytes output = run_output(run);

    expect_exit(run, 0);
    const char *wrong = wrong_order(output, n, rounds);
    expect_that(run, wrong == NULL,
                "nobody comes to a round before all came to the one before",
                "%s", wrong);
}

#endif
