// SPDX-License-Identifier: MIT
/* shim_sockets.c - receiving, sending, accepting; see shim.c. */
#include "shim.h"

#include <sys/socket.h>

ssize_t recvfrom(int fd, void *buffer, size_t size, int flags,
                 struct sockaddr *from, socklen_t *from_size)
{
    NEXT(recvfrom);
    delay("recv");
    if (is_interrupted())
        return -1;
    /* Only a signal cuts this short: recv(2). */
    if (!(flags & MSG_WAITALL))
        size = SHORTEN_IN(fd, size);
    return next(fd, buffer, size, flags, from, from_size);
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
    return recvfrom(fd, buffer, size, flags, NULL, NULL);
}

ssize_t sendto(int fd, const void *buffer, size_t size, int flags,
               const struct sockaddr *to, socklen_t to_size)
{
    NEXT(sendto);
    delay("send");
    return is_interrupted()
               ? -1
               : next(fd, buffer, SHORTEN_OUT(fd, size), flags, to, to_size);
}

ssize_t send(int fd, const void *buffer, size_t size, int flags)
{
    return sendto(fd, buffer, size, flags, NULL, 0);
}

static struct msghdr shorten_parts(int fd, const struct msghdr *message,
                                   size_t limit, struct iovec *part)
{
    struct msghdr shorter = *message;

    const struct iovec *only =
        only_part(fd, message->msg_iov, message->msg_iovlen);

    if (only == NULL)
        return shorter;
    *part = *only;
    part->iov_len = part->iov_len > limit ? limit : part->iov_len;
    shorter.msg_iov = part;
    shorter.msg_iovlen = 1;
    return shorter;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    NEXT(recvmsg);
    struct iovec part;

    delay("recv");
    if (is_interrupted())
        return -1;
    struct msghdr shorter = *message;
    if (!(flags & MSG_WAITALL))
        shorter = shorten_parts(fd, message, setting.short_io, &part);
    ssize_t result = next(fd, &shorter, flags);
    message->msg_namelen = shorter.msg_namelen;
    message->msg_controllen = shorter.msg_controllen;
    message->msg_flags = shorter.msg_flags;
    return result;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    NEXT(sendmsg);
    struct iovec part;

    delay("send");
    if (is_interrupted())
        return -1;
    struct msghdr shorter =
        shorten_parts(fd, message, (setting.short_io + 1) / 2, &part);
    return next(fd, &shorter, flags);
}

int accept(int fd, struct sockaddr *address, socklen_t *length)
{
    NEXT(accept);
    delay("accept");
    return next(fd, address, length);
}

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    NEXT(accept4);
    delay("accept");
    return next(fd, address, length, flags);
}
