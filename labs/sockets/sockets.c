// SPDX-License-Identifier: MIT
/*
 * Lab `sockets`, the file you edit. A TCP connection is a pipe with two
 * directions that reaches strangers; it carries bytes, and where a message ends
 * is for you to say. You build a server that many clients use at the same time,
 * and then meet UDP, which keeps messages whole, and loses some of them.
 * sockets.h is the contract. Fill the gaps in order, helpers included, and run
 * `make sockets` after each.
 */
#include "sockets.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* TODO(sockets.1): One socket that listens, and one that is connected to it.
 * What is the byte order of an address, and when may a port be had again?
 * ip(7), socket(7), listen(2), connect(2). */
int listen_on(unsigned short port)
{
    (void)port;
    errno = ENOSYS;
    return -1;
}

int connect_to(unsigned short port)
{
    (void)port;
    errno = ENOSYS;
    return -1;
}
/* END(sockets.1) */

/* TODO(sockets.2): One frame in, one frame out. How many bytes does one call
 * bring, and whose are they? recv(2), send(2), byteorder(3). */
int read_frame(int fd, char **body, uint32_t *len)
{
    (void)fd, (void)body, (void)len;
    errno = ENOSYS;
    return -1;
}

int write_frame(int fd, const char *body, uint32_t len)
{
    (void)fd, (void)body, (void)len;
    errno = ENOSYS;
    return -1;
}
/* END(sockets.2) */

/* TODO(sockets.3): The server. A client may do nothing, or leave, at every
 * point; the others must not notice, nor may you be ended by it. And SIGTERM
 * may come just before you wait. poll(2), accept(2), fork(2), signal(7). */
int serve_loop(int lfd, const volatile sig_atomic_t *stop)
{
    (void)lfd, (void)stop;
    errno = ENOSYS;
    return -1;
}
/* END(sockets.3) */

/* TODO(sockets.4): The same with datagrams. Nobody tells you that one was lost,
 * or who has sent the one that you receive. udp(7), recvfrom(2), poll(2). */
int udp_serve(unsigned short port, const volatile sig_atomic_t *stop)
{
    (void)port, (void)stop;
    errno = ENOSYS;
    return -1;
}

ssize_t udp_call(unsigned short port, const char *text, char *answer,
                 size_t size)
{
    (void)port, (void)text, (void)answer, (void)size;
    errno = ENOSYS;
    return -1;
}
/* END(sockets.4) */
