// SPDX-License-Identifier: MIT
/*
 * lender.c - the process that lends sandboxes to tests; see lending.h.
 *
 * A connection is a lease, or waits to become one.  Where it ends without the
 * word that its sandbox is swept, processes of the holder's may still run
 * there, and the sandbox is stopped.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "lending.h"

#define GRACE_MS 1000 /* for a server to clean up and end by itself */
#define GONE_MS  2000 /* for all its processes, when it was killed */
#define TICK_MS  2
#define WAITERS  64

struct server {
    struct lent lent; /* pid -1: there is none to wait for */
    char *what;
    bool lent_out;
    bool log_ended; /* nobody is left who could write to it */
};

struct connection {
    int fd;
    char *what;            /* NULL until it has asked */
    struct server *server; /* that it holds; or NULL */
    bool swept;
};

struct lender {
    int listen_fd, life_fd;
    int (*start)(struct lent *, const char *, void *);
    void *data;
    unsigned serial;
    struct server **servers;
    size_t server_count;
    struct connection *connections; /* in the order in which they came */
    size_t connection_count;
};

/* ---- A server's life ----------------------------------------------------- */

/* Throw away what is in the log: it is no test's, and a process that waits
 * for room in it cannot end. */
static void discard_log(struct server *server)
{
    char buffer[16384];
    ssize_t size;

    if (server->log_ended)
        return;
    do
        size = recv(server->lent.log_fd, buffer, sizeof(buffer), MSG_DONTWAIT);
    while (size > 0 || (size < 0 && errno == EINTR));
    if (size == 0)
        server->log_ended = true;
}

static bool has_ended(struct server *server)
{
    pid_t pid = server->lent.pid;

    if (pid > 0 && waitpid(pid, NULL, WNOHANG) != 0)
        server->lent.pid = -1; /* reaped; it is not ours to kill any more */
    return server->lent.pid < 0;
}

static bool is_alive(struct server *server)
{
    struct pollfd control = {.fd = server->lent.control_fd};

    return !has_ended(server) &&
           (poll(&control, 1, 0) <= 0 || control.revents == 0);
}

/* Its log is open as long as one process of its sandbox lives. */
static bool is_gone(struct server *server)
{
    return has_ended(server) && server->log_ended;
}

static void wait_until(bool (*done)(struct server *), struct server *server,
                       int64_t wait_ms)
{
    int64_t deadline = now_ms() + wait_ms;

    for (;;) {
        discard_log(server);
        if (done(server) || now_ms() >= deadline)
            return;
        (void)poll(NULL, 0, TICK_MS);
    }
}

/*
 * A server ends when its socket does, and kills what it started: where it is
 * not pid 1 of a sandbox, nobody else would.  shutdown(2) reaches it even if a
 * test still holds a copy of our end.
 */
static void stop_server(struct server *server)
{
    (void)shutdown(server->lent.control_fd, SHUT_RDWR);
    wait_until(has_ended, server, GRACE_MS);
    if (!has_ended(server)) {
        (void)kill(server->lent.pid, SIGKILL);
        while (waitpid(server->lent.pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        server->lent.pid = -1;
    }
    wait_until(is_gone, server, GONE_MS);
    (void)close(server->lent.control_fd);
    if (server->lent.log_fd >= 0)
        (void)close(server->lent.log_fd);
}

static void remove_server(struct lender *lender, struct server *server)
{
    size_t i = 0;

    stop_server(server);
    while (lender->servers[i] != server)
        i++;
    lender->servers[i] = lender->servers[--lender->server_count];
    free(server->what);
    free(server);
}

/* NULL, and *ERROR, where it cannot be. */
static struct server *start_server(struct lender *lender, const char *what,
                                   int *error)
{
    struct lent lent = {.pid = -1,
                        .control_fd = -1,
                        .log_fd = -1,
                        .serial = lender->serial++,
                        .fresh = true};

    errno = 0;
    if (lender->start(&lent, what, lender->data) < 0) {
        *error = errno ? errno : EHOSTDOWN;
        return NULL;
    }
    struct server **slot =
        grow(&lender->servers, &lender->server_count, sizeof(struct server *));
    *slot = xcalloc(1, sizeof(**slot));
    **slot = (struct server){
        .lent = lent, .what = xstrdup(what), .log_ended = lent.log_fd < 0};
    return *slot;
}

/* ---- Who gets which ------------------------------------------------------ */

/* A free WHAT that works, or a new one.  NULL with *ERROR: it cannot be had;
 * without: not yet. */
static struct server *find_server(struct lender *lender, const char *what,
                                  int *error)
{
    bool one_for_all = strcmp(what, LENDING_MEMCHECK) == 0;

    for (size_t i = 0; i < lender->server_count;) {
        struct server *server = lender->servers[i];
        if (strcmp(server->what, what) == 0) {
            if (server->lent_out && one_for_all)
                return NULL;
            if (!server->lent_out && is_alive(server))
                return server;
            if (!server->lent_out) {
                remove_server(lender, server);
                continue; /* another stands in its place */
            }
        }
        i++;
    }
    return start_server(lender, what, error);
}

static int send_grant(int connection, const struct lending_grant *grant)
{
    union {
        char space[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control = {.space = {0}};
    struct iovec part = {(void *)(uintptr_t)grant, sizeof(*grant)};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

    if (grant->error == 0) {
        int fds[2] = {grant->lent.control_fd, grant->lent.log_fd};
        size_t size = fds[1] < 0 ? sizeof(*fds) : sizeof(fds);
        header.msg_control = control.space;
        header.msg_controllen = CMSG_SPACE(size);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(size);
        memcpy(CMSG_DATA(rights), fds, size);
    }
    ssize_t sent;
    do
        sent = sendmsg(connection, &header, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -1 : 0;
}

/* It may have been killed while it waited for its turn. */
static bool has_left(int connection)
{
    struct pollfd events = {.fd = connection};

    return poll(&events, 1, 0) > 0 && (events.revents & (POLLHUP | POLLERR));
}

static void end_connection(struct lender *lender, size_t index)
{
    struct connection *connection = &lender->connections[index];
    struct server *server = connection->server;

    if (server && connection->swept) {
        server->lent_out = false;
        server->lent.fresh = false;
    } else if (server) {
        remove_server(lender, server);
    }
    (void)close(connection->fd);
    free(connection->what);
    lender->connection_count--;
    memmove(connection, connection + 1,
            (lender->connection_count - index) * sizeof(*connection));
}

/* False if connection INDEX is no more. */
static bool grant_one(struct lender *lender, size_t index)
{
    struct connection *connection = &lender->connections[index];
    struct lending_grant grant = {0};

    if (has_left(connection->fd)) {
        end_connection(lender, index);
        return false;
    }
    struct server *server = find_server(lender, connection->what, &grant.error);
    if (server == NULL && grant.error == 0)
        return true; /* its turn has not come */
    if (server) {
        discard_log(server);
        server->lent_out = true;
        connection->server = server;
        grant.lent = server->lent;
    }
    if (send_grant(connection->fd, &grant) == 0 && server)
        return true;
    end_connection(lender, index);
    return false;
}

static void grant_all(struct lender *lender)
{
    for (size_t i = 0; i < lender->connection_count;)
        if (lender->connections[i].what == NULL ||
            lender->connections[i].server || grant_one(lender, i))
            i++;
}

/* ---- The loop ------------------------------------------------------------ */

static void accept_one(struct lender *lender)
{
    int fd = accept4(lender->listen_fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return; /* who came is gone; or the next round tries again */
    struct connection *connection = grow(
        &lender->connections, &lender->connection_count, sizeof(*connection));
    connection->fd = fd;
}

/* What connection INDEX has to say, which may be that it is no more. */
static void hear(struct lender *lender, size_t index)
{
    struct connection *connection = &lender->connections[index];
    char text[LENDING_MAX];
    ssize_t size = recv(connection->fd, text, sizeof(text), MSG_DONTWAIT);

    if (size < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (size > 0 && connection->what == NULL && text[size - 1] == '\0')
        connection->what = xstrdup(text);
    else if (size > 0 && connection->server)
        connection->swept = text[0] == LENDING_SWEPT;
    else
        end_connection(lender, index);
}

/* Whoever started us holds the other end; what it writes means nothing. */
static bool has_life_ended(const struct lender *lender)
{
    char bytes[64];
    ssize_t size = read(lender->life_fd, bytes, sizeof(bytes));

    return size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN);
}

/* False when it is time to end. */
static bool serve_once(struct lender *lender)
{
    size_t count = lender->connection_count;
    struct pollfd *events = xcalloc(count + 2, sizeof(*events));

    events[0] = (struct pollfd){.fd = lender->life_fd, .events = POLLIN};
    events[1] = (struct pollfd){.fd = lender->listen_fd, .events = POLLIN};
    for (size_t i = 0; i < count; i++)
        events[i + 2] =
            (struct pollfd){.fd = lender->connections[i].fd, .events = POLLIN};
    int ready = poll(events, (nfds_t)count + 2, -1);
    bool goes_on = ready >= 0 || errno == EINTR;
    if (ready > 0 && events[0].revents && has_life_ended(lender))
        goes_on = false;
    if (ready > 0 && goes_on) {
        /* From the last: one that ends moves those behind it. */
        for (size_t i = count; i-- > 0;)
            if (events[i + 2].revents)
                hear(lender, i);
        if (events[1].revents)
            accept_one(lender);
        grant_all(lender);
    }
    free(events);
    return goes_on;
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
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

static void stop_all(struct lender *lender)
{
    while (lender->connection_count > 0)
        end_connection(lender, lender->connection_count - 1);
    for (size_t i = 0; i < lender->server_count; i++) /* side by side */
        (void)shutdown(lender->servers[i]->lent.control_fd, SHUT_RDWR);
    while (lender->server_count > 0)
        remove_server(lender, lender->servers[0]);
    free(lender->connections);
    free(lender->servers);
}

int lending_serve(const char *socket_path, int life_fd, const char *first,
                  int (*start)(struct lent *, const char *what, void *),
                  void *data)
{
    struct lender lender = {.life_fd = life_fd, .start = start, .data = data};
    int error;

    lender.listen_fd = listen_at(socket_path);
    if (lender.listen_fd < 0)
        return -1;
    /* At once: Valgrind takes its time, and it has it now.  Should it fail,
     * the first test tries again and is told why. */
    if (first)
        (void)start_server(&lender, first, &error);
    while (serve_once(&lender))
        continue;
    (void)unlink(socket_path); /* its directory may be gone already */
    (void)close(lender.listen_fd);
    stop_all(&lender);
    return 0;
}
