// SPDX-License-Identifier: MIT
/*
 * criterion.c - what stands between Criterion and the libraries it uses.
 *
 * The linker prefers these functions of the test program to those of the same
 * name in the libraries (ld.so(8)).  Criterion 2.4 leaves two things to mend:
 *
 * It shows how two strings differ by libgit2, and initialises that at every
 * start; where libgit2 was built with mbed TLS, as in Debian, it then reads all
 * certificates of the system: 5 of the 12 ms that the start of a test takes.
 *
 * It talks to its tests through the socket /tmp/criterion_PID.sock, and leaves
 * it behind.  When the pid comes round again for another user the tests cannot
 * start: "Address already in use".
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- libgit2 ------------------------------------------------------------- */

int git_libgit2_init(void);
int git_libgit2_shutdown(void);
int git_diff_buffers(const void *old, size_t old_size, const char *old_name,
                     const void *new, size_t new_size, const char *new_name,
                     const void *options, void *file, void *binary, void *hunk,
                     void *line, void *payload);

static void *library(const char *function)
{
    return dlsym(RTLD_NEXT, function);
}

int git_libgit2_init(void)
{
    return 1;
}

int git_libgit2_shutdown(void)
{
    return 0;
}

int git_diff_buffers(const void *old, size_t old_size, const char *old_name,
                     const void *new, size_t new_size, const char *new_name,
                     const void *options, void *file, void *binary, void *hunk,
                     void *line, void *payload)
{
    int (*init)(void) = library("git_libgit2_init");
    __typeof__(git_diff_buffers) *diff = library("git_diff_buffers");

    if (init == NULL || diff == NULL || init() < 0)
        return -1;
    return diff(old, old_size, old_name, new, new_size, new_name, options, file,
                binary, hunk, line, payload);
}

/* ---- nanomsg ------------------------------------------------------------- */

int nn_bind(int socket, const char *address);
int nn_connect(int socket, const char *address);

/* The same name on the stage of the grade, which goes when that ends.  The
 * path of a socket has at most 107 bytes (unix(7)). */
static const char *moved(const char *address, char *buffer, size_t size)
{
    static const char shared[] = "ipc:///tmp/";
    const char *stage = getenv("IPCLAB_STAGE");

    if (stage == NULL || strncmp(address, shared, sizeof(shared) - 1) != 0)
        return address;
    int length = snprintf(buffer, size, "ipc://%s/tmp/%s", stage,
                          address + sizeof(shared) - 1);
    return length > 0 && (size_t)length < size ? buffer : address;
}

int nn_bind(int socket, const char *address)
{
    __typeof__(nn_bind) *next = library("nn_bind");
    char buffer[sizeof("ipc://") + 107];

    return next(socket, moved(address, buffer, sizeof(buffer)));
}

int nn_connect(int socket, const char *address)
{
    __typeof__(nn_connect) *next = library("nn_connect");
    char buffer[sizeof("ipc://") + 107];

    return next(socket, moved(address, buffer, sizeof(buffer)));
}
