// SPDX-License-Identifier: MIT
/*
 * Lab `semaphores`, the file you edit. A System V semaphore is a number in the
 * kernel that nobody can bring below zero: who tries sleeps until somebody adds
 * to it. Around that lie the traps: sets outlive their makers, are born before
 * they have values, and come in sets so that one call can change several at
 * once. semaphores.h is the contract. Fill the gaps in order, helpers included,
 * and run `make semaphores` after each.
 */
#include "semaphores.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* TODO(semaphores.1): One process makes the set and gives it its values; all
 * who come meanwhile wait until that has happened. Who is first, and how do the
 * others see that it is done? semget(2), "Semaphore initialization". */
int sem_get_ready(key_t key, int n, const unsigned short *init, int exclusive)
{
    (void)key, (void)n, (void)init, (void)exclusive;
    errno = ENOSYS;
    return -1;
}
/* END(semaphores.1) */

/* TODO(semaphores.2): P and V. Think of a holder that is killed, of a signal
 * that comes while you sleep, and of what is left to be undone after P and V.
 * semop(2): "SEM_UNDO", "ERRORS"; signal(7). */
int sem_p(int id, int num)
{
    (void)id, (void)num;
    errno = ENOSYS;
    return -1;
}

int sem_v(int id, int num)
{
    (void)id, (void)num;
    errno = ENOSYS;
    return -1;
}
/* END(semaphores.2) */

/* TODO(semaphores.3): A private set and its workers; neither outlives this
 * call, whatever happens. A set is nobody's: who removes it, and when, and what
 * do those see who still wait? Then the forks: both or none. semget(2),
 * IPC_PRIVATE; semctl(2), IPC_RMID; fork(2); sigwait(3); semop(2). */
int run_workers(int workers, int n, const unsigned short *init,
                int (*work)(int id, int me))
{
    (void)workers, (void)n, (void)init, (void)work;
    errno = ENOSYS;
    return -1;
}

int take_forks(int id, int a, int b)
{
    (void)id, (void)a, (void)b;
    errno = ENOSYS;
    return -1;
}
/* END(semaphores.3) */

/* TODO(semaphores.4): A barrier that can be used again and again, of semaphores
 * alone. What if a fast process is back before a slow one has left? What if a
 * process ends while others still need what it has added? semop(2). */
int barrier_wait(int id, int me, int n, int round)
{
    (void)id, (void)me, (void)n, (void)round;
    errno = ENOSYS;
    return -1;
}
/* END(semaphores.4) */
