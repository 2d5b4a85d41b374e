// SPDX-License-Identifier: MIT
/*
 * Tries: to keep the grader waiting by processes that hold its pipes: daemons
 *     by two forks, each in a session of its own, asleep for ever.
 * Fails because: a run ends with its first process; who is left behind is
 *     given a second, found, and killed.
 * Base: skeleton
 * Lab: popen
 * Seen: score 0; within 180
 */
#include <signal.h>
#include <unistd.h>

__attribute__((constructor)) static void leave(void)
{
    if (fork() != 0)
        return;
    for (int sig = 1; sig < 65; sig++)
        (void)signal(sig, SIG_IGN);
    (void)setsid();
    if (fork() == 0)
        for (;;)
            (void)pause();
    _exit(0);
}
