// SPDX-License-Identifier: MIT
/*
 * ipcuse.c - a user of System V objects and POSIX queues, for tests that look
 * at what users leave behind.  One process does what its words say, in turn:
 *
 *     ipcuse shm 0x61 sem 0x61 2 attach 0x61 add 0x61 0 1
 *
 *     shm KEY             make a segment of 4096 bytes
 *     sem KEY COUNT       make a set, without touching its semaphores
 *     msg KEY             make a queue
 *     crowd KEY COUNT     make so many queues, with this key and the next ones
 *     attach KEY          attach the segment, until the process ends
 *     add KEY NUM DELTA   semop(2), which may sleep; DELTA 0 waits for zero
 *     set KEY NUM VALUE   semctl(2), SETVAL
 *     send KEY TEXT       msgsnd(2), type 1
 *     zombie KEY TEXT     the same by a child, which is dead then, but is not
 *                         waited for
 *     receive KEY         msgrcv(2) of the oldest, which may sleep
 *     mode TYPE KEY MODE  change the mode of a shm, sem or msg (IPC_SET)
 *     rm TYPE KEY
 *     churn TYPE COUNT    make and remove so many: Linux fills its slots in
 *                         turn and begins again, with higher ids, after 64
 *     post NAME TEXT      make POSIX queue NAME, unless it exists; mq_send(3)
 *     notify NAME         likewise; mq_notify(3), without a signal
 *     hide NAME           nobody may read POSIX queue NAME from now on
 *     pid                 print the process id
 *     stay                print "ready", and wait for the end of the input
 *
 * KEY is a number as in C; 0, IPC_PRIVATE, is the last of its type that this
 * process made so.  Objects have mode 0600 and must be new.  Exits with 1 and a
 * message where a call fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NEW (IPC_CREAT | IPC_EXCL | 0600)

enum type { SHM, SEM, MSG, TYPES };

static int private_id[TYPES] = {-1, -1, -1};

static key_t key_of(const char *word)
{
    return (key_t)strtoul(word, NULL, 0);
}

static int number(const char *word)
{
    return (int)strtol(word, NULL, 0);
}

/* The id of the object with the key that WORD stands for; -1. */
static int find(enum type type, const char *word)
{
    key_t key = key_of(word);

    if (key == IPC_PRIVATE)
        return private_id[type];
    return type == SHM   ? shmget(key, 0, 0)
           : type == SEM ? semget(key, 0, 0)
                         : msgget(key, 0);
}

/* ---- What the words mean: -1 and errno where a call fails ---------------- */

static int made(enum type type, const char *word, int id)
{
    if (key_of(word) == IPC_PRIVATE)
        private_id[type] = id;
    return id;
}

static int make_shm(char **words)
{
    return made(SHM, words[0], shmget(key_of(words[0]), 4096, NEW));
}

static int make_sem(char **words)
{
    return made(SEM, words[0], semget(key_of(words[0]), number(words[1]), NEW));
}

static int make_msg(char **words)
{
    return made(MSG, words[0], msgget(key_of(words[0]), NEW));
}

static int make_crowd(char **words)
{
    int id = 0;

    for (int i = 0; i < number(words[1]) && id != -1; i++)
        id = msgget(key_of(words[0]) + i, NEW);
    return id;
}

static int attach(char **words)
{
    return shmat(find(SHM, words[0]), NULL, 0) == (void *)-1 ? -1 : 0;
}

static int add(char **words)
{
    struct sembuf change = {(unsigned short)number(words[1]),
                            (short)number(words[2]), 0};

    return semop(find(SEM, words[0]), &change, 1);
}

static int set_value(char **words)
{
    return semctl(find(SEM, words[0]), number(words[1]), SETVAL,
                  number(words[2]));
}

static struct {
    long type;
    char text[4096];
} message = {.type = 1};

static int send_text(char **words)
{
    size_t size = strnlen(words[1], sizeof(message.text));

    memcpy(message.text, words[1], size);
    return msgsnd(find(MSG, words[0]), &message, size, 0);
}

static int send_as_zombie(char **words)
{
    siginfo_t end;
    pid_t child = fork();

    if (child == 0)
        _exit(send_text(words) == -1);
    if (child == -1 || waitid(P_PID, (id_t)child, &end, WEXITED | WNOWAIT))
        return -1;
    return end.si_status == 0 ? 0 : -1;
}

static int receive(char **words)
{
    ssize_t size =
        msgrcv(find(MSG, words[0]), &message, sizeof(message.text), 0, 0);

    return size == -1 ? -1 : 0;
}

static enum type type_of(const char *word)
{
    return strcmp(word, "shm") == 0   ? SHM
           : strcmp(word, "sem") == 0 ? SEM
                                      : MSG;
}

/* The three calls differ only in name. */
static int control(enum type type, int id, int command, struct ipc_perm **perm)
{
    static struct shmid_ds shm;
    static struct semid_ds sem;
    static struct msqid_ds msg;

    *perm = type == SHM   ? &shm.shm_perm
            : type == SEM ? &sem.sem_perm
                          : &msg.msg_perm;
    return type == SHM   ? shmctl(id, command, &shm)
           : type == SEM ? semctl(id, 0, command, &sem)
                         : msgctl(id, command, &msg);
}

static int change_mode(char **words)
{
    enum type type = type_of(words[0]);
    int id = find(type, words[1]);
    struct ipc_perm *perm;

    if (control(type, id, IPC_STAT, &perm) == -1)
        return -1;
    perm->mode = (unsigned short)strtoul(words[2], NULL, 8);
    return control(type, id, IPC_SET, &perm);
}

static int remove_object(char **words)
{
    enum type type = type_of(words[0]);
    struct ipc_perm *perm;

    return control(type, find(type, words[1]), IPC_RMID, &perm);
}

static int churn(char **words)
{
    enum type type = type_of(words[0]);
    struct ipc_perm *perm;
    int id = 0;

    for (int i = number(words[1]); i > 0 && id != -1; i--) {
        id = type == SHM   ? shmget(IPC_PRIVATE, 4096, NEW)
             : type == SEM ? semget(IPC_PRIVATE, 1, NEW)
                           : msgget(IPC_PRIVATE, NEW);
        if (id != -1 && control(type, id, IPC_RMID, &perm) == -1)
            id = -1;
    }
    return id;
}

static int post(char **words)
{
    mqd_t queue = mq_open(words[0], O_WRONLY | O_CREAT, 0600, NULL);

    return queue == (mqd_t)-1 ? -1
                              : mq_send(queue, words[1], strlen(words[1]), 0);
}

static int notify(char **words)
{
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    mqd_t queue = mq_open(words[0], O_RDONLY | O_CREAT, 0600, NULL);

    return queue == (mqd_t)-1 ? -1 : mq_notify(queue, &event);
}

static int hide(char **words)
{
    mqd_t queue = mq_open(words[0], O_RDONLY);

    return queue == (mqd_t)-1 ? -1 : fchmod(queue, 0);
}

static int print_pid(char **words)
{
    (void)words;
    return printf("%d\n", (int)getpid()) < 0 || fflush(stdout) ? -1 : 0;
}

static int stay(char **words)
{
    char byte;

    (void)words;
    if (puts("ready") == EOF || fflush(stdout) == EOF)
        return -1;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    return 0;
}

static const struct action {
    const char *name;
    int words;
    int (*run)(char **words);
} actions[] = {
    {"shm", 1, make_shm},          {"sem", 2, make_sem},
    {"msg", 1, make_msg},          {"crowd", 2, make_crowd},
    {"attach", 1, attach},         {"add", 3, add},
    {"set", 3, set_value},         {"send", 2, send_text},
    {"zombie", 2, send_as_zombie}, {"receive", 1, receive},
    {"mode", 3, change_mode},      {"rm", 2, remove_object},
    {"churn", 2, churn},           {"post", 2, post},
    {"notify", 1, notify},         {"hide", 1, hide},
    {"pid", 0, print_pid},         {"stay", 0, stay},
};

static const struct action *find_action(const char *name)
{
    for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc;) {
        const struct action *action = find_action(argv[i++]);
        if (action == NULL || argc - i < action->words) {
            (void)fputs("ipcuse: usage: see the head of ipcuse.c\n", stderr);
            return 2;
        }
        if (action->run(argv + i) == -1) {
            (void)fprintf(stderr, "ipcuse: %s: %s\n", action->name,
                          strerror(errno));
            return 1;
        }
        i += action->words;
    }
    return 0;
}
