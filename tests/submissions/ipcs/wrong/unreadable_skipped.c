// SPDX-License-Identifier: MIT
/*
 * Fails: list_all_types leaked_by_dead rm_only_orphans who_waits
 * Shows: unreadable_skipped
 *
 * The belief: SHM_STAT shows every segment. It fails with EACCES where the
 * caller may not read; SHM_STAT_ANY does not.
 */
#include "ipcs.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

/* The first argument is not an id but an index, up to what *_INFO returns. */
static int look_at_slot(int index, char type, struct obj *o)
{
    struct shmid_ds m;
    struct semid_ds s;
    struct msqid_ds q;
    const struct ipc_perm *perm = &m.shm_perm;

    *o = (struct obj){.type = type};
    if (type == 'm') {
        if ((o->id = shmctl(index, SHM_STAT, &m)) == -1)
            return -1;
        o->bytes = m.shm_segsz;
        o->count = m.shm_nattch;
        o->first = m.shm_cpid;
        o->last = m.shm_lpid;
    } else if (type == 's') {
        perm = &s.sem_perm;
        if ((o->id = semctl(index, 0, SEM_STAT, &s)) == -1)
            return -1;
        o->count = s.sem_nsems;
    } else {
        perm = &q.msg_perm;
        if ((o->id = msgctl(index, MSG_STAT, &q)) == -1)
            return -1;
        o->bytes = q.__msg_cbytes;
        o->count = q.msg_qnum;
        o->first = q.msg_lspid;
        o->last = q.msg_lrpid;
    }
    o->key = perm->__key;
    o->uid = perm->uid;
    o->mode = perm->mode & 0777;
    return 0;
}

/* The highest index that is in use; -1. */
static int highest(char type)
{
    struct shm_info m;
    struct seminfo s;
    struct msginfo q;

    return type == 'm'   ? shmctl(0, SHM_INFO, (struct shmid_ds *)&m)
           : type == 's' ? semctl(0, 0, SEM_INFO, &s)
                         : msgctl(0, MSG_INFO, (struct msqid_ds *)&q);
}

static int by_id(const void *a, const void *b)
{
    const struct obj *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

static int read_slots(char type, struct obj **v, size_t *n)
{
    size_t start = *n;
    int last = highest(type);

    if (last == -1)
        return -1;
    for (int index = 0; index <= last; index++) {
        struct obj o;
        if (look_at_slot(index, type, &o) == -1)
            continue; /* nothing is there */
        struct obj *longer = realloc(*v, (*n + 1) * sizeof o);
        if (!longer)
            return -1;
        (*v = longer)[(*n)++] = o;
    }
    if (*n > start)
        qsort(*v + start, *n - start, sizeof **v, by_id);
    return 0;
}

int list_objects(struct obj **v, size_t *n)
{
    *v = NULL;
    *n = 0;
    for (const char *type = "msq"; *type; type++)
        if (read_slots(*type, v, n) == -1) {
            free(*v);
            *v = NULL;
            return -1;
        }
    return 0;
}

/* kill(0, 0) would ask for our own process group. EPERM: it is there, but not
 * ours, kill(2). */
static int is_alive(pid_t pid)
{
    return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

/* A semaphore: who operated on it last, who sleeps in semop(2) for it. */
struct sem {
    pid_t last;
    int waiting, for_zero;
};

static int look_at(int id, int num, struct sem *sem)
{
    sem->last = semctl(id, num, GETPID);
    sem->waiting = semctl(id, num, GETNCNT);
    sem->for_zero = semctl(id, num, GETZCNT);
    return sem->last == -1 || sem->waiting == -1 || sem->for_zero == -1 ? -1
                                                                        : 0;
}

/* A set as such has no process: semid_ds in semctl(2). And who waits is not
 * yet the last to have operated on anything. */
static int classify_set(const struct obj *o)
{
    int state = UNKNOWN;
    struct sem sem;

    for (int num = 0; num < (int)o->count; num++) {
        if (look_at(o->id, num, &sem) == -1)
            return errno == EACCES ? UNKNOWN : -1;
        if (sem.waiting || sem.for_zero || is_alive(sem.last))
            return USED;
        if (sem.last != 0)
            state = ORPHAN;
    }
    return state;
}

int classify(const struct obj *o)
{
    if (o->type == 's')
        return classify_set(o);
    if (o->type == 'm' && o->count > 0)
        return USED;
    if (is_alive(o->first) || is_alive(o->last))
        return USED;
    /* A segment has a creator from the start: never attached is never used. */
    if (o->last == 0 && (o->type == 'm' || o->first == 0))
        return UNKNOWN;
    return ORPHAN;
}

int remove_obj(const struct obj *o)
{
    if (o->type == 'm')
        return shmctl(o->id, IPC_RMID, NULL);
    if (o->type == 's')
        return semctl(o->id, 0, IPC_RMID);
    return msgctl(o->id, IPC_RMID, NULL);
}

/* Remove `o` if it is an orphan; -1 after a message. */
static int sweep_one(const struct obj *o, int dry_run)
{
    char what[32];

    (void)snprintf(what, sizeof what, "%c %d", o->type, o->id);
    int state = classify(o);
    if (state == ORPHAN && !dry_run && remove_obj(o) == -1)
        state = -1;
    /* Somebody else has been quicker. */
    if (state == -1 && (errno == EINVAL || errno == EIDRM))
        return 0;
    if (state == -1)
        return fail(what);
    if (state == ORPHAN)
        printf("%s\n", what);
    return 0;
}

int sweep(int dry_run, char type)
{
    struct obj *v;
    size_t n;
    int failures = 0;

    if (list_objects(&v, &n) == -1)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (type == '\0' || v[i].type == type)
            failures += sweep_one(&v[i], dry_run) == -1;
    free(v);
    return failures;
}

static const char *name_of(pid_t pid)
{
    return pid == 0 ? "nobody" : is_alive(pid) ? "alive" : "dead";
}

static int print_set(const struct obj *o)
{
    struct sem sem;

    for (int num = 0; num < (int)o->count; num++) {
        if (look_at(o->id, num, &sem) == -1)
            return -1;
        printf("%d: last %d %s, waiting %d, for zero %d\n", num, sem.last,
               name_of(sem.last), sem.waiting, sem.for_zero);
    }
    return 0;
}

static int print_facts(const struct obj *o)
{
    if (o->type == 's')
        return print_set(o);
    printf("%s %d %s\n", o->type == 'm' ? "creator" : "sender", o->first,
           name_of(o->first));
    printf("%s %d %s\n", o->type == 'm' ? "last" : "receiver", o->last,
           name_of(o->last));
    if (o->type == 'm')
        printf("attached %lu\n", o->count);
    return 0;
}

int who(char type, int id)
{
    struct obj *v;
    size_t n, i = 0;
    int result = -1;

    if (list_objects(&v, &n) == -1)
        return -1;
    while (i < n && (v[i].type != type || v[i].id != id))
        i++;
    if (i < n)
        result = print_facts(&v[i]);
    else
        errno = EINVAL; /* as from shmctl(2) */
    free(v);
    return result;
}

/* Print the line of the queue that the file `path` tells of. */
static int print_queue(const char *path)
{
    unsigned long bytes;
    int pid;
    FILE *file = fopen(path, "re");

    if (!file)
        return errno == ENOENT ? 0 : -1; /* it has just been unlinked */
    int found = fscanf(file, "QSIZE:%lu NOTIFY:%*d SIGNO:%*d NOTIFY_PID:%d",
                       &bytes, &pid);
    (void)fclose(file);
    if (found != 2)
        return -1;
    printf("%s %lu %d\n", strrchr(path, '/'), bytes, pid);
    return 0;
}

int list_mq(void)
{
    static const char root[] = "/dev/mqueue"; /* as in mq_overview(7) */
    char path[sizeof root + NAME_MAX + 1];
    struct dirent *entry;
    int result = 0;
    DIR *dir = opendir(root);

    if (!dir)
        return -1;
    do {
        errno = 0; /* only this tells an error from the end: readdir(3) */
        if ((entry = readdir(dir)) == NULL)
            result = errno ? -1 : 0;
        else if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) {
            (void)snprintf(path, sizeof path, "%s/%s", root, entry->d_name);
            result = print_queue(path);
        }
    } while (entry && result == 0);
    int saved = errno;
    (void)closedir(dir);
    errno = saved;
    return result;
}
