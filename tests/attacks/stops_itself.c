// SPDX-License-Identifier: MIT
/*
 * Tries: to be neither dead nor alive: it stops itself, and its child, and
 *     goes on doing so whenever somebody lets it go on.
 * Fails because: that nobody can go on is proved from the states of all its
 *     processes.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; says deadlocked; within 120
 */
#include <signal.h>
#include <unistd.h>

__attribute__((constructor)) static void stop(void)
{
    (void)fork();
    for (;;)
        (void)raise(SIGSTOP);
}
