// SPDX-License-Identifier: MIT
/*
 * test_trace.c - does the parser read lines right, and answer questions?
 */
#include <signal.h>
#include <stdint.h>

#include "trace_evidence.h"

/* ---- Lines --------------------------------------------------------------- */

Test(trace, empty_and_foreign_logs_hold_nothing)
{
    struct trace *trace = trace_parse("", 0, PROGRAM);

    cr_expect_eq(trace->event_count, 0);
    cr_expect_eq(trace->process_count, 0);
    trace_free(trace);
    trace = written("strace: hello\n[ Process PID=1 runs in 32 bit mode. ]\n"
                    "\n12\n12 \n-5 pause() = 0\n99999999999 pause() = 0\n");
    cr_expect_eq(trace->event_count, 0);
    trace_free(trace);
    trace_free(NULL);
}

Test(trace, call_is_split_into_name_arguments_and_result)
{
    struct trace *trace =
        written(ENTRY "102   fcntl(4, F_GETFL)     = 0x18800 (flags O_RDONLY)\n"
                      "102   umask(022)            = 002\n"
                      "102   dup2(3, 1)            = 1\n");

    cr_expect_str_eq(call(trace, "fcntl", 0)->args, "4, F_GETFL");
    cr_expect_eq(call(trace, "fcntl", 0)->result, 0x18800);
    cr_expect_eq(call(trace, "umask", 0)->result, 2);
    const struct trace_event *event = call(trace, "dup2", 0);
    cr_expect(event->finished && event->error == NULL);
    cr_expect_eq(event->result, 1);
    cr_expect_eq(event->begun, 8);
    cr_expect_eq(event->ended, 8);
    trace_free(trace);
}

Test(trace, strings_may_hold_what_looks_like_a_result)
{
    struct trace *trace = written(
        ENTRY "102   write(1, \"a\\\") = 9 <unfinished ...>\", 20) = 20\n"
              "102   write(1, \"({[\"..., 128) = -1 EPIPE (Broken pipe)\n"
              "102   poll([{fd=3}], 1, -1) = 1 ([{fd=3, revents=POLLIN}])\n");

    cr_expect_eq(call(trace, "write", 0)->result, 20);
    cr_expect_str_eq(call(trace, "write", 1)->error, "EPIPE");
    cr_expect_eq(call(trace, "write", 1)->result, -1);
    cr_expect_eq(call(trace, "poll", 0)->result, 1);
    trace_free(trace);
}

Test(trace, unbalanced_brackets_end_at_the_last_result)
{
    struct trace *trace = written(ENTRY "102   odd([1, 2) = 7\n");

    cr_expect_str_eq(call(trace, "odd", 0)->args, "[1, 2");
    cr_expect_eq(call(trace, "odd", 0)->result, 7);
    trace_free(trace);
}

Test(trace, injected_failures_and_delays_are_marked)
{
    struct trace *trace = recorded("inject");
    const struct trace_event *event = call(trace, "clone", 1);

    cr_expect(event->injected && !event->delayed);
    cr_expect_str_eq(event->error, "EAGAIN");
    cr_expect_eq(trace_count(trace, "clone", -1), 2);
    cr_expect_not(call(trace, "clone", 0)->injected);
    trace_free(trace);
    trace = recorded("delay");
    cr_expect(call(trace, "clone", 0)->delayed);
    cr_expect_not(call(trace, "clone", 0)->injected);
    cr_expect_eq(call(trace, "clone", 0)->result, 3);
    trace_free(trace);
    trace = recorded("inject_delay");
    cr_expect(call(trace, "pipe2", 0)->delayed);
    cr_expect(call(trace, "pipe2", 0)->injected);
    trace_free(trace);
}

Test(trace, call_in_two_parts_is_one_event)
{
    struct trace *trace = recorded("pipeline");
    const struct trace_event *event = call(trace, "wait4", 0);

    cr_expect_str_eq(event->args, "3, NULL, 0, NULL");
    cr_expect_eq(event->result, 3);
    cr_expect_lt(event->begun, event->ended);
    trace_free(trace);
}

Test(trace, resumption_without_a_beginning_is_skipped)
{
    struct trace *trace = written(ENTRY "102   <... read resumed>\"\", 1) = 0\n"
                                        "102   pause( <unfinished ...>\n"
                                        "102   <... read resumed>\"\", 1) = 0\n"
                                        "102   <... pause resumed>) = 0\n");

    cr_expect_eq(trace_find(trace, 0, "read", -1), trace->event_count);
    cr_expect(call(trace, "pause", 0)->finished);
    trace_free(trace);
}

Test(trace, call_cut_off_by_death_stays_unfinished)
{
    struct trace *trace = recorded("hang_killed");
    const struct trace_event *event = call(trace, "wait4", 0);

    cr_expect_not(event->finished);
    cr_expect_str_eq(event->args, "-1, ");
    cr_expect_eq(event->ended, SIZE_MAX);
    cr_expect_eq(trace->processes[0].killed_by, SIGKILL);
    trace_free(trace);
    trace = written(ENTRY "102   exit_group(0)     = ?\n"
                          "103   read(0, 0x1, 1)   = ? <unavailable>\n");
    cr_expect_not(call(trace, "exit_group", 0)->finished);
    cr_expect_not(call(trace, "read", 0)->finished);
    trace_free(trace);
}

Test(trace, restarted_call_is_no_success)
{
    struct trace *trace = recorded("vfork");

    cr_expect_str_eq(call(trace, "wait4", 0)->error, "ERESTARTSYS");
    cr_expect_eq(trace_count(trace, "wait4", 0), 2);
    trace_free(trace);
}

Test(trace, ends_and_signals_are_events)
{
    struct trace *trace = recorded("killed");
    bool found = false;

    cr_expect_eq(trace->processes[0].exit_status, 0);
    cr_expect_eq(trace->processes[0].killed_by, 0);
    cr_expect_eq(trace->processes[1].killed_by, SIGKILL);
    cr_expect_eq(trace->processes[1].exit_status, -1);
    cr_expect_eq(trace->processes[2].killed_by, SIGABRT);
    for (size_t i = 0; i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];

        if (event->kind != TRACE_SIGNAL || event->process != 2)
            continue;
        found = true;
        cr_expect_str_eq(event->name, "SIGABRT");
        cr_expect_eq(event->result, SIGABRT);
        cr_expect_eq(strncmp(event->args, "{si_signo=SIGABRT", 17), 0);
    }
    cr_expect(found);
    trace_free(trace);
    trace = written(ENTRY "102   +++ killed by SIGSEGV (core dumped) +++\n");
    cr_expect_eq(trace->processes[0].killed_by, SIGSEGV);
    cr_expect(trace->processes[0].ended);
    trace_free(trace);
}

Test(trace, log_of_a_run_that_goes_on_ends_within_a_call)
{
    struct trace *trace = recorded("hang_live");
    const struct trace_event *event = call(trace, "wait4", 0);

    cr_expect_not(event->finished);
    cr_expect_str_eq(event->args, "-1, ");
    cr_expect_not(trace->processes[0].ended);
    trace_free(trace);
    trace = written(ENTRY "102   dup(1)       = 12");
    cr_expect_not(call(trace, "dup", 0)->finished, "12 may become 123");
    trace_free(trace);
    trace = written(ENTRY "102   +++ exited with 1");
    cr_expect_not(trace->processes[0].ended);
    trace_free(trace);
}

/* ---- Questions ----------------------------------------------------------- */

Test(trace, find_and_count_know_names_and_processes)
{
    struct trace *trace = recorded("pipeline");

    cr_expect_eq(trace_count(trace, "pipe,pipe2", -1), 1);
    cr_expect_eq(trace_count(trace, "pipe", -1), 0);
    cr_expect_eq(trace_count(trace, "dup2", 0), 0);
    cr_expect_eq(trace_count(trace, "dup2", 1), 1);
    cr_expect_eq(trace_count(trace, "dup2", -1), 2);
    cr_expect_eq(trace_count(trace, "clone3,clone", 0), 2);
    size_t first = trace_find(trace, 0, NULL, 2);
    cr_expect_str_eq(trace->events[first].name, "dup2");
    cr_expect_eq(trace_find(trace, trace->event_count, NULL, -1),
                 trace->event_count);
    trace_free(trace);
}

Test(trace, before_compares_a_result_with_an_entry)
{
    struct trace *trace = written(ENTRY "102   pipe2([3, 4], 0) = 0\n"
                                        "102   wait4(-1,  <unfinished ...>\n"
                                        "103   dup(1) = 5\n"
                                        "102   <... wait4 resumed>) = 3\n"
                                        "102   pause( <unfinished ...>\n"
                                        "103   close(5) = 0\n");
    const struct trace_event *pipe = call(trace, "pipe2", 0);
    const struct trace_event *wait = call(trace, "wait4", 0);
    const struct trace_event *dup = call(trace, "dup", 0);
    const struct trace_event *close = call(trace, "close", 0);

    cr_expect(trace_before(pipe, wait));
    cr_expect_not(trace_before(wait, pipe));
    cr_expect_not(trace_before(wait, dup), "wait4 was still going on");
    cr_expect_not(trace_before(dup, wait), "wait4 had begun before");
    cr_expect(trace_before(wait, close));
    cr_expect_not(trace_before(call(trace, "pause", 0), close));
    trace_free(trace);
}

Test(trace, arguments_are_split_at_the_outer_commas)
{
    struct trace *trace =
        written(ENTRY "102   f({a=[1, 2], b=\"x, \\\"y)\"}, 0x1 /* 2, v */,  "
                      "g(1, 2) => {t=[3]}, A|B) = 0\n"
                      "102   pause() = 0\n");
    const struct trace_event *event = call(trace, "f", 0);
    char buffer[64];

    cr_expect_str_eq(trace_arg(event, 0, buffer, 64),
                     "{a=[1, 2], b=\"x, \\\"y)\"}");
    cr_expect_str_eq(trace_arg(event, 1, buffer, 64), "0x1 /* 2, v */");
    cr_expect_str_eq(trace_arg(event, 2, buffer, 64), "g(1, 2) => {t=[3]}");
    cr_expect_str_eq(trace_arg(event, 3, buffer, 64), "A|B");
    cr_expect_str_eq(trace_arg(event, 3, buffer, 2), "A");
    cr_expect_null(trace_arg(event, 4, buffer, 64));
    cr_expect_null(trace_arg(call(trace, "pause", 0), 0, buffer, 64));
    trace_free(trace);
}

Test(trace, timers_are_noticed)
{
    struct trace *trace = recorded("timer");

    cr_expect(trace_has_timer(trace));
    trace_free(trace);
    trace = recorded("pipeline");
    cr_expect_not(trace_has_timer(trace));
    trace_free(trace);
    trace = written(ENTRY "102   alarm(0) = 0\n"
                          "102   setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], "
                          "4) = 0\n"
                          "102   setitimer(9, 0x1, 0x1) = -1 EINVAL (No)\n");
    cr_expect_not(trace_has_timer(trace));
    trace_free(trace);
    trace = written(ENTRY "102   setsockopt(3, SOL_SOCKET, SO_RCVTIMEO_OLD, "
                          "\"x\", 16) = 0\n");
    cr_expect(trace_has_timer(trace));
    trace_free(trace);
}

Test(trace, stopped_is_what_the_last_line_says)
{
    struct trace *trace = recorded("stopped_live");

    cr_expect(trace_is_stopped(trace, trace->processes[1].host_pid));
    cr_expect_not(trace_is_stopped(trace, trace->processes[0].host_pid));
    cr_expect_not(trace_is_stopped(trace, 1));
    trace_free(trace);
    trace = recorded("stop");
    cr_expect_not(trace_is_stopped(trace, trace->processes[1].host_pid));
    trace_free(trace);
}
