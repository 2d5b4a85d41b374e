// SPDX-License-Identifier: MIT
/*
 * test_socketpair.h - what the tests of the socketpair lab give to the program,
 * and what a trace says of who sends and receives.
 */
#ifndef TEST_SOCKETPAIR_H
#define TEST_SOCKETPAIR_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

#define MIB    (1u << 20)
#define NATIVE .native_only = true

/* Calls that move bytes into a descriptor, or out of one. */
#define SENDS                                                                  \
    "write,writev,splice,vmsplice,tee,sendfile,sendto,sendmsg,sendmmsg"
#define RECEIVES  "read,readv,recvfrom,recvmsg,recvmmsg"
#define TRANSFERS SENDS "," RECEIVES ",shutdown,close"

/* ---- Input --------------------------------------------------------------- */

static struct bytes to_upper(struct bytes bytes)
{
    char *copy = malloc(bytes.size);

    cr_assert_not_null(copy);
    for (size_t i = 0; i < bytes.size; i++) {
        char c = bytes.data[i];
        copy[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    return (struct bytes){copy, bytes.size};
}

/* The requests "1+1000" to "COUNT+1000", and the answers to them. */
static struct bytes requests(int count)
{
    char *data = malloc((size_t)count * 16);
    size_t used = 0;

    cr_assert_not_null(data);
    for (int i = 1; i <= count; i++)
        used += (size_t)sprintf(data + used, "%d+1000\n", i);
    return (struct bytes){data, used};
}

static struct bytes answers(int count)
{
    char *data = malloc((size_t)count * 8);
    size_t used = 0;

    cr_assert_not_null(data);
    for (int i = 1; i <= count; i++)
        used += (size_t)sprintf(data + used, "%d\n", i + 1000);
    return (struct bytes){data, used};
}

/* COUNT zeros with HEAD before them, and TAIL behind. */
static char *zeros(const char *head, size_t count, const char *tail)
{
    size_t before = strlen(head), behind = strlen(tail);
    char *line = malloc(before + count + behind + 1);

    cr_assert_not_null(line);
    memcpy(line, head, before);
    memset(line + before, '0', count);
    memcpy(line + before + count, tail, behind + 1);
    return line;
}

/* A file of that content in WORLD's working directory. */
static void make_file(struct world *world, const char *name, mode_t mode,
                      struct bytes content)
{
    int fd = openat(world_directory(world), name,
                    O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    cr_assert(fd >= 0 &&
              write(fd, content.data, content.size) == (ssize_t)content.size &&
              fchmod(fd, mode) == 0 && close(fd) == 0);
}

/* ---- What a trace says --------------------------------------------------- */

/* What a run did with the ends of its first socket pair. */
struct pair {
    int ends[2];
    size_t made; /* the event that made it */
};

static bool find_pair(const struct trace *trace, struct pair *pair)
{
    for (size_t i = trace_find(trace, 0, "socketpair", -1);
         i < trace->event_count;
         i = trace_find(trace, i + 1, "socketpair", -1)) {
        const char *list = strrchr(trace->events[i].args, '[');
        pair->made = i;
        if (trace->events[i].error == NULL && list &&
            sscanf(list, "[%d, %d]", &pair->ends[0], &pair->ends[1]) == 2)
            return true;
    }
    return false;
}

static int process_of(const struct trace *trace,
                      const struct trace_event *event)
{
    return trace->processes[event->process].leader;
}

/* How many bytes PROCESS, in all its threads, has moved by CALLS through the
 * descriptor FD since event FROM, until it closed it; *COUNT: in how many
 * calls. */
static long moved(const struct trace *trace, size_t from, int process,
                  const char *calls, int fd, int *count)
{
    long sum = 0;

    *count = 0;
    for (size_t i = trace_find(trace, from, NULL, -1); i < trace->event_count;
         i = trace_find(trace, i + 1, NULL, -1)) {
        const struct trace_event *event = &trace->events[i];
        int n = strcmp(event->name, "splice") == 0 ? 2
                : strcmp(event->name, "tee") == 0  ? 1
                                                   : 0;
        char word[32];
        if (process_of(trace, event) != process ||
            !trace_arg(event, n, word, sizeof(word)) || atoi(word) != fd)
            continue;
        if (strcmp(event->name, "close") == 0)
            break;
        if (event->error == NULL && event->result > 0 &&
            trace_find(trace, i, calls, -1) == i) {
            sum += event->result;
            ++*count;
        }
    }
    return sum;
}

/* Whether a process other than the first has received bytes through an end of
 * PAIR and sent bytes through the same, or through the descriptors 0 and 1,
 * where a command expects them. */
static bool has_converter(const struct trace *trace, const struct pair *pair)
{
    const int *ends = pair->ends;
    const int ways[][2] = {{ends[0], ends[0]}, {ends[1], ends[1]}, {0, 1}};
    int count;

    for (size_t process = 1; process < trace->process_count; process++)
        for (int i = 0; i < 3; i++)
            if (moved(trace, pair->made, (int)process, RECEIVES, ways[i][0],
                      &count) > 0 &&
                moved(trace, pair->made, (int)process, SENDS, ways[i][1],
                      &count) > 0)
                return true;
    return false;
}

/* How many messages went into the ends of PAIR, or came out, in all processes.
 */
static int count_transfers(const struct trace *trace, const char *calls,
                           const struct pair *pair)
{
    int sum = 0;

    for (size_t process = 0; process < trace->process_count; process++)
        for (int i = 0; i < 2; i++) {
            int count;
            (void)moved(trace, pair->made, (int)process, calls, pair->ends[i],
                        &count);
            sum += count;
        }
    return sum;
}

/* Whether a process has opened the file NAME: the first one, or another. */
static bool has_opened(const struct trace *trace, const char *name, bool first)
{
    char word[64], quoted[64];

    (void)snprintf(quoted, sizeof(quoted), "\"%s\"", name);
    for (size_t i = trace_find(trace, 0, "open,openat,openat2", -1);
         i < trace->event_count;
         i = trace_find(trace, i + 1, "open,openat,openat2", -1)) {
        const struct trace_event *event = &trace->events[i];
        int n = strcmp(event->name, "open") == 0 ? 0 : 1;
        if (event->error == NULL && trace_arg(event, n, word, sizeof(word)) &&
            strcmp(word, quoted) == 0 &&
            (process_of(trace, event) == 0) == first)
            return true;
    }
    return false;
}

/* Whether a descriptor has come with a message. */
static bool has_received_rights(const struct trace *trace)
{
    for (size_t i = trace_find(trace, 0, "recvmsg,recvmmsg", -1);
         i < trace->event_count;
         i = trace_find(trace, i + 1, "recvmsg,recvmmsg", -1))
        if (trace->events[i].error == NULL &&
            strstr(trace->events[i].args, "SCM_RIGHTS"))
            return true;
    return false;
}

/* The highest number under which a descriptor has come with a message. */
static long highest_received(const struct trace *trace)
{
    long highest = -1;

    for (size_t i = trace_find(trace, 0, "recvmsg,recvmmsg", -1);
         i < trace->event_count;
         i = trace_find(trace, i + 1, "recvmsg,recvmmsg", -1)) {
        const char *list = strstr(trace->events[i].args, "cmsg_data=[");
        const char *end = list ? strchr(list, ']') : NULL;
        for (const char *at = list; at && at < end; at++)
            if ((*at == '[' || *at == ',') && atol(at + 1) > highest)
                highest = atol(at + 1);
    }
    return highest;
}

/* The highest one that opening a file NAME has brought. */
static long highest_opened(const struct trace *trace, const char *name)
{
    char quoted[64];
    long highest = -1;

    (void)snprintf(quoted, sizeof(quoted), "\"%s\"", name);
    for (size_t i = trace_find(trace, 0, "open,openat,openat2", -1);
         i < trace->event_count;
         i = trace_find(trace, i + 1, "open,openat,openat2", -1))
        if (strstr(trace->events[i].args, quoted) &&
            trace->events[i].result > highest)
            highest = trace->events[i].result;
    return highest;
}

/* ---- What is expected ---------------------------------------------------- */

/* Exit status 1, and one line on standard error, of COMMAND; which process
 * noticed first, and so which errno it is, is left open. */
static void expect_failure(struct run *run, const char *command)
{
    char head[32];

    (void)snprintf(head, sizeof(head), "socketpair: %s: ", command);
    expect_exit(run, 1);
    struct bytes errors = run_errors(run);
    const char *newline = strchr(errors.data, '\n');
    expect_that(run,
                strncmp(errors.data, head, strlen(head)) == 0 && newline &&
                    newline[1] == '\0',
                "one line on standard error says what failed",
                "standard error is \"%.*s\"", (int)strcspn(errors.data, "\n"),
                errors.data);
}

static void expect_success(struct run *run, struct bytes output)
{
    expect_output(run, output);
    expect_exit(run, 0);
    expect_errors(run, LITERAL(""));
}

#endif
