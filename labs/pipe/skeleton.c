// SPDX-License-Identifier: MIT
/*
 * Lab `pipe`, the file you edit. Nearly everything that goes wrong with a pipe
 * is a descriptor that someone forgot to close: here you build what a shell
 * does for `A | B | C`, then what it cannot do, to talk to one command both
 * ways. pipe.h is the contract. Fill the gaps in order, helpers included, and
 * run `make pipe` after each.
 */
#include "pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* TODO(pipe.1): One pipe, one child. write_all delivers every byte although
 * the kernel may take fewer than offered; upper lets a child convert what it
 * reads. When does a reader see end-of-file? pipe(7), "I/O on pipes". */
ssize_t write_all(int fd, const void *buf, size_t n)
{
    (void)fd, (void)buf, (void)n;
    errno = ENOSYS;
    return -1;
}

int upper(int in, int out)
{
    (void)in, (void)out;
    errno = ENOSYS;
    return fail("upper");
}
/* END(pipe.1) */

/* TODO(pipe.2): n commands at the same time, each with descriptors 0, 1, 2
 * and no other; the result is the last one's exit status. Think of a command
 * or process that cannot start, and of a closed stdin. dup(2), execvp(3). */
int run_pipeline(char ***cmds, int n)
{
    (void)cmds, (void)n;
    errno = ENOSYS;
    return fail("run");
}
/* END(pipe.2) */

/* TODO(pipe.3): Feed a command and copy its output, neither ever waiting for
 * the other for good: pipes fill up, the command may leave early, `in` may be
 * silent. Count the bytes. pipe(7), poll(2), signal(7). */
int filter(char **argv, int in, int out, long long *nin, long long *nout)
{
    (void)argv, (void)in, (void)out, (void)nin, (void)nout;
    errno = ENOSYS;
    return fail("filter");
}
/* END(pipe.3) */

/* TODO(pipe.4): Bonus. Many writers share one pipe and their records may be
 * larger than it takes in one piece; `out` gets whole records only. pipe(7),
 * "PIPE_BUF". */
int gather(int n, int records, size_t size, int out)
{
    (void)n, (void)records, (void)size, (void)out;
    errno = ENOSYS;
    return fail("gather");
}
/* END(pipe.4) */
