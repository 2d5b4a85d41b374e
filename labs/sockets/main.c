// SPDX-License-Identifier: MIT
/*
 * The program around sockets.c: it reads the command line, catches the signals
 * that end a server, calls the functions of sockets.h and says what went wrong.
 * Given; the grader builds its own copy, so nothing you change here counts.
 *
 * Exit status: 0; 1 if something failed; 2 for wrong usage.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sockets.h"

static volatile sig_atomic_t stop;

static int usage(void)
{
    fputs("usage: " PROG " serve PORT\n"
          "       " PROG " call PORT TEXT..\n"
          "       " PROG " udp PORT\n"
          "       " PROG " udpcall PORT TEXT\n",
          stderr);
    return 2;
}

/* The whole of `word` as a port, 1 to 65535; 0 if it is not one. */
static unsigned short port_number(const char *word)
{
    char *end;

    errno = 0;
    long value = strtol(word, &end, 10);
    if (errno || end == word || *end || value < 1 || value > UINT16_MAX)
        return 0;
    return (unsigned short)value;
}

/* Print what failed; the exit status. */
static int failed(const char *what)
{
    (void)fail(what);
    return EXIT_FAILURE;
}

static void on_stop(int sig)
{
    (void)sig;
    stop = 1;
}

/* Without SA_RESTART: a call that sleeps ends with EINTR (signal(7)). */
static int catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_stop};

    if (sigaction(SIGTERM, &action, NULL) == -1 ||
        sigaction(SIGINT, &action, NULL) == -1)
        return fail("sigaction");
    return 0;
}

static int serve_command(const char *word, unsigned short port)
{
    if (catch_signals() == -1)
        return EXIT_FAILURE;
    int lfd = listen_on(port);
    if (lfd == -1)
        return failed(word);
    int status = 0;
    if (dprintf(STDOUT_FILENO, "ready\n") < 0)
        status = failed("standard output");
    else if (serve_loop(lfd, &stop) == -1)
        status = failed(word);
    if (close(lfd) == -1)
        status = failed("close");
    return status;
}

static int print_line(const char *text, size_t size)
{
    if (fwrite(text, 1, size, stdout) != size || putchar('\n') == EOF ||
        fflush(stdout) == EOF)
        return fail("standard output");
    return 0;
}

/* One request and its answer; -1 after a message. */
static int ask(int fd, const char *word, const char *text)
{
    char *body = NULL;
    uint32_t len = 0;

    if (strlen(text) > FRAME_MAX)
        errno = EMSGSIZE;
    int result = strlen(text) > FRAME_MAX
                     ? -1
                     : write_frame(fd, text, (uint32_t)strlen(text));
    int got = result == -1 ? -1 : read_frame(fd, &body, &len);
    if (got == 0)
        errno = ECONNRESET; /* it closed the connection and owes an answer */
    if (got != 1)
        return fail(word);
    result = print_line(body, len);
    free(body);
    return result;
}

static int call_command(char **words, unsigned short port)
{
    int fd = connect_to(port);
    int status = 0;

    if (fd == -1)
        return failed(words[0]);
    for (int i = 1; words[i] && status == 0; i++)
        if (ask(fd, words[0], words[i]) == -1)
            status = EXIT_FAILURE;
    if (close(fd) == -1)
        status = failed("close");
    return status;
}

static int udp_command(const char *word, unsigned short port)
{
    if (catch_signals() == -1)
        return EXIT_FAILURE;
    return udp_serve(port, &stop) == -1 ? failed(word) : 0;
}

static int udpcall_command(char **words, unsigned short port)
{
    static char answer[TEXT_MAX];
    ssize_t n = udp_call(port, words[1], answer, sizeof answer);

    if (n == -1)
        return failed(words[0]);
    return print_line(answer, (size_t)n) == -1 ? EXIT_FAILURE : 0;
}

int main(int argc, char **argv)
{
    unsigned short port = argc > 2 ? port_number(argv[2]) : 0;

    if (port == 0)
        return usage();
    if (strcmp(argv[1], "serve") == 0 && argc == 3)
        return serve_command(argv[2], port);
    if (strcmp(argv[1], "call") == 0 && argc > 3)
        return call_command(argv + 2, port);
    if (strcmp(argv[1], "udp") == 0 && argc == 3)
        return udp_command(argv[2], port);
    if (strcmp(argv[1], "udpcall") == 0 && argc == 4)
        return udpcall_command(argv + 2, port);
    return usage();
}
