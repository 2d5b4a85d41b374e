// SPDX-License-Identifier: MIT
/*
 * lease.c - one server under Valgrind, held by one test after the other; see
 * memcheck.h.
 *
 * Tests are processes that inherit no descriptors, so they come to a socket
 * with a path.  Each waits in its queue until the one before is done; then a
 * packet brings the descriptors, and the connection is the lease.  Before the
 * holder closes it, it sends one byte: "what I ran is gone, the next may have
 * the server".  A holder that was killed could not, and the server, in which
 * its processes may still run, is then replaced.
 */
#include "memcheck.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"

#define CONNECT_MS 1000 /* until the socket must be there */
#define GRACE_MS   1000 /* for a server to clean up and end by itself */
#define GONE_MS    2000 /* for all its processes, when it was killed */
#define TICK_MS    2
#define WAITERS    64

static const char swept_byte = 's';

/* The answer to a connection; without an error, two descriptors follow. */
struct grant {
    int32_t error;
};

union grant_space {
    char space[CMSG_SPACE(2 * sizeof(int))];
    struct cmsghdr align;
};

/* ---- The server's life --------------------------------------------------- */

struct host {
    int listen_fd, life_fd;
    int (*start)(struct memcheck_server *, void *);
    void *data;
    struct memcheck_server server; /* pid -1: there is none to wait for */
    bool running;
    bool log_ended; /* nobody is left who could write to it */
};

/* Throw away what is in the log: it is no test's, and a process that waits
 * for room in it cannot end. */
static void discard_log(struct host *host)
{
    char buffer[16384];
    ssize_t size;

    do
        size = recv(host->server.log_fd, buffer, sizeof(buffer), MSG_DONTWAIT);
    while (size > 0 || (size < 0 && errno == EINTR));
    if (size == 0)
        host->log_ended = true;
}

static bool has_ended(struct host *host)
{
    pid_t pid = host->server.pid;

    if (pid > 0 && waitpid(pid, NULL, WNOHANG) != 0)
        host->server.pid = -1; /* reaped; it is not ours to kill any more */
    return host->server.pid < 0;
}

static bool is_alive(struct host *host)
{
    struct pollfd control = {.fd = host->server.control_fd};

    return host->running && !has_ended(host) &&
           (poll(&control, 1, 0) <= 0 || control.revents == 0);
}

/* Its log is open as long as one process of its sandbox lives. */
static bool is_gone(struct host *host)
{
    return has_ended(host) && host->log_ended;
}

static void wait_until(bool (*done)(struct host *), struct host *host,
                       int64_t wait_ms)
{
    int64_t deadline = now_ms() + wait_ms;

    for (;;) {
        discard_log(host);
        if (done(host) || now_ms() >= deadline)
            return;
        (void)poll(NULL, 0, TICK_MS);
    }
}

/*
 * A server ends when its socket does, and kills what it started: where it is
 * not pid 1 of a sandbox, nobody else would.  shutdown(2) reaches it even if a
 * test still holds a copy of our end.
 */
static void stop_server(struct host *host)
{
    if (!host->running)
        return;
    (void)shutdown(host->server.control_fd, SHUT_RDWR);
    wait_until(has_ended, host, GRACE_MS);
    if (!has_ended(host)) {
        (void)kill(host->server.pid, SIGKILL);
        while (waitpid(host->server.pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        host->server.pid = -1;
    }
    wait_until(is_gone, host, GONE_MS);
    (void)close(host->server.control_fd);
    (void)close(host->server.log_fd);
    host->running = false;
}

/* 0, or the errno value that a test is told. */
static int need_server(struct host *host)
{
    if (is_alive(host))
        return 0;
    stop_server(host);
    host->log_ended = false;
    host->server = (struct memcheck_server){-1, -1, -1};
    errno = 0;
    if (host->start(&host->server, host->data) < 0)
        return errno ? errno : EHOSTDOWN;
    host->running = true;
    return 0;
}

/* ---- The holder's turn --------------------------------------------------- */

static int send_grant(const struct host *host, int connection, int error)
{
    struct grant grant = {error};
    union grant_space control = {.space = {0}};
    struct iovec part = {&grant, sizeof(grant)};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

    if (error == 0) {
        int fds[2] = {host->server.control_fd, host->server.log_fd};
        header.msg_control = control.space;
        header.msg_controllen = sizeof(control.space);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(fds));
        memcpy(CMSG_DATA(rights), fds, sizeof(fds));
    }
    ssize_t sent;
    do
        sent = sendmsg(connection, &header, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : 0;
}

/* Whoever started us holds the other end; what it writes means nothing. */
static bool has_life_ended(const struct host *host)
{
    char bytes[64];
    ssize_t size = read(host->life_fd, bytes, sizeof(bytes));

    return size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN);
}

/* Wait for input on FD; false when it is time to end. */
static bool wait_input(const struct host *host, int fd)
{
    for (;;) {
        struct pollfd events[] = {{host->life_fd, POLLIN, 0}, {fd, POLLIN, 0}};
        if (poll(events, LENGTH(events), -1) < 0) {
            if (errno == EINTR)
                continue;
            return false;
        }
        if (events[0].revents && has_life_ended(host))
            return false;
        if (events[1].revents)
            return true;
    }
}

/* True if the holder said so before it closed CONNECTION. */
static bool await_return(const struct host *host, int connection)
{
    bool swept = false;

    while (wait_input(host, connection)) {
        char byte;
        ssize_t size = recv(connection, &byte, 1, 0);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return swept;
        swept = byte == swept_byte;
    }
    return false;
}

/* It may have been killed while it waited for its turn. */
static bool has_left(int connection)
{
    struct pollfd events = {.fd = connection};

    return poll(&events, 1, 0) > 0 && (events.revents & (POLLHUP | POLLERR));
}

static void serve_one(struct host *host, int connection)
{
    if (has_left(connection))
        return;
    int error = need_server(host);
    if (error == 0)
        discard_log(host);
    if (send_grant(host, connection, error) < 0 || error != 0)
        return;
    if (!await_return(host, connection))
        stop_server(host);
}

static int accept_one(int listen_fd)
{
    for (;;) {
        int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0 || (errno != EINTR && errno != ECONNABORTED))
            return fd;
    }
}

/* ---- The public functions ------------------------------------------------ */

static int set_address(struct sockaddr_un *address, const char *path)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address->sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address->sun_path, path, strlen(path) + 1);
    return 0;
}

static int listen_at(const char *path)
{
    struct sockaddr_un address;

    if (set_address(&address, path) < 0)
        return -1;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    mode_t old = umask(S_IXUSR | S_IRWXG | S_IRWXO); /* ours alone */
    int bound = bind(fd, (struct sockaddr *)&address, sizeof(address));
    (void)umask(old); /* cannot fail */
    if (bound == 0 && listen(fd, WAITERS) == 0)
        return fd;
    int error = errno;
    (void)close(fd);
    errno = error;
    return -1;
}

int memcheck_serve(const char *socket_path, int life_fd,
                   int (*start)(struct memcheck_server *, void *), void *data)
{
    struct host host = {.life_fd = life_fd, .start = start, .data = data};
    int error = 0;

    host.listen_fd = listen_at(socket_path);
    if (host.listen_fd < 0)
        return -1;
    /* At once: Valgrind takes its time, and it has it now.  Should it fail,
     * the first test tries again and is told why. */
    (void)need_server(&host);
    while (wait_input(&host, host.listen_fd)) {
        int connection = accept_one(host.listen_fd);
        if (connection < 0) {
            error = errno;
            break;
        }
        serve_one(&host, connection);
        (void)close(connection);
    }
    (void)unlink(socket_path); /* its directory may be gone already */
    (void)close(host.listen_fd);
    stop_server(&host);
    errno = error;
    return error ? -1 : 0;
}

static int connect_to(const char *path)
{
    struct sockaddr_un address;
    int64_t deadline = now_ms() + CONNECT_MS;

    if (set_address(&address, path) < 0)
        return -1;
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

/* 0, or the errno value that says why there are no descriptors. */
static int receive_grant(int connection, int fds[2])
{
    struct grant grant;
    union grant_space control;
    struct iovec part = {&grant, sizeof(grant)};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.space,
                            .msg_controllen = sizeof(control.space)};
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
    if (rights == NULL || rights->cmsg_type != SCM_RIGHTS ||
        rights->cmsg_len != CMSG_LEN(2 * sizeof(int)))
        return EPROTO;
    memcpy(fds, CMSG_DATA(rights), 2 * sizeof(int));
    return 0;
}

int memcheck_lease(const char *socket_path, int *control_fd, int *log_fd)
{
    int fds[2];
    int connection = connect_to(socket_path);

    if (connection < 0)
        return -1;
    int error = receive_grant(connection, fds);
    if (error != 0) {
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
    ssize_t sent = 0;
    int error = 0;

    while (swept && sent <= 0 && error == 0) {
        sent = send(connection, &swept_byte, 1, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            error = errno;
    }
    (void)close(connection); /* nothing to be lost */
    errno = error;
    return error ? -1 : 0;
}
