// SPDX-License-Identifier: MIT
/*
 * Fails: byte_by_byte client_aborts term_in_the_gap
 * Shows: killed_by_sigpipe
 *
 * The belief: who has asked will take the answer. A client that has left
 * makes send raise SIGPIPE, which ends the whole server, with all of its
 * threads.
 */
#include "sockets.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
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
        ssize_t r = recv(fd, buf + done, n - done, MSG_WAITALL);
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
        ssize_t w = send(fd, buf, n, 0);
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

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int fds[200]; /* of the connections; -1: not in use */
static pthread_t threads[200];
static int joinable[200]; /* it has ended */

static void *answer_all(void *slot)
{
    int i = (int)(intptr_t)slot, fd = fds[i];
    char *body;
    uint32_t len;

    while (read_frame(fd, &body, &len) == 1) {
        capitals(body, len);
        int result = write_frame(fd, body, len);
        free(body);
        if (result == -1)
            break;
    }
    pthread_mutex_lock(&lock);
    close(fd);
    fds[i] = -1;
    joinable[i] = 1;
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void hold(sigset_t *before)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, before);
}

/* A call that finds something ready at once has let no signal in. */
static void let_in(const sigset_t *before)
{
    sigset_t held;

    pthread_sigmask(SIG_SETMASK, before, &held);
    pthread_sigmask(SIG_SETMASK, &held, NULL);
}

static int wait_for(int fd, const sigset_t *before)
{
    struct pollfd p = {fd, POLLIN, 0};

    int n = ppoll(&p, 1, NULL, before);
    let_in(before);
    return n;
}

static void start_thread(int fd)
{
    pthread_mutex_lock(&lock);
    for (int i = 0; i < 200; i++) {
        if (joinable[i]) {
            pthread_join(threads[i], NULL);
            joinable[i] = 0;
            threads[i] = 0;
        }
        if (fds[i] == -1 && fd != -1) {
            fds[i] = fd;
            if (pthread_create(&threads[i], NULL, answer_all,
                               (void *)(intptr_t)i) == 0)
                fd = -1;
            else {
                fds[i] = -1;
                threads[i] = 0;
                break;
            }
        }
    }
    pthread_mutex_unlock(&lock);
    if (fd != -1)
        close(fd);
}

int serve_loop(int lfd, const volatile sig_atomic_t *stop)
{
    sigset_t before;

    for (int i = 0; i < 200; i++)
        fds[i] = -1;
    hold(&before);
    while (!*stop) {
        if (wait_for(lfd, &before) == -1)
            continue;
        int fd = accept(lfd, NULL, NULL);
        if (fd == -1)
            usleep(50000);
        else
            start_thread(fd);
    }
    /* Who waits for a client sees an end-of-file. */
    pthread_mutex_lock(&lock);
    for (int i = 0; i < 200; i++)
        if (fds[i] != -1)
            shutdown(fds[i], SHUT_RDWR);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < 200; i++)
        if (threads[i])
            pthread_join(threads[i], NULL);
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

ssize_t udp_call(unsigned short port, const char *text, char *answer,
                 size_t size)
{
    struct sockaddr_in name = local(port);
    struct timeval limit = {RESEND_MS / 1000, RESEND_MS % 1000 * 1000};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ssize_t n = -1;

    if (fd == -1)
        return -1;
    /* Connected: nobody else is heard, so that the limit need not shrink. */
    if (connect(fd, (struct sockaddr *)&name, sizeof name) == -1 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == -1)
        goto out;
    for (int i = 0; i < TRIES; i++) {
        n = send(fd, text, strlen(text), 0);
        if (n == -1 && errno != ECONNREFUSED)
            goto out;
        do
            n = recv(fd, answer, size, 0);
        while (n == -1 && errno == EINTR);
        if (n >= 0)
            goto out;
        if (errno == ECONNREFUSED) /* a server may yet come */
            usleep(RESEND_MS * 1000);
    }
    errno = ETIMEDOUT;
out:;
    int saved = errno;
    close(fd);
    errno = saved;
    return n;
}
