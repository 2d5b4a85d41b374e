// SPDX-License-Identifier: MIT
/*
 * Lab `mkfifo`, the file you edit. A FIFO is a pipe with a name: strangers can
 * meet in it, and so they come and go as they like. Here you first move bytes
 * through one, then build a server that many clients share, and that no client
 * can stop. mkfifo.h is the contract. Fill the gaps in order, helpers included,
 * and run `make mkfifo` after each.
 */
#include "mkfifo.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* TODO(mkfifo.1): Bytes from a descriptor into a FIFO, and from a FIFO to a
 * descriptor. Whom does open(2) wait for? When does read(2) return 0? Make no
 * file where there is none. fifo(7), write(2). */
int fifo_send(const char *path, int in)
{
    (void)path, (void)in;
    errno = ENOSYS;
    return fail("send");
}

int fifo_recv(const char *path, int out)
{
    (void)path, (void)out;
    errno = ENOSYS;
    return fail("recv");
}
/* END(mkfifo.1) */

/* TODO(mkfifo.2): A FIFO with exactly the mode asked for, and a server that
 * answers whoever writes to it, for as long as it is wanted: no client that
 * comes, goes, or is not there may end it, block it or keep it busy. mkfifo(3),
 * fifo(7), open(2) with O_NONBLOCK, signal(7). */
int fifo_make(const char *path, mode_t mode)
{
    (void)path, (void)mode;
    errno = ENOSYS;
    return fail("make");
}

int fifo_serve(const char *path, int max, volatile sig_atomic_t *stop)
{
    (void)path, (void)max, (void)stop;
    errno = ENOSYS;
    return fail("serve");
}
/* END(mkfifo.2) */

/* TODO(mkfifo.3): One request, one answer. By the time the server has read the
 * request it must find you at the other end of the reply FIFO; and if there is
 * no server you want to know at once. Leave nothing behind. fifo(7), pipe(7),
 * "PIPE_BUF". */
int fifo_ask(const char *path, const char *word, char *answer, size_t size)
{
    (void)path, (void)word, (void)answer, (void)size;
    errno = ENOSYS;
    return fail("ask");
}
/* END(mkfifo.3) */
