// SPDX-License-Identifier: MIT
/*
 * states.c - the states that a test waits for before its next move: asleep,
 * still, held, stopped; seen in /proc, never guessed from the time.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "blocking.h"
#include "run.h"
#include "verdict.h"

/* Pump until UNTIL(RUN, DATA), and fail for want of WHAT if it never comes. */
static void wait_for(struct run *run, bool (*until)(struct run *, const void *),
                     const void *data, const char *what)
{
    pump_poll_until(run, until, data);
    /* It may have done it and ended since it was last asked. */
    if (!run_has_ended(run) || until(run, data))
        return;
    run_finish(run);
    if (probe_is_memcheck())
        return;
    char *story = run_story(run);
    struct failure failure = {
        .run = run,
        .kind = run->end > RUN_SIGNALED ? FAILED_END : FAILED_OTHER,
        .expected = what,
        .seen = xformat("the program %s", story),
    };
    probe_fail(&failure);
}

bool run_has_ended(const struct run *run)
{
    return run->finished || run->end != RUN_RUNNING;
}

static bool look(const struct run *run, struct snapshot *now)
{
    return run->world && snapshot_take_states(now, run->world->fds[SERVER_PROC],
                                              run->world->init_pid,
                                              run->world->sandbox.level ==
                                                  SANDBOX_BASIC) == 0;
}

/* The call that THREAD sleeps in; NULL if it does not, or in none we know. */
static const struct blocking_call *
sleeping_call(const struct snapshot_thread *thread)
{
    if (!thread->syscall_known || thread->running || thread->state != 'S')
        return NULL;
    return blocking_find(thread->syscall);
}

/* See wait_for_file() in shim.c: ppoll(2) of no descriptor, for a time, without
 * a mask. */
static bool is_held(const struct snapshot_thread *thread)
{
    return thread->syscall == SYS_ppoll && thread->args[1] == 0 &&
           thread->args[2] != 0 && thread->args[3] == 0;
}

/* The lines of /proc are read one after the other, so a thread on its way from
 * one call to another may be seen asleep, and then in the other.  But one that
 * was in the same call before, and has not been switched since, slept there.
 * Who is held looks for its file now and then, and sleeps on. */
static bool has_slept(const struct snapshot *before,
                      const struct snapshot_thread *thread)
{
    for (size_t i = 0; i < before->count; i++) {
        const struct snapshot_thread *old = &before->threads[i];
        if (old->tid == thread->tid)
            return old->state == 'S' && old->syscall == thread->syscall &&
                   (is_held(thread) ||
                    (old->switches == thread->switches &&
                     old->forced_switches == thread->forced_switches));
    }
    return false;
}

/* Whether the threads in state t of BEFORE are stopped by a signal, and not
 * about to be let go by strace: see deadlock.c, rule 4. */
static bool is_t_a_stop(struct run *run, const struct snapshot *before)
{
    for (size_t i = 0; i < before->count; i++)
        if (before->threads[i].state == 't') {
            run_read_trace(run);
            return run->trace && deadlock_stops_known(before, run->trace) &&
                   world_tracer_is_idle(run->world);
        }
    return false;
}

/* Whether it was stopped, by a signal, all the time since BEFORE. */
static bool has_been_stopped(const struct snapshot *before,
                             const struct snapshot_thread *thread,
                             bool t_is_a_stop)
{
    for (size_t i = 0; i < before->count; i++) {
        const struct snapshot_thread *old = &before->threads[i];
        if (old->tid == thread->tid)
            return (thread->state == 'T' ||
                    (thread->state == 't' && t_is_a_stop)) &&
                   old->state == thread->state &&
                   old->switches == thread->switches &&
                   old->forced_switches == thread->forced_switches;
    }
    return false;
}

/* How many living threads RUN has, how many of them sleep in a call that
 * MATCHES, and how many are stopped. */
struct census {
    size_t threads, sleepers, stopped;
};

/* Whether the test has stopped THREAD: see run_stop_others(). */
static bool is_set_aside(const struct run *run,
                         const struct snapshot_thread *thread)
{
    return run->others_stopped && thread->pid != run->pid &&
           strchr("Tt", thread->state) != NULL;
}

static struct census
count_sleepers(struct run *run,
               bool (*matches)(const struct snapshot_thread *,
                               const struct blocking_call *, const void *data),
               const void *data)
{
    struct snapshot before = {0}, now = {0};
    struct census census = {0, 0, 0};
    bool t_is_a_stop = false;

    if (run->end == RUN_RUNNING && look(run, &before)) {
        t_is_a_stop = is_t_a_stop(run, &before);
        (void)look(run, &now);
    }
    for (size_t i = 0; i < now.count; i++) {
        const struct snapshot_thread *thread = &now.threads[i];
        const struct blocking_call *call = sleeping_call(thread);
        if (!run_owns(run, thread) || thread->state == 'Z' ||
            is_set_aside(run, thread))
            continue;
        census.threads++;
        census.sleepers +=
            call && matches(thread, call, data) && has_slept(&before, thread);
        census.stopped += has_been_stopped(&before, thread, t_is_a_stop);
    }
    snapshot_release(&before);
    snapshot_release(&now);
    return census;
}

/* ---- Asleep in a call ---------------------------------------------------- */

static bool is_one_of(const struct snapshot_thread *thread,
                      const struct blocking_call *call, const void *calls)
{
    return list_holds(calls, ',', is_held(thread) ? RUN_HELD : call->name);
}

static bool has_sleeper(struct run *run, const void *calls)
{
    return count_sleepers(run, is_one_of, calls).sleepers > 0;
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
    return !run_has_ended(run);
}

bool run_is_in(struct run *run, const char *calls)
{
    return has_sleeper(run, calls);
}

/* ---- Still, or held ------------------------------------------------------ */

static bool waits_for_something(const struct snapshot_thread *thread,
                                const struct blocking_call *call,
                                const void *data)
{
    (void)thread;
    (void)data;
    return call->form != FORM_SLEEP;
}

static bool is_still(struct run *run, const void *data)
{
    struct census census = count_sleepers(run, waits_for_something, data);

    return census.threads > 0 &&
           census.threads == census.sleepers + census.stopped;
}

bool run_is_still(struct run *run)
{
    return is_still(run, NULL);
}

void run_wait_still(struct run *run)
{
    wait_for(run, is_still, NULL, "it sleeps until something happens");
}

/* ---- Stopped ------------------------------------------------------------- */

/* Whether all living threads of RUN's first process are in one of STATES; true
 * if it has none. */
static bool is_first_in(struct run *run, const char *states)
{
    struct snapshot now;
    bool is_in = true;

    if (!look(run, &now))
        return false;
    for (size_t i = 0; i < now.count; i++)
        is_in = is_in && (now.threads[i].pid != run->pid ||
                          strchr(states, now.threads[i].state) != NULL);
    snapshot_release(&now);
    return is_in;
}

/* Under strace it is traced, 't', before it is stopped; by then it has left the
 * call that it slept in. */
static bool is_stopped(struct run *run, const void *data)
{
    (void)data;
    return is_first_in(run, "TtZ");
}

static bool has_resumed(struct run *run, const void *data)
{
    (void)data;
    return is_first_in(run, "SZ");
}

void run_stop(struct run *run)
{
    run->stopped = true;
    run_signal(run, SIGSTOP);
    pump_poll_until(run, is_stopped, NULL);
}

static bool has_continued(struct run *run, const void *data)
{
    (void)data;
    return is_first_in(run, "RSDZ");
}

/* As long as strace has not let it go on, the proof would take it for dead. */
void run_continue(struct run *run)
{
    run_signal(run, SIGCONT);
    pump_poll_until(run, has_continued, NULL);
    run->stopped = false;
}

void run_interrupt(struct run *run)
{
    run_stop(run);
    run_signal(run, SIGCONT);
    pump_poll_until(run, has_resumed, NULL);
    run->stopped = false;
}

/* ---- Signals ------------------------------------------------------------- */

static bool is_taken(struct run *run, const void *data)
{
    uint64_t bit = SIGNAL_BIT(*(const int *)data);
    struct snapshot now;
    bool taken = true;

    if (!look(run, &now))
        return false;
    for (size_t i = 0; i < now.count; i++)
        taken = taken && (now.threads[i].pid != run->pid ||
                          !(now.threads[i].pending & bit));
    snapshot_release(&now);
    return taken;
}

void run_wait_taken(struct run *run, int signal)
{
    char *what = signal < SIGRTMIN
                     ? xformat("it takes SIG%s", sigabbrev_np(signal))
                     : xformat("it takes SIGRTMIN+%d", signal - SIGRTMIN);

    wait_for(run, is_taken, &signal, what);
    free(what);
}

/* ---- Its other processes ------------------------------------------------- */

/* Whether all living threads of RUN's other processes are in one of STATES;
 * true if there are none. */
static bool are_others_in(struct run *run, const char *states)
{
    struct snapshot now;
    bool are_in = true;

    if (!look(run, &now))
        return false;
    for (size_t i = 0; i < now.count; i++)
        are_in = are_in && (now.threads[i].pid == run->pid ||
                            !run_owns(run, &now.threads[i]) ||
                            strchr(states, now.threads[i].state) != NULL);
    snapshot_release(&now);
    return are_in;
}

static void signal_others(struct run *run, int signal)
{
    struct snapshot now;

    if (run_has_ended(run) || !look(run, &now))
        return;
    for (size_t i = 0; i < now.count; i++)
        if (now.threads[i].pid == now.threads[i].tid &&
            now.threads[i].pid != run->pid && now.threads[i].state != 'Z' &&
            run_owns(run, &now.threads[i]))
            world_kill(run->world, now.threads[i].pid, signal);
    snapshot_release(&now);
}

static bool are_others_stopped(struct run *run, const void *data)
{
    (void)data;
    return are_others_in(run, "TtZ");
}

static bool have_others_continued(struct run *run, const void *data)
{
    (void)data;
    return are_others_in(run, "RSDZ");
}

static bool are_others_gone(struct run *run, const void *data)
{
    (void)data;
    return are_others_in(run, "Z");
}

void run_stop_others(struct run *run)
{
    run->stopped = run->others_stopped = true;
    signal_others(run, SIGSTOP);
    pump_poll_until(run, are_others_stopped, NULL);
}

void run_continue_others(struct run *run)
{
    signal_others(run, SIGCONT);
    pump_poll_until(run, have_others_continued, NULL);
    run->stopped = run->others_stopped = false;
}

void run_kill_others(struct run *run)
{
    run->others_killed = true;
    signal_others(run, SIGKILL);
    pump_poll_until(run, are_others_gone, NULL);
}

/* ---- Whatever else ------------------------------------------------------- */

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

int run_count_processes(struct run *run, const char *states)
{
    struct snapshot now;
    int count = 0;

    if (run->finished || !look(run, &now))
        return 0;
    for (size_t i = 0; i < now.count; i++)
        count += now.threads[i].pid == now.threads[i].tid &&
                 run_owns(run, &now.threads[i]) &&
                 strchr(states, now.threads[i].state) != NULL;
    snapshot_release(&now);
    return count;
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
