// SPDX-License-Identifier: MIT
/*
 * Accepted: one System V queue for each subscriber; requests and answers on a
 * UNIX socket, which also tells each side of the other's end, that there is
 * something in the queue, and that there is room in it: no call waits for both.
 */
#include "pubsub.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int topic_match(const char *pattern, const char *topic)
{
    for (;;) {
        size_t p = strcspn(pattern, "/"), t = strcspn(topic, "/");

        if (strcmp(pattern, "#") == 0)
            return 1;
        if (!(p == 1 && *pattern == '+') &&
            (p != t || memcmp(pattern, topic, p) != 0))
            return 0;
        pattern += p;
        topic += t;
        if (!*pattern || !*topic)
            break;
        pattern++; /* the slash */
        topic++;
    }
    /* "a/#" stands for "a", too. */
    return !*topic && (!*pattern || strcmp(pattern, "/#") == 0);
}

/*
 * The wire: packets on a UNIX socket of type SOCK_SEQPACKET.
 *
 *     to the broker   SUBSCRIBE PATTERN     answered by the queue's id
 *                     PUBLISH TOPIC TEXT    answered by an int
 *                     STATS                 answered by four longs
 *                     TAKEN                 there is room in my queue
 *     to subscribers  one byte              something is in your queue
 */
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { SUBSCRIBE = 's', PUBLISH = 'p', STATS = '?', TAKEN = 't' };
enum { LINE_SIZE = TOPIC_SIZE + TEXT_SIZE + 1 }; /* no NUL; a blank, an end */

static int make_address(struct sockaddr_un *address, const char *path)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address->sun_path, path, strlen(path));
    return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
}

static int close_failed(int fd)
{
    int saved = errno;

    (void)close(fd);
    errno = saved;
    return -1;
}

static int connect_to(const char *path)
{
    struct sockaddr_un address;
    int fd = make_address(&address, path);

    /* Interrupted, a connect to a UNIX socket has not begun: call again. */
    if (fd != -1 && TEMP_FAILURE_RETRY(connect(fd, (struct sockaddr *)&address,
                                               sizeof address)) == -1)
        return close_failed(fd);
    return fd;
}

/* Send a request of n bytes and receive the answer of `size`; 0, or -1. */
static int ask(int fd, const char *request, size_t n, void *answer, size_t size)
{
    if (TEMP_FAILURE_RETRY(send(fd, request, n, MSG_NOSIGNAL)) == -1)
        return -1;
    ssize_t got = TEMP_FAILURE_RETRY(recv(fd, answer, size, 0));
    if (got >= 0 && got != (ssize_t)size)
        errno = ECONNRESET; /* nothing came: the broker has gone */
    return got == (ssize_t)size ? 0 : -1;
}

static int write_all(int fd, const char *buf, size_t n)
{
    for (ssize_t w; n > 0; buf += w, n -= (size_t)w)
        if ((w = TEMP_FAILURE_RETRY(write(fd, buf, n))) == -1)
            return -1;
    return 0;
}

static char line[LINE_SIZE]; /* of this process: one at a time is enough */

/* A queue takes 16 KiB: a text goes through it in pieces, each a message of the
 * type MORE or, at its end, LAST. */
enum { PIECE = 4000, MORE = 1, LAST = 2 };
struct piece {
    long type;
    char bytes[PIECE];
};

/* Print what is in the queue; 1 when it is over, 0 if there may be more. */

static int drain(int queue, int fd, int *left, int out)
{
    const char taken = TAKEN;
    static struct piece p;
    static size_t have;
    ssize_t n;

    while ((n = TEMP_FAILURE_RETRY(
                msgrcv(queue, &p, PIECE, 0, IPC_NOWAIT))) != -1) {
        (void)TEMP_FAILURE_RETRY(send(fd, &taken, 1, MSG_NOSIGNAL));
        memcpy(line + have, p.bytes, (size_t)n);
        have += (size_t)n;
        if (p.type != LAST)
            continue;
        if (write_all(out, line, have) == -1)
            return -1;
        have = 0;
        if (*left > 0 && --*left == 0)
            return 1;
    }
    return errno == ENOMSG ? 0 : 1; /* else the queue is gone */
}

int subscribe(const char *path, const char *pattern, int count, int out)
{
    char request[1 + TOPIC_SIZE] = {SUBSCRIBE}, bell;
    int fd = connect_to(path), queue, r = 0;

    if (fd == -1)
        return -1;
    memcpy(request + 1, pattern, strlen(pattern));
    if (ask(fd, request, 1 + strlen(pattern), &queue, sizeof queue) == -1)
        return close_failed(fd);
    r = write_all(out, "subscribed\n", 11);
    while (r == 0) {
        ssize_t n = TEMP_FAILURE_RETRY(recv(fd, &bell, 1, 0));
        r = drain(queue, fd, &count, out);
        if (n <= 0)
            break;
    }
    int saved = errno;
    (void)msgctl(queue, IPC_RMID, NULL); /* if the broker could not */
    (void)close(fd);
    errno = saved;
    return r == -1 ? -1 : 0;
}

int publish(const char *path, const char *topic, const char *text)
{
    size_t topic_size = strlen(topic), text_size = strlen(text);
    int delivered;

    if (text_size > TEXT_SIZE) {
        errno = EMSGSIZE;
        return -1;
    }
    int fd = connect_to(path);
    if (fd == -1)
        return -1;
    line[0] = PUBLISH;
    memcpy(line + 1, topic, topic_size);
    line[1 + topic_size] = ' ';
    memcpy(line + 2 + topic_size, text, text_size);
    if (ask(fd, line, 2 + topic_size + text_size, &delivered,
            sizeof delivered) == -1)
        return close_failed(fd);
    (void)close(fd);
    return delivered;
}

int get_stats(const char *path, long stats[4])
{
    char request = STATS;
    int fd = connect_to(path);

    if (fd == -1 || ask(fd, &request, 1, stats, 4 * sizeof *stats) == -1)
        return fd == -1 ? -1 : close_failed(fd);
    (void)close(fd);
    return 0;
}

#include <poll.h>
#include <sys/stat.h>

struct text {
    int users; /* queues that it is in */
    size_t size;
    char line[]; /* "TOPIC TEXT\n" */
};

struct client {
    int fd;
    int gone; /* to be removed when nobody walks through the list */
    int subscribes;
    int queue_id;
    size_t sent;
    char pattern[TOPIC_SIZE];
    struct text *queue[QUEUE_SIZE]; /* a ring */
    int first, waiting;
};

enum { CLIENTS = 256 };
static struct client clients[CLIENTS];
static int client_count;
static long stats[4];

static void release(struct text *text)
{
    if (--text->users == 0)
        free(text);
}

static void flush_queue(struct client *c)
{
    static struct piece p;

    while (!c->gone && c->waiting > 0) {
        struct text *text = c->queue[c->first];
        size_t n = text->size - c->sent;
        if (n > PIECE)
            n = PIECE;
        p.type = c->sent + n == text->size ? LAST : MORE;
        memcpy(p.bytes, text->line + c->sent, n);
        if (msgsnd(c->queue_id, &p, n, IPC_NOWAIT) == -1) {
            if (errno != EAGAIN && errno != EINTR)
                c->gone = 1;
            return;
        }
        /* If there is no room it has many such bytes to read. */
        if (send(c->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == -1 &&
            errno != EAGAIN)
            c->gone = 1;
        c->sent += n;
        if (c->sent < text->size)
            continue;
        c->sent = 0;
        c->first = (c->first + 1) % QUEUE_SIZE;
        c->waiting--;
        release(text);
    }
}

static void answer(struct client *c, const void *data, size_t size)
{
    /* Who asks without listening to the answers is no client of ours. */
    if (send(c->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
        c->gone = 1;
}

/* A request "TOPIC TEXT" of n bytes; for how many it was sent or queued. */
static int distribute(const char *request, size_t n)
{
    struct text *text = malloc(sizeof *text + n + 1);
    size_t topic_size = strcspn(request, " ");
    char topic[TOPIC_SIZE] = "";
    int delivered = 0;

    if (!text || topic_size >= n || topic_size >= sizeof topic) {
        free(text);
        return 0;
    }
    memcpy(topic, request, topic_size);
    *text = (struct text){.users = 1, .size = n + 1}; /* we, for now */
    memcpy(text->line, request, n);
    text->line[n] = '\n';
    for (struct client *c = clients; c < clients + client_count; c++) {
        if (c->gone || !c->subscribes || !topic_match(c->pattern, topic))
            continue;
        if (c->waiting == QUEUE_SIZE) {
            stats[3]++;
            continue;
        }
        c->queue[(c->first + c->waiting++) % QUEUE_SIZE] = text;
        text->users++;
        flush_queue(c);
        delivered += !c->gone;
    }
    release(text);
    stats[1]++;
    stats[2] += delivered;
    return delivered;
}

static void serve(struct client *c)
{
    static char request[LINE_SIZE + 1]; /* a NUL behind it */
    ssize_t n = recv(c->fd, request, LINE_SIZE, MSG_DONTWAIT);

    if (n <= 0) {
        c->gone = n == 0 || (errno != EAGAIN && errno != EINTR);
        return;
    }
    request[n] = '\0';
    if (request[0] == SUBSCRIBE && n <= TOPIC_SIZE && !c->subscribes) {
        memcpy(c->pattern, request + 1, (size_t)n);
        c->queue_id = msgget(IPC_PRIVATE, 0600);
        if (c->queue_id == -1) {
            c->gone = 1;
            return;
        }
        c->subscribes = 1;
        stats[0]++;
        answer(c, &c->queue_id, sizeof c->queue_id);
    } else if (request[0] == TAKEN && c->subscribes) {
        flush_queue(c);
    } else if (request[0] == PUBLISH) {
        int delivered = distribute(request + 1, (size_t)n - 1);
        answer(c, &delivered, sizeof delivered);
    } else if (request[0] == STATS) {
        answer(c, stats, sizeof stats);
    } else {
        c->gone = 1;
    }
}

/* The last takes the place of each that has gone, and is looked at next. */
static void remove_gone(int all)
{
    for (int i = 0; i < client_count;) {
        struct client *c = &clients[i];
        if (!c->gone && !all) {
            i++;
            continue;
        }
        (void)close(c->fd);
        for (; c->waiting > 0; c->waiting--, c->first++)
            release(c->queue[c->first % QUEUE_SIZE]);
        stats[0] -= c->subscribes;
        if (c->subscribes)
            (void)msgctl(c->queue_id, IPC_RMID, NULL);
        *c = clients[--client_count];
    }
}

static void accept_client(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd != -1) /* else it has gone already */
        clients[client_count++] = (struct client){.fd = fd};
}

static void serve_until(int listener, volatile sig_atomic_t *stop)
{
    struct pollfd polls[CLIENTS + 1];

    while (!*stop) {
        int count = client_count; /* those that poll looks at */
        for (int i = 0; i < count; i++)
            polls[i] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
        /* A negative one is passed over. The others wait in the backlog. */
        polls[count] = (struct pollfd){.fd = count < CLIENTS ? listener : -1,
                                       .events = POLLIN};
        if (poll(polls, (nfds_t)count + 1, -1) == -1)
            continue; /* interrupted; stop is looked at */
        for (int i = 0; i < count; i++)
            if (polls[i].revents)
                serve(&clients[i]);
        if (polls[count].revents)
            accept_client(listener);
        remove_gone(0);
    }
}

/* Whether `path` is the socket of a broker that has died: nobody listens. (A
 * file that is no socket refuses a connection, too.) */
static int is_stale(const char *path)
{
    struct stat about;

    if (lstat(path, &about) == -1 || !S_ISSOCK(about.st_mode))
        return 0;
    int fd = connect_to(path);
    if (fd != -1)
        (void)close(fd);
    return fd == -1 && errno == ECONNREFUSED;
}

int broker_loop(const char *path, volatile sig_atomic_t *stop)
{
    struct sockaddr_un address;
    int listener = make_address(&address, path);

    if (listener == -1)
        return -1;
    while (bind(listener, (struct sockaddr *)&address, sizeof address) == -1) {
        if (errno != EADDRINUSE)
            return close_failed(listener);
        if (!is_stale(path) || unlink(path) == -1) {
            errno = EADDRINUSE;
            return close_failed(listener);
        }
    }
    int result = -1;
    if (listen(listener, SOMAXCONN) == 0 &&
        write_all(STDOUT_FILENO, "ready\n", 6) == 0) {
        serve_until(listener, stop);
        result = 0;
    }
    int saved = errno;
    (void)unlink(path); /* first: nobody is to find it and wait in vain */
    remove_gone(1);     /* which tells the subscribers that it is over */
    (void)close(listener);
    errno = saved;
    return result;
}
