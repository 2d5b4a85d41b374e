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
    struct autopsy_line line = {.length = 0};

    autopsy_say(&line, "%s", wait->name);
    if (wait->tid != wait->pid)
        autopsy_say(&line, " (its thread %d)", wait->tid);
    autopsy_say(&line, ": signals ");
    autopsy_say_signals(&line, autopsy_thread(scene, wait->tid));
    autopsy_finish(scene->autopsy, &line);
}

/* Signals are told of where a queue is open, for one of them may be the
 * notification; of who sleeps for a signal they have been told already. */
void autopsy_write_queues(const struct autopsy_scene *scene)
{
    const struct snapshot *snapshot = scene->snapshot;
    const struct autopsy *autopsy = scene->autopsy;

    for (size_t i = 0; i < snapshot->queue_count; i++)
        if (waiter(scene, &snapshot->queues[i]))
            write_queue(scene, &snapshot->queues[i]);
    for (size_t i = 0; i < autopsy->count; i++) {
        bool concerned = false;
        if (autopsy->waits[i].object == OBJECT_SIGNAL)
            continue;
        for (size_t j = 0; j < snapshot->queue_count; j++)
            concerned |=
                is_open_in(scene, autopsy->waits[i].pid, &snapshot->queues[j]);
        if (concerned && is_first_of_thread(autopsy, i))
            write_signals(scene, &autopsy->waits[i]);
    }
}
