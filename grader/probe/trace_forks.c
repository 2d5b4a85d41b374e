// SPDX-License-Identifier: MIT
/*
 * trace_forks.c - what a log tells of the making of processes: the calls that
 * made them, when they died, and which pids mean the host's.
 *
 * Outside the sandbox the result of clone(2) is the host pid that stands in
 * the first column, so these are paired here; the others in trace_pair.c.
 */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "trace_private.h"

static bool is_fork(const char *name)
{
    return strcmp(name, "clone") == 0 || strcmp(name, "clone3") == 0 ||
           strcmp(name, "fork") == 0 || strcmp(name, "vfork") == 0;
}

static void note_fork(struct trace_log *log, size_t index)
{
    const struct trace_event *event = &log->trace->events[index];

    if (event->finished && (event->error != NULL || event->result <= 0))
        return;
    struct trace_fork *fork =
        grow(&log->forks, &log->fork_count, sizeof(*fork));
    fork->event = index;
    fork->begun = event->begun;
    fork->caller = event->process;
    fork->child_pid = event->finished ? (pid_t)event->result : 0;
    fork->child = -1;
    fork->thread = strstr(event->args, "CLONE_THREAD") != NULL;
    fork->new_pids = strstr(event->args, "CLONE_NEWPID") != NULL;
    fork->death_line = TRACE_NEVER;
    fork->death_status = INT_MIN;
}

static void note_calls(struct trace_log *log)
{
    for (size_t i = 0; i < log->trace->event_count; i++) {
        const struct trace_event *event = &log->trace->events[i];
        struct trace_task *task = &log->tasks[event->process];

        if (event->kind != TRACE_CALL)
            continue;
        if (is_fork(event->name))
            note_fork(log, i);
        else if (task->anchor == 0 && event->finished && event->result > 0 &&
                 (strcmp(event->name, "set_tid_address") == 0 ||
                  strcmp(event->name, "gettid") == 0))
            task->anchor = (pid_t)event->result;
    }
}

/* Since the log's first process: numbers that began anew are below its, and
 * the difference becomes large. */
static uint32_t age_of(const struct trace_log *log, int task)
{
    pid_t first = log->tasks[0].process.host_pid;

    return (uint32_t)log->tasks[task].process.host_pid - (uint32_t)first;
}

static int compare_age(const void *a, const void *b, void *log)
{
    uint32_t age_a = age_of(log, *(const int *)a);
    uint32_t age_b = age_of(log, *(const int *)b);

    if (age_a != age_b)
        return age_a < age_b ? -1 : 1;
    return *(const int *)a < *(const int *)b ? -1 : 1;
}

static int compare_pid(const void *a, const void *b, void *log)
{
    const struct trace_fork *forks = ((struct trace_log *)log)->forks;
    const struct trace_fork *fork_a = &forks[*(const int *)a];
    const struct trace_fork *fork_b = &forks[*(const int *)b];

    if (fork_a->outside != fork_b->outside)
        return fork_a->outside ? 1 : -1;
    if (fork_a->child_pid != fork_b->child_pid)
        return fork_a->child_pid < fork_b->child_pid ? -1 : 1;
    return fork_a->event < fork_b->event ? -1 : 1;
}

void trace_pair_one(struct trace_log *log, struct trace_fork *fork, int task)
{
    struct trace_task *child = &log->tasks[task];

    fork->child = task;
    child->fork = (int)(fork - log->forks);
    child->process.pid = fork->child_pid ? fork->child_pid : child->anchor;
    if (child->process.pid == 0 && fork->outside)
        child->process.pid = child->process.host_pid;
    child->process.parent = fork->caller;
    child->process.thread = fork->thread;
}

/* Does the first process of the log speak of host pids?  It does unless it was
 * told another number of its own, or of a child that has no line. */
static bool starts_outside(const struct trace_log *log)
{
    const struct trace_task *first = &log->tasks[0];

    if (first->anchor != 0)
        return first->anchor == first->process.host_pid;
    for (size_t i = 0; i < log->fork_count; i++)
        if (log->forks[i].caller == 0 && log->forks[i].child_pid != 0)
            return trace_task_find(log, log->forks[i].child_pid) >= 0;
    return true;
}

/* Is there a second kind of pids at all?  Not in a basic sandbox. */
static bool is_namespaced(const struct trace_log *log)
{
    for (size_t i = 0; i < log->task_count; i++)
        if (log->tasks[i].anchor != 0 &&
            log->tasks[i].anchor != log->tasks[i].process.host_pid)
            return true;
    for (size_t i = 0; i < log->fork_count; i++)
        if (log->forks[i].new_pids && log->forks[i].child_pid != 0)
            return true;
    return false;
}

/* Outside numbers are equal.  Callers come before what they made. */
static void pair_outside(struct trace_log *log)
{
    bool outside = starts_outside(log);
    bool everything = outside && !is_namespaced(log);

    for (size_t i = 0; i < log->task_count; i++)
        log->tasks[i].outside = everything;
    log->tasks[0].outside = outside;
    if (log->tasks[0].outside)
        log->tasks[0].process.pid = log->tasks[0].process.host_pid;
    else
        log->tasks[0].process.pid = log->tasks[0].anchor;
    for (size_t i = 0; i < log->fork_count; i++) {
        struct trace_fork *fork = &log->forks[i];

        fork->outside = log->tasks[fork->caller].outside;
        if (!fork->outside || fork->child_pid == 0)
            continue;
        int found = trace_task_find(log, fork->child_pid);
        struct trace_task *child = found >= 0 ? &log->tasks[found] : NULL;
        if (child == NULL || child->fork >= 0 || found == 0 ||
            child->first_line <= fork->begun)
            continue;
        trace_pair_one(log, fork, found);
        child->outside =
            everything ||
            (!fork->new_pids &&
             (child->anchor == 0 || child->anchor == child->process.host_pid));
        if (!child->outside)
            child->process.pid = child->anchor ? child->anchor : 1;
    }
}

struct trace_fork *trace_fork_by_pid(const struct trace_log *log, bool outside,
                                     pid_t pid, size_t line)
{
    size_t low = 0;
    size_t high = log->by_pid_count;

    while (low < high) { /* the first that is too large, or too late */
        size_t middle = low + (high - low) / 2;
        const struct trace_fork *fork = &log->forks[log->by_pid[middle]];

        if (fork->outside != outside ? outside
            : fork->child_pid != pid ? fork->child_pid < pid
                                     : fork->begun < line)
            low = middle + 1;
        else
            high = middle;
    }
    struct trace_fork *fork = low ? &log->forks[log->by_pid[low - 1]] : NULL;
    if (fork == NULL || fork->outside != outside || fork->child_pid != pid)
        return NULL;
    return fork;
}

static void sort_by_pid(struct trace_log *log)
{
    log->by_pid = xcalloc(log->fork_count, sizeof(*log->by_pid));
    for (size_t i = 0; i < log->fork_count; i++)
        if (log->forks[i].child_pid != 0)
            log->by_pid[log->by_pid_count++] = (int)i;
    qsort_r(log->by_pid, log->by_pid_count, sizeof(*log->by_pid), compare_pid,
            log);
}

/* A status as wait4's, waitid's or SIGCHLD's arguments tell it. */
static int death_status(const char *args)
{
    long status = trace_number_after(args, "WEXITSTATUS(s) == ");
    const char *found;

    if (status >= 0)
        return (int)status;
    if ((found = strstr(args, "WTERMSIG(s) == ")) != NULL)
        return -trace_signal_number(found + 15);
    if ((found = strstr(args, "si_status=")) == NULL)
        return INT_MIN;
    if (strstr(args, "CLD_EXITED") != NULL)
        return (int)trace_number_after(args, "si_status=");
    return -trace_signal_number(found + 10);
}

/* The pid whose end EVENT reports, or 0. */
static pid_t reported_death(const struct trace_event *event)
{
    bool dead = strstr(event->args, "CLD_EXITED") != NULL ||
                strstr(event->args, "CLD_KILLED") != NULL ||
                strstr(event->args, "CLD_DUMPED") != NULL;

    if (event->kind == TRACE_SIGNAL && strcmp(event->name, "SIGCHLD") == 0)
        return dead ? (pid_t)trace_number_after(event->args, "si_pid=") : 0;
    if (event->kind != TRACE_CALL || event->error != NULL || !event->finished)
        return 0;
    if (strcmp(event->name, "waitid") == 0)
        return dead ? (pid_t)trace_number_after(event->args, "si_pid=") : 0;
    if (strcmp(event->name, "wait4") != 0 ||
        strstr(event->args, "WSTOPPED") != NULL ||
        strstr(event->args, "WUNTRACED") != NULL ||
        strstr(event->args, "WCONTINUED") != NULL)
        return 0;
    return (pid_t)event->result;
}

static void note_deaths(struct trace_log *log)
{
    for (size_t i = 0; i < log->trace->event_count; i++) {
        const struct trace_event *event = &log->trace->events[i];
        pid_t pid = event->name[0] == 'w' || event->name[0] == 'S'
                        ? reported_death(event)
                        : 0;

        if (pid <= 0 || log->tasks[event->process].outside)
            continue;
        struct trace_fork *fork =
            trace_fork_by_pid(log, false, pid, event->ended);
        if (fork == NULL || fork->thread)
            continue;
        if (event->ended < fork->death_line)
            fork->death_line = event->ended;
        if (fork->death_status == INT_MIN)
            fork->death_status = death_status(event->args);
    }
}

void trace_note_forks(struct trace_log *log)
{
    log->order = xcalloc(log->task_count, sizeof(*log->order));
    for (size_t i = 0; i < log->task_count; i++)
        log->order[i] = (int)i;
    qsort_r(log->order, log->task_count, sizeof(*log->order), compare_age, log);
    note_calls(log);
    if (log->task_count > 0)
        pair_outside(log);
    sort_by_pid(log);
    note_deaths(log);
}
