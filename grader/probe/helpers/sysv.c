// SPDX-License-Identifier: MIT
/*
 * sysv.c - a test's hands inside the namespace of a run's System V objects.
 *
 *     sysv new-sem KEY VALUE...     make a set, and do a first semop(2) on it
 *     sysv sem KEY                  a line for each semaphore: its value, the
 *                                   pid of the last one to change it, how many
 *                                   wait for it to grow and to be zero
 *     sysv add KEY NUM DELTA        semop(2) with IPC_NOWAIT
 *     sysv new-msg KEY [BYTES]      make a queue that holds BYTES
 *     sysv limit ID BYTES           lower what queue ID may hold (IPC_SET)
 *     sysv send KEY TYPE TEXT...    msgsnd(2) with IPC_NOWAIT, for each pair
 *     sysv receive KEY TYPE         a message as "TYPE SIZE TEXT"
 *     sysv new-shm KEY BYTES
 *     sysv rm sem|msg|shm KEY
 *
 * KEY is a number as in C.  Exits with 1 and a message where a call fails; an
 * EINTR, which a test may inject into all of a world, is none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#define TEXT_MAX 65536

static int fail(const char *what)
{
    (void)fprintf(stderr, "sysv: %s: %s\n", what, strerror(errno));
    return 1;
}

static key_t key_of(const char *word)
{
    return (key_t)strtoul(word, NULL, 0);
}

static int new_sem(char **words, int count)
{
    int id = semget(key_of(words[0]), count - 1, IPC_CREAT | IPC_EXCL | 0600);

    if (id < 0)
        return fail("semget");
    for (int i = 1; i < count; i++)
        if (semctl(id, i - 1, SETVAL, atoi(words[i])) < 0)
            return fail("semctl");
    /* It sets sem_otime: a joiner may wait for that (semget(2)). */
    struct sembuf there[2] = {{0, 1, 0}, {0, -1, 0}};
    if (TEMP_FAILURE_RETRY(semop(id, there, 2)) < 0)
        return fail("semop");
    (void)printf("%d\n", id);
    return 0;
}

static int show_sem(char **words, int count)
{
    struct semid_ds about;
    int id = semget(key_of(words[0]), 0, 0);

    (void)count;
    if (id < 0 || semctl(id, 0, IPC_STAT, &about) < 0)
        return fail("semget");
    for (int i = 0; i < (int)about.sem_nsems; i++)
        (void)printf("%d %d %d %d\n", semctl(id, i, GETVAL),
                     semctl(id, i, GETPID), semctl(id, i, GETNCNT),
                     semctl(id, i, GETZCNT));
    return 0;
}

static int add_sem(char **words, int count)
{
    struct sembuf change = {(unsigned short)atoi(words[1]),
                            (short)atoi(words[2]), IPC_NOWAIT};

    (void)count;
    if (TEMP_FAILURE_RETRY(semop(semget(key_of(words[0]), 0, 0), &change, 1)) <
        0)
        return fail("semop");
    return 0;
}

static int set_limit(int id, const char *bytes)
{
    struct msqid_ds about;

    if (msgctl(id, IPC_STAT, &about) < 0)
        return fail("msgctl");
    about.msg_qbytes = strtoul(bytes, NULL, 10);
    return msgctl(id, IPC_SET, &about) < 0 ? fail("msgctl") : 0;
}

static int limit(char **words, int count)
{
    (void)count;
    return set_limit(atoi(words[0]), words[1]);
}

static int new_msg(char **words, int count)
{
    int id = msgget(key_of(words[0]), IPC_CREAT | IPC_EXCL | 0600);

    if (id < 0)
        return fail("msgget");
    (void)printf("%d\n", id);
    return count > 1 ? set_limit(id, words[1]) : 0;
}

static struct {
    long type;
    char text[TEXT_MAX];
} message;

static int send_message(char **words, int count)
{
    int id = msgget(key_of(words[0]), 0);

    for (int i = 1; i + 1 < count; i += 2) {
        size_t size = strlen(words[i + 1]);
        message.type = strtol(words[i], NULL, 10);
        memcpy(message.text, words[i + 1], size < TEXT_MAX ? size : TEXT_MAX);
        if (msgsnd(id, &message, size, IPC_NOWAIT) < 0)
            return fail("msgsnd");
    }
    return 0;
}

static int receive_message(char **words, int count)
{
    long type = strtol(words[1], NULL, 10);
    ssize_t size = msgrcv(msgget(key_of(words[0]), 0), &message, TEXT_MAX, type,
                          IPC_NOWAIT);

    (void)count;
    if (size < 0)
        return fail("msgrcv");
    (void)printf("%ld %zd ", message.type, size);
    (void)fwrite(message.text, 1, (size_t)size, stdout);
    return 0;
}

static int new_shm(char **words, int count)
{
    int id = shmget(key_of(words[0]), strtoul(words[1], NULL, 10),
                    IPC_CREAT | IPC_EXCL | 0600);

    (void)count;
    if (id < 0)
        return fail("shmget");
    (void)printf("%d\n", id);
    return 0;
}

static int remove_object(char **words, int count)
{
    key_t key = key_of(words[1]);
    int done = -1;

    (void)count;
    if (strcmp(words[0], "sem") == 0)
        done = semctl(semget(key, 0, 0), 0, IPC_RMID);
    else if (strcmp(words[0], "msg") == 0)
        done = msgctl(msgget(key, 0), IPC_RMID, NULL);
    else
        done = shmctl(shmget(key, 0, 0), IPC_RMID, NULL);
    return done < 0 ? fail("IPC_RMID") : 0;
}

static const struct {
    const char *name;
    int words; /* at least */
    int (*run)(char **words, int count);
} commands[] = {
    {"new-sem", 2, new_sem},
    {"sem", 1, show_sem},
    {"add", 3, add_sem},
    {"new-msg", 1, new_msg},
    {"limit", 2, limit},
    {"send", 3, send_message},
    {"receive", 2, receive_message},
    {"new-shm", 2, new_shm},
    {"rm", 2, remove_object},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
        if (argc > 1 && strcmp(argv[1], commands[i].name) == 0 &&
            argc - 2 >= commands[i].words)
            return commands[i].run(argv + 2, argc - 2);
    (void)fputs("sysv: usage: see the head of sysv.c\n", stderr);
    return 2;
}
