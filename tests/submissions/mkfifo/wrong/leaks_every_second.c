// SPDX-License-Identifier: MIT
/*
 * Fails: existing_file_and_leaks
 * Shows: leaks_descriptors
 * Dirty: serve_survives_and_sleeps dead_client_before_open
 *     client_gone_after_open cleanup_on_sigterm twenty_clients
 *
 * The belief: it is cheaper to close two answers at a time. But the loop ends
 * one too soon, and so every second descriptor stays open.
 */
#include "mkfifo.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* All of it, in as many pieces as the kernel likes. */
static int write_all(int fd, const char *buf, size_t n)
{
    while (n > 0) {
        ssize_t w = TEMP_FAILURE_RETRY(write(fd, buf, n));
        if (w == -1)
            return -1;
        buf += w;
        n -= (size_t)w;
    }
    return 0;
}

/* `fifo` is the one of both that we have opened, or -1 if we could not. */
static int copy(const char *path, int fifo, int in, int out)
{
    char buf[65536];
    ssize_t n;

    if (fifo == -1)
        return fail(path);
    do
        n = TEMP_FAILURE_RETRY(read(in, buf, sizeof buf));
    while (n > 0 && write_all(out, buf, (size_t)n) == 0);
    int result = n == 0 ? 0 : fail("copy");
    (void)close(fifo); /* a FIFO has no delayed error to report */
    return result;
}

int fifo_send(const char *path, int in)
{
    /* Without O_CREAT, or a missing FIFO would become a regular file. */
    int fd = TEMP_FAILURE_RETRY(open(path, O_WRONLY));

    return copy(path, fd, in, fd);
}

int fifo_recv(const char *path, int out)
{
    int fd = TEMP_FAILURE_RETRY(open(path, O_RDONLY));

    return copy(path, fd, fd, out);
}

int fifo_make(const char *path, mode_t mode)
{
    struct stat about;

    if (mkfifo(path, mode) == 0) /* the umask has taken bits away */
        return chmod(path, mode) == -1 ? fail(path) : 0;
    int error = errno;
    if (error == EEXIST && stat(path, &about) == 0 && S_ISFIFO(about.st_mode))
        return 0;
    errno = error;
    return fail(path);
}

static void close_fd(int fd)
{
    if (fd != -1)
        (void)close(fd);
}

enum {
    KEPT = 2
};

/* Close FD, an answer's, together with the next one's. */
static void close_later(int fd)
{
    static int kept[KEPT], used;

    kept[used++] = fd;
    if (used < KEPT)
        return;
    for (int i = 0; i < KEPT - 1; i++)
        close_fd(kept[i]);
    used = 0;
}

/* What goes wrong here is this client's misfortune, not the server's. */
static void answer_client(const char *reply, int seq, const char *word)
{
    char line[REQUEST_MAX + 16];
    int n = snprintf(line, sizeof line, "%d %s\n", seq, word);
    /* A blocking open would wait for a client that may never come: fifo(7). */
    int fd = open(reply, O_WRONLY | O_NONBLOCK);

    /* The FIFO is new, and a line is less than it holds: never EAGAIN. */
    if (fd == -1 || write_all(fd, line, (size_t)n) == -1)
        (void)fail(reply);
    if (fd != -1)
        close_later(fd);
}

struct requests {
    char line[REQUEST_MAX]; /* the bytes since the last newline */
    size_t used;            /* REQUEST_MAX and more: too long, not kept */
    int count;              /* answered or skipped */
};

/* A read may bring a part of a line, or many: the line ends at the newline. */
static void take(struct requests *r, const char *buf, ssize_t n, int max)
{
    for (ssize_t i = 0; i < n && (!max || r->count < max); i++) {
        if (r->used < sizeof r->line)
            r->line[r->used++] = buf[i] == '\n' ? '\0' : buf[i];
        if (buf[i] != '\n')
            continue;
        /* Without its '\0' the line was too long. */
        char *space = r->line[r->used - 1] ? NULL : strchr(r->line, ' ');
        if (space && space > r->line && space[1]) {
            *space = '\0';
            answer_client(r->line, ++r->count, space + 1);
        }
        r->used = 0;
    }
}

/* Say "ready"; serve until max is reached, or a signal has set *stop. */
static int serve_requests(int fd, int max, volatile sig_atomic_t *stop)
{
    struct requests requests = {.used = 0};
    struct sigaction action = {.sa_handler = request_stop};
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    sigset_t stops, before;
    char buf[PIPE_BUF];

    /* The signals come in while ppoll sleeps and at no other time: between a
     * look at *stop and the sleep, one could be overlooked. */
    (void)sigemptyset(&stops);
    (void)sigaddset(&stops, SIGTERM);
    (void)sigaddset(&stops, SIGINT);
    if (sigprocmask(SIG_BLOCK, &stops, &before) == -1 ||
        sigaction(SIGTERM, &action, NULL) == -1 ||
        sigaction(SIGINT, &action, NULL) == -1)
        return fail("signals");
    if (write_all(STDOUT_FILENO, "ready\n", 6) == -1)
        return fail("standard output");
    while (!*stop && (!max || requests.count < max)) {
        ssize_t n = ppoll(&readable, 1, NULL, &before);
        if (n > 0)
            n = read(fd, buf, sizeof buf);
        if (n == -1 && errno != EINTR && errno != EAGAIN)
            return fail("read");
        take(&requests, buf, n, max);
    }
    return 0;
}

int fifo_serve(const char *path, int max, volatile sig_atomic_t *stop)
{
    if (fifo_make(path, 0600) == -1)
        return -1;
    /* A client that leaves while it is answered is to be EPIPE: pipe(7). */
    (void)signal(SIGPIPE, SIG_IGN); /* cannot fail: there is such a signal */
    /* Not to wait for the first client, hence O_NONBLOCK. The second end is
     * for nobody to use: while it is open there is always a writer, so never
     * end-of-file, which would come again and again: fifo(7). */
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    int writer = fd == -1 ? -1 : open(path, O_WRONLY);
    int result = writer == -1 ? fail(path) : serve_requests(fd, max, stop);
    close_fd(writer);
    close_fd(fd);
    (void)unlink(path); /* nothing is lost if somebody was quicker */
    return result;
}

static int send_request(const char *path, const char *request, size_t n)
{
    /* Without a server: ENXIO, instead of a wait for one: fifo(7). */
    int fd = open(path, O_WRONLY | O_NONBLOCK);

    if (fd == -1)
        return fail(path);
    /* To find the FIFO full is no reason to give up: from now on, wait for
     * room. And one write of at most PIPE_BUF bytes: it goes in whole or not at
     * all, so no other client's request gets in between: pipe(7). */
    int result = fcntl(fd, F_SETFL, 0);
    if (result == -1 || TEMP_FAILURE_RETRY(write(fd, request, n)) == -1)
        result = fail(path);
    close_fd(fd);
    return result;
}

/* The answer may come in pieces. */
static int receive_answer(int fd, char *answer, size_t size)
{
    size_t used = 0;

    while (used < size) {
        ssize_t n = TEMP_FAILURE_RETRY(read(fd, answer + used, size - used));
        if (n == -1)
            return fail("read");
        used += (size_t)n;
        if (answer[used - 1] == '\n') {
            answer[used - 1] = '\0';
            return 0;
        }
    }
    errno = EMSGSIZE;
    return fail("answer");
}

int fifo_ask(const char *path, const char *word, char *answer, size_t size)
{
    char reply[REQUEST_MAX], request[REQUEST_MAX + 1];

    (void)snprintf(reply, sizeof reply, "%s.%d", path, (int)getpid());
    int n = snprintf(request, sizeof request, "%s %s\n", reply, word);

    if (n > REQUEST_MAX) { /* always so if `reply` was cut short */
        errno = EMSGSIZE;
        return fail("request");
    }
    if (fifo_make(reply, 0600) == -1)
        return -1;
    /* For reading and writing, so that open does not wait for the server, and
     * read does not report end-of-file before it has come. POSIX leaves this
     * open, Linux defines it: fifo(7). */
    int fd = open(reply, O_RDWR);
    int result = fd == -1 ? fail(reply) : 0;

    /* If the server has just left, live on to remove the FIFO. */
    (void)signal(SIGPIPE, SIG_IGN);
    if (result == 0)
        result = send_request(path, request, (size_t)n);
    if (result == 0)
        result = receive_answer(fd, answer, size);
    close_fd(fd);
    (void)unlink(reply); /* nothing is lost if somebody was quicker */
    return result;
}
