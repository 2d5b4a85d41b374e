// SPDX-License-Identifier: MIT
/*
 * Lab `shm`. Amélie Garnier, section A.
 *
 * Two kinds of semaphore, and they must not be mixed up: MUTEX and LINE belong
 * to a process (SEM_UNDO, always in pairs), SPACE and ITEMS count slots and
 * belong to nobody (never SEM_UNDO).
 */
#include "shm.h"
#include <errno.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};

static int operate(int semid, struct sembuf *ops, int n)
{
    int r;

    do
        r = semop(semid, ops, n);
    while (r < 0 && errno == EINTR);
    return r;
}

static int acquire(int semid, int lock)
{
    struct sembuf op = {.sem_num = lock, .sem_op = -1, .sem_flg = SEM_UNDO};

    return operate(semid, &op, 1);
}

static int release(int semid, int lock)
{
    struct sembuf op = {.sem_num = lock, .sem_op = 1, .sem_flg = SEM_UNDO};

    return operate(semid, &op, 1);
}

/* TODO(shm.1): A board that strangers find by its key: make it, all or
 * nothing; join it, if it is one; read its cells as they are at one moment.
 * shmget(2), shmop(2), semget(2), semctl(2), semop(2). */
static int make_set(key_t key)
{
    static const int first[SEMAPHORES] = {
        [MUTEX] = 1, [SPACE] = SLOTS, [ITEMS] = 0, [LINE] = 1};
    int semid = semget(key, SEMAPHORES, IPC_CREAT | IPC_EXCL | 0600);

    for (int i = 0; semid >= 0 && i < SEMAPHORES; i++) {
        union semun value = {.val = first[i]};

        if (semctl(semid, i, SETVAL, value) < 0) {
            int saved = errno;
            semctl(semid, 0, IPC_RMID);
            errno = saved;
            return -1;
        }
    }
    return semid;
}

static int make_board(key_t key, int cells, struct board **b, int *semid)
{
    int set = -1, saved;
    struct board *fresh;
    int shmid = shmget(key, sizeof *fresh, IPC_CREAT | IPC_EXCL | 0600);

    if (shmid < 0)
        return -1;
    set = make_set(key);
    if (set < 0)
        goto undo;
    fresh = shmat(shmid, NULL, 0);
    if (fresh == (void *)-1)
        goto undo;
    fresh->ncells = cells;
    memset(fresh->cell, 0, sizeof fresh->cell);
    fresh->head = fresh->tail = 0;
    fresh->magic = BOARD_MAGIC; /* the door opens last */
    *b = fresh;
    *semid = set;
    return 0;
undo:
    saved = errno;
    if (set >= 0)
        semctl(set, 0, IPC_RMID);
    shmctl(shmid, IPC_RMID, NULL);
    errno = saved;
    return -1;
}

int board_open(key_t key, int cells, int create, struct board **b, int *semid)
{
    if (create)
        return make_board(key, cells, b, semid);

    int shmid = shmget(key, sizeof **b, 0);
    int set = shmid < 0 ? -1 : semget(key, SEMAPHORES, 0);
    if (set < 0)
        return -1;
    struct board *found = shmat(shmid, NULL, 0);
    if (found == (void *)-1)
        return -1;
    if (found->magic != BOARD_MAGIC) {
        shmdt(found);
        errno = EINVAL;
        return -1;
    }
    *b = found;
    *semid = set;
    return 0;
}

int board_read(const struct board *b, int semid, long *cells)
{
    if (acquire(semid, MUTEX) < 0)
        return -1;
    for (int i = 0; i < b->ncells; i++)
        cells[i] = b->cell[i];
    return release(semid, MUTEX);
}
/* END(shm.1) */

/* TODO(shm.2): Changes that nobody can get between, and that nobody's death can
 * block: slow_add lets the others run just when it hurts. semop(2) on
 * SEM_UNDO. */
static int outside(const struct board *b, int cell)
{
    if (cell >= 0 && cell < b->ncells)
        return 0;
    errno = EINVAL;
    return 1;
}

int board_add(struct board *b, int semid, int cell, long delta)
{
    if (outside(b, cell))
        return -1;
    if (acquire(semid, MUTEX) < 0)
        return -1;
    slow_add(b->cell + cell, delta);
    return release(semid, MUTEX);
}

int board_move(struct board *b, int semid, int from, int to, long delta)
{
    if (outside(b, from) || outside(b, to))
        return -1;
    if (acquire(semid, MUTEX) < 0)
        return -1;
    slow_add(b->cell + to, delta);
    slow_add(b->cell + from, -delta);
    return release(semid, MUTEX);
}
/* END(shm.2) */

/* TODO(shm.3): A ring of eight slots between processes: who has nothing to do
 * sleeps, the slots of a line stay together, items outlive their producer.
 * Which wait comes first, and which operation must not be undone? semop(2). */

/* LINE keeps other producers away from head, and there is one consumer, so the
 * indices need no MUTEX: SPACE and ITEMS already say whose slot it is. */
static int one_slot(struct board *b, int semid, const char *data, size_t len,
                    int last)
{
    struct sembuf room = {SPACE, -1, 0}, filled = {ITEMS, 1, 0};

    if (operate(semid, &room, 1) < 0)
        return -1;
    struct slot *s = &b->slot[b->head % SLOTS];
    memcpy(s->data, data, len);
    s->len = len;
    s->last = last;
    b->head++;
    return operate(semid, &filled, 1);
}

int ring_put(struct board *b, int semid, const char *data, size_t len, int last)
{
    int r = 0;

    if (acquire(semid, LINE) < 0)
        return -1;
    if (last)
        r = one_slot(b, semid, data, 0, 1);
    while (r == 0 && len > 0) {
        size_t n = len;

        if (n > SLOT_BYTES)
            n = SLOT_BYTES;
        r = one_slot(b, semid, data, n, 0);
        data += n;
        len -= n;
    }
    return r < 0 ? -1 : release(semid, LINE);
}

int ring_get(struct board *b, int semid, char *data, size_t *len, int *last)
{
    struct sembuf item = {ITEMS, -1, 0}, emptied = {SPACE, 1, 0};

    if (operate(semid, &item, 1) < 0)
        return -1;
    struct slot *s = &b->slot[b->tail % SLOTS];
    *len = s->len;
    *last = s->last;
    memcpy(data, s->data, *len);
    b->tail++;
    return operate(semid, &emptied, 1);
}
/* END(shm.3) */

/* TODO(shm.4): Both objects go, whoever uses them: nobody else will do it.
 * shmctl(2) and semctl(2) on IPC_RMID. */
int board_remove(key_t key)
{
    int shmid = shmget(key, 0, 0), semid;

    if (shmid < 0 || (semid = semget(key, 0, 0)) < 0)
        return -1;
    if (shmctl(shmid, IPC_RMID, NULL) < 0)
        return -1;
    return semctl(semid, 0, IPC_RMID) < 0 ? -1 : 0;
}
/* END(shm.4) */
