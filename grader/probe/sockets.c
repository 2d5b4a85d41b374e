// SPDX-License-Identifier: MIT
/* sockets.c - what can be asked of a snapshot's sockets; see sockets.h. */
#include "sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base.h"
#include "blocking.h"
#include "snapshot.h"

/* 0: it is of no socket. */
static unsigned long inode_of(const struct snapshot_fd *fd)
{
    unsigned long inode;

    return sscanf(fd->target, "socket:[%lu]", &inode) == 1 ? inode : 0;
}

bool socket_is_of(const struct snapshot_fd *fd, unsigned long inode)
{
    return inode != 0 && inode_of(fd) == inode;
}

const struct snapshot_socket *socket_by_inode(const struct snapshot *snapshot,
                                              unsigned long inode)
{
    for (size_t i = 0; i < snapshot->socket_count && inode != 0; i++)
        if (snapshot->sockets[i].inode == inode)
            return &snapshot->sockets[i];
    return NULL;
}

const struct snapshot_socket *snapshot_socket(const struct snapshot *snapshot,
                                              const struct snapshot_fd *fd)
{
    return socket_by_inode(snapshot, inode_of(fd));
}

/* ---- Addresses ----------------------------------------------------------- */

/* What the SIZE bytes of an address name, in the words of a socket's name. */
static void name_of(const uint8_t *bytes, size_t size, char *name, size_t room)
{
    struct sockaddr_un local = {0};
    sa_family_t family = AF_UNSPEC;
    in_port_t port;

    *name = '\0';
    if (size >= sizeof(family))
        memcpy(&family, bytes, sizeof(family));
    if (family == AF_UNIX && size <= sizeof(local)) {
        memcpy(&local, bytes, size);
        size_t length = size - offsetof(struct sockaddr_un, sun_path);
        (void)snprintf(name, room, "%s%.*s", local.sun_path[0] ? "" : "@",
                       (int)length, local.sun_path + !local.sun_path[0]);
    }
    /* The port stands at the same place in both: ip(7), ipv6(7). */
    if ((family == AF_INET || family == AF_INET6) &&
        size >= sizeof(struct sockaddr_in)) {
        memcpy(&port, bytes + offsetof(struct sockaddr_in, sin_port),
               sizeof(port));
        (void)snprintf(name, room, "port %u", ntohs(port));
    }
}

const struct snapshot_socket *socket_addressed(
    const struct snapshot *snapshot, const struct snapshot_thread *thread,
    const struct blocking_call *call, const struct snapshot_socket *socket)
{
    char name[sizeof(socket->name)];

    if (call->address_arg == 0 || thread->memory_size == 0)
        return NULL;
    name_of(thread->memory, thread->memory_size, name, sizeof(name));
    for (size_t i = 0; i < snapshot->socket_count && *name; i++) {
        const struct snapshot_socket *other = &snapshot->sockets[i];
        if (other != socket && other->inode != 0 &&
            other->type == socket->type && other->family == socket->family &&
            (other->listens || other->type == SOCK_DGRAM) &&
            strcmp(other->name, name) == 0)
            return other;
    }
    return NULL;
}

/* ---- The proof ----------------------------------------------------------- */

static bool is_held(const struct snapshot *snapshot, unsigned long inode)
{
    for (size_t i = 0; i < snapshot->count; i++)
        for (size_t j = 0; j < snapshot->threads[i].fd_count; j++)
            if (socket_is_of(&snapshot->threads[i].fds[j], inode))
                return true;
    return false;
}

/* Whoever holds the other end, or could accept it. */
static bool is_local_inside(const struct snapshot *snapshot,
                            const struct snapshot_thread *thread,
                            const struct blocking_call *call,
                            const struct snapshot_socket *socket, bool reads)
{
    if (socket->listens)
        return true; /* nobody is connecting to it */
    if (call->address_arg > 0 && thread->memory_size > 0) {
        const struct snapshot_socket *target =
            socket_addressed(snapshot, thread, call, socket);
        return target && is_held(snapshot, target->inode);
    }
    if (socket->peer != 0)
        return is_held(snapshot, socket->peer);
    if (socket->listener != 0)
        return is_held(snapshot, socket->listener);
    /* Connected to nobody, or to one that is gone: nobody will write. */
    return reads && socket->type == SOCK_DGRAM;
}

/* Datagrams may come from any socket there is, connections, too. */
static bool is_network_inside(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->socket_count; i++)
        if (snapshot->sockets[i].family == AF_INET &&
            snapshot->sockets[i].inode != 0 &&
            !is_held(snapshot, snapshot->sockets[i].inode))
            return false;
    return true;
}

bool socket_is_inside(const struct snapshot *snapshot,
                      const struct snapshot_thread *thread,
                      const struct blocking_call *call,
                      const struct snapshot_fd *fd, bool reads)
{
    const struct snapshot_socket *socket = snapshot_socket(snapshot, fd);

    /* What the kernel answers to it would have been there at once; what it
     * tells of its own accord is of message queues only: mq_notify(3). */
    if (socket == NULL)
        return fd->netlink;
    if (reads && socket->unread > 0)
        return false;
    if (socket->family == AF_UNIX)
        return (snapshot->sockets_known & SOCKETS_UNIX) &&
               is_local_inside(snapshot, thread, call, socket, reads);
    return (snapshot->sockets_known & SOCKETS_INET) &&
           is_network_inside(snapshot);
}
