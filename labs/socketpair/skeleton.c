// SPDX-License-Identifier: MIT
/*
 * Lab `socketpair`, the file you edit. A socket pair is a pipe that goes both
 * ways, and more: one direction can end while the other lives, it can keep
 * messages apart, and open files can travel through it. socketpair.h is the
 * contract. Fill the gaps in order, helpers included, and run `make socketpair`
 * after each.
 */
#include "socketpair.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* TODO(socketpair.1): One pair, one child that returns in capitals what it is
 * sent. Which end belongs to whom? How do you end one direction and not the
 * other, and who waits when both are full? socketpair(2), shutdown(2). */
int upper_pair(int in, int out)
{
    (void)in, (void)out;
    errno = ENOSYS;
    return -1;
}
/* END(socketpair.1) */

/* TODO(socketpair.2): A child that calculates: a request is a message, and so
 * is its answer. What if one is longer than the buffer, or empty, and how does
 * the child know that no more will come? unix(7), recv(2), "MSG_TRUNC". */
int calc_child(int fd)
{
    (void)fd;
    errno = ENOSYS;
    return -1;
}

int calc_pair(int in, int out)
{
    (void)in, (void)out;
    errno = ENOSYS;
    return -1;
}
/* END(socketpair.2) */

/* TODO(socketpair.3): A child opens files for its parent. What does a number
 * mean in another process, what is in the control buffer, and who closes what?
 * unix(7), "SCM_RIGHTS"; cmsg(3) and its example; recv(2), "MSG_CTRUNC". */
int send_fd(int sock, int fd, int err)
{
    (void)sock, (void)fd, (void)err;
    errno = ENOSYS;
    return -1;
}

int recv_fd(int sock, int *err)
{
    (void)sock;
    *err = 0;
    errno = ENOSYS;
    return -1;
}

int open_files(char *const files[], int out)
{
    (void)files, (void)out;
    errno = ENOSYS;
    return -1;
}
/* END(socketpair.3) */
