// SPDX-License-Identifier: MIT
/* Leaves a daemon behind: a new session, an unknown parent. */
#include "pipe.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void act(void)
{
    if (fork() == 0) {
        (void)setsid();
        if (fork() == 0)
            for (;;)
                (void)sleep(1000);
        _exit(0);
    }
    (void)wait(NULL);
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
