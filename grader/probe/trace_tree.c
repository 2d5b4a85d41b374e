// SPDX-License-Identifier: MIT
/*
 * trace_tree.c - what belongs to the student's program?
 *
 * The log is replayed: a child inherits from its parent at the fork, execve(2)
 * makes a process run the student's code or another program's.  Processes and
 * events outside the program's family (bwrap, the sandbox's init) are left
 * out of the result.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "trace_private.h"

struct replay {
    struct trace_log *log;
    const char *program;
    size_t next_fork;
    bool started; /* the program was executed at least once */
};

static struct trace_task *leader_of(const struct trace_log *log,
                                    const struct trace_task *task)
{
    return &log->tasks[task->process.leader];
}

static void inherit(struct trace_log *log, const struct trace_fork *fork)
{
    const struct trace_task *parent = &log->tasks[fork->caller];
    const struct trace_task *leader = leader_of(log, parent);
    struct trace_task *child = &log->tasks[fork->child];

    child->begun = true;
    child->member = parent->member;
    child->process.program = parent->process.program;
    child->process.own_code = parent->process.own_code;
    child->process.own_child = parent->process.own_code;
    child->ignores_children = leader->ignores_children;
    child->no_zombies = leader->no_zombies;
    if (fork->thread)
        child->process.leader = parent->process.leader;
    if (!parent->member)
        child->process.parent = -1;
}

/* Nobody is known to have made it: after the program's start it can only be
 * one of its family, as init's children begin with an execve. */
static void begin_unpaired(struct replay *replay, struct trace_task *task)
{
    task->begun = true;
    if (task->fork >= 0 || task->outside || !replay->started)
        return;
    task->member = true;
    task->process.own_code = true;
    task->process.program = replay->program;
}

/* The path that EVENT executes, copied into the trace's spare room. */
static const char *program_of(struct trace_log *log,
                              const struct trace_event *event)
{
    const char *path = strchr(event->args, '"');
    int depth = 0;

    if (path == NULL)
        return "";
    const char *end = trace_scan(path, &depth);
    size_t length = (size_t)(end - path) - 1;
    if (length > 0 && end[-1] == '"')
        length--;
    char *copy = log->spare;
    memcpy(copy, path + 1, length);
    copy[length] = '\0';
    log->spare += length + 1;
    return copy;
}

static void replay_exec(struct replay *replay, struct trace_task *task,
                        const struct trace_event *event)
{
    struct trace_task *leader = leader_of(replay->log, task);
    const char *path = program_of(replay->log, event);

    leader->no_zombies = false; /* flags go, SIG_IGN stays: execve(2) */
    if (strcmp(path, "/proc/self/exe") == 0)
        return;
    task->process.program = path;
    task->process.own_code =
        replay->program != NULL && strcmp(path, replay->program) == 0;
    if (task->process.own_code) {
        task->member = true;
        replay->started = true;
        task->process.program = replay->program;
    }
}

static void replay_sigaction(struct trace_task *leader,
                             const struct trace_event *event)
{
    char action[256];

    if (strncmp(event->args, "SIGCHLD,", 8) != 0 ||
        trace_arg(event, 1, action, sizeof(action)) == NULL || action[0] != '{')
        return;
    leader->ignores_children = strstr(action, "=SIG_IGN") != NULL;
    leader->no_zombies = strstr(action, "SA_NOCLDWAIT") != NULL;
}

/* A child's pid was returned; only after the child's last line does that mean
 * its end, not its being stopped or continued. */
static void replay_wait(struct trace_log *log, struct trace_task *task,
                        const struct trace_event *event)
{
    pid_t pid = (pid_t)event->result;

    if (strcmp(event->name, "waitid") == 0) {
        if (strstr(event->args, "WNOWAIT") != NULL)
            return;
        pid = (pid_t)trace_number_after(event->args, "si_pid=");
        bool nameless = strstr(event->args, ", NULL, ") != NULL;
        if (nameless && strncmp(event->args, "P_PID, ", 7) == 0)
            pid = (pid_t)strtol(event->args + 7, NULL, 10);
        else if (nameless)
            leader_of(log, task)->nameless_waits++;
    }
    if (pid <= 0)
        return;
    const struct trace_fork *fork =
        trace_fork_by_pid(log, task->outside, pid, event->ended);
    if (fork == NULL || fork->child < 0)
        return;
    struct trace_task *child = &log->tasks[fork->child];
    if (child->end_line < event->ended)
        child->process.waited_for = true;
}

static void replay_call(struct replay *replay, struct trace_task *task,
                        const struct trace_event *event)
{
    struct trace_log *log = replay->log;

    if (!event->finished || event->error != NULL)
        return;
    if (strcmp(event->name, "execve") == 0 ||
        strcmp(event->name, "execveat") == 0)
        replay_exec(replay, task, event);
    else if (strcmp(event->name, "rt_sigaction") == 0)
        replay_sigaction(leader_of(log, task), event);
    else if (task->member && (strcmp(event->name, "wait4") == 0 ||
                              strcmp(event->name, "waitid") == 0))
        replay_wait(log, task, event);
}

static bool parent_reaps(const struct trace_log *log,
                         const struct trace_task *task)
{
    if (task->process.parent < 0)
        return false;
    const struct trace_task *parent =
        leader_of(log, &log->tasks[task->process.parent]);
    return parent->ignores_children || parent->no_zombies;
}

/* Replay event INDEX; does it belong to the trace? */
static bool replay_event(struct replay *replay, size_t index)
{
    struct trace_log *log = replay->log;
    const struct trace_event *event = &log->trace->events[index];
    struct trace_task *task = &log->tasks[event->process];

    if (!task->begun)
        begin_unpaired(replay, task);
    if (event->kind == TRACE_CALL)
        replay_call(replay, task, event);
    else if (event->kind == TRACE_EXITED || event->kind == TRACE_KILLED)
        task->process.reaped_by_kernel = parent_reaps(log, task);
    if (replay->next_fork < log->fork_count &&
        log->forks[replay->next_fork].event == index) {
        const struct trace_fork *fork = &log->forks[replay->next_fork++];

        if (fork->child >= 0)
            inherit(log, fork);
    }
    return task->member;
}

/* What can only be said of a process at the log's end. */
static void close_task(struct trace_log *log, struct trace_task *task)
{
    struct trace_process *process = &task->process;

    if (!process->ended)
        process->reaped_by_kernel = parent_reaps(log, task);
    if (process->parent < 0 || process->thread || !process->ended ||
        process->waited_for)
        return;
    struct trace_task *parent = leader_of(log, &log->tasks[process->parent]);
    if (parent->nameless_waits > 0) {
        parent->nameless_waits--;
        process->waited_for = true;
    }
}

/* Give the members their final numbers, in the order of their creation. */
static int *number_members(struct trace_log *log)
{
    struct trace *trace = log->trace;
    int *numbers = xcalloc(log->task_count, sizeof(*numbers));

    for (size_t i = 0; i < log->task_count; i++) {
        struct trace_task *task = &log->tasks[log->order[i]];

        numbers[log->order[i]] = -1;
        if (!task->member)
            continue;
        close_task(log, task);
        numbers[log->order[i]] = (int)trace->process_count;
        struct trace_process *process =
            grow(&trace->processes, &trace->process_count, sizeof(*process));
        *process = task->process;
    }
    for (size_t i = 0; i < trace->process_count; i++) {
        struct trace_process *process = &trace->processes[i];

        int leader = numbers[process->leader];
        process->leader = leader >= 0 ? leader : (int)i;
        if (process->parent >= 0)
            process->parent = numbers[process->parent];
    }
    return numbers;
}

void trace_keep_family(struct trace *trace, pid_t root)
{
    int *numbers = xcalloc(trace->process_count + 1, sizeof(*numbers));
    size_t kept = 0, events = 0;

    /* A parent stands before its children. */
    for (size_t i = 0; i < trace->process_count; i++) {
        struct trace_process process = trace->processes[i];
        bool kin = process.parent < 0 ? process.pid == root
                                      : numbers[process.parent] >= 0;
        numbers[i] = kin ? (int)kept : -1;
        if (!kin)
            continue;
        if (process.parent >= 0)
            process.parent = numbers[process.parent];
        process.leader =
            process.leader == (int)i ? (int)kept : numbers[process.leader];
        trace->processes[kept++] = process;
    }
    for (size_t i = 0; i < trace->event_count; i++) {
        struct trace_event event = trace->events[i];
        event.process = numbers[event.process];
        if (event.process >= 0)
            trace->events[events++] = event;
    }
    trace->process_count = kept;
    trace->event_count = events;
    free(numbers);
}

void trace_select(struct trace_log *log, const char *program)
{
    struct trace *trace = log->trace;
    struct replay replay = {.log = log};
    size_t kept = 0;

    if (program != NULL) { /* a copy that lives as long as the trace */
        replay.program = log->spare;
        log->spare = stpcpy(log->spare, program) + 1;
    }
    for (size_t i = 0; i < trace->event_count; i++)
        if (replay_event(&replay, i))
            trace->events[kept++] = trace->events[i];
    trace->event_count = kept;
    int *numbers = number_members(log);
    for (size_t i = 0; i < kept; i++)
        trace->events[i].process = numbers[trace->events[i].process];
    free(numbers);
}
