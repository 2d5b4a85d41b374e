// SPDX-License-Identifier: MIT
/*
 * Lab `mkfifo`. Amélie Garnier, section A.
 *
 * The server waits in one place, poll, for one of two things: the FIFO, and a
 * signalfd. So there is no handler and no flag, and `stop` stays unused.
 */
#include "mkfifo.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

static int put_all(int fd, const char *at, size_t left)
{
    while (left) {
        ssize_t accepted = write(fd, at, left);

        if (accepted < 0 && errno == EINTR)
            continue;
        if (accepted < 0)
            return -1;
        at += accepted;
        left -= accepted;
    }
    return 0;
}

static ssize_t read_retry(int fd, void *buf, size_t room)
{
    for (;;) {
        ssize_t got = read(fd, buf, room);

        if (got >= 0 || errno != EINTR)
            return got;
    }
}

/* open(2) on a FIFO may sleep, and be interrupted. */
static int open_retry(const char *path, int flags)
{
    for (;;) {
        int fd = open(path, flags);

        if (fd >= 0)
            return fd;
        if (errno != EINTR)
            return fail(path);
    }
}

/* TODO(mkfifo.1): Bytes from a descriptor into a FIFO, and from a FIFO to a
 * descriptor. Whom does open(2) wait for? When does read(2) return 0? Make no
 * file where there is none. fifo(7), write(2). */
static int transfer(int from, int to)
{
    char page[16384];

    for (;;) {
        ssize_t got = read_retry(from, page, sizeof page);

        if (got < 0)
            return fail("read");
        if (got == 0)
            return 0;
        if (put_all(to, page, got) < 0)
            return fail("write");
    }
}

int fifo_send(const char *path, int in)
{
    int fd = open_retry(path, O_WRONLY), r;

    if (fd < 0)
        return -1;
    r = transfer(in, fd);
    close(fd);
    return r;
}

int fifo_recv(const char *path, int out)
{
    int fd = open_retry(path, O_RDONLY), r;

    if (fd < 0)
        return -1;
    r = transfer(fd, out);
    close(fd);
    return r;
}
/* END(mkfifo.1) */

/* TODO(mkfifo.2): A FIFO with exactly the mode asked for, and a server that
 * answers whoever writes to it, for as long as it is wanted: no client that
 * comes, goes, or is not there may end it, block it or keep it busy. mkfifo(3),
 * fifo(7), open(2) with O_NONBLOCK, signal(7). */
int fifo_make(const char *path, mode_t mode)
{
    mode_t old = umask(0); /* this process has one thread, so this is safe */
    int r = mkfifo(path, mode), error = errno;
    struct stat st;

    umask(old);
    if (r == 0)
        return 0;
    if (error == EEXIST && lstat(path, &st) == 0 && S_ISFIFO(st.st_mode))
        return 0;
    errno = error;
    return fail(path);
}

struct server {
    int max, served;
    size_t used;   /* bytes in line */
    int overlong;  /* throw away until the next newline */
    char line[REQUEST_MAX + 1];
};

static void reply_to(const char *client, int number, const char *word)
{
    char text[REQUEST_MAX + 32];
    int len = snprintf(text, sizeof text, "%d %s\n", number, word);
    int fd = open(client, O_WRONLY | O_NONBLOCK); /* ENXIO: nobody listens */

    if (fd < 0 || put_all(fd, text, len) < 0)
        fail(client);
    if (fd >= 0)
        close(fd);
}

static void handle_line(struct server *s)
{
    char *blank = strchr(s->line, ' ');

    if (!blank || blank == s->line || blank[1] == '\0')
        return; /* not a request */
    *blank = '\0';
    s->served++;
    reply_to(s->line, s->served, blank + 1);
}

static int full(const struct server *s)
{
    return s->max != 0 && s->served >= s->max;
}

static void handle_bytes(struct server *s, const char *bytes, ssize_t n)
{
    for (; n > 0 && !full(s); n--, bytes++) {
        if (*bytes != '\n') {
            if (s->used < REQUEST_MAX - 1)
                s->line[s->used++] = *bytes;
            else
                s->overlong = 1;
            continue;
        }
        s->line[s->used] = '\0';
        if (!s->overlong)
            handle_line(s);
        s->used = 0;
        s->overlong = 0;
    }
}

static int loop(int fifo, int signals, int max)
{
    struct server s = {.max = max};
    struct pollfd on[2] = {{.fd = signals, .events = POLLIN},
                           {.fd = fifo, .events = POLLIN}};
    char page[PIPE_BUF];

    while (!full(&s)) {
        if (poll(on, 2, -1) < 0) {
            if (errno == EINTR)
                continue;
            return fail("poll");
        }
        if (on[0].revents)
            return 0;
        ssize_t got = read(fifo, page, sizeof page);
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            return fail("read");
        handle_bytes(&s, page, got);
    }
    return 0;
}

static int stop_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC);
}

int fifo_serve(const char *path, int max, volatile sig_atomic_t *stop)
{
    int signals, fifo = -1, keep = -1, r = -1;

    (void)stop;
    if (fifo_make(path, 0600) < 0)
        return -1;
    signal(SIGPIPE, SIG_IGN);
    signals = stop_signals();
    if (signals < 0) {
        fail("signalfd");
        goto out;
    }
    /* First a reader that does not wait, then a writer of our own: the FIFO
     * is never at end-of-file, and poll sleeps between the clients. */
    if ((fifo = open_retry(path, O_RDONLY | O_NONBLOCK)) < 0 ||
        (keep = open_retry(path, O_WRONLY | O_NONBLOCK)) < 0)
        goto out;
    if (put_all(1, "ready\n", 6) < 0) {
        fail("stdout");
        goto out;
    }
    r = loop(fifo, signals, max);
out:
    if (keep >= 0)
        close(keep);
    if (fifo >= 0)
        close(fifo);
    if (signals >= 0)
        close(signals);
    unlink(path);
    return r;
}
/* END(mkfifo.2) */

/* TODO(mkfifo.3): One request, one answer. By the time the server has read the
 * request it must find you at the other end of the reply FIFO; and if there is
 * no server you want to know at once. Leave nothing behind. fifo(7), pipe(7),
 * "PIPE_BUF". */
static int ask_server(const char *path, const char *text, size_t len)
{
    int fd = open_retry(path, O_WRONLY | O_NONBLOCK), r = 0;

    if (fd < 0)
        return -1;
    /* One write, whole or not at all; if there is no room, wait for it. */
    while (write(fd, text, len) < 0) {
        struct pollfd room = {.fd = fd, .events = POLLOUT};

        if (errno == EINTR)
            continue;
        if (errno != EAGAIN || (poll(&room, 1, -1) < 0 && errno != EINTR)) {
            r = fail(path);
            break;
        }
    }
    close(fd);
    return r;
}

static int hear_answer(int fd, char *answer, size_t size)
{
    size_t used = 0;
    char *nl = NULL;

    while (!nl) {
        if (used == size) {
            errno = EMSGSIZE;
            return fail("answer");
        }
        ssize_t got = read_retry(fd, answer + used, size - used);
        if (got < 0)
            return fail("read");
        nl = memchr(answer + used, '\n', got);
        used += got;
    }
    *nl = '\0';
    return 0;
}

int fifo_ask(const char *path, const char *word, char *answer, size_t size)
{
    char mine[REQUEST_MAX + 1], text[REQUEST_MAX + 1];
    int a = snprintf(mine, sizeof mine, "%s.%ld", path, (long)getpid());
    int b = snprintf(text, sizeof text, "%s %s\n", mine, word), r = -1;

    if (a > REQUEST_MAX || b > REQUEST_MAX) {
        errno = EMSGSIZE;
        return fail("request");
    }
    if (fifo_make(mine, 0600) < 0)
        return -1;
    signal(SIGPIPE, SIG_IGN);
    /* O_RDWR: neither open waits nor read sees an end before the beginning. */
    int fd = open_retry(mine, O_RDWR);
    if (fd >= 0) {
        r = ask_server(path, text, b);
        if (r == 0)
            r = hear_answer(fd, answer, size);
        close(fd);
    }
    unlink(mine);
    return r;
}
/* END(mkfifo.3) */
