// SPDX-License-Identifier: MIT
/* shim_objects.c - System V objects and POSIX queues; see shim.c. */
#include "shim.h"

#include <errno.h>
#include <mqueue.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

int semop(int id, struct sembuf *operations, size_t count)
{
    NEXT(semop);
    delay("semop");
    int result = next(id, operations, count);
    delay("semop_done");
    return result;
}

int semtimedop(int id, struct sembuf *operations, size_t count,
               const struct timespec *timeout)
{
    NEXT(semtimedop);
    delay("semop");
    int result = next(id, operations, count, timeout);
    delay("semop_done");
    return result;
}

int semget(key_t key, int count, int flags)
{
    NEXT(semget);
    delay("semget");
    return next(key, count, flags);
}

/* Whether COMMAND is refused for object ID of TYPE, which is a foreign one. */
static bool is_refused(char type, int id, int command)
{
    const char *next;

    read_setting();
    next = command == IPC_RMID || command == IPC_SET ? setting.foreign : NULL;
    while (next && *next) {
        char *end;
        if (*next == type && strtol(next + 1, &end, 10) == id &&
            strchr(",", *end)) {
            errno = EPERM;
            return true;
        }
        next = strchr(next, ',');
        next = next ? next + 1 : NULL;
    }
    return false;
}

/*
 * Valgrind (3.19) does not know that *_STAT_ANY fills the caller's structure,
 * and calls it uninitialised: fill one that has a value, and copy that.
 */
#define STAT_ANY(call, about)                                                  \
    do {                                                                       \
        static __typeof__(*(about)) known;                                     \
        int index = call;                                                      \
        if (index != -1)                                                       \
            *(about) = known;                                                  \
        return index;                                                          \
    } while (0)

/* The fourth argument, where there is one, is a union of pointers and an int.
 */
int semctl(int id, int num, int command, ...)
{
    NEXT(semctl);
    va_list list;

    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    delay("semctl");
    if (command == IPC_RMID)
        delay("semctl_rmid");
    if (command == SEM_STAT_ANY)
        STAT_ANY(next(id, num, command, &known), (struct semid_ds *)argument);
    return is_refused('s', id, command) ? -1 : next(id, num, command, argument);
}

int shmctl(int id, int command, struct shmid_ds *about)
{
    NEXT(shmctl);
    delay("shmctl");
    if (command == IPC_RMID)
        delay("shmctl_rmid");
    if (command == SHM_STAT_ANY)
        STAT_ANY(next(id, command, &known), about);
    return is_refused('m', id, command) ? -1 : next(id, command, about);
}

int msgctl(int id, int command, struct msqid_ds *about)
{
    NEXT(msgctl);
    delay("msgctl");
    if (command == IPC_RMID)
        delay("msgctl_rmid");
    if (command == MSG_STAT_ANY)
        STAT_ANY(next(id, command, &known), about);
    return is_refused('q', id, command) ? -1 : next(id, command, about);
}

ssize_t msgrcv(int id, void *message, size_t size, long type, int flags)
{
    NEXT(msgrcv);
    delay("msgrcv");
    return next(id, message, size, type, flags);
}

int mq_notify(mqd_t queue, const struct sigevent *event)
{
    NEXT(mq_notify);
    delay("mq_notify");
    return next(queue, event);
}

int mq_send(mqd_t queue, const char *data, size_t size, unsigned prio)
{
    NEXT(mq_send);
    delay("send");
    return next(queue, data, size, prio);
}

int mq_timedsend(mqd_t queue, const char *data, size_t size, unsigned prio,
                 const struct timespec *deadline)
{
    NEXT(mq_timedsend);
    delay("send");
    return next(queue, data, size, prio, deadline);
}

int msgsnd(int id, const void *message, size_t size, int flags)
{
    NEXT(msgsnd);
    delay("send");
    return next(id, message, size, flags);
}
