// SPDX-License-Identifier: MIT
/*
 * misconceptions.c - the beliefs behind wrong answers to the taxonomy lab.
 *
 * How each is recognised is written here and nowhere else; the sentence is what
 * the student is told, the hint of the step says more.  The table is searched
 * in order: the most specific entry first.  A wrong cell is recognised by what
 * the test says of it: "pipe: direction is not bi".
 */
#include <stdlib.h>
#include <string.h>

#include "evidence.h"

WHEN(is_untouched)
{
    return says(failure, "Function not implemented");
}

/* ---- The table -------------------------------------------------------------
 */

WHEN(cell_is_missing)
{
    return saw(failure, "is not filled in") ||
           saw(failure, "have no value of their column");
}

WHEN(pipe_both_ways)
{
    return saw(failure, "pipe: direction is not bi") ||
           saw(failure, "popen: direction is not bi") ||
           saw(failure, "fifo: direction is not bi");
}

WHEN(pipe_for_all)
{
    return saw(failure, "pipe: relation is not any") ||
           saw(failure, "popen: relation is not any") ||
           saw(failure, "socketpair: relation is not any");
}

WHEN(fifo_on_disk)
{
    return saw(failure, "fifo: bounded is not no");
}

WHEN(fifo_forgotten)
{
    return saw(failure, "fifo: persistence is not");
}

WHEN(memory_synchronous)
{
    return saw(failure, "sysv-shm: sync is not");
}

WHEN(queue_in_order)
{
    return saw(failure, "sysv-msgq: order is not fifo") ||
           saw(failure, "posix-mq: order is not fifo");
}

WHEN(sysv_mortal)
{
    return saw(failure, "sysv-sem: persistence is not process") ||
           saw(failure, "sysv-shm: persistence is not process") ||
           saw(failure, "sysv-msgq: persistence is not process") ||
           saw(failure, "posix-mq: persistence is not process");
}

WHEN(signal_is_message)
{
    return saw(failure, " signal: order is not") ||
           saw(failure, "signal: carries is not") ||
           (failure->seen &&
            strncmp(failure->seen, "signal: order is not", 20) == 0);
}

WHEN(udp_in_order)
{
    return saw(failure, "udp: order is not");
}

WHEN(socket_is_remote)
{
    return saw(failure, "socketpair: host is not network") ||
           saw(failure, "unix-socket: host is not network");
}

WHEN(semaphore_has_data)
{
    return saw(failure, "sysv-sem: carries is not");
}

WHEN(write_synchronous)
{
    return saw(failure, "sync is not synchronous");
}

WHEN(stream_in_pieces)
{
    return saw(failure, "boundaries is not message");
}

/* ---- Boundaries ------------------------------------------------------------
 */

WHEN(waits_for_partner)
{
    return failure->kind == FAILED_END && (sleeps_in(failure, "openat", wait) ||
                                           sleeps_in(failure, "open", wait));
}

static bool sleeps_in_receive(const struct failure *failure,
                              const struct autopsy_wait **wait)
{
    return failure->kind == FAILED_END &&
           (sleeps_in(failure, "msgrcv", wait) ||
            sleeps_in(failure, "mq_timedreceive", wait) ||
            sleeps_in(failure, "read", wait) ||
            sleeps_in(failure, "recvfrom", wait));
}

WHEN(waits_in_queue)
{
    return sleeps_in_receive(failure, wait) &&
           ((*wait)->object == OBJECT_SYSV_QUEUE ||
            (*wait)->object == OBJECT_POSIX_QUEUE);
}

WHEN(waits_for_itself)
{
    return sleeps_in_receive(failure, wait);
}

WHEN(makes_no_channel)
{
    return wanted(failure, "opens a channel of the mechanism");
}

WHEN(sends_once)
{
    return wanted(failure, "two pieces of 3 bytes");
}

static bool is_about(const struct failure *failure, const char *property)
{
    return is_run(failure, "probe") && is_run(failure, property);
}

static bool takes_stream_for_messages(const struct failure *failure)
{
    return failure->kind == FAILED_OUTPUT && is_about(failure, "boundaries") &&
           prints(failure, "message");
}

/* Two processes, and the receiver did not wait for the sender. */
WHEN(hurries)
{
    return takes_stream_for_messages(failure) &&
           called(failure, "clone,clone3,fork,vfork", "");
}

WHEN(asks_for_less)
{
    return takes_stream_for_messages(failure);
}

WHEN(gives_up)
{
    return failure->kind == FAILED_STATUS && is_run(failure, "signal") &&
           is_about(failure, "boundaries");
}

WHEN(takes_failure_for_none)
{
    return is_run(failure, "socketpair") && is_about(failure, "boundaries") &&
           failure->kind == FAILED_STATUS && prints(failure, "none");
}

WHEN(takes_failure_for_message)
{
    return is_run(failure, "sysv-msgq") && is_about(failure, "boundaries") &&
           is_status(failure, 0);
}

WHEN(sender_is_not_waited_for)
{
    return left_process(failure) && is_about(failure, "boundaries");
}

/* ---- Persistence -----------------------------------------------------------
 */

WHEN(is_not_waited_for)
{
    return left_process(failure) && is_about(failure, "persistence");
}

WHEN(is_not_killed)
{
    return wanted(failure, "is killed, and another one looks");
}

WHEN(takes_file_for_lock)
{
    return saw(failure, "a file-lock lives as long as this: filesystem");
}

WHEN(kills_too_early)
{
    return saw(failure, "killed before it had made one");
}

WHEN(looks_too_early)
{
    return wanted(failure, "when its maker has been waited for") ||
           (wanted(failure, "it says what the kernel shows") &&
            (is_run(failure, "tcp") || is_run(failure, "file-lock")));
}

WHEN(ignores_path)
{
    return saw(failure, "lives as long as this: kernel") &&
           (is_run(failure, "fifo") || is_run(failure, "unix-socket"));
}

WHEN(takes_foreign)
{
    return wanted(failure, "was there before is left alone");
}

WHEN(leaves_object)
{
    return left_object(failure);
}

/* ---- The choice ------------------------------------------------------------
 */

static const char *printed(const struct failure *failure)
{
    return run_output(failure->run).data;
}

static int count_lines(const char *text)
{
    int lines = 0;

    for (; (text = strchr(text, '\n')) != NULL; text++)
        lines++;
    return lines;
}

static bool is_choice(const struct failure *failure)
{
    return is_run(failure, "choose") && failure->kind == FAILED_OUTPUT;
}

/* What choose was to print is as long as what it printed: N bytes. */
WHEN(is_unsorted)
{
    return is_choice(failure) &&
           strtoul(failure->expected, NULL, 10) ==
               run_output(failure->run).size &&
           count_lines(printed(failure)) > 1;
}

WHEN(reports_nothing)
{
    return is_run(failure, "choose") && failure->kind == FAILED_STATUS;
}

/* All of the 14, though not all are found by any. */
WHEN(any_for_all)
{
    return is_choice(failure) && is_run(failure, "relation=any") &&
           count_lines(printed(failure)) == 14;
}

WHEN(uses_own_table)
{
    return is_choice(failure) && is_run(failure, "other");
}

WHEN(stops_early)
{
    return is_choice(failure) && count_lines(printed(failure)) == 1 &&
           strtoul(failure->expected, NULL, 10) > run_output(failure->run).size;
}

/* A FIFO has the first of the three in the first case, "carries=bytes", and a
 * real-time signal the other two. */
WHEN(needs_one)
{
    return is_choice(failure) && prints(failure, "fifo\n");
}

WHEN(forgets_some)
{
    return is_choice(failure) && prints(failure, "rt-signal\n");
}

#define PERSISTENCE "probe_persistence_works probes_clean_up"

const struct misconception lab_misconceptions[] = {
    {"not_written_yet", NULL, is_untouched,
     "This exercise still has its TODO: start there."},

    /* table */
    {"cell_left_out", NULL, cell_is_missing,
     "A cell is left out, or holds a value that its column does not know: each "
     "row has eleven of them, in the order of enum property."},
    {"pipe_is_bidirectional", NULL, pipe_both_ways,
     "On Linux a pipe has one direction, with a name (FIFO) or without: "
     "write(2) to the read end is EBADF. A socketpair has two."},
    {"pipe_has_no_name", NULL, pipe_for_all,
     "Who wants to use a pipe or a socketpair must have inherited it: there is "
     "no name by which anybody could find it."},
    {"fifo_keeps_data_on_disk", NULL, fifo_on_disk,
     "The name of a FIFO is on disk, the bytes are in the kernel, and only as "
     "many as a pipe holds; the size of the file is always 0."},
    {"name_goes_by_itself", NULL, fifo_forgotten,
     "The bytes of a FIFO go with its last descriptor; the name stays in the "
     "file system until somebody removes it."},
    {"memory_makes_nobody_wait", NULL, memory_synchronous,
     "Shared memory transports, it does not order: who reads too early reads "
     "old bytes. For waiting you need a semaphore."},
    {"write_waits_for_reader", NULL, write_synchronous,
     "A sender does not wait for its receiver: the kernel keeps what was sent. "
     "Success means `in the kernel', not `received'."},
    {"queue_is_always_fifo", NULL, queue_in_order,
     "A queue need not be first in, first out: in System V's the receiver "
     "chooses by type, in POSIX's the highest priority comes first."},
    {"object_dies_with_creator", NULL, sysv_mortal,
     "System V objects and POSIX queues do not die with their creator: they "
     "stay until they are removed, or the machine stops."},
    {"signal_is_a_message", NULL, signal_is_message,
     "Standard signals do not queue and carry nothing: ten that are blocked "
     "arrive as one. Only real-time signals queue, and carry one value."},
    {"udp_keeps_order", NULL, udp_in_order,
     "Datagrams promise no order, and not even arrival; that they keep it on "
     "the loopback device proves nothing."},
    {"sockets_need_a_network", NULL, socket_is_remote,
     "A socketpair and UNIX domain sockets have the calls of sockets, but no "
     "network: both sides are on one host."},
    {"semaphore_carries_data", NULL, semaphore_has_data,
     "A semaphore carries permission, not data: who passes it learns that he "
     "may go on, and nothing else."},
    {"stream_keeps_boundaries", NULL, stream_in_pieces,
     "A stream does not know where a write ended: two pieces arrive as one, or "
     "one as two."},

    /* probe boundaries */
    {"opens_fifo_alone", NULL, waits_for_partner,
     "{process} waits in {call} until somebody opens the other end of the "
     "FIFO, and will not come to that itself: open the read end with "
     "O_NONBLOCK first."},
    {"waits_for_end_of_file", NULL, waits_in_queue,
     "{process} waits in {call} for an end that never comes: message queues "
     "have no end-of-file. Receive once."},
    {"waits_for_end_of_file", NULL, waits_for_itself,
     "{process} waits in {call} for the end of the file, but the sending end "
     "is still open: receive once, and look at how much came."},
    {"answer_without_experiment", "probe_boundaries_works", makes_no_channel,
     "The answer comes from somewhere else: nothing was sent. An experiment "
     "opens a channel, sends, receives, and looks."},
    {"sends_one_piece", "probe_boundaries_works", sends_once,
     "A boundary lies between two pieces: send twice, 3 bytes each, before "
     "anything is received."},
    {"receives_too_early", "probe_boundaries_works", hurries,
     "The receiver took what was there when the second piece had not been "
     "sent: wait until both are on their way, then receive."},
    {"receives_one_piece", "probe_boundaries_works", asks_for_less,
     "A stream came in pieces because no more was asked for: the receive call "
     "must have room for both."},
    {"no_channel_is_an_error", "probe_boundaries_works", gives_up,
     "Where channel_open() fails with ENOTSUP there is nothing that carries "
     "bytes: that is no error but the answer, NONE."},
    {"failure_taken_for_none", "probe_boundaries_works", takes_failure_for_none,
     "Only ENOTSUP says that there is no channel. Any other failure of "
     "channel_open() says nothing of boundaries: return -1, with its errno."},
    {"failure_taken_for_message", "probe_boundaries_works",
     takes_failure_for_message,
     "A call that sent or received has failed, and there is an answer all the "
     "same: look at what channel_send() and channel_receive() return. A failed "
     "experiment shows nothing: return -1, with errno."},
    {"sender_not_waited_for", NULL, sender_is_not_waited_for,
     "Who makes a child that sends waits for it, too: until then it is a "
     "zombie, or still alive."},

    /* probe persistence */
    {"creator_not_waited_for", PERSISTENCE, is_not_waited_for,
     "The process that was killed was not waited for: kill(2) returns before "
     "it is dead, and then it is a zombie."},
    {"creator_not_killed", PERSISTENCE, is_not_killed,
     "Whoever made the object was not killed: let a child make it, kill that "
     "with SIGKILL, so that it can tidy up nothing, and look afterwards."},
    {"creator_killed_too_early", PERSISTENCE, kills_too_early,
     "The process was killed before it had made the object; that it usually is "
     "quick enough is luck. Let it say that it is done, or kill itself."},
    {"file_is_not_the_lock", PERSISTENCE, takes_file_for_lock,
     "The file is still there, but nobody has it locked: a lock goes with the "
     "process that holds it. Look for the object first, then for a path."},
    {"creator_is_alive", PERSISTENCE, looks_too_early,
     "The object was looked for while the process that made it was alive, or "
     "not yet gone: kill it, wait for it, then look."},
    {"path_is_not_seen", PERSISTENCE, ignores_path,
     "What is found by a path has its name in the file system: ask "
     "object_path() where to look."},
    {"foreign_object_taken", PERSISTENCE, takes_foreign,
     "The object was there before, and the experiment took it for its own and "
     "removed it: if object_create() fails, nothing was made."},
    {"object_left_behind", NULL, leaves_object,
     "The experiment left something behind: close each channel, and remove "
     "each object that outlived its creator."},

    /* choose */
    {"not_alphabetical", NULL, is_unsorted,
     "The right mechanisms in another order: sort them by their names, not by "
     "their places in the table."},
    {"none_is_no_error", NULL, reports_nothing,
     "That no mechanism meets all requirements is an answer: return 0, not "
     "-1."},
    {"any_taken_for_wildcard", NULL, any_for_all,
     "relation=any is met by the value `any' and by no other: it is a word of "
     "the table, not a permission."},
    {"own_table_used", NULL, uses_own_table,
     "choose answers from another table than the one that it was given: use "
     "its parameter t."},
    {"stops_at_the_first", NULL, stops_early,
     "choose stops at the first mechanism that will do: all of them are asked "
     "for."},
    {"one_requirement_is_enough", NULL, needs_one,
     "A mechanism that meets one of the requirements is named: it has to meet "
     "all of them."},
    {"only_one_requirement", NULL, forgets_some,
     "Only one of the requirements counted: a mechanism has to meet all of "
     "them."},
    {NULL, NULL, NULL, NULL},
};
