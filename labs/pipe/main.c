// SPDX-License-Identifier: MIT
/*
 * The program around pipe.c: it reads the command line, calls one of the
 * functions of pipe.h and turns the result into an exit status. Given; the
 * grader builds its own copy, so nothing you change here counts.
 *
 * Exit status: that of the command run; 0 or 1 where there is none; 1 for
 * our own failures (a -1 from pipe.c); 2 for wrong usage.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pipe.h"

static int usage(void)
{
    fputs("usage: " PROG " upper\n"
          "       " PROG " [-v] run CMD [ARG..] [: CMD [ARG..]]..\n"
          "       " PROG " filter CMD [ARG..]\n"
          "       " PROG " gather N RECORDS SIZE\n",
          stderr);
    return 2;
}

/*
 * Split words at each ":" into argument vectors, in place. Returns how many
 * there are, 0 if one is empty or there are more than STAGES_MAX.
 */
static int split(char **words, char ***cmds)
{
    int n = 0;

    for (;;) {
        if (n == STAGES_MAX || !*words || strcmp(*words, ":") == 0)
            return 0;
        cmds[n++] = words;
        while (*words && strcmp(*words, ":") != 0)
            words++;
        if (!*words)
            return n;
        *words++ = NULL;
    }
}

static int run_command(char **words, int verbose)
{
    char **cmds[STAGES_MAX];
    int n = split(words, cmds);

    if (n == 0)
        return usage();
    /*
     * Not flushed, on purpose: unless stdout is a terminal the line waits in
     * this process's buffer while pipe.c forks, and every child has a copy.
     */
    if (verbose)
        printf(PROG ": %d stages\n", n);
    int status = run_pipeline(cmds, n);
    if (fflush(stdout) == EOF)
        status = fail("standard output");
    return status == -1 ? EXIT_FAILURE : status;
}

static int filter_command(char **words)
{
    long long in = 0, out = 0;

    if (!*words)
        return usage();
    int status = filter(words, STDIN_FILENO, STDOUT_FILENO, &in, &out);
    if (status == -1)
        return EXIT_FAILURE;
    fprintf(stderr, PROG ": in=%lld out=%lld\n", in, out);
    return status;
}

/* The whole of `word` as a number from low to high, -1 if it is not one. */
static int number(const char *word, int low, int high)
{
    char *end;

    errno = 0;
    long value = strtol(word, &end, 10);
    if (errno || end == word || *end || value < low || value > high)
        return -1;
    return (int)value;
}

static int gather_command(char **words)
{
    int n[3];

    for (int i = 0; i < 3; i++)
        if (!words[i] ||
            (n[i] = number(words[i], 1, i ? INT_MAX : WRITERS_MAX)) == -1)
            return usage();
    if (words[3])
        return usage();
    return gather(n[0], n[1], (size_t)n[2], STDOUT_FILENO) ? EXIT_FAILURE : 0;
}

int main(int argc, char **argv)
{
    int verbose = 0, option;

    opterr = 0; /* usage() says it better */
    while ((option = getopt(argc, argv, "+v")) != -1) {
        if (option != 'v')
            return usage();
        verbose = 1;
    }
    if (optind == argc)
        return usage();

    char *name = argv[optind], **words = argv + optind + 1;
    if (strcmp(name, "upper") == 0 && !*words)
        return upper(STDIN_FILENO, STDOUT_FILENO) ? EXIT_FAILURE : 0;
    if (strcmp(name, "run") == 0)
        return run_command(words, verbose);
    if (strcmp(name, "filter") == 0)
        return filter_command(words);
    if (strcmp(name, "gather") == 0)
        return gather_command(words);
    return usage();
}
