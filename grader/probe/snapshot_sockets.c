// SPDX-License-Identifier: MIT
/*
 * snapshot_sockets.c - asks the kernel for its sockets; see sockets.h.  The
 * messages are those of <linux/unix_diag.h> and <linux/inet_diag.h>.
 */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base.h"
#include "snapshot.h"
#include "sockets.h"

#define ANSWERS_MAX (16u << 20)

/* ---- Asking -------------------------------------------------------------- */

/* Those that wait for nobody, or are not yet: tcp(7). */
#define INET_STATES                                                            \
    (~(1u << TCP_TIME_WAIT | 1u << TCP_SYN_RECV | 1u << 12 /* the new one */))

struct request {
    struct nlmsghdr head;
    union {
        struct unix_diag_req local;
        struct inet_diag_req_v2 inet;
    } body;
};

static void ask(enum sockets_query query, struct request *request)
{
    bool udp = query == QUERY_UDP || query == QUERY_UDP6;
    bool six = query == QUERY_TCP6 || query == QUERY_UDP6;

    *request =
        (struct request){.head = {.nlmsg_type = SOCK_DIAG_BY_FAMILY,
                                  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                                  .nlmsg_seq = query}};
    if (query == QUERY_UNIX) {
        request->head.nlmsg_len = NLMSG_LENGTH(sizeof(request->body.local));
        request->body.local = (struct unix_diag_req){
            .sdiag_family = AF_UNIX,
            .udiag_states = ~0u,
            .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_ICONS |
                          UDIAG_SHOW_RQLEN};
    } else {
        request->head.nlmsg_len = NLMSG_LENGTH(sizeof(request->body.inet));
        request->body.inet = (struct inet_diag_req_v2){
            .sdiag_family = six ? AF_INET6 : AF_INET,
            .sdiag_protocol = udp ? IPPROTO_UDP : IPPROTO_TCP,
            .idiag_states = INET_STATES};
    }
}

/* Whether the SIZE bytes at CHUNK hold the last message of an answer. */
static bool is_last(const void *chunk, size_t size)
{
    unsigned left = (unsigned)size;

    for (const struct nlmsghdr *message = chunk; NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left))
        if (message->nlmsg_type == NLMSG_DONE ||
            message->nlmsg_type == NLMSG_ERROR)
            return true;
    return false;
}

/* Append the answer to QUERY.  A dump is made while it is received, so there is
 * nothing to wait for. */
static void receive(int diag_fd, enum sockets_query query, char **answers,
                    size_t *size)
{
    static _Alignas(struct nlmsghdr) char chunk[65536];
    struct request request;
    ssize_t got;

    ask(query, &request);
    if (send(diag_fd, &request, request.head.nlmsg_len,
             MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return;
    do {
        got = recv(diag_fd, chunk, sizeof(chunk), MSG_DONTWAIT);
        if (got <= 0 || *size + (size_t)got > ANSWERS_MAX)
            return;
        *answers = xrealloc(*answers, *size + (size_t)got);
        memcpy(*answers + *size, chunk, (size_t)got);
        *size += (size_t)got;
    } while (!is_last(chunk, (size_t)got));
}

/* Whether a process has a socket that none of the answers told of. */
static bool has_unknown(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->count; i++)
        for (size_t j = 0; j < snapshot->threads[i].fd_count; j++) {
            const struct snapshot_fd *fd = &snapshot->threads[i].fds[j];
            if (fd->type == S_IFSOCK && !fd->netlink &&
                snapshot_socket(snapshot, fd) == NULL)
                return true;
        }
    return false;
}

/* The answers to the queries from FIRST on, before END. */
static void read_answers(struct snapshot *snapshot, int diag_fd,
                         enum sockets_query first, enum sockets_query end)
{
    char *answers = NULL;
    size_t size = 0;

    for (enum sockets_query query = first; query < end; query++)
        receive(diag_fd, query, &answers, &size);
    snapshot_parse_sockets(snapshot, answers, size);
    free(answers);
}

void snapshot_read_sockets(struct snapshot *snapshot, int diag_fd)
{
    if (has_unknown(snapshot))
        read_answers(snapshot, diag_fd, QUERY_UNIX, QUERY_UNIX + 1);
    /* For these the kernel walks through the tables of the whole machine, some
     * milliseconds each time. */
    if (has_unknown(snapshot))
        read_answers(snapshot, diag_fd, QUERY_TCP, QUERY_END);
}

void snapshot_copy_sockets(struct snapshot *to, const struct snapshot *from)
{
    size_t size = from->socket_count * sizeof(*from->sockets);

    free(to->sockets);
    to->sockets = NULL;
    if (size > 0)
        to->sockets = memcpy(xrealloc(NULL, size), from->sockets, size);
    to->socket_count = from->socket_count;
    to->sockets_known = from->sockets_known;
}

/* ---- One socket ---------------------------------------------------------- */

/* CLIENT is connected, and waits in LISTENER's queue. */
struct pending {
    unsigned long client, listener;
};

struct answers {
    struct snapshot *snapshot;
    struct pending *pending;
    size_t pending_count;
    unsigned done; /* bit N: query N was answered whole */
};

static uint32_t number_at(const struct rtattr *attribute)
{
    uint32_t number = 0;

    if (RTA_PAYLOAD(attribute) >= sizeof(number))
        memcpy(&number, RTA_DATA(attribute), sizeof(number));
    return number;
}

static void read_shutdown(struct snapshot_socket *socket,
                          const struct rtattr *attribute)
{
    enum { RECEIVE = 1, SEND = 2 }; /* the kernel's *_SHUTDOWN */
    uint8_t how = 0;

    if (RTA_PAYLOAD(attribute) >= sizeof(how))
        memcpy(&how, RTA_DATA(attribute), sizeof(how));
    socket->shut_read = how & RECEIVE;
    socket->shut_write = how & SEND;
}

/* The name is not always ended by NUL; an abstract one begins with it. */
static void read_name(struct snapshot_socket *socket,
                      const struct rtattr *attribute)
{
    size_t size = RTA_PAYLOAD(attribute);

    if (size > sizeof(socket->name) - 1)
        size = sizeof(socket->name) - 1;
    memcpy(socket->name, RTA_DATA(attribute), size);
    if (size > 0 && socket->name[0] == '\0')
        socket->name[0] = '@';
}

static void read_pending(struct answers *answers, unsigned long listener,
                         const struct rtattr *attribute)
{
    const char *inodes = RTA_DATA(attribute);

    for (size_t at = 0; at + 4 <= RTA_PAYLOAD(attribute); at += 4) {
        uint32_t inode;
        memcpy(&inode, inodes + at, sizeof(inode));
        struct pending *pending =
            grow(&answers->pending, &answers->pending_count, sizeof(*pending));
        *pending = (struct pending){inode, listener};
    }
}

static void parse_local(struct answers *answers, const struct nlmsghdr *message)
{
    const struct unix_diag_msg *told = NLMSG_DATA(message);
    unsigned left = NLMSG_PAYLOAD(message, sizeof(*told));
    struct snapshot_socket *socket =
        grow(&answers->snapshot->sockets, &answers->snapshot->socket_count,
             sizeof(*socket));

    socket->inode = told->udiag_ino;
    socket->family = AF_UNIX;
    socket->type = told->udiag_type;
    socket->listens = told->udiag_state == TCP_LISTEN;
    for (const struct rtattr *attribute =
             (const struct rtattr *)(const void *)(told + 1);
         RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
        switch (attribute->rta_type) {
        case UNIX_DIAG_NAME:
            read_name(socket, attribute);
            break;
        case UNIX_DIAG_PEER:
            socket->connected = true;
            socket->peer = number_at(attribute);
            break;
        case UNIX_DIAG_ICONS:
            read_pending(answers, socket->inode, attribute);
            break;
        case UNIX_DIAG_RQLEN: /* of two: the other is what was not taken */
            socket->unread = number_at(attribute);
            break;
        case UNIX_DIAG_SHUTDOWN:
            read_shutdown(socket, attribute);
            break;
        }
    }
}

static void read_address(struct socket_address *address, int family,
                         const uint32_t host[4], uint16_t port)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    if (family == AF_INET) {
        memcpy(address->host, mapped, sizeof(mapped));
        memcpy(address->host + sizeof(mapped), host, 4);
    } else {
        memcpy(address->host, host, sizeof(address->host));
    }
    address->port = ntohs(port);
}

static void parse_inet(struct answers *answers, const struct nlmsghdr *message)
{
    const struct inet_diag_msg *told = NLMSG_DATA(message);
    unsigned left = NLMSG_PAYLOAD(message, sizeof(*told));
    bool tcp =
        message->nlmsg_seq == QUERY_TCP || message->nlmsg_seq == QUERY_TCP6;
    struct snapshot_socket *socket =
        grow(&answers->snapshot->sockets, &answers->snapshot->socket_count,
             sizeof(*socket));

    socket->inode = told->idiag_inode;
    socket->family = AF_INET;
    socket->type = tcp ? SOCK_STREAM : SOCK_DGRAM;
    socket->listens = told->idiag_state == TCP_LISTEN;
    socket->unread = told->idiag_rqueue;
    read_address(&socket->local, told->idiag_family, told->id.idiag_src,
                 told->id.idiag_sport);
    read_address(&socket->remote, told->idiag_family, told->id.idiag_dst,
                 told->id.idiag_dport);
    socket->connected = socket->remote.port != 0;
    (void)snprintf(socket->name, sizeof(socket->name), "port %u",
                   socket->local.port);
    for (const struct rtattr *attribute =
             (const struct rtattr *)(const void *)(told + 1);
         RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
        if (attribute->rta_type == INET_DIAG_SHUTDOWN)
            read_shutdown(socket, attribute);
}

/* ---- Whose other end is whose -------------------------------------------- */

static bool is_same(const struct socket_address *a,
                    const struct socket_address *b)
{
    return a->port == b->port && memcmp(a->host, b->host, sizeof(a->host)) == 0;
}

/* A datagram is for whoever has bound its port, and is connected to nobody or
 * to its sender: udp(7). */
static bool is_other_end(const struct snapshot_socket *socket,
                         const struct snapshot_socket *other)
{
    if (other == socket || other->type != socket->type || other->listens)
        return false;
    if (other->connected)
        return is_same(&socket->remote, &other->local) &&
               is_same(&socket->local, &other->remote);
    return other->type == SOCK_DGRAM &&
           other->local.port == socket->remote.port;
}

static bool has_listener(const struct snapshot *snapshot, uint16_t port)
{
    for (size_t i = 0; i < snapshot->socket_count; i++)
        if (snapshot->sockets[i].listens &&
            snapshot->sockets[i].local.port == port)
            return true;
    return false;
}

static void join_inet(struct snapshot *snapshot, struct snapshot_socket *socket)
{
    for (size_t i = 0; i < snapshot->socket_count; i++) {
        const struct snapshot_socket *other = &snapshot->sockets[i];
        if (other->family == AF_INET && is_other_end(socket, other))
            socket->peer = other->inode;
    }
    /* Its own port means nothing where nobody listens to it. */
    if (!has_listener(snapshot, socket->local.port))
        (void)snprintf(socket->name, sizeof(socket->name), "to port %u",
                       socket->remote.port);
    /* Connections that were not accepted yet have no inode; whose port they
     * are of tells where they wait: listen(2). */
    for (size_t i = 0; i < snapshot->socket_count && socket->peer == 0; i++) {
        const struct snapshot_socket *other = &snapshot->sockets[i];
        if (other->family == AF_INET && other->listens && other->unread > 0 &&
            other->local.port == socket->remote.port)
            socket->listener = other->inode;
    }
}

static void join(struct answers *answers)
{
    struct snapshot *snapshot = answers->snapshot;

    for (size_t i = 0; i < snapshot->socket_count; i++) {
        struct snapshot_socket *socket = &snapshot->sockets[i];
        if (socket->family == AF_INET && socket->connected)
            join_inet(snapshot, socket);
        for (size_t j = 0; j < answers->pending_count; j++)
            if (socket->family == AF_UNIX && socket->peer == 0 &&
                socket->inode != 0 &&
                answers->pending[j].client == socket->inode)
                socket->listener = answers->pending[j].listener;
    }
}

/* A negative error: the dump broke off. */
static void note_end(struct answers *answers, const struct nlmsghdr *message)
{
    int error = -1;

    if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(error)))
        memcpy(&error, NLMSG_DATA(message), sizeof(error));
    if (error >= 0 && message->nlmsg_seq < QUERY_END)
        answers->done |= 1u << message->nlmsg_seq;
}

static bool is_answered(const struct answers *answers, enum sockets_query query)
{
    return answers->done >> query & 1;
}

void snapshot_parse_sockets(struct snapshot *snapshot, const void *data,
                            size_t size)
{
    struct answers answers = {.snapshot = snapshot};
    unsigned left = (unsigned)size;

    for (const struct nlmsghdr *message = data; NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
        bool local = message->nlmsg_seq == QUERY_UNIX;
        size_t least =
            local ? sizeof(struct unix_diag_msg) : sizeof(struct inet_diag_msg);
        if (message->nlmsg_type == NLMSG_DONE)
            note_end(&answers, message);
        else if (message->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
                 message->nlmsg_len >= NLMSG_LENGTH(least))
            (local ? parse_local : parse_inet)(&answers, message);
    }
    join(&answers);
    free(answers.pending);
    if (is_answered(&answers, QUERY_UNIX))
        snapshot->sockets_known |= SOCKETS_UNIX;
    if (is_answered(&answers, QUERY_TCP) && is_answered(&answers, QUERY_TCP6) &&
        is_answered(&answers, QUERY_UDP) && is_answered(&answers, QUERY_UDP6))
        snapshot->sockets_known |= SOCKETS_INET;
}
