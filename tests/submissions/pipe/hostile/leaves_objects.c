// SPDX-License-Identifier: MIT
/* Leaves System V objects and a POSIX queue behind. */
#include "pipe.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
static void act(void)
{
    (void)shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
    (void)semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
    (void)msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    (void)mq_open("/left", O_CREAT | O_RDWR, 0600, NULL);
}

ssize_t write_all(int fd, const void *buf, size_t n)
{
    return write(fd, buf, n);
}

int upper(int in, int out)
{
    (void)in, (void)out;
    act();
    return 0;
}

int run_pipeline(char ***cmds, int n)
{
    (void)cmds, (void)n;
    act();
    return 0;
}

int filter(char **argv, int in, int out, long long *nin, long long *nout)
{
    (void)argv, (void)in, (void)out, (void)nin, (void)nout;
    act();
    return 0;
}

int gather(int n, int records, size_t size, int out)
{
    (void)n, (void)records, (void)size, (void)out;
    return 0;
}
