// SPDX-License-Identifier: MIT
/*
 * Tries: to run in the server by the one function of the C library that it
 *     does call, and by what the library calls within itself.
 * Fails because: names of the C library's that begin with an underscore are
 *     not a program's to define; an object that does is not linked.
 * Base: solution
 * Lab: pipe
 * Seen: no build; says __fork
 */
#include <unistd.h>

__attribute__((visibility("hidden"))) pid_t __fork(void)
{
    if (getpid() == 1)
        _exit(0);
    return fork();
}
