// SPDX-License-Identifier: MIT
/*
 * Tries: to use up the machine's message queues, and the memory that holds
 *     what is in them.
 * Fails because: the objects are the sandbox's own, with the kernel's limits,
 *     and go with it.
 * Base: skeleton
 * Lab: msgq
 * Seen: score 0; within 180
 */
#include <sys/ipc.h>
#include <sys/msg.h>

__attribute__((constructor)) static void fill(void)
{
    static struct {
        long type;
        char body[8192];
    } message = {1, {0}};

    for (;;) {
        int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
        if (id < 0)
            break;
        while (msgsnd(id, &message, sizeof(message.body), IPC_NOWAIT) == 0)
            continue;
    }
}
