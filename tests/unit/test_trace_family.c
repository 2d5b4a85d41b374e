// SPDX-License-Identifier: MIT
/*
 * test_trace_family.c - does the parser find out who made whom, and under
 * which pid?
 */
#include <signal.h>
#include <stdio.h>

#include "trace_evidence.h"

Test(trace, pipeline_is_a_parent_and_two_commands)
{
    struct trace *trace = recorded("pipeline");

    cr_assert_eq(trace->process_count, 3, "neither bwrap nor init");
    expect_process(trace, 0, 2, -1, PROGRAM);
    expect_process(trace, 1, 3, 0, "/usr/bin/echo");
    expect_process(trace, 2, 4, 0, "/usr/bin/cat");
    cr_expect(trace->processes[1].waited_for && trace->processes[1].own_child);
    cr_expect_eq(count_unwaited(trace), 0);
    cr_expect_eq(trace_process_by_pid(trace, 4), 2);
    cr_expect_eq(trace_process_by_pid(trace, 1), -1);
    cr_expect_str_eq(trace->events[0].name, "execve");
    trace_free(trace);
}

Test(trace, spawned_shell_has_children_of_its_own)
{
    struct trace *trace = recorded("spawn");

    cr_assert_eq(trace->process_count, 5);
    expect_process(trace, 1, 3, 0, "/usr/bin/sh");
    expect_process(trace, 2, 4, 1, "/usr/bin/sh");
    expect_process(trace, 4, 6, 0, PROGRAM); /* its execve failed */
    cr_expect(trace->processes[1].own_child);
    cr_expect_not(trace->processes[2].own_child);
    cr_expect_eq(trace->processes[4].exit_status, 127);
    trace_free(trace);
}

Test(trace, vforked_child_speaks_before_its_parent)
{
    struct trace *trace = recorded("vfork");

    cr_assert_eq(trace->process_count, 3);
    expect_process(trace, 1, 3, 0, "/usr/bin/sleep");
    expect_process(trace, 2, 4, 0, PROGRAM);
    cr_expect_eq(trace->processes[2].exit_status, 7);
    cr_expect_eq(count_unwaited(trace), 0);
    trace_free(trace);
}

Test(trace, child_of_an_unfinished_vfork_has_a_parent_but_no_pid)
{
    struct trace *trace = recorded("vfork_killed");

    cr_assert_eq(trace->process_count, 2);
    expect_process(trace, 1, 0, 0, PROGRAM);
    cr_expect_eq(count_unwaited(trace), 0);
    trace_free(trace);
}

Test(trace, threads_are_no_children)
{
    struct trace *trace = recorded("threads");

    cr_assert_eq(trace->process_count, 4);
    cr_expect(trace->processes[1].thread && trace->processes[2].thread);
    cr_expect_eq(trace->processes[2].leader, 0);
    expect_process(trace, 3, 5, 2, PROGRAM); /* forked by a thread, */
    cr_expect_not(trace->processes[3].thread);
    cr_expect(trace->processes[3].waited_for); /* waited for by another */
    cr_expect_eq(count_unwaited(trace), 0);
    trace_free(trace);
}

Test(trace, execve_of_a_thread_continues_as_its_leader)
{
    struct trace *trace = recorded("thread_exec");
    const struct trace_event *event = call(trace, "execve", 1);

    cr_assert_eq(trace->process_count, 2);
    cr_expect_eq(event->process, 0);
    cr_expect(event->finished && event->error == NULL && event->result == 0);
    expect_process(trace, 0, 2, -1, "/usr/bin/true");
    cr_expect(trace->processes[1].ended);
    trace_free(trace);
}

Test(trace, children_killed_at_birth_are_paired)
{
    struct trace *trace = recorded("killed_early");

    cr_assert_eq(trace->process_count, 21);
    for (int i = 1; i <= 20; i++) {
        expect_process(trace, i, i + 2, 0, PROGRAM);
        cr_expect_eq(trace->processes[i].killed_by, i % 2 ? SIGKILL : 0);
        cr_expect_eq(trace->processes[i].exit_status, i % 2 ? -1 : i - 1);
    }
    trace_free(trace);
}

/* Hundreds of processes, made by many at once: in this log two numbers stand
 * in one order outside and in the other inside.  Each said its own pid. */
Test(trace, storm_of_forks_is_paired_without_a_fault)
{
    struct trace *trace = recorded("storm");
    size_t told = 0;

    for (size_t i = 0; i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];
        const struct trace_process *process = &trace->processes[event->process];

        if (strcmp(event->name, "getpid") != 0 || !event->finished ||
            process->killed_by != 0)
            continue;
        told++;
        cr_expect_eq(process->pid, event->result, "host %d is %ld, not %d",
                     process->host_pid, event->result, process->pid);
    }
    cr_expect_gt(told, 100);
    trace_free(trace);
}

Test(trace, child_without_a_line_does_not_shift_the_others)
{
    struct trace *trace =
        written(ENTRY "102   clone(flags=SIGCHLD) = 3\n"
                      "102   wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == "
                      "SIGKILL}], 0, NULL) = 3\n"
                      "102   clone(flags=SIGCHLD) = 4\n"
                      "102   clone(flags=SIGCHLD) = 5\n"
                      "105   +++ exited with 7 +++\n"
                      "104   +++ exited with 6 +++\n"
                      "102   wait4(5, NULL, 0, NULL) = 5\n");

    cr_assert_eq(trace->process_count, 3);
    expect_process(trace, 1, 4, 0, PROGRAM);
    expect_process(trace, 2, 5, 0, PROGRAM);
    cr_expect_not(trace->processes[1].waited_for);
    cr_expect(trace->processes[2].waited_for);
    trace_free(trace);
}

Test(trace, status_tells_which_child_had_no_line)
{
    static const char *const reports[] = {
        "102   wait4(3, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}], 0, NULL) "
        "= 3\n",
        "102   waitid(P_PID, 3, {si_signo=SIGCHLD, si_code=CLD_KILLED, "
        "si_pid=3, si_status=SIGKILL}, WEXITED, NULL) = 0\n",
        "102   --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=3, "
        "si_uid=1000, si_status=SIGKILL, si_utime=0} ---\n",
    };

    for (size_t i = 0; i < LENGTH(reports); i++) {
        char *text = xformat(ENTRY "102   clone(flags=SIGCHLD) = 3\n"
                                   "102   clone(flags=SIGCHLD) = 4\n"
                                   "104   +++ exited with 6 +++\n%s",
                             reports[i]);
        struct trace *trace = written(text);

        cr_assert_eq(trace->process_count, 2);
        expect_process(trace, 1, 4, 0, PROGRAM);
        trace_free(trace);
        free(text);
    }
}

Test(trace, who_was_waited_for_had_ended_before)
{
    struct trace *trace = written(ENTRY "102   clone(flags=SIGCHLD) = 3\n"
                                        "102   clone(flags=SIGCHLD) = 4\n"
                                        "104   pipe2([3, 4], 0) = 0\n"
                                        "102   wait4(3, NULL, 0, NULL) = 3\n"
                                        "104   +++ exited with 0 +++\n");

    cr_assert_eq(trace->process_count, 2);
    expect_process(trace, 1, 4, 0, PROGRAM);
    trace_free(trace);
}

Test(trace, failed_fork_makes_nothing)
{
    struct trace *trace =
        written(ENTRY "102   clone(flags=SIGCHLD) = -1 EAGAIN (No)\n"
                      "102   clone(flags=SIGCHLD) = ? ERESTARTNOINTR (To)\n"
                      "102   clone(flags=SIGCHLD) = 3\n"
                      "103   +++ exited with 0 +++\n");

    cr_assert_eq(trace->process_count, 2);
    expect_process(trace, 1, 3, 0, PROGRAM);
    trace_free(trace);
}

/* One of four that were made at once was first inside and last outside. */
Test(trace, numbers_in_another_order_are_found_by_what_became_of_them)
{
    struct trace *trace = written(
        ENTRY "102   clone(flags=SIGCHLD) = 4\n"
              "102   clone(flags=SIGCHLD) = 5\n"
              "102   clone(flags=SIGCHLD) = 6\n"
              "102   clone(flags=SIGCHLD) = 3\n"
              "103   +++ exited with 14 +++\n104   +++ exited with 15 +++\n"
              "105   +++ exited with 16 +++\n106   +++ exited with 13 +++\n"
              "102   wait4(-1, [{WEXITSTATUS(s) == 13}], 0, NULL) = 3\n"
              "102   wait4(-1, [{WEXITSTATUS(s) == 14}], 0, NULL) = 4\n"
              "102   wait4(-1, [{WEXITSTATUS(s) == 15}], 0, NULL) = 5\n"
              "102   wait4(-1, [{WEXITSTATUS(s) == 16}], 0, NULL) = 6\n");

    cr_assert_eq(trace->process_count, 5);
    for (int i = 1; i <= 4; i++)
        cr_expect_eq(trace->processes[i].pid + 10,
                     trace->processes[i].exit_status);
    trace_free(trace);
}

Test(trace, anchors_may_cross)
{
    struct trace *trace = written(ENTRY "102   clone(flags=SIGCHLD) = 4\n"
                                        "102   clone(flags=SIGCHLD) = 5\n"
                                        "102   clone(flags=SIGCHLD) = 3\n"
                                        "103   set_tid_address(0x1) = 4\n"
                                        "104   +++ exited with 0 +++\n"
                                        "105   set_tid_address(0x1) = 3\n");

    cr_assert_eq(trace->process_count, 4);
    expect_process(trace, 1, 4, 0, PROGRAM);
    expect_process(trace, 2, 5, 0, PROGRAM);
    expect_process(trace, 3, 3, 0, PROGRAM);
    trace_free(trace);
}

/* Of a process that SIGKILL hits within a call, strace may log what was
 * another's result. */
Test(trace, number_of_another_process_is_no_anchor)
{
    struct trace *trace =
        written(ENTRY "102   clone(flags=SIGCHLD) = 3\n"
                      "102   clone(flags=SIGCHLD) = 4\n"
                      "103   set_tid_address(0x1 <unfinished ...>\n"
                      "103   <... set_tid_address resumed>) = 4\n"
                      "103   +++ killed by SIGKILL +++\n"
                      "104   +++ exited with 0 +++\n"
                      "102   wait4(4, [{WEXITSTATUS(s) == 0}], 0, NULL) = 4\n");

    cr_assert_eq(trace->process_count, 3);
    expect_process(trace, 1, 3, 0, PROGRAM);
    expect_process(trace, 2, 4, 0, PROGRAM);
    trace_free(trace);
}

Test(trace, init_need_not_tell_its_number)
{
    struct trace *trace = written(
        "100   clone(child_stack=NULL, flags=CLONE_NEWPID|SIGCHLD) = 101\n"
        "101   clone(child_stack=NULL, flags=SIGCHLD) = 2\n"
        "102   execve(\"" PROGRAM "\", [\"pipe\"], 0x1) = 0\n"
        "102   clone(child_stack=NULL, flags=SIGCHLD) = 3\n"
        "103   +++ exited with 0 +++\n");

    cr_assert_eq(trace->process_count, 2);
    expect_process(trace, 0, 2, -1, PROGRAM);
    expect_process(trace, 1, 3, 0, PROGRAM);
    trace_free(trace);
}

Test(trace, numbers_may_begin_anew)
{
    struct trace *trace = written(
        "32766 set_tid_address(0x1) = 32766\n"
        "32766 clone(child_stack=NULL, flags=CLONE_NEWPID|SIGCHLD) = 32767\n"
        "32767 set_tid_address(0x1) = 1\n"
        "32767 clone(child_stack=NULL, flags=SIGCHLD) = 2\n"
        "300   execve(\"" PROGRAM "\", [\"pipe\"], 0x1) = 0\n"
        "300   clone(flags=SIGCHLD) = 3\n"
        "301   +++ exited with 0 +++\n");

    cr_assert_eq(trace->process_count, 2);
    expect_process(trace, 0, 2, -1, PROGRAM);
    expect_process(trace, 1, 3, 0, PROGRAM);
    trace_free(trace);
}

Test(trace, several_programs_in_one_world_are_roots)
{
    struct trace *trace = recorded("storm");
    size_t roots = 0;

    for (size_t i = 0; i < trace->process_count; i++)
        roots += trace->processes[i].parent == -1;
    cr_expect_eq(roots, 4);
    trace_free(trace);
}

Test(trace, family_of_one_program_can_be_kept)
{
    struct trace *whole = recorded("storm"), *trace = recorded("storm");
    int second = 1;
    size_t kin = 0, events = 0;

    while (whole->processes[second].parent != -1)
        second++;
    trace_keep_family(trace, whole->processes[second].pid);
    cr_assert_gt(trace->process_count, 0);
    cr_expect_lt(trace->process_count, whole->process_count);
    cr_expect_eq(trace->processes[0].pid, whole->processes[second].pid);
    for (size_t i = 0; i < trace->process_count; i++)
        kin += (trace->processes[i].parent == -1) == (i == 0) &&
               trace->processes[i].parent < (int)i;
    cr_expect_eq(kin, trace->process_count,
                 "one root, parents before children");
    for (size_t i = 0; i < trace->event_count; i++)
        events += trace->events[i].process < (int)trace->process_count;
    cr_expect_eq(events, trace->event_count);
    trace_keep_family(trace, 1);
    cr_expect_eq(trace->process_count + trace->event_count, 0, "no such root");
    trace_free(trace);
    trace_free(whole);
}

Test(trace, basic_sandbox_speaks_of_host_pids)
{
    struct trace *trace = recorded_of("basic_pipeline", "/stage/kit/pipe");

    cr_assert_eq(trace->process_count, 3);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(trace->processes[i].pid, trace->processes[i].host_pid);
    cr_expect_eq(trace->processes[0].parent, -1);
    cr_expect_eq(trace->processes[2].parent, 0);
    cr_expect_str_eq(trace->processes[2].program, "/usr/bin/cat");
    cr_expect_eq(count_unwaited(trace), 0);
    trace_free(trace);
    trace = recorded_of("basic_unreaped", "/stage/kit/pipe");
    cr_expect_eq(trace_unwaited(trace, 0), 1);
    cr_expect_eq(count_unwaited(trace), 1);
    trace_free(trace);
}

Test(trace, own_program_run_again_is_own_code)
{
    struct trace *trace =
        written(ENTRY "102   execve(\"/bin/sh\", [\"sh\"], 0x1) = 0\n"
                      "102   clone(flags=SIGCHLD) = 3\n"
                      "103   execve(\"" PROGRAM "\", [\"pipe\"], 0x1) = 0\n"
                      "103   execve(\"/proc/self/exe\", [\"x\"], 0x1) = 0\n"
                      "103   execve(\"/no\", [\"x\"], 0x1) = -1 ENOENT (No)\n");

    expect_process(trace, 0, 2, -1, "/bin/sh");
    expect_process(trace, 1, 3, 0, PROGRAM);
    cr_expect_not(trace->processes[1].own_child);
    trace_free(trace);
}

/* Ten times the lines may not take a hundred times as long; the deadline is far
 * above what a slow machine needs, and far below what a square would. */
Test(trace, long_logs_are_parsed_in_linear_time, .timeout = 300)
{
    size_t lines = 200000;
    char *text = xcalloc(lines + 10, 80);
    char *end = stpcpy(text, ENTRY);

    for (size_t i = 0; i < lines; i += 4) {
        end +=
            snprintf(end, 80, "102   clone(flags=SIGCHLD) = %zu\n", i / 4 + 3);
        end +=
            snprintf(end, 80, "%zu read(0,  <unfinished ...>\n", i / 4 + 103);
        end = stpcpy(end, "102   wait4(-1,  <unfinished ...>\n");
        end += snprintf(end, 80, "%zu <... read resumed>\"x\", 9) = 1\n",
                        i / 4 + 103);
    }
    struct trace *trace = trace_parse(text, (size_t)(end - text), PROGRAM);
    cr_expect_eq(trace->process_count, lines / 4 + 1);
    cr_expect_eq(trace_count(trace, "read", -1), lines / 4);
    trace_free(trace);
    free(text);
}
