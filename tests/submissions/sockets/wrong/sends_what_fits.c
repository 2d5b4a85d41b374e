// SPDX-License-Identifier: MIT
/*
 * Fails: big_frame two_requests_one_segment slow_client
 * Shows: sends_once eof_means_gone
 *
 * The belief: a send that does not fail has sent it all. On a socket that
 * does not block it has sent what there was room for.
 */
#include "sockets.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static struct sockaddr_in local(unsigned short port)
{
    struct sockaddr_in name;

    memset(&name, 0, sizeof name);
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return name;
}

int listen_on(unsigned short port)
{
    struct sockaddr_in name = local(port);
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&name, sizeof name) == -1 ||
        listen(fd, 64) == -1) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

int connect_to(unsigned short port)
{
    struct sockaddr_in name = local(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1)
        return -1;
    if (connect(fd, (struct sockaddr *)&name, sizeof name) == -1) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static ssize_t read_n(int fd, char *buf, size_t n)
{
    size_t done = 0;

    while (done < n) {
        ssize_t r = read(fd, buf + done, n - done);
        if (r == -1 && errno == EINTR)
            continue;
        if (r == -1)
            return -1;
        if (r == 0)
            break;
        done += r;
    }
    return done;
}

int read_frame(int fd, char **body, uint32_t *len)
{
    uint32_t word;
    ssize_t n = read_n(fd, (char *)&word, sizeof word);

    if (n == 0 || n == -1)
        return n;
    if (n < (ssize_t)sizeof word) {
        errno = ECONNRESET;
        return -1;
    }
    uint32_t length = ntohl(word);
    if (length > FRAME_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    char *buf = malloc(length + 1);
    if (buf == NULL)
        return -1;
    n = read_n(fd, buf, length);
    if (n != (ssize_t)length) {
        free(buf);
        if (n >= 0)
            errno = ECONNRESET;
        return -1;
    }
    *body = buf;
    *len = length;
    return 1;
}

static int write_n(int fd, const char *buf, size_t n)
{
    while (n > 0) {
        ssize_t w = send(fd, buf, n, MSG_NOSIGNAL);
        if (w == -1 && errno == EINTR)
            continue;
        if (w == -1)
            return -1;
        buf += w;
        n -= w;
    }
    return 0;
}

int write_frame(int fd, const char *body, uint32_t len)
{
    uint32_t word = htonl(len);

    if (len > FRAME_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    char *message = malloc(sizeof word + len);
    if (message == NULL)
        return -1;
    memcpy(message, &word, sizeof word);
    memcpy(message + sizeof word, body, len);
    int result = write_n(fd, message, sizeof word + len);
    free(message);
    return result;
}

static void capitals(char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] >= 'a' && text[i] <= 'z')
            text[i] -= 32;
}

/* One connection: what has come of a frame, and what is still to be sent. */
struct client {
    int fd;
    char *in, *out;
    size_t in_size, out_size;
    int ended;
};

static struct client clients[200];
static int count;

static void drop(int i)
{
    close(clients[i].fd);
    free(clients[i].in);
    free(clients[i].out);
    clients[i] = clients[--count];
}

/* Move whole frames from in to out; -1 if a length is too large. */
static int convert(struct client *c)
{
    size_t at = 0;
    uint32_t word;

    while (c->in_size - at >= sizeof word) {
        memcpy(&word, c->in + at, sizeof word);
        size_t length = ntohl(word);
        if (length > FRAME_MAX)
            return -1;
        if (c->in_size - at < sizeof word + length)
            break;
        size_t whole = sizeof word + length;
        capitals(c->in + at + sizeof word, length);
        char *out = realloc(c->out, c->out_size + whole);
        if (out == NULL)
            return -1;
        c->out = out;
        memcpy(out + c->out_size, c->in + at, whole);
        c->out_size += whole;
        at += whole;
    }
    memmove(c->in, c->in + at, c->in_size - at);
    c->in_size -= at;
    return 0;
}

static int take(struct client *c)
{
    static char piece[65536];
    ssize_t n = recv(c->fd, piece, sizeof piece, 0);

    if (n == -1)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    if (n == 0) {
        c->ended = 1;
        return 0;
    }
    char *in = realloc(c->in, c->in_size + n);
    if (in == NULL)
        return -1;
    c->in = in;
    memcpy(in + c->in_size, piece, n);
    c->in_size += n;
    return convert(c);
}

static int give(struct client *c)
{
    ssize_t n = send(c->fd, c->out, c->out_size, MSG_NOSIGNAL);

    if (n == -1)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    c->out_size = 0;
    return 0;
}

static void hold(sigset_t *before)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, before);
}

/* A call that finds something ready at once has let no signal in. */
static void let_in(const sigset_t *before)
{
    sigset_t held;

    sigprocmask(SIG_SETMASK, before, &held);
    sigprocmask(SIG_SETMASK, &held, NULL);
}

static int full;

static void welcome(int lfd)
{
    int fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd == -1) {
        full = errno == EMFILE || errno == ENFILE;
        return;
    }
    clients[count] = (struct client){.fd = fd};
    count++;
}

int serve_loop(int lfd, const volatile sig_atomic_t *stop)
{
    static struct pollfd list[201];
    sigset_t before;

    hold(&before);
    fcntl(lfd, F_SETFL, O_NONBLOCK);
    while (!*stop) {
        for (int i = 0; i < count; i++) {
            struct client *c = &clients[i];
            list[i] = (struct pollfd){.fd = c->fd};
            if (c->out_size > 0)
                list[i].events = POLLOUT;
            else if (!c->ended)
                list[i].events = POLLIN;
        }
        /* Without a descriptor for it a connection has to wait. */
        int listens = !full && count < 200;
        list[count] = (struct pollfd){listens ? lfd : -1, POLLIN, 0};
        int n = count;
        int ready = ppoll(list, n + 1, NULL, &before);
        let_in(&before);
        if (ready == -1)
            continue;
        for (int i = n - 1; i >= 0; i--) {
            struct client *c = &clients[i];
            int result = 0;
            if (list[i].revents & POLLOUT)
                result = give(c);
            else if (list[i].revents & POLLIN)
                result = take(c);
            else if (list[i].revents)
                result = -1;
            if (result == 0 && c->out_size > 0)
                result = give(c);
            if (result == -1 || (c->ended && c->out_size == 0)) {
                drop(i);
                full = 0;
            }
        }
        if (list[n].revents)
            welcome(lfd);
    }
    while (count > 0)
        drop(0);
    return 0;
}

static int wait_for(int fd, const sigset_t *before)
{
    struct pollfd p = {fd, POLLIN, 0};

    int n = ppoll(&p, 1, NULL, before);
    let_in(before);
    return n;
}

int udp_serve(unsigned short port, const volatile sig_atomic_t *stop)
{
    static char text[TEXT_MAX];
    struct sockaddr_in name = local(port), from;
    sigset_t before;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd == -1)
        return -1;
    if (bind(fd, (struct sockaddr *)&name, sizeof name) == -1) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    hold(&before);
    if (write(STDOUT_FILENO, "ready\n", 6) == -1) {
        close(fd);
        return -1;
    }
    while (!*stop) {
        if (wait_for(fd, &before) == -1)
            continue;
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(fd, text, sizeof text, 0,
                             (struct sockaddr *)&from, &size);
        if (n == -1)
            continue;
        capitals(text, n);
        sendto(fd, text, n, 0, (struct sockaddr *)&from, size);
    }
    close(fd);
    return 0;
}

static long now(void)
{
    struct timeval t;

    gettimeofday(&t, NULL);
    return t.tv_sec * 1000L + t.tv_usec / 1000;
}

/* Wait for an answer from `name`; 0 if none comes in time. */
static int receive(int fd, const struct sockaddr_in *name, char *answer,
                   size_t size, ssize_t *got)
{
    long end = now() + RESEND_MS;

    for (;;) {
        long left = end - now();
        if (left <= 0)
            return 0;
        fd_set in;
        struct timeval limit = {left / 1000, left % 1000 * 1000};
        FD_ZERO(&in);
        FD_SET(fd, &in);
        if (select(fd + 1, &in, NULL, NULL, &limit) <= 0)
            continue;
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        ssize_t n = recvfrom(fd, answer, size, 0, (struct sockaddr *)&from,
                             &length);
        if (n == -1)
            continue;
        if (from.sin_port == name->sin_port &&
            from.sin_addr.s_addr == name->sin_addr.s_addr) {
            *got = n;
            return 1;
        }
    }
}

ssize_t udp_call(unsigned short port, const char *text, char *answer,
                 size_t size)
{
    struct sockaddr_in name = local(port);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ssize_t n;

    if (fd == -1)
        return -1;
    for (int i = 0; i < TRIES; i++) {
        if (sendto(fd, text, strlen(text), 0, (struct sockaddr *)&name,
                   sizeof name) == -1) {
            int saved = errno;
            close(fd);
            errno = saved;
            return -1;
        }
        if (receive(fd, &name, answer, size, &n)) {
            close(fd);
            return n;
        }
    }
    close(fd);
    errno = ETIMEDOUT;
    return -1;
}
