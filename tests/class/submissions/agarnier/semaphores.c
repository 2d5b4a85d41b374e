// SPDX-License-Identifier: MIT
/*
 * Lab `semaphores`. Amélie Garnier, section A.
 *
 * Forks are taken in the order of their numbers (Dijkstra): the last
 * philosopher reaches for the other side first, and the circle is broken. The
 * barrier counts on one of three semaphores in turn.
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

union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};

/* semop until it is done or has really failed. */
static int operate(int id, struct sembuf *ops, int n)
{
    int r;

    do
        r = semop(id, ops, n);
    while (r < 0 && errno == EINTR);
    return r;
}

static int single(int id, int num, int by, int flags)
{
    struct sembuf op = {.sem_num = num, .sem_op = by, .sem_flg = flags};

    return operate(id, &op, 1);
}

/* Remove the set, tell about the older error. */
static int scrap(int id)
{
    int saved = errno;

    semctl(id, 0, IPC_RMID);
    errno = saved;
    return -1;
}

/* TODO(semaphores.1): One process makes the set and gives it its values; all
 * who come meanwhile wait until that has happened. Who is first, and how do the
 * others see that it is done? semget(2), "Semaphore initialization". */
static int values(int id, int n, const unsigned short *init)
{
    for (int i = n - 1; i >= 0; i--) {
        union semun one = {.val = init[i]};

        if (semctl(id, i, SETVAL, one) < 0)
            return scrap(id);
    }
    /* A semop that changes nothing still sets sem_otime. It must not wait: add
     * first. Only a semaphore at its limit has no room to add. */
    int up = init[0] == 0x7fff ? -1 : 1;
    struct sembuf touch[2] = {{0, up, 0}, {0, -up, 0}};
    return operate(id, touch, 2) < 0 ? scrap(id) : id;
}

static int settled(int id)
{
    struct semid_ds info;
    union semun arg = {.buf = &info};

    do {
        if (semctl(id, 0, IPC_STAT, arg) < 0)
            return -1;
        if (info.sem_otime == 0)
            usleep(1000);
    } while (info.sem_otime == 0);
    return id;
}

int sem_get_ready(key_t key, int n, const unsigned short *init, int exclusive)
{
    int id;

    if (!init)
        return (id = semget(key, 0, 0)) < 0 ? -1 : settled(id);
    for (;;) {
        id = semget(key, n, IPC_CREAT | IPC_EXCL | 0600);
        if (id >= 0)
            return values(id, n, init);
        if (errno != EEXIST || exclusive)
            return -1;
        id = semget(key, n, 0);
        if (id >= 0)
            return settled(id);
        if (errno != ENOENT)
            return -1;
        /* It was there a moment ago: once more from the beginning. */
    }
}
/* END(semaphores.1) */

/* TODO(semaphores.2): P and V. Think of a holder that is killed, of a signal
 * that comes while you sleep, and of what is left to be undone after P and V.
 * semop(2): "SEM_UNDO", "ERRORS"; signal(7). */
int sem_p(int id, int num)
{
    return single(id, num, -1, SEM_UNDO);
}

int sem_v(int id, int num)
{
    return single(id, num, +1, SEM_UNDO); /* both, so that the sum is 0 */
}
/* END(semaphores.2) */

/* TODO(semaphores.3): A private set and its workers; neither outlives this
 * call, whatever happens. A set is nobody's: who removes it, and when, and what
 * do those see who still wait? Then the forks: both or none. semget(2),
 * IPC_PRIVATE; semctl(2), IPC_RMID; fork(2); sigwait(3); semop(2). */
struct team {
    int id;
    int size; /* still to be waited for */
    int spoilt;
    sigset_t watched, old;
};

static void watch_signals(struct team *t)
{
    static const int which[] = {SIGCHLD, SIGINT, SIGTERM};

    sigemptyset(&t->watched);
    for (size_t i = 0; i < sizeof which / sizeof which[0]; i++)
        sigaddset(&t->watched, which[i]);
    sigprocmask(SIG_BLOCK, &t->watched, &t->old);
}

/* Removing the set is how everybody is told to go home. */
static void dismiss(struct team *t)
{
    if (!t->spoilt)
        semctl(t->id, 0, IPC_RMID);
    t->spoilt = 1;
}

static void collect(struct team *t)
{
    int raw;

    while (t->size > 0 && waitpid(-1, &raw, WNOHANG) > 0) {
        t->size--;
        if (raw != 0)
            dismiss(t);
    }
}

static void oversee(struct team *t)
{
    while (t->size > 0) {
        int sig;

        if (sigwait(&t->watched, &sig) != 0)
            continue;
        if (sig == SIGCHLD)
            collect(t);
        else
            dismiss(t);
    }
}

int run_workers(int workers, int n, const unsigned short *init,
                int (*work)(int id, int me))
{
    struct team t = {.size = 0};
    int error = 0;

    watch_signals(&t);
    t.id = semget(IPC_PRIVATE, n, 0600);
    if (t.id < 0 || values(t.id, n, init) < 0) {
        error = errno;
        goto out;
    }
    for (int me = 0; me < workers; me++) {
        pid_t pid = fork();

        if (pid == 0) {
            sigprocmask(SIG_SETMASK, &t.old, NULL);
            _exit(work(t.id, me) == 0 ? 0 : 1);
        }
        if (pid < 0) {
            error = errno;
            dismiss(&t);
            break;
        }
        t.size++;
    }
    oversee(&t);
    if (!t.spoilt)
        semctl(t.id, 0, IPC_RMID);
out:
    sigprocmask(SIG_SETMASK, &t.old, NULL);
    if (error) {
        errno = error;
        return -1;
    }
    return t.spoilt;
}

int take_forks(int id, int a, int b)
{
    int low = a < b ? a : b, high = a < b ? b : a;

    if (sem_p(id, low) < 0)
        return -1;
    if (sem_p(id, high) == 0)
        return 0;
    int saved = errno;
    sem_v(id, low);
    errno = saved;
    return -1;
}
/* END(semaphores.3) */

/* TODO(semaphores.4): A barrier that can be used again and again, of semaphores
 * alone. What if a fast process is back before a slow one has left? What if a
 * process ends while others still need what it has added? semop(2). */

/*
 * Everybody adds 1 to the round's counter and sleeps until it is n; "until it
 * is n" is -n and +n in one call. Counters are used in turn: n, n+1, n+2. When
 * we are through round r, all have left r-1, so 0 may clear that one. Never
 * with SEM_UNDO: who ends after the last round has still arrived.
 */
int barrier_wait(int id, int me, int n, int round)
{
    int here = n + round % 3, stale = n + (round + 2) % 3;
    struct sembuf full[2] = {{here, -n, 0}, {here, n, 0}};

    if (single(id, here, 1, 0) < 0 || operate(id, full, 2) < 0)
        return -1;
    if (me != 0 || round == 0)
        return 0;
    return single(id, stale, -n, 0);
}
/* END(semaphores.4) */
