// SPDX-License-Identifier: MIT
/*
 * Accepted: the server opens its FIFO "r+", reads lines with fgets and answers
 * through a FILE.
 *
 * O_RDWR makes the server its own dummy writer (Linux). A signal without
 * SA_RESTART ends fgets, and the flag is looked at.
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

static void answer_client(const char *reply, int seq, const char *word)
{
    int fd = open(reply, O_WRONLY | O_NONBLOCK);
    FILE *out = fd == -1 ? NULL : fdopen(fd, "w");

    if (!out) {
        (void)fail(reply);
        return;
    }
    (void)fprintf(out, "%d %s\n", seq, word);
    if (fclose(out) == EOF)
        (void)fail(reply);
}

static void catch_stop_signals(void)
{
    /* Without SA_RESTART: a read that sleeps is broken off. */
    struct sigaction action = {.sa_handler = request_stop};

    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
}

int fifo_serve(const char *path, int max, volatile sig_atomic_t *stop)
{
    if (fifo_make(path, 0600) == -1)
        return -1;
    (void)signal(SIGPIPE, SIG_IGN);
    catch_stop_signals();
    FILE *in = fopen(path, "r+"); /* O_RDWR: we are the dummy writer */
    int result = in ? 0 : fail(path), count = 0;

    if (result == 0 && (printf("ready\n") < 0 || fflush(stdout) == EOF))
        result = fail("standard output");
    while (result == 0 && !*stop && (!max || count < max)) {
        char line[4096];
        if (!fgets(line, sizeof line, in)) {
            clearerr(in); /* a signal: look at the flag */
            continue;
        }
        size_t size = strlen(line);
        char *space = strchr(line, ' ');
        if (size > REQUEST_MAX || line[size - 1] != '\n' || !space ||
            space == line || space[1] == '\n')
            continue;
        *space = line[size - 1] = '\0';
        answer_client(line, ++count, space + 1);
    }
    if (in)
        (void)fclose(in);
    (void)unlink(path);
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
