// SPDX-License-Identifier: MIT
/*
 * The program around mkfifo.c: it reads the command line, calls one of the
 * functions of mkfifo.h and turns the result into an exit status. Given; the
 * grader builds its own copy, so nothing you change here counts.
 *
 * Exit status: 0; 1 for a failure (a -1 from mkfifo.c); 2 for wrong usage.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mkfifo.h"

static volatile sig_atomic_t stop;

void request_stop(int signal)
{
    (void)signal;
    stop = 1;
}

static int usage(void)
{
    fputs("usage: " PROG " send PATH\n"
          "       " PROG " recv PATH\n"
          "       " PROG " serve PATH [-n COUNT]\n"
          "       " PROG " ask PATH WORD\n",
          stderr);
    return 2;
}

/* Whether it can stand in a request, which has such `ends`. */
static int is_plain(const char *word, const char *ends)
{
    return *word && !strpbrk(word, ends);
}

static int serve_command(char **words, int count)
{
    long max = 0;
    char *end = "";

    if (count == 3 && strcmp(words[1], "-n") == 0) {
        errno = 0;
        max = strtol(words[2], &end, 10);
        if (errno || end == words[2] || *end || max < 1 || max > INT_MAX)
            return usage();
    } else if (count != 1) {
        return usage();
    }
    return fifo_serve(words[0], (int)max, &stop) ? EXIT_FAILURE : 0;
}

static int ask_command(char **words)
{
    char answer[REQUEST_MAX + 16]; /* a number, a space, the word, a NUL */

    if (!is_plain(words[0], " \n") || !is_plain(words[1], "\n"))
        return usage();
    if (fifo_ask(words[0], words[1], answer, sizeof answer) == -1)
        return EXIT_FAILURE;
    if (puts(answer) == EOF || fflush(stdout) == EOF)
        return fail("standard output") ? EXIT_FAILURE : 0;
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return usage();
    char *name = argv[1], **words = argv + 2;
    int count = argc - 2;

    if (strcmp(name, "send") == 0 && count == 1)
        return fifo_send(words[0], STDIN_FILENO) ? EXIT_FAILURE : 0;
    if (strcmp(name, "recv") == 0 && count == 1)
        return fifo_recv(words[0], STDOUT_FILENO) ? EXIT_FAILURE : 0;
    if (strcmp(name, "serve") == 0)
        return serve_command(words, count);
    if (strcmp(name, "ask") == 0 && count == 2)
        return ask_command(words);
    return usage();
}
