// SPDX-License-Identifier: MIT
/*
 * Tries: to make calls by the numbers of the x32 ABI.
 * Fails because: the sandbox's filter kills whoever does.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; absent seen-by-nobody
 */
#include <unistd.h>

__attribute__((constructor)) static void call(void)
{
    static const char text[] = "seen-by-nobody\n";

    (void)syscall(0x40000000L + 1, 1, text, sizeof(text) - 1);
}
