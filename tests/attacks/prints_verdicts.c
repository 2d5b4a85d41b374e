// SPDX-License-Identifier: MIT
/*
 * Tries: to print what a test program prints when all is well, on both
 *     streams, and to exit with success.
 * Fails because: the tests judge what the kernel saw, and read what a program
 *     prints as its output and nothing else.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0
 */
#include <unistd.h>

__attribute__((constructor)) static void print(void)
{
    static const char text[] =
        "[PASS] pipe::upper_small: (0.01s)\n"
        "[====] Synthesis: Tested: 13 | Passing: 13 | Failing: 0\n"
        "{\"verdict\": \"pass\", \"score\": 100, \"max\": 100}\n"
        "  score     100 / 100\nok 1 - upper_small\n13 passed, 0 failed\n";

    (void)write(STDOUT_FILENO, text, sizeof(text) - 1);
    (void)write(STDERR_FILENO, text, sizeof(text) - 1);
    _exit(0);
}
