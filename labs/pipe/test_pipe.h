// SPDX-License-Identifier: MIT
/*
 * test_pipe.h - what the tests of the pipe lab expect, and what a trace says of
 * who writes where.
 */
#ifndef TEST_PIPE_H
#define TEST_PIPE_H

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

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

/* What `sed p` makes of lines of 64 bytes. */
static struct bytes doubled(struct bytes lines)
{
    char *data = malloc(2 * lines.size);

    cr_assert_not_null(data);
    for (size_t i = 0; i < lines.size; i += 64) {
        memcpy(data + 2 * i, lines.data + i, 64);
        memcpy(data + 2 * i + 64, lines.data + i, 64);
    }
    return (struct bytes){data, 2 * lines.size};
}

/* Calls that move bytes from a process into a descriptor. */
#define WRITES                                                                 \
    "write,writev,pwrite64,splice,vmsplice,tee,sendfile,sendto,sendmsg"

/* The descriptor that a call of WRITES writes to. */
static int written_fd(const struct trace_event *event)
{
    bool is_third = strcmp(event->name, "splice") == 0;
    bool is_second = strcmp(event->name, "tee") == 0;
    char word[32];

    if (!trace_arg(event, is_third ? 2 : is_second, word, sizeof(word)))
        return -1;
    return atoi(word);
}

/* Whether the student's first process writes to descriptor 1 itself. */
static bool first_prints(const struct trace *trace)
{
    for (size_t i = trace_find(trace, 0, WRITES, 0); i < trace->event_count;
         i = trace_find(trace, i + 1, WRITES, 0))
        if (written_fd(&trace->events[i]) == 1 && trace->events[i].result > 0)
            return true;
    return false;
}

/* How many processes hand bytes on, other than messages. */
static int count_writers(const struct trace *trace)
{
    int count = 0;

    for (size_t process = 0; process < trace->process_count; process++) {
        bool writes = false;
        for (size_t i = trace_find(trace, 0, WRITES, (int)process);
             i < trace->event_count && !writes;
             i = trace_find(trace, i + 1, WRITES, (int)process))
            writes = trace->events[i].result > 0 &&
                     written_fd(&trace->events[i]) != 2;
        count += writes;
    }
    return count;
}

#endif
