// shm lab
// author: Fatima Al-Sayed
//
// Status: board works, ring works with one producer
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

static int P(int semid, int n)
{
	struct sembuf sb = {.sem_num = n, .sem_op = -1, .sem_flg = 0};

	return semop(semid, &sb, 1);
}

static int V(int semid, int n)
{
	struct sembuf sb = {.sem_num = n, .sem_op = 1, .sem_flg = 0};

	return semop(semid, &sb, 1);
}

int board_open(key_t key, int cells, int create, struct board **b, int *semid)
{
	int flags = create ? 0600 | IPC_CREAT | IPC_EXCL : 0600;
	int shmid = shmget(key, sizeof(struct board), flags);
	union semun u;

	if (shmid < 0)
		return -1;
	*semid = semget(key, SEMAPHORES, flags);
	if (*semid < 0)
		return -1;
	*b = shmat(shmid, NULL, 0);
	if (*b == (void *)-1)
		return -1;
	if (create) {
		u.val = 1;
		semctl(*semid, MUTEX, SETVAL, u);
		semctl(*semid, LINE, SETVAL, u);
		u.val = SLOTS;
		semctl(*semid, SPACE, SETVAL, u);
		(*b)->ncells = cells;
		(*b)->magic = BOARD_MAGIC;
	} else if ((*b)->magic != BOARD_MAGIC) {
		errno = EINVAL;
		return -1;
	}
	return 0;
}

int board_read(const struct board *b, int semid, long *cells)
{
	if (P(semid, MUTEX) < 0)
		return -1;
	memcpy(cells, b->cell, b->ncells * sizeof(long));
	return V(semid, MUTEX);
}

int board_add(struct board *b, int semid, int cell, long delta)
{
	if (cell < 0 || cell >= b->ncells) {
		errno = EINVAL;
		return -1;
	}
	if (P(semid, MUTEX) < 0)
		return -1;
	slow_add(&b->cell[cell], delta);
	return V(semid, MUTEX);
}

// a move is two adds: board_add checks the cell and locks
int board_move(struct board *b, int semid, int from, int to, long delta)
{
	if (board_add(b, semid, from, -delta) < 0)
		return -1;
	return board_add(b, semid, to, delta);
}

int ring_put(struct board *b, int semid, const char *data, size_t len, int last)
{
	size_t pos = 0, n;

	do {
		n = len - pos < SLOT_BYTES ? len - pos : SLOT_BYTES;
		if (P(semid, SPACE) < 0 || P(semid, MUTEX) < 0)
			return -1;
		struct slot *s = &b->slot[b->head++ % SLOTS];
		memcpy(s->data, data + pos, n);
		s->len = n;
		s->last = last;
		V(semid, MUTEX);
		V(semid, ITEMS);
		pos += n;
	} while (pos < len);
	return 0;
}

int ring_get(struct board *b, int semid, char *data, size_t *len, int *last)
{
	if (P(semid, ITEMS) < 0 || P(semid, MUTEX) < 0)
		return -1;
	struct slot *s = &b->slot[b->tail++ % SLOTS];
	memcpy(data, s->data, s->len);
	*len = s->len;
	*last = s->last;
	V(semid, MUTEX);
	V(semid, SPACE);
	return 0;
}

int board_remove(key_t key)
{
	int shmid = shmget(key, 0, 0600), semid = semget(key, 0, 0600);

	if (shmid < 0 || semid < 0)
		return -1;
	shmctl(shmid, IPC_RMID, NULL);
	semctl(semid, 0, IPC_RMID);
	return 0;
}
