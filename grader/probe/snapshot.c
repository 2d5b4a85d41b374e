// SPDX-License-Identifier: MIT
/*
 * snapshot.c - reads /proc/PID and /proc/PID/task/TID; see proc(5).
 *
 * The order in which the files of a thread are read is part of the proof in
 * deadlock.c: descriptors and timers first, then "syscall", "status" last.
 * "syscall" shows a number only of a thread that is off every CPU, and its
 * switch counts grow before it can be off again after it ran.  So if two
 * snapshots agree in the counts, it slept from the first reading of "status"
 * to the second of "syscall", and all threads slept at once between the two.
 *
 * A process or thread that ends while it is read is left out.
 */
#include "snapshot.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base.h"
#include "blocking.h"
#include "locks.h"
#include "snapshot_private.h"

/* ---- One thread -------------------------------------------------------- */

/* "PID (NAME) STATE PPID ..."; NAME may hold anything.  Returns the number of
 * threads in the process, or -1. */
static long parse_stat(struct snapshot_thread *thread, const char *stat)
{
    unsigned long long user, system, reaped_user, reaped_system;
    const char *name = strchr(stat, '('), *end = strrchr(stat, ')');
    long threads, pages;

    if (name == NULL || end == NULL ||
        sscanf(end + 1,
               " %c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu"
               " %llu %*d %*d %ld %*d %llu %*u %ld",
               &thread->state, &thread->ppid, &thread->session, &user, &system,
               &reaped_user, &reaped_system, &threads, &thread->start_time,
               &pages) != 10)
        return -1;
    size_t length = (size_t)(end - name - 1);
    if (length > sizeof(thread->name) - 1)
        length = sizeof(thread->name) - 1;
    memcpy(thread->name, name + 1, length);
    thread->name[length] = '\0';
    thread->cpu_ticks = user + system;
    thread->reaped_ticks = reaped_user + reaped_system;
    thread->rss_kb = (unsigned long)(pages * (sysconf(_SC_PAGESIZE) / 1024));
    return threads;
}

/* The number behind "\nKEY:" in status, in BASE. */
static unsigned long long field(const char *status, const char *key, int base)
{
    const char *line = strstr(status, key);

    return line ? strtoull(line + strlen(key), NULL, base) : 0;
}

static int read_status(int dir, const char *name,
                       struct snapshot_thread *thread)
{
    char status[4096];

    if (snapshot_read(dir, name, status, sizeof(status)) < 0)
        return -1;
    const char *state = strstr(status, "\nState:\t");
    if (state == NULL)
        return -1;
    thread->state = state[strlen("\nState:\t")];
    thread->pending =
        field(status, "\nSigPnd:", 16) | field(status, "\nShdPnd:", 16);
    thread->blocked = field(status, "\nSigBlk:", 16);
    thread->ignored = field(status, "\nSigIgn:", 16);
    thread->caught = field(status, "\nSigCgt:", 16);
    thread->switches = field(status, "\nvoluntary_ctxt_switches:", 10);
    thread->forced_switches =
        field(status, "\nnonvoluntary_ctxt_switches:", 10);
    return 0;
}

/* "running", "-1 SP PC", or "NUMBER ARG1 .. ARG6 SP PC". */
static void read_syscall(int dir, const char *name,
                         struct snapshot_thread *thread)
{
    char line[256];
    unsigned long *args = thread->args;

    thread->syscall = -1;
    if (snapshot_read(dir, name, line, sizeof(line)) <= 0)
        return;
    thread->running = strncmp(line, "running", 7) == 0;
    int n = sscanf(line, "%ld %lx %lx %lx %lx %lx %lx", &thread->syscall,
                   &args[0], &args[1], &args[2], &args[3], &args[4], &args[5]);
    if (n < 7)
        memset(args, 0, sizeof(thread->args)); /* they were SP and PC */
    thread->syscall_known = thread->running || n == 7 || n == 3;
}

/*
 * A poll(2) that a signal without a handler broke in upon goes on as
 * restart_syscall(2), its arguments still in place: no other call of that kind
 * sleeps there (those of select, ppoll and epoll_wait start anew).
 */
static void name_restarted(struct snapshot_thread *thread)
{
#if defined(SYS_poll) && defined(SYS_restart_syscall)
    static const char *const places[] = {"poll_schedule_timeout", "do_sys_poll",
                                         "do_poll", "do_restart_poll"};

    if (thread->syscall != SYS_restart_syscall)
        return;
    for (size_t i = 0; i < LENGTH(places); i++)
        if (strncmp(thread->wchan, places[i], strlen(places[i])) == 0)
            thread->syscall = SYS_poll;
#else
    (void)thread;
#endif
}

/* Read what is the thread's own.  PREFIX is "" or "task/TID/"; "stat" has been
 * read.  Returns 0, or -1 if the thread has ended. */
static int read_thread(int dir, const char *prefix,
                       struct snapshot_thread *thread, bool whole)
{
    char name[64];

    (void)snprintf(name, sizeof(name), "%ssyscall", prefix);
    read_syscall(dir, name, thread);
    if (thread->syscall_known && !thread->running) {
        (void)snprintf(name, sizeof(name), "%swchan", prefix);
        if (snapshot_read(dir, name, thread->wchan, sizeof(thread->wchan)) < 0)
            thread->wchan[0] = '\0';
        name_restarted(thread);
        if (whole)
            snapshot_read_pointers(dir, thread);
    }
    (void)snprintf(name, sizeof(name), "%sstatus", prefix);
    return read_status(dir, name, thread);
}

/* ---- One process ------------------------------------------------------- */

/* SHARED is what the leader has in common with the others. */
static void read_other_threads(struct snapshot *snapshot, int dir,
                               const struct snapshot_thread *shared, bool whole)
{
    int list = openat(dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = list < 0 ? NULL : fdopendir(list);
    struct dirent *entry;

    if (entries == NULL) {
        if (list >= 0)
            (void)close(list);
        snapshot->torn = true;
        return;
    }
    while ((entry = readdir(entries)) != NULL) {
        struct snapshot_thread thread = *shared;
        char prefix[48], name[64], stat[1024];
        thread.tid = atoi(entry->d_name); /* a name that the kernel wrote */
        if (thread.tid <= 0 || thread.tid == shared->pid)
            continue;
        (void)snprintf(prefix, sizeof(prefix), "task/%d/", thread.tid);
        (void)snprintf(name, sizeof(name), "%sstat", prefix);
        if (snapshot_read(dir, name, stat, sizeof(stat)) < 0 ||
            parse_stat(&thread, stat) < 0 ||
            read_thread(dir, prefix, &thread, whole) < 0) {
            snapshot->torn = true; /* it has ended */
            continue;
        }
        *(struct snapshot_thread *)grow(&snapshot->threads, &snapshot->count,
                                        sizeof(thread)) = thread;
    }
    (void)closedir(entries);
}

/* What all threads of a process share. */
static long read_shared(int dir, struct snapshot_thread *thread, bool whole)
{
    char text[1024];

    if (snapshot_read(dir, "stat", text, sizeof(text)) < 0)
        return -1;
    long threads = parse_stat(thread, text);
    if (!whole)
        return threads;
    thread->has_timers = snapshot_read(dir, "timers", text, sizeof(text)) != 0;
    (void)readlinkat(dir, "exe", thread->exe, sizeof(thread->exe) - 1);
    snapshot_read_fds(dir, thread);
    return threads;
}

static void read_process(struct snapshot *snapshot, int proc_fd, pid_t pid,
                         bool whole)
{
    struct snapshot_thread leader = {.pid = pid, .tid = pid};
    char name[16];

    (void)snprintf(name, sizeof(name), "%d", pid);
    int dir = openat(proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        snapshot->torn = true;
        return;
    }
    long threads = read_shared(dir, &leader, whole);
    struct snapshot_thread shared = leader;
    if (threads < 0 || read_thread(dir, "", &leader, whole) < 0) {
        free(leader.fds);
        snapshot->torn = true; /* it has ended */
    } else {
        *(struct snapshot_thread *)grow(&snapshot->threads, &snapshot->count,
                                        sizeof(leader)) = leader;
        if (threads > 1)
            read_other_threads(snapshot, dir, &shared, whole);
    }
    (void)close(dir); /* nothing was written */
}

/* ---- All of them ------------------------------------------------------- */

struct listed {
    pid_t pid, ppid;
    bool wanted;
};

/* -1: it has ended. */
static pid_t parent_of(int proc_fd, pid_t pid)
{
    struct snapshot_thread thread = {0};
    char name[32], stat[1024];

    (void)snprintf(name, sizeof(name), "%d/stat", pid);
    if (snapshot_read(proc_fd, name, stat, sizeof(stat)) < 0 ||
        parse_stat(&thread, stat) < 0)
        return -1;
    return thread.ppid;
}

static int compare_pids(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;

    return (x->pid > y->pid) - (x->pid < y->pid);
}

static struct listed *list_pids(int proc_fd, size_t *count)
{
    struct listed *list = NULL;
    int fd = openat(proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    *count = 0;
    if (entries == NULL) {
        int error = errno;
        if (fd >= 0)
            (void)close(fd);
        errno = error;
        return NULL;
    }
    list = xcalloc(1, sizeof(*list));
    while ((entry = readdir(entries)) != NULL) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        struct listed *item = grow(&list, count, sizeof(*list));
        item->pid = atoi(entry->d_name); /* a name that the kernel wrote */
    }
    (void)closedir(entries);
    qsort(list, *count, sizeof(*list), compare_pids); /* recordings are not */
    return list;
}

static bool is_wanted(const struct listed *list, size_t count, pid_t pid)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].pid == pid)
            return list[i].wanted;
    return false;
}

/* Mark the descendants of ROOT; false if one may be missing.
 * "task/TID/children" would be quicker, but may leave some out while others
 * end: see proc(5). */
static bool mark_descendants(struct listed *list, size_t count, int proc_fd,
                             pid_t root)
{
    bool more = true, complete = true;

    for (size_t i = 0; i < count; i++) {
        list[i].ppid = parent_of(proc_fd, list[i].pid);
        complete &= list[i].ppid >= 0;
    }
    while (more) {
        more = false;
        for (size_t i = 0; i < count; i++) {
            if (list[i].wanted ||
                (list[i].ppid != root && !is_wanted(list, count, list[i].ppid)))
                continue;
            list[i].wanted = more = true;
        }
    }
    return complete;
}

static int take(struct snapshot *snapshot, int proc_fd, pid_t skip,
                bool only_below, bool whole)
{
    size_t count;
    struct listed *list = list_pids(proc_fd, &count);

    *snapshot = (struct snapshot){0};
    if (list == NULL)
        return -1;
    if (only_below)
        snapshot->torn = !mark_descendants(list, count, proc_fd, skip);
    for (size_t i = 0; i < count; i++)
        if (list[i].pid != skip && (list[i].wanted || !only_below))
            read_process(snapshot, proc_fd, list[i].pid, whole);
    free(list);
    return 0;
}

int snapshot_take(struct snapshot *snapshot, int proc_fd, pid_t skip,
                  bool only_below)
{
    if (take(snapshot, proc_fd, skip, only_below, true) < 0)
        return -1;
    snapshot_read_locks(snapshot, proc_fd);
    return 0;
}

int snapshot_take_states(struct snapshot *snapshot, int proc_fd, pid_t skip,
                         bool only_below)
{
    return take(snapshot, proc_fd, skip, only_below, false);
}

void snapshot_release(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->threads[i].pid == snapshot->threads[i].tid)
            free(snapshot->threads[i].fds);
    free(snapshot->threads);
    free(snapshot->semaphores);
    free(snapshot->message_table);
    free(snapshot->queues);
    free(snapshot->locks);
    free(snapshot->holdings);
    free(snapshot->sockets);
    *snapshot = (struct snapshot){0};
}
