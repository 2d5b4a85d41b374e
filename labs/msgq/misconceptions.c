// SPDX-License-Identifier: MIT
/*
 * misconceptions.c - the beliefs behind wrong answers to the msgq lab.
 *
 * How each is recognised is written here and nowhere else; the sentence is what
 * the student is told, the hint of the step says more.  The table is searched
 * in order: the most specific entry first.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"

/* ---- What the evidence says --------------------------------------------- */

/* Bytes that take printed in excess of those expected. */
static long surplus(const struct failure *failure)
{
    return failure->kind == FAILED_OUTPUT && is_run(failure, "take")
               ? (long)run_output(failure->run).size -
                     strtol(failure->expected, NULL, 10)
               : 0;
}

/* Bytes of a raw body in excess of the text. */
static long excess(const struct failure *failure)
{
    long text, body;

    return sscanf(failure->seen, "%ld bytes of text became a body of %ld",
                  &text, &body) == 2
               ? body - text
               : surplus(failure);
}

/* ---- Single messages ----------------------------------------------------- */

WHEN(is_untouched)
{
    return says(failure, "Function not implemented");
}

WHEN(has_wrong_type)
{
    return saw(failure, "its type is") ||
           (failure->kind == FAILED_OUTPUT &&
            strtol(run_output(failure->run).data, NULL, 10) > 5000000000);
}

WHEN(is_refused)
{
    return is_run(failure, "put") && failure->kind == FAILED_STATUS &&
           says(failure, "Invalid argument");
}

WHEN(counts_type)
{
    return excess(failure) == (long)sizeof(long);
}

WHEN(sends_nul)
{
    return excess(failure) == 1;
}

WHEN(sends_too_much)
{
    return excess(failure) > 1;
}

WHEN(accepts_long_text)
{
    return is_run(failure, "put") && run_exit_status(failure->run) == 0;
}

WHEN(waits_in_spite_of_n)
{
    return is_run(failure, "-n") && failure->kind == FAILED_END &&
           (sleeps_in(failure, "msgrcv", wait) ||
            sleeps_in(failure, "msgsnd", wait));
}

/* Whether calls of the run failed with ERROR more than once. */
static bool met_again(const struct failure *failure, const char *error)
{
    const struct trace *trace = run_trace(failure->run);
    int count = 0;

    for (size_t i = 0; trace && i < trace->event_count && count < 2; i++)
        count += trace->events[i].error &&
                 strcmp(trace->events[i].error, error) == 0;
    return count == 2;
}

WHEN(polls)
{
    return met_again(failure, "EAGAIN");
}

/* On a busy machine it may be stopped for being slow, not for spinning. */
WHEN(retries_too_big)
{
    return met_again(failure, "E2BIG");
}

WHEN(cuts_message)
{
    return is_run(failure, "4") && run_exit_status(failure->run) == 0;
}

WHEN(loses_message)
{
    return saw(failure, "holds 0 messages");
}

WHEN(takes_other_type)
{
    return failure->kind == FAILED_OUTPUT;
}

WHEN(waits_for_type)
{
    return failure->kind == FAILED_END && sleeps_in(failure, "msgrcv", wait);
}

WHEN(was_interrupted)
{
    return says(failure, "Interrupted system call");
}

/* ---- Client -------------------------------------------------------------- */

static bool has_no_queue(const struct failure *failure)
{
    return is_run(failure, "fetch") && called(failure, "msgsnd", "") &&
           !called(failure, "msgget", "IPC_PRIVATE");
}

WHEN(shares_full_queue)
{
    return has_no_queue(failure) && sleeps_in(failure, "msgsnd", wait);
}

WHEN(shares_queue)
{
    return has_no_queue(failure);
}

/* The queue that fetch found by its key was removed by fetch. */
WHEN(removes_foreign_queue)
{
    const struct trace *trace = run_trace(failure->run);
    size_t found = trace ? trace_find(trace, 0, "msgget", -1) : 0;
    char id[32];

    if (!is_run(failure, "fetch") || !trace || found == trace->event_count)
        return false;
    for (size_t i = 0; i < trace->event_count; i++) {
        i = trace_find(trace, i, "msgctl", -1);
        if (i < trace->event_count &&
            strstr(trace->events[i].args, "IPC_RMID") &&
            trace_arg(&trace->events[i], 0, id, sizeof(id)) &&
            strtol(id, NULL, 10) == trace->events[found].result)
            return true;
    }
    return false;
}

WHEN(leaves_queue)
{
    return wanted(failure, "private queue is removed");
}

WHEN(waits_without_server)
{
    return is_run(failure, "fetch") && failure->kind == FAILED_END &&
           (sleeps_in(failure, "msgrcv", wait) || *wait == NULL);
}

WHEN(cuts_path)
{
    return strncmp(run_args(failure->run)[2] ? run_args(failure->run)[2] : "",
                   "././", 4) == 0;
}

WHEN(loses_error)
{
    return is_run(failure, "none") || is_run(failure, "dir");
}

WHEN(keeps_whole_file)
{
    return wanted(failure, "as they come");
}

/* What is missing can have been in the queue when that was removed. */
WHEN(reply_queue_vanished)
{
    long missing = failure->kind == FAILED_OUTPUT
                       ? strtol(failure->expected, NULL, 10) -
                             (long)run_output(failure->run).size
                       : 0;

    return is_run(failure, "fetch") && missing > 0 && missing <= 16384 &&
           (says(failure, "Identifier removed") ||
            says(failure, "Invalid argument"));
}

/* ---- Server -------------------------------------------------------------- */

WHEN(server_gone)
{
    return saw(failure, "the server's queue is gone") ||
           (is_run(failure, "serve") &&
            says(failure, "Interrupted system call")) ||
           (is_run(failure, "fetch") && says(failure, "0x51: No such file"));
}

static bool has_zombie(const struct failure *failure)
{
    const struct autopsy *autopsy = run_autopsy(failure->run);

    for (size_t i = 0; autopsy && i < autopsy->line_count; i++)
        if (strstr(autopsy->lines[i], "waits to be reaped"))
            return true;
    return left_process(failure);
}

WHEN(never_waits)
{
    return is_run(failure, "serve") && has_zombie(failure) &&
           !called(failure, "wait4,waitid", "");
}

WHEN(waits_too_late)
{
    return has_zombie(failure) && failure->kind == FAILED_END &&
           !called(failure, "rt_sigaction", "SIGCHLD, {sa_handler=0x");
}

WHEN(waits_once)
{
    return has_zombie(failure) && failure->kind == FAILED_END;
}

WHEN(serves_in_turn)
{
    return saw(failure, "had to wait until it was dropped");
}

WHEN(sends_for_ever)
{
    return failure->kind == FAILED_END && sleeps_in(failure, "msgsnd", wait);
}

WHEN(drops_slow_client)
{
    return is_run(failure, "slow") && failure->kind != FAILED_END;
}

WHEN(leaves_dead_queue)
{
    return is_run(failure, "serve") && failure->kind == FAILED_END;
}

WHEN(is_killed)
{
    return is_run(failure, "serve") && run_end(failure->run) == RUN_SIGNALED;
}

WHEN(leaves_own_queue)
{
    return saw(failure, "the queue is still there");
}

WHEN(leaves_clients_queue)
{
    return wanted(failure, "those of its clients");
}

WHEN(leaves_children)
{
    return left_process(failure);
}

WHEN(sleeps_after_signal)
{
    return is_run(failure, "serve") && failure->kind == FAILED_END &&
           sleeps_in(failure, "msgrcv", wait);
}

#define SERVER "fetch_1mib four_clients client_killed server_shutdown"

const struct misconception lab_misconceptions[] = {
    {"not_written_yet", NULL, is_untouched,
     "This exercise still has its TODO: start there."},

    /* put */
    {"type_not_a_long", "put_take_order body_is_exact", has_wrong_type,
     "The type that arrived is not the one that was sent: mtype must be a "
     "long, "
     "the first member of the structure, with the text right behind it."},
    {"type_not_set", "put_take_order body_is_exact full_queue", is_refused,
     "msgsnd refuses the message: mtype must be greater than 0, and msgsz at "
     "most what a message may hold."},
    {"msgsz_counts_type",
     "put_take_order body_is_exact interrupted_and_removed", counts_type,
     "The message is 8 bytes too long: msgsz is the size of the text only; "
     "the mtype in front of it is not counted."},
    {"text_with_nul", "put_take_order body_is_exact interrupted_and_removed",
     sends_nul,
     "The message is one byte too long: the NUL that ends a C string is not "
     "part of the text."},
    {"body_too_long", "put_take_order body_is_exact interrupted_and_removed",
     sends_too_much,
     "The message is longer than the text: msgsz is the number of bytes to be "
     "sent, not the size of the structure that they lie in."},
    {"put_too_long_cut", "empty_nowait_and_types", accepts_long_text,
     "Something was put into the queue that is not what the caller gave: a "
     "type "
     "below 1 or a text that is too long is EINVAL."},
    {"flags_ignored", NULL, waits_in_spite_of_n,
     "{process} sleeps in {call}, although the caller asked for IPC_NOWAIT."},
    {"put_polls", "full_queue", polls,
     "put asks again and again whether there is room: let msgsnd sleep, the "
     "kernel wakes it."},

    /* take */
    {"too_big_retried", "small_buffer", retries_too_big,
     "The message is still in the queue after E2BIG, and the next msgrcv finds "
     "it again, for ever: give a bigger buffer, or tell the caller."},
    {"too_big_cut", "small_buffer", cuts_message,
     "MSG_NOERROR throws away what does not fit: here a message that is too "
     "long is E2BIG and stays in the queue."},
    {"too_big_lost", "small_buffer", loses_message,
     "The message was taken off the queue and then found too long: it is lost. "
     "Give msgrcv the caller's size, and it stays."},
    {"selector_ignored", "take_by_type", takes_other_type,
     "take brought a message of another type than it was asked for: the "
     "selector is the msgtyp of msgrcv."},
    {"negative_selector_excludes", "take_lowest", waits_for_type,
     "{process} waits although there is a message of type N: -N means the "
     "lowest type that is less than or equal to N."},
    {"negative_selector", "take_lowest", takes_other_type,
     "-N means: of the types <= N the lowest, and of that the oldest message. "
     "msgrcv does it if it is given the negative number."},
    {"eintr_is_fatal", "interrupted_and_removed", was_interrupted,
     "msgsnd and msgrcv are never restarted after a signal: EINTR means that "
     "nothing was done; call again."},

    /* fetch */
    {"replies_in_request_queue", SERVER, shares_full_queue,
     "The queue is full of requests, so that the server ({process}, in {call}) "
     "cannot post the answer that would let a client continue: answers need "
     "queues of their own."},
    {"own_request_received", SERVER " interrupted_and_removed", shares_queue,
     "Requests and answers share one queue, and a process receives what was "
     "meant for another, or what it sent itself: give each client a queue of "
     "its own."},
    {"client_removes_server_queue", SERVER, removes_foreign_queue,
     "fetch removed the server's queue, in which others wait: whoever makes a "
     "queue removes it, once."},
    {"server_stops_at_eintr", SERVER " interrupted_and_removed", server_gone,
     "The server ended when its first child did: SIGCHLD interrupts msgrcv, "
     "which is never restarted and fails with EINTR. Call again."},
    {"private_queue_left", "fetch_1mib server_shutdown", leaves_queue,
     "The private queue of a fetch that has ended is still there: queues "
     "outlive processes, so it must be removed on every path, errors "
     "included."},
    {"long_path_cut", "fetch_1mib", cuts_path,
     "A path that does not fit into a request was cut, and names another file: "
     "it is ENAMETOOLONG, and nothing is sent."},
    {"server_error_lost", "fetch_1mib", loses_error,
     "The server could not open or read the file, and the client does not say "
     "so: the errno travels in a message of type REPLY_ERROR."},
    {"buffers_whole_file", "four_clients client_killed server_shutdown",
     keeps_whole_file,
     "fetch kept the file in memory until its end: write the bytes as they "
     "come, so that a client that stands still holds back the server."},
    {"removes_reply_queue", "fetch_1mib four_clients client_killed",
     reply_queue_vanished,
     "The server removed the client's queue with messages in it: sent is not "
     "received, and the client removes its queue itself."},
    {"waits_for_ever", "server_shutdown", waits_without_server,
     "Nobody serves this queue, and fetch waits for ever: msgrcv has no time "
     "limit, so a signal or IPC_NOWAIT must provide one."},

    /* serve */
    {"never_waits", NULL, never_waits,
     "The server never waits for its children: each of them stays a zombie."},
    {"waits_at_next_request", "four_clients client_killed", waits_too_late,
     "Children that have ended stay zombies until the next request comes: "
     "SIGCHLD tells that there is one to be waited for."},
    {"one_wait_for_many", "four_clients client_killed", waits_once,
     "Several children can hide behind one SIGCHLD: call waitpid with WNOHANG "
     "until there is none left."},
    {"serves_one_at_a_time", "four_clients", serves_in_turn,
     "A client that stands still holds up all others: answer each request in a "
     "process of its own."},
    {"no_limit_in_child", "client_killed", sends_for_ever,
     "The client is dead and nobody reads its queue, but {process} waits for "
     "room in it: bound the send, then remove the queue."},
    {"slow_client_dropped", "client_killed", drops_slow_client,
     "A slow client was dropped although it took something all the time: the "
     "two seconds begin again with each message that goes out."},
    {"dropped_queue_left", "client_killed", leaves_dead_queue,
     "The client is dead, and its queue is still there: who gives up a client "
     "removes its queue, for nobody else will."},
    {"killed_by_sigterm", "server_shutdown", is_killed,
     "The signal killed the server before it could remove its queue: catch "
     "SIGTERM and SIGINT."},
    {"signal_comes_too_early", "server_shutdown", sleeps_after_signal,
     "SIGTERM came after the look at the flag and before msgrcv, which then "
     "slept as if nothing had been: let the handler see to it that another "
     "signal follows, or that the queue is gone."},
    {"server_queue_left", "server_shutdown", leaves_own_queue,
     "The server has ended and its queue is still there: queues outlive "
     "processes; the server removes it."},
    {"client_queue_left", "server_shutdown", leaves_clients_queue,
     "The server has ended, and a client still waits on its queue for the rest "
     "of a file: remove that queue, then msgrcv fails with EIDRM."},
    {"children_left", "server_shutdown", leaves_children,
     "The server has ended and left children behind: end them and wait for "
     "each."},
    {NULL, NULL, NULL, NULL},
};
