// SPDX-License-Identifier: MIT
/*
 * base.h - the few helpers that every part of the grader uses.
 *
 * Memory: the x-functions do not return when memory runs out; they print
 * "ipclab: out of memory" and end the process with status 3, so that callers
 * need no path for it.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *string);
char *xstrndup(const char *string, size_t size);
/* printf into a new string, to be freed by the caller. */
char *xformat(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * ITEMS points to a pointer to an array of *COUNT items of SIZE bytes: grow it
 * by one zeroed item and return that:  struct x *x = grow(&list, &count,
 * sizeof(*list));
 */
void *grow(void *items, size_t *count, size_t size);

/* A NULL-terminated argument vector that grows; it owns its strings. */
struct argv {
    char **items;
    size_t count;
};

void argv_add(struct argv *argv, const char *string);
void argv_add_all(struct argv *argv, const char *const *strings);
void argv_addf(struct argv *argv, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* All of them, with a space between; to be freed by the caller. */
char *argv_join(const struct argv *argv);
void argv_release(struct argv *argv);

/* STRING as one word of a POSIX shell; unchanged if it is plain.  NUL-free;
 * to be freed by the caller. */
char *shell_quote(const char *string);

/* Monotonic time in milliseconds. */
int64_t now_ms(void);

/* All of these retry EINTR and short transfers; -1 with errno. */
int write_fully(int fd, const void *data, size_t size);
/* Read to end-of-file, at most LIMIT bytes (EFBIG beyond), into a new string
 * with a NUL behind it; *SIZE may be NULL. */
char *read_fully(int fd, size_t limit, size_t *size);
char *read_file(int dir_fd, const char *path, size_t limit, size_t *size);
/* Write PATH whole: readers see the old file or the new one.  What is no
 * regular file is written to and stays what it is; a FIFO is waited for until
 * somebody reads it, as `cat >fifo` waits, and SIGINT, SIGTERM and SIGHUP end
 * that. */
int write_file(const char *path, const void *data, size_t size, mode_t mode);
int copy_file(const char *from, const char *to, mode_t mode);
/* Remove PATH and all below it without following links; 0 or -1. */
int remove_tree(int dir_fd, const char *path);
/* The same for all that is in the directory DIR_FD, which stays. */
int remove_below(int dir_fd);

/* An array's length, known to the compiler. */
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Whether WORD is one of LIST, whose words have one character BETWEEN them
 * ("pipe,pipe2"); LIST may be NULL. */
bool list_holds(const char *list, char between, const char *word);

#endif
