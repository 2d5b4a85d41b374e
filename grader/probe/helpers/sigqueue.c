// SPDX-License-Identifier: MIT
/*
 * sigqueue.c - sends signals that carry a value, for a test.
 *
 *     sigqueue PID N VALUE...    SIGRTMIN+N to process PID, with each value
 *
 * kill(1) may know nothing of values, and numbers real-time signals in ways of
 * its own.  Exits with 1 and a message where sigqueue(3) fails.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    for (int i = 3; i < argc; i++) {
        union sigval value = {.sival_int = atoi(argv[i])};
        if (sigqueue(atoi(argv[1]), SIGRTMIN + atoi(argv[2]), value) != 0) {
            (void)fprintf(stderr, "sigqueue: %s\n", strerror(errno));
            return 1;
        }
    }
    return 0;
}
