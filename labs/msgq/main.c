// SPDX-License-Identifier: MIT
/*
 * The program around msgq.c: it reads the command line, finds the queue, calls
 * one of the functions of msgq.h and says what went wrong. Given; the grader
 * builds its own copy, so nothing you change here counts.
 *
 * Options follow the other words and are looked for by hand: a selector may
 * begin with a minus sign.
 *
 * Exit status: 0; 1 if something failed; 2 for wrong usage.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <unistd.h>
#include "msgq.h"

static int usage(void)
{
    fputs("usage: " PROG " new KEY\n"
          "       " PROG " put KEY TYPE TEXT [-n]\n"
          "       " PROG " take KEY [SEL] [-n] [-s SIZE]\n"
          "       " PROG " serve KEY\n"
          "       " PROG " fetch KEY FILE\n"
          "       " PROG " rm KEY\n",
          stderr);
    return 2;
}

/* The whole of `word` as a number from low to high, decimal, 0x... or 0...;
 * returns 0 if it is not one. */
static int number(const char *word, long low, long high, long *value)
{
    char *end;

    if (!word)
        return 0;
    errno = 0;
    *value = strtol(word, &end, 0);
    return !errno && end != word && !*end && *value >= low && *value <= high;
}

/* Print what failed; the exit status. */
static int failed(const char *what)
{
    (void)fail(what);
    return EXIT_FAILURE;
}

/* The queue with the key that `word` stands for; -1 after a message. Key 0 is
 * IPC_PRIVATE, a queue that nobody could find: number() does not let it in. */
static int find_queue(const char *word, key_t key, int flags)
{
    int q = msgget(key, flags);

    return q == -1 ? fail(word) : q;
}

static int new_command(char **words, key_t key)
{
    if (words[1])
        return usage();
    return find_queue(words[0], key, IPC_CREAT | IPC_EXCL | 0600) == -1;
}

static int rm_command(char **words, key_t key)
{
    if (words[1])
        return usage();
    int q = find_queue(words[0], key, 0);
    if (q == -1)
        return EXIT_FAILURE;
    return msgctl(q, IPC_RMID, NULL) == -1 ? failed(words[0]) : 0;
}

static int put_command(char **words, key_t key)
{
    int flags = 0;
    long type;

    if (!number(words[1], LONG_MIN, LONG_MAX, &type) || !words[2])
        return usage();
    if (words[3] && strcmp(words[3], "-n") == 0 && !words[4])
        flags = IPC_NOWAIT;
    else if (words[3])
        return usage();
    int q = find_queue(words[0], key, 0);
    if (q == -1)
        return EXIT_FAILURE;
    if (q_put(q, type, words[2], strlen(words[2]), flags) == -1)
        return failed("put");
    return 0;
}

static int take_and_print(int q, long sel, size_t size, int flags)
{
    char *buf = malloc(size + 1); /* malloc(0) may be NULL */
    long type = 0;

    if (!buf)
        return failed("take");
    ssize_t n = q_take(q, sel, buf, size, &type, flags);
    if (n >= 0) {
        printf("%ld ", type);
        fwrite(buf, 1, (size_t)n, stdout);
        putchar('\n');
    }
    int status = n < 0 ? failed("take") : 0;
    if (fflush(stdout) == EOF)
        status = failed("standard output");
    free(buf);
    return status;
}

static int take_command(char **words, key_t key)
{
    long sel = 0, size = TEXT_SIZE;
    int flags = 0;

    for (int i = 1; words[i]; i++) {
        if (strcmp(words[i], "-n") == 0)
            flags = IPC_NOWAIT;
        else if (strcmp(words[i], "-s") == 0) {
            if (!number(words[++i], 0, INT_MAX, &size))
                return usage();
        } else if (i > 1 || !number(words[i], LONG_MIN, LONG_MAX, &sel))
            return usage();
    }
    int q = find_queue(words[0], key, 0);
    return q == -1 ? EXIT_FAILURE : take_and_print(q, sel, (size_t)size, flags);
}

static int serve_command(char **words, key_t key)
{
    if (words[1])
        return usage();
    int q = find_queue(words[0], key, IPC_CREAT | 0600);
    if (q == -1)
        return EXIT_FAILURE;
    return serve(q) == -1 ? failed("serve") : 0;
}

static int fetch_command(char **words, key_t key)
{
    if (!words[1] || words[2])
        return usage();
    int q = find_queue(words[0], key, 0);
    if (q == -1)
        return EXIT_FAILURE;
    /* A reader of our output that leaves is an error of write(2), EPIPE, after
     * which the queue can still be removed: signal(7). */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return failed("signal");
    return fetch(q, words[1], STDOUT_FILENO) == -1 ? failed(words[1]) : 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(char **words, key_t key);
    } commands[] = {
        {"new", new_command},     {"put", put_command},
        {"take", take_command},   {"serve", serve_command},
        {"fetch", fetch_command}, {"rm", rm_command},
    };
    long key;

    if (argc < 3 || !number(argv[2], 1, UINT_MAX, &key))
        return usage();
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argv + 2, (key_t)key);
    return usage();
}
