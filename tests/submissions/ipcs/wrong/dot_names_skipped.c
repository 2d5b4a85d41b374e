// SPDX-License-Identifier: MIT
/*
 * Fails: mq_list
 * Shows: dot_names_skipped
 *
 * The belief: what begins with a dot in a directory is not meant. Two such
 * names are not, "." and ".."; a queue's name may begin like that.
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


static int parse(const char *line, char type, struct obj *o)
{
    *o = (struct obj){.type = type};
    if (type == 'm')
        return sscanf(line, "%d %d %o %lu %d %d %lu %u", &o->key, &o->id,
                      &o->mode, &o->bytes, &o->first, &o->last, &o->count,
                      &o->uid) == 8;
    if (type == 's')
        return sscanf(line, "%d %d %o %lu %u", &o->key, &o->id, &o->mode,
                      &o->count, &o->uid) == 5;
    return sscanf(line, "%d %d %o %lu %lu %d %d %u", &o->key, &o->id, &o->mode,
                  &o->bytes, &o->count, &o->first, &o->last, &o->uid) == 8;
}

static int by_id(const void *a, const void *b)
{
    const struct obj *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

static int read_table(const char *path, char type, struct obj **v, size_t *n)
{
    FILE *table = fopen(path, "re");
    char *line = NULL;
    size_t size = 0, start = *n;
    int result = 0;
    struct obj o;

    if (!table)
        return -1;
    while (result == 0 && getline(&line, &size, table) != -1) {
        if (!parse(line, type, &o))
            continue;
        o.mode &= 0777;
        struct obj *longer = reallocarray(*v, *n + 1, sizeof o);
        if (longer)
            (*v = longer)[(*n)++] = o;
        else
            result = -1;
    }
    if (ferror(table))
        result = -1;
    int saved = errno;
    free(line);
    (void)fclose(table);
    if (*n > start)
        qsort(*v + start, *n - start, sizeof **v, by_id);
    errno = saved;
    return result;
}

int list_objects(struct obj **v, size_t *n)
{
    *v = NULL;
    *n = 0;
    if (read_table("/proc/sysvipc/shm", 'm', v, n) == 0 &&
        read_table("/proc/sysvipc/sem", 's', v, n) == 0 &&
        read_table("/proc/sysvipc/msg", 'q', v, n) == 0)
        return 0;
    free(*v);
    *v = NULL;
    return -1;
}


static int is_alive(pid_t pid)
{
    return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

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

static int sweep_one(const struct obj *o, int dry_run)
{
    char what[32];

    (void)snprintf(what, sizeof what, "%c %d", o->type, o->id);
    int state = classify(o);
    if (state == ORPHAN && !dry_run && remove_obj(o) == -1)
        state = -1;
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
        errno = EINVAL;
    free(v);
    return result;
}

static int print_queue(const char *path)
{
    unsigned long bytes;
    int pid;
    FILE *file = fopen(path, "re");

    if (!file)
        return errno == ENOENT ? 0 : -1;
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
    static const char root[] = "/dev/mqueue";
    char path[sizeof root + NAME_MAX + 1];
    struct dirent *entry;
    int result = 0;
    DIR *dir = opendir(root);

    if (!dir)
        return -1;
    do {
        errno = 0;
        if ((entry = readdir(dir)) == NULL)
            result = errno ? -1 : 0;
        else if (entry->d_name[0] != '.') {
            (void)snprintf(path, sizeof path, "%s/%s", root, entry->d_name);
            result = print_queue(path);
        }
    } while (entry && result == 0);
    int saved = errno;
    (void)closedir(dir);
    errno = saved;
    return result;
}
