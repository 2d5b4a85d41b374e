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

#define NATIVE .native_only = true

/* Calls that move bytes into a descriptor, or out of one. */
#define SENDS                                                                  \
    "write,writev,splice,vmsplice,tee,sendfile,sendto,sendmsg,sendmmsg"
#define RECEIVES  "read,readv,recvfrom,recvmsg,recvmmsg"
#define CLOSES    "close,close_range"
#define TRANSFERS SENDS "," RECEIVES ",shutdown," CLOSES

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

/* How many messages a call has moved. */
static int messages_of(const struct trace_event *event)
{
    const char *at = event->args;
    int count = 1;

    if (strstr(event->name, "mmsg") == NULL)
        return count;
    /* The end of what is sent is received as an empty message. */
    for (count = (int)event->result; (at = strstr(at, "msg_len=")); at++)
        count -= atoi(at + strlen("msg_len=")) == 0;
    return count;
}

/* Whether a call has moved bytes; who peeks leaves them there: recv(2). */
static bool has_moved(const struct trace_event *event)
{
    return event->error == NULL && event->result > 0 &&
           strstr(event->args, "MSG_PEEK") == NULL && messages_of(event) > 0;
}

/* How many messages PROCESS, in all its threads, has moved by CALLS through the
 * descriptor FD since event FROM, until it closed it; of a stream each transfer
 * counts as one. */
static int moved(const struct trace *trace, size_t from, int process,
                 const char *calls, int fd)
{
    int count = 0;

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
        if (has_moved(event) && trace_find(trace, i, calls, -1) == i)
            count += messages_of(event);
    }
    return count;
}

/* The call closes FD. */
static bool closes(const struct trace_event *event, int fd)
{
    char first[32], last[32];
    bool range = strcmp(event->name, "close_range") == 0;

    return event->error == NULL && trace_arg(event, 0, first, sizeof(first)) &&
           (range ? atol(first) <= fd &&
                        trace_arg(event, 1, last, sizeof(last)) &&
                        atol(last) >= fd
                  : atoi(first) == fd);
}

/* Whether PROCESS, or one that it descends from, but not the first, has closed
 * FD since event FROM. */
static bool has_closed(const struct trace *trace, size_t from, int process,
                       int fd)
{
    for (; process > 0; process = trace->processes[process].parent)
        for (size_t i = trace_find(trace, from, CLOSES, -1);
             i < trace->event_count; i = trace_find(trace, i + 1, CLOSES, -1))
            if (process_of(trace, &trace->events[i]) == process &&
                closes(&trace->events[i], fd))
                return true;
    return false;
}

/* A process other than the first that has received bytes through an end of PAIR
 * and sent bytes through the same, or through the descriptors 0 and 1, where a
 * command expects them; 0 if there is none.  *OTHER: the end that it does not
 * need, or -1 if that has been closed, or is a command's. */
static int converter(const struct trace *trace, const struct pair *pair,
                     int *other)
{
    const int *ends = pair->ends;
    const int ways[][3] = {
        {ends[0], ends[0], ends[1]}, {ends[1], ends[1], ends[0]}, {0, 1, -1}};

    for (int process = 1; process < (int)trace->process_count; process++)
        for (int i = 0; i < 3; i++) {
            if (moved(trace, pair->made, process, RECEIVES, ways[i][0]) == 0 ||
                moved(trace, pair->made, process, SENDS, ways[i][1]) == 0)
                continue;
            bool closed = has_closed(trace, pair->made, process, ways[i][2]);
            *other = closed ? -1 : ways[i][2];
            return process;
        }
    return 0;
}

/* How many messages went into the ends of PAIR, or came out, in all processes.
 */
static int count_transfers(const struct trace *trace, const char *calls,
                           const struct pair *pair)
{
    int sum = 0;

    for (size_t process = 0; process < trace->process_count; process++)
        for (int i = 0; i < 2; i++)
            sum += moved(trace, pair->made, (int)process, calls, pair->ends[i]);
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

/* Whether each descriptor that came with a message was close-on-exec as soon as
 * it was there. */
static bool all_closed_by_exec(const struct trace *trace)
{
    char flags[128];

    for (size_t i = trace_find(trace, 0, "recvmsg,recvmmsg", -1);
         i < trace->event_count;
         i = trace_find(trace, i + 1, "recvmsg,recvmmsg", -1)) {
        const struct trace_event *event = &trace->events[i];
        int n = strcmp(event->name, "recvmsg") == 0 ? 2 : 3;
        if (event->error == NULL && strstr(event->args, "SCM_RIGHTS") &&
            !(trace_arg(event, n, flags, sizeof(flags)) &&
              strstr(flags, "MSG_CMSG_CLOEXEC")))
            return false;
    }
    return true;
}

/* ---- How many files are open --------------------------------------------- */

/* That a process has a file open: between which lines of the log. */
struct holding {
    int process;
    size_t from, until;
};

/* Those of a run. */
struct holdings {
    struct holding list[1000];
    size_t count;
};

/* Event INDEX has brought the descriptor FD. */
static void hold(struct holdings *all, const struct trace *trace, size_t index,
                 int fd)
{
    int process = process_of(trace, &trace->events[index]);
    size_t i = index + 1;

    cr_assert(all->count < sizeof(all->list) / sizeof(*all->list));
    struct holding *one = &all->list[all->count++];
    *one = (struct holding){process, trace->events[index].ended, SIZE_MAX};
    for (; (i = trace_find(trace, i, CLOSES, -1)) < trace->event_count; i++)
        if (process_of(trace, &trace->events[i]) == process &&
            closes(&trace->events[i], fd)) {
            one->until = trace->events[i].begun;
            break;
        }
}

/* The most files that a process has had open at a time. */
static int most_held(const struct holdings *all)
{
    int most = 0;

    for (size_t i = 0; i < all->count; i++) {
        const struct holding *last = &all->list[i];
        int held = 0;
        for (size_t j = 0; j < all->count; j++) {
            const struct holding *one = &all->list[j];
            held += one->process == last->process && one->from <= last->from &&
                    one->until > last->from;
        }
        most = held > most ? held : most;
    }
    return most;
}

/* ...of those that came with a message. */
static int most_received(const struct trace *trace)
{
    struct holdings all = {.count = 0};

    for (size_t i = trace_find(trace, 0, "recvmsg,recvmmsg", -1);
         i < trace->event_count;
         i = trace_find(trace, i + 1, "recvmsg,recvmmsg", -1)) {
        const char *at = trace->events[i].args;
        while ((at = strstr(at, "cmsg_data=["))) {
            const char *end = strchr(at, ']');
            for (; end && at < end; at++)
                if (*at == '[' || *at == ',')
                    hold(&all, trace, i, atoi(at + 1));
            at += end == NULL;
        }
    }
    return most_held(&all);
}

/* ...of those that it has opened as NAME. */
static int most_opened(const struct trace *trace, const char *name)
{
    struct holdings all = {.count = 0};
    char quoted[64];

    (void)snprintf(quoted, sizeof(quoted), "\"%s\"", name);
    for (size_t i = trace_find(trace, 0, "open,openat,openat2", -1);
         i < trace->event_count;
         i = trace_find(trace, i + 1, "open,openat,openat2", -1))
        if (trace->events[i].error == NULL &&
            strstr(trace->events[i].args, quoted))
            hold(&all, trace, i, (int)trace->events[i].result);
    return most_held(&all);
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
