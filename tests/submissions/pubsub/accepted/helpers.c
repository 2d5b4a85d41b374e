// SPDX-License-Identifier: MIT
/*
 * Accepted: a process for each subscriber. The broker writes into a pipe, without
 * waiting; the helper carries what comes through it to the subscriber's socket,
 * and may wait there. Otherwise UNIX sockets of type SOCK_STREAM.
 */
#include "pubsub.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

int topic_match(const char *pattern, const char *topic)
{
    if (strcmp(pattern, "#") == 0)
        return 1;
    size_t p = strcspn(pattern, "/"), t = strcspn(topic, "/");
    if ((p != t || strncmp(pattern, topic, p) != 0) &&
        !(p == 1 && pattern[0] == '+'))
        return 0;
    if (pattern[p] && topic[t])
        return topic_match(pattern + p + 1, topic + t + 1);
    return pattern[p] == topic[t] || strcmp(pattern + p, "/#") == 0;
}

/* ---- Frames: a size, then as many bytes, of which the first is the kind. --
 */

enum { FRAME_MAX = 1 + TOPIC_SIZE + TEXT_SIZE + 1 };

struct link {
    int in, out;
};

static int write_all(int fd, const void *data, size_t n)
{
    const char *buf = data;

    for (ssize_t w; n > 0; buf += w, n -= (size_t)w)
        if ((w = TEMP_FAILURE_RETRY(write(fd, buf, n))) == -1)
            return -1;
    return 0;
}

/* 1, or 0 at the end, or -1. */
static int read_all(int fd, void *data, size_t n)
{
    char *buf = data;

    for (ssize_t r; n > 0; buf += r, n -= (size_t)r)
        if ((r = TEMP_FAILURE_RETRY(read(fd, buf, n))) <= 0)
            return (int)r;
    return 1;
}

/* The size of the frame; 0 at the end, or -1. */
static ssize_t read_frame(int fd, char *buf)
{
    uint32_t size;
    int result = read_all(fd, &size, sizeof size);

    if (result == 1)
        result = size <= FRAME_MAX ? read_all(fd, buf, size) : -1;
    return result == 1 ? (ssize_t)size : result;
}

static int write_frame(int fd, const char *frame, size_t size)
{
    uint32_t head = (uint32_t)size;

    return write_all(fd, &head, sizeof head) == -1 ||
                   write_all(fd, frame, size) == -1
               ? -1
               : 0;
}

/* ---- The way to the broker ----------------------------------------------- */

static int make_address(struct sockaddr_un *address, const char *path)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address->sun_path, path);
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int connect_to(struct link *link, const char *path)
{
    struct sockaddr_un address;
    int fd = make_address(&address, path);

    link->in = link->out = fd;
    if (fd == -1)
        return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == -1) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return 0;
}

static void disconnect(const struct link *link)
{
    int saved = errno;

    close(link->in);
    errno = saved;
}

static int listen_at(const char *path)
{
    struct sockaddr_un address;
    struct stat about;
    struct link link;
    int fd = make_address(&address, path);

    if (fd == -1)
        return -1;
    int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
    if (bound == -1 && errno == EADDRINUSE && lstat(path, &about) == 0 &&
        S_ISSOCK(about.st_mode)) {
        if (connect_to(&link, path) == 0) {
            disconnect(&link);
            errno = EADDRINUSE;
        } else if (errno == ECONNREFUSED && unlink(path) == 0) {
            bound = bind(fd, (struct sockaddr *)&address, sizeof address);
        }
    }
    if (bound == -1 || listen(fd, 128) == -1) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

/* 0; -1 if there is none after all. */
static int accept_link(int listener, struct link *link, const char *path)
{
    (void)path;
    link->in = link->out =
        accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return link->in == -1 ? -1 : 0;
}

/* ---- Clients ------------------------------------------------------------- */

static char buffer[FRAME_MAX + 1];

static int fail_with(struct link *link, int error)
{
    disconnect(link);
    errno = error;
    return -1;
}

/* The answer of SIZE bytes, behind its kind, to a frame in `buffer`. */
static int ask(struct link *link, size_t n, void *answer, size_t size)
{
    signal(SIGPIPE, SIG_IGN);
    if (write_frame(link->out, buffer, n) == -1)
        return -1;
    if (read_frame(link->in, buffer) != (ssize_t)size + 1) {
        errno = ECONNRESET;
        return -1;
    }
    memcpy(answer, buffer + 1, size);
    return 0;
}

int subscribe(const char *path, const char *pattern, int count, int out)
{
    struct link link;
    ssize_t n;

    if (connect_to(&link, path) == -1)
        return -1;
    buffer[0] = 's';
    strcpy(buffer + 1, pattern);
    if (ask(&link, 1 + strlen(pattern), buffer, 0) == -1 ||
        write_all(out, "subscribed\n", 11) == -1)
        return fail_with(&link, errno);
    for (int i = 0; count == 0 || i < count; i++) {
        if ((n = read_frame(link.in, buffer)) <= 0)
            break;
        if (write_all(out, buffer + 1, (size_t)n - 1) == -1)
            return fail_with(&link, errno);
    }
    disconnect(&link);
    return 0;
}

int publish(const char *path, const char *topic, const char *text)
{
    struct link link;
    int delivered;

    if (strlen(text) > TEXT_SIZE) {
        errno = EMSGSIZE;
        return -1;
    }
    if (connect_to(&link, path) == -1)
        return -1;
    size_t n = (size_t)sprintf(buffer, "p%s %s\n", topic, text);
    if (ask(&link, n, &delivered, sizeof delivered) == -1)
        return fail_with(&link, errno);
    disconnect(&link);
    return delivered;
}

int get_stats(const char *path, long stats[4])
{
    struct link link;

    if (connect_to(&link, path) == -1)
        return -1;
    buffer[0] = '?';
    if (ask(&link, 1, stats, 4 * sizeof *stats) == -1)
        return fail_with(&link, errno);
    disconnect(&link);
    return 0;
}

/* ---- The broker ---------------------------------------------------------- */

struct text {
    int users;
    size_t size;
    char bytes[]; /* a frame, with its size */
};

struct client {
    struct link link;
    pid_t helper;
    int gone, subscribes;
    char pattern[TOPIC_SIZE];
    char *frame; /* what has come of a frame */
    size_t got;
    struct text *queue[QUEUE_SIZE];
    int first, waiting;
    size_t sent; /* of the first one */
    struct client *next;
};

static struct client *clients;
static long numbers[4];

static struct text *make_text(const char *frame, size_t n)
{
    struct text *text = malloc(sizeof *text + sizeof(uint32_t) + n);
    uint32_t size = (uint32_t)n;

    if (!text)
        return NULL;
    text->users = 0;
    text->size = sizeof size + n;
    memcpy(text->bytes, &size, sizeof size);
    memcpy(text->bytes + sizeof size, frame, n);
    return text;
}

static void release(struct text *text)
{
    if (--text->users <= 0)
        free(text);
}

static void flush_queue(struct client *c)
{
    while (!c->gone && c->waiting > 0) {
        struct text *text = c->queue[c->first];
        ssize_t n =
            write(c->link.out, text->bytes + c->sent, text->size - c->sent);
        if (n == -1) {
            c->gone = errno != EAGAIN && errno != EINTR;
            return;
        }
        if ((c->sent += (size_t)n) < text->size)
            continue;
        c->sent = 0;
        c->first = (c->first + 1) % QUEUE_SIZE;
        c->waiting--;
        release(text);
    }
}

/* Whether there was room for it. */
static int enqueue(struct client *c, struct text *text)
{
    if (c->waiting == QUEUE_SIZE)
        return 0;
    text->users++;
    c->queue[(c->first + c->waiting++) % QUEUE_SIZE] = text;
    flush_queue(c);
    return 1;
}

static void answer(struct client *c, const void *data, size_t size)
{
    char frame[1 + 4 * sizeof(long)] = "a";

    memcpy(frame + 1, data, size);
    struct text *text = make_text(frame, 1 + size);
    if (text && !enqueue(c, text))
        release(text);
}

/* The frame "pTOPIC TEXT\n" of client C. */
static int distribute(char *frame, size_t n)
{
    struct text *text = make_text(frame, n);
    int delivered = 0;

    if (!text)
        return 0;
    text->users = 1;
    frame[1 + strcspn(frame + 1, " ")] = '\0';
    for (struct client *c = clients; c; c = c->next) {
        if (c->gone || !c->subscribes || !topic_match(c->pattern, frame + 1))
            continue;
        if (enqueue(c, text))
            delivered++;
        else
            numbers[3]++;
    }
    release(text);
    numbers[1]++;
    numbers[2] += delivered;
    return delivered;
}

/* The socket does not block, for the broker's sake; so wait for room. */
static int write_patiently(int fd, const char *data, size_t n)
{
    struct pollfd room = {.fd = fd, .events = POLLOUT};

    while (n > 0) {
        ssize_t w = write(fd, data, n);
        if (w == -1 && errno != EAGAIN && errno != EINTR)
            return -1;
        if (w == -1 && errno == EAGAIN)
            (void)poll(&room, 1, -1);
        if (w > 0) {
            data += w;
            n -= (size_t)w;
        }
    }
    return 0;
}

/* The helper of a subscriber. It ends with either side. */
static _Noreturn void carry(int from, int to)
{
    static char piece[65536];
    struct pollfd sides[2] = {{.fd = from, .events = POLLIN}, {.fd = to}};

    (void)signal(SIGTERM, SIG_IGN); /* the broker's end is ours */
    (void)signal(SIGINT, SIG_IGN);
    for (;;) {
        if (TEMP_FAILURE_RETRY(poll(sides, 2, -1)) == -1 || sides[1].revents)
            _exit(1);
        ssize_t n = TEMP_FAILURE_RETRY(read(from, piece, sizeof piece));
        if (n <= 0 || write_patiently(to, piece, (size_t)n) == -1)
            _exit(0);
    }
}

static int give_helper(struct client *c)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) == -1)
        return -1;
    c->helper = fork();
    if (c->helper == 0) {
        /* Who holds others' pipes open keeps their helpers alive. */
        for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
            if (fd != c->link.out && fd != ends[0])
                (void)close(fd);
        carry(ends[0], c->link.out);
    }
    (void)close(ends[0]);
    if (c->helper == -1 || fcntl(ends[1], F_SETFL, O_NONBLOCK) == -1) {
        (void)close(ends[1]);
        return -1;
    }
    c->link.out = ends[1]; /* from now on */
    return 0;
}

static void serve_frame(struct client *c, char *frame, size_t n)
{
    frame[n] = '\0';
    if (frame[0] == 's' && n <= TOPIC_SIZE && !c->subscribes) {
        strcpy(c->pattern, frame + 1);
        if (give_helper(c) == -1) {
            c->gone = 1;
            return;
        }
        c->subscribes = 1;
        numbers[0]++;
        answer(c, "", 0);
    } else if (frame[0] == 'p') {
        int delivered = distribute(frame, n);
        answer(c, &delivered, sizeof delivered);
    } else if (frame[0] == '?') {
        answer(c, numbers, sizeof numbers);
    } else {
        c->gone = 1;
    }
}

/* Take what has come; serve each frame that is complete. */
static void serve(struct client *c)
{
    uint32_t size = 0;

    for (;;) {
        size_t want = sizeof size;
        if (c->got >= sizeof size) {
            memcpy(&size, c->frame, sizeof size);
            want += size;
        }
        if (size > FRAME_MAX) {
            c->gone = 1;
            return;
        }
        if (c->got >= sizeof size && c->got == want) {
            serve_frame(c, c->frame + sizeof size, size);
            c->got = 0;
            return;
        }
        ssize_t n = read(c->link.in, c->frame + c->got, want - c->got);
        if (n <= 0) {
            c->gone |= n == 0 || (errno != EAGAIN && errno != EINTR);
            return;
        }
        c->got += (size_t)n;
    }
}

static void add_client(int listener, const char *path)
{
    struct client *c = calloc(1, sizeof *c);

    if (c && (c->frame = malloc(sizeof(uint32_t) + FRAME_MAX + 1)) &&
        accept_link(listener, &c->link, path) == 0) {
        c->next = clients;
        clients = c;
        return;
    }
    if (c)
        free(c->frame);
    free(c);
}

static void remove_gone(int all)
{
    for (struct client **at = &clients, *c; (c = *at);) {
        if (!c->gone && !all) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        numbers[0] -= c->subscribes;
        for (; c->waiting > 0; c->waiting--, c->first++)
            release(c->queue[c->first % QUEUE_SIZE]);
        if (c->helper > 0) {
            close(c->link.out);
            kill(c->helper, SIGKILL); /* it may wait for its subscriber */
            (void)TEMP_FAILURE_RETRY(waitpid(c->helper, NULL, 0));
        }
        disconnect(&c->link);
        free(c->frame);
        free(c);
    }
}

static void look_at_all(int listener, const char *path)
{
    struct pollfd polls[1 + 2 * 256];
    nfds_t n = 1;

    polls[0] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (struct client *c = clients; c; c = c->next) {
        polls[n++] = (struct pollfd){.fd = c->link.in, .events = POLLIN};
        polls[n++] = (struct pollfd){.fd = c->waiting ? c->link.out : -1,
                                     .events = POLLOUT};
    }
    if (poll(polls, n, -1) == -1)
        return;
    n = 1;
    for (struct client *c = clients; c; c = c->next, n += 2) {
        if (polls[n + 1].revents)
            flush_queue(c);
        if (polls[n].revents)
            serve(c);
    }
    if (polls[0].revents)
        add_client(listener, path);
    remove_gone(0);
}

int broker_loop(const char *path, volatile sig_atomic_t *stop)
{
    signal(SIGPIPE, SIG_IGN);
    int listener = listen_at(path);
    if (listener == -1)
        return -1;
    if (write_all(STDOUT_FILENO, "ready\n", 6) == 0)
        while (!*stop)
            look_at_all(listener, path);
    unlink(path);
    remove_gone(1);
    close(listener);
    return 0;
}
