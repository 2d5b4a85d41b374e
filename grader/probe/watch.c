// SPDX-License-Identifier: MIT
/*
 * watch.c - tells slow, spinning, blocked and deadlocked apart.
 *
 * Nothing here rests on how fast the machine is.  A deadlock is proved (see
 * deadlock.c).  Spinning is CPU time used without a byte moved, so waiting for
 * a busy machine costs nothing.  Blocked is every process asleep, without a
 * byte moved, at many looks on end.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "blocking.h"
#include "run.h"
#include "sockets.h"
#include "verdict.h"

#define SPIN_MS         2000        /* CPU time without progress */
#define SPIN_TRACE      (4 << 20)   /* ...or bytes of trace... */
#define TRACE_MOST      (128 << 20) /* ...or of trace at all: see world.c... */
#define CROWD_TRACE     (8 << 20)   /* ...of all programs of a shared world */
#define CROWD           10 /* times that, for all programs of a shared world together */
#define BLOCKED_S       10 /* wall seconds without progress... */
#define BLOCKED_LOOKS   25 /* ...the last so many looks all finding it asleep */
#define MEMCHECK_FACTOR 6  /* under Valgrind, which is so much slower */
#define SLOW_S          60 /* wall seconds of a run that hardly works... */
#define WORK_S          2  /* ...that is, below so many CPU seconds */
#define SLOW_CPU_S      100 /* CPU seconds of one that does */
#define CAP_S           600 /* wall seconds until we give up, and say so */
#define MEMORY_MAX_KB   (384ul << 10)
#define PROCESSES_MAX   120 /* just below RLIMIT_NPROC: see launch.c */

static int look(struct run *run, struct snapshot *snapshot)
{
    const struct world *world = run->world;

    return snapshot_take(snapshot, world->fds[SERVER_PROC], world->init_pid,
                         world->sandbox.level == SANDBOX_BASIC);
}

/* What only those ask for who want to know why it sleeps; see sockets.h. */
static void look_at_sockets(struct run *run, struct snapshot *snapshot)
{
    if (snapshot->sockets_known == 0)
        snapshot_read_sockets(snapshot, run->world->fds[SERVER_DIAG]);
}

/* The ends of pipes that the tester holds and might still use. */
struct tester_ends {
    struct tester_end *list;
    size_t count;
};

static void add_ends(const struct run *run, struct tester_ends *ends)
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

    for (size_t i = 0; i < LENGTH(all); i++) {
        if (all[i].fd < 0)
            continue;
        struct tester_end *end =
            grow(&ends->list, &ends->count, sizeof(*ends->list));
        memcpy(end->target, all[i].target, sizeof(end->target));
        end->idle = all[i].idle;
    }
}

/* The sockets that the tester has, as one of the other ends. */
static void add_sockets(struct tester_ends *ends)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;

    while (dir && (entry = readdir(dir)) != NULL) {
        char target[sizeof(ends->list->target)];
        ssize_t size =
            readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
        if (size < 0)
            continue;
        target[size] = '\0';
        if (strncmp(target, "socket:", 7) != 0)
            continue;
        struct tester_end *end =
            grow(&ends->list, &ends->count, sizeof(*ends->list));
        memcpy(end->target, target, sizeof(end->target));
    }
    if (dir)
        (void)closedir(dir);
}

/* Those of all runs in the world of RUN. */
static struct tester_ends tester_ends(const struct run *run)
{
    struct tester_ends ends = {NULL, 0};

    for (struct run *other = probe_runs; other; other = other->next)
        if (other->world == run->world)
            add_ends(other, &ends);
    return ends;
}

void run_read_trace(struct run *run)
{
    size_t size;
    char *text = world_trace(run->world, &size);

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

static bool is_any_traced(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->threads[i].state == 't')
            return true;
    return false;
}

/* The same, and not because strace has yet to let one of them go on. */
static bool is_at_rest(const struct run *run, const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct snapshot_thread *thread = &snapshot->threads[i];
        if (strchr("STtZ", thread->state) == NULL &&
            !snapshot_waits_for_child(thread) &&
            !snapshot_waits_for_pipe(thread))
            return false;
    }
    return snapshot->count > 0 &&
           (!is_any_traced(snapshot) || world_tracer_is_idle(run->world));
}

pid_t run_session(const struct run *run)
{
    return run->options.world ? run->pid : 0;
}

pid_t run_group(const struct run *run)
{
    bool alone =
        run->options.world == NULL && run->world->sandbox.level == SANDBOX_FULL;

    return alone ? -1 : -run->pid;
}

bool run_owns(const struct run *run, const struct snapshot_thread *thread)
{
    pid_t session = run_session(run);

    return session == 0 || thread->session == session;
}

static size_t count_processes(const struct run *run,
                              const struct snapshot *snapshot)
{
    size_t count = 0;

    for (size_t i = 0; i < snapshot->count; i++)
        count += snapshot->threads[i].pid == snapshot->threads[i].tid &&
                 snapshot->threads[i].state != 'Z' &&
                 run_owns(run, &snapshot->threads[i]);
    return count;
}

/* Whether a thread is stopped, or may wait for a signal: of both the trace
 * knows more. */
static bool is_about_signals(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct snapshot_thread *thread = &snapshot->threads[i];
        const struct blocking_call *call = blocking_find(thread->syscall);
        bool about = strchr("Tt", thread->state) != NULL ||
                     (call && call->form == FORM_SIGNAL);
        for (size_t j = 0; j < thread->fd_count && !about; j++)
            about = thread->fds[j].signals != 0; /* signalfd(2) */
        if (about)
            return true;
    }
    return false;
}

static void end_as(struct run *run, enum run_end end, struct snapshot *snapshot)
{
    if (run->end != RUN_RUNNING)
        return;
    look_at_sockets(run, snapshot);
    struct tester_ends ends = tester_ends(run);
    add_sockets(&ends);
    run->end = end;
    run->ended_ms = now_ms();
    autopsy_free(run->autopsy);
    objects_add(run, snapshot);
    if (end != RUN_DEADLOCKED && is_about_signals(snapshot))
        run_read_trace(run); /* for the proof it has been */
    run->autopsy = autopsy_new(snapshot, run->pid, run->program, ends.list,
                               ends.count, run->trace);
    free(ends.list);
}

/* Slow is what has had its chance: a program that works is judged by the time
 * that it got, one that sleeps by how often it did when it was looked at. */
static bool is_too_slow(const struct run *run, int64_t now)
{
    unsigned long long hz = (unsigned long long)sysconf(_SC_CLK_TCK);
    int64_t wall_ms = now - run->began_ms;

    return (wall_ms > SLOW_S * 1000 && run->ticks < WORK_S * hz &&
            run->resting_looks > run->looks / 10 * 9) ||
           run->ticks > SLOW_CPU_S * hz;
}

static bool is_starved(const struct run *run, int64_t now)
{
    return now - run->began_ms > CAP_S * 1000;
}

static bool is_dead(struct run *run, struct snapshot *first,
                    struct snapshot *second)
{
    if (probe_setting()->without_proof || !is_all_asleep(first))
        return false;
    /* Between the two looks: what strace logs of a death or a stop must be
     * older than the second of them (deadlock.c, rules 4, 5 and 8). */
    run_read_trace(run);
    if (run->trace == NULL ||
        (is_any_traced(first) && !world_tracer_is_idle(run->world)))
        return false;
    bool shared = run->world->sandbox.level == SANDBOX_BASIC;
    snapshot_ask_network(first, shared ? -1 : run->world->fds[SERVER_PROC]);
    if (look(run, second) < 0 || !snapshot_still(first, second))
        return false;
    look_at_sockets(run, second);
    snapshot_copy_sockets(first, second);
    struct tester_ends ends = tester_ends(run);
    bool dead =
        deadlock_proved(first, second, run->trace, ends.list, ends.count);
    free(ends.list);
    return dead;
}

/* Once the first process has ended a report of it is under way, and what its
 * relatives do, or the other programs of its world, is their affair. */
static bool first_lives(const struct run *run, const struct snapshot *snapshot)
{
    const struct snapshot_thread *first = snapshot_process(snapshot, run->pid);

    return first && first->state != 'Z';
}

/* Bytes that strace wrote since the program last moved any.  One that does
 * nothing but cause signals, or calls that fail, is stopped by strace for most
 * of its time: its CPU time alone would tell late.  A log that nobody will read
 * to its end was written in vain, too. */
static off_t traced_in_vain(struct run *run)
{
    struct stat about;

    if (run->world->trace_path == NULL || probe_setting()->record ||
        stat(run->world->trace_path, &about) < 0)
        return 0;
    if (about.st_size > TRACE_MOST)
        return about.st_size;
    if (run->traced_since_ms != run->progress_ms) {
        run->traced_since_ms = run->progress_ms;
        run->traced_before = about.st_size;
    }
    return about.st_size - run->traced_before;
}

static bool is_spinning(struct run *run, unsigned spin_ms)
{
    unsigned long long hz = (unsigned long long)sysconf(_SC_CLK_TCK);
    unsigned long long limit = spin_ms * hz / 1000;
    bool shared = run->options.world != NULL;

    return run->ticks - run->progress_ticks > limit ||
           run->world_ticks - run->progress_world_ticks >
               (shared ? CROWD * limit : limit) ||
           traced_in_vain(run) > (shared ? CROWD_TRACE : SPIN_TRACE);
}

/* What the clocks say of a program that is not provably dead. */
static void judge_by_time(struct run *run, struct snapshot *snapshot)
{
    int64_t now = now_ms();
    int64_t idle_ms = now - run->progress_ms;
    unsigned spin_ms = run->options.spin_ms ? run->options.spin_ms : SPIN_MS;
    int blocked_s = run->options.blocked_s ? run->options.blocked_s : BLOCKED_S;

    if (run->memcheck) {
        spin_ms *= MEMCHECK_FACTOR;
        blocked_s *= MEMCHECK_FACTOR;
    }
    /* A machine that is busy with other things shows in the looks. */
    bool rests = is_at_rest(run, snapshot);
    run->looks++;
    run->resting_looks += rests;
    run->resting_in_a_row = rests ? run->resting_in_a_row + 1 : 0;
    if (is_spinning(run, spin_ms))
        end_as(run, RUN_SPINNING, snapshot);
    else if (idle_ms > blocked_s * 1000 &&
             run->resting_in_a_row >= BLOCKED_LOOKS)
        end_as(run, RUN_BLOCKED, snapshot);
    else if (is_too_slow(run, now))
        end_as(run, RUN_SLOW, snapshot);
    else if (is_starved(run, now))
        probe_error("the machine is too busy: after %d s the program is still "
                    "at work",
                    CAP_S);
}

/* Note the CPU time so far; whether there is more of it than before. */
static bool count_ticks(struct run *run, const struct snapshot *snapshot)
{
    unsigned long long own = snapshot_cpu_ticks(snapshot, run_session(run));
    unsigned long long all = snapshot_cpu_ticks(snapshot, 0);
    bool ran = all > run->world_ticks;

    if (own > run->ticks) /* less when a process has ended meanwhile */
        run->ticks = own;
    if (ran)
        run->world_ticks = all;
    return ran;
}

/* Whether the test has stopped a program of RUN's world: it sleeps for good, as
 * far as the proof can know, but will be let go on. */
static bool is_any_stopped(const struct run *run)
{
    for (const struct run *other = probe_runs; other; other = other->next)
        if (other->stopped && other->world == run->world)
            return true;
    return false;
}

void watch(struct run *run)
{
    struct snapshot first = {0}, second = {0};

    if (look(run, &first) < 0)
        probe_error("sandbox: its /proc cannot be read");
    run->process_count = (unsigned)count_processes(run, &first);
    bool ran = count_ticks(run, &first);
    if (run->options.world && run != probe_awaited)
        ; /* the test may yet do something for it */
    else if (run->memcheck)
        judge_by_time(run, &first);
    else if (run->process_count >= PROCESSES_MAX ||
             snapshot_rss_kb(&first) + objects_shared_kb(run) > MEMORY_MAX_KB)
        end_as(run, RUN_GREEDY, &first);
    else if (!ran && !is_any_stopped(run) && is_dead(run, &first, &second) &&
             first_lives(run, &second)) {
        if (!pump_is_reached(run)) /* it may sleep where the test wants it */
            end_as(run, RUN_DEADLOCKED, &second);
    } else
        judge_by_time(run, &first);
    snapshot_release(&first);
    snapshot_release(&second);
}
