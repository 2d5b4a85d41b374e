// SPDX-License-Identifier: MIT
/*
 * Tries: to drown the tester, by a child that outlives the program.
 * Fails because: output is limited, also that of processes that are left
 *     behind.
 * Base: skeleton
 * Lab: sigpipe
 * Seen: score 0; within 200
 */
#include <signal.h>
#include <unistd.h>

__attribute__((constructor)) static void flood(void)
{
    static char block[65536];

    if (fork() != 0)
        return;
    (void)signal(SIGPIPE, SIG_IGN);
    for (;;)
        (void)write(STDERR_FILENO, block, sizeof(block));
}
