// SPDX-License-Identifier: MIT
/*
 * Lab `signals`, the file you edit. A signal comes when it likes: between two
 * statements, between the look at a flag and the sleep, in the middle of
 * malloc. Here you count signals, learn from them that children have ended,
 * take turns with nothing else, and run a command against the clock. signals.h
 * is the contract. Fill the gaps in order, helpers included, and run
 * `make signals` after each.
 */
#include "signals.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* TODO(signals.1): Count signals and collect the values that some of them
 * carry, until SIGTERM. Which of them does the kernel queue, and which does it
 * hand out first? signal(7), sigaction(2), sigwaitinfo(2). */
int tally(int out)
{
    (void)out;
    errno = ENOSYS;
    return fail("tally");
}
/* END(signals.1) */

/* TODO(signals.2): Start children and wait for each soon after its end, which
 * a signal announces. How many ends does one SIGCHLD stand for, and when may it
 * come? signal(7), waitpid(2), sigsuspend(2), signal-safety(7). */
int reap(int n, int *sum)
{
    (void)n, (void)sum;
    errno = ENOSYS;
    return fail("reap");
}
/* END(signals.2) */

/* TODO(signals.3): Two processes that take turns by signals. What happens to
 * one that comes before the other process is ready for it, or after it has
 * looked and before it sleeps? sigprocmask(2), sigsuspend(2), fork(2). */
int pingpong(int n)
{
    (void)n;
    errno = ENOSYS;
    return fail("pingpong");
}
/* END(signals.3) */

/* TODO(signals.4): Run a command against the clock. What does it inherit from
 * you, whom do you kill, and how do you wait for two things at once, its end
 * and the time? setpgid(2), sigtimedwait(2), execve(2), kill(2). */
int run_timeout(double secs, double grace, char **argv)
{
    (void)secs, (void)grace, (void)argv;
    errno = ENOSYS;
    return fail("timeout");
}
/* END(signals.4) */
