// SPDX-License-Identifier: MIT
/*
 * objects.c - adds to a snapshot the IPC objects of its world, which /proc does
 * not show from outside: they are asked of whoever sees them inside.
 */
#include "run.h"

static bool ask_semaphore(void *world, struct snapshot_semaphore *semaphore)
{
    return world_semaphore(world, semaphore);
}

/* From outside NOTIFY_PID is a pid of the host, which strace knows, too. */
static void name_registered(const struct trace *trace,
                            struct snapshot_queue *queue)
{
    pid_t host_pid = queue->registered;

    if (host_pid == 0)
        return;
    queue->registered = -1;
    for (size_t i = 0; trace && i < trace->process_count; i++)
        if (trace->processes[i].host_pid == host_pid &&
            trace->processes[i].pid > 0)
            queue->registered = trace->processes[i].pid;
}

void objects_add(struct run *run, struct snapshot *snapshot)
{
    struct world *world = run->world;

    if (world->sandbox.level != SANDBOX_FULL)
        return; /* they are the host's */
    snapshot_semaphores(snapshot, ask_semaphore, world);
    snapshot->message_table = world_table(world, "msg");
    snapshot_read_queues(snapshot, world->fds[SERVER_MQUEUE]);
    if (snapshot->queue_count > 0)
        run_read_trace(run);
    for (size_t i = 0; i < snapshot->queue_count; i++)
        name_registered(run->trace, &snapshot->queues[i]);
}

unsigned long objects_shared_kb(const struct run *run)
{
    unsigned long sum = 0, rss;

    if (run->world->sandbox.level != SANDBOX_FULL)
        return 0; /* they are the host's */
    char *table = world_table(run->world, "shm"), *rest = table;
    while (table && (rest = strchr(rest, '\n')) != NULL)
        if (sscanf(++rest,
                   "%*d %*d %*o %*u %*d %*d %*u %*u %*u %*u %*u %*u %*u %*u "
                   "%lu",
                   &rss) == 1)
            sum += rss / 1024;
    free(table);
    return sum;
}
