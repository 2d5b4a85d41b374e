// SPDX-License-Identifier: MIT
/*
 * The contract of the lab `shm`: what each function in shm.c promises to
 * main.c, which calls it, and to the tests, which watch the whole program
 * from outside. Given; you need not change it.
 *
 * A board is one shared memory segment and one set of four semaphores, both
 * under the same key. Processes that know nothing of each other but the key
 * attach to it, each at an address of its own.
 *
 * Rules for all functions:
 * - 0 is success. On failure they return -1 with errno set, and print nothing:
 *   main.c says what failed.
 * - A call interrupted by a signal (EINTR) has not failed: it is made again.
 * - Whoever waits sleeps in the kernel, on a semaphore.
 * - If the board is removed meanwhile, the next semaphore operation fails,
 *   with EIDRM (while asleep) or EINVAL (afterwards), and so does the function.
 */
#ifndef SHM_H
#define SHM_H

#include <stddef.h>
#include <sys/ipc.h>

#define PROG "shm"
#include "../common/lab.h"

enum {
    CELLS_MAX = 64,          /* numbers on a board */
    SLOTS = 8,               /* pieces that the ring holds */
    SLOT_BYTES = 253,        /* bytes in one piece */
    BOARD_MAGIC = 0x626f6172 /* board.magic of a board that is ready */
};

/* The semaphores of the set, and their values on a new board. */
enum {
    MUTEX, /* 1: free, 0: somebody is at work on the board */
    SPACE, /* 8: slots that are free */
    ITEMS, /* 0: slots that are filled */
    LINE,  /* 1: free, 0: a producer is putting the slots of one line */
    SEMAPHORES
};

struct slot {
    unsigned short len; /* bytes of data in use */
    unsigned char last; /* 1: the end mark of a producer; len is then 0 */
    char data[SLOT_BYTES];
};

/*
 * What is in the segment. There is no pointer in it, on purpose. head and tail
 * count the slots ever filled and ever emptied: number n is slot[n % SLOTS].
 */
struct board {
    unsigned magic; /* BOARD_MAGIC once all the rest is ready */
    int ncells;
    long cell[CELLS_MAX];
    unsigned head, tail;
    struct slot slot[SLOTS];
};

/*
 * Add `delta` to *p, slowly: load, let other processes run, store. It is in
 * main.c. Every change of a cell goes through it.
 */
void slow_add(long *p, long delta);

/*
 * Attach to the board of `key`, for reading and writing; with `create` make it
 * first: `cells` cells (1..CELLS_MAX) that are 0, an empty ring, four
 * semaphores, mode 0600. Without `create`, `cells` means nothing. *b is then
 * the board, *semid its set; 0 is a valid id.
 *
 * With `create`: EEXIST if the key has a segment or a set already; these are
 * left alone. When a call fails halfway, nothing that this call made is left.
 * magic is stored last: until then the board is not ready for anybody.
 * Without: ENOENT if the segment or the set is missing; EINVAL if the segment
 * is too small, or if its magic is wrong: it belongs to somebody else, or is
 * not ready, which is not waited for. If both are true, either of them.
 */
int board_open(key_t key, int cells, int create, struct board **b, int *semid);

/*
 * Copy all cells into cells[0..ncells-1], as they were at one moment.
 * Waits while another process is at work on the board.
 */
int board_read(const struct board *b, int semid, long *cells);

/*
 * Add `delta` to one cell; no update of any process is lost. EINVAL if there
 * is no such cell. A process that is killed in here does not keep the others
 * from working.
 */
int board_add(struct board *b, int semid, int cell, long delta);

/*
 * Take `delta` from cell `from` and add it to cell `to`. Nobody sees the one
 * without the other. EINVAL if there is no such cell, and nothing changes.
 */
int board_move(struct board *b, int semid, int from, int to, long delta);

/*
 * Put `len` bytes into the ring, in as many slots as they need; these stay side
 * by side, whoever else is putting. With `last`, put an end mark instead (len
 * is 0). Sleeps while the ring is full. The items outlive the process that put
 * them.
 */
int ring_put(struct board *b, int semid, const char *data, size_t len,
             int last);

/*
 * Take the oldest slot out of the ring: *len bytes (at most SLOT_BYTES) to
 * `data`, and whether it is an end mark to *last. Sleeps while the ring is
 * empty. There is one consumer at a time.
 */
int ring_get(struct board *b, int semid, char *data, size_t *len, int *last);

/*
 * Remove the segment and the set of `key`, even while they are in use: a
 * process that sleeps on the set is told so, the memory lives on until the last
 * one detaches. magic need not be looked at. ENOENT if there is no board; of
 * half a board, a segment or a set alone, either that or it is removed.
 */
int board_remove(key_t key);

#endif
