// SPDX-License-Identifier: MIT
/*
 * Tries: to be the solution: by a name relative to the kit, and by the path
 *     that it has on this machine.
 * Fails because: the compiler runs in the sandbox, where there are neither
 *     solutions nor tests.
 * Lab: pipe
 * Seen: no build; absent end-of-file for the child
 */
#if __has_include("../../solutions/pipe/pipe.c")
#include "../../solutions/pipe/pipe.c"
#elif __has_include("../solutions/pipe/pipe.c")
#include "../solutions/pipe/pipe.c"
#else
#include "@KIT@/solutions/pipe/pipe.c"
#endif
