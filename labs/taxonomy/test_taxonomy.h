// SPDX-License-Identifier: MIT
/*
 * test_taxonomy.h - what is so: the key to the table of the taxonomy lab, and
 * what its tests look for in a list and in a trace.
 */
#ifndef TEST_TAXONOMY_H
#define TEST_TAXONOMY_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

enum { MECHS = 14, PROPERTIES = 11 };

#define NATIVE .native_only = true

/* ---- The key ---------------------------------------------------------------
 */

static const char *const properties[PROPERTIES] = {
    "direction", "sync",    "relation", "host",     "boundaries", "persistence",
    "order",     "carries", "notify",   "pollable", "bounded",
};

/*
 * More than one word: any of them will do, and the first is ours. Why, says the
 * handout: the words leave it open, or systems differ. Seven columns are
 * measured while the tests run, but for UDP's order and what has no channel.
 * Four are not: of relation and host no experiment decides; boundaries and
 * persistence have none but the student's own.
 */
static const struct key {
    const char *mech, *cells[PROPERTIES];
} key[MECHS] = {
    {"pipe",
     {"uni", "asynchronous", "related", "same", "stream", "process", "fifo",
      "bytes", "yes", "yes", "yes"}},
    {"popen",
     {"uni", "asynchronous", "related", "same", "stream", "process", "fifo",
      "bytes", "yes", "yes", "yes"}},
    {"fifo",
     {"uni", "asynchronous", "any", "same", "stream", "filesystem", "fifo",
      "bytes", "yes", "yes", "yes"}},
    {"sysv-sem",
     {"bi|uni", "none|synchronous", "any", "same", "none", "kernel", "none",
      "nothing", "no", "no", "yes|no"}},
    {"sysv-shm",
     {"bi|uni", "none", "any", "same", "none|stream", "kernel", "none", "bytes",
      "no", "no", "yes|no"}},
    {"sysv-msgq",
     {"bi", "asynchronous", "any", "same", "message", "kernel", "type", "bytes",
      "no", "no", "yes"}},
    {"posix-mq",
     {"bi", "asynchronous", "any", "same", "message", "kernel", "priority",
      "bytes", "yes", "yes|no", "yes"}},
    {"signal",
     {"uni|bi", "asynchronous", "any", "same", "none", "process", "none",
      "nothing", "yes", "yes|no", "yes|no"}},
    {"rt-signal",
     {"uni|bi", "asynchronous", "any", "same", "message|none", "process",
      "priority|fifo", "value", "yes", "yes|no", "yes"}},
    {"socketpair",
     {"bi", "asynchronous", "related", "same", "stream", "process", "fifo",
      "descriptor+bytes", "yes", "yes", "yes"}},
    {"unix-socket",
     {"bi", "asynchronous", "any", "same", "stream", "filesystem|process",
      "fifo", "descriptor+bytes", "yes", "yes", "yes"}},
    {"tcp",
     {"bi", "asynchronous", "any", "network", "stream", "process", "fifo",
      "bytes", "yes", "yes", "yes"}},
    {"udp",
     {"bi", "asynchronous", "any", "network", "message", "process", "none",
      "bytes", "yes", "yes", "yes"}},
    {"file-lock",
     {"bi|uni", "none|synchronous", "any", "same|network", "none", "process",
      "none", "nothing", "no", "no", "yes|no"}},
};

/* WORD is one of CHOICES, "none|stream". */
static bool is_one_of(const char *word, const char *choices)
{
    size_t size = strlen(word);

    for (const char *next = choices; *next; next += *next == '|') {
        size_t length = strcspn(next, "|");
        if (length == size && strncmp(next, word, size) == 0)
            return true;
        next += length;
    }
    return false;
}

/* The words of a line, or of all lines, of BYTES: COUNT of them at most, each
 * behind a tab or a newline; "" for what is not there. */
static void split(struct bytes bytes, const char *words[], size_t count)
{
    char *rest = strndup(bytes.data, bytes.size);

    cr_assert_not_null(rest);
    for (size_t i = 0; i < count; i++) {
        char *word = rest ? strsep(&rest, "\t\n") : NULL;
        words[i] = word ? word : "";
    }
}

/* The lines of a table, with a word for each column. */
struct list {
    const char *words[MECHS + 1][1 + PROPERTIES];
};

static struct list read_list(struct run *run)
{
    struct list list;

    split(run_output(run), list.words[0],
          sizeof(list.words) / sizeof(list.words[0][0]));
    return list;
}

/* What the experiment for PROPERTY shows of each mechanism, now; "-" if there
 * is none, or none that could decide. */
static void measure(struct world *world, const char *property,
                    const char *shown[MECHS])
{
    static const char *const measured[] = {"direction", "sync",   "order",
                                           "carries",   "notify", "pollable",
                                           "bounded"};
    const char *words[2 * MECHS];
    size_t i = 0;

    for (int m = 0; m < MECHS; m++)
        shown[m] = "-";
    while (i < sizeof(measured) / sizeof(*measured) &&
           strcmp(measured[i], property) != 0)
        i++;
    if (i == sizeof(measured) / sizeof(*measured))
        return;
    struct run *run =
        launch(ARGS("probe", "all", property), .world = world, NATIVE);
    expect_exit(run, 0);
    split(run_output(run), words, 2 * MECHS);
    for (int m = 0; m < MECHS; m++) {
        expect_that(run, strcmp(words[2 * m], key[m].mech) == 0,
                    "probe says something of each mechanism", "not of %s",
                    key[m].mech);
        shown[m] = words[2 * m + 1];
    }
}

/* ---- What a probe did -------------------------------------------------------
 *
 * The calls that move three bytes in one piece, and those that take some. */

#define SENDS                                                                  \
    "write,writev,pwrite64,sendto,sendmsg,sendmmsg,msgsnd,mq_timedsend,"       \
    "splice,vmsplice"
#define RECEIVES                                                               \
    "read,readv,recvfrom,recvmsg,msgrcv,mq_timedreceive,splice,preadv2"

/* A queue says 0 or nothing of the size: then it is the third argument. */
static bool moves(const struct trace_event *event, long size)
{
    char word[32];

    if (event->error || !event->finished)
        return false;
    return event->result == size ||
           (strncmp(event->name, "m", 1) == 0 && event->result == 0 &&
            trace_arg(event, 2, word, sizeof(word)) && atol(word) == size);
}

/* How many messages of SIZE bytes one sendmmsg(2) has sent: strace shows the
 * size of each. */
static int count_messages(const struct trace_event *event, long size)
{
    char word[32];
    int count = 0;

    (void)snprintf(word, sizeof(word), "msg_len=%ld}", size);
    for (const char *next = event->args;
         event->error == NULL && (next = strstr(next, word)); next++)
        count++;
    return count;
}

/* How many pieces of SIZE bytes calls of NAMES moved, but not to the terminal.
 */
static int count_moves(const struct trace *trace, const char *names, long size)
{
    int count = 0;

    for (size_t i = 0;
         (i = trace_find(trace, i, names, -1)) < trace->event_count; i++)
        if (strcmp(trace->events[i].name, "sendmmsg") == 0)
            count += count_messages(&trace->events[i], size);
        else
            count += moves(&trace->events[i], size) &&
                     (atoi(trace->events[i].args) > STDERR_FILENO ||
                      trace->events[i].name[0] == 'm');
    return count;
}

/* One of MAKERS was called with WORD in its arguments, and succeeded; the
 * event, or NULL. */
static const struct trace_event *find_made(const struct trace *trace,
                                           const char *makers, const char *word)
{
    for (size_t i = 0;
         (i = trace_find(trace, i, makers, -1)) < trace->event_count; i++)
        if (trace->events[i].error == NULL &&
            strstr(trace->events[i].args, word))
            return &trace->events[i];
    return NULL;
}

/* Whatever RUN does until it is done, or waits for the gate: then open it. One
 * that looks again and again, in short sleeps, gets some seconds for that. */
static void open_gate_when_still(struct world *world, struct run *run)
{
    const struct timespec moment = {0, 2000000};

    if (run_waits_in(run, RUN_HELD))
        for (int i = 0; i < 2500 && !run_has_ended(run) && !run_is_still(run);
             i++)
            (void)nanosleep(&moment, NULL);
    world_open_gate(world, "go");
}

#endif
