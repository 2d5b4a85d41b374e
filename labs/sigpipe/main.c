// SPDX-License-Identifier: MIT
/*
 * The program around sigpipe.c: it reads the command line, calls the functions
 * of sigpipe.h and turns their results into messages and an exit status.
 * Given; the grader builds its own copy, so nothing you change here counts.
 *
 * Exit status: that of the command run; 0 or 1 where there is none; 1 for
 * our own failures; 2 for wrong usage. With `default`, SIGPIPE may end us.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sigpipe.h"

#define LINES_MAX 10000000

static int usage(void)
{
    fputs("usage: " PROG " default N\n"
          "       " PROG " epipe N [-s]\n"
          "       " PROG " run CMD [ARG..]\n"
          "       " PROG " fan CMD [ARG..] [: CMD [ARG..]]..\n",
          stderr);
    return 2;
}

/* The whole of `word` as a number from 0 to LINES_MAX, -1 if it is not one. */
static long number(const char *word)
{
    char *end;

    errno = 0;
    long value = strtol(word, &end, 10);
    if (errno || end == word || *end || value < 0 || value > LINES_MAX)
        return -1;
    return value;
}

/* The same bytes as print_lines prints, in memory. */
static char *lines(long n, size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);

    if (!out)
        return NULL;
    for (long i = 1; i <= n; i++)
        fprintf(out, "line %ld\n", i);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

/* All lines in one write_all: so its count is seen to be true, or not. */
static int print_raw(long n, int how)
{
    size_t size, done = 0;

    if (sigpipe_set(how) == -1)
        return fail("SIGPIPE");
    char *text = lines(n, &size);
    if (!text)
        return fail("memory");
    ssize_t result = write_all(STDOUT_FILENO, text, size, &done);
    if (result == -1)
        fail("write");
    if (result == -1 && how == SIGPIPE_IGNORE)
        dprintf(STDERR_FILENO, PROG ": written=%zu\n", done);
    free(text);
    return result == -1 ? -1 : 0;
}

static int print_stdio(long n)
{
    if (sigpipe_set(SIGPIPE_IGNORE) == -1)
        return fail("SIGPIPE");
    return print_lines(stdout, n) == -1 ? fail("write") : 0;
}

/* Write to a pipe that nobody can read: a process that ignores SIGPIPE is
 * told EPIPE, any other is killed here. */
static int survive_sigpipe(void)
{
    int fd[2];

    if (pipe2(fd, O_CLOEXEC) == -1)
        return fail("pipe2");
    close(fd[0]);
    ssize_t n = write(fd[1], "x", 1);
    int error = n == -1 ? errno : 0;
    close(fd[1]);
    errno = error;
    return error == EPIPE ? 0 : fail("write to a broken pipe");
}

static int run_command(char **argv)
{
    int wstatus;

    if (sigpipe_set(SIGPIPE_IGNORE) == -1) {
        fail("SIGPIPE");
        return EXIT_FAILURE;
    }
    pid_t pid = spawn_clean(argv, -1);
    int status = pid == -1 ? spawn_status(errno) : 0;
    int survived = survive_sigpipe();
    if (pid != -1 && TEMP_FAILURE_RETRY(waitpid(pid, &wstatus, 0)) == -1)
        status = fail("waitpid");
    else if (pid != -1)
        status = status_to_exit(wstatus);
    return status == -1 || survived == -1 ? EXIT_FAILURE : status;
}

/*
 * Split words at each ":" into argument vectors, in place. Returns how many
 * there are, 0 if one is empty or there are more than CMDS_MAX.
 */
static int split(char **words, char ***cmds)
{
    int n = 0;

    for (;;) {
        if (n == CMDS_MAX || !*words || strcmp(*words, ":") == 0)
            return 0;
        cmds[n++] = words;
        while (*words && strcmp(*words, ":") != 0)
            words++;
        if (!*words)
            return n;
        *words++ = NULL;
    }
}

static int fan_command(char **words)
{
    char **cmds[CMDS_MAX];
    int n = split(words, cmds);

    if (n == 0)
        return usage();
    if (sigpipe_set(SIGPIPE_IGNORE) == -1) {
        fail("SIGPIPE");
        return EXIT_FAILURE;
    }
    return fan(cmds, n, STDIN_FILENO) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const char *name = argc > 2 ? argv[1] : "";

    if (strcmp(name, "run") == 0)
        return run_command(argv + 2);
    if (strcmp(name, "fan") == 0)
        return fan_command(argv + 2);

    int stdio = argc == 4 && strcmp(argv[3], "-s") == 0;
    long n = argc == 3 + stdio ? number(argv[2]) : -1;
    if (n == -1)
        return usage();
    if (strcmp(name, "epipe") == 0)
        return (stdio ? print_stdio(n) : print_raw(n, SIGPIPE_IGNORE)) == -1;
    if (strcmp(name, "default") == 0 && !stdio)
        return print_raw(n, SIGPIPE_DEFAULT) == -1;
    return usage();
}
