// SPDX-License-Identifier: MIT
/*
 * The program around files.c: it reads the command line, opens FILE, calls the
 * functions of files.h and prints numbers and errors. Given; the grader builds
 * its own copy, so nothing you change here counts.
 *
 * Exit status: 0; that of the command, for `once`; 1 if something failed, or
 * FILE is held; 2 for wrong usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "files.h"

static const char *path;     /* FILE */
static int takes_notes;      /* -s */
static off_t largest_so_far; /* what is noted */
enum { NUMBER_SIZE = 32 };

/* ---- Given to files.c ---------------------------------------------------- */

/* What a library might do: it is given a name, so it opens the file, and it
 * closes what it has opened. */
static int take_note(void)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd == -1)
        return -1;
    int result = fstat(fd, &about);
    if (result == 0 && about.st_size > largest_so_far)
        largest_so_far = about.st_size;
    close(fd);
    return result;
}

/* The number in a text that a newline or NUL ends; 0 if it is none. */
static int parse(const char *text, long low, long *number)
{
    char *end;

    errno = 0;
    *number = strtol(text, &end, 10);
    if (!errno && end != text && (!*end || *end == '\n') && *number >= low)
        return 1;
    errno = EINVAL;
    return 0;
}

long slow_read_number(int fd)
{
    char text[NUMBER_SIZE] = "";
    long number = 0;

    ssize_t n = TEMP_FAILURE_RETRY(read(fd, text, sizeof text - 1));
    if (n == -1 || (takes_notes && take_note() == -1))
        return -1;
    (void)sched_yield();
    return n == 0 || parse(text, 0, &number) ? number : -1;
}

int slow_write_number(int fd, long number)
{
    char text[NUMBER_SIZE];
    int size = snprintf(text, sizeof text, "%ld\n", number);

    (void)sched_yield();
    for (int done = 0; done < size;) {
        ssize_t n =
            TEMP_FAILURE_RETRY(write(fd, text + done, (size_t)(size - done)));
        if (n == -1)
            return -1;
        done += (int)n;
    }
    return 0;
}

int slow_read_balance(int fd, int i, long *balance)
{
    char text[BALANCE_SIZE + 1] = "";

    ssize_t n = TEMP_FAILURE_RETRY(
        pread(fd, text, BALANCE_SIZE, (off_t)i * BALANCE_SIZE));
    (void)sched_yield();
    if (n != -1 && n != BALANCE_SIZE)
        errno = EINVAL;
    return n == BALANCE_SIZE && parse(text, LONG_MIN, balance) ? 0 : -1;
}

int slow_write_balance(int fd, int i, long balance)
{
    char text[NUMBER_SIZE];

    (void)sched_yield();
    if (snprintf(text, sizeof text, "%15ld\n", balance) != BALANCE_SIZE) {
        errno = ERANGE;
        return -1;
    }
    ssize_t n = TEMP_FAILURE_RETRY(
        pwrite(fd, text, BALANCE_SIZE, (off_t)i * BALANCE_SIZE));
    if (n != -1 && n != BALANCE_SIZE)
        errno = ENOSPC;
    return n == BALANCE_SIZE ? 0 : -1;
}

/* ---- The commands -------------------------------------------------------- */

/* Print what failed; the exit status. */
static int failed(const char *what)
{
    (void)fail(what);
    return EXIT_FAILURE;
}

static int usage(void)
{
    fputs("usage: " PROG " next FILE N [-s]\n"
          "       " PROG " append FILE ID N\n"
          "       " PROG " once FILE CMD [ARG..]\n"
          "       " PROG " move FILE FROM TO AMOUNT N\n",
          stderr);
    return 2;
}

/* The whole of `word` as a number from low to high; 0 if it is not one. */
static int number(const char *word, long low, long high, long *value)
{
    char *end;

    errno = 0;
    *value = word ? strtol(word, &end, 10) : 0;
    return word && !errno && end != word && !*end && *value >= low &&
           *value <= high;
}

static int next_command(char **words)
{
    long count;

    takes_notes = words[1] && words[2] && strcmp(words[2], "-s") == 0;
    if (!number(words[1], 0, INT_MAX, &count) || words[2 + takes_notes])
        return usage();
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd == -1)
        return failed(path);
    int status = EXIT_SUCCESS;
    for (; count > 0 && status == EXIT_SUCCESS; count--) {
        long mine = next_number(fd);
        if (mine == -1)
            status = failed("next");
        else
            printf("%ld\n", mine);
    }
    if (fflush(stdout) == EOF)
        status = failed("standard output");
    close(fd);
    return status;
}

/* "ID SEQ xxxx...\n" */
static void fill_record(char record[RECORD_SIZE], const char *id, long seq)
{
    char start[RECORD_SIZE];
    int used = snprintf(start, sizeof start, "%s %ld ", id, seq);

    memset(record, 'x', RECORD_SIZE);
    memcpy(record, start, (size_t)used);
    record[RECORD_SIZE - 1] = '\n';
}

static int append_command(char **words)
{
    char record[RECORD_SIZE];
    long count;

    if (!words[1] || strlen(words[1]) > 32 || strpbrk(words[1], " \n") ||
        !number(words[2], 0, INT_MAX, &count) || words[3])
        return usage();
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd == -1)
        return failed(path);
    int status = EXIT_SUCCESS;
    for (long seq = 1; seq <= count && status == EXIT_SUCCESS; seq++) {
        fill_record(record, words[1], seq);
        if (append_record(fd, record, RECORD_SIZE) == -1)
            status = failed("append");
    }
    close(fd);
    return status;
}

static int once_command(char **words)
{
    if (!words[1])
        return usage();
    int status = run_once(path, words + 1);
    return status == -1 ? failed(path) : status;
}

static int move_command(char **words)
{
    long from, to, amount, count;

    if (!number(words[1], 0, ACCOUNTS - 1, &from) ||
        !number(words[2], 0, ACCOUNTS - 1, &to) ||
        !number(words[3], INT_MIN, INT_MAX, &amount) ||
        !number(words[4], 0, INT_MAX, &count) || words[5])
        return usage();
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd == -1)
        return failed(path);
    int status = EXIT_SUCCESS;
    for (; count > 0 && status == EXIT_SUCCESS; count--)
        if (move_amount(fd, (int)from, (int)to, amount) == -1)
            status = failed("move");
    close(fd);
    return status;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(char **words); /* from FILE on */
    } commands[] = {
        {"next", next_command},
        {"append", append_command},
        {"once", once_command},
        {"move", move_command},
    };

    if (argc < 4)
        return usage();
    path = argv[2];
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argv + 2);
    return usage();
}
