// SPDX-License-Identifier: MIT
/*
 * Accepted: a V cannot sleep, so EINTR cannot happen to it, and it is not
 * tried again.
 */
#include "shm.h"
#include <errno.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

static int change(int semid, int num, int delta, int flags)
{
    struct sembuf op;

    op.sem_num = num;
    op.sem_op = delta;
    op.sem_flg = flags;
    while (semop(semid, &op, 1) == -1)
        if (errno != EINTR)
            return -1;
    return 0;
}

static int p(int semid, int num)
{
    return change(semid, num, -1, SEM_UNDO);
}

static int v(int semid, int num)
{
    struct sembuf op = {num, 1, SEM_UNDO};

    return semop(semid, &op, 1);
}

static int create_board(key_t key, int cells, struct board **b, int *semid)
{
    unsigned short values[SEMAPHORES] = {1, SLOTS, 0, 1};
    int shmid = shmget(key, sizeof(struct board), IPC_CREAT | IPC_EXCL | 0600);

    if (shmid == -1)
        return -1;
    *semid = semget(key, SEMAPHORES, IPC_CREAT | IPC_EXCL | 0600);
    if (*semid == -1) {
        int saved = errno;
        shmctl(shmid, IPC_RMID, NULL);
        errno = saved;
        return -1;
    }
    *b = shmat(shmid, NULL, 0);
    if (*b == (void *)-1 || semctl(*semid, 0, SETALL, values) == -1) {
        int saved = errno;
        shmctl(shmid, IPC_RMID, NULL);
        semctl(*semid, 0, IPC_RMID);
        errno = saved;
        return -1;
    }
    (*b)->ncells = cells;
    (*b)->magic = BOARD_MAGIC;
    return 0;
}

int board_open(key_t key, int cells, int create, struct board **b, int *semid)
{
    int shmid;

    if (create)
        return create_board(key, cells, b, semid);
    shmid = shmget(key, sizeof(struct board), 0);
    if (shmid == -1)
        return -1;
    *semid = semget(key, SEMAPHORES, 0);
    if (*semid == -1)
        return -1;
    *b = shmat(shmid, NULL, 0);
    if (*b == (void *)-1)
        return -1;
    if ((*b)->magic != BOARD_MAGIC) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}

int board_read(const struct board *b, int semid, long *cells)
{
    if (p(semid, MUTEX) == -1)
        return -1;
    for (int i = 0; i < b->ncells; i++)
        cells[i] = b->cell[i];
    return v(semid, MUTEX);
}

int board_add(struct board *b, int semid, int cell, long delta)
{
    if (cell < 0 || cell >= b->ncells) {
        errno = EINVAL;
        return -1;
    }
    if (p(semid, MUTEX) == -1)
        return -1;
    slow_add(&b->cell[cell], delta);
    return v(semid, MUTEX);
}

int board_move(struct board *b, int semid, int from, int to, long delta)
{
    if (from < 0 || from >= b->ncells || to < 0 || to >= b->ncells) {
        errno = EINVAL;
        return -1;
    }
    if (p(semid, MUTEX) == -1)
        return -1;
    slow_add(&b->cell[from], -delta);
    slow_add(&b->cell[to], delta);
    return v(semid, MUTEX);
}

static int put_slot(struct board *b, int semid, const char *data, size_t len,
                    int last)
{
    struct slot *slot;

    if (change(semid, SPACE, -1, 0) == -1 || p(semid, MUTEX) == -1)
        return -1;
    slot = &b->slot[b->head % SLOTS];
    slot->len = len;
    slot->last = last;
    memcpy(slot->data, data, len);
    b->head++;
    if (v(semid, MUTEX) == -1)
        return -1;
    return change(semid, ITEMS, 1, 0);
}

int ring_put(struct board *b, int semid, const char *data, size_t len, int last)
{
    if (p(semid, LINE) == -1)
        return -1;
    do {
        size_t piece = len > SLOT_BYTES ? SLOT_BYTES : len;
        if (put_slot(b, semid, data, piece, last) == -1)
            return -1;
        data += piece;
        len -= piece;
    } while (len > 0);
    return v(semid, LINE);
}

int ring_get(struct board *b, int semid, char *data, size_t *len, int *last)
{
    struct slot *slot;

    if (change(semid, ITEMS, -1, 0) == -1 || p(semid, MUTEX) == -1)
        return -1;
    slot = &b->slot[b->tail % SLOTS];
    *len = slot->len;
    *last = slot->last;
    memcpy(data, slot->data, slot->len);
    b->tail++;
    if (v(semid, MUTEX) == -1)
        return -1;
    return change(semid, SPACE, 1, 0);
}

int board_remove(key_t key)
{
    int shmid = shmget(key, 0, 0);
    int semid = semget(key, 0, 0);

    if (shmid == -1 || semid == -1)
        return -1;
    if (semctl(semid, 0, IPC_RMID) == -1)
        return -1;
    return shmctl(shmid, IPC_RMID, NULL);
}
