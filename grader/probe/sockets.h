// SPDX-License-Identifier: MIT
/*
 * sockets.h - sockets, as a snapshot has them: whose other end is whose, and
 * what lies unread in between.
 *
 * /proc does not tell; the kernel does on a socket of NETLINK_SOCK_DIAG, see
 * sock_diag(7), for the network in which that was opened.  The two ends of a
 * connection have different inodes.
 */
#ifndef PROBE_SOCKETS_H
#define PROBE_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* IPv4 addresses are mapped into IPv6: ipv6(7). */
struct socket_address {
    uint8_t host[16];
    uint16_t port; /* 0: none */
};

struct snapshot_socket {
    unsigned long inode;    /* 0: no descriptor is of it: it has not been
                               accepted yet, or was closed */
    int family, type;       /* AF_UNIX, or AF_INET for both of its kinds */
    bool listens;           /* listen(2) */
    bool connected;         /* it has another end... */
    unsigned long peer;     /* ...with this inode; 0: likewise */
    unsigned long listener; /* of those, which socket would accept it; or 0 */
    unsigned long unread;   /* bytes; of one that listens: connections */
    bool shut_read;         /* the other end sends nothing more: shutdown(2) */
    bool shut_write;        /* nor does this one */
    struct socket_address local, remote; /* AF_INET */
    char name[64]; /* a path, "@abstract", "port 5000"; "to port 5000" at the
                      end that is not the server's; "": none */
};

/* Which tables could be read whole. */
enum {
    SOCKETS_UNIX = 1,
    SOCKETS_INET = 2,
};

/* The order in which they are asked for, from 1 on: nlmsg_seq of the answers.
 */
enum sockets_query {
    QUERY_UNIX = 1,
    QUERY_TCP,
    QUERY_TCP6,
    QUERY_UDP,
    QUERY_UDP6,
    QUERY_END,
};

struct blocking_call;
struct snapshot;
struct snapshot_fd;
struct snapshot_thread;

/*
 * Add the sockets that DIAG_FD tells of, if a process of SNAPSHOT has any: to
 * be called when all threads have been read (deadlock.c, rule 1).  Does not
 * block.
 */
void snapshot_read_sockets(struct snapshot *snapshot, int diag_fd);
/* The same from SIZE bytes of its answers at DATA. */
void snapshot_parse_sockets(struct snapshot *snapshot, const void *data,
                            size_t size);
/* What FROM knows of sockets is true of TO: nothing has moved in between. */
void snapshot_copy_sockets(struct snapshot *to, const struct snapshot *from);
/* The socket that FD is a descriptor of; NULL if nothing is known of it. */
const struct snapshot_socket *snapshot_socket(const struct snapshot *snapshot,
                                              const struct snapshot_fd *fd);
/* The socket with INODE; NULL. */
const struct snapshot_socket *socket_by_inode(const struct snapshot *snapshot,
                                              unsigned long inode);
/* The one to which SOCKET, which THREAD waits for in CALL, is to be connected,
 * or to send: by the address that it has given; NULL: none, or not known. */
const struct snapshot_socket *socket_addressed(
    const struct snapshot *snapshot, const struct snapshot_thread *thread,
    const struct blocking_call *call, const struct snapshot_socket *socket);
/* Whether FD is a descriptor of the socket with INODE. */
bool socket_is_of(const struct snapshot_fd *fd, unsigned long inode);
/* Whether nobody but processes of SNAPSHOT can end a wait of THREAD, in CALL,
 * for the socket FD, and nothing is there that would.  READS: a wait for
 * something to take from it. */
bool socket_is_inside(const struct snapshot *snapshot,
                      const struct snapshot_thread *thread,
                      const struct blocking_call *call,
                      const struct snapshot_fd *fd, bool reads);

#endif
