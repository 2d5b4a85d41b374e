// SPDX-License-Identifier: MIT
/*
 * Fails: hold_excludes killed_holder_releases creation_race eintr_retry
 *     removed_while_waiting clean_run
 * Shows: no_first_value
 *
 * The belief: a new semaphore is free. It is 0, and so everybody waits for
 * somebody to give back what nobody has ever taken.
 */
#include "semaphores.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/wait.h>
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

int sem_get_ready(key_t key, int n, const unsigned short *init, int exclusive)
{
    for (;;) {
        int id = -1;
        if (init && (id = semget(key, n, IPC_CREAT | IPC_EXCL | 0600)) != -1)
            return exclusive ? initialise(id, init) : id;
        if (init && (exclusive || errno != EEXIST))
            return -1;
        if ((id = semget(key, init ? n : 0, 0)) != -1)
            return id;
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

/* Everybody tells everybody that it has come, and waits until it has been told
 * n times. Nobody can tell twice before it was told by all, so no token is
 * missing when a slow process looks. No SEM_UNDO: what was said stays said,
 * even if who said it has ended. */
int barrier_wait(int id, int me, int n, int round)
{
    struct sembuf tell[WORKERS_MAX], hear = {(unsigned short)me, (short)-n, 0};

    (void)round; /* what is left over belongs to the next */
    for (int i = 0; i < n; i++)
        tell[i] = (struct sembuf){(unsigned short)i, 1, 0};
    if (change(id, tell, (size_t)n) == -1)
        return -1;
    /* In a call of its own: a call that waits has changed nothing yet. */
    return change(id, &hear, 1);
}
