// SPDX-License-Identifier: MIT
/*
 * Tries: to get round that by a version: the assembler calls our function
 *     __fork@@GLIBC_2.2.5.
 * Fails because: names are compared without their versions.
 * Base: solution
 * Lab: pipe
 * Seen: no build
 */
#include <unistd.h>

pid_t my_fork(void)
{
    if (getpid() == 1)
        _exit(0);
    return fork();
}

__asm__(".symver my_fork, __fork@GLIBC_2.2.5");
