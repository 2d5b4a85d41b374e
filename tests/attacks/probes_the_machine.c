// SPDX-License-Identifier: MIT
/*
 * Tries: to find out by __has_include() what is on the machine, and to be
 *     right where a test is in sight.
 * Fails because: nothing of the kit's, nor of the users', is in sight of the
 *     compiler.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; absent saw-it
 */
#include <unistd.h>

#if __has_include("@KIT@/labs/pipe/test_pipe.c") ||                            \
    __has_include("@KIT@/solutions/pipe/pipe.c") ||                            \
    __has_include("@KIT@/Makefile") || __has_include("@HIDDEN@") ||            \
    __has_include("/root/.bashrc") || __has_include("/etc/shadow") ||          \
    __has_include("/proc/1/root/etc/shadow") || __has_include("/home/.")
__attribute__((constructor)) static void tell(void)
{
    (void)write(STDERR_FILENO, "saw-it\n", 7);
}
#endif
