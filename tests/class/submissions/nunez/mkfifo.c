/*
 * Práctica: mkfifo
 * José Ángel Núñez
 */
#include "mkfifo.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Copy until end-of-file. */
static int copy_bytes(int source, int sink)
{
    char chunk[5000];
    ssize_t count;

    for (;;) {
        count = read(source, chunk, sizeof chunk);
        if (count == -1 && errno == EINTR)
            continue;
        if (count == -1)
            return fail("read");
        if (count == 0)
            return 0;
        for (ssize_t sent = 0; sent < count;) {
            ssize_t step = write(sink, chunk + sent, count - sent);
            if (step == -1 && errno != EINTR)
                return fail("write");
            if (step > 0)
                sent += step;
        }
    }
}

int fifo_send(const char *path, int in)
{
    int fd = open(path, O_WRONLY);
    if (fd == -1)
        return fail(path);
    int result = copy_bytes(in, fd);
    close(fd);
    return result;
}

int fifo_recv(const char *path, int out)
{
    int fd = open(path, O_RDONLY);
    if (fd == -1)
        return fail(path);
    int result = copy_bytes(fd, out);
    close(fd);
    return result;
}

int fifo_make(const char *path, mode_t mode)
{
    struct stat info;

    if (mkfifo(path, mode) == 0) {
        if (chmod(path, mode) == -1) /* because of the umask */
            return fail(path);
        return 0;
    }
    if (errno == EEXIST) {
        if (stat(path, &info) == 0 && S_ISFIFO(info.st_mode))
            return 0;
        errno = EEXIST;
    }
    return fail(path);
}

/* One line, which is a request or is not. Returns 1 if it was one. */
static int treat_line(char *line, int seq)
{
    char *space = strchr(line, ' ');

    if (space == NULL || space == line || space[1] == '\0')
        return 0;
    *space = '\0';
    /* The client is waiting for us, so it is there. */
    int fd = open(line, O_WRONLY);
    if (fd == -1) {
        fail(line);
        return 1;
    }
    if (dprintf(fd, "%d %s\n", seq, space + 1) < 0)
        fail(line);
    close(fd);
    return 1;
}

int fifo_serve(const char *path, int max, volatile sig_atomic_t *stop)
{
    struct sigaction action = {.sa_handler = request_stop};
    char line[REQUEST_MAX + 1];
    size_t used = 0;
    int seq = 0, too_long = 0;

    if (fifo_make(path, 0600) == -1)
        return -1;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);

    /* O_RDWR: we are a writer, too, so there is no end-of-file between two
     * clients (found in fifo(7)) */
    int fd = open(path, O_RDWR);
    if (fd == -1) {
        fail(path);
        unlink(path);
        return -1;
    }
    dprintf(STDOUT_FILENO, "ready\n");

    while (!*stop && (max == 0 || seq < max)) {
        char c;
        ssize_t count = read(fd, &c, 1);
        if (count == -1 && errno != EINTR)
            break;
        if (count <= 0)
            continue;
        if (c != '\n') {
            if (used < REQUEST_MAX - 1)
                line[used++] = c;
            else
                too_long = 1;
            continue;
        }
        line[used] = '\0';
        if (!too_long && treat_line(line, seq + 1))
            seq++;
        used = 0;
        too_long = 0;
    }
    close(fd);
    unlink(path);
    return 0;
}

int fifo_ask(const char *path, const char *word, char *answer, size_t size)
{
    char mine[REQUEST_MAX], request[2 * REQUEST_MAX];
    int result = -1;

    snprintf(mine, sizeof mine, "%s.%d", path, getpid());
    int length = snprintf(request, sizeof request, "%s %s\n", mine, word);
    if (length > REQUEST_MAX) {
        errno = EMSGSIZE;
        return fail("ask");
    }
    if (fifo_make(mine, 0600) == -1)
        return -1;
    signal(SIGPIPE, SIG_IGN);
    int server = open(path, O_WRONLY | O_NONBLOCK);
    int fd = open(mine, O_RDWR);
    if (server == -1) {
        fail(path);
    } else if (fd == -1) {
        fail(mine);
    } else if (fcntl(server, F_SETFL, 0) == -1 ||
               write(server, request, length) != length) {
        fail(path);
    } else {
        ssize_t count = read(fd, answer, size - 1);
        if (count > 0) {
            answer[count] = '\0';
            answer[strcspn(answer, "\n")] = '\0';
            result = 0;
        } else {
            fail("read");
        }
    }
    if (server != -1)
        close(server);
    if (fd != -1)
        close(fd);
    unlink(mine);
    return result;
}
