// SPDX-License-Identifier: MIT
/*
 * Tries: to escape the proof by hiding: a process that is not dumpable shows
 *     nobody what it waits for.
 * Fails because: without the proof there is a deadline.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; within 200
 */
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

__attribute__((constructor)) static void hide(int argc, char **argv)
{
    if (argc != 2 || strcmp(argv[1], "upper") != 0)
        return;
    (void)prctl(PR_SET_DUMPABLE, 0);
    for (;;)
        (void)pause();
}
