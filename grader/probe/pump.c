// SPDX-License-Identifier: MIT
/*
 * pump.c - moves bytes and time forward while a test waits.
 *
 * One loop serves every run of the test: it feeds their input, drains what they
 * write (a program must never wait for the grader), receives the reports of
 * their sandboxes and looks at their processes now and then (watch.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aside.h"
#include "record.h"
#include "run.h"
#include "verdict.h"

/* Bytes a run may write to one stream; right programs stay below 3 MiB. */
#define OUTPUT_MAX (16u << 20)
/* Bytes a step should move, lest the tester costs more than the program. */
#define BATCH 4096
/* How long processes that outlive the first one may still write, asleep. */
#define AFTERMATH_MS 1000
/* How often a state is looked at. */
#define POLLING_MS 2

enum {
    WATCH_CONTROL,
    WATCH_LOG,
    WATCH_INPUT,
    WATCH_OUTPUT,
    WATCH_ERRORS,
    WATCHED
};

/* Bytes that the current step moved, of all runs. */
static size_t moved;

/* Somebody waits for a state that no descriptor announces. */
static bool polling;

struct run *probe_awaited;

/* What probe_awaited is awaited to come to. */
static bool (*awaited_state)(struct run *, const void *);
static const void *awaited_data;

static void close_fd(int *fd)
{
    if (*fd >= 0)
        aside_close(*fd);
    *fd = -1;
}

static void made_progress(struct run *run)
{
    run->progress_ms = now_ms();
    run->progress_ticks = run->ticks;
    run->progress_world_ticks = run->world_ticks;
    run->interval_ms = 4;
}

/* ---- Input --------------------------------------------------------------- */

static size_t next_portion(const struct run *run)
{
    if (run->options.input_mode != INPUT_DRIBBLED)
        return run->input.size;
    size_t portion = 1 + run->input.size % 7;
    return portion < run->input.size ? portion : run->input.size;
}

static void feed(struct run *run)
{
    bool dribbled = run->options.input_mode == INPUT_DRIBBLED;

    while (run->input.size > 0) {
        /* The next bytes go when the last ones have been read. */
        if (dribbled && aside_unread(run->input_fd) != 0)
            return;
        ssize_t n =
            aside_write(run->input_fd, run->input.data, next_portion(run));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0) { /* EPIPE: the program wants no more */
            run->input.size = 0;
            break;
        }
        run->input.data += n;
        run->input.size -= (size_t)n;
        moved += (size_t)n;
        made_progress(run);
    }
    if (run->options.input_mode == INPUT_WHOLE || dribbled)
        close_fd(&run->input_fd);
}

/* ---- Output -------------------------------------------------------------- */

static void stop(struct run *run, enum run_end end)
{
    if (run->end == RUN_RUNNING) {
        run->end = end;
        run->ended_ms = now_ms();
    }
}

static bool is_file(const struct run *run, const int *fd)
{
    return fd == &run->output_fd && run->options.output_mode == OUTPUT_FILE;
}

/* How much of a stream is still wanted: see launch_options.output_bytes. */
static size_t wanted(const struct run *run, const int *fd, size_t most)
{
    size_t limit = run->options.output_bytes;

    if (limit == 0 || fd != &run->output_fd)
        return most;
    size_t left = limit > run->output.size ? limit - run->output.size : 0;
    return left < most ? left : most;
}

/* How much may be read now: of OUTPUT_HELD what the test asks for, and before
 * that what was ours. */
static size_t allowed(const struct run *run, const int *fd, size_t most)
{
    size_t quota = run->output_quota;

    if (fd != &run->output_fd)
        return most;
    if (quota > 0 && run->output_filler > 0)
        quota = run->output_filler;
    return quota < most ? quota : most;
}

/* Account for SIZE bytes read of the output: true if they were our filler. */
static bool is_filler(struct run *run, size_t size)
{
    if (run->output_filler > 0) {
        run->output_filler -= size;
        return true;
    }
    if (run->output_quota != SIZE_MAX)
        run->output_quota -= size;
    return false;
}

/* Something is there to be read, or its end. */
static bool is_readable(int fd)
{
    struct pollfd ready = {fd, POLLIN, 0};

    return poll(&ready, 1, 0) > 0;
}

static void drain(struct run *run, int *fd, struct buffer *buffer)
{
    char chunk[ASIDE_MAX];
    ssize_t n;

    while (*fd >= 0) {
        size_t size = wanted(run, fd, sizeof(chunk));
        if (size == 0) {
            close_fd(fd);
            return;
        }
        size = allowed(run, fd, size);
        if (size == 0)
            return;
        if (is_file(run, fd)) /* its offset is the program's */
            n = pread(*fd, chunk, size, (off_t)buffer->size);
        else if (is_readable(*fd))
            n = aside_read(*fd, chunk, size);
        else
            return;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return; /* EAGAIN: the pipe is empty for now */
        if (n == 0) {
            if (!is_file(run, fd)) /* a file may grow yet */
                close_fd(fd);
            return;
        }
        moved += (size_t)n;
        made_progress(run);
        if (fd == &run->output_fd && is_filler(run, (size_t)n))
            continue;
        buffer->data = xrealloc(buffer->data, buffer->size + (size_t)n + 1);
        memcpy(buffer->data + buffer->size, chunk, (size_t)n);
        buffer->size += (size_t)n;
        buffer->data[buffer->size] = '\0';
        if (buffer->size > OUTPUT_MAX) {
            close_fd(fd);
            stop(run, RUN_FLOODED);
        }
    }
}

/* ---- Reports ------------------------------------------------------------- */

static struct run *run_of(const struct world *world, pid_t pid)
{
    struct run *run = probe_runs;

    while (run && (run->world != world || run->pid != pid))
        run = run->next;
    return run;
}

static void receive_reports(struct world *world)
{
    struct server_message report;

    while (world_receive(world, &report)) {
        struct run *run = run_of(world, report.pid);
        if (report.type != SERVER_ENDED || run == NULL)
            continue;
        run->status = report.value;
        stop(run, WIFSIGNALED(report.value) ? RUN_SIGNALED : RUN_EXITED);
        made_progress(run);
    }
}

/* ---- The loop ------------------------------------------------------------ */

static int watch_list(struct run *run, struct pollfd *list)
{
    bool feeding = run->input.size > 0 && run->input_fd >= 0 &&
                   run->options.input_mode != INPUT_DRIBBLED;

    list[WATCH_CONTROL] = (struct pollfd){run->world->control_fd, POLLIN, 0};
    list[WATCH_LOG] = (struct pollfd){run->world->log_fd, POLLIN, 0};
    list[WATCH_INPUT] =
        (struct pollfd){feeding ? run->input_fd : -1, POLLOUT, 0};
    bool reading = !is_file(run, &run->output_fd) && run->output_quota > 0;
    list[WATCH_OUTPUT] =
        (struct pollfd){reading ? run->output_fd : -1, POLLIN, 0};
    list[WATCH_ERRORS] = (struct pollfd){run->errors_fd, POLLIN, 0};
    return WATCHED;
}

static void serve(struct run *run)
{
    /* The order matters: what was written before the end is drained after it
     * was reported, so that nothing of it is missed. */
    receive_reports(run->world);
    world_drain_log(run->world);
    if (run->input_fd >= 0)
        feed(run);
    drain(run, &run->output_fd, &run->output);
    drain(run, &run->errors_fd, &run->errors);
    if (now_ms() >= run->check_ms) {
        watch(run);
        run->check_ms = now_ms() + run->interval_ms;
        if (run->interval_ms < 200)
            run->interval_ms *= 2;
    }
}

/* The time until some run must be looked at, in ms. */
static int time_left(void)
{
    int64_t left = polling ? POLLING_MS : 200, now = now_ms();

    for (struct run *run = probe_runs; run; run = run->next) {
        if (run->finished)
            continue;
        if (run->check_ms - now < left)
            left = run->check_ms - now;
        if (run->input.size > 0 && run->input_fd >= 0 &&
            run->options.input_mode == INPUT_DRIBBLED)
            left = 1;
    }
    return left < 0 ? 0 : (int)left;
}

static void step(void)
{
    struct pollfd list[64 * WATCHED];
    int count = 0;

    for (struct run *run = probe_runs; run; run = run->next)
        if (!run->finished && count + WATCHED <= (int)LENGTH(list))
            count += watch_list(run, list + count);
    if (poll(list, (nfds_t)count, time_left()) < 0 && errno != EINTR)
        probe_error("poll: %s", strerror(errno));
    moved = 0;
    for (struct run *run = probe_runs; run; run = run->next)
        if (!run->finished)
            serve(run);
    /* A program that writes byte by byte is not to wake us for each of them:
     * its pipe has room meanwhile, and the processor is its own. */
    if (moved > 0 && moved < BATCH)
        (void)poll(NULL, 0, 1);
}

void pump_until(struct run *run, bool (*until)(struct run *, const void *),
                const void *data)
{
    struct run *before = probe_awaited;
    bool (*state_before)(struct run *, const void *) = awaited_state;
    const void *data_before = awaited_data;

    /* Of its silence so far the test was the cause, or content with it. */
    if (!run->finished && run->options.world && before != run) {
        made_progress(run);
        run->resting_in_a_row = 0;
    }
    probe_awaited = run;
    awaited_state = until;
    awaited_data = data;
    while (!run->finished && run->end == RUN_RUNNING && !until(run, data))
        step();
    probe_awaited = before;
    awaited_state = state_before;
    awaited_data = data_before;
}

bool pump_is_reached(struct run *run)
{
    drain(run, &run->output_fd, &run->output);
    drain(run, &run->errors_fd, &run->errors);
    return run == probe_awaited && awaited_state &&
           awaited_state(run, awaited_data);
}

void pump_poll_until(struct run *run, bool (*until)(struct run *, const void *),
                     const void *data)
{
    polling = true;
    pump_until(run, until, data);
    polling = false;
}

static bool never(struct run *run, const void *data)
{
    (void)run;
    (void)data;
    return false;
}

/*
 * After the first process has ended, others may still be writing: what they
 * write counts, so that no verdict depends on who was faster.  A process that
 * just sleeps on is given up after AFTERMATH_MS.
 */
static bool is_settled(const struct run *run)
{
    if (run->memcheck || run->end > RUN_SIGNALED)
        return true;
    if (run->process_count == 0)
        return true;
    return now_ms() - run->progress_ms > AFTERMATH_MS;
}

static void take_findings(struct run *run)
{
    char *source = xformat("%s.c", probe_setting()->lab);

    world_drain_log(run->world);
    run->findings =
        memcheck_parse(run->world->log, run->world->log_size, source, run->pid);
    free(source);
}

static void take_trace(struct run *run, char *text, size_t size)
{
    if (text == NULL)
        return;
    trace_free(run->trace);
    run->trace = trace_parse(text, size, run->program);
    if (run->options.world)
        trace_keep_family(run->trace, run->pid);
    free(text);
}

/* Evidence is what the world shows before it is closed, or, if it is shared,
 * at the end of this run. */
static void take_evidence(struct run *run)
{
    bool shared = run->options.world != NULL;
    size_t size = 0;
    char *text;

    if (probe_setting()->record && !run->memcheck) {
        drain(run, &run->output_fd, &run->output);
        record_run(run);
    }
    if (run->end > RUN_SIGNALED) /* it hangs, floods, ...: stop it */
        world_kill(run->world, run_group(run), SIGKILL);
    else if (!run->memcheck)
        leftovers_find(run);
    if (run->memcheck && !shared)
        world_sweep(run->world);
    run->output_quota = SIZE_MAX;
    drain(run, &run->output_fd, &run->output);
    drain(run, &run->errors_fd, &run->errors);
    if (run->memcheck && !run->tool)
        take_findings(run);
    if (shared)
        text = world_trace(run->world, &size);
    else
        text = world_close(run->world, &size);
    run->world = NULL;
    take_trace(run, text, size);
    close_fd(&run->input_fd);
    close_fd(&run->output_fd);
    close_fd(&run->errors_fd);
    run->finished = true;
}

void run_finish(struct run *run)
{
    if (run->finished)
        return;
    pump_until(run, never, NULL);
    struct run *before = probe_awaited;
    probe_awaited = run;
    run->check_ms = 0;
    do
        step(); /* at least once: watch() counts who is left */
    while (!is_settled(run));
    probe_awaited = before;
    take_evidence(run);
}
