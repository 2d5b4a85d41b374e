// Luca Bianchi
// Lab: shm
// done completely by myself
#include "shm.h"
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

static int semOp(int semid, unsigned short num, short val, short flg) {
   struct sembuf sb = {num, val, flg};
   int res = semop(semid, &sb, 1);

   while (res == -1 && errno == EINTR) res = semop(semid, &sb, 1);
   return res;
}

static int lockBoard(int semid) { return semOp(semid, MUTEX, -1, SEM_UNDO); }

static int unlockBoard(int semid) { return semOp(semid, MUTEX, 1, SEM_UNDO); }

static int attachShm(int shmid, struct board **b) {
   void *ptr = shmat(shmid, NULL, 0);

   if (ptr == (void *)-1) return -1;
   *b = ptr;
   return 0;
}

int board_open(key_t key, int cells, int create, struct board **b, int *semid) {
   int shmid, savedErr;
   unsigned short vals[4] = {1, SLOTS, 0, 1};

   if (!create) {
      shmid = shmget(key, sizeof(struct board), 0600);
      if (shmid == -1) return -1;
      *semid = semget(key, 4, 0600);
      if (*semid == -1) return -1;
      if (attachShm(shmid, b) == -1) return -1;
      if ((*b)->magic == BOARD_MAGIC) return 0;
      errno = EINVAL;
      return -1;
   }

   shmid = shmget(key, sizeof(struct board), 0600 | IPC_CREAT | IPC_EXCL);
   if (shmid == -1) return -1;
   *semid = semget(key, 4, 0600 | IPC_CREAT | IPC_EXCL);
   if (*semid == -1) {
      savedErr = errno;
      shmctl(shmid, IPC_RMID, NULL);
      errno = savedErr;
      return -1;
   }
   if (semctl(*semid, 0, SETALL, vals) == -1 || attachShm(shmid, b) == -1) {
      savedErr = errno;
      semctl(*semid, 0, IPC_RMID);
      shmctl(shmid, IPC_RMID, NULL);
      errno = savedErr;
      return -1;
   }
   (*b)->head = 0;
   (*b)->tail = 0;
   (*b)->ncells = cells;
   (*b)->magic = BOARD_MAGIC;
   return 0;
}

int board_read(const struct board *b, int semid, long *cells) {
   (void)semid;
   for (int k = 0; k < b->ncells; k++) cells[k] = b->cell[k];
   return 0;
}

int board_add(struct board *b, int semid, int cell, long delta) {
   if (cell < 0 || cell > b->ncells - 1) {
      errno = EINVAL;
      return -1;
   }
   if (lockBoard(semid) == -1) return -1;
   slow_add(&b->cell[cell], delta);
   return unlockBoard(semid);
}

int board_move(struct board *b, int semid, int from, int to, long delta) {
   int maxIdx = b->ncells - 1;

   if (from < 0 || to < 0 || from > maxIdx || to > maxIdx) {
      errno = EINVAL;
      return -1;
   }
   if (lockBoard(semid) == -1) return -1;
   slow_add(&b->cell[from], -delta);
   slow_add(&b->cell[to], delta);
   return unlockBoard(semid);
}

int ring_put(struct board *b, int semid, const char *data, size_t len, int last) {
   struct slot *dst;
   size_t chunk;

   if (semOp(semid, LINE, -1, SEM_UNDO) == -1) return -1;
   do {
      chunk = len;
      if (chunk > SLOT_BYTES) chunk = SLOT_BYTES;
      if (semOp(semid, SPACE, -1, 0) == -1) return -1;
      if (lockBoard(semid) == -1) return -1;
      dst = &b->slot[b->head % SLOTS];
      b->head++;
      dst->len = chunk;
      dst->last = last;
      memcpy(dst->data, data, chunk);
      if (unlockBoard(semid) == -1) return -1;
      if (semOp(semid, ITEMS, 1, 0) == -1) return -1;
      data = data + chunk;
      len = len - chunk;
   } while (len != 0);
   return semOp(semid, LINE, 1, SEM_UNDO);
}

int ring_get(struct board *b, int semid, char *data, size_t *len, int *last) {
   struct slot *src;

   if (semOp(semid, ITEMS, -1, 0) == -1) return -1;
   if (lockBoard(semid) == -1) return -1;
   src = &b->slot[b->tail % SLOTS];
   b->tail++;
   *len = src->len;
   *last = src->last;
   memcpy(data, src->data, src->len);
   if (unlockBoard(semid) == -1) return -1;
   return semOp(semid, SPACE, 1, 0);
}

int board_remove(key_t key) {
   int shmid = shmget(key, 0, 0);

   if (shmid == -1) return -1;
   return shmctl(shmid, IPC_RMID, NULL);
}
