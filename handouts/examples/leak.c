// SPDX-License-Identifier: MIT
/*
 * For handouts/ipcs.md: make a segment, a set and a queue, use each of them
 * once, and end (with an argument: sleep first) without removing any.
 */
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct {
        long type;
        char text[5];
    } message = {1, "hello"};
    struct sembuf add = {0, 1, 0};
    int m = shmget(IPC_PRIVATE, 4096, 0600);
    int s = semget(IPC_PRIVATE, 1, 0600);
    int q = msgget(IPC_PRIVATE, 0600);

    (void)argv;
    if (m == -1 || s == -1 || q == -1 || shmat(m, NULL, 0) == (void *)-1 ||
        semop(s, &add, 1) == -1 ||
        msgsnd(q, &message, sizeof message.text, 0) == -1)
        return 1;
    if (argc > 1)
        (void)sleep(60);
    return 0;
}
