// SPDX-License-Identifier: MIT
/*
 * autopsy_mqueue.c - whom a message would wake: for each POSIX message queue
 * that a blocked process has open, what it holds and who is registered
 * (mq_notify(3)); for the process, the signals that it waits for or has missed.
 */
#include <signal.h>
#include <string.h>

#include "autopsy_private.h"
#include "base.h"

static bool is_open_in(const struct autopsy_scene *scene, pid_t pid,
                       const struct snapshot_queue *queue)
{
    const struct snapshot_thread *process =
        snapshot_process(scene->snapshot, pid);

    for (size_t i = 0; process && i < process->fd_count; i++)
        if (snapshot_queue(scene->snapshot, &process->fds[i]) == queue)
            return true;
    return false;
}

/* The first wait of a process that has QUEUE open, or NULL. */
static const struct autopsy_wait *waiter(const struct autopsy_scene *scene,
                                         const struct snapshot_queue *queue)
{
    const struct autopsy *autopsy = scene->autopsy;

    for (size_t i = 0; i < autopsy->count; i++)
        if (is_open_in(scene, autopsy->waits[i].pid, queue))
            return &autopsy->waits[i];
    return NULL;
}

static void write_queue(const struct autopsy_scene *scene,
                        const struct snapshot_queue *queue)
{
    struct autopsy_line line = {.length = 0};
    char name[sizeof(scene->autopsy->waits->name)];

    if (queue->bytes > 0)
        autopsy_say(&line, "message queue %.40s holds %ld bytes", queue->name,
                    queue->bytes);
    else /* or empty messages: QSIZE counts bytes */
        autopsy_say(&line, "message queue %.40s holds no bytes", queue->name);
    if (queue->registered == 0)
        autopsy_say(&line, "; no process is registered for it (NOTIFY_PID:0)");
    else if (queue->registered < 0)
        autopsy_say(&line, "; some process is registered for it");
    else {
        autopsy_name(scene, queue->registered, name);
        autopsy_say(&line, "; %s is registered for it", name);
    }
    autopsy_finish(scene->autopsy, &line);
}

/* ---- Signals ------------------------------------------------------------- */

/* "SIGINT and SIGTERM"; a longer list is cut. */
static void say_signals(struct autopsy_line *line, uint64_t set)
{
    const char *between = "";
    int said = 0;

    for (int signal = 1; signal <= 64; signal++) {
        if ((set >> (signal - 1) & 1) == 0)
            continue;
        if (said++ == 6) {
            autopsy_say(line, ", ...");
            return;
        }
        autopsy_say(line, "%s", between);
        if (signal >= SIGRTMIN)
            autopsy_say(line, "SIGRTMIN+%d", signal - SIGRTMIN);
        else if (sigabbrev_np(signal))
            autopsy_say(line, "SIG%s", sigabbrev_np(signal));
        else /* the C library's own */
            autopsy_say(line, "signal %d", signal);
        between = ", ";
    }
    if (set == 0)
        autopsy_say(line, "none");
}

static bool is_first_of_thread(const struct autopsy *autopsy, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (autopsy->waits[i].tid == autopsy->waits[n].tid)
            return false;
    return true;
}

static void write_signals(const struct autopsy_scene *scene,
                          const struct autopsy_wait *wait)
{
    const struct snapshot *snapshot = scene->snapshot;
    struct autopsy_line line = {.length = 0};

    for (size_t i = 0; i < snapshot->count; i++) {
        const struct snapshot_thread *thread = &snapshot->threads[i];
        if (thread->tid != wait->tid)
            continue;
        autopsy_say(&line, "%s", wait->name);
        if (wait->tid != wait->pid)
            autopsy_say(&line, " (its thread %d)", wait->tid);
        autopsy_say(&line, ": signals pending: ");
        say_signals(&line, thread->pending);
        autopsy_say(&line, "; blocked: ");
        say_signals(&line, thread->blocked);
        autopsy_finish(scene->autopsy, &line);
        return;
    }
}

/* Signals are told of where a queue is open: one of them may be the
 * notification. */
void autopsy_write_queues(const struct autopsy_scene *scene)
{
    const struct snapshot *snapshot = scene->snapshot;
    const struct autopsy *autopsy = scene->autopsy;

    for (size_t i = 0; i < snapshot->queue_count; i++)
        if (waiter(scene, &snapshot->queues[i]))
            write_queue(scene, &snapshot->queues[i]);
    for (size_t i = 0; i < autopsy->count; i++) {
        bool concerned = false;
        for (size_t j = 0; j < snapshot->queue_count; j++)
            concerned |=
                is_open_in(scene, autopsy->waits[i].pid, &snapshot->queues[j]);
        if (concerned && is_first_of_thread(autopsy, i))
            write_signals(scene, &autopsy->waits[i]);
    }
}
