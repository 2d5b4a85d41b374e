// SPDX-License-Identifier: MIT
/*
 * Accepted: flock around creation, semtimedop, the last in reverse order, a
 * coordinator.
 *
 * Whoever makes or opens a set has a lock on the program's own file, so there
 * is nobody to race with. P is semtimedop with a limit, again and again.
 * SETVAL gets its number directly, without a union. At the barrier process 0
 * counts, and opens a gate to each.
 */
#include "semaphores.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* A step of one or more changes, all or none; blocks where its flags let it. */
static int change(int id, struct sembuf *changes, size_t n)
{
    static const struct timespec limit = {.tv_sec = 5};
    int result;

    do
        result = semtimedop(id, changes, n, &limit);
    while (result == -1 && (errno == EAGAIN || errno == EINTR));
    return result;
}

/* An int does where the union is not needed: semctl(2) takes what it gets. */
static int initialise(int id, int n, const unsigned short *init)
{
    for (int i = 0; i < n; i++) {
        if (semctl(id, i, SETVAL, (int)init[i]) == -1) {
            int saved = errno;
            (void)semctl(id, 0, IPC_RMID);
            errno = saved;
            return -1;
        }
    }
    return id;
}

int sem_get_ready(key_t key, int n, const unsigned short *init, int exclusive)
{
    int lock = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    if (lock == -1 || TEMP_FAILURE_RETRY(flock(lock, LOCK_EX)) == -1)
        return -1;
    int id = semget(key, 0, 0);
    if (id != -1 && init && exclusive) {
        errno = EEXIST;
        id = -1;
    } else if (id == -1 && init && errno == ENOENT) {
        id = semget(key, n, IPC_CREAT | IPC_EXCL | 0600);
        if (id != -1)
            id = initialise(id, n, init);
    }
    int saved = errno;
    (void)close(lock); /* and with it the lock */
    errno = saved;
    return id;
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
        (id = initialise(id, n, init)) != -1) {
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

/* The last philosopher is the one whose right fork is number 0. */
int take_forks(int id, int a, int b)
{
    int first = b == 0 ? b : a, second = b == 0 ? a : b;

    return sem_p(id, first) == -1 ? -1 : sem_p(id, second);
}

int barrier_wait(int id, int me, int n, int round)
{
    unsigned short counter = (unsigned short)n;
    struct sembuf arrive = {counter, 1, 0}, all = {counter, (short)-n, 0};
    struct sembuf leave = {(unsigned short)me, -1, 0};

    (void)round;
    if (change(id, &arrive, 1) == -1 || (me == 0 && change(id, &all, 1) == -1))
        return -1;
    for (int i = 0; me == 0 && i < n; i++) {
        struct sembuf open_gate = {(unsigned short)i, 1, 0};
        if (change(id, &open_gate, 1) == -1)
            return -1;
    }
    return change(id, &leave, 1);
}
