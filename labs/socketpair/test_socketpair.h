// SPDX-License-Identifier: MIT
/*
 * test_socketpair.h - what the tests of the socketpair lab give to the program,
 * and what a trace says of the files that it has open.
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

static int process_of(const struct trace *trace,
                      const struct trace_event *event)
{
    return trace->processes[event->process].leader;
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
