// SPDX-License-Identifier: MIT
/*
 * One process for each client, and no signal is ever blocked: poll(2) gives up
 * five times a second, for a look at the flag and at the children. sendmsg(2)
 * for head and body; a UDP socket with SO_RCVTIMEO, set anew for what is left.
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
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_in loopback(unsigned short port)
{
    struct sockaddr_in a;
    memset(&a, 0, sizeof a);
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

static int close_failed(int fd)
{
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

int listen_on(unsigned short port)
{
    struct sockaddr_in a = loopback(port);
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == -1 ||
        bind(fd, (struct sockaddr *)&a, sizeof a) == -1 ||
        listen(fd, 64) == -1)
        return close_failed(fd);
    return fd;
}

int connect_to(unsigned short port)
{
    struct sockaddr_in a = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return -1;
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    if (errno != EINTR)
        return close_failed(fd);
    /* interrupted: the connection goes on being made; wait for it */
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    while (poll(&p, 1, -1) == -1)
        if (errno != EINTR)
            return close_failed(fd);
    int err = 0;
    socklen_t n = sizeof err;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n) == -1)
        return close_failed(fd);
    if (err) {
        errno = err;
        return close_failed(fd);
    }
    return fd;
}

static ssize_t recv_all(int fd, void *buf, size_t n)
{
    size_t got = 0;
    while (got < n) {
        ssize_t r = recv(fd, (char *)buf + got, n - got, MSG_WAITALL);
        if (r == -1 && errno == EINTR)
            continue;
        if (r == -1)
            return -1;
        if (r == 0)
            break;
        got += (size_t)r;
    }
    return (ssize_t)got;
}

int read_frame(int fd, char **body, uint32_t *len)
{
    unsigned char h[4];
    ssize_t r = recv_all(fd, h, 4);
    if (r <= 0)
        return (int)r;
    if (r < 4) {
        errno = ECONNRESET;
        return -1;
    }
    uint32_t n = (uint32_t)h[0] << 24 | (uint32_t)h[1] << 16 |
                 (uint32_t)h[2] << 8 | h[3];
    if (n > FRAME_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    char *p = malloc((size_t)n + 1);
    if (!p)
        return -1;
    r = recv_all(fd, p, n);
    if (r != (ssize_t)n) {
        int e = r == -1 ? errno : ECONNRESET;
        free(p);
        errno = e;
        return -1;
    }
    *body = p;
    *len = n;
    return 1;
}

int write_frame(int fd, const char *body, uint32_t len)
{
    uint32_t net = htonl(len);
    struct iovec v[2] = {{&net, 4}, {(void *)(uintptr_t)body, len}};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
    if (len > FRAME_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    while (v[0].iov_len + v[1].iov_len > 0) {
        ssize_t r = sendmsg(fd, &m, MSG_NOSIGNAL);
        if (r == -1 && errno == EINTR)
            continue;
        if (r == -1)
            return -1;
        for (int i = 0; i < 2; i++) {
            size_t k = (size_t)r < v[i].iov_len ? (size_t)r : v[i].iov_len;
            v[i].iov_base = (char *)v[i].iov_base + k;
            v[i].iov_len -= k;
            r -= (ssize_t)k;
        }
    }
    return 0;
}

static void capitals(char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] >= 'a' && p[i] <= 'z')
            p[i] = (char)(p[i] & ~0x20);
}

static void child(int fd)
{
    char *body;
    uint32_t len;
    while (read_frame(fd, &body, &len) == 1) {
        capitals(body, len);
        int r = write_frame(fd, body, len);
        free(body);
        if (r == -1)
            break;
    }
    close(fd);
    _exit(0);
}

static void reap(pid_t *kids, size_t *n)
{
    for (size_t i = *n; i-- > 0;)
        if (waitpid(kids[i], NULL, WNOHANG) != 0)
            kids[i] = kids[--*n];
}

int serve_loop(int lfd, const volatile sig_atomic_t *stop)
{
    pid_t *kids = NULL;
    size_t n = 0;
    int flags = fcntl(lfd, F_GETFL);
    if (flags == -1 || fcntl(lfd, F_SETFL, flags | O_NONBLOCK) == -1)
        return -1;
    while (!*stop) {
        struct pollfd p = {.fd = lfd, .events = POLLIN};
        int r = poll(&p, 1, 200);
        reap(kids, &n);
        if (r <= 0)
            continue;
        pid_t *more = realloc(kids, (n + 1) * sizeof *kids);
        int fd = -1;
        if (more) {
            kids = more;
            fd = accept4(lfd, NULL, NULL, SOCK_CLOEXEC);
        }
        if (fd == -1) {
            if (!more || (errno != EAGAIN && errno != EINTR &&
                          errno != ECONNABORTED))
                poll(NULL, 0, 100);
            continue;
        }
        pid_t pid;
        while ((pid = fork()) == -1 && !*stop) {
            poll(NULL, 0, 100);
            reap(kids, &n);
        }
        if (pid == 0) {
            signal(SIGINT, SIG_DFL);
            signal(SIGTERM, SIG_DFL);
            close(lfd);
            free(kids);
            child(fd);
        }
        close(fd);
        if (pid > 0)
            kids[n++] = pid;
    }
    for (size_t i = 0; i < n; i++)
        kill(kids[i], SIGKILL);
    for (size_t i = 0; i < n; i++)
        while (waitpid(kids[i], NULL, 0) == -1 && errno == EINTR)
            ;
    free(kids);
    return 0;
}

int udp_serve(unsigned short port, const volatile sig_atomic_t *stop)
{
    struct sockaddr_in a = loopback(port);
    struct timeval t = {.tv_usec = 500000};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return -1;
    char *buf = malloc(TEXT_MAX);
    if (!buf || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) == -1 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t) == -1 ||
        bind(fd, (struct sockaddr *)&a, sizeof a) == -1) {
        int e = errno;
        free(buf);
        errno = e;
        return close_failed(fd);
    }
    if (write(STDOUT_FILENO, "ready\n", 6) == -1) {
        free(buf);
        return close_failed(fd);
    }
    while (!*stop) {
        struct sockaddr_in who;
        socklen_t n = sizeof who;
        ssize_t r =
            recvfrom(fd, buf, TEXT_MAX, 0, (struct sockaddr *)&who, &n);
        if (r == -1)
            continue;
        capitals(buf, (size_t)r);
        sendto(fd, buf, (size_t)r, 0, (struct sockaddr *)&who, n);
    }
    free(buf);
    close(fd);
    return 0;
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

ssize_t udp_call(unsigned short port, const char *text, char *answer,
                 size_t size)
{
    struct sockaddr_in a = loopback(port), me = loopback(0);
    size_t len = strlen(text);
    if (len > TEXT_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        return -1;
    if (bind(fd, (struct sockaddr *)&me, sizeof me) == -1)
        return close_failed(fd);
    for (int i = 0; i < TRIES; i++) {
        ssize_t r;
        while ((r = sendto(fd, text, len, 0, (struct sockaddr *)&a,
                           sizeof a)) == -1 && errno == EINTR)
            ;
        if (r == -1)
            return close_failed(fd);
        int64_t end = now_us() + RESEND_MS * 1000, left;
        while ((left = end - now_us()) > 0) {
            struct timeval t = {.tv_usec = (suseconds_t)left};
            struct sockaddr_in who;
            socklen_t n = sizeof who;
            if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) == -1)
                return close_failed(fd);
            r = recvfrom(fd, answer, size, 0, (struct sockaddr *)&who, &n);
            if (r >= 0 && who.sin_port == a.sin_port &&
                who.sin_addr.s_addr == a.sin_addr.s_addr) {
                close(fd);
                return r;
            }
        }
    }
    close(fd);
    errno = ETIMEDOUT;
    return -1;
}
