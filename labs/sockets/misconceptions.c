// SPDX-License-Identifier: MIT
/*
 * misconceptions.c - the beliefs behind wrong answers to the sockets lab.
 *
 * How each is recognised is written here and nowhere else; the sentence is what
 * the student is told, the hint of the step says more.  The table is searched
 * in order: the most specific entry first.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "evidence.h"

/* ---- What the evidence says --------------------------------------------- */

WHEN(is_untouched)
{
    return says(failure, "Function not implemented");
}

static bool is_server(const struct failure *failure)
{
    return is_run(failure, "serve");
}

static bool is_client(const struct failure *failure)
{
    return is_run(failure, "call");
}

static bool is_udp_client(const struct failure *failure)
{
    return is_run(failure, "udpcall");
}

/* The first four of the bytes that the test tells of: "9 bytes: 00 00 00 05".
 */
static bool read_bytes(const char *dump, unsigned bytes[4])
{
    const char *colon = dump ? strstr(dump, "bytes: ") : NULL;

    return colon && sscanf(colon, "bytes: %x %x %x %x", &bytes[0], &bytes[1],
                           &bytes[2], &bytes[3]) == 4;
}

/* The server has ended the connection, in one way or the other, and goes on. */
static bool closed_it(const struct failure *failure)
{
    return saw(failure, "on the connection, then ") &&
           run_end(failure->run) != RUN_EXITED;
}

static bool exited(const struct failure *failure, int status)
{
    return is_server(failure) && failure->kind == FAILED_OTHER &&
           run_end(failure->run) == RUN_EXITED &&
           run_exit_status(failure->run) == status;
}

/* ---- Addresses and ports --------------------------------------------------
 */

MATCH(has_another_port)
{
    /* All ports of the tests lie from 5100 on; without htons none does. */
    return wait->socket.known && strncmp(wait->socket.name, "port 5", 6) != 0 &&
           strncmp(wait->socket.name, "port ", 5) == 0;
}

WHEN(has_foreign_port)
{
    return saw(failure, "Connection refused") || saw(failure, "there were 0") ||
           (is_client(failure) && says(failure, ": Connection refused")) ||
           says(failure, "Permission denied") ||
           (!is_udp_client(failure) &&
            find_wait(failure, wait, has_another_port));
}

WHEN(cannot_bind_again)
{
    return is_server(failure) && says(failure, "Address already in use");
}

WHEN(shares_port)
{
    return called(failure, "setsockopt", "SO_REUSEPORT");
}

WHEN(shares_udp_port)
{
    return is_run(failure, "udp") && called(failure, "setsockopt", "SO_REUSE");
}

WHEN(has_short_queue)
{
    return wanted(failure, "64 connections to wait");
}

WHEN(is_everywhere)
{
    return wanted(failure, "127.0.0.1 only");
}

/* ---- Frames ---------------------------------------------------------------
 */

WHEN(swaps_bytes)
{
    unsigned seen[4], right[4];

    if (is_client(failure) && says(failure, "Message too long"))
        return true;
    if (!read_bytes(failure->seen, seen) ||
        !read_bytes(failure->expected, right))
        return false;
    for (int i = 0; i < 4; i++)
        if (seen[i] != right[3 - i])
            return false;
    return true;
}

/* It has come through one call of many: see big_frame. */
WHEN(was_interrupted)
{
    return says(failure, "Interrupted system call") ||
           (wanted(failure, "1504 bytes") && closed_it(failure));
}

/* Of a frame whose first half the server has had for some time: "SLOW". */
WHEN(takes_part_for_whole)
{
    return wanted(failure, "a frame of 1048576 bytes is allowed") ||
           (wanted(failure, "53 4c 4f 57") && closed_it(failure));
}

/* One piece held two frames, and the beginning of "THREE". */
WHEN(lost_the_rest)
{
    return wanted(failure, "answers both frames") ||
           (wanted(failure, "54 48 52 45 45") && closed_it(failure));
}

WHEN(sent_a_part)
{
    return wanted(failure, "sends the whole answer") ||
           wanted(failure, "answers, in small pieces");
}

WHEN(accepts_half)
{
    return is_client(failure) && is_status(failure, 0);
}

WHEN(believes_length)
{
    return wanted(failure, "too large a length") || is_run(failure, "5131");
}

WHEN(allocates_too_much)
{
    return wanted(failure, "takes no memory");
}

/* Of one client, or of many. */
WHEN(misreads_frame)
{
    return closed_it(failure) ||
           saw(failure, "0 bytes on the connection, then its end");
}

/* ---- The server ------------------------------------------------------------
 */

/* It waits for one of the test's sockets alone... */
MATCH(waits_for_the_test)
{
    return wait->object == OBJECT_SOCKET && !wait->socket.listens &&
           strstr(wait->call, "poll") == NULL &&
           strstr(wait->call, "select") == NULL &&
           autopsy_holder(wait, WHO_TESTER) != NULL;
}

/* ...while others have something for the same process. */
static bool has_others(const struct autopsy_wait *wait,
                       const struct autopsy *autopsy)
{
    for (size_t i = 0; i < autopsy->unread_count; i++)
        if (autopsy->unread[i].pid == wait->pid)
            return true;
    return false;
}

MATCH(reads_from_one)
{
    return wait->reads && waits_for_the_test(wait, autopsy) &&
           has_others(wait, autopsy);
}

MATCH(sends_to_one)
{
    return !wait->reads && waits_for_the_test(wait, autopsy) &&
           has_others(wait, autopsy);
}

WHEN(waits_for_a_client)
{
    return find_wait(failure, wait, reads_from_one);
}

WHEN(waits_for_a_reader)
{
    return find_wait(failure, wait, sends_to_one);
}

WHEN(died_of_sigpipe)
{
    return was_killed_by(failure, SIGPIPE);
}

WHEN(was_ended_by_client)
{
    return exited(failure, 1);
}

WHEN(was_ended_by_signal)
{
    return exited(failure, 0);
}

WHEN(naps_while_serving)
{
    return wanted(failure, "do not wait for others");
}

WHEN(is_deaf_when_busy)
{
    return wanted(failure, "however much there is to do");
}

/* It may have more of them than it accepts. */
WHEN(accepts_too_few)
{
    const struct autopsy *autopsy = run_autopsy(failure->run);

    for (size_t i = 0; autopsy && i < autopsy->unread_count; i++)
        if (autopsy->unread[i].listens)
            return wanted(failure, "answers while others are slow");
    return false;
}

WHEN(spins)
{
    return run_end(failure->run) == RUN_SPINNING;
}

/* The second answer of call_one, of two_requests..., of "other", of a client
 * that has stayed. */
WHEN(answers_once)
{
    return closed_it(failure) && (wanted(failure, "00 00 00 0f 48") ||
                                  saw(failure, "7 bytes: 00 00 00 03") ||
                                  wanted(failure, "41 46 54 45 52") ||
                                  wanted(failure, "41 4e 44 20"));
}

WHEN(cuts_last_answer)
{
    return wanted(failure, "1048580 bytes") && closed_it(failure);
}

/* A process that waits for nothing of it still has the connection. */
static bool has_unread_bytes(const struct failure *failure)
{
    const struct autopsy *autopsy = run_autopsy(failure->run);

    for (size_t i = 0; autopsy && i < autopsy->unread_count; i++)
        if (!autopsy->unread[i].listens)
            return true;
    return false;
}

static bool forks(const struct failure *failure)
{
    return called(failure, "clone,clone3,fork,vfork", "SIGCHLD");
}

WHEN(parent_has_it)
{
    return forks(failure) &&
           (wanted(failure, "and closes") ||
            wanted(failure, "closed when its client has left") ||
            (wanted(failure, "too large a length") &&
             has_unread_bytes(failure)));
}

WHEN(does_not_close)
{
    return wanted(failure, "and closes") ||
           wanted(failure, "closed when its client has left") ||
           wanted(failure, "has descriptors again");
}

WHEN(mixes_up)
{
    return is_server(failure) &&
           (failure->kind == FAILED_END || failure->kind == FAILED_OTHER);
}

/* ---- Children and signals ---------------------------------------------------
 */

WHEN(never_waits)
{
    return wanted(failure, "waits for every child") &&
           !called(failure, "wait4,waitid", "");
}

/* SIGCHLD has come and made nobody wait for a child. */
static bool sleeps_through_signal(const struct failure *failure)
{
    const struct trace *trace = run_trace(failure->run);
    bool sleeps = false;

    for (size_t i = 0; trace && i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];
        if (event->kind == TRACE_SIGNAL && strcmp(event->name, "SIGCHLD") == 0)
            sleeps = true;
        else if (strcmp(event->name, "wait4") == 0 ||
                 strcmp(event->name, "waitid") == 0)
            sleeps = false;
    }
    return sleeps;
}

WHEN(waits_too_late)
{
    return wanted(failure, "waits for every child") &&
           (!called(failure, "rt_sigaction", "SIGCHLD, {sa_handler=0x") ||
            sleeps_through_signal(failure));
}

WHEN(waits_once)
{
    return wanted(failure, "waits for every child");
}

WHEN(leaves_children)
{
    return left_process(failure) ||
           (wanted(failure, "end closes") && exited(failure, 0));
}

/* The test waited for its end, not for the answer to a client or so, and what
 * it sent was let in. */
WHEN(sleeps_after_signal)
{
    const struct trace *trace = run_trace(failure->run);

    return failure->kind == FAILED_END && wanted(failure, "comes to an end") &&
           trace && trace_deliveries(trace, run_pid(failure->run), SIGTERM) > 0;
}

/* A wait was interrupted, and begun again; not that of the shim, which is of no
 * descriptor. */
static bool was_woken(const struct failure *failure)
{
    static const char waits[] = "ppoll,pselect6,poll,select,epoll_wait,"
                                "epoll_pwait,epoll_pwait2";
    static const char *const errors[] = {"EINTR", "ERESTARTNOHAND"};
    size_t count = 0;

    for (int i = 0; i < 2; i++)
        count += count_calls(failure, waits, "", errors[i]) -
                 count_calls(failure, "ppoll", "NULL, 0, {", errors[i]);
    return count > 0;
}

/* The servers that the shim holds before they wait. */
WHEN(sleeps_in_the_gap)
{
    return failure->kind == FAILED_END &&
           (is_run(failure, "5200") || is_run(failure, "5211")) &&
           !was_woken(failure);
}

WHEN(reports_stop)
{
    return is_status(failure, 1) && !is_udp_client(failure);
}

/* ---- Datagrams
 * --------------------------------------------------------------- */

MATCH(waits_without_limit)
{
    return !wait->timed;
}

WHEN(waits_for_ever)
{
    return is_udp_client(failure) && failure->kind == FAILED_END &&
           find_wait(failure, wait, waits_without_limit);
}

WHEN(waits_again)
{
    return is_udp_client(failure) && failure->seen &&
           strstr(failure->seen, "one try lasted") != NULL;
}

WHEN(believes_stranger)
{
    return is_udp_client(failure) && prints(failure, "WRONG");
}

WHEN(gives_up_when_refused)
{
    return is_udp_client(failure) && says(failure, "Connection refused");
}

WHEN(does_not_wait)
{
    return wanted(failure, "though nobody is there yet");
}

WHEN(counts_wrong)
{
    return wanted(failure, "five datagrams");
}

WHEN(asks_too_soon)
{
    return wanted(failure, "only when 300 ms are over");
}

WHEN(sends_nul)
{
    return saw(failure, "the last datagram has") ||
           (is_udp_client(failure) && saw(failure, "\\000"));
}

WHEN(cuts_datagram)
{
    return wanted(failure, "65507 bytes");
}

WHEN(ignores_empty)
{
    return wanted(failure, "answers a datagram");
}

#define CHILDREN "shutdown_and_leaks restart_immediately"

const struct misconception lab_misconceptions[] = {
    {"not_written_yet", NULL, is_untouched,
     "This exercise still has its TODO: start there."},

    /* Where the socket is. */
    {"reuseaddr_missing", "restart_immediately", cannot_bind_again,
     "Connections of the last server still hold the port: set SO_REUSEADDR "
     "before bind, always, for the old socket must have had it, too."},
    {"port_shared", "restart_immediately", shares_port,
     "SO_REUSEPORT lets several servers have the port at the same time, and "
     "each gets some of the clients: what you want is SO_REUSEADDR."},
    {"udp_port_shared", "udp_echo", shares_udp_port,
     "For UDP SO_REUSEADDR lets a second server have the same port, and the "
     "datagrams of the first: leave it away there."},
    {"queue_too_short", "restart_immediately", has_short_queue,
     "The kernel keeps fewer than 64 connections for you until you accept "
     "them: "
     "those of other clients have to come again: listen with 64."},
    {"any_address", "restart_immediately udp_echo", is_everywhere,
     "INADDR_ANY is every address that this machine has: who is for this "
     "machine alone binds to INADDR_LOOPBACK."},
    {"refused_is_final", "udp_retry", gives_up_when_refused,
     "ECONNREFUSED says that one datagram found nobody: the server may be "
     "there for the next, so it counts as silence."},
    {"port_in_host_order", NULL, has_foreign_port,
     "Nothing comes to the port that was asked for: sin_port holds it in "
     "network byte order, so it goes through htons."},

    /* Frames. */
    {"length_in_host_order", "call_one", swaps_bytes,
     "The bytes of a length are in the wrong order: htonl when it is sent, "
     "ntohl when it is received."},
    {"half_is_accepted", "byte_by_byte", accepts_half,
     "The stream ended inside of a frame, and what had come was taken for all "
     "of it: that is ECONNRESET."},
    {"eintr_is_fatal", "big_frame", was_interrupted,
     "EINTR means that a signal came before anything was moved, not that the "
     "connection is lost: call again."},
    {"sends_once", "big_frame slow_client", sent_a_part,
     "A part of the answer was never sent: send may take less than it is "
     "offered; go on with the rest."},
    {"one_read_is_one_message", "slow_client oversized_length",
     takes_part_for_whole,
     "A part of a frame was taken for all of it: TCP is a stream of bytes, so "
     "read on until the frame is complete."},
    {"closes_after_one", NULL, answers_once,
     "The connection is closed after one answer: it carries frames until the "
     "client ends it, and bytes that nobody has read turn its end into a "
     "reset."},
    {"rest_thrown_away", "two_requests_one_segment", lost_the_rest,
     "What came behind a complete frame was lost or left lying: a piece may "
     "bring several frames, and the beginning of one; keep it."},
    {"eof_means_gone", "two_requests_one_segment", cuts_last_answer,
     "The client has only said that it sends no more: send all that it is "
     "owed, then close."},
    {"memory_before_limit", "oversized_length", allocates_too_much,
     "Memory was asked for before the length was looked at: any client could "
     "make the server take all there is."},

    /* Clients. */
    {"serves_one_at_a_time", NULL, waits_for_a_client,
     "{process} sleeps in {call} until one client says more, while others have "
     "something for it: never wait for one of them alone."},
    {"waits_to_send", NULL, waits_for_a_reader,
     "{process} sleeps in {call} because one client does not read, while "
     "others have something for it: send only what has room."},
    {"parent_keeps_connection", NULL, parent_has_it,
     "A client never sees the end of its connection: the parent has a "
     "descriptor of it, too, and must close it after fork."},
    {"length_believed", "oversized_length", believes_length,
     "A length was believed that no frame may have: compare it, as an unsigned "
     "number, with FRAME_MAX before anything else."},
    {"killed_by_sigpipe", NULL, died_of_sigpipe,
     "The other side had left, and SIGPIPE killed the process: give each send "
     "MSG_NOSIGNAL, or ignore the signal."},
    {"naps_while_serving", "fifty_clients", naps_while_serving,
     "The process that serves all clients slept because it could not accept "
     "another one, and all the others waited: leave the listening socket out "
     "of poll until a client has left."},
    {"deaf_when_busy", "term_in_the_gap udp_echo", is_deaf_when_busy,
     "SIGTERM was pending all the time: ppoll and pselect let a signal in only "
     "while they sleep, and they do not sleep if something is ready. Unblock "
     "it for a moment in each round, or ask sigpending."},
    {"too_few_at_a_time", "slow_client", accepts_too_few,
     "A client was not accepted while 63 others were connected: at least 64 "
     "must be served at the same time."},
    {"accept_failure_ends_server", "fifty_clients", was_ended_by_client,
     "The server ended when accept failed: there was no descriptor left, and "
     "there will be one when a client leaves."},
    {"client_ends_server", NULL, was_ended_by_client,
     "An error on one connection ended the server: close that connection, and "
     "go on."},
    {"children_left", CHILDREN, leaves_children,
     "The server has ended and its children have not: end them and wait for "
     "each."},
    {"signal_ends_server", NULL, was_ended_by_signal,
     "The server ended although nobody had asked it to: SIGCHLD interrupts a "
     "wait, too. Look at *stop, and go on."},
    {"spins_without_descriptors", "fifty_clients", spins,
     "accept fails for want of descriptors, the connection stays in the queue, "
     "and poll reports it at once, again and again: do not ask for it until a "
     "client has left, or sleep a little."},
    {"connection_not_closed", NULL, does_not_close,
     "A connection whose client has left is not closed: the server will run "
     "out of descriptors."},
    {"never_waits", "shutdown_and_leaks", never_waits,
     "The server never waits for its children: each of them stays a zombie."},
    {"waits_at_next_client", "shutdown_and_leaks", waits_too_late,
     "Children that have ended stay zombies until the next client comes: "
     "SIGCHLD tells that there is one to be waited for."},
    {"one_wait_for_many", "shutdown_and_leaks", waits_once,
     "Several children can hide behind one SIGCHLD: call waitpid with WNOHANG "
     "until there is none left."},
    {"signal_comes_too_early", "term_in_the_gap udp_echo", sleeps_in_the_gap,
     "SIGTERM came after the look at *stop and before the wait, which then "
     "slept as if nothing had been: ppoll and pselect close that gap."},
    {"signal_not_noticed", "term_in_the_gap " CHILDREN, sleeps_after_signal,
     "SIGTERM has come, and the server does not end: EINTR is the moment to "
     "look at *stop."},
    {"stop_is_failure", "term_in_the_gap udp_echo " CHILDREN, reports_stop,
     "SIGTERM is how a server is ended, not an error: return 0."},
    {"frame_misread", NULL, misreads_frame,
     "The server ended a connection instead of answering a right frame: a "
     "length was misread, or a part taken for the whole, or an error of one "
     "call for the end."},
    {"clients_mixed_up", "slow_client fifty_clients", mixes_up,
     "A client does not get its own answer: between two pieces of a frame come "
     "those of others, so each needs a buffer of its own."},

    /* Datagrams. */
    {"stranger_believed", "udp_retry", believes_stranger,
     "An answer was taken from a stranger: anybody can send to your port, so "
     "compare the address, or connect the socket."},
    {"udp_is_reliable", "udp_retry", waits_for_ever,
     "{process} waits in {call} without a limit: datagrams get lost, and "
     "nobody says so; wait 300 ms, then send again."},
    {"stranger_prolongs", "udp_retry", waits_again,
     "Each datagram of a stranger began the 300 ms anew: compute the deadline "
     "once, and wait for what is left of it."},
    {"refused_is_no_silence", "udp_retry", does_not_wait,
     "A datagram was refused, and the next one sent at once: ECONNREFUSED is "
     "silence, too, so wait out the 300 ms; a server may come."},
    {"tries_too_short", "udp_retry", asks_too_soon,
     "The same was sent again too soon: after each of the five datagrams an "
     "answer may take 300 ms, which are no limit for all of them together."},
    {"sends_the_nul", "udp_retry udp_echo", sends_nul,
     "A datagram is one byte too long: the NUL that ends a C string is not "
     "part of the text."},
    {"tries_wrong", "udp_retry", counts_wrong,
     "A text without an answer is sent five times in all, the first time "
     "included."},
    {"datagram_cut", "udp_echo", cuts_datagram,
     "A datagram has up to 65507 bytes, and what does not fit into the buffer "
     "of recvfrom is thrown away."},
    {"empty_is_nothing", "udp_echo", ignores_empty,
     "A datagram of 0 bytes is one, and wants an answer: UDP has no "
     "end-of-file; only -1 is none."},
    {NULL, NULL, NULL, NULL},
};
