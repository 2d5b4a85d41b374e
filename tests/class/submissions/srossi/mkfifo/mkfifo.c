/* Sofia Rossi - mkfifo */
#include "mkfifo.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int fifo_send(const char *path, int in)
{
    char buf[PIPE_SIZE];
    int fd = open(path, O_WRONLY);
    ssize_t n;

    if (fd == -1)
        return fail(path);
    while ((n = read(in, buf, sizeof buf)) > 0)
        write(fd, buf, n);
    close(fd);
    return 0;
}

int fifo_recv(const char *path, int out)
{
    char buf[PIPE_SIZE];
    int fd = open(path, O_RDONLY);
    ssize_t n;

    if (fd == -1)
        return fail(path);
    while ((n = read(fd, buf, sizeof buf)) > 0)
        write(out, buf, n);
    close(fd);
    return 0;
}

int fifo_make(const char *path, mode_t mode)
{
    if (mkfifo(path, mode) == -1)
        return fail(path);
    return 0;
}

int fifo_serve(const char *path, int max, volatile sig_atomic_t *stop)
{
    (void)path, (void)max, (void)stop;
    errno = ENOSYS;
    return fail("serve");
}

int fifo_ask(const char *path, const char *word, char *answer, size_t size)
{
    (void)path, (void)word, (void)answer, (void)size;
    errno = ENOSYS;
    return fail("ask");
}
