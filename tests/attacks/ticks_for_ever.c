// SPDX-License-Identifier: MIT
/*
 * Tries: to escape the proof that it hangs: a timer wakes it a hundred times a
 *     second, for nothing.
 * Fails because: without the proof there is a deadline: asleep at every look,
 *     without a byte moved.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; within 200
 */
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static void ignore(int sig)
{
    (void)sig;
}

/* In two of the tests: they take ten seconds each. */
__attribute__((constructor)) static void tick(int argc, char **argv)
{
    struct itimerval often = {{0, 10000}, {0, 10000}};

    if (argc != 2 || strcmp(argv[1], "upper") != 0)
        return;
    (void)signal(SIGALRM, ignore);
    (void)setitimer(ITIMER_REAL, &often, NULL);
    for (;;)
        (void)pause();
}
