// SPDX-License-Identifier: MIT
/*
 * The program around mq_notify.c: it reads the command line, calls the
 * functions of mq_notify.h and turns the result into an exit status. Given;
 * the grader builds its own copy, so nothing you change here counts.
 *
 * Exit status: 0 if all went well, 1 if something failed, 2 for wrong usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mq_notify.h"

static int usage(void)
{
    fputs("usage: " PROG " make NAME MAXMSG MSGSIZE\n"
          "       " PROG " rm NAME\n"
          "       " PROG " send NAME PRIO TEXT [-n]\n"
          "       " PROG " recv NAME [-n]\n"
          "       " PROG " watch NAME COUNT\n",
          stderr);
    return 2;
}

/* The whole of `word` as a number from low to INT_MAX, -1 if it is not one. */
static int number(const char *word, int low)
{
    char *end;

    errno = 0;
    long value = strtol(word, &end, 10);
    if (errno || end == word || *end || value < low || value > INT_MAX)
        return -1;
    return (int)value;
}

static int make_command(char **words)
{
    struct mq_attr attr = {.mq_maxmsg = number(words[1], 1),
                           .mq_msgsize = number(words[2], 1)};

    if (attr.mq_maxmsg == -1 || attr.mq_msgsize == -1)
        return usage();
    mqd_t q = q_open(words[0], O_RDWR | O_CREAT, &attr);
    if (q == (mqd_t)-1)
        return EXIT_FAILURE;
    (void)mq_close(q); /* the queue stays */
    return 0;
}

static int rm_command(char **words)
{
    if (mq_unlink(words[0]) == -1)
        return fail("mq_unlink"), EXIT_FAILURE;
    return 0;
}

static int send_command(char **words, int nonblock)
{
    struct mq_attr attr;
    int prio = number(words[1], 0);

    if (prio == -1)
        return usage();
    mqd_t q = q_open(words[0], O_WRONLY | nonblock, &attr);
    if (q == (mqd_t)-1)
        return EXIT_FAILURE;
    int result = q_send(q, (unsigned)prio, words[2]);
    (void)mq_close(q);
    return result == -1 ? EXIT_FAILURE : 0;
}

/*
 * On Linux a queue can be polled like a descriptor (mq_overview(7)), so
 * waiting and receiving can be two things. Somebody else may take the message
 * in between: then wait again.
 */
static int receive_one(mqd_t q, const struct mq_attr *attr, int nonblock)
{
    struct pollfd queue = {.fd = q, .events = POLLIN};
    int left = 1;

    do {
        if (!nonblock && poll(&queue, 1, -1) == -1)
            return fail("poll");
        if (q_drain(q, attr, &left, STDOUT_FILENO) == -1)
            return -1;
    } while (left > 0 && !nonblock);
    if (left > 0) {
        errno = EAGAIN;
        return fail("recv");
    }
    return 0;
}

static int recv_command(char **words, int nonblock)
{
    struct mq_attr attr;
    mqd_t q = q_open(words[0], O_RDONLY | O_NONBLOCK, &attr);

    if (q == (mqd_t)-1)
        return EXIT_FAILURE;
    int result = receive_one(q, &attr, nonblock);
    (void)mq_close(q);
    return result == -1 ? EXIT_FAILURE : 0;
}

static int watch_command(char **words)
{
    int count = number(words[1], 1);

    if (count == -1)
        return usage();
    return q_watch(words[0], count, STDIN_FILENO, STDOUT_FILENO) == -1
               ? EXIT_FAILURE
               : 0;
}

int main(int argc, char **argv)
{
    int words = argc - 2, nonblock = 0;

    if (words < 1)
        return usage();
    if (words > 1 && strcmp(argv[argc - 1], "-n") == 0) {
        nonblock = O_NONBLOCK;
        words--;
    }
    if (strcmp(argv[1], "send") == 0 && words == 3)
        return send_command(argv + 2, nonblock);
    if (strcmp(argv[1], "recv") == 0 && words == 1)
        return recv_command(argv + 2, nonblock);
    if (nonblock)
        return usage();
    if (strcmp(argv[1], "make") == 0 && words == 3)
        return make_command(argv + 2);
    if (strcmp(argv[1], "rm") == 0 && words == 1)
        return rm_command(argv + 2);
    if (strcmp(argv[1], "watch") == 0 && words == 2)
        return watch_command(argv + 2);
    return usage();
}
