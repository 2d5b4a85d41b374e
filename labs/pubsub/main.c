// SPDX-License-Identifier: MIT
/*
 * The program around pubsub.c: it reads the command line, calls one of the
 * functions of pubsub.h, prints what they return and says what went wrong.
 * Given; the grader builds its own copy, so nothing you change here counts.
 *
 * Exit status: 0; 1 if something failed; 2 for wrong usage.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "pubsub.h"

static int usage(void)
{
    fputs("usage: " PROG " broker PATH\n"
          "       " PROG " sub PATH PATTERN [-c N]\n"
          "       " PROG " pub PATH TOPIC [TEXT...]    or a text a line\n"
          "       " PROG " stats PATH\n"
          "       " PROG " match PATTERN TOPIC [PATTERN TOPIC]...\n",
          stderr);
    return 2;
}

static int failed(const char *what)
{
    (void)fail(what);
    return EXIT_FAILURE;
}

/* A topic or a pattern: not empty, not too long, one word. */
static int is_name(const char *word, const char *but)
{
    return word && *word && strlen(word) < TOPIC_SIZE && !strpbrk(word, but);
}

/* ---- broker -------------------------------------------------------------- */

static volatile sig_atomic_t stop;

/* A signal that comes just before the call that was to be interrupted would
 * be lost on it: so another one follows, and another. */
static void on_signal(int sig)
{
    (void)sig;
    stop = 1;
    (void)alarm(1);
}

static int broker_command(char **words)
{
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART */

    if (words[1])
        return usage();
    if (sigaction(SIGTERM, &action, NULL) == -1 ||
        sigaction(SIGINT, &action, NULL) == -1 ||
        sigaction(SIGALRM, &action, NULL) == -1)
        return failed("sigaction");
    int result = broker_loop(words[0], &stop);
    int saved = errno;
    (void)alarm(0);
    errno = saved;
    return result == -1 ? failed(words[0]) : 0;
}

/* ---- sub, pub, stats, match ---------------------------------------------- */

static int sub_command(char **words)
{
    long count = 0;
    char *end;

    if (!is_name(words[1], " \n"))
        return usage();
    if (words[2]) {
        if (strcmp(words[2], "-c") != 0 || !words[3] || words[4])
            return usage();
        count = strtol(words[3], &end, 10);
        if (end == words[3] || *end || count < 1 || count > INT_MAX)
            return usage();
    }
    return subscribe(words[0], words[1], (int)count, STDOUT_FILENO) == -1
               ? failed(words[0])
               : 0;
}

/* Said at once: who waits for the answer need not wait for the last one. */
static int publish_text(const char *path, const char *topic, const char *text)
{
    int delivered = publish(path, topic, text);

    if (delivered == -1)
        return failed(path);
    printf("delivered %d\n", delivered);
    return fflush(stdout) == EOF ? failed("standard output") : 0;
}

static int publish_lines(const char *path, const char *topic)
{
    char *line = NULL;
    size_t size = 0;
    int status = 0;

    for (ssize_t n; status == 0 && (n = getline(&line, &size, stdin)) != -1;) {
        if (line[n - 1] == '\n')
            line[n - 1] = '\0';
        status = publish_text(path, topic, line);
    }
    if (status == 0 && ferror(stdin))
        status = failed("standard input");
    free(line);
    return status;
}

static int pub_command(char **words)
{
    int status = 0;

    if (!is_name(words[1], " \n+#"))
        return usage();
    for (char **text = words + 2; *text; text++)
        if (strchr(*text, '\n'))
            return usage();
    if (!words[2])
        return publish_lines(words[0], words[1]);
    for (char **text = words + 2; *text && status == 0; text++)
        status = publish_text(words[0], words[1], *text);
    return status;
}

static int stats_command(char **words)
{
    long stats[4];

    if (words[1])
        return usage();
    if (get_stats(words[0], stats) == -1)
        return failed(words[0]);
    printf("subscribers %ld published %ld delivered %ld dropped %ld\n",
           stats[0], stats[1], stats[2], stats[3]);
    return fflush(stdout) == EOF ? failed("standard output") : 0;
}

static int match_command(char **words)
{
    for (char **pair = words; *pair; pair += 2) {
        if (!pair[1])
            return usage();
        int matches = topic_match(pair[0], pair[1]);
        if (matches == -1) /* not written yet */
            return failed("match");
        printf("%s %s %s\n", pair[0], matches ? "matches" : "-", pair[1]);
    }
    return fflush(stdout) == EOF ? failed("standard output") : 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(char **words);
    } commands[] = {
        {"broker", broker_command}, {"sub", sub_command},
        {"pub", pub_command},       {"stats", stats_command},
        {"match", match_command},
    };

    if (argc < 3)
        return usage();
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argv + 2);
    return usage();
}
