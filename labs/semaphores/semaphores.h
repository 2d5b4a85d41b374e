// SPDX-License-Identifier: MIT
/*
 * The contract of the lab `semaphores`: what each function in semaphores.c
 * promises to main.c, which calls it, and to the tests, which watch the whole
 * program from outside. Given; you need not change it.
 *
 * Rules for all of them:
 * - On failure a function returns -1 with errno as the kernel set it, and has
 *   printed nothing: main.c says what failed.
 * - A signal that is caught meanwhile (EINTR) is invisible to the caller.
 * - Who has to wait for a semaphore sleeps in the kernel: semop(2) or
 *   semtimedop(2). Only sem_get_ready may look again, now and then.
 * - 0 is an identifier like any other.
 */
#ifndef SEMAPHORES_H
#define SEMAPHORES_H

#include <sys/types.h>

#define PROG "semaphores"
#include "../common/lab.h"

enum {
    WORKERS_MAX = 64, /* philosophers at a table, processes at a barrier */
    BARRIER_EXTRA = 4 /* a barrier of n has n + 4 semaphores */
};

/*
 * Get the set of `n` semaphores that has the key `key`, ready for use.
 *
 * If there is none, make it, mode 0600, and give semaphore i the value
 * init[i]. Any number of processes may try that at the same moment: one of
 * them initialises the set, and the others do not use it before that is done.
 * With `exclusive`, a set that exists is an error (EEXIST). With init a null
 * pointer nothing is made, a missing set is an error (ENOENT), and n does not
 * matter.
 *
 * Returns the identifier. On failure (ERANGE: a value that no semaphore can
 * have; EINVAL: the set that exists has fewer than n) a set that this call has
 * made is gone again. May block until another process has initialised the set;
 * for ever, if that process was killed before. If the set is removed in the
 * meantime: tries again, or fails with EIDRM or EINVAL.
 */
int sem_get_ready(key_t key, int n, const unsigned short *init, int exclusive);

/*
 * P: subtract 1 from semaphore `num` of set `id`, waiting until it can be done.
 * V: add 1, and let one who waits go on.
 *
 * Return 0, or -1: EIDRM if the set is removed meanwhile, EINVAL if it had
 * been. If the process ends, in whatever way, between P and V, the kernel
 * gives back what it holds; after both, nothing is left to be given back.
 */
int sem_p(int id, int num);
int sem_v(int id, int num);

/*
 * Make a private set of n semaphores with the values `init`, start `workers`
 * processes (1..WORKERS_MAX), and wait for all of them. Worker i, from 0 on,
 * calls work(id, i) and ends with status 0 if that returned 0, else with 1.
 *
 * Nothing outlives the call: in the end all workers have been waited for and
 * the set is removed, also if a process could not be started, if a worker
 * failed (then the others cannot go on, either) or if SIGINT or SIGTERM was
 * sent to the caller. A worker is a process like others: both signals end it.
 *
 * Returns 0 if all workers returned 0; 1 if one did not, or a signal came; -1
 * if the set or a worker could not be made (then, if a signal came, too, -1 or
 * 1). Whether workers that cannot go on are killed, or wake up because the set
 * is gone, is open; so is whether a signal that the caller ignores counts. The
 * signals' treatment is then as it was before.
 */
int run_workers(int workers, int n, const unsigned short *init,
                int (*work)(int id, int me));

/*
 * Take the forks a and b: subtract 1 from both semaphores of set `id`, waiting
 * until that can be done; main.c gives each back with sem_v. At a table of n
 * the forks are semaphores 0..n-1, with value 1. Semaphore n, the last of the
 * set (sem_nsems - 1, semctl(2) on IPC_STAT), begins with n - 1: use it or not.
 * Who takes 1 from it gives it back in here, once it has both forks; main.c
 * does not. Whatever others do: neighbours never have the same fork, and all
 * who want to eat do so some day.
 *
 * Returns 0, or -1, and then holds neither fork.
 */
int take_forks(int id, int a, int b);

/*
 * Wait until all n processes 0..n-1 have called this for round `round`; `me` is
 * the caller. Rounds are counted from 0, and may be more than the 32767 that a
 * semaphore can count (ERANGE). The set has n + BARRIER_EXTRA semaphores, all 0
 * before round 0: use them as you like, and nothing else. A process may end
 * right after its last round.
 *
 * Returns 0, or -1.
 */
int barrier_wait(int id, int me, int n, int round);

#endif
