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

#include "blocking.h"
#include "run.h"
#include "verdict.h"

static bool is_fed(struct run *run, const void *data)
{
    (void)data;
    return run->input.size == 0 || run->input_fd < 0;
}

void run_feed(struct run *run, struct bytes bytes)
{
    run->input = bytes;
    pump_until(run, is_fed, NULL);
}

void run_end_input(struct run *run)
{
    pump_until(run, is_fed, NULL);
    if (run->input_fd >= 0)
        (void)close(run->input_fd);
    run->input_fd = -1;
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

/* ---- Waiting for a state ------------------------------------------------- */

/* Pump until UNTIL(RUN, DATA), and fail for want of WHAT if it never comes. */
static void wait_for(struct run *run, bool (*until)(struct run *, const void *),
                     const void *data, const char *what)
{
    pump_poll_until(run, until, data);
    /* It may have done it and ended since it was last asked. */
    if ((run->finished || run->end != RUN_RUNNING) && !until(run, data)) {
        run_finish(run);
        expect_that(run, probe_is_memcheck(), what, "it did not come to that");
    }
}

static bool is_asleep_in(const struct snapshot_thread *thread,
                         const char *calls)
{
    const struct blocking_call *call = blocking_find(thread->syscall);

    return thread->syscall_known && !thread->running && thread->state == 'S' &&
           call && list_holds(calls, ',', call->name);
}

static bool look(const struct run *run, struct snapshot *now)
{
    return run->world &&
           snapshot_take(now, run->world->fds[SERVER_PROC],
                         run->world->init_pid,
                         run->world->sandbox.level == SANDBOX_BASIC) == 0;
}

/* The lines of /proc are read one after the other, so a thread on its way from
 * one call to another may be seen asleep, and then in the other.  But one that
 * was in the same call before, and has not been switched since, slept there. */
static bool has_slept(const struct snapshot *before,
                      const struct snapshot_thread *thread)
{
    for (size_t i = 0; i < before->count; i++) {
        const struct snapshot_thread *old = &before->threads[i];
        if (old->tid == thread->tid)
            return old->state == 'S' && old->syscall == thread->syscall &&
                   old->switches == thread->switches &&
                   old->forced_switches == thread->forced_switches;
    }
    return false;
}

static bool has_sleeper(struct run *run, const void *data)
{
    struct snapshot before = {0}, now = {0};
    bool found = false;

    if (run->end == RUN_RUNNING && look(run, &before) && look(run, &now))
        for (size_t i = 0; i < now.count && !found; i++)
            found = run_owns(run, &now.threads[i]) &&
                    is_asleep_in(&now.threads[i], data) &&
                    has_slept(&before, &now.threads[i]);
    snapshot_release(&before);
    snapshot_release(&now);
    return found;
}

void run_wait_asleep(struct run *run, const char *calls)
{
    char *what = xformat("it waits in %s", calls);

    wait_for(run, has_sleeper, calls, what);
    free(what);
}

bool run_waits_in(struct run *run, const char *calls)
{
    pump_poll_until(run, has_sleeper, calls);
    return !run->finished && run->end == RUN_RUNNING;
}

bool run_is_in(struct run *run, const char *calls)
{
    return has_sleeper(run, calls);
}

/* The state of the run's first process, as in proc(5); 'X' if it is gone. */
static char state_of(struct run *run)
{
    struct snapshot now;
    char state = 'X';

    if (!look(run, &now))
        return 'R';
    const struct snapshot_thread *thread = snapshot_process(&now, run->pid);
    if (thread)
        state = thread->state;
    snapshot_release(&now);
    return state;
}

/* Under strace it is traced, 't', before it is stopped; by then it has left the
 * call that it slept in. */
static bool is_stopped(struct run *run, const void *data)
{
    (void)data;
    return strchr("TtZX", state_of(run)) != NULL;
}

static bool has_resumed(struct run *run, const void *data)
{
    (void)data;
    return strchr("SZX", state_of(run)) != NULL;
}

void run_interrupt(struct run *run)
{
    /* Who is stopped sleeps for good, as far as the proof can know. */
    run->interrupted = true;
    run_signal(run, SIGSTOP);
    pump_poll_until(run, is_stopped, NULL);
    run_signal(run, SIGCONT);
    pump_poll_until(run, has_resumed, NULL);
    run->interrupted = false;
}

struct condition {
    bool (*done)(const void *);
    const void *data;
};

static bool is_met(struct run *run, const void *data)
{
    const struct condition *condition = data;

    (void)run;
    return condition->done(condition->data);
}

void run_wait_until(struct run *run, bool (*done)(const void *),
                    const void *data, const char *what)
{
    struct condition condition = {done, data};

    wait_for(run, is_met, &condition, what);
}

long run_cpu_ms(struct run *run)
{
    unsigned long long ticks, hz = (unsigned long long)sysconf(_SC_CLK_TCK);
    struct snapshot now;

    if (!look(run, &now))
        return 0;
    ticks = snapshot_cpu_ticks(&now, run_session(run));
    snapshot_release(&now);
    return (long)(ticks * 1000 / hz);
}

pid_t run_pid(const struct run *run)
{
    return run->pid;
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
