// SPDX-License-Identifier: MIT
/*
 * misconceptions.c - the beliefs behind wrong answers to the mkfifo lab.
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

/* What the expectation that failed was about. */
static bool is_about(const struct failure *failure, const char *text)
{
    return (failure->expected && strstr(failure->expected, text)) ||
           (failure->seen && strstr(failure->seen, text));
}

/* A wait of the program itself: in an open of a FIFO, for reading or writing,
 * or, OPENED, for bytes from one. */
static bool waits(const struct failure *failure, bool opened, bool reads,
                  const struct autopsy_wait **wait)
{
    const struct autopsy *autopsy = run_autopsy(failure->run);

    for (size_t i = 0; autopsy && i < autopsy->count; i++) {
        const struct autopsy_wait *one = &autopsy->waits[i];
        if (!one->first || one->object != OBJECT_FIFO ||
            (one->fd != -1) != opened || one->reads != reads)
            continue;
        *wait = one;
        return true;
    }
    return false;
}

/* Whether the program has opened something with O_CREAT. */
static bool creates(const struct failure *failure)
{
    const struct trace *trace = run_trace(failure->run);

    for (size_t i = trace ? trace_find(trace, 0, "open,openat,creat", -1) : 0;
         trace && i < trace->event_count;
         i = trace_find(trace, i + 1, "open,openat,creat", -1))
        if (strstr(trace->events[i].args, "O_CREAT"))
            return true;
    return false;
}

static bool got_stop_signal(const struct failure *failure)
{
    const struct trace *trace = run_trace(failure->run);

    for (size_t i = 0; trace && i < trace->event_count; i++)
        if (trace->events[i].kind == TRACE_SIGNAL &&
            (strcmp(trace->events[i].name, "SIGTERM") == 0 ||
             strcmp(trace->events[i].name, "SIGINT") == 0))
            return true;
    return false;
}

/* ---- Hangs and spins ----------------------------------------------------- */

WHEN(is_untouched)
{
    return says(failure, "Function not implemented");
}

WHEN(ask_opens_reply_first)
{
    return is_run(failure, "ask") && waits(failure, false, true, wait);
}

WHEN(ask_opens_server)
{
    return is_run(failure, "ask") && waits(failure, false, false, wait);
}

WHEN(serve_opens_first)
{
    return is_run(failure, "serve") && waits(failure, false, true, wait) &&
           run_output(failure->run).size == 0;
}

WHEN(serve_opens_reply)
{
    return is_run(failure, "serve") && waits(failure, false, false, wait);
}

WHEN(nobody_receives)
{
    if (is_run(failure, "send") && waits(failure, false, false, wait))
        return true;
    return failure->kind == FAILED_OTHER && is_about(failure, "waits in open");
}

WHEN(is_own_writer)
{
    return is_run(failure, "recv") && waits(failure, true, true, wait) &&
           autopsy_holder(*wait, WHO_ITSELF) != NULL;
}

WHEN(read_restarts)
{
    return hangs(failure) && waits(failure, true, true, wait) &&
           got_stop_signal(failure);
}

WHEN(spins)
{
    return run_end(failure->run) == RUN_SPINNING;
}

WHEN(serves_any_file)
{
    return is_run(failure, "serve") &&
           (hangs(failure) || run_end(failure->run) == RUN_SPINNING ||
            is_about(failure, "the file is left") ||
            is_about(failure, "exit status 1")) &&
           strcmp(run_args(failure->run)[1], "f") == 0;
}

WHEN(lost_request)
{
    return is_run(failure, "serve") &&
           (is_about(failure, "the server answers") || hangs(failure) ||
            is_about(failure, "its own word"));
}

/* ---- How it ended -------------------------------------------------------- */

WHEN(died_of_sigpipe)
{
    return was_killed_by(failure, SIGPIPE);
}

WHEN(crashed)
{
    return was_killed_by(failure, SIGSEGV) || was_killed_by(failure, SIGABRT);
}

WHEN(died_of_stop_signal)
{
    return was_killed_by(failure, SIGTERM) || was_killed_by(failure, SIGINT);
}

WHEN(gave_up_for_one_client)
{
    return is_run(failure, "serve") && run_end(failure->run) == RUN_EXITED &&
           run_exit_status(failure->run) != 0 &&
           (says(failure, "No such device or address") ||
            says(failure, "Broken pipe"));
}

WHEN(ended_early)
{
    return is_run(failure, "serve") && is_about(failure, "it waits in") &&
           run_end(failure->run) == RUN_EXITED &&
           run_exit_status(failure->run) == 0;
}

WHEN(was_interrupted)
{
    return says(failure, "Interrupted system call");
}

WHEN(lost_bytes)
{
    return failure->kind == FAILED_OUTPUT;
}

WHEN(wrote_to_full)
{
    return is_run(failure, "recv") && failure->kind == FAILED_STATUS &&
           run_exit_status(failure->run) == 0;
}

/* ---- What is there, what was said ---------------------------------------- */

WHEN(made_a_file)
{
    return is_about(failure, "regular file") ||
           is_about(failure, "no file is made") || creates(failure);
}

WHEN(wrong_name)
{
    return is_run(failure, "ask") && is_about(failure, "nothing of that name");
}

/* A FIFO of mode 0 cannot be opened even by its owner. */
WHEN(wrong_mode)
{
    return is_about(failure, "FIFO of mode") ||
           says(failure, "Permission denied");
}

WHEN(refused_a_fifo)
{
    return says(failure, "File exists");
}

WHEN(ready_too_early)
{
    return is_about(failure, "before \"ready\" is said");
}

WHEN(gap)
{
    return is_about(failure, "finds the server's FIFO open");
}

WHEN(wrong_number)
{
    return is_about(failure, "the answer \"");
}

WHEN(left_its_fifo)
{
    return is_about(failure, "the server's FIFO is removed") ||
           (left_object(failure) && is_about(failure, "file f"));
}

WHEN(lost_descriptors)
{
    return is_about(failure, "number of open descriptors");
}

WHEN(left_children)
{
    return left_process(failure) ||
           is_about(failure, "children are waited for");
}

WHEN(reply_opened_late)
{
    return is_about(failure, "the reply FIFO is open for reading before");
}

WHEN(wrote_twice)
{
    return is_about(failure, "sent by one write");
}

WHEN(printed_a_part)
{
    return is_run(failure, "ask") && failure->kind == FAILED_OUTPUT;
}

WHEN(left_reply_fifo)
{
    return is_about(failure, "the reply FIFO is removed") ||
           left_object(failure);
}

WHEN(sent_too_much)
{
    return is_run(failure, "ask") && strlen(run_args(failure->run)[2]) > 512;
}

WHEN(mkfifo_failed)
{
    return run_was_injected(failure->run) && says(failure, "Permission denied");
}

const struct misconception lab_misconceptions[] = {
    {"not_written_yet", NULL, is_untouched,
     "This exercise still has its TODO: start there."},
    {"killed_by_sigpipe", "client_gone_after_open ask_without_server",
     died_of_sigpipe,
     "The other side left between open and write, and SIGPIPE killed the "
     "program: it must survive that and see EPIPE instead."},

    /* send and recv */
    {"holds_own_writer", NULL, is_own_writer,
     "{process} waits for end-of-file on a FIFO that it has open for writing "
     "itself: the last writer never leaves."},
    {"eintr_is_fatal", "send_recv_1mib", was_interrupted,
     "EINTR means that a signal came in between, not that the call failed: "
     "call again."},
    {"makes_a_file", NULL, made_a_file,
     "There is a regular file now, not a FIFO: open with O_CREAT makes a "
     "regular file, only mkfifo makes a FIFO."},
    {"opens_nonblocking",
     "send_recv_1mib open_waits_for_partner recv_ends_at_eof", nobody_receives,
     "Nobody waits at the other side: with O_NONBLOCK, open for reading "
     "succeeds without a writer, and read() then returns 0 at once."},
    {"short_write_ignored", "send_recv_1mib", lost_bytes,
     "write() may accept fewer bytes than it was offered; the rest was never "
     "written."},
    {"write_error_ignored", "send_recv_1mib", wrote_to_full,
     "The output could not be written, and the exit status says that all went "
     "well."},

    /* serve */
    {"reuse_refused", "serve_ready_mode", refused_a_fifo,
     "A FIFO that exists already is refused: EEXIST only says that there is "
     "something, stat and S_ISFIFO say what."},
    {"one_reply_fifo_for_all", "ask_one", wrong_name,
     "The reply FIFO does not bear the client's process id: clients that come "
     "at the same time would read each other's answers."},
    {"umask_forgotten", "serve_ready_mode ask_one", wrong_mode,
     "The mode is not what was asked for: mkfifo takes the bits of the umask "
     "off it."},
    {"any_file_will_do", "existing_file_and_leaks", serves_any_file,
     "There was a regular file of that name: it is to be refused, with EEXIST, "
     "and left as it is. stat and S_ISFIFO tell."},
    {"spins_at_eof", NULL, spins,
     "The program goes round and round with nothing to read: at end-of-file "
     "read() returns 0 at once, for ever, and with O_NONBLOCK it fails at "
     "once. A server keeps a writer of its own open, or opens the FIFO anew, "
     "and sleeps in read or poll."},
    {"waits_for_first_client", NULL, serve_opens_first,
     "Opening a FIFO waits for the other side: {process} waits for its first "
     "client before it says ready, and the clients wait for ready."},
    {"reply_open_blocks", NULL, serve_opens_reply,
     "One client that never opens its reply FIFO blocks the whole server: open "
     "it with O_NONBLOCK, and take ENXIO for an answer."},
    {"ready_before_open", NULL, ready_too_early,
     "\"ready\" is said before the FIFO is open for reading: a client that "
     "believes it finds nobody there."},
    {"reopens_too_late", "serve_survives_and_sleeps", gap,
     "The FIFO is closed before it is opened anew, and a client that comes in "
     "between finds nobody: open first, close then."},
    {"read_is_restarted", "cleanup_on_sigterm", read_restarts,
     "The signal came, and the call that slept was begun again (SA_RESTART): "
     "the loop never came round to look at the flag."},
    {"signals_not_caught", "cleanup_on_sigterm", died_of_stop_signal,
     "The signal killed the server: catch it, so that the FIFO can be removed "
     "before the end."},
    {"client_error_is_fatal", NULL, gave_up_for_one_client,
     "The server ended because one client could not be answered: say so and "
     "go on with the next."},
    {"crashes_on_rubbish", "serve_survives_and_sleeps", crashed,
     "A line without a space ended the server: anybody can write to a FIFO, so "
     "look before you split."},
    {"service_ends_at_eof", NULL, ended_early,
     "read() = 0 means that the last writer has left, not that the service is "
     "over."},
    {"one_read_one_request", "serve_survives_and_sleeps twenty_clients",
     lost_request,
     "Requests were lost: a read brings what there is, part of a line or many "
     "of them; take it apart at the newlines."},
    {"skipped_not_counted", "dead_client_before_open client_gone_after_open",
     wrong_number, "A request that was skipped has used its number."},
    {"fifo_not_removed", "cleanup_on_sigterm ask_one", left_its_fifo,
     "The server's FIFO is still there: a FIFO is a file, its name stays until "
     "unlink."},
    {"leaks_descriptors", "existing_file_and_leaks", lost_descriptors,
     "With each client the server has more descriptors open: close the reply "
     "FIFO when the answer is written."},
    {"zombies", "existing_file_and_leaks", left_children,
     "Children that have answered are not waited for: they stay zombies."},

    /* ask */
    {"crossing_opens", NULL, ask_opens_reply_first,
     "Opening a FIFO waits for the other side: {process} opens its reply FIFO "
     "for reading before the server has been told of it."},
    {"ask_waits_for_server", "ask_without_server", ask_opens_server,
     "Without a server the open never returns: with O_NONBLOCK it fails with "
     "ENXIO instead."},
    {"reply_opened_late", "ask_one", reply_opened_late,
     "The server may answer before you have opened your FIFO, and finds nobody "
     "there: have it open for reading (O_RDONLY | O_NONBLOCK, or O_RDWR) "
     "before you send."},
    {"part_of_the_answer", "ask_one", printed_a_part,
     "One read brought a part of the answer: it is complete when the newline "
     "has come."},
    {"many_writes", "twenty_clients", wrote_twice,
     "Only a single write of at most PIPE_BUF bytes is atomic: between two of "
     "them another client's may come."},
    {"long_request_sent", "ask_without_server", sent_too_much,
     "A request longer than REQUEST_MAX is to be refused with EMSGSIZE, and "
     "nothing sent."},
    {"mkfifo_failure_ignored", "ask_without_server", mkfifo_failed,
     "The reply FIFO could not be made, and the program went on as if it had."},
    {"reply_fifo_left", "ask_without_server", left_reply_fifo,
     "The reply FIFO stays behind when there is no answer: unlink it on every "
     "way out."},
    {NULL, NULL, NULL, NULL},
};
