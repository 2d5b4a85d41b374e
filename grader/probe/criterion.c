// SPDX-License-Identifier: MIT
/*
 * criterion.c - what stands between Criterion and nanomsg.
 *
 * Criterion 2.4 talks to its tests through the socket /tmp/criterion_PID.sock,
 * and leaves it behind.  When the pid comes round again for another user the
 * tests cannot start: "Address already in use".  The linker prefers these
 * functions of the test program to those of the same name in the library
 * (ld.so(8)).
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    __typeof__(nn_bind) *next = dlsym(RTLD_NEXT, "nn_bind");
    char buffer[sizeof("ipc://") + 107];

    return next(socket, moved(address, buffer, sizeof(buffer)));
}

int nn_connect(int socket, const char *address)
{
    __typeof__(nn_connect) *next = dlsym(RTLD_NEXT, "nn_connect");
    char buffer[sizeof("ipc://") + 107];

    return next(socket, moved(address, buffer, sizeof(buffer)));
}
