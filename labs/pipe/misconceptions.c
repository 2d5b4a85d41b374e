// SPDX-License-Identifier: MIT
/*
 * misconceptions.c - the beliefs behind wrong answers to the pipe lab.
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

static bool is_held_by(const struct autopsy_wait *wait, enum autopsy_who who)
{
    return autopsy_holder(wait, who) != NULL;
}

static const struct autopsy_wait *first_wait(const struct autopsy *autopsy)
{
    return autopsy->count > 0 && autopsy->waits[0].first ? &autopsy->waits[0]
                                                         : NULL;
}

static bool parent_waits_for_children(const struct autopsy *autopsy)
{
    const struct autopsy_wait *first = first_wait(autopsy);

    return first && first->object == OBJECT_CHILD;
}

/* Whether the program's first process is one of those who could end WAIT. */
MATCH(first_holds)
{
    const struct autopsy_wait *first = first_wait(autopsy);

    for (size_t i = 0; first && i < wait->holder_count; i++)
        if (wait->holders[i].pid == first->pid)
            return true;
    return false;
}

/* Whether a command holds the other end where none belongs: above 2. */
static bool others_hold_strays(const struct autopsy_wait *wait)
{
    for (size_t i = 0; i < wait->holder_count; i++)
        if (!wait->holders[i].own_code && wait->holders[i].fd > 2)
            return true;
    return false;
}

static bool holds(struct bytes bytes, const char *text)
{
    return bytes.data && strstr(bytes.data, text) != NULL;
}

/* ---- Hangs -------------------------------------------------------------- */

MATCH(reads_own_pipe)
{
    return is_pipe(wait, true) && wait->own_code &&
           is_held_by(wait, WHO_ITSELF);
}

WHEN(child_keeps_write_end)
{
    return find_wait(failure, wait, reads_own_pipe);
}

MATCH(reads_what_parent_holds)
{
    return is_pipe(wait, true) && !wait->first && first_holds(wait, autopsy) &&
           !others_hold_strays(wait) && parent_waits_for_children(autopsy);
}

WHEN(parent_keeps_write_end)
{
    return find_wait(failure, wait, reads_what_parent_holds);
}

/* A command that its neighbours keep from seeing end-of-file or SIGPIPE. */
MATCH(waits_for_neighbour)
{
    return wait->object == OBJECT_PIPE && !wait->first &&
           (others_hold_strays(wait) || is_held_by(wait, WHO_ITSELF));
}

WHEN(stage_inherits_pipe)
{
    if (find_wait(failure, wait, waits_for_neighbour))
        return true;
    return is_run(failure, "fdprobe") && is_run(failure, "run") &&
           failure->kind == FAILED_OTHER;
}

/* The parent waits for a child that waits for a partner not yet started. */
MATCH(waits_for_a_later_stage)
{
    return (wait->object == OBJECT_FIFO || is_pipe(wait, false)) &&
           !wait->first && parent_waits_for_children(autopsy);
}

/* Children of the first process, dead or alive. */
static int count_children(const struct trace *trace)
{
    int count = 0;

    for (size_t i = 0; trace && i < trace->process_count; i++)
        count += trace->processes[i].parent == 0 && !trace->processes[i].thread;
    return count;
}

WHEN(stages_one_after_another)
{
    return count_children(run_trace(failure->run)) == 1 &&
           find_wait(failure, wait, waits_for_a_later_stage);
}

/* The same with a read end: "yes" writes to a pipe that the parent could read
 * but never will. */
MATCH(writes_to_parent)
{
    return is_pipe(wait, false) && !wait->first && first_holds(wait, autopsy) &&
           parent_waits_for_children(autopsy);
}

WHEN(parent_keeps_read_end)
{
    return find_wait(failure, wait, writes_to_parent);
}

MATCH(parent_writes)
{
    return is_pipe(wait, false) && wait->own_code && wait->holder_count > 0;
}

WHEN(blocking_write_after_poll)
{
    return find_wait(failure, wait, parent_writes) &&
           called(failure,
                  "poll,ppoll,select,pselect6,epoll_wait,epoll_pwait,"
                  "epoll_pwait2",
                  "");
}

WHEN(write_all_then_read)
{
    return run_end(failure->run) == RUN_DEADLOCKED &&
           find_wait(failure, wait, parent_writes);
}

MATCH(waits_for_tester)
{
    return is_held_by(wait, WHO_TESTER) && wait->reads;
}

WHEN(waits_for_idle_stdin)
{
    return find_wait(failure, wait, waits_for_tester);
}

/* It spins, and not because there is no child left to wait for. */
WHEN(eof_ignored)
{
    return run_end(failure->run) == RUN_SPINNING &&
           count_calls(failure, "wait4,waitid", "", "ECHILD") < 2;
}

/* ---- Status, output, messages -------------------------------------------- */

WHEN(died_of_sigpipe)
{
    return failure->kind == FAILED_STATUS &&
           run_end(failure->run) == RUN_SIGNALED &&
           run_exit_status(failure->run) == 128 + SIGPIPE;
}

/* All that was written is right as far as it goes: reading stopped early.  If
 * it was the child that stopped, the parent's next write may fail, or come too
 * soon to. */
WHEN(stopped_reading)
{
    struct bytes output = run_output(failure->run);
    return failure->kind == FAILED_OUTPUT && output.size > 0 &&
           output.size <= 8;
}

WHEN(was_interrupted)
{
    const struct autopsy_wait *none = NULL;

    return holds(run_errors(failure->run), "Interrupted system call") ||
           (run_exit_status(failure->run) > 0 &&
            !stopped_reading(failure, &none));
}

WHEN(took_eintr_for_eof)
{
    return failure->kind == FAILED_OUTPUT && saw(failure, EXPECT_CUT_SHORT);
}

WHEN(lost_bytes)
{
    return failure->kind == FAILED_OUTPUT &&
           run_output(failure->run).size > 0 && !saw(failure, EXPECT_CUT_SHORT);
}

/* "a", a NUL and "b"; or so much of any bytes that some must be NUL. */
WHEN(stopped_at_nul)
{
    struct bytes output = run_output(failure->run);
    return failure->kind == FAILED_OUTPUT && output.size > 0 &&
           (output.data[0] == 'A' || output.size > 4096) &&
           memchr(output.data, 0, output.size) == NULL;
}

WHEN(no_second_process)
{
    return failure->kind == FAILED_OTHER;
}

WHEN(left_a_child)
{
    return left_process(failure);
}

WHEN(printed_twice)
{
    return failure->kind == FAILED_OTHER;
}

WHEN(took_the_last_to_end)
{
    return is_run(failure, "outlive") &&
           (run_exit_status(failure->run) == 9 ||
            run_exit_status(failure->run) == 128 + SIGPIPE);
}

WHEN(closed_by_exec)
{
    return is_run(failure, "hi") &&
           holds(run_errors(failure->run), "Bad file descriptor");
}

static bool exec_failed(const struct failure *failure)
{
    return is_run(failure, "no-such") || is_run(failure, "/etc/passwd");
}

WHEN(exec_error_unnamed)
{
    return exec_failed(failure) && failure->kind == FAILED_ERRORS;
}

/* The child went on as a second parent: forks of its own, or its status. */
WHEN(exec_falls_through)
{
    return exec_failed(failure) && failure->kind == FAILED_STATUS &&
           run_exit_status(failure->run) == 0;
}

WHEN(exec_status_wrong)
{
    return exec_failed(failure) && failure->kind == FAILED_STATUS;
}

WHEN(status_as_stored)
{
    return failure->kind == FAILED_STATUS &&
           (is_run(failure, "kill -9 $$") || is_run(failure, "exit 7"));
}

WHEN(lost_at_hangup)
{
    return is_run(failure, "filter") && failure->kind == FAILED_OUTPUT &&
           called(failure, "poll,ppoll,epoll_wait,epoll_pwait,epoll_pwait2",
                  "");
}

WHEN(sigpipe_left_ignored)
{
    return is_run(failure, "fdprobe") && failure->kind == FAILED_OTHER &&
           strstr(failure->seen, "SIGPIPE") != NULL;
}

WHEN(leaks_to_command)
{
    return is_run(failure, "fdprobe") && is_run(failure, "filter") &&
           failure->kind == FAILED_OTHER;
}

WHEN(made_a_file)
{
    return failure->kind == FAILED_FILES;
}

WHEN(counted_what_it_read)
{
    return is_run(failure, "unread") && failure->kind == FAILED_OTHER;
}

WHEN(ignored_closed_stdin)
{
    return (failure->kind == FAILED_STATUS || failure->kind == FAILED_ERRORS) &&
           failure->expected != NULL && run_args(failure->run)[0] != NULL &&
           run_output(failure->run).size == 0;
}

WHEN(wrote_to_full)
{
    return failure->kind == FAILED_STATUS && is_run(failure, "upper") &&
           run_exit_status(failure->run) == 0;
}

WHEN(tore_a_record)
{
    return saw(failure, "is torn");
}

WHEN(is_untouched)
{
    return holds(run_errors(failure->run), "Function not implemented");
}

WHEN(pipe_failed)
{
    return failure->kind == FAILED_STATUS || failure->kind == FAILED_ERRORS;
}

const struct misconception lab_misconceptions[] = {
    {"not_written_yet", NULL, is_untouched,
     "This exercise still has its TODO: start there."},

    /* Hangs: what the kernel showed leaves little to guess. */
    {"child_keeps_write_end",
     "upper_small upper_1mib upper_empty_eof "
     "short_io_and_eintr filter_1mib_both_ways filter_child_leaves",
     child_keeps_write_end,
     "{process} waits for end-of-file on a pipe whose write end it holds open "
     "itself, as descriptor {holder_fd}: a pipe ends when its last write end "
     "is closed."},
    {"waits_for_idle_stdin", NULL, waits_for_idle_stdin,
     "The command has ended, and {process} still waits for standard input that "
     "may never come: watch the command, not only the input."},
    {"parent_keeps_write_end", NULL, parent_keeps_write_end,
     "{process} never sees end-of-file: the parent still holds the write end "
     "of its input pipe, as descriptor {holder_fd}, and waits for it to end."},
    {"stages_one_after_another", NULL, stages_one_after_another,
     "{process} waits for a partner that has not been started: all stages must "
     "run at the same time, for a pipe holds only 64 KiB."},
    {"stage_inherits_pipes",
     "pipeline_three pipeline_early_reader "
     "pipeline_fd_hygiene pipeline_status no_zombie_no_leak pipe_and_fork_fail",
     stage_inherits_pipe,
     "A stage was started with pipe ends that belong to other stages: they "
     "keep those pipes open after their owners have gone."},
    {"keeps_read_end",
     "pipeline_three pipeline_early_reader "
     "pipeline_status",
     parent_keeps_read_end,
     "{process} gets no SIGPIPE: the parent still holds the read end of the "
     "pipe it writes to, as descriptor {holder_fd}, and never reads it."},
    {"blocking_write_after_poll", NULL, blocking_write_after_poll,
     "POLLOUT promises room for PIPE_BUF bytes, not for the whole buffer: "
     "{process} blocks in {call}({fd}) while CMD waits to be read."},
    {"write_all_then_read", NULL, write_all_then_read,
     "Deadlock: {process} is blocked writing to {holder}, which cannot go on "
     "until its own output is read: reading and writing must be interleaved."},
    {"eof_ignored_in_poll_loop", NULL, eof_ignored,
     "The program goes round and round without moving a byte: once a "
     "descriptor has reached end-of-file, poll reports it again at once, for "
     "ever."},

    /* upper */
    {"treats_data_as_string", "upper_small upper_1mib short_io_and_eintr",
     stopped_at_nul,
     "The output ends at the first NUL byte: read() gives bytes and a count, "
     "not a string."},
    {"no_child", "upper_small", no_second_process,
     "One process does all the work: the parent is to send the input through "
     "a pipe to a child, which converts and prints it."},
    {"killed_by_sigpipe", NULL, died_of_sigpipe,
     "SIGPIPE killed the program when its reader had gone: it must survive "
     "that and see EPIPE instead."},
    {"write_error_ignored", "upper_1mib", wrote_to_full,
     "The output could not be written and the exit status says that all went "
     "well: the parent must learn of the child's failure."},
    {"closed_stdin_ignored", "upper_empty_eof", ignored_closed_stdin,
     "Standard input is closed, which is not the same as empty: read() fails "
     "with EBADF, unless a new pipe has taken descriptor 0."},
    {"eintr_is_fatal", "short_io_and_eintr", was_interrupted,
     "EINTR means that a signal came in between, not that the call failed: "
     "call again."},
    {"short_read_is_eof", "short_io_and_eintr", stopped_reading,
     "A read() that brings less than was asked for is not the end of the "
     "input: only 0 is."},
    {"eintr_is_eof", "short_io_and_eintr", took_eintr_for_eof,
     "All bytes are right, but only as far as they go: EINTR from read() is no "
     "end of the input, only 0 is; call again."},
    {"short_write_ignored", "short_io_and_eintr", lost_bytes,
     "write() may accept fewer bytes than it was offered; the rest was never "
     "written."},

    /* run */
    {"status_of_last_reaped", "pipeline_early_reader pipeline_status",
     took_the_last_to_end,
     "The exit status is that of the stage that ended last; asked for is that "
     "of the last stage of the line."},
    {"same_descriptor_cloexec", "pipeline_status", closed_by_exec,
     "With standard input closed, pipe() returned descriptor 0 itself: dup2() "
     "of a descriptor to itself does nothing, and does not clear "
     "close-on-exec."},
    {"exec_error_unnamed", "pipeline_status", exec_error_unnamed,
     "A command that cannot be executed is to be reported as \"pipe: CMD: "
     "reason\", CMD being what was asked for."},
    {"exec_failure_falls_through", "pipeline_status", exec_falls_through,
     "exec returns only when it has failed, and then the child is still "
     "there: it must end at once, with 127 or 126."},
    {"exec_failure_exits_1", "pipeline_status", exec_status_wrong,
     "The status of a command that cannot be executed is 127 if it was not "
     "found (ENOENT) and 126 otherwise."},
    {"status_not_decoded", "pipeline_status", status_as_stored,
     "What wait() stores is not an exit status: ask WIFEXITED and WIFSIGNALED "
     "first."},
    {"exit_in_child", "no_zombie_no_leak", printed_twice,
     "exit() in a child flushes a copy of its parent's stdio buffers: after a "
     "failed exec only _exit() is right."},
    {"fork_failure_leaves_children", "pipe_and_fork_fail", left_a_child,
     "When pipe() or fork() fails midway, the stages started so far are still "
     "there: wait for them before giving up."},
    {"pipe_failure_ignored", "pipe_and_fork_fail", pipe_failed,
     "pipe() or fork() failed midway and the program went on: say why, reap "
     "what was started, exit with status 1."},

    /* filter */
    {"hup_before_in",
     "short_io_and_eintr filter_1mib_both_ways filter_child_leaves",
     lost_at_hangup,
     "POLLHUP says that the writer has gone, not that the pipe is empty: what "
     "it wrote before is still to be read."},
    {"sigpipe_left_ignored", "filter_1mib_both_ways", sigpipe_left_ignored,
     "CMD was started with SIGPIPE ignored: an ignored signal stays ignored "
     "through exec, so the child must put it back."},
    {"filter_leaks_descriptors", "filter_1mib_both_ways", leaks_to_command,
     "CMD was started with pipe ends that belong to the parent."},
    {"spools_to_file", "filter_1mib_both_ways", made_a_file,
     "A file on disk holds what should flow: the command's output is to be "
     "copied while it comes."},
    {"closed_stdin_ignored", "filter_1mib_both_ways", ignored_closed_stdin,
     "Standard input is closed, which is not the same as empty: read() fails "
     "with EBADF, unless a new pipe has taken descriptor 0."},
    {"counts_wrong", "filter_child_leaves", counted_what_it_read,
     "in= is what CMD's pipe accepted, not what was read from standard "
     "input."},

    /* gather */
    {"record_torn", "gather_whole_records", tore_a_record,
     "Only a write of up to PIPE_BUF bytes is never mixed with another: a "
     "longer "
     "record needs pieces that say whose they are, or a lock."},

    {"child_not_waited_for", NULL, left_a_child,
     "A child was never waited for: it stays a zombie until its parent ends."},
    {NULL, NULL, NULL, NULL},
};
