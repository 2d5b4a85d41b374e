// SPDX-License-Identifier: MIT
/*
 * lease.c - lends the one program under Valgrind to a test at a time.
 *
 * Criterion's workers are processes that inherit no descriptors, so they come
 * to a socket with a path.  Whoever is connected holds the lease; the listen
 * queue of the socket is the queue for it.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memcheck.h"

struct lender {
    int listen_fd;
    int holder_fd; /* connection of the one who has the lease, or -1 */
    bool swept;    /* the holder said so: the server can serve the next one */
    struct memcheck_server server; /* pid 0: none */
    int (*start)(struct memcheck_server *, void *);
    void *data;
};

static int make_address(struct sockaddr_un *address, const char *path)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address->sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    (void)strcpy(address->sun_path, path);
    return 0;
}

static int listen_at(const char *path)
{
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (fd >= 0 && make_address(&address, path) == 0 &&
        bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
        listen(fd, 64) == 0)
        return fd;
    int error = errno;
    if (fd >= 0)
        (void)close(fd);
    errno = error;
    return -1;
}

static void stop_server(struct lender *lender)
{
    if (lender->server.pid <= 0)
        return;
    (void)close(lender->server.control_fd);
    (void)close(lender->server.log_fd);
    (void)kill(lender->server.pid, SIGKILL);
    while (waitpid(lender->server.pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    lender->server.pid = 0;
}

static void start_server(struct lender *lender)
{
    if (lender->server.pid > 0 &&
        waitpid(lender->server.pid, NULL, WNOHANG) == lender->server.pid) {
        (void)close(lender->server.control_fd);
        (void)close(lender->server.log_fd);
        lender->server.pid = 0; /* it ended by itself */
    }
    if (lender->server.pid == 0 &&
        lender->start(&lender->server, lender->data) < 0)
        lender->server.pid = 0;
}

/* One byte, '+' with both descriptors or '-' where there is no server. */
static void send_lease(struct lender *lender)
{
    int fds[2] = {lender->server.control_fd, lender->server.log_fd};
    union {
        char space[CMSG_SPACE(sizeof(fds))];
        struct cmsghdr align;
    } control = {.space = {0}};
    struct iovec part = {lender->server.pid > 0 ? "+" : "-", 1};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

    if (lender->server.pid > 0) {
        header.msg_control = control.space;
        header.msg_controllen = sizeof(control.space);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(fds));
        memcpy(CMSG_DATA(rights), fds, sizeof(fds));
    }
    /* A holder that has gone already is seen by the next poll. */
    (void)sendmsg(lender->holder_fd, &header, MSG_NOSIGNAL);
}

static void lend(struct lender *lender)
{
    lender->holder_fd =
        accept4(lender->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (lender->holder_fd < 0)
        return;
    lender->swept = false;
    start_server(lender);
    send_lease(lender);
}

/* The holder says "swept", or is gone. */
static void hear_holder(struct lender *lender)
{
    char word;
    ssize_t size = recv(lender->holder_fd, &word, 1, 0);

    if (size < 0 && errno == EINTR)
        return;
    if (size > 0) {
        lender->swept = true;
        return;
    }
    (void)close(lender->holder_fd);
    lender->holder_fd = -1;
    if (!lender->swept)
        stop_server(lender); /* a run may still be going on in it */
}

int memcheck_serve(const char *socket_path, int life_fd,
                   int (*start)(struct memcheck_server *, void *), void *data)
{
    struct lender lender = {.listen_fd = listen_at(socket_path),
                            .holder_fd = -1,
                            .start = start,
                            .data = data};

    if (lender.listen_fd < 0)
        return -1;
    start_server(&lender); /* at once: Valgrind needs its time */
    for (;;) {
        struct pollfd events[] = {
            {life_fd, POLLIN, 0},
            {lender.holder_fd, POLLIN, 0},
            {lender.holder_fd < 0 ? lender.listen_fd : -1, POLLIN, 0},
        };
        if (poll(events, 3, -1) < 0) {
            if (errno != EINTR)
                break;
            continue;
        }
        if (events[0].revents)
            break;
        if (events[1].revents)
            hear_holder(&lender);
        else if (events[2].revents)
            lend(&lender);
    }
    stop_server(&lender);
    if (lender.holder_fd >= 0)
        (void)close(lender.holder_fd);
    (void)close(lender.listen_fd);
    (void)unlink(socket_path);
    return 0;
}

static int receive_lease(int connection, int fds[2])
{
    union {
        char space[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control;
    char word = '-';
    struct iovec part = {&word, 1};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.space,
                            .msg_controllen = sizeof(control.space)};
    ssize_t size;

    do
        size = recvmsg(connection, &header, MSG_CMSG_CLOEXEC);
    while (size < 0 && errno == EINTR);
    if (size < 0)
        return -1;
    struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
    if (size == 0 || word != '+' || rights == NULL ||
        rights->cmsg_len != CMSG_LEN(2 * sizeof(int))) {
        errno = EHOSTDOWN;
        return -1;
    }
    memcpy(fds, CMSG_DATA(rights), 2 * sizeof(int));
    return 0;
}

int memcheck_lease(const char *socket_path, int *control_fd, int *log_fd)
{
    struct sockaddr_un address;
    int fds[2], connection;

    if (make_address(&address, socket_path) < 0)
        return -1;
    connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (connection < 0)
        return -1;
    if (connect(connection, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        receive_lease(connection, fds) < 0) {
        int error = errno;
        (void)close(connection);
        errno = error;
        return -1;
    }
    *control_fd = fds[0];
    *log_fd = fds[1];
    return connection;
}

int memcheck_return(int connection, bool swept)
{
    int result = 0;

    if (swept && send(connection, "s", 1, MSG_NOSIGNAL) < 0)
        result = -1;
    return close(connection) < 0 ? -1 : result;
}
