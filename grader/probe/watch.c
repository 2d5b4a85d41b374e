// SPDX-License-Identifier: MIT
/*
 * watch.c - tells slow, spinning, blocked and deadlocked apart.
 *
 * Nothing here rests on how fast the machine is.  A deadlock is proved (see
 * deadlock.c).  Spinning is CPU time used without a byte moved, so waiting for
 * a busy machine costs nothing.  Blocked is every process asleep, without a
 * byte moved, for many seconds on end.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"
#include "verdict.h"

#define SPIN_S        2   /* CPU seconds without progress */
#define BLOCKED_S     10  /* wall seconds asleep without progress */
#define MEMCHECK_S    60  /* the same under Valgrind, asleep or not */
#define SLOW_S        60  /* wall seconds of a run that hardly works... */
#define WORK_S        2   /* ...that is, below so many CPU seconds */
#define SLOW_CPU_S    40  /* CPU seconds of one that does */
#define CAP_S         300 /* wall seconds of a run, whatever happens */
#define MEMORY_MAX_KB (768ul << 10)
#define PROCESSES_MAX 120 /* just below RLIMIT_NPROC: see launch.c */

static int look(struct run *run, struct snapshot *snapshot)
{
    const struct world *world = run->world;

    return snapshot_take(snapshot, world->fds[SERVER_PROC], world->init_pid,
                         world->sandbox.level == SANDBOX_BASIC);
}

/* The ends of pipes that the tester holds and might still use. */
static size_t tester_ends(const struct run *run, struct tester_end ends[3])
{
    const struct {
        int fd;
        const char *target;
        bool idle;
    } all[3] = {
        {run->input_fd, run->input_target,
         run->input_promised && run->input.size == 0},
        {run->output_fd, run->output_target, false},
        {run->errors_fd, run->errors_target, false},
    };
    size_t count = 0;

    for (size_t i = 0; i < LENGTH(all); i++) {
        if (all[i].fd < 0)
            continue;
        memcpy(ends[count].target, all[i].target, sizeof(ends[count].target));
        ends[count++].idle = all[i].idle;
    }
    return count;
}

static void read_trace(struct run *run)
{
    size_t size;
    char *text = read_file(AT_FDCWD, run->world->trace_path, 256u << 20, &size);

    if (text == NULL)
        return;
    trace_free(run->trace);
    run->trace = trace_parse(text, size, run->program);
    free(text);
}

static bool is_all_asleep(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->threads[i].state == 'R')
            return false;
    return snapshot->count > 0;
}

/* strace stops a process for each signal that comes, ignored ones too: one that
 * causes them without end is always found stopped, never running. */
static bool is_stopped_at_work(const struct run *run,
                               const struct snapshot *snapshot, int within_ms)
{
    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->threads[i].state == 't')
            return now_ms() - run->ran_ms <= within_ms;
    return false;
}

static size_t count_processes(const struct snapshot *snapshot)
{
    size_t count = 0;

    for (size_t i = 0; i < snapshot->count; i++)
        count += snapshot->threads[i].pid == snapshot->threads[i].tid &&
                 snapshot->threads[i].state != 'Z';
    return count;
}

static void end_as(struct run *run, enum run_end end,
                   const struct snapshot *snapshot)
{
    struct tester_end ends[3];
    size_t count = tester_ends(run, ends);

    if (run->end != RUN_RUNNING)
        return;
    run->end = end;
    run->ended_ms = now_ms();
    autopsy_free(run->autopsy);
    run->autopsy = autopsy_new(snapshot, run->pid, run->program, ends, count);
}

/* Slow is what has had its chance: a program that works is judged by the time
 * that it got, not by what other programs took meanwhile. */
static bool is_too_slow(const struct run *run, int64_t now)
{
    unsigned long long hz = (unsigned long long)sysconf(_SC_CLK_TCK);
    int64_t wall_ms = now - run->began_ms;

    return (wall_ms > SLOW_S * 1000 && run->ticks < WORK_S * hz) ||
           run->ticks > SLOW_CPU_S * hz || wall_ms > CAP_S * 1000;
}

static bool is_dead(struct run *run, const struct snapshot *first,
                    struct snapshot *second)
{
    struct tester_end ends[3];
    size_t count = tester_ends(run, ends);

    if (probe_setting()->without_proof || !is_all_asleep(first))
        return false;
    /* Between the two looks: what strace logs of a death or a stop must be
     * older than the second of them (deadlock.c, rule 5). */
    read_trace(run);
    if (run->trace == NULL || look(run, second) < 0)
        return false;
    return deadlock_proved(first, second, run->trace, ends, count);
}

/* What the clocks say of a program that is not provably dead. */
static void judge_by_time(struct run *run, const struct snapshot *snapshot)
{
    int64_t now = now_ms();
    int64_t idle_ms = now - run->progress_ms;
    unsigned long long spun = run->ticks - run->progress_ticks;
    bool asleep = is_all_asleep(snapshot);
    int blocked_s = run->options.blocked_s ? run->options.blocked_s : BLOCKED_S;

    if (run->memcheck) {
        if (idle_ms > MEMCHECK_S * 1000)
            end_as(run, RUN_BLOCKED, snapshot);
        return;
    }
    if (spun > SPIN_S * (unsigned long long)sysconf(_SC_CLK_TCK))
        end_as(run, RUN_SPINNING, snapshot);
    else if (idle_ms > blocked_s * 1000 && asleep)
        end_as(run,
               is_stopped_at_work(run, snapshot, blocked_s * 1000)
                   ? RUN_SPINNING
                   : RUN_BLOCKED,
               snapshot);
    else if (is_too_slow(run, now))
        end_as(run, RUN_SLOW, snapshot);
}

void watch(struct run *run)
{
    struct snapshot first = {0}, second = {0};

    if (look(run, &first) < 0)
        probe_error("sandbox: its /proc cannot be read");
    run->process_count = (unsigned)count_processes(&first);
    unsigned long long ticks = snapshot_cpu_ticks(&first);
    bool ran = ticks > run->ticks; /* less when a process has ended meanwhile */
    if (ran) {
        run->ticks = ticks;
        run->ran_ms = now_ms();
    }
    if (run->memcheck)
        judge_by_time(run, &first);
    else if (run->process_count >= PROCESSES_MAX ||
             snapshot_rss_kb(&first) > MEMORY_MAX_KB)
        end_as(run, RUN_GREEDY, &first);
    else if (!ran && is_dead(run, &first, &second)) /* or at the next look */
        end_as(run, RUN_DEADLOCKED, &second);
    else
        judge_by_time(run, &first);
    snapshot_release(&first);
    snapshot_release(&second);
}
