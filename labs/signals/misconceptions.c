// SPDX-License-Identifier: MIT
/*
 * misconceptions.c - the beliefs behind wrong answers to the signals lab.
 *
 * How each is recognised is written here and nowhere else; the sentence is what
 * the student is told, the hint of the step says more.  The table is searched
 * in order: the most specific entry first.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"

/* ---- What the evidence says --------------------------------------------- */

WHEN(is_untouched)
{
    return says(failure, "Function not implemented");
}

WHEN(unsafe_call)
{
    return saw(failure, "was called in the handler");
}

WHEN(errno_changed)
{
    return saw(failure, "changed errno");
}

WHEN(was_interrupted)
{
    return says(failure, "Interrupted system call");
}

/* The worlds of the tests that ask for it trace these. */
WHEN(polls)
{
    return saw(failure, "to look again") ||
           (run_end(failure->run) > RUN_SIGNALED &&
            called(failure, "nanosleep,clock_nanosleep", ""));
}

WHEN(spins)
{
    return run_end(failure->run) == RUN_SPINNING ||
           run_end(failure->run) == RUN_FLOODED;
}

/* ---- Waiting for signals ------------------------------------------------- */

MATCH(has_pending)
{
    return wait->own_code && wait->object == OBJECT_SIGNAL &&
           (wait->signals.pending & wait->signals.blocked) != 0 &&
           strcmp(wait->call, "rt_sigtimedwait") != 0;
}

WHEN(never_unblocked)
{
    return hangs(failure) && find_wait(failure, wait, has_pending);
}

MATCH(came_before)
{
    return wait->own_code && wait->object == OBJECT_SIGNAL &&
           wait->signals.delivered != 0 &&
           strcmp(wait->call, "rt_sigtimedwait") != 0;
}

WHEN(lost_wakeup)
{
    return hangs(failure) && find_wait(failure, wait, came_before);
}

/* A child has ended, nobody has waited for it, and SIGCHLD has come. */
WHEN(leaves_zombies)
{
    const struct trace *trace = run_trace(failure->run);

    return trace && trace_unwaited(trace, 0) < trace->process_count &&
           lost_wakeup(failure, wait);
}

/* It asks for one child, whose number it gives, and for no other. */
WHEN(waits_for_one)
{
    return hangs(failure) && is_run(failure, "5") &&
           called(failure, "wait4,waitid", "") &&
           !called(failure, "wait4", "-1, ") &&
           !called(failure, "waitid", "P_ALL");
}

/* ---- tally --------------------------------------------------------------- */

WHEN(ready_hidden)
{
    return hangs(failure) && !prints(failure, "ready");
}

WHEN(killed_when_ready)
{
    return was_killed_by(failure, SIGUSR1) && prints(failure, "ready");
}

WHEN(killed_by_term)
{
    return was_killed_by(failure, SIGTERM);
}

/* Its output is a full device, or nobody reads it. */
WHEN(write_unchecked)
{
    return is_status(failure, 0);
}

/* The values that were printed, and how many there are. */
static const char *values_of(const struct failure *failure, int *count)
{
    const char *values = strstr(run_output(failure->run).data, "RT=");

    *count = 0;
    if (values == NULL || failure->kind != FAILED_OUTPUT)
        return NULL;
    values += strlen("RT=");
    for (const char *at = values; *at && *at != '\n'; at++)
        *count += at == values || *at == ',';
    return values;
}

WHEN(no_values)
{
    int count;

    return values_of(failure, &count) && count == 0;
}

/* The tests send them in rising order. */
WHEN(last_value)
{
    int count;
    const char *values = values_of(failure, &count);

    return values && count == 1 && atoi(values) != 100 && atoi(values) != 1;
}

WHEN(some_values)
{
    int count;

    return values_of(failure, &count) && count > 0;
}

/* This many are sent in one run only. */
WHEN(too_small)
{
    return prints(failure, "RT=-2000000000");
}

/* ---- reap ---------------------------------------------------------------- */

/* The run in which all children end before the last fork returns. */
WHEN(all_ended_before)
{
    return is_run(failure, "5") && hangs(failure);
}

WHEN(sleeps_in_wait)
{
    return saw(failure, "which waits");
}

WHEN(has_no_statuses)
{
    return called(failure, "rt_sigaction", "SIGCHLD, {sa_handler=SIG_IGN") ||
           called(failure, "rt_sigaction", "SA_NOCLDWAIT") ||
           says(failure, "No child processes");
}

WHEN(left_a_child)
{
    return failure->kind == FAILED_LEFTOVERS && saw(failure, "waited for");
}

/* The sum that was printed, if that is what is wrong; or -1. */
static long sum_of(const struct failure *failure)
{
    const char *sum = strstr(run_output(failure->run).data, "sum=");

    return sum && failure->kind == FAILED_OUTPUT ? atol(sum + strlen("sum="))
                                                 : -1;
}

/* An exit status is in the second byte of what wait stores: wait(2). */
WHEN(sums_undecoded)
{
    return sum_of(failure) > 0 && sum_of(failure) % 256 == 0;
}

WHEN(wrong_sum)
{
    return sum_of(failure) >= 0;
}

/* ---- pingpong ------------------------------------------------------------ */

/* A child's default action came before its handler. */
WHEN(kills_child)
{
    const struct trace *trace = run_trace(failure->run);

    for (size_t i = 1; trace && i < trace->process_count; i++)
        if (trace->processes[i].own_code && trace->processes[i].killed_by > 0 &&
            trace->processes[i].killed_by != SIGKILL)
            return true;
    return false;
}

WHEN(killed_by_signal)
{
    return run_end(failure->run) == RUN_SIGNALED;
}

WHEN(sends_too_few)
{
    return saw(failure, "they sent");
}

WHEN(forgets_child)
{
    return says(failure, "No space left on device") &&
           (hangs(failure) || failure->kind == FAILED_LEFTOVERS);
}

WHEN(mixes_turns)
{
    return failure->kind == FAILED_OUTPUT;
}

/* ---- timeout ------------------------------------------------------------- */

#define SIGNAL_CALLS "kill,tgkill,pidfd_send_signal"

static bool has_survivors(const struct failure *failure)
{
    return failure->kind == FAILED_LEFTOVERS && saw(failure, "still runs");
}

/* The runs in which parent or child is held. */
WHEN(group_is_late)
{
    return is_run(failure, "0.5") &&
           (hangs(failure) || has_survivors(failure)) &&
           count_calls(failure, "setpgid,setsid", "", NULL) == 0;
}

WHEN(group_survives)
{
    return has_survivors(failure) &&
           is_run(failure, "sleep 600 & echo ready; wait");
}

WHEN(member_survives)
{
    return has_survivors(failure);
}

WHEN(rounds_down)
{
    return hangs(failure) && called(failure, "alarm", "0");
}

/* The first of two calls, or the only one, has been 0 seconds. */
WHEN(disarms_timer)
{
    return hangs(failure) && is_run(failure, "0") &&
           (called(failure, "setitimer", "it_value={tv_sec=0, tv_usec=0}") ||
            called(failure, "timer_settime,timerfd_settime",
                   "it_value={tv_sec=0, tv_nsec=0}"));
}

WHEN(misses_alarm)
{
    return hangs(failure) && (is_run(failure, "0.1") || is_run(failure, "0"));
}

WHEN(does_not_end)
{
    return hangs(failure);
}

/* Its command has ended, and it waits on. */
WHEN(waits_on)
{
    return hangs(failure) && called(failure, SIGNAL_CALLS, "SIGTERM") &&
           !is_run(failure, "trap '' TERM; echo ready; exec sleep 600");
}

/* The command has ended and SIGCHLD neither came nor is pending: the kernel has
 * discarded it, as it does where it is ignored. */
MATCH(awaits_child)
{
    uint64_t bit = SIGNAL_BIT(SIGCHLD);

    return wait->own_code && wait->object == OBJECT_SIGNAL &&
           (wait->signals.awaited & bit) != 0 &&
           ((wait->signals.delivered | wait->signals.pending) & bit) == 0;
}

WHEN(is_never_told)
{
    return hangs(failure) && find_wait(failure, wait, awaits_child);
}

WHEN(no_cleanup)
{
    return failure->kind == FAILED_OUTPUT && wanted(failure, "bye");
}

WHEN(passes_status_on)
{
    return failure->kind == FAILED_STATUS && wanted(failure, "124") &&
           run_end(failure->run) == RUN_EXITED &&
           run_exit_status(failure->run) > 1;
}

WHEN(exec_status_wrong)
{
    return is_run(failure, "no-such") || is_run(failure, "/etc/passwd");
}

WHEN(signal_as_status)
{
    return is_run(failure, "kill -9 $$");
}

WHEN(killed_in_time)
{
    return saw(failure, "signals were sent");
}

WHEN(has_clock_process)
{
    return wanted(failure, "no process but");
}

WHEN(finds_blocked)
{
    return saw(failure, "SigBlk");
}

WHEN(finds_ignored)
{
    return saw(failure, "SigIgn");
}

#define TALLY   "tally_spaced tally_rt_queue tally_burst"
#define REAP    "reap_all reap_no_spin reap_errno"
#define PING    "pingpong_1000 pingpong_fork_race"
#define EXPIRES "timeout_kills_group timeout_stubborn"

const struct misconception lab_misconceptions[] = {
    {"not_written_yet", NULL, is_untouched,
     "This exercise still has its TODO: start there."},

    /* Handlers, and how to wait for them. */
    {"unsafe_in_handler", NULL, unsafe_call,
     "A handler may have interrupted that very function, or one that shares "
     "its lock: in a handler only what signal-safety(7) lists is safe."},
    {"errno_changed", NULL, errno_changed,
     "Whatever was interrupted may be about to look at errno, and finds the "
     "handler's: save it at the beginning, restore it at the end."},
    {"eintr_is_fatal", NULL, was_interrupted,
     "EINTR means that a signal came in between, not that the call failed: see "
     "what the signal says, and call again."},
    {"polls", TALLY " " REAP " " PING, polls,
     "It looks again and again, with a short sleep in between: sleep until the "
     "signal comes, in sigsuspend or sigwaitinfo."},
    {"spins", NULL, spins,
     "A loop that waits for a flag burns the processor; and a flag that is not "
     "volatile sig_atomic_t may be read only once. Sleep in sigsuspend."},
    {"sigchld_missed", "reap_all", all_ended_before,
     "The children had ended before you began to wait for SIGCHLD, and one "
     "that "
     "is neither blocked nor caught is gone: block it before the first fork."},
    {"waits_in_order", "reap_no_spin", waits_for_one,
     "A child has ended, and its parent first waits for one that still runs: "
     "take whoever has ended, with waitpid(-1, ...), in whatever order."},
    {"one_wait_per_sigchld", REAP, leaves_zombies,
     "One SIGCHLD may stand for many children: call waitpid with WNOHANG until "
     "it has no more."},
    {"never_unblocked", NULL, never_unblocked,
     "{process} sleeps in {call}, and the signal that it waits for is pending, "
     "but blocked: unblock it for as long as you sleep, with sigsuspend."},
    {"child_not_ready", PING, kills_child,
     "The child was slower than the signal, and was killed by its default "
     "action: block the signal, or install the handler, before fork."},
    {"lost_wakeup", NULL, lost_wakeup,
     "The signal came after the look at the flag and before {call}, in which "
     "{process} now sleeps for ever: block it, look, and let sigsuspend "
     "unblock it and sleep in one step."},

    /* tally */
    {"ready_not_flushed", TALLY, ready_hidden,
     "\"ready\" is still in the buffer of stdio, and the user waits for it: "
     "flush it before you wait, or use write."},
    {"ready_too_early", TALLY, killed_when_ready,
     "The signal came between \"ready\" and the handler, and its default "
     "action "
     "killed the program: first be ready, then say so."},
    {"write_unchecked", "tally_spaced", write_unchecked,
     "The line could not be written, and the program ended as if it had been: "
     "look at what write or fflush returns."},
    {"term_not_caught", TALLY, killed_by_term,
     "SIGTERM killed the program before it could print its tally: it needs a "
     "handler, or must be blocked and waited for, like the others."},
    {"pending_at_term", "tally_rt_queue tally_burst", no_values,
     "SIGTERM has overtaken the values: of what is pending the lowest number "
     "is "
     "taken first. Take the rest before you end."},
    {"values_overwritten", "tally_rt_queue tally_burst", last_value,
     "Only the last value was kept: real-time signals queue, and the handler "
     "ran for each of them before your loop looked once."},
    {"too_small", "tally_rt_queue", too_small,
     "There may be VALUES_MAX values, each of up to 11 characters and a comma: "
     "your array has no room for all of them, or your line."},
    {"values_missing", "tally_rt_queue tally_burst", some_values,
     "Values are missing: of a real-time signal many can be pending, each with "
     "a value of its own. Take them until there is none left."},

    /* reap */
    {"waits_in_wait", "reap_all", sleeps_in_wait,
     "The program sleeps in wait(2) and can do nothing else meanwhile: let "
     "SIGCHLD tell when there is somebody to wait for, with WNOHANG."},
    {"statuses_discarded", NULL, has_no_statuses,
     "SIGCHLD is ignored, so the kernel discards the status of each child and "
     "wait finds nobody: set the disposition that you need."},
    {"child_not_waited_for", REAP " " PING, left_a_child,
     "A child was never waited for: it stays a zombie until its parent ends."},
    {"status_not_decoded", REAP, sums_undecoded,
     "What wait stores is not the exit status: WEXITSTATUS takes it out."},
    {"statuses_not_summed", REAP, wrong_sum,
     "The sum is that of the exit statuses of all children, each as wait tells "
     "it: a child's number says nothing about its status."},

    /* pingpong */
    {"write_unchecked", "pingpong_fork_race", write_unchecked,
     "The line could not be written, and the program ended as if it had been: "
     "look at what write or fflush returns."},
    {"child_forgotten", "pingpong_fork_race", forgets_child,
     "The parent gives up, and its child waits for a turn that never comes: "
     "end it, and wait for it, before you return."},
    {"killed_by_signal", PING, killed_by_signal,
     "The signal has killed its receiver: its default action is to kill, and "
     "there was no handler yet, nor was it blocked."},
    {"no_signals", PING, sends_too_few,
     "The two tell each other something by another way than signals."},
    {"turns_mixed_up", PING, mixes_turns,
     "A line is written before it is the process's turn, or much later: stdio "
     "keeps it in a buffer, of which fork makes a copy."},

    /* timeout */
    {"killed_itself", EXPIRES, killed_by_term,
     "The signal has reached the program itself: the command must be in a "
     "process group of its own, and that is the one to kill."},
    {"whole_seconds", EXPIRES, rounds_down,
     "alarm counts whole seconds, and alarm(0) is no alarm: use setitimer, "
     "timer_create or a call with a timespec."},
    {"zero_is_no_timer", EXPIRES, disarms_timer,
     "A timer that is set to 0 is disarmed, and never ends: 0 seconds are over "
     "at once, so give it the shortest time there is, or do not wait."},
    {"group_set_too_late", "timeout_kills_group", group_is_late,
     "Parent and child run at once, and only one of them makes the group: if "
     "it is late, there is no group to kill. Call setpgid in both."},
    {"group_not_killed", "timeout_kills_group", group_survives,
     "You killed the shell, not its children: signal the process group, with "
     "a negative process id."},
    {"grace_slept", EXPIRES, waits_on,
     "The command has ended after SIGTERM, and you wait on: wait for its end "
     "and for the time at once, and go on with whichever comes first."},
    {"alarm_missed", EXPIRES, misses_alarm,
     "The time was up before the wait began, so there was nothing for the "
     "alarm "
     "to interrupt: a flag and a blocking wait leave a gap."},
    {"never_kills", "timeout_stubborn", does_not_end,
     "The command ignores SIGTERM, and nobody ends it: SIGKILL cannot be "
     "ignored."},
    {"members_left", "timeout_kills_group", member_survives,
     "The command has gone, but a member of its group has ignored SIGTERM and "
     "lives on: send SIGKILL to the group when the command has gone."},
    {"no_grace", "timeout_stubborn", no_cleanup,
     "The command was to clean up, and was killed before it could: send "
     "SIGTERM, then give it time."},
    {"status_of_the_killed", EXPIRES, passes_status_on,
     "The time was up, and the status is the command's: 124 tells the caller "
     "so, whatever the command has made of SIGTERM."},
    {"statuses_discarded", "timeout_status clean_environment", is_never_told,
     "SIGCHLD is ignored, as it was when you were started, so the kernel "
     "discards the status of each child: set the disposition that you need."},
    {"sigchld_missed", "timeout_status", does_not_end,
     "The command had ended before you began to wait for SIGCHLD: block it "
     "before fork, or look with waitpid before you sleep."},
    {"exec_status_wrong", "timeout_status", exec_status_wrong,
     "A command that cannot be executed is reported as \"signals: CMD: "
     "reason\", with status 127 if it was not found (ENOENT), 126 otherwise."},
    {"status_not_decoded", "timeout_status", signal_as_status,
     "What wait stores is not an exit status: ask WIFEXITED and WIFSIGNALED "
     "first. A signal N is reported as 128 + N."},
    {"polls", "timeout_status", polls,
     "It looks again and again, with a short sleep in between: one call waits "
     "for SIGCHLD and for all the time that is left, such as sigtimedwait."},
    {"clock_process", "timeout_status", has_clock_process,
     "A process of its own is a costly clock, and one more to be killed and "
     "waited for: sigtimedwait waits for the end and for the time at once."},
    {"killed_in_time", "timeout_status", killed_in_time,
     "The command ended in time, and you sent a signal all the same: what it "
     "left in the background is to go on."},
    {"mask_inherited", "clean_environment", finds_blocked,
     "CMD inherited your signal mask: what is blocked stays so through fork "
     "and "
     "exec, and such a CMD cannot be terminated. Empty it in the child."},
    {"ignored_inherited", "clean_environment", finds_ignored,
     "CMD inherited ignored signals: exec sets handlers back, not what is "
     "ignored. Set SIG_DFL in the child, whatever you found."},
    {NULL, NULL, NULL, NULL},
};
