// SPDX-License-Identifier: MIT
/*
 * The program around popen.c: it reads the command line, calls the functions
 * of popen.h and turns the result into an exit status. Given; the grader
 * builds its own copy, so nothing you change here counts.
 *
 * Exit status: that of the command run (`two`: 0); 1 for our own failures (a
 * -1 or NULL from popen.c); 2 for wrong usage.
 *
 * Three commands are for the tests, and do what a long-lived program would:
 *
 *     loop N      N streams one after another, "r" and "w" in turn
 *     many N      N streams open at once, closed in another order (to 32)
 *     foreign     a child and a stream that my_popen did not make
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "popen.h"

enum {
    ROUNDS_MAX = 200 /* of `loop`; more than one table of streams holds */
};

static int usage(void)
{
    fputs("usage: " PROG " capture COMMAND\n"
          "       " PROG " [-v] mine r|w COMMAND\n"
          "       " PROG " [-v] two COMMAND1 COMMAND2\n",
          stderr);
    return 2;
}

/* Close a stream of my_popen; its decoded status, or -1 having said why. */
static int close_stream(FILE *fp)
{
    int wstatus = my_pclose(fp);

    if (wstatus == -1)
        return fail("my_pclose");
    int status = decode_status(wstatus);
    return status == -1 ? fail("decode_status") : status;
}

/* The mode is my_popen's to judge. */
static int mine_command(const char *mode, const char *cmd)
{
    FILE *fp = my_popen(cmd, mode);

    if (!fp)
        return fail("my_popen");
    int result = *mode == 'r' ? drain(fp, stdout) : feed(STDIN_FILENO, fp);
    int status = close_stream(fp);
    return result == -1 ? -1 : status;
}

static int two_command(char **cmds, int verbose)
{
    FILE *one = my_popen(cmds[0], "w");

    if (!one)
        return fail("my_popen");
    /* Not flushed either, so the second child has a copy of it. */
    if (verbose && fputs(PROG ": first\n", one) == EOF)
        (void)fail("title");
    FILE *two = my_popen(cmds[1], "w");
    int result = two ? deal(STDIN_FILENO, one, two) : fail("my_popen");
    int status1 = close_stream(one);
    int status2 = two ? close_stream(two) : -1;
    if (result == -1 || status1 == -1 || status2 == -1)
        return -1;
    printf("cmd1=%d cmd2=%d\n", status1, status2);
    return 0;
}

static int loop_command(int n)
{
    char cmd[32];

    for (int i = 0; i < n; i++) {
        (void)snprintf(cmd, sizeof cmd, "exit %d", i);
        FILE *fp = my_popen(cmd, i % 2 ? "w" : "r");
        int status = fp ? close_stream(fp) : fail("my_popen");
        int fd = dup(STDIN_FILENO); /* the lowest that is free */
        printf("%d: status %d, next descriptor %d\n", i, status, fd);
        (void)close(fd);
    }
    return 0;
}

static int many_command(int n)
{
    FILE *streams[STREAMS_MIN];
    char cmd[32];

    for (int i = 0; i < n; i++) {
        /* Ends when its own stream is closed, and not before. */
        (void)snprintf(cmd, sizeof cmd, "read line; exit %d", i);
        if (!(streams[i] = my_popen(cmd, "w")))
            return fail("my_popen");
    }
    for (int start = 1; start >= 0; start--)
        for (int i = start; i < n; i += 2)
            printf("%d: status %d\n", i, close_stream(streams[i]));
    return 0;
}

static int foreign_command(void)
{
    siginfo_t info;
    int wstatus;
    pid_t pid = fork();

    if (pid == 0)
        _exit(9);
    /* It has ended, and WNOWAIT leaves it there: whoever asks for any child
     * gets this one. */
    if (pid == -1 || waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == -1)
        return fail("fork");
    FILE *fp = my_popen("exit 4", "r");
    if (!fp)
        return fail("my_popen");
    printf("stream: %d\n", close_stream(fp));
    if (waitpid(pid, &wstatus, 0) == -1)
        return fail("another child");
    printf("another child: %d\n", WEXITSTATUS(wstatus));

    /* Very likely the same address and number as the stream just closed. */
    if (!(fp = fopen("/dev/null", "r")))
        return fail("/dev/null");
    int fd = fileno(fp);
    int status = my_pclose(fp);
    if (status == -1)
        (void)fail("my_pclose");
    if (fcntl(fd, F_GETFD) == -1)
        puts("it was closed");
    else
        (void)fclose(fp); /* only read */
    return status;
}

/* The whole of `word` as a number from 1 to `max`, 0 if it is none. */
static int number(const char *word, int max)
{
    char *end;

    errno = 0;
    long value = strtol(word, &end, 10);
    if (errno || end == word || *end || value < 1 || value > max)
        return 0;
    return (int)value;
}

static int run(int argc, char **argv, int verbose)
{
    char *name = argv[0], **words = argv + 1;

    if (strcmp(name, "capture") == 0 && argc == 2)
        return capture(words[0], stdout);
    /* Not before: the child of popen(3) would inherit it. */
    (void)signal(SIGPIPE, SIG_IGN);
    /*
     * Not flushed, on purpose: unless stdout is a terminal the line waits in
     * this process's buffer while popen.c forks, and every child has a copy.
     */
    if (verbose)
        printf(PROG ": %s\n", name);
    if (strcmp(name, "mine") == 0 && argc == 3)
        return mine_command(words[0], words[1]);
    if (strcmp(name, "two") == 0 && argc == 3)
        return two_command(words, verbose);
    if (strcmp(name, "loop") == 0 && argc == 2 && number(words[0], ROUNDS_MAX))
        return loop_command(number(words[0], ROUNDS_MAX));
    if (strcmp(name, "many") == 0 && argc == 2 && number(words[0], STREAMS_MIN))
        return many_command(number(words[0], STREAMS_MIN));
    if (strcmp(name, "foreign") == 0 && argc == 1)
        return foreign_command();
    return -2;
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
    int status = run(argc - optind, argv + optind, verbose);
    if (status == -2)
        return usage();
    if (fflush(stdout) == EOF && status != -1)
        status = fail("standard output");
    return status == -1 ? EXIT_FAILURE : status;
}
