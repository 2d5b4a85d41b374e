// SPDX-License-Identifier: MIT
/*
 * Tries: to sleep where no signal is heard: the parent of a vfork(2) whose
 *     child never ends.
 * Fails because: it dies with the sandbox all the same, and that nobody can go
 *     on is proved.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; says deadlocked; within 120
 */
#include <unistd.h>

__attribute__((constructor)) static void wait_for_ever(void)
{
    if (vfork() == 0)
        for (;;)
            (void)pause();
}
