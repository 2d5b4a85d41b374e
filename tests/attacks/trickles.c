// SPDX-License-Identifier: MIT
/*
 * Tries: to be always just about to go on: a byte every 100 ms, for ever.
 * Fails because: a run that hardly works is stopped after a minute, whatever
 *     it prints.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; within 240
 */
#include <string.h>
#include <unistd.h>

/* In one of the tests: it takes a minute. */
__attribute__((constructor)) static void trickle(int argc, char **argv)
{
    if (argc != 5 || strcmp(argv[1], "gather") != 0)
        return;
    for (;;) {
        (void)write(STDOUT_FILENO, ".", 1);
        (void)usleep(100000);
    }
}
