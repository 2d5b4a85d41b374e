// SPDX-License-Identifier: MIT
/*
 * deadlock.c - the proof that a program can never go on.
 *
 * Claim: there was a moment at which every thread of the program slept, and
 * whatever could wake one of them is an act of another.  Then all sleep for
 * ever.  Each rule below shuts out one thing that could wake a thread from
 * outside; what is in doubt is alive, and waits for the run's deadline.
 *
 * 1. One moment.  SECOND was begun after FIRST was complete; both list the
 *    same threads, none of which vanished while they were read, with the same
 * start times, calls, CPU times and switch counts.  /proc/PID/syscall gives a
 * number only of a thread that is off every CPU (wait_task_inactive() in
 * lib/syscall.c), and a thread that ran since then must switch to be off again,
 * so it slept all the time between (snapshot.c reads in the order that this
 * needs).
 * 2. Asleep for good.  State S, in a call of blocking.c that has no time limit,
 *    without a pending signal that is not blocked.  -1, "running", a restarted
 *    call other than poll(2) (restart_syscall keeps its limit in the kernel)
 * and what cannot be read do not count.
 * 3. D only as the parent of vfork(2), known by where it sleeps; everything
 *    else in D waits for a device.
 * 4. T waits for SIGCONT.  t is T under strace only if the last that strace
 *    logged of the thread is "stopped by", nobody has tried to send SIGCONT
 *    since, and between the snapshots strace itself sleeps in wait4(2) (the
 *    caller looks); otherwise it is about to let the thread go on.
 * 5. Z: a dead child of a traced process stays unknown to its parent until
 *    strace has seen it (wait_task_zombie() in kernel/exit.c), so the trace,
 *    read between the two snapshots, must have its end.  A dead thread waits
 *    for strace, a dead orphan for init: they are about to go.  A leader whose
 *    other threads live on is nobody's business until these end.
 *    For 4 and 5 threads are counted, not named: of a log that is behind, host
 *    pids cannot be matched surely with those of the sandbox.
 * 6. Closed objects.  A descriptor that is waited for is a pipe, FIFO, socket,
 *    eventfd or signalfd (a terminal is somebody's, FUSE serves files from a
 *    process).  The tester does not hold it, or has promised to be idle.  An
 *    open(2) is one of a FIFO, known by where it sleeps: opening may also wait
 *    for a file server or a lease's end.  A lock on a file is held by processes
 *    of the program alone, and so is what else stands before it (locks.h): the
 *    tester, or a stranger, may have locked the file, too.  So is the other end
 *    of a socket, and nothing is there to be read (sockets.h).
 * 7. No timers: /proc/PID/timers is empty, no timerfd is armed, and the trace
 *    has no alarm(2), setitimer(2), SO_RCVTIMEO or SO_SNDTIMEO, which /proc
 *    does not show.  SIGIO must not come from the tester's end either.
 * 8. No kernel at work: anonymous inodes are of the kinds listed below (not
 *    io_uring, perf, inotify, fanotify, userfaultfd); no packet is on its way
 *    (tcp(7) retransmits after all have fallen asleep): asked between the two
 *    snapshots, when all slept; what had arrived by then has woken its reader,
 *    as the second shows.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/select.h>
#include <sys/stat.h>

#include "base.h"
#include "blocking.h"
#include "locks.h"
#include "snapshot.h"
#include "sockets.h"
#include "trace.h"

struct proof {
    const struct snapshot *snapshot;
    const struct trace *trace;
    const struct tester_end *held;
    size_t held_count;
    bool ends_known;  /* strace has logged the end of each thread that ended */
    bool stops_known; /* ...and of each in state t that it is stopped */
};

typedef bool sleeps_fn(const struct proof *proof,
                       const struct snapshot_thread *thread,
                       const struct blocking_call *call);

static bool is_one_of(const char *string, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(string, list[i]) == 0)
            return true;
    return false;
}

#define IS_ONE_OF(string, list) is_one_of(string, list, LENGTH(list))

/* ---- Descriptors ------------------------------------------------------- */

static bool may_be_used_by_tester(const struct proof *proof,
                                  const struct snapshot_fd *fd)
{
    for (size_t i = 0; i < proof->held_count; i++)
        if (!proof->held[i].idle &&
            strcmp(proof->held[i].target, fd->target) == 0)
            return true;
    return false;
}

/* Whether only the program itself can make descriptor N ready: READS, to take
 * something from it. */
static bool is_closed(const struct proof *proof,
                      const struct snapshot_thread *thread, int n, bool polled,
                      bool reads)
{
    static const char *const closed[] = {
        "anon_inode:[eventfd]", "anon_inode:[signalfd]",
        "anon_inode:[timerfd]", /* rule 7 has seen to it that none is armed */
    };
    const struct snapshot_fd *fd = snapshot_fd(thread, n);

    if (fd == NULL || may_be_used_by_tester(proof, fd))
        return false;
    if (fd->type == S_IFIFO)
        return true;
    if (fd->type == S_IFSOCK)
        return socket_is_inside(proof->snapshot, thread,
                                blocking_find(thread->syscall), fd, reads);
    /* Never waited for, but POSIX queues look like it; see poll(2). */
    if (polled && fd->type == S_IFREG)
        return true;
    return IS_ONE_OF(fd->target, closed);
}

static bool is_harmless(const struct proof *proof, const struct snapshot_fd *fd)
{
    static const char *const anonymous[] = {
        "anon_inode:[eventfd]", "anon_inode:[signalfd]",
        "anon_inode:[timerfd]", "anon_inode:[eventpoll]",
        "anon_inode:[pidfd]",
    };

    if (fd->armed)
        return false;
    if ((fd->flags & O_ASYNC) && may_be_used_by_tester(proof, fd))
        return false;
    return strncmp(fd->target, "anon_inode:", 11) != 0 ||
           IS_ONE_OF(fd->target, anonymous);
}

static bool has_harmless_fds(const struct proof *proof,
                             const struct snapshot_thread *thread)
{
    if (!thread->fds_known)
        return false;
    for (size_t i = 0; i < thread->fd_count; i++)
        if (!is_harmless(proof, &thread->fds[i]))
            return false;
    return true;
}

/* ---- Forms of waiting -------------------------------------------------- */

static bool sleeps_on_fd(const struct proof *proof,
                         const struct snapshot_thread *thread,
                         const struct blocking_call *call)
{
    return is_closed(proof, thread, (int)thread->args[call->arg], false,
                     call->reads);
}

/* The source of sendfile(2) may be a file: it is not what is waited for. */
static bool sleeps_on_transfer(const struct proof *proof,
                               const struct snapshot_thread *thread,
                               const struct blocking_call *call)
{
    return is_closed(proof, thread, (int)thread->args[call->arg], true, true) &&
           is_closed(proof, thread, (int)thread->args[call->to_arg], false,
                     false);
}

static bool sleeps_on_poll(const struct proof *proof,
                           const struct snapshot_thread *thread,
                           const struct blocking_call *call)
{
    size_t count = thread->memory_size / sizeof(struct pollfd);
    struct pollfd fds[sizeof(thread->memory) / sizeof(struct pollfd)];

    if (call->form == FORM_POLL && count != thread->args[1])
        return false; /* not all could be read */
    memcpy(fds, thread->memory, count * sizeof(*fds));
    for (size_t i = 0; i < count; i++)
        if (fds[i].fd >= 0 && !is_closed(proof, thread, fds[i].fd, true,
                                         fds[i].events & ~POLLOUT))
            return false;
    return count > 0 || call->form == FORM_POLL;
}

static bool sleeps_on_select(const struct proof *proof,
                             const struct snapshot_thread *thread,
                             const struct blocking_call *call)
{
    size_t size = snapshot_set_size(thread->args[0]);

    (void)call;
    if (thread->memory_size != 3 * size)
        return false;
    for (size_t bit = 0; bit < 8 * thread->memory_size; bit++) {
        size_t fd = bit % (8 * size);
        if (fd < thread->args[0] && (thread->memory[bit / 8] >> bit % 8 & 1) &&
            !is_closed(proof, thread, (int)fd, true, bit / 8 / size != 1))
            return false;
    }
    return true;
}

static bool sleeps_on_open(const struct proof *proof,
                           const struct snapshot_thread *thread,
                           const struct blocking_call *call)
{
    /* fs/pipe.c; the older names for kernels that inline the first. */
    static const char *const places[] = {"wait_for_partner", "fifo_open",
                                         "pipe_wait"};
    (void)proof;
    (void)call;
    return IS_ONE_OF(thread->wchan, places);
}

static bool sleeps_on_lock(const struct proof *proof,
                           const struct snapshot_thread *thread,
                           const struct blocking_call *call)
{
    return (call->form == FORM_FLOCK || thread->args[1] == F_SETLKW ||
            thread->args[1] == F_OFD_SETLKW) &&
           lock_is_inside(proof->snapshot, thread);
}

/* Woken by an act of a thread in any case. */
static bool sleeps_on_relatives(const struct proof *proof,
                                const struct snapshot_thread *thread,
                                const struct blocking_call *call)
{
    (void)proof;
    (void)thread;
    (void)call;
    return true;
}

/* What has no entry is never asleep for good, as far as we know. */
static sleeps_fn *const sleeps[FORM_COUNT] = {
    [FORM_FD] = sleeps_on_fd,
    [FORM_TRANSFER] = sleeps_on_transfer,
    [FORM_POLL] = sleeps_on_poll,
    [FORM_SELECT] = sleeps_on_select,
    [FORM_EPOLL] = sleeps_on_poll,
    [FORM_OPEN] = sleeps_on_open,
    [FORM_FCNTL] = sleeps_on_lock,
    [FORM_FLOCK] = sleeps_on_lock,
    [FORM_CHILD] = sleeps_on_relatives,
    [FORM_CHILD_ID] = sleeps_on_relatives,
    [FORM_SIGNAL] = sleeps_on_relatives,
    [FORM_FUTEX] = sleeps_on_relatives,
    [FORM_SEMAPHORE] = sleeps_on_relatives,
    [FORM_SYSV_QUEUE] = sleeps_on_relatives,
    [FORM_POSIX_QUEUE] = sleeps_on_relatives,
};

/* ---- States ------------------------------------------------------------ */

static bool has_pending(const struct snapshot_thread *thread, int signal)
{
    return thread->pending >> (signal - 1) & 1;
}

static bool is_asleep(const struct proof *proof,
                      const struct snapshot_thread *thread)
{
    const struct blocking_call *call = blocking_find(thread->syscall);

    return call != NULL && sleeps[call->form] != NULL &&
           (thread->pending & ~thread->blocked) == 0 &&
           !blocking_is_timed(call, thread->args) &&
           sleeps[call->form](proof, thread, call);
}

static bool is_vfork_parent(const struct snapshot_thread *thread)
{
    const struct blocking_call *call = blocking_find(thread->syscall);

    return call != NULL && call->form == FORM_VFORK &&
           snapshot_waits_for_child(thread);
}

static bool is_stopped(const struct proof *proof,
                       const struct snapshot_thread *thread)
{
    return !has_pending(thread, SIGCONT) &&
           (thread->state == 'T' || proof->stops_known);
}

static bool has_live_threads(const struct snapshot *snapshot, pid_t pid)
{
    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->threads[i].pid == pid &&
            snapshot->threads[i].state != 'Z')
            return true;
    return false;
}

static bool is_buried(const struct proof *proof,
                      const struct snapshot_thread *thread)
{
    if (thread->pid != thread->tid)
        return false;
    return has_live_threads(proof->snapshot, thread->pid) ||
           (proof->ends_known &&
            has_live_threads(proof->snapshot, thread->ppid));
}

static bool is_settled(const struct proof *proof,
                       const struct snapshot_thread *thread)
{
    if (thread->state == 'Z')
        return is_buried(proof, thread);
    if (thread->has_timers || !thread->syscall_known || thread->running ||
        has_pending(thread, SIGKILL) || !has_harmless_fds(proof, thread))
        return false;
    switch (thread->state) {
    case 'S':
        return is_asleep(proof, thread);
    case 'D':
        return is_vfork_parent(thread);
    case 'T':
    case 't':
        return is_stopped(proof, thread);
    }
    return false;
}

/* ---- What strace has logged -------------------------------------------- */

/* How many threads there ever were; SIZE_MAX while one is being made. */
static size_t count_born(const struct trace *trace)
{
    static const char *const calls[] = {"clone", "clone3", "fork", "vfork"};
    size_t count = 0;

    for (size_t i = 0; i < trace->process_count; i++)
        count +=
            trace->processes[i].parent == -1; /* init's: one for each run */
    for (size_t i = 0; i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];
        if (event->kind != TRACE_CALL || !IS_ONE_OF(event->name, calls))
            continue;
        if (!event->finished)
            return SIZE_MAX;
        count += event->result > 0;
    }
    return count;
}

static bool are_ends_known(const struct proof *proof)
{
    const struct snapshot *snapshot = proof->snapshot;
    size_t ended = 0, live = 0, dead = 0;

    for (size_t i = 0; i < proof->trace->process_count; i++)
        ended += proof->trace->processes[i].ended;
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct snapshot_thread *thread = &snapshot->threads[i];
        bool alive =
            thread->state != 'Z' || (thread->pid == thread->tid &&
                                     has_live_threads(snapshot, thread->pid));
        live += alive;
        dead += !alive;
    }
    return dead <= ended && ended + live == count_born(proof->trace);
}

bool deadlock_stops_known(const struct snapshot *snapshot,
                          const struct trace *trace)
{
    size_t stopped = 0, seen = 0, first = SIZE_MAX;

    for (size_t i = 0; i < snapshot->count; i++)
        seen += snapshot->threads[i].state == 't';
    for (size_t i = 0; i < trace->process_count; i++)
        stopped += trace_is_stopped(trace, trace->processes[i].host_pid);
    for (size_t i = trace->event_count; i-- > 0;) {
        const struct trace_event *event = &trace->events[i];
        if (event->kind == TRACE_STOPPED && event->begun < first &&
            trace_is_stopped(trace, trace->processes[event->process].host_pid))
            first = event->begun;
    }
    /* A call that sends SIGCONT counts until its end, which comes after the end
     * of the stop. */
    for (size_t i = 0; i < trace->event_count; i++)
        if (trace->events[i].kind == TRACE_CALL &&
            trace->events[i].ended > first &&
            strstr(trace->events[i].args, "SIGCONT"))
            return false;
    return seen == stopped;
}

static bool are_all_settled(struct proof *proof)
{
    const struct snapshot *snapshot = proof->snapshot;
    size_t live = 0;

    proof->ends_known = are_ends_known(proof);
    proof->stops_known = deadlock_stops_known(snapshot, proof->trace);
    for (size_t i = 0; i < snapshot->count; i++) {
        if (!is_settled(proof, &snapshot->threads[i]))
            return false;
        live += snapshot->threads[i].state != 'Z';
    }
    return live > 0;
}

bool deadlock_proved(const struct snapshot *first,
                     const struct snapshot *second, const struct trace *trace,
                     const struct tester_end *held, size_t held_count)
{
    struct proof proof = {.snapshot = first,
                          .trace = trace,
                          .held = held,
                          .held_count = held_count};

    /* The descriptors of both count: what was armed in the first may have
     * gone off without having woken those that were read already. */
    if (!snapshot_still(first, second) || !first->network_quiet ||
        !are_all_settled(&proof))
        return false;
    proof.snapshot = second;
    return are_all_settled(&proof) && !trace_has_timer(trace);
}
