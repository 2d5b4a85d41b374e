// SPDX-License-Identifier: MIT
/*
 * Fails: restart_immediately
 * Shows: queue_too_short
 *
 * The belief: 63, for the kernel lets one more wait than it is told. So Linux
 * does today; the contract and listen(2) know of no such thing. (With the 5
 * that all examples have, clients that come at the same time have to try again,
 * or are refused: how many is luck.)
 */
#include "sockets.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
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
        listen(fd, 63) == -1) {
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

static void answer_all(int fd)
{
    char *body;
    uint32_t len;

    while (read_frame(fd, &body, &len) == 1) {
        capitals(body, len);
        int result = write_frame(fd, body, len);
        free(body);
        if (result == -1)
            break;
    }
    close(fd);
}

static pid_t children[90];
static int count;

static void on_child(int sig)
{
    (void)sig;
}

static void forget(pid_t pid)
{
    for (int i = 0; i < count; i++)
        if (children[i] == pid)
            children[i] = children[--count];
}

static void collect(void)
{
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        forget(pid);
}

static void hold(sigset_t *before)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, before);
}

/* A call that finds something ready at once has let no signal in. */
static void let_in(const sigset_t *before)
{
    sigset_t held;

    sigprocmask(SIG_SETMASK, before, &held);
    sigprocmask(SIG_SETMASK, &held, NULL);
}

static int wait_for(int fd, const sigset_t *before)
{
    fd_set in;

    FD_ZERO(&in);
    FD_SET(fd, &in);
    int n = pselect(fd + 1, &in, NULL, NULL, NULL, before);
    let_in(before);
    return n;
}

int serve_loop(int lfd, const volatile sig_atomic_t *stop)
{
    struct sigaction action = {.sa_handler = on_child};
    sigset_t before;

    sigaction(SIGCHLD, &action, NULL);
    hold(&before);
    while (!*stop) {
        collect();
        if (wait_for(lfd, &before) == -1)
            continue;
        int fd = accept(lfd, NULL, NULL);
        if (fd == -1)
            continue;
        pid_t pid = count < 90 ? fork() : -1;
        if (pid == 0) {
            signal(SIGTERM, SIG_DFL);
            signal(SIGINT, SIG_DFL);
            sigprocmask(SIG_SETMASK, &before, NULL);
            close(lfd);
            answer_all(fd);
            _exit(0);
        }
        if (pid > 0)
            children[count++] = pid;
        close(fd);
    }
    for (int i = 0; i < count; i++)
        kill(children[i], SIGTERM);
    while (wait(NULL) > 0)
        ;
    return 0;
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
