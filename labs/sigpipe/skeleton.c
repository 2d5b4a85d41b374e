// SPDX-License-Identifier: MIT
/*
 * Lab `sigpipe`, the file you edit. Writing to a pipe that nobody reads kills
 * you, unless you say otherwise; and what you say, your children inherit. Here
 * you die of it properly, survive it, keep it from your children, and feed
 * several commands of which any may leave. sigpipe.h is the contract. Fill the
 * gaps in order, helpers included, and run `make sigpipe` after each.
 */
#include "sigpipe.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* TODO(sigpipe.1): Decide what SIGPIPE does to you, whatever it did before
 * you were started; then write, with write(2) and through stdio, so that no
 * error goes unnoticed and the count is true. signal(7), write(2), fflush(3).
 */
int sigpipe_set(int how)
{
    (void)how;
    errno = ENOSYS;
    return -1;
}

ssize_t write_all(int fd, const void *buf, size_t n, size_t *done)
{
    (void)fd, (void)buf, (void)n, (void)done;
    errno = ENOSYS;
    return -1;
}

int print_lines(FILE *out, long n)
{
    (void)out, (void)n;
    errno = ENOSYS;
    return -1;
}
/* END(sigpipe.1) */

/* TODO(sigpipe.2): Start a command that can die of SIGPIPE as every program
 * expects to, while you go on ignoring it. What does a new program inherit?
 * execve(2), "Effect on process attributes". */
pid_t spawn_clean(char **argv, int in_fd)
{
    (void)argv, (void)in_fd;
    errno = ENOSYS;
    return fail("spawn");
}
/* END(sigpipe.2) */

/* TODO(sigpipe.3): All of `in` to each of n commands; one that leaves is
 * dropped and the others do not notice. Who holds which end of which pipe, and
 * who is waiting for end-of-file? pipe(7), "I/O on pipes and FIFOs". */
int fan(char ***cmds, int n, int in)
{
    (void)cmds, (void)n, (void)in;
    errno = ENOSYS;
    return fail("fan");
}
/* END(sigpipe.3) */
