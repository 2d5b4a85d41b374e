// SPDX-License-Identifier: MIT
/* Fills every directory that it can write to. */
#include "pipe.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void act(void)
{
    static const char *const names[] = {"f", "/tmp/f", "/dev/shm/f"};
    static char block[1 << 20];

    (void)signal(SIGXFSZ, SIG_IGN);
    for (int i = 0; i < 3; i++) {
        int fd = open(names[i], O_WRONLY | O_CREAT, 0600);
        while (fd >= 0 && write(fd, block, sizeof block) > 0)
            continue;
    }
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
