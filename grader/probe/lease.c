// SPDX-License-Identifier: MIT
/*
 * lease.c - a test borrows a sandbox and gives it back; see lending.h.
 *
 * Tests are processes that inherit no descriptors, so they come to a socket
 * with a path.  The connection is the lease.  Before the holder closes it, it
 * sends one byte: "what I ran is gone, the next may have the sandbox".
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base.h"
#include "lending.h"

#define CONNECT_MS 1000 /* until the socket must be there */
#define TICK_MS    2

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int64_t deadline = now_ms() + CONNECT_MS;

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    while (fd >= 0) {
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
            break;
        bool early = errno == ENOENT || errno == ECONNREFUSED;
        if (errno != EINTR && (!early || now_ms() >= deadline)) {
            int error = errno;
            (void)close(fd);
            errno = error;
            return -1;
        }
        (void)poll(NULL, 0, TICK_MS);
    }
    return fd;
}

/* 0, or the errno value that says why there is nothing. */
static int receive_grant(int connection, struct lent *lent)
{
    struct lending_grant grant;
    union {
        char space[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {&grant, sizeof(grant)};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.space,
                            .msg_controllen = sizeof(control.space)};
    int fds[2] = {-1, -1};
    ssize_t size;

    do
        size = recvmsg(connection, &header, MSG_CMSG_CLOEXEC);
    while (size < 0 && errno == EINTR);
    if (size < 0)
        return errno;
    if (size == 0)
        return ECONNRESET;
    if (size != sizeof(grant))
        return EPROTO;
    if (grant.error != 0)
        return grant.error;
    struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
    if (rights == NULL || rights->cmsg_type != SCM_RIGHTS)
        return EPROTO;
    memcpy(fds, CMSG_DATA(rights), rights->cmsg_len - CMSG_LEN(0));
    *lent = grant.lent;
    lent->control_fd = fds[0];
    lent->log_fd = fds[1];
    return 0;
}

/* 0, or an errno value. */
static int send_packet(int connection, const void *data, size_t size)
{
    ssize_t sent;

    do
        sent = send(connection, data, size, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}

int lending_take(const char *socket_path, const char *what, struct lent *lent)
{
    int connection = connect_to(socket_path);

    if (connection < 0)
        return -1;
    int error = send_packet(connection, what, strlen(what) + 1);
    if (error == 0)
        error = receive_grant(connection, lent);
    if (error == 0)
        return connection;
    (void)close(connection);
    errno = error;
    return -1;
}

int lending_return(int connection, bool swept)
{
    const char byte = LENDING_SWEPT;
    int error = swept ? send_packet(connection, &byte, 1) : 0;

    (void)close(connection); /* nothing to be lost */
    errno = error;
    return error ? -1 : 0;
}
