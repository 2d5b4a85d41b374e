// SPDX-License-Identifier: MIT
/* Never comes to an end, and uses the processor. */
#include "pipe.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int forever = 1;

static void act(void)
{
    while (forever)
        continue;
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
