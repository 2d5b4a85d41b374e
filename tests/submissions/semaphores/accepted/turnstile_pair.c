// SPDX-License-Identifier: MIT
/*
 * Accepted: a barrier of two turnstiles.
 *
 * The reusable barrier of the "Little Book of Semaphores": one turnstile lets
 * all in when all have come, a second one lets all out when all are in. Each is
 * a count and a gate.
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

/* The C library leaves this declaration to us: semctl(2). */
union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};

/* A step of one or more changes, all or none; blocks where its flags let it. */
static int change(int id, struct sembuf *changes, size_t n)
{
    /* semop(2) is never restarted, not even with SA_RESTART: signal(7). */
    return (int)TEMP_FAILURE_RETRY(semop(id, changes, n));
}

/* Only the creator calls this: nobody else may use SETALL, which forgets who
 * holds what. */
static int initialise(int id, const unsigned short *init)
{
    /* SETALL only reads, although the type does not say so. */
    union semun all = {.array = (unsigned short *)init};
    short there = init[0] > 0 ? -1 : 0;
    /* There and back, so that nothing changes but sem_otime. */
    struct sembuf first[2] = {{.sem_op = there}, {.sem_op = (short)-there}};

    if (semctl(id, 0, SETALL, all) != -1 && change(id, first, 2) != -1)
        return id;
    int saved = errno;
    (void)semctl(id, 0, IPC_RMID); /* half a set is worse than none */
    errno = saved;
    return -1;
}

/* sem_otime is 0 until the first semop(2), the creator's: semget(2). */
static int wait_until_ready(int id)
{
    static const struct timespec pause = {.tv_nsec = 2000000};
    struct semid_ds about;
    union semun arg = {.buf = &about};

    while (semctl(id, 0, IPC_STAT, arg) != -1) {
        if (about.sem_otime != 0)
            return id;
        (void)nanosleep(&pause, NULL); /* cut short by a signal: no harm */
    }
    return -1;
}

int sem_get_ready(key_t key, int n, const unsigned short *init, int exclusive)
{
    for (;;) {
        int id = -1;
        if (init && (id = semget(key, n, IPC_CREAT | IPC_EXCL | 0600)) != -1)
            return initialise(id, init); /* the kernel chose us */
        if (init && (exclusive || errno != EEXIST))
            return -1;
        if ((id = semget(key, init ? n : 0, 0)) != -1)
            return wait_until_ready(id);
        if (!init || errno != ENOENT) /* not: removed in between */
            return -1;
    }
}

int sem_p(int id, int num)
{
    struct sembuf p = {(unsigned short)num, -1, SEM_UNDO};

    return change(id, &p, 1);
}

/* With SEM_UNDO, too: it takes back the debt that P has noted. */
int sem_v(int id, int num)
{
    struct sembuf v = {(unsigned short)num, 1, SEM_UNDO};

    return change(id, &v, 1);
}

static pid_t start_worker(int id, int me, int (*work)(int, int),
                          const sigset_t *mask)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    (void)sigprocmask(SIG_SETMASK, mask, NULL); /* Ctrl-C is for us, too */
    _exit(work(id, me) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Wait for so many workers; with `failed` set, or when one fails or a signal
 * says so, remove the set: whoever sleeps in it wakes with EIDRM. */
static int wait_for_workers(int count, int id, int failed,
                            const sigset_t *signals)
{
    int wstatus, signal;

    while (count > 0) {
        if (failed)
            (void)semctl(id, 0, IPC_RMID); /* the second time: EINVAL */
        (void)sigwait(signals, &signal);   /* or its errors: none here */
        failed |= signal != SIGCHLD;
        /* One SIGCHLD may stand for several children: signal(7). */
        while (count > 0 && waitpid(-1, &wstatus, WNOHANG) > 0) {
            failed |= wstatus != 0;
            count--;
        }
    }
    return failed;
}

int run_workers(int workers, int n, const unsigned short *init,
                int (*work)(int id, int me))
{
    int started = 0, id, result = -1, saved;
    sigset_t signals, before;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGCHLD);
    /* Before there is a set: from now on no signal can end us unnoticed. */
    (void)sigprocmask(SIG_BLOCK, &signals, &before);
    if ((id = semget(IPC_PRIVATE, n, 0600)) != -1 &&
        (id = initialise(id, init)) != -1) {
        while (started < workers &&
               start_worker(id, started, work, &before) != -1)
            started++;
        saved = errno;
        result = wait_for_workers(started, id, started < workers, &signals);
        (void)semctl(id, 0, IPC_RMID);
        errno = saved;
        if (started < workers)
            result = -1;
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return result;
}

/* One call with two changes is done as a whole or not at all, and while it
 * waits it holds nothing: nobody can wait for somebody who waits. */
int take_forks(int id, int a, int b)
{
    struct sembuf both[2] = {{(unsigned short)a, -1, SEM_UNDO},
                             {(unsigned short)b, -1, SEM_UNDO}};

    return change(id, both, 2);
}

/*
 * A turnstile: whoever finds all n counted takes them off the count and lets n
 * through the gate, in one step, so that it happens once. No SEM_UNDO: what was
 * said stays said, even if who said it has ended.
 */
static int phase(int id, int n, int count, int gate)
{
    struct sembuf arrive = {(unsigned short)count, 1, 0};
    struct sembuf open_gate[2] = {{(unsigned short)count, (short)-n, IPC_NOWAIT},
                             {(unsigned short)gate, (short)n, IPC_NOWAIT}};
    struct sembuf pass = {(unsigned short)gate, -1, 0};

    if (change(id, &arrive, 1) == -1)
        return -1;
    if (change(id, open_gate, 2) == -1 && errno != EAGAIN)
        return -1;
    return change(id, &pass, 1);
}

int barrier_wait(int id, int me, int n, int round)
{
    (void)me;
    (void)round;
    /* The second one is shut until all have left the first: nobody can be back
     * at the first and take a place that a slow process still needs. */
    if (phase(id, n, n, n + 1) == -1)
        return -1;
    return phase(id, n, n + 2, n + 3);
}
