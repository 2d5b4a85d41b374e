// SPDX-License-Identifier: MIT
/*
 * misconceptions.c - the beliefs behind wrong answers to the popen lab.
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

/* Whether the program itself, not a command, could end WAIT. */
static bool own_code_holds(const struct autopsy_wait *wait)
{
    for (size_t i = 0; i < wait->holder_count; i++)
        if (wait->holders[i].own_code)
            return true;
    return false;
}

static bool comes_twice(const struct failure *failure, const char *line)
{
    const char *first = strstr(run_output(failure->run).data, line);

    return first && strstr(first + 1, line) != NULL;
}

static size_t size_of_all(const struct failure *failure)
{
    return run_output(failure->run).size + run_errors(failure->run).size;
}

static bool is_output(const struct failure *failure, const char *text)
{
    return failure->kind == FAILED_OUTPUT &&
           strcmp(run_output(failure->run).data, text) == 0;
}

static bool left_a_child(const struct failure *failure)
{
    const struct trace *trace = run_trace(failure->run);

    return left_process(failure) ||
           (run_end(failure->run) == RUN_EXITED && trace &&
            trace_unwaited(trace, 0) < trace->process_count);
}

static bool has_child(const struct failure *failure)
{
    const struct trace *trace = run_trace(failure->run);

    return trace && trace->process_count > 1;
}

/* Some process became "sh -c". */
static bool ran_a_shell(const struct failure *failure)
{
    const struct trace *trace = run_trace(failure->run);

    for (size_t i = 0; trace && i < trace->event_count; i++)
        if (strcmp(trace->events[i].name, "execve") == 0 &&
            trace->events[i].result == 0 &&
            strstr(trace->events[i].args, "sh\", \"-c\"") != NULL)
            return true;
    return false;
}

/* Defines NAME, the condition of an entry. */
#define IS(name, condition)                                                    \
    WHEN(name)                                                                 \
    {                                                                          \
        return condition;                                                      \
    }

/* Defines NAME, which a wait matches. */
#define WAITS(name, condition)                                                 \
    MATCH(name)                                                                \
    {                                                                          \
        return condition;                                                      \
    }

/* ---- Hangs -------------------------------------------------------------- */

WAITS(program_reads_own_pipe, is_pipe(wait, true) && wait->own_code &&
                                  autopsy_holder(wait, WHO_ITSELF) != NULL)

IS(parent_keeps_write_end, find_wait(failure, wait, program_reads_own_pipe))

WAITS(program_writes_own_pipe, is_pipe(wait, false) && wait->own_code &&
                                   autopsy_holder(wait, WHO_ITSELF) != NULL)

IS(parent_keeps_read_end, find_wait(failure, wait, program_writes_own_pipe))

/* A command that holds the write end of its own input. */
WAITS(command_reads_own_pipe, is_pipe(wait, true) && !wait->own_code &&
                                  autopsy_holder(wait, WHO_ITSELF) != NULL)

IS(child_keeps_write_end, find_wait(failure, wait, command_reads_own_pipe))

WAITS(command_reads_from_waiter,
      is_pipe(wait, true) && !wait->own_code && own_code_holds(wait) &&
          autopsy->waits[0].first && autopsy->waits[0].object == OBJECT_CHILD)

IS(waits_before_closing, find_wait(failure, wait, command_reads_from_waiter))

/* Another command holds the write end, where none belongs: above 2. */
MATCH(command_reads_from_sibling)
{
    for (size_t i = 0; is_pipe(wait, true) && i < wait->holder_count; i++)
        if (!wait->own_code && !wait->holders[i].own_code &&
            wait->holders[i].who != WHO_ITSELF && wait->holders[i].fd > 2)
            return true;
    return false;
}

IS(inherits_earlier_streams,
   find_wait(failure, wait, command_reads_from_sibling))

/* The first stream's process has come to its end, and yet the program waits. */
WHEN(waits_for_later_child)
{
    const struct trace *trace = run_trace(failure->run);

    return trace && trace->process_count > 1 && trace->processes[1].ended &&
           trace->processes[1].killed_by == 0 &&
           find_wait(failure, wait, command_reads_from_waiter);
}

/* ---- Endings ----------------------------------------------------------- */

IS(is_untouched, says(failure, "Function not implemented"))

IS(popen_both_ways,
   !has_child(failure) && (run_exit_status(failure->run) == 128 + SIGSEGV ||
                           says(failure, "Invalid argument")))

IS(died_of_sigpipe,
   is_status(failure, 128 + SIGPIPE) && run_end(failure->run) == RUN_SIGNALED)

IS(not_waited_for, left_a_child(failure))

/* ---- capture ----------------------------------------------------------- */

IS(more_lines_than_two,
   failure->kind == FAILED_OUTPUT && prints(failure, "\n3: "))

IS(lost_last_newline, is_output(failure, "1: a\n2: b"))

IS(skipped_empty_line, is_output(failure, "1: a\n2: b\n"))

IS(write_error_unseen, is_run(failure, "echo lost") && is_status(failure, 0))

IS(status_as_stored, (is_run(failure, "exit 7") && is_status(failure, 0)) ||
                         prints(failure, "cmd1=768") ||
                         prints(failure, "stream: 1024") ||
                         prints(failure, "status 256"))

IS(signal_not_decoded,
   failure->kind == FAILED_STATUS && is_run(failure, "kill -TERM $$"))

/* ---- my_popen, my_pclose ----------------------------------------------- */

IS(no_shell, has_child(failure) && !ran_a_shell(failure) &&
                 run_end(failure->run) == RUN_EXITED)

/* The NUL bytes are gone, and they were all there was. */
IS(stopped_at_nul, is_output(failure, "") && run_exit_status(failure->run) == 7)

IS(was_interrupted, says(failure, "Interrupted system call"))

IS(stopped_reading, is_run(failure, "cat") && failure->kind == FAILED_OUTPUT &&
                        run_output(failure->run).size == 7)

IS(wait_broken_off,
   run_was_injected(failure->run) &&
       (left_a_child(failure) || says(failure, "Interrupted system call")))

IS(was_injected, run_was_injected(failure->run))

IS(broken_pipe_unseen, is_status(failure, 0))

IS(mode_accepted,
   (failure->kind == FAILED_STATUS || failure->kind == FAILED_ERRORS) &&
       has_child(failure))

IS(mode_checked_late, saw(failure, "was started for mode"))

IS(fork_failure_leaks,
   run_was_injected(failure->run) && saw(failure, "the lowest free descriptor"))

/* It goes well for a while, then my_popen fails though nothing is injected. */
IS(slots_not_reused,
   is_run(failure, "loop") && !run_was_injected(failure->run) &&
       prints(failure, "5: status 5,") && says(failure, "my_popen: "))

IS(stream_not_closed, saw(failure, "the lowest free descriptor"))

IS(printed_twice, comes_twice(failure, "popen: mine\n"))

/* ---- Several streams --------------------------------------------------- */

/* The program asked for any child: wait4(-1), waitid(P_ALL). */
WHEN(waits_for_any_child)
{
    const struct trace *trace = run_trace(failure->run);
    bool any = false;

    for (size_t i = 0; trace && i < trace->event_count; i++)
        any |= trace->processes[trace->events[i].process].own_code &&
               (strncmp(trace->events[i].args, "P_ALL", 5) == 0 ||
                (strcmp(trace->events[i].name, "wait4") == 0 &&
                 strncmp(trace->events[i].args, "-1,", 3) == 0));
    return any;
}

IS(remembers_one_pid,
   is_run(failure, "two") && says(failure, "my_pclose: No child processes"))

IS(kept_the_entry, is_run(failure, "foreign") && prints(failure, "stream: 4") &&
                       (says(failure, "my_pclose: No child processes") ||
                        !says(failure, "my_pclose: ")))

IS(child_flushed_a_stream, comes_twice(failure, "popen: first\n"))

IS(loses_a_stream, (is_run(failure, "two") || is_run(failure, "many")) &&
                       says(failure, "my_pclose: Invalid argument"))

IS(table_too_small, is_run(failure, "many"))

/* Nothing is lost: the input, 64000 bytes or 22, and the line at the end. */
IS(cut_at_reads,
   is_run(failure, "cat >&2") &&
       (size_of_all(failure) == 64000 + 14 || size_of_all(failure) == 22 + 14))

IS(sigpipe_left_ignored, saw(failure, "SIGPIPE"))

IS(closed_by_exec, is_run(failure, "w") && saw(failure, "fds: 1 2"))

/* One of the two was clean: the first, whichever of them wrote first. */
IS(second_has_more, is_run(failure, "two") && saw(failure, "fds:") &&
                        says(failure, "fds: 0 1 2;"))

IS(leaks_to_command, saw(failure, "fds:"))

const struct misconception lab_misconceptions[] = {
    {"not_written_yet", NULL, is_untouched,
     "This exercise still has its TODO: start there."},

    /* Hangs: what the kernel showed leaves little to guess. */
    {"parent_keeps_write_end", NULL, parent_keeps_write_end,
     "{process} waits for end-of-file on a pipe whose write end it holds open "
     "itself, as descriptor {holder_fd}: after fork, close the end that the "
     "child uses."},
    {"parent_keeps_read_end", NULL, parent_keeps_read_end,
     "{process} writes to a pipe that nobody reads and gets no EPIPE, for it "
     "holds the read end itself, as descriptor {holder_fd}: after fork, close "
     "the end that the child uses."},
    {"child_keeps_write_end", NULL, child_keeps_write_end,
     "{process} waits for end-of-file on its input, and holds the write end "
     "itself, as descriptor {holder_fd}: the child must close the end that is "
     "the parent's."},
    {"inherits_earlier_streams", NULL, inherits_earlier_streams,
     "A later command inherited the write end of an earlier command's pipe, so "
     "{process} can never see end-of-file: POSIX has popen close the streams "
     "of earlier calls in the child."},
    {"one_pid_for_all", "two_streams_no_deadlock", waits_for_later_child,
     "my_pclose of the first stream waits for the process of the second one, "
     "{process}: remember a process id for each stream."},
    {"waits_before_closing", NULL, waits_before_closing,
     "my_pclose waits for {process}, which waits for the end-of-file that "
     "closing the stream would give it: close first, then wait."},

    /* capture */
    {"popen_both_ways", "capture_lines capture_long_line capture_status",
     popen_both_ways,
     "popen has returned NULL: a pipe has one direction, so its mode is \"r\" "
     "or \"w\"; and a NULL is to be noticed before it is read from."},
    {"write_error_unseen", "capture_lines mine_read_1mib", write_error_unseen,
     "The output could not be written, and the exit status says that all went "
     "well: stdio tells it when the buffer is flushed."},
    {"last_line_lacks_newline", "capture_lines", lost_last_newline,
     "The last line of a command's output may lack its newline: it is a line "
     "all the same, and is printed with one."},
    {"empty_line_skipped", "capture_lines", skipped_empty_line,
     "An empty line is a line, and has its number."},
    {"buffer_is_a_line", "capture_long_line", more_lines_than_two,
     "fgets stops where its buffer ends; a line ends only where the newline "
     "is."},
    {"status_not_decoded", NULL, status_as_stored,
     "pclose gives what wait() stores, not an exit status: ask WIFEXITED and "
     "WIFSIGNALED first."},
    {"signal_not_decoded", "capture_status", signal_not_decoded,
     "The command was killed by a signal, so it has no exit status: "
     "WIFSIGNALED, and 128 + WTERMSIG."},

    /* One stream. */
    {"no_shell",
     "mine_read_1mib mine_write_waits two_streams_no_deadlock "
     "pclose_right_child pclose_eintr child_quits_early",
     no_shell,
     "The command was not run by a shell: popen hands the whole string to "
     "/bin/sh -c, which understands it."},
    {"killed_by_sigpipe", NULL, died_of_sigpipe,
     "SIGPIPE killed the program when the command had stopped reading: it must "
     "survive that and see EPIPE instead."},
    {"eintr_not_retried", "pclose_eintr", wait_broken_off,
     "EINTR means that a signal came in between, not that the wait is over: "
     "wait again, or the child stays a zombie."},
    {"wrong_child", "pclose_right_child two_streams_no_deadlock",
     waits_for_any_child,
     "wait() takes whichever child has ended: my_pclose must ask waitpid for "
     "the process of its own stream."},
    {"one_pid_for_all", "pclose_right_child two_streams_no_deadlock",
     remembers_one_pid,
     "The second stream's process has taken the place of the first one's: "
     "remember a process id for each stream."},
    {"loses_a_stream",
     "pclose_right_child two_streams_no_deadlock child_fd_hygiene",
     loses_a_stream,
     "my_pclose did not know a stream that my_popen had made: closing one "
     "stream must forget that one and no other."},
    {"entry_not_removed", "pclose_right_child", kept_the_entry,
     "A stream that my_popen did not make was taken for one that it made "
     "before: addresses and numbers are used again, so forget a stream when it "
     "is closed."},
    {"table_too_small", "two_streams_no_deadlock", table_too_small,
     "With 32 streams open at once something is lost: is there a fixed table "
     "of streams, and how large is it?"},
    {"not_waited_for", NULL, not_waited_for,
     "The stream was closed, but its process was never waited for: it stays a "
     "zombie, and its status is lost."},
    {"treats_data_as_string", "mine_read_1mib", stopped_at_nul,
     "The output ends at the first NUL byte, or before: fread gives bytes and "
     "a count, fgets gives a string."},
    {"eintr_is_fatal", "mine_write_waits", was_interrupted,
     "EINTR means that a signal came in between, not that the call failed: "
     "call again."},
    {"short_read_is_eof", "mine_write_waits", stopped_reading,
     "A read() that brings less than was asked for is not the end of the "
     "input: only 0 is."},
    {"broken_pipe_unseen", "child_quits_early", broken_pipe_unseen,
     "The command did not get its input, and the exit status says that all "
     "went well: what is in the stream's buffer fails when it is flushed."},
    {"mode_accepted", "bad_mode", mode_accepted,
     "A mode that is neither \"r\" nor \"w\" was taken for one of them: "
     "compare the whole string, and return NULL with EINVAL."},
    {"mode_checked_late", "bad_mode", mode_checked_late,
     "The mode is checked after the fork: look at it before anything is "
     "made."},
    {"exit_in_child", "no_leak", printed_twice,
     "exec returns only when it has failed, and then the child must leave with "
     "_exit(): exit(), or going on, flushes its copy of the parent's "
     "buffers."},
    {"failure_leaks", "no_leak", fork_failure_leaks,
     "When fork() fails, the pipe is already there: close both of its ends "
     "before you return NULL."},
    {"failure_ignored", "no_leak", was_injected,
     "pipe() or fork() failed, and my_popen went on, or did not leave errno as "
     "it was: return NULL with its errno."},
    {"slots_not_reused", "no_leak", slots_not_reused,
     "No stream is open, and there is no room for one more: what my_popen "
     "remembers of a stream must be free for the next when my_pclose has "
     "closed it."},
    {"descriptor_left_open", "no_leak", stream_not_closed,
     "A descriptor stays open with every stream: the stream is my_pclose's to "
     "close, the child's end of the pipe my_popen's."},

    /* Several. */
    {"child_flushes_streams", "two_streams_no_deadlock", child_flushed_a_stream,
     "A child flushed its copy of an earlier stream: in it, close the "
     "descriptor (fileno), not the stream."},
    {"read_is_a_line", "two_streams_no_deadlock", cut_at_reads,
     "The lines went to the wrong command: a read() ends where the data ends, "
     "a line where the newline is."},
    {"sigpipe_left_ignored", "child_fd_hygiene", sigpipe_left_ignored,
     "A command was started with SIGPIPE ignored: an ignored signal stays "
     "ignored through exec, so the child must put it back."},
    {"same_descriptor_cloexec", "child_fd_hygiene", closed_by_exec,
     "With standard input closed, pipe() returned descriptor 0 itself: dup2() "
     "of a descriptor to itself does nothing, and closing \"the original\" or "
     "close-on-exec then takes it away."},
    {"inherits_earlier_streams", "child_fd_hygiene", second_has_more,
     "The second command was started with a descriptor that belongs to the "
     "first one's pipe: it keeps that pipe open when the stream has been "
     "closed."},
    {"leaks_to_command", "child_fd_hygiene", leaks_to_command,
     "A command was started with a pipe end above 2: once it is descriptor 0 "
     "or 1, close the original, and the other end, too."},
    {NULL, NULL, NULL, NULL},
};
