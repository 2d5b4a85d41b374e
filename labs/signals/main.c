// SPDX-License-Identifier: MIT
/*
 * The program around signals.c: it reads the command line and calls the
 * functions of signals.h. Given; the grader builds its own copy, so nothing
 * you change here counts.
 *
 * Exit status: 0; 1 if something failed; 2 for wrong usage; with `timeout` the
 * command's own, or one of TIMED_OUT, 126 and 127.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "signals.h"

#define N_MAX       10000
#define SECONDS_MAX 1000000

static int usage(void)
{
    fputs("usage: " PROG " tally\n"
          "       " PROG " reap N\n"
          "       " PROG " pingpong N\n"
          "       " PROG " timeout SECS GRACE CMD [ARG..]\n",
          stderr);
    return 2;
}

/* The whole of `word` as a number from 0 to N_MAX, -1 if it is not one. */
static int number(const char *word)
{
    char *end;

    errno = 0;
    long value = strtol(word, &end, 10);
    if (errno || end == word || *end || value < 0 || value > N_MAX)
        return -1;
    return (int)value;
}

/* The whole of `word` as seconds, -1 if it is none. */
static double seconds(const char *word)
{
    char *end;

    errno = 0;
    double value = strtod(word, &end);
    if (errno || end == word || *end || !(value >= 0 && value <= SECONDS_MAX))
        return -1;
    return value;
}

static int reap_command(int n)
{
    int sum = 0;

    if (n == -1)
        return usage();
    if (reap(n, &sum) == -1)
        return EXIT_FAILURE;
    printf("reaped %d sum=%d\n", n, sum);
    return fflush(stdout) == EOF ? (fail("standard output"), EXIT_FAILURE) : 0;
}

static int pingpong_command(int n)
{
    if (n == -1)
        return usage();
    return pingpong(n) == -1 ? EXIT_FAILURE : 0;
}

static int timeout_command(char **words)
{
    double secs = seconds(words[0]), grace = seconds(words[1]);

    if (secs == -1 || grace == -1)
        return usage();
    int status = run_timeout(secs, grace, words + 2);
    return status == -1 ? EXIT_FAILURE : status;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    if (strcmp(name, "tally") == 0 && argc == 2)
        return tally(STDOUT_FILENO) == -1 ? EXIT_FAILURE : 0;
    if (strcmp(name, "reap") == 0 && argc == 3)
        return reap_command(number(argv[2]));
    if (strcmp(name, "pingpong") == 0 && argc == 3)
        return pingpong_command(number(argv[2]));
    if (strcmp(name, "timeout") == 0 && argc > 4)
        return timeout_command(argv + 2);
    return usage();
}
