// SPDX-License-Identifier: MIT
/*
 * misconceptions.c - the beliefs behind wrong answers to the sigpipe lab.
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

/* How often standard error holds TEXT. */
static int count_errors(const struct failure *failure, const char *text)
{
    const char *next = run_errors(failure->run).data;
    int count = 0;

    for (; next && (next = strstr(next, text)) != NULL; next++)
        count++;
    return count;
}

/* ---- Hangs -------------------------------------------------------------- */

MATCH(writes_to_itself)
{
    return wait->object == OBJECT_PIPE && !wait->reads && wait->own_code &&
           autopsy_holder(wait, WHO_ITSELF) != NULL;
}

WHEN(keeps_read_end)
{
    return find_wait(failure, wait, writes_to_itself);
}

MATCH(reads_its_own)
{
    return wait->object == OBJECT_PIPE && wait->reads &&
           autopsy_holder(wait, WHO_ITSELF) != NULL;
}

WHEN(child_keeps_write_end)
{
    return find_wait(failure, wait, reads_its_own);
}

/* Whether a command holds the other end where none belongs: above 2. */
static bool is_held_astray(const struct autopsy_wait *wait)
{
    for (size_t i = 0; i < wait->holder_count; i++)
        if (!wait->holders[i].own_code && wait->holders[i].fd > 2)
            return wait->object == OBJECT_PIPE;
    return false;
}

MATCH(writes_to_stray)
{
    return !wait->reads && wait->own_code && is_held_astray(wait);
}

WHEN(read_ends_inherited)
{
    return find_wait(failure, wait, writes_to_stray);
}

MATCH(reads_from_stray)
{
    return wait->reads && !wait->own_code && is_held_astray(wait);
}

WHEN(write_ends_inherited)
{
    return find_wait(failure, wait, reads_from_stray);
}

MATCH(reads_from_parent)
{
    const struct autopsy_holder *parent = autopsy_holder(wait, WHO_PARENT);

    for (size_t i = 0; parent == NULL && i < wait->holder_count; i++)
        if (wait->holders[i].own_code)
            parent = &wait->holders[i]; /* of a command in a shell */
    return wait->object == OBJECT_PIPE && wait->reads && !wait->own_code &&
           parent != NULL && parent->own_code && parent->blocked;
}

MATCH(opens_fifo)
{
    return wait->object == OBJECT_FIFO;
}

WHEN(closes_and_waits_in_turn)
{
    return find_wait(failure, wait, opens_fifo) &&
           find_wait(failure, wait, reads_from_parent);
}

WHEN(parent_keeps_write_end)
{
    return find_wait(failure, wait, reads_from_parent);
}

MATCH(reads_idle_input)
{
    return wait->reads && wait->own_code &&
           autopsy_holder(wait, WHO_TESTER) != NULL;
}

WHEN(reads_on)
{
    return find_wait(failure, wait, reads_idle_input);
}

/* Whether a process of the student's code was not asleep for good, as the
 * autopsy names it: a command may well be busy while that waits. */
static bool is_at_work(const struct failure *failure)
{
    static const char *const own[] = {"parent ", "process ", "child "};
    const struct autopsy *autopsy = run_autopsy(failure->run);

    for (size_t i = 0; autopsy && i < autopsy->line_count; i++)
        for (size_t j = 0; j < sizeof(own) / sizeof(*own); j++)
            if (strncmp(autopsy->lines[i], own[j], strlen(own[j])) == 0 &&
                strstr(autopsy->lines[i], " is blocked in ") == NULL)
                return true;
    return false;
}

WHEN(spins)
{
    return (run_end(failure->run) == RUN_SPINNING && is_at_work(failure)) ||
           run_end(failure->run) == RUN_FLOODED;
}

/* ---- Killed or told ------------------------------------------------------ */

WHEN(is_untouched)
{
    return count_errors(failure, "Function not implemented") > 0;
}

WHEN(was_interrupted)
{
    return count_errors(failure, "Interrupted system call") > 0;
}

WHEN(died_of_sigpipe)
{
    return is_status(failure, 128 + SIGPIPE) &&
           run_end(failure->run) == RUN_SIGNALED;
}

/* strace shows the address of a handler, and SIG_IGN and SIG_DFL by name. */
static bool handles_sigpipe(const struct failure *failure)
{
    return called(failure, "rt_sigaction", "SIGPIPE, {sa_handler=0x");
}

WHEN(handler_exits)
{
    return handles_sigpipe(failure) && run_errors(failure->run).size == 0;
}

WHEN(handler_not_ignored)
{
    return handles_sigpipe(failure);
}

WHEN(reports_twice)
{
    return count_errors(failure, "Broken pipe") > 1;
}

WHEN(did_not_die)
{
    return is_status(failure, 1);
}

/* The run that found SIGPIPE ignored was right, the other one is not. */
WHEN(default_but_blocked)
{
    return did_not_die(failure, wait) && is_run(failure, "5");
}

WHEN(is_success)
{
    return is_status(failure, 0);
}

WHEN(lost_lines)
{
    return failure->kind == FAILED_OUTPUT;
}

WHEN(count_is_wrong)
{
    return (failure->kind == FAILED_OTHER || failure->kind == FAILED_ERRORS) &&
           count_errors(failure, "written=") == 1;
}

WHEN(lost_in_buffer)
{
    return is_success(failure, wait) && is_run(failure, "5");
}

/* ---- Commands ------------------------------------------------------------ */

WHEN(finds_it_ignored)
{
    return strncmp(failure->seen, "CMD has SigIgn", 14) == 0 ||
           count_errors(failure, "yes: ") > 0 ||
           count_errors(failure, "ignored: 0000000000001000") > 0;
}

WHEN(finds_it_blocked)
{
    return strncmp(failure->seen, "CMD has SigBlk", 14) == 0;
}

static bool exec_failed(const struct failure *failure)
{
    return is_run(failure, "no-such") || is_run(failure, "/etc/passwd");
}

/* After exec has failed a child goes on as main.c does in the parent. */
WHEN(exec_falls_through)
{
    const struct trace *trace = run_trace(failure->run);

    for (size_t i = 1; trace && i < trace->process_count; i++)
        if (exec_failed(failure) && trace->processes[i].own_code &&
            trace_find(trace, 0, "pipe,pipe2", (int)i) < trace->event_count)
            return true;
    return false;
}

WHEN(exec_error_unnamed)
{
    return exec_failed(failure) &&
           count_errors(failure, "sigpipe: no-such: ") == 0;
}

WHEN(exec_status_wrong)
{
    return exec_failed(failure) && failure->kind <= FAILED_OTHER;
}

WHEN(descriptors_inherited)
{
    return is_run(failure, "fdprobe") && failure->kind == FAILED_OTHER;
}

/* ---- Fan ----------------------------------------------------------------- */

WHEN(full_is_left)
{
    return called(failure, "fcntl,pipe2", "O_NONBLOCK");
}

WHEN(signal_not_decoded)
{
    return is_run(failure, "cat >/dev/null; kill -9 $$") &&
           failure->kind == FAILED_OTHER;
}

WHEN(mixed_up)
{
    return is_run(failure, "exec outlive 9 >q") &&
           failure->kind == FAILED_OTHER && saw(failure, "1: ");
}

WHEN(stopped_at_first)
{
    return is_status(failure, 1) && count_errors(failure, "1: 0 ") == 1;
}

WHEN(left_a_child)
{
    return failure->kind == FAILED_LEFTOVERS &&
           strstr(failure->seen, "child") != NULL;
}

WHEN(failure_hidden)
{
    return run_was_injected(failure->run) &&
           (failure->kind == FAILED_STATUS || failure->kind == FAILED_ERRORS);
}

#define PRINTS "epipe_reported epipe_count_true"

const struct misconception lab_misconceptions[] = {
    {"not_written_yet", NULL, is_untouched,
     "This exercise still has its TODO: start there."},

    /* Hangs: what the kernel showed leaves little to guess. */
    {"keeps_read_end", NULL, keeps_read_end,
     "{process} is blocked writing to a pipe whose read end it holds itself, "
     "as "
     "descriptor {holder_fd}: the kernel sees a reader and never reports the "
     "broken pipe."},
    {"child_keeps_write_end", NULL, child_keeps_write_end,
     "{process} waits for end-of-file on a pipe whose write end it holds open "
     "itself, as descriptor {holder_fd}."},
    {"read_ends_inherited", NULL, read_ends_inherited,
     "The reader of {object} may be gone, but another command has inherited "
     "its read end, as descriptor {holder_fd}: so there is no EPIPE."},
    {"write_ends_inherited", NULL, write_ends_inherited,
     "{process} waits for end-of-file, but a command that was started later "
     "has inherited the write end of its pipe, as descriptor {holder_fd}."},
    {"closes_and_waits_in_turn", NULL, closes_and_waits_in_turn,
     "One command waits for another, which waits for its end-of-file: close "
     "all write ends first, then wait for the commands."},
    {"parent_keeps_write_end", NULL, parent_keeps_write_end,
     "{process} never sees end-of-file: the write end of its pipe is still "
     "open in the process that waits for it to end, as descriptor "
     "{holder_fd}."},
    {"reads_on_without_readers", NULL, reads_on,
     "All commands have left, and {process} still waits for input that nobody "
     "will read: stop when the last one has gone."},
    {"epipe_ignored", NULL, spins,
     "Ignoring SIGPIPE turns it into EPIPE, which you ignore as well: this "
     "write will fail for ever."},

    /* What SIGPIPE does to the program itself. */
    {"default_but_blocked", "default_is_killed", default_but_blocked,
     "SIGPIPE has its default action, but it is blocked, as it was when you "
     "were started: unblock it, too."},
    {"relies_on_default", "default_is_killed", did_not_die,
     "What signals do is inherited: SIGPIPE was ignored when you were "
     "started, and still is. Set what you need."},
    {"partial_write", "default_is_killed epipe_count_true", is_success,
     "write() took a part because the reader left, and that counted as "
     "success: the rest is still to be written, and then the error comes."},
    {"handler_not_ignored", "child_disposition", handler_not_ignored,
     "SIGPIPE is caught by a handler, not ignored: a handler that does nothing "
     "still interrupts other calls; SIG_IGN does not."},
    {"handler_exits", NULL, handler_exits,
     "Your SIGPIPE handler ends the program, as the default action would: "
     "nobody is left to look at EPIPE and to report it."},
    {"handler_prints", NULL, handler_not_ignored,
     "A SIGPIPE handler does not make the write succeed: write() returns -1 "
     "with EPIPE anyway, and that is the place to report it."},
    {"exec_falls_through", NULL, exec_falls_through,
     "exec returns only when it has failed, and then the child is still "
     "there: it must end at once, with 127 or 126."},
    {"killed_by_sigpipe", NULL, died_of_sigpipe,
     "SIGPIPE killed the program before write() could return EPIPE: it must be "
     "ignored, and stay so."},
    {"eintr_is_fatal", NULL, was_interrupted,
     "EINTR means that a signal came in between, not that the call failed: "
     "call again."},
    {"reports_twice", PRINTS, reports_twice,
     "The same error is printed twice: write_all only returns it; its caller "
     "knows whether it is one, and says so."},
    {"counts_wrong", PRINTS, count_is_wrong,
     "Only what write() returned has been written. What was offered has not: "
     "and even a successful write only means that the bytes are in the pipe."},
    {"partial_write", "complete_output", lost_lines,
     "write() may take fewer bytes than it was offered; the rest was never "
     "written."},
    {"stdio_not_flushed", "stdio_errors", lost_in_buffer,
     "fprintf() only filled a buffer. The error appears when it is flushed: "
     "check fflush() or fclose()."},
    {"stdio_error_in_between", "stdio_errors", is_success,
     "A full buffer could not be written and was lost, although the last "
     "flush succeeded: check each fprintf(), or ferror() at the end."},

    /* What the commands inherit. */
    {"ignored_for_children", "child_disposition run_yes_head fan_hygiene",
     finds_it_ignored,
     "CMD inherited an ignored SIGPIPE through exec: restore SIG_DFL in the "
     "child, whatever you were started with."},
    {"mask_for_children", "child_disposition", finds_it_blocked,
     "CMD inherited a signal mask that blocks SIGPIPE: the default action is "
     "of no use to a signal that is never delivered."},
    {"exec_error_unnamed", "run_yes_head fan_one_leaves", exec_error_unnamed,
     "A command that cannot be executed is to be reported as \"sigpipe: CMD: "
     "reason\", CMD being what was asked for."},
    {"exec_status_wrong", "run_yes_head fan_one_leaves", exec_status_wrong,
     "The status of a command that cannot be executed is 127 if it was not "
     "found (ENOENT) and 126 otherwise."},
    {"descriptors_inherited", "fan_hygiene", descriptors_inherited,
     "A command was started with pipe ends of other commands: it keeps these "
     "pipes open after their owners have gone."},

    /* fan */
    {"eagain_is_leaving", "fan_all fan_one_leaves", full_is_left,
     "EAGAIN says that a pipe is full, not that its reader has gone: wait "
     "until there is room. Only EPIPE means that it has left."},
    {"status_not_decoded", "fan_all", signal_not_decoded,
     "What wait() stores is not an exit status: ask WIFEXITED and WIFSIGNALED "
     "first."},
    {"statuses_mixed_up", "fan_all", mixed_up,
     "The statuses are in the order in which the commands ended: wait for each "
     "by its process id, or look at the one that wait() returns."},
    {"fan_stops_at_first", "fan_one_leaves", stopped_at_first,
     "One broken branch is not the end: drop it and go on with the others."},
    {"all_left_is_success", "fan_all_leave", is_success,
     "No command has read everything, and the exit status says that all went "
     "well: when all have left, fan returns 1."},
    {"child_not_waited_for", NULL, left_a_child,
     "A child was never waited for: it stays a zombie until its parent ends."},
    {"failure_not_reported", "clean", failure_hidden,
     "pipe() or fork() failed midway: say why, give the commands that were "
     "started their end-of-file, wait for them, exit with status 1."},
    {NULL, NULL, NULL, NULL},
};
