// SPDX-License-Identifier: MIT
/*
 * Tries: to use up the machine's semaphores, and the kernel's memory by large
 *     sets of them: its own limits allow 60 GB.
 * Fails because: a set has at most 256 of them here, and all go with the
 *     sandbox.
 * Base: skeleton
 * Lab: semaphores
 * Seen: score 0; within 180
 */
#include <sys/ipc.h>
#include <sys/sem.h>

__attribute__((constructor)) static void take(void)
{
    while (semget(IPC_PRIVATE, 32000, IPC_CREAT | 0600) >= 0)
        continue;
    while (semget(IPC_PRIVATE, 1, IPC_CREAT | 0600) >= 0)
        continue;
}
