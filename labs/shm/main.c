// SPDX-License-Identifier: MIT
/*
 * The program around shm.c: it reads the command line, calls the functions of
 * shm.h and turns the result into an exit status. Given; the grader builds its
 * own copy, so nothing you change here counts.
 *
 * Exit status: 0, or 1 for a failure (a -1 from shm.c), 2 for wrong usage.
 */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "shm.h"

/* What `cell += delta` is to the processor: three steps. Between the last two
 * the others may run, here for certain, elsewhere when the clock strikes. */
void slow_add(long *p, long delta)
{
    long value = *(volatile long *)p;

    (void)sched_yield();
    *(volatile long *)p = value + delta;
}

static int usage(void)
{
    fputs("usage: " PROG " new KEY CELLS\n"
          "       " PROG " add KEY CELL DELTA TIMES\n"
          "       " PROG " move KEY FROM TO DELTA TIMES\n"
          "       " PROG " show KEY\n"
          "       " PROG " put KEY\n"
          "       " PROG " get KEY [-p N]\n"
          "       " PROG " rm KEY\n",
          stderr);
    return 2;
}

/* ---- The commands -------------------------------------------------------- */

struct command {
    key_t key;
    int n[4]; /* the numbers behind KEY */
    struct board *board;
    int semid;
};

static int add(struct command *c)
{
    for (int i = 0; i < c->n[2]; i++)
        if (board_add(c->board, c->semid, c->n[0], c->n[1]) == -1)
            return fail("add");
    return 0;
}

static int move(struct command *c)
{
    for (int i = 0; i < c->n[3]; i++)
        if (board_move(c->board, c->semid, c->n[0], c->n[1], c->n[2]) == -1)
            return fail("move");
    return 0;
}

static int show(struct command *c)
{
    long cells[CELLS_MAX], total = 0;

    if (board_read(c->board, c->semid, cells) == -1)
        return fail("show");
    for (int i = 0; i < c->board->ncells; i++) {
        printf("%d %ld\n", i, cells[i]);
        total += cells[i];
    }
    printf("total %ld\n", total);
    return 0;
}

static int put(struct command *c)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    int result = 0;

    while (result == 0 && (len = getline(&line, &size, stdin)) != -1)
        result = ring_put(c->board, c->semid, line, (size_t)len, 0);
    if (result == 0 && !ferror(stdin))
        result = ring_put(c->board, c->semid, "", 0, 1);
    if (result == -1 || ferror(stdin))
        result = fail("put");
    free(line);
    return result;
}

static int get(struct command *c)
{
    char data[SLOT_BYTES];
    size_t len = 0;
    int last = 0;

    for (int ended = 0; ended < c->n[0]; ended += last) {
        if (ring_get(c->board, c->semid, data, &len, &last) == -1)
            return fail("get");
        if (!last)
            fwrite(data, 1, len, stdout);
    }
    return 0;
}

static int make(struct command *c)
{
    if (board_open(c->key, c->n[0], 1, &c->board, &c->semid) == -1)
        return fail("new");
    return 0;
}

static int remove_board(struct command *c)
{
    return board_remove(c->key) == -1 ? fail("rm") : 0;
}

/* ---- The command line ---------------------------------------------------- */

static const struct {
    const char *name;
    int (*run)(struct command *);
    int numbers; /* behind KEY */
    int joins;   /* works on a board that exists */
} commands[] = {
    {"new", make, 1, 0},        {"add", add, 3, 1}, {"move", move, 4, 1},
    {"show", show, 0, 1},       {"put", put, 0, 1}, {"get", get, 0, 1},
    {"rm", remove_board, 0, 0},
};

/* The whole of `word` as a number from low to high: 1, or 0 if it is none. */
static int number(const char *word, long low, long high, int *value)
{
    char *end;

    errno = 0;
    long n = strtol(word, &end, 0);
    if (errno || end == word || *end || n < low || n > high)
        return 0;
    *value = (int)n;
    return 1;
}

static int read_numbers(char **words, int count, struct command *c)
{
    int is_new = strcmp(words[0], "new") == 0;
    int is_get = strcmp(words[0], "get") == 0;

    c->n[0] = 1;
    if (is_get && count == 4)
        return strcmp(words[2], "-p") == 0 &&
               number(words[3], 1, INT_MAX, &c->n[0]);
    for (int i = 2; i < count; i++)
        if (!number(words[i], is_new ? 1 : INT_MIN,
                    is_new ? CELLS_MAX : INT_MAX, &c->n[i - 2]))
            return 0;
    return 1;
}

int main(int argc, char **argv)
{
    struct command c = {.board = NULL};
    char **words = argv + 1;
    int count = argc - 1, result;
    size_t i = 0, all = sizeof commands / sizeof commands[0];

    while (i < all && (count < 2 || strcmp(words[0], commands[i].name) != 0))
        i++;
    if (i == all)
        return usage();
    int is_get = commands[i].run == get && count == 4;
    if (count != 2 + commands[i].numbers && !is_get)
        return usage();
    /* 0 is IPC_PRIVATE: a key that nobody else could use. */
    if (!number(words[1], 1, INT_MAX, &c.key) ||
        !read_numbers(words, count, &c))
        return usage();
    if (commands[i].joins && board_open(c.key, 0, 0, &c.board, &c.semid) == -1)
        result = fail(words[0]);
    else
        result = commands[i].run(&c);
    if (fflush(stdout) == EOF)
        result = fail("standard output");
    return result == -1 ? EXIT_FAILURE : EXIT_SUCCESS;
}
