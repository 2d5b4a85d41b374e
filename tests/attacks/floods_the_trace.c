// SPDX-License-Identifier: MIT
/*
 * Tries: to write more into strace's log than anybody can read: names, which
 *     strace writes in full, of four thousand bytes that take four each; and
 *     now and then a byte of output, so as not to look idle.
 * Fails because: a program that causes more than 128 MiB of it is stopped, as
 *     one is that causes 4 MiB while no byte moves.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; within 200
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* In one of the tests: a log of that size takes its time. */
__attribute__((constructor)) static void flood(int argc, char **argv)
{
    static char name[4090];

    if (argc != 5 || strcmp(argv[1], "gather") != 0)
        return;
    memset(name, 1, sizeof(name) - 1);
    for (int i = 0; i < 30000; i++) {
        (void)open(name, O_RDONLY);
        (void)write(STDOUT_FILENO, ".", 1);
    }
}
