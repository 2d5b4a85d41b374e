// SPDX-License-Identifier: MIT
/*
 * Tries: to be there before the given main(): a __libc_start_main() of our
 *     own, which prints what the tests want to see.
 * Fails because: that name is the C library's; an object that defines it is
 *     not linked.
 * Base: skeleton
 * Lab: pipe
 * Seen: no build; says __libc_start_main
 */
#include <stdlib.h>

int __libc_start_main(int (*program)(int, char **, char **), int argc,
                      char **argv, void (*init)(void), void (*fini)(void),
                      void (*end)(void), void *stack)
{
    (void)init, (void)fini, (void)end, (void)stack;
    exit(program(argc, argv, argv + argc + 1));
}
