// SPDX-License-Identifier: MIT
/*
 * test_signals.c - signals that are waited for, have come too early, or have
 * stopped a process: what the autopsy says of them.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "autopsy_evidence.h"
#include "trace_evidence.h"

#if defined(__x86_64__) /* the recordings hold its system call numbers */

Test(signals, lines,
     .description = "sigtimedwait is said with its set, pause and sigsuspend "
                    "with what is pending and blocked")
{
    assert_lines("signals",
                 "parent 2 is blocked in rt_sigtimedwait: none of SIGUSR1, "
                 "SIGTERM has come; pending: none; blocked: none\n"
                 "child 3 is blocked in pause: no signal has come; pending: "
                 "SIGUSR1; blocked: SIGUSR1\n"
                 "child 4 is blocked in rt_sigsuspend: no signal has come; "
                 "pending: none; blocked: SIGTERM\n");
}

/* 2, 3 and 4 as in the recording; what the log is like that far. */
#define FAMILY                                                                 \
    ENTRY "102   clone(child_stack=NULL, flags=SIGCHLD) = 3\n"                 \
          "103   set_tid_address(0x1) = 3\n"                                   \
          "102   clone(child_stack=NULL, flags=SIGCHLD) = 4\n"                 \
          "104   set_tid_address(0x1) = 4\n"

Test(signals, early_signals_are_counted,
     .description = "a signal that came before it was waited for is lost; what "
                    "nobody waits for does not count")
{
    struct snapshot snapshot;
    struct trace *trace =
        written(FAMILY "104   --- SIGUSR1 {si_signo=SIGUSR1, si_pid=2} ---\n"
                       "104   --- SIGTERM {si_signo=SIGTERM, si_pid=2} ---\n"
                       "104   --- SIGUSR1 {si_signo=SIGUSR1, si_pid=2} ---\n"
                       "102   --- SIGTERM {si_signo=SIGTERM, si_pid=4} ---\n"
                       "102   --- SIGCHLD {si_signo=SIGCHLD, si_pid=4} ---\n"
                       "103   --- SIGUSR1 {si_signo=SIGUSR1, si_pid=2} ---\n");

    replay("signals", &snapshot);
    struct autopsy *autopsy =
        autopsy_new(&snapshot, FIRST, PROGRAM, NULL, 0, trace);
    cr_assert_eq(autopsy->waits[0].signals.awaited,
                 1u << (SIGUSR1 - 1) | 1u << (SIGTERM - 1));
    cr_assert_eq(autopsy->waits[0].signals.delivered, 1u << (SIGTERM - 1));
    cr_assert_eq(autopsy->waits[1].signals.pending, 1u << (SIGUSR1 - 1));
    cr_assert_eq(autopsy->waits[1].signals.awaited, 0, "it is blocked");
    cr_assert_eq(autopsy->waits[2].signals.delivered, 1u << (SIGUSR1 - 1));
    cr_assert_not_null(strstr(
        autopsy->lines[0], "blocked: none; delivered before: SIGTERM (once)"));
    cr_assert_not_null(strstr(autopsy->lines[1], "; blocked: SIGUSR1"));
    cr_assert_null(strstr(autopsy->lines[1], "delivered"));
    cr_assert_not_null(
        strstr(autopsy->lines[2], "; delivered before: SIGUSR1 (2 times)"));
    cr_assert_eq(trace_deliveries(trace, 4, SIGUSR1), 2);
    cr_assert_eq(trace_deliveries(trace, 4, SIGUSR2), 0);
    autopsy_free(autopsy);
    trace_free(trace);
    snapshot_release(&snapshot);
}

/* ---- Stops --------------------------------------------------------------- */

#define STOPPED(how)                                                           \
    "parent 2 is blocked in wait4(-1): child 3 has not ended: it is "          \
    "stopped\n"                                                                \
    "child 3 is stopped" how "\n"                                              \
    "so: parent 2 waits for child 3, which is stopped\n"

/* As under strace. */
static void replay_stopped(struct snapshot *snapshot)
{
    replay("stopped", snapshot);
    thread_of(snapshot, 3)->state = 't';
}

Test(signals, stops,
     .description =
         "who is stopped is said to be, by whom, and whether anybody "
         "is left to continue it")
{
    struct snapshot snapshot;
    struct trace *trace = recorded("stopped_live");

    assert_lines("stopped", STOPPED(", and nobody will continue it"));
    replay_stopped(&snapshot);
    assert_lines_of(&snapshot, trace, "from itself",
                    STOPPED(", by SIGSTOP from itself, and nobody will "
                            "continue it"));
    trace_free(trace);
    trace = written(FAMILY "103   --- SIGTTIN {si_signo=SIGTTIN, "
                           "si_code=SI_KERNEL} ---\n"
                           "103   --- stopped by SIGTTIN ---\n");
    assert_lines_of(&snapshot, trace, "by the terminal",
                    STOPPED(", by SIGTTIN, and nobody will continue it"));
    trace_free(trace);
    trace = written(FAMILY "103   --- SIGSTOP {si_signo=SIGSTOP, "
                           "si_code=SI_USER, si_pid=1} ---\n"
                           "103   --- stopped by SIGSTOP ---\n");
    assert_lines_of(&snapshot, trace, "by the test",
                    STOPPED(", by SIGSTOP from the test"));
    trace_free(trace);
    trace = written(FAMILY "103   --- SIGSTOP {si_signo=SIGSTOP, "
                           "si_code=SI_USER, si_pid=2} ---\n"
                           "103   --- stopped by SIGSTOP ---\n");
    thread_of(&snapshot, FIRST)->state = 'R';
    assert_lines_of(&snapshot, trace, "while somebody runs",
                    "parent 2 is running\n"
                    "child 3 is stopped, by SIGSTOP from parent 2\n");
    trace_free(trace);
    snapshot_release(&snapshot);
}

Test(signals, traced_is_not_stopped,
     .description = "a thread that strace holds for a moment is not stopped")
{
    struct snapshot snapshot;
    struct trace *trace = written(FAMILY);

    replay_stopped(&snapshot);
    assert_lines_of(&snapshot, trace, "traced",
                    "parent 2 is blocked in wait4(-1): child 3 has not ended\n"
                    "child 3 is running\n"
                    "so: parent 2 waits for child 3, which waits for nobody\n");
    trace_free(trace);
    snapshot_release(&snapshot);
}

#endif
