// SPDX-License-Identifier: MIT
/* snapshot_sem.c - the System V semaphores that a snapshot's threads wait for.
 */
#include <string.h>
#include <sys/sem.h>

#include "base.h"
#include "blocking.h"
#include "snapshot.h"

const struct snapshot_semaphore *
snapshot_semaphore(const struct snapshot *snapshot, int id, int num)
{
    for (size_t i = 0; i < snapshot->semaphore_count; i++)
        if (snapshot->semaphores[i].id == id &&
            snapshot->semaphores[i].num == num)
            return &snapshot->semaphores[i];
    return NULL;
}

static void add(struct snapshot *snapshot,
                bool (*ask)(void *data, struct snapshot_semaphore *),
                void *data, int id, int num)
{
    struct snapshot_semaphore semaphore = {.id = id, .num = num};

    if (snapshot_semaphore(snapshot, id, num) || !ask(data, &semaphore))
        return;
    struct snapshot_semaphore *slot =
        grow(&snapshot->semaphores, &snapshot->semaphore_count, sizeof(*slot));
    *slot = semaphore;
}

void snapshot_semaphores(struct snapshot *snapshot,
                         bool (*ask)(void *data, struct snapshot_semaphore *),
                         void *data)
{
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct snapshot_thread *thread = &snapshot->threads[i];
        const struct blocking_call *call =
            thread->syscall_known ? blocking_find(thread->syscall) : NULL;
        if (call == NULL || call->form != FORM_SEMAPHORE)
            continue;
        for (size_t at = 0; at < thread->memory_size;
             at += sizeof(struct sembuf)) {
            struct sembuf change;
            memcpy(&change, thread->memory + at, sizeof(change));
            add(snapshot, ask, data, (int)thread->args[0], change.sem_num);
        }
    }
}
