// SPDX-License-Identifier: MIT
/* play.c - what a test does as the program's user, and what it may ask. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aside.h"
#include "run.h"
#include "verdict.h"

static bool is_fed(struct run *run, const void *data)
{
    (void)data;
    return run->input.size == 0 || run->input_fd < 0;
}

static void keep_fed(struct run *run, struct bytes bytes)
{
    if (bytes.size == 0)
        return;
    run->fed.data = xrealloc(run->fed.data, run->fed.size + bytes.size);
    memcpy(run->fed.data + run->fed.size, bytes.data, bytes.size);
    run->fed.size += bytes.size;
}

void run_feed(struct run *run, struct bytes bytes)
{
    keep_fed(run, bytes);
    run->input = bytes;
    pump_until(run, is_fed, NULL);
}

void run_end_input(struct run *run)
{
    pump_until(run, is_fed, NULL);
    if (run->input_fd >= 0)
        aside_close(run->input_fd);
    run->input_fd = -1;
    run->input_ended = true;
}

static bool is_quota_used(struct run *run, const void *data)
{
    (void)data;
    return run->output_quota == 0 || run->output_quota == SIZE_MAX ||
           run->output_fd < 0;
}

void run_read_output(struct run *run, size_t size)
{
    run->output_quota = size;
    pump_until(run, is_quota_used, NULL);
}

void run_close_output(struct run *run)
{
    if (run->output_fd >= 0)
        aside_close(run->output_fd);
    run->output_fd = -1;
}

void run_signal(struct run *run, int signal)
{
    if (run->finished || run->end != RUN_RUNNING)
        return;
    run->was_killed |= signal == SIGKILL;
    world_kill(run->world, run->pid, signal);
}

struct awaited {
    enum run_stream stream;
    const char *line;
};

static bool holds_line(struct bytes bytes, const char *line)
{
    size_t size = strlen(line);
    const char *next = bytes.data, *end = bytes.data + bytes.size;

    while (next && next < end) {
        const char *stop = memchr(next, '\n', (size_t)(end - next));
        if (stop == NULL)
            return false;
        if ((size_t)(stop - next) == size && memcmp(next, line, size) == 0)
            return true;
        next = stop + 1;
    }
    return false;
}

static bool has_line(struct run *run, const void *data)
{
    const struct awaited *awaited = data;
    const struct buffer *buffer =
        awaited->stream == RUN_STDOUT ? &run->output : &run->errors;

    return holds_line((struct bytes){buffer->data, buffer->size},
                      awaited->line);
}

void run_wait_line(struct run *run, enum run_stream stream, const char *line)
{
    struct awaited awaited = {stream, line};

    pump_until(run, has_line, &awaited);
    if (probe_is_memcheck() || has_line(run, &awaited))
        return;
    run_finish(run);
    expect_that(run, has_line(run, &awaited),
                stream == RUN_STDOUT ? "the line on standard output"
                                     : "the line on standard error",
                "no line \"%s\" was printed", line);
}

/* ---- Asking -------------------------------------------------------------- */

const char *const *run_args(const struct run *run)
{
    return (const char *const *)run->args;
}

enum run_end run_end(struct run *run)
{
    run_finish(run);
    return run->end;
}

int run_exit_status(struct run *run)
{
    run_finish(run);
    if (run->end == RUN_EXITED)
        return WEXITSTATUS(run->status);
    return run->end == RUN_SIGNALED ? 128 + WTERMSIG(run->status) : -1;
}

struct bytes run_output(struct run *run)
{
    run_finish(run);
    return (struct bytes){run->output.data ? run->output.data : "",
                          run->output.size};
}

struct bytes run_errors(struct run *run)
{
    run_finish(run);
    return (struct bytes){run->errors.data ? run->errors.data : "",
                          run->errors.size};
}

const struct trace *run_trace(struct run *run)
{
    run_finish(run);
    return run->trace;
}

const struct autopsy *run_autopsy(struct run *run)
{
    run_finish(run);
    return run->autopsy;
}

bool run_was_injected(struct run *run)
{
    run_finish(run);
    for (size_t i = 0; run->trace && i < run->trace->event_count; i++)
        if (run->trace->events[i].injected || run->trace->events[i].delayed)
            return true;
    return false;
}
