// SPDX-License-Identifier: MIT
/*
 * Fails: unrelated_processes ring_1mib ring_two_producers ring_sleeps clean
 * Shows: undo_on_items
 *
 * The belief: the lock has SEM_UNDO on V, so the counts get it, too. Where P has
 * none, what a process gave is taken back at its end, and stays lost.
 */
#include "shm.h"
#include <errno.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>


/* One semop; a signal that comes while we sleep is none of our business. */
static int operate(int semid, struct sembuf *ops, size_t count)
{
    return (int)TEMP_FAILURE_RETRY(semop(semid, ops, count));
}

/* MUTEX and LINE are held by a process: the kernel gives them back for one that
 * is killed. SEM_UNDO belongs on both sides, or each pair would leave a 1. */
static int lock(int semid, int which)
{
    struct sembuf p = {(unsigned short)which, -1, SEM_UNDO};

    return operate(semid, &p, 1);
}

static int unlock(int semid, int which)
{
    struct sembuf v = {(unsigned short)which, 1, SEM_UNDO};

    return operate(semid, &v, 1);
}

/* errno of the call that failed is what the caller wants to know. */
static int give_up(int shmid, int semid)
{
    int saved = errno;

    if (shmid != -1)
        (void)shmctl(shmid, IPC_RMID, NULL);
    if (semid != -1)
        (void)semctl(semid, 0, IPC_RMID);
    errno = saved;
    return -1;
}

static int create_board(key_t key, int cells, struct board **b, int *semid)
{
    unsigned short values[SEMAPHORES] = {
        [MUTEX] = 1, [SPACE] = SLOTS, [ITEMS] = 0, [LINE] = 1};
    union semun {
        int val;
        struct semid_ds *buf;
        unsigned short *array;
    } init = {.array = values};

    /* IPC_EXCL: what we remove on failure is surely our own. */
    int shmid = shmget(key, sizeof(struct board), IPC_CREAT | IPC_EXCL | 0600);
    if (shmid == -1)
        return -1;
    *semid = semget(key, SEMAPHORES, IPC_CREAT | IPC_EXCL | 0600);
    if (*semid == -1 || semctl(*semid, 0, SETALL, init) == -1)
        return give_up(shmid, *semid);
    *b = shmat(shmid, NULL, 0);
    if (*b == (void *)-1)
        return give_up(shmid, *semid);
    (*b)->ncells = cells; /* a new segment is all zeros: shmget(2) */
    (*b)->magic = BOARD_MAGIC;
    return 0;
}

int board_open(key_t key, int cells, int create, struct board **b, int *semid)
{
    if (create)
        return create_board(key, cells, b, semid);
    /* The kernel compares the sizes: EINVAL if there is less. */
    int shmid = shmget(key, sizeof(struct board), 0);
    if (shmid == -1 || (*b = shmat(shmid, NULL, 0)) == (void *)-1)
        return -1;
    if ((*b)->magic != BOARD_MAGIC) {
        (void)shmdt(*b);
        errno = EINVAL;
        return -1;
    }
    *semid = semget(key, SEMAPHORES, 0);
    return *semid == -1 ? -1 : 0;
}

int board_read(const struct board *b, int semid, long *cells)
{
    /* Without the lock we could see the middle of a move. */
    if (lock(semid, MUTEX) == -1)
        return -1;
    memcpy(cells, b->cell, (size_t)b->ncells * sizeof cells[0]);
    return unlock(semid, MUTEX);
}

static int is_cell(const struct board *b, int cell)
{
    errno = EINVAL;
    return cell >= 0 && cell < b->ncells;
}

int board_add(struct board *b, int semid, int cell, long delta)
{
    if (!is_cell(b, cell) || lock(semid, MUTEX) == -1)
        return -1;
    slow_add(&b->cell[cell], delta);
    return unlock(semid, MUTEX);
}

int board_move(struct board *b, int semid, int from, int to, long delta)
{
    if (!is_cell(b, from) || !is_cell(b, to) || lock(semid, MUTEX) == -1)
        return -1;
    slow_add(&b->cell[from], -delta); /* one lock around both */
    slow_add(&b->cell[to], delta);
    return unlock(semid, MUTEX);
}


/* Wait for a slot of kind `from`, then for the board. In one step: whoever
 * slept on `from` with MUTEX in hand would sleep for ever. A filled slot stays
 * filled when its producer ends: no SEM_UNDO on the counts. */
static int begin(int semid, int from)
{
    struct sembuf ops[] = {{(unsigned short)from, -1, 0},
                           {MUTEX, -1, SEM_UNDO}};

    return operate(semid, ops, 2);
}

static int finish(int semid, int to)
{
    struct sembuf ops[] = {{MUTEX, 1, SEM_UNDO}, {(unsigned short)to, 1, SEM_UNDO}};

    return operate(semid, ops, 2);
}

static int put_slot(struct board *b, int semid, const char *data, size_t len,
                    int last)
{
    if (begin(semid, SPACE) == -1)
        return -1;
    struct slot *slot = &b->slot[b->head++ % SLOTS];
    slot->len = (unsigned short)len;
    slot->last = (unsigned char)last;
    memcpy(slot->data, data, len);
    return finish(semid, ITEMS);
}

int ring_put(struct board *b, int semid, const char *data, size_t len, int last)
{
    int result;

    /* MUTEX must be free while we wait for space, so it cannot keep the pieces
     * of a line together: that is what LINE is for. */
    if (lock(semid, LINE) == -1)
        return -1;
    do {
        size_t piece = len < SLOT_BYTES ? len : SLOT_BYTES;
        result = put_slot(b, semid, data, piece, last);
        data += piece;
        len -= piece;
    } while (result == 0 && len > 0);
    if (result == -1)
        return -1; /* the set is gone: nothing to unlock */
    return unlock(semid, LINE);
}

int ring_get(struct board *b, int semid, char *data, size_t *len, int *last)
{
    if (begin(semid, ITEMS) == -1)
        return -1;
    const struct slot *slot = &b->slot[b->tail++ % SLOTS];
    *len = slot->len;
    *last = slot->last;
    memcpy(data, slot->data, slot->len);
    return finish(semid, SPACE); /* only now may it be filled again */
}

int board_remove(key_t key)
{
    int shmid = shmget(key, 0, 0);
    int semid = semget(key, 0, 0);

    if (shmid == -1 || semid == -1)
        return -1;
    /* The set last: a sleeper that is told so finds the key free. */
    if (shmctl(shmid, IPC_RMID, NULL) == -1)
        return -1;
    return semctl(semid, 0, IPC_RMID);
}
