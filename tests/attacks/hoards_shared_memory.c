// SPDX-License-Identifier: MIT
/*
 * Tries: to take all memory by segments that nobody is attached to any more,
 *     and which count for no process.
 * Fails because: the watcher counts the segments of the sandbox as memory of
 *     the program, and stops it.
 * Base: skeleton
 * Lab: shm
 * Seen: score 0; absent hoarded-it-all; within 180
 */
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

__attribute__((constructor)) static void hoard(void)
{
    const size_t size = 64 << 20;

    for (int i = 0; i < 32; i++) { /* 2 GiB are enough to show it */
        int id = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
        char *memory = shmat(id, NULL, 0);
        if (memory == (void *)-1)
            return;
        memset(memory, 1, size);
        (void)shmdt(memory);
        (void)write(STDOUT_FILENO, ".", 1); /* it is not idle */
        (void)usleep(20000);
    }
    (void)write(STDERR_FILENO, "hoarded-it-all\n", 15);
}
