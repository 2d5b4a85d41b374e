// SPDX-License-Identifier: MIT
/*
 * The program around ipcs.c: it reads the command line, calls the functions of
 * ipcs.h and turns the result into lines and an exit status. Given; the grader
 * builds its own copy, so nothing you change here counts.
 *
 * Exit status: 0; 1 if something failed; 2 for wrong usage.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ipcs.h"

static int usage(void)
{
    fputs("usage: " PROG " list\n"
          "       " PROG " rm [-n] [m|s|q]\n"
          "       " PROG " who m|s|q ID\n"
          "       " PROG " mq\n",
          stderr);
    return 2;
}

/* 'm', 's' or 'q' if that is the whole of `word`; 0 if it is not one. */
static char type_of(const char *word)
{
    return word[0] && strchr("msq", word[0]) && !word[1] ? word[0] : '\0';
}

/* ---- list ---------------------------------------------------------------- */

static void print_object(const struct obj *o, const char *state)
{
    printf("%c %d 0x%08x %u %04o ", o->type, o->id, (unsigned)o->key,
           (unsigned)o->uid, o->mode);
    if (o->type == 'm')
        printf("bytes=%lu,attached=%lu", o->bytes, o->count);
    else if (o->type == 's')
        printf("semaphores=%lu", o->count);
    else
        printf("bytes=%lu,messages=%lu", o->bytes, o->count);
    printf(" %s\n", state);
}

/* Without classify(), which is another exercise, the state is a question mark.
 */
static int print_objects(const struct obj *v, size_t n)
{
    static const char *const names[] = {"unknown", "used", "orphan"};

    for (size_t i = 0; i < n; i++) {
        int state = classify(&v[i]);
        if (state >= UNKNOWN && state <= ORPHAN)
            print_object(&v[i], names[state]);
        else if (errno == ENOSYS)
            print_object(&v[i], "?");
        else if (errno != EINVAL && errno != EIDRM)
            return fail("classify");
    }
    return 0;
}

static int list_command(char **words)
{
    struct obj *v = NULL;
    size_t n = 0;

    if (words[0])
        return usage();
    if (list_objects(&v, &n) == -1)
        return fail("list"), EXIT_FAILURE;
    int result = print_objects(v, n);
    free(v);
    return result == -1 ? EXIT_FAILURE : 0;
}

/* ---- The others ---------------------------------------------------------- */

static int rm_command(char **words)
{
    int dry_run = words[0] && strcmp(words[0], "-n") == 0;
    char type = '\0';

    words += dry_run;
    if (words[0] && ((type = type_of(words[0])) == '\0' || words[1]))
        return usage();
    int left = sweep(dry_run, type);
    if (left == -1)
        (void)fail("rm");
    return left ? EXIT_FAILURE : 0;
}

static int who_command(char **words)
{
    char type, *end;

    if (!words[0] || (type = type_of(words[0])) == '\0' || !words[1] ||
        words[2])
        return usage();
    errno = 0;
    long id = strtol(words[1], &end, 10);
    if (errno || end == words[1] || *end || id < 0 || id > INT_MAX)
        return usage();
    return who(type, (int)id) == -1 ? fail("who"), EXIT_FAILURE : 0;
}

static int mq_command(char **words)
{
    if (words[0])
        return usage();
    return list_mq() == -1 ? fail("mq"), EXIT_FAILURE : 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(char **words);
    } commands[] = {
        {"list", list_command},
        {"rm", rm_command},
        {"who", who_command},
        {"mq", mq_command},
    };
    int status = -1;

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (argc > 1 && strcmp(argv[1], commands[i].name) == 0)
            status = commands[i].run(argv + 2);
    if (status == -1)
        return usage();
    if (fflush(stdout) == EOF)
        return fail("standard output"), EXIT_FAILURE;
    return status;
}
