// SPDX-License-Identifier: MIT
/*
 * epoll(7), woken each second for a look at the flag; getaddrinfo(3);
 * setitimer(2) for UDP.
 */
#include "sockets.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
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

/* The one address of 127.0.0.1 and a port, as text. */
static struct addrinfo *look_up(unsigned short port)
{
    struct addrinfo wanted = {.ai_family = AF_INET,
                              .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found;
    char word[8];

    snprintf(word, sizeof word, "%u", port);
    if (getaddrinfo("127.0.0.1", word, &wanted, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return NULL;
    }
    return found;
}

static int open_tcp(unsigned short port, int listens)
{
    struct addrinfo *name = look_up(port);
    int on = 1, result;

    if (name == NULL)
        return -1;
    int fd = socket(name->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1) {
        freeaddrinfo(name);
        return -1;
    }
    if (listens) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        result = bind(fd, name->ai_addr, name->ai_addrlen);
        if (result == 0)
            result = listen(fd, SOMAXCONN);
    } else {
        result = connect(fd, name->ai_addr, name->ai_addrlen);
    }
    int saved = errno;
    freeaddrinfo(name);
    if (result == 0)
        return fd;
    close(fd);
    errno = saved;
    return -1;
}

int listen_on(unsigned short port)
{
    return open_tcp(port, 1);
}

int connect_to(unsigned short port)
{
    return open_tcp(port, 0);
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
    memmove(c->out, c->out + n, c->out_size - n);
    c->out_size -= n;
    return 0;
}

static int full;

static void watch(int epoll, int op, struct client *c)
{
    struct epoll_event event = {.data.fd = c->fd};

    if (c->out_size > 0)
        event.events = EPOLLOUT;
    else if (!c->ended)
        event.events = EPOLLIN;
    epoll_ctl(epoll, op, c->fd, &event);
}

static void welcome(int lfd, int epoll)
{
    int fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd == -1) {
        full = errno == EMFILE || errno == ENFILE;
        return;
    }
    if (count == 200) {
        close(fd);
        return;
    }
    clients[count] = (struct client){.fd = fd};
    watch(epoll, EPOLL_CTL_ADD, &clients[count]);
    count++;
}

static void work(int epoll, int fd, unsigned events)
{
    int i = 0, result = 0;

    while (i < count && clients[i].fd != fd)
        i++;
    if (i == count)
        return;
    struct client *c = &clients[i];
    if (events & EPOLLOUT)
        result = give(c);
    else if (events & EPOLLIN)
        result = take(c);
    else
        result = -1;
    if (result == -1 || (c->ended && c->out_size == 0)) {
        drop(i);
        full = 0;
    } else {
        watch(epoll, EPOLL_CTL_MOD, c);
    }
}

int serve_loop(int lfd, const volatile sig_atomic_t *stop)
{
    struct epoll_event events[16], listener = {.events = EPOLLIN};
    int epoll = epoll_create1(EPOLL_CLOEXEC), listens = 1;

    if (epoll == -1)
        return -1;
    listener.data.fd = lfd;
    fcntl(lfd, F_SETFL, O_NONBLOCK);
    epoll_ctl(epoll, EPOLL_CTL_ADD, lfd, &listener);
    while (!*stop) {
        if (listens == full) {
            listens = !full;
            listener.events = listens ? EPOLLIN : 0;
            epoll_ctl(epoll, EPOLL_CTL_MOD, lfd, &listener);
        }
        /* A signal that comes before the call is noticed in a second. */
        int n = epoll_wait(epoll, events, 16, 1000);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == lfd)
                welcome(lfd, epoll);
            else
                work(epoll, events[i].data.fd, events[i].events);
        }
    }
    while (count > 0)
        drop(0);
    close(epoll);
    return 0;
}

int udp_serve(unsigned short port, const volatile sig_atomic_t *stop)
{
    static char text[TEXT_MAX];
    struct sockaddr_in name = local(port), from;
    struct timeval second = {1, 0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd == -1)
        return -1;
    if (bind(fd, (struct sockaddr *)&name, sizeof name) == -1) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    /* recvfrom gives up each second, for a look at *stop. */
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    if (write(STDOUT_FILENO, "ready\n", 6) == -1) {
        close(fd);
        return -1;
    }
    while (!*stop) {
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

static void on_alarm(int sig)
{
    (void)sig;
}

/* A signal ends recvfrom, once and, for the case that it came too early, every
 * ten milliseconds from then on. */
static void set_timer(long ms)
{
    struct itimerval timer = {{0, ms ? 10000 : 0},
                              {ms / 1000, ms % 1000 * 1000}};

    setitimer(ITIMER_REAL, &timer, NULL);
}

ssize_t udp_call(unsigned short port, const char *text, char *answer,
                 size_t size)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct sockaddr_in name = local(port), from;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ssize_t n = -1;

    if (fd == -1)
        return -1;
    sigaction(SIGALRM, &action, NULL);
    for (int i = 0; i < TRIES; i++) {
        if (sendto(fd, text, strlen(text), 0, (struct sockaddr *)&name,
                   sizeof name) == -1)
            break;
        set_timer(RESEND_MS);
        do {
            socklen_t length = sizeof from;
            n = recvfrom(fd, answer, size, 0, (struct sockaddr *)&from,
                         &length);
        } while (n >= 0 && (from.sin_port != name.sin_port ||
                            from.sin_addr.s_addr != name.sin_addr.s_addr));
        set_timer(0);
        if (n >= 0)
            break;
        errno = ETIMEDOUT;
    }
    int saved = errno;
    close(fd);
    errno = saved;
    return n;
}
