// SPDX-License-Identifier: MIT
/* play.c - what a test does as the program's user, and what it may ask. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
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
    if (run->finished || run->end != RUN_RUNNING) {
        run_finish(run);
        expect_that(run, probe_is_memcheck(), what, "it did not come to that");
    }
}

static bool is_asleep_in(const struct snapshot_thread *thread,
                         const char *calls)
{
    const struct blocking_call *call = blocking_find(thread->syscall);
    size_t size = call ? strlen(call->name) : 0;

    if (!thread->syscall_known || thread->running || thread->state != 'S')
        return false;
    for (const char *at = calls; call && (at = strstr(at, call->name));
         at += size)
        if ((at == calls || at[-1] == ',') &&
            (at[size] == ',' || at[size] == '\0'))
            return true;
    return false;
}

static bool has_sleeper(struct run *run, const void *data)
{
    struct snapshot now;
    bool found = false;

    if (snapshot_take(&now, run->world->fds[SERVER_PROC], run->world->init_pid,
                      run->world->sandbox.level == SANDBOX_BASIC) < 0)
        return false;
    for (size_t i = 0; i < now.count && !found; i++)
        found = run_owns(run, &now.threads[i]) &&
                is_asleep_in(&now.threads[i], data);
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
    return !run->finished && run->end == RUN_RUNNING && has_sleeper(run, calls);
}

/* The state of the run's first process, as in proc(5); 'X' if it is gone. */
static char state_of(struct run *run)
{
    struct snapshot now;
    char state = 'X';

    if (snapshot_take(&now, run->world->fds[SERVER_PROC], run->world->init_pid,
                      run->world->sandbox.level == SANDBOX_BASIC) < 0)
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

/* Whether THREAD sleeps as shim.c does, for one of the times of DELAY. */
static bool is_in_delay(const struct snapshot_thread *thread, const char *delay)
{
    struct timespec time;

    if (!is_asleep_in(thread, "rt_sigtimedwait") || !thread->timeout_set)
        return false;
    memcpy(&time, thread->timeout, sizeof(time));
    long ms = time.tv_sec * 1000 + time.tv_nsec / 1000000;
    while ((delay = strchr(delay, '=')) != NULL)
        if (strtol(++delay, NULL, 10) == ms && time.tv_nsec % 1000000 == 0)
            return true;
    return false;
}

bool run_is_delayed(struct run *run)
{
    struct snapshot now;
    bool found = false;

    if (run->finished || run->options.delay == NULL ||
        snapshot_take(&now, run->world->fds[SERVER_PROC], run->world->init_pid,
                      run->world->sandbox.level == SANDBOX_BASIC) < 0)
        return false;
    for (size_t i = 0; i < now.count && !found; i++)
        found = run_owns(run, &now.threads[i]) &&
                is_in_delay(&now.threads[i], run->options.delay);
    snapshot_release(&now);
    return found;
}

/* Look at the processes of RUN's world; false if that cannot be done. */
static bool look(const struct run *run, struct snapshot *now)
{
    return snapshot_take(now, run->world->fds[SERVER_PROC],
                         run->world->init_pid,
                         run->world->sandbox.level == SANDBOX_BASIC) == 0;
}

/* strace holds whom it delays in the entry of a call, state t. */
static bool is_inside(struct run *run, const void *data)
{
    char *calls = xstrdup(data), *rest = calls, *name;
    bool found = false;
    struct snapshot now;

    if (look(run, &now)) {
        while ((name = strsep(&rest, ",")) != NULL) {
            long number = seccomp_syscall_resolve_name(name);
            for (size_t i = 0; i < now.count; i++)
                found |= run_owns(run, &now.threads[i]) &&
                         now.threads[i].syscall_known &&
                         !now.threads[i].running &&
                         now.threads[i].syscall == number;
        }
        snapshot_release(&now);
    }
    free(calls);
    return found;
}

void run_wait_inside(struct run *run, const char *calls)
{
    char *what = xformat("it comes to %s", calls);

    wait_for(run, is_inside, calls, what);
    free(what);
}

/* Whether the living threads of process PID (0: of all) are in one of STATES.
 */
static bool is_all_in(const struct snapshot *now, pid_t pid, const char *states)
{
    size_t living = 0;

    for (size_t i = 0; i < now->count; i++) {
        if (now->threads[i].state == 'Z' ||
            (pid > 0 && now->threads[i].pid != pid))
            continue;
        if (strchr(states, now->threads[i].state) == NULL)
            return false;
        living++;
    }
    return living > 0;
}

/* Between "I am going to sleep" (state S) and the sleep a busy machine may take
 * a thread off the processor: then it is not known to be in a call. */
static bool is_any_under_way(const struct snapshot *now)
{
    for (size_t i = 0; i < now->count; i++)
        if (now->threads[i].state != 'Z' &&
            (!now->threads[i].syscall_known || now->threads[i].running))
            return true;
    return false;
}

/* DATA points to a pointer to the look before. */
static bool is_idle(struct run *run, const void *data)
{
    struct snapshot *before = *(struct snapshot *const *)data, now;

    if (!look(run, &now))
        return false;
    bool idle = is_all_in(&now, 0, "S") && !is_any_under_way(&now) &&
                snapshot_still(before, &now);
    snapshot_release(before);
    *before = now;
    return idle;
}

void run_wait_idle(struct run *run)
{
    struct snapshot before = {0}, *data = &before;

    wait_for(run, is_idle, &data, "it sleeps until something happens");
    snapshot_release(&before);
}

void run_stop(struct run *run)
{
    bool stopped = false;
    int64_t deadline = now_ms() + 120000;

    run_signal(run, SIGSTOP);
    /* Not by way of the pump: stopped is as good as dead to it. */
    while (!run->finished && run->end == RUN_RUNNING && !stopped) {
        struct snapshot now;
        if (look(run, &now)) {
            stopped = is_all_in(&now, run->pid, "Tt");
            snapshot_release(&now);
        }
        if (!stopped && now_ms() > deadline)
            probe_error("SIGSTOP does not stop the program");
        (void)poll(NULL, 0, 1);
    }
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
    long hz = sysconf(_SC_CLK_TCK);
    unsigned long long ticks = 0;
    struct snapshot now;

    if (run->finished ||
        snapshot_take(&now, run->world->fds[SERVER_PROC], run->world->init_pid,
                      run->world->sandbox.level == SANDBOX_BASIC) < 0)
        return 0;
    for (size_t i = 0; i < now.count; i++)
        if (now.threads[i].pid == now.threads[i].tid &&
            run_owns(run, &now.threads[i]))
            ticks += now.threads[i].cpu_ticks;
    snapshot_release(&now);
    return (long)(ticks * 1000 / (unsigned long long)hz);
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
