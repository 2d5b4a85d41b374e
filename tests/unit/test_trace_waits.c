// SPDX-License-Identifier: MIT
/*
 * test_trace_waits.c - does the parser know which children were waited for,
 * and which should have been?
 */
#include "trace_evidence.h"

Test(trace, unreaped_child_is_found)
{
    struct trace *trace = recorded("unreaped");

    cr_expect_eq(trace_unwaited(trace, 0), 1);
    cr_expect_eq(count_unwaited(trace), 1);
    cr_expect(trace->processes[2].waited_for);
    trace_free(trace);
}

Test(trace, orphan_that_outlives_its_parent_was_not_waited_for)
{
    struct trace *trace = recorded("orphan");

    cr_expect_eq(trace_unwaited(trace, 0), 1);
    trace_free(trace);
}

Test(trace, ignored_sigchld_needs_no_wait)
{
    struct trace *trace = recorded("sigchld_ignored");

    cr_expect(trace->processes[1].reaped_by_kernel);
    cr_expect_eq(count_unwaited(trace), 0);
    trace_free(trace);
    trace = written(ENTRY
                    "102   rt_sigaction(SIGCHLD, {sa_handler=0x1, sa_mask=[], "
                    "sa_flags=SA_RESTORER|SA_NOCLDWAIT, sa_restorer=0x2}, "
                    "{sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, 8) = 0\n"
                    "102   clone(flags=SIGCHLD) = 3\n"
                    "103   +++ exited with 0 +++\n");
    cr_expect_eq(count_unwaited(trace), 0);
    trace_free(trace);
}

Test(trace, what_sigaction_replaced_does_not_count)
{
    struct trace *trace = written(
        ENTRY "102   rt_sigaction(SIGCHLD, {sa_handler=SIG_DFL, sa_mask=[], "
              "sa_flags=0}, {sa_handler=SIG_IGN, sa_mask=[], sa_flags=0}, 8) "
              "= 0\n"
              "102   clone(flags=SIGCHLD) = 3\n"
              "103   +++ exited with 0 +++\n");

    cr_expect_eq(count_unwaited(trace), 1);
    trace_free(trace);
}

Test(trace, report_of_a_stop_is_no_reaping)
{
    struct trace *trace = recorded("stop");

    cr_expect(trace->processes[1].waited_for);
    cr_expect_not(trace->processes[1].stopped);
    trace_free(trace);
    trace = written(ENTRY "102   clone(flags=SIGCHLD) = 3\n"
                          "103   --- stopped by SIGSTOP ---\n"
                          "102   wait4(3, NULL, WSTOPPED, NULL) = 3\n"
                          "103   +++ killed by SIGKILL +++\n"
                          "102   +++ exited with 0 +++\n");
    cr_expect_not(trace->processes[1].waited_for);
    cr_expect_eq(count_unwaited(trace), 1);
    trace_free(trace);
}

Test(trace, waitid_counts_but_not_a_mere_look)
{
    struct trace *trace = recorded("waitid");

    cr_assert_eq(trace->process_count, 4);
    for (int i = 1; i < 4; i++)
        cr_expect(trace->processes[i].waited_for, "#%d", i);
    trace_free(trace);
    trace = written(ENTRY "102   clone(flags=SIGCHLD) = 3\n"
                          "103   +++ exited with 0 +++\n"
                          "102   waitid(P_PID, 3, {si_signo=SIGCHLD, "
                          "si_code=CLD_EXITED, si_pid=3, si_status=0}, "
                          "WEXITED|WNOWAIT, NULL) = 0\n");
    cr_expect_eq(count_unwaited(trace), 1);
    trace_free(trace);
}

Test(trace, children_of_commands_are_not_the_students_concern)
{
    struct trace *trace =
        written(ENTRY "102   clone(flags=SIGCHLD) = 3\n"
                      "103   execve(\"/bin/sh\", [\"sh\"], 0x1) = 0\n"
                      "103   clone(flags=SIGCHLD) = 4\n"
                      "104   +++ exited with 0 +++\n"
                      "103   +++ exited with 0 +++\n"
                      "102   wait4(3, NULL, 0, NULL) = 3\n"
                      "102   +++ exited with 0 +++\n");

    cr_assert_eq(trace->process_count, 3);
    cr_expect_not(trace->processes[2].waited_for);
    cr_expect_eq(count_unwaited(trace), 0);
    trace_free(trace);
}
