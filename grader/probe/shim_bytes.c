// SPDX-License-Identifier: MIT
/* shim_bytes.c - reading and writing, and what the C library writes; see
 * shim.c. */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

ssize_t read(int fd, void *buffer, size_t size)
{
    NEXT(read);
    return is_interrupted() ? -1 : next(fd, buffer, SHORTEN_IN(fd, size));
}

ssize_t write(int fd, const void *buffer, size_t size)
{
    NEXT(write);
    delay("write");
    if (is_interrupted())
        return -1;
    ssize_t result = next(fd, buffer, SHORTEN_OUT(fd, size));
    if (size > 0 && ((const char *)buffer)[size - 1] == '\n')
        delay("line_done");
    return result;
}

ssize_t readv(int fd, const struct iovec *parts, int count)
{
    NEXT(readv);
    if (is_interrupted())
        return -1;
    const struct iovec *part = only_part(fd, parts, (size_t)count);
    if (part == NULL)
        return next(fd, parts, count);
    struct iovec less = {part->iov_base, SHORTEN_IN(fd, part->iov_len)};
    return next(fd, &less, 1);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    NEXT(writev);
    delay("write");
    if (is_interrupted())
        return -1;
    const struct iovec *part = only_part(fd, parts, (size_t)count);
    if (part == NULL)
        return next(fd, parts, count);
    struct iovec less = {part->iov_base, SHORTEN_OUT(fd, part->iov_len)};
    return next(fd, &less, 1);
}

/* Programs for files of any size call it pread64: lfs of
 * feature_test_macros(7).
 */
ssize_t pread(int fd, void *buffer, size_t size, off_t at)
{
    NEXT(pread);
    return is_interrupted() ? -1 : next(fd, buffer, SHORTEN_IN(fd, size), at);
}

ssize_t pread64(int fd, void *buffer, size_t size, off_t at)
{
    return pread(fd, buffer, size, at);
}

ssize_t pwrite(int fd, const void *buffer, size_t size, off_t at)
{
    NEXT(pwrite);
    delay("write");
    return is_interrupted() ? -1 : next(fd, buffer, SHORTEN_OUT(fd, size), at);
}

ssize_t pwrite64(int fd, const void *buffer, size_t size, off_t at)
{
    return pwrite(fd, buffer, size, at);
}

ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t at,
                 int flags)
{
    NEXT(pwritev2);
    delay("write");
    if (is_interrupted())
        return -1;
    const struct iovec *part = only_part(fd, parts, (size_t)count);
    if (part == NULL)
        return next(fd, parts, count, at, flags);
    struct iovec less = {part->iov_base, SHORTEN_OUT(fd, part->iov_len)};
    return next(fd, &less, 1, at, flags);
}

ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off_t at,
                    int flags)
{
    return pwritev2(fd, parts, count, at, flags);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    if (at >= 0)
        return pwritev2(fd, parts, count, at, 0);
    errno = EINVAL; /* -1 means the file offset to pwritev2(2) only */
    return -1;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at)
{
    return pwritev(fd, parts, count, at);
}

/* ---- Output of the C library ---------------------------------------------
 */

int vdprintf(int fd, const char *format, va_list list)
{
    NEXT(vdprintf);
    delay("write");
    size_t size = strlen(format);
    int result = next(fd, format, list);
    if (size > 0 && format[size - 1] == '\n')
        delay("line_done");
    return result;
}

int dprintf(int fd, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    int size = vdprintf(fd, format, list);
    va_end(list);
    return size;
}

int fflush(FILE *file)
{
    NEXT(fflush);
    delay("write");
    int result = next(file);
    delay("line_done");
    return result;
}

int fclose(FILE *file)
{
    NEXT(fclose);
    delay("write");
    return next(file);
}

/* The mode that follows FLAGS, where there is one. */
#define GET_MODE(flags, mode)                                                  \
    mode_t mode = 0;                                                           \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                     \
        va_list list;                                                          \
        va_start(list, flags);                                                 \
        mode = va_arg(list, mode_t);                                           \
        va_end(list);                                                          \
    }

int open(const char *path, int flags, ...)
{
    NEXT(open);
    GET_MODE(flags, mode);
    delay("open");
    return next(path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...)
{
    NEXT(openat);
    GET_MODE(flags, mode);
    delay("open");
    return next(directory, path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    NEXT(fopen);
    delay("open");
    return next(path, mode);
}
