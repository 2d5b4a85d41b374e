// SPDX-License-Identifier: MIT
/*
 * shim.h - what the parts of the library share that makes rare events common;
 * shim.c says what it does.  All of it is hidden: nothing here may stand in the
 * way of a program's own names.
 */
#ifndef PROBE_SHIM_H
#define PROBE_SHIM_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#pragma GCC visibility push(hidden)

extern struct shim_setting {
    char **seen; /* the environment that the rest was read from */
    size_t short_io;
    unsigned eintr_every;
    const char *delay, *foreign;
} setting;

/* Look whether the environment is another one: a server of runs swaps it. */
void read_setting(void);
/* Whether this call is to fail now; errno is EINTR then. */
int is_interrupted(void);
/* Whether FD is a socket whose messages are moved whole or not at all. */
int has_messages(int fd);
/* SIZE, or LIMIT if it is less and transfers on FD are to be short. */
size_t shorten(int fd, size_t size, size_t limit);
/* The part of which alone short transfers on FD move something: the first that
 * is not empty; NULL if all are to be moved. */
const struct iovec *only_part(int fd, const struct iovec *parts, size_t count);
/* Be late before (or after) what has NAME, if that is asked for. */
void delay(const char *name);

#pragma GCC visibility pop

/* The limits of what comes in, and of what goes out. */
#define SHORTEN_IN(fd, size)  shorten(fd, size, setting.short_io)
#define SHORTEN_OUT(fd, size) shorten(fd, size, (setting.short_io + 1) / 2)

/* The next definition of NAME, found once. */
#define NEXT(name)                                                             \
    static __typeof__(&name) next;                                             \
    if (next == NULL)                                                          \
    next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#endif
