// SPDX-License-Identifier: MIT
/*
 * autopsy_signals.c - signals: those that a thread waits for, those that are
 * under way to it, those that came before it waited, and those that have
 * stopped it.
 */
#include <signal.h>
#include <string.h>

#include "autopsy_private.h"
#include "trace_private.h"

static bool is_in(uint64_t set, int signal)
{
    return set >> (signal - 1) & 1;
}

/* ---- What is known ------------------------------------------------------- */

/* What a call waits for: pause(2), sigsuspend(2) and the like for whatever has
 * a handler and is not blocked; while the second sleeps, the kernel shows its
 * set as what is blocked. */
static uint64_t awaited_by(const struct autopsy_wait *wait,
                           const struct snapshot_thread *thread)
{
    const struct snapshot_fd *fd = snapshot_fd(thread, wait->fd);
    uint64_t set = 0;

    if (wait->fd >= 0)
        return fd ? fd->signals : 0;
    if (strcmp(wait->call, "rt_sigtimedwait") != 0)
        return thread->caught & ~thread->blocked;
    if (thread->memory_size == sizeof(set))
        memcpy(&set, thread->memory, sizeof(set));
    return set;
}

void autopsy_set_signals(const struct autopsy_scene *scene,
                         struct autopsy_wait *wait,
                         const struct snapshot_thread *thread)
{
    struct autopsy_signals *signals = &wait->signals;

    signals->pending = thread->pending;
    signals->blocked = thread->blocked;
    if (wait->object != OBJECT_SIGNAL)
        return;
    signals->awaited = awaited_by(wait, thread);
    for (int signal = 1; signal <= 64 && scene->trace; signal++)
        if (is_in(signals->awaited, signal) &&
            trace_deliveries(scene->trace, wait->pid, signal) > 0)
            signals->delivered |= (uint64_t)1 << (signal - 1);
}

/* ---- Signals in words ---------------------------------------------------- */

static void say_signal(struct autopsy_line *line, int signal)
{
    if (signal >= SIGRTMIN)
        autopsy_say(line, "SIGRTMIN+%d", signal - SIGRTMIN);
    else if (sigabbrev_np(signal))
        autopsy_say(line, "SIG%s", sigabbrev_np(signal));
    else /* the C library's own */
        autopsy_say(line, "signal %d", signal);
}

/* "SIGINT, SIGTERM"; a longer list is cut. */
static void say_signals(struct autopsy_line *line, uint64_t set)
{
    const char *between = "";
    int said = 0;

    for (int signal = 1; signal <= 64; signal++) {
        if (!is_in(set, signal))
            continue;
        if (said++ == 6) {
            autopsy_say(line, ", ...");
            return;
        }
        autopsy_say(line, "%s", between);
        say_signal(line, signal);
        between = ", ";
    }
    if (set == 0)
        autopsy_say(line, "none");
}

void autopsy_say_signals(struct autopsy_line *line,
                         const struct snapshot_thread *thread)
{
    autopsy_say(line, "pending: ");
    say_signals(line, thread->pending);
    autopsy_say(line, "; blocked: ");
    say_signals(line, thread->blocked);
}

/* "; delivered before: SIGUSR1 (once), SIGUSR2 (3 times)" */
static void say_delivered(const struct autopsy_scene *scene,
                          struct autopsy_line *line,
                          const struct autopsy_wait *wait)
{
    const char *between = "; delivered before: ";

    for (int signal = 1; signal <= 64; signal++) {
        if (!is_in(wait->signals.delivered, signal))
            continue;
        size_t count = trace_deliveries(scene->trace, wait->pid, signal);
        autopsy_say(line, "%s", between);
        say_signal(line, signal);
        autopsy_say(line, count == 1 ? " (once)" : " (%zu times)", count);
        between = ", ";
    }
}

void autopsy_say_signal(const struct autopsy_scene *scene,
                        struct autopsy_line *line,
                        const struct autopsy_wait *wait)
{
    bool some = wait->fd >= 0 || strcmp(wait->call, "rt_sigtimedwait") == 0;
    uint64_t awaited = some ? wait->signals.awaited : 0;

    if (__builtin_popcountll(awaited) == 1) {
        autopsy_say(line, ": ");
        say_signals(line, awaited);
        autopsy_say(line, " has not come; ");
    } else if (awaited != 0) {
        autopsy_say(line, ": none of ");
        say_signals(line, awaited);
        autopsy_say(line, " has come; ");
    } else {
        autopsy_say(line, ": no signal has come; ");
    }
    autopsy_say_signals(line, autopsy_thread(scene, wait->tid));
    say_delivered(scene, line, wait);
}

/* ---- Stops --------------------------------------------------------------- */

/* Under strace a stopped thread is traced, 't', as is one that strace looks at
 * for a moment: what it logged last tells them apart. */
bool autopsy_is_stopped(const struct autopsy_scene *scene,
                        const struct snapshot_thread *thread)
{
    return thread->state == 'T' ||
           (thread->state == 't' &&
            (scene->trace == NULL || trace_stop(scene->trace, thread->tid)));
}

/* Who sent the signal of the stop at EVENT: its pid, 0 for the kernel, -1 where
 * that is not known. */
static pid_t sender_of(const struct trace *trace,
                       const struct trace_event *stop)
{
    for (const struct trace_event *event = stop; event-- > trace->events;)
        if (event->process == stop->process) {
            if (event->kind != TRACE_SIGNAL || event->result != stop->result)
                break;
            return strstr(event->args, "SI_KERNEL")
                       ? 0
                       : (pid_t)trace_number_after(event->args, "si_pid=");
        }
    return -1;
}

/* Whether anybody does not sleep for good, as far as the autopsy sees, and
 * might send SIGCONT. */
static bool is_anybody_awake(const struct autopsy_scene *scene)
{
    const struct autopsy *autopsy = scene->autopsy;

    for (size_t i = 0; i < scene->snapshot->count; i++) {
        const struct snapshot_thread *thread = &scene->snapshot->threads[i];
        bool asleep = thread->state == 'Z' || autopsy_is_stopped(scene, thread);
        for (size_t j = 0; j < autopsy->count; j++)
            if (autopsy->waits[j].tid == thread->tid) {
                const struct autopsy_wait *wait = &autopsy->waits[j];
                asleep = !wait->timed &&
                         (autopsy_holder(wait, WHO_TESTER) == NULL ||
                          autopsy_tester_is_idle(scene, wait->object_name));
                if (!asleep)
                    return true;
            }
        if (!asleep)
            return true;
    }
    return false;
}

void autopsy_say_stopped(const struct autopsy_scene *scene,
                         struct autopsy_line *line,
                         const struct snapshot_thread *thread)
{
    const struct trace_event *stop =
        scene->trace ? trace_stop(scene->trace, thread->tid) : NULL;
    pid_t sender = stop ? sender_of(scene->trace, stop) : -1;
    char name[sizeof(scene->autopsy->waits->name)];
    const struct snapshot_thread *first =
        snapshot_process(scene->snapshot, scene->first_pid);

    autopsy_say(line, " is stopped");
    if (stop)
        autopsy_say(line, ", by %s", stop->name);
    if (first && sender == first->ppid) { /* the sandbox's init, for the test */
        autopsy_say(line, " from the test");
        return;
    }
    if (sender == thread->pid) {
        autopsy_say(line, " from itself");
    } else if (sender > 0) {
        autopsy_name(scene, sender, name);
        autopsy_say(line, " from %s", name);
    }
    if (!is_anybody_awake(scene))
        autopsy_say(line, ", and nobody will continue it");
}
