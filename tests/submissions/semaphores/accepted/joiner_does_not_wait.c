// SPDX-License-Identifier: MIT
/*
 * Accepted: no wait for the creator, a room, three counters, a handler.
 *
 * On Linux a set begins with zeros, so who comes too early just sleeps until
 * the creator's SETVAL. At most n - 1 philosophers are in the room. The
 * barrier counts to n on one of three semaphores; process 0 clears the one
 * before. A handler for SIGINT and SIGTERM removes the set, which ends the
 * workers.
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

    if (semctl(id, 0, SETALL, all) != -1)
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
            return initialise(id, init); /* the kernel chose us */
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

static volatile sig_atomic_t set_in_use = -1, stopped;

/* semctl is one system call: nothing in it can be caught halfway. */
static void remove_set(int signal)
{
    int saved = errno;

    (void)signal;
    stopped = 1;
    if (set_in_use != -1)
        (void)semctl(set_in_use, 0, IPC_RMID);
    errno = saved;
}

int run_workers(int workers, int n, const unsigned short *init,
                int (*work)(int id, int me))
{
    struct sigaction action = {.sa_handler = remove_set}, before[2];
    int started = 0, result = 0, saved = 0, wstatus;

    stopped = 0;
    (void)sigaction(SIGINT, &action, &before[0]);
    (void)sigaction(SIGTERM, &action, &before[1]);
    int id = semget(IPC_PRIVATE, n, 0600);
    if (id == -1 || initialise(id, init) == -1)
        result = -1, saved = errno;
    set_in_use = id;
    while (result == 0 && started < workers) {
        pid_t pid = fork();
        if (pid == 0) {
            (void)signal(SIGINT, SIG_DFL);
            (void)signal(SIGTERM, SIG_DFL);
            _exit(work(id, started) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
        }
        if (pid == -1)
            result = -1, saved = errno;
        else
            started++;
    }
    if (result == -1 || stopped)
        (void)semctl(id, 0, IPC_RMID);
    while (started > 0) {
        if (wait(&wstatus) == -1)
            continue; /* EINTR: the handler has done its work */
        started--;
        if (wstatus != 0) {
            (void)semctl(id, 0, IPC_RMID);
            result = result == -1 ? -1 : 1;
        }
    }
    (void)semctl(id, 0, IPC_RMID);
    set_in_use = -1;
    (void)sigaction(SIGINT, &before[0], NULL);
    (void)sigaction(SIGTERM, &before[1], NULL);
    errno = saved;
    return result == 0 && stopped ? 1 : result;
}

/* One seat less than philosophers: somebody has two forks within reach. */
int take_forks(int id, int a, int b)
{
    struct semid_ds about;
    union semun arg = {.buf = &about};

    if (semctl(id, 0, IPC_STAT, arg) == -1)
        return -1;
    int room = (int)about.sem_nsems - 1;
    if (sem_p(id, room) == -1)
        return -1;
    if (sem_p(id, a) == -1 || sem_p(id, b) == -1)
        return -1; /* the set is gone, and with it what we held */
    return sem_v(id, room);
}

int barrier_wait(int id, int me, int n, int round)
{
    unsigned short now = (unsigned short)(n + round % 3);
    struct sembuf arrive = {now, 1, 0};
    /* There and back: waits until n have come, and changes nothing. */
    struct sembuf all[2] = {{now, (short)-n, 0}, {now, (short)n, 0}};
    struct sembuf clear = {(unsigned short)(n + (round + 2) % 3), (short)-n, 0};

    if (change(id, &arrive, 1) == -1 || change(id, all, 2) == -1)
        return -1;
    /* All have left the round before; nobody is two rounds ahead of us. */
    return me == 0 && round > 0 ? change(id, &clear, 1) : 0;
}
