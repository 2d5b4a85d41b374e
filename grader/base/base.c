// SPDX-License-Identifier: MIT
/* base.c - helpers that every part of the grader uses; see base.h. */
#include "base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void *or_die(void *memory)
{
    if (memory == NULL) {
        (void)write(STDERR_FILENO, "ipclab: out of memory\n", 22);
        _exit(3);
    }
    return memory;
}

void *xcalloc(size_t count, size_t size)
{
    return or_die(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *old, size_t size)
{
    return or_die(realloc(old, size ? size : 1));
}

char *xstrdup(const char *string)
{
    return or_die(strdup(string));
}

char *xstrndup(const char *string, size_t size)
{
    return or_die(strndup(string, size));
}

static char *format_list(const char *format, va_list list)
{
    char *string = NULL;

    if (vasprintf(&string, format, list) < 0)
        string = NULL;
    return or_die(string);
}

char *xformat(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    char *string = format_list(format, list);
    va_end(list);
    return string;
}

void *grow(void *items, size_t *count, size_t size)
{
    char *array;

    memcpy(&array, items, sizeof(array)); /* whatever type it points to */
    /* Doubling at powers of two needs no separate capacity. */
    if ((*count & (*count - 1)) == 0) {
        array = xrealloc(array, (*count ? 2 * *count : 1) * size);
        memcpy(items, &array, sizeof(array));
    }
    char *item = array + *count * size;
    memset(item, 0, size);
    ++*count;
    return item;
}

void argv_add(struct argv *argv, const char *string)
{
    argv->items =
        xrealloc(argv->items, (argv->count + 2) * sizeof(*argv->items));
    argv->items[argv->count++] = xstrdup(string);
    argv->items[argv->count] = NULL;
}

void argv_add_all(struct argv *argv, const char *const *strings)
{
    for (; *strings; strings++)
        argv_add(argv, *strings);
}

void argv_addf(struct argv *argv, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    char *string = format_list(format, list);
    va_end(list);
    argv_add(argv, string);
    free(string);
}

char *argv_join(const struct argv *argv)
{
    char *joined = xstrdup("");

    for (size_t i = 0; i < argv->count; i++) {
        char *longer = xformat("%s%s%s", joined, i ? " " : "", argv->items[i]);
        free(joined);
        joined = longer;
    }
    return joined;
}

void argv_release(struct argv *argv)
{
    for (size_t i = 0; i < argv->count; i++)
        free(argv->items[i]);
    free(argv->items);
    *argv = (struct argv){0};
}

char *shell_quote(const char *string)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-+=:,./%@";

    if (*string != '\0' && string[strspn(string, plain)] == '\0')
        return xstrdup(string);
    char *quoted = xcalloc(4 * strlen(string) + 3, 1);
    char *end = quoted;
    *end++ = '\'';
    for (; *string; string++) {
        if (*string == '\'')
            end = stpcpy(end, "'\\''");
        else
            *end++ = *string;
    }
    *end = '\'';
    return quoted;
}

int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with it */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int write_fully(int fd, const void *data, size_t size)
{
    const char *next = data;

    while (size > 0) {
        ssize_t n = write(fd, next, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        next += n;
        size -= (size_t)n;
    }
    return 0;
}

char *read_fully(int fd, size_t limit, size_t *size)
{
    size_t used = 0, room = 4096;
    char *data = xrealloc(NULL, room + 1);

    for (;;) {
        ssize_t n = read(fd, data + used, room - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        if (n == 0) {
            data[used] = '\0';
            if (size)
                *size = used;
            return data;
        }
        used += (size_t)n;
        if (used > limit) {
            errno = EFBIG;
            break;
        }
        if (used == room)
            data = xrealloc(data, (room *= 2) + 1);
    }
    int error = errno;
    free(data);
    errno = error;
    return NULL;
}

char *read_file(int dir_fd, const char *path, size_t limit, size_t *size)
{
    int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return NULL;
    char *data = read_fully(fd, limit, size);
    int error = errno;
    (void)close(fd); /* nothing was written */
    errno = error;
    return data;
}

/* Whether PATH is nothing to be replaced: a device, a FIFO, or a name in /dev
 * of one of our own descriptors, as /dev/stdout. */
static bool is_kept(const char *path)
{
    struct stat status;

    if (stat(path, &status) < 0)
        return false;
    if (!S_ISREG(status.st_mode))
        return true;
    return strncmp(path, "/dev/", 5) == 0 && lstat(path, &status) == 0 &&
           S_ISLNK(status.st_mode);
}

static int write_in_place(const char *path, const void *data, size_t size)
{
    sigset_t end, before;
    int result = -1;

    /* Who waits for a reader must be able to end it, even where these signals
     * are blocked until somebody asks for them: worker_prepare(). */
    (void)sigemptyset(&end);
    (void)sigaddset(&end, SIGINT);
    (void)sigaddset(&end, SIGTERM);
    (void)sigaddset(&end, SIGHUP);
    (void)sigprocmask(SIG_UNBLOCK, &end, &before);
    int fd = open(path, O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0) {
        int written = write_fully(fd, data, size), error = errno;
        int closed = close(fd);
        result = written == 0 && closed == 0 ? 0 : -1;
        if (written < 0)
            errno = error;
    }
    int error = errno;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return result;
}

int write_file(const char *path, const void *data, size_t size, mode_t mode)
{
    if (is_kept(path))
        return write_in_place(path, data, size);
    char *temporary = xformat("%s.%ld~", path, (long)getpid());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    int result = -1;

    if (fd < 0)
        goto out;
    int written = write_fully(fd, data, size);
    int chmoded = fchmod(fd, mode); /* whatever the umask says */
    int closed = close(fd);
    if (written == 0 && chmoded == 0 && closed == 0)
        result = rename(temporary, path);
    if (result < 0)
        (void)unlink(temporary); /* errno tells of the first failure */
out:
    free(temporary);
    return result;
}

int copy_file(const char *from, const char *to, mode_t mode)
{
    size_t size;
    char *data = read_file(AT_FDCWD, from, SIZE_MAX - 1, &size);

    if (data == NULL)
        return -1;
    int result = write_file(to, data, size, mode);
    free(data);
    return result;
}

static int remove_children(int fd)
{
    DIR *dir = fdopendir(fd);

    if (dir == NULL) {
        (void)close(fd);
        return -1;
    }
    int result = 0;
    struct dirent *entry;
    while ((entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (remove_tree(dirfd(dir), entry->d_name) < 0)
            result = -1;
    }
    (void)closedir(dir);
    return result;
}

int remove_below(int dir_fd)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? -1 : remove_children(fd);
}

int remove_tree(int dir_fd, const char *path)
{
    if (unlinkat(dir_fd, path, 0) == 0)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -1;
    int fd =
        openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == EACCES && fchmodat(dir_fd, path, S_IRWXU, 0) == 0)
        fd = openat(dir_fd, path,
                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (remove_children(fd) < 0)
        return -1;
    return unlinkat(dir_fd, path, AT_REMOVEDIR);
}

bool list_holds(const char *list, char between, const char *word)
{
    size_t size = strlen(word);

    for (; list; list = (list = strchr(list, between)) ? list + 1 : NULL)
        if (strncmp(list, word, size) == 0 &&
            (list[size] == between || list[size] == '\0'))
            return true;
    return false;
}
