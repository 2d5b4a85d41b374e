// SPDX-License-Identifier: MIT
/*
 * Lab `popen`, the file you edit. popen(3) is a pipe, a fork, a shell and a
 * stdio stream, tied together by one thing that is easy to overlook: somebody
 * has to remember which process belongs to which stream. Here you use it, then
 * build it, then open two at once. popen.h is the contract. Fill the gaps in
 * order, helpers included, and run `make popen` after each.
 */
#include "popen.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* TODO(popen.1): Number the lines of a command's output, whatever their
 * length, and say how the command ended. What does pclose return? popen(3),
 * wait(2), getline(3). */
int decode_status(int wstatus)
{
    (void)wstatus;
    errno = ENOSYS;
    return -1;
}

int capture(const char *cmd, FILE *out)
{
    (void)cmd, (void)out;
    errno = ENOSYS;
    return fail("capture");
}
/* END(popen.1) */

/* TODO(popen.2): popen and pclose of your own, for the modes "r" and "w", and
 * what goes through them. Who holds which end, whose child is it, and when may
 * my_pclose wait? pipe(2), fdopen(3), execl(3), waitpid(2), signal(7). */
FILE *my_popen(const char *cmd, const char *mode)
{
    (void)cmd, (void)mode;
    errno = ENOSYS;
    return NULL;
}

int my_pclose(FILE *fp)
{
    (void)fp;
    errno = ENOSYS;
    return -1;
}

int drain(FILE *from, FILE *out)
{
    (void)from, (void)out;
    errno = ENOSYS;
    return fail("drain");
}

int feed(int in, FILE *to)
{
    (void)in, (void)to;
    errno = ENOSYS;
    return fail("feed");
}
/* END(popen.2) */

/* TODO(popen.3): Two streams at once: deal the lines out in turn, and let each
 * command see its own end-of-file. Does the second child hold something that
 * the first one waits for? Then my_popen is not finished. popen(3) of POSIX. */
int deal(int in, FILE *one, FILE *two)
{
    (void)in, (void)one, (void)two;
    errno = ENOSYS;
    return fail("deal");
}
/* END(popen.3) */
