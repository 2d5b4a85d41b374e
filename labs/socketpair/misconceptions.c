// SPDX-License-Identifier: MIT
/*
 * misconceptions.c - the beliefs behind wrong answers to the socketpair lab.
 *
 * How each is recognised is written here and nowhere else; the sentence is what
 * the student is told, the hint of the step says more.  The table is searched
 * in order: the most specific entry first.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "evidence.h"

/* ---- Hangs --------------------------------------------------------------- */

static bool is_socket(const struct autopsy_wait *wait, bool reads)
{
    return wait->object == OBJECT_SOCKET && wait->reads == reads;
}

MATCH(reads_datagrams)
{
    return is_socket(wait, true) && wait->socket.known &&
           wait->socket.type == SOCK_DGRAM;
}

WHEN(waits_for_datagram)
{
    return find_wait(failure, wait, reads_datagrams);
}

MATCH(parent_reads_its_own)
{
    return is_socket(wait, true) && wait->first &&
           autopsy_holder(wait, WHO_ITSELF) != NULL;
}

WHEN(parent_keeps_end)
{
    return find_wait(failure, wait, parent_reads_its_own);
}

MATCH(child_reads_its_own)
{
    return is_socket(wait, true) && !wait->first &&
           autopsy_holder(wait, WHO_ITSELF) != NULL;
}

WHEN(child_keeps_end)
{
    return find_wait(failure, wait, child_reads_its_own);
}

MATCH(sends)
{
    return is_socket(wait, false);
}

MATCH(waits_for_child)
{
    return wait->object == OBJECT_CHILD;
}

WHEN(waits_before_receiving)
{
    const struct autopsy_wait *child = NULL;

    return find_wait(failure, &child, waits_for_child) &&
           find_wait(failure, wait, sends);
}

WHEN(both_full)
{
    return find_wait(failure, wait, sends);
}

MATCH(first_receives)
{
    return is_socket(wait, true) && wait->first;
}

MATCH(child_receives)
{
    return is_socket(wait, true) && !wait->first;
}

WHEN(both_receive)
{
    const struct autopsy_wait *first = NULL;

    return is_run(failure, "upper") &&
           find_wait(failure, &first, first_receives) &&
           find_wait(failure, wait, child_receives);
}

/* strace shows the bytes, and then how many there are. */
#define NOTHING "\"\", 0"

WHEN(sends_nothing_as_end)
{
    return both_receive(failure, wait) &&
           called(failure, "write,sendto", NOTHING);
}

MATCH(reads_input)
{
    return wait->reads && wait->own_code &&
           autopsy_holder(wait, WHO_TESTER) != NULL;
}

WHEN(waits_for_input)
{
    return find_wait(failure, wait, reads_input);
}

/* The condition NAME: TEXT is in what was seen. */
#define SAW(name, text)                                                        \
    WHEN(name)                                                                 \
    {                                                                          \
        return saw(failure, text);                                             \
    }

/* ---- upper --------------------------------------------------------------- */

WHEN(is_untouched)
{
    return says(failure, "Function not implemented");
}

WHEN(was_interrupted)
{
    return says(failure, "Interrupted system call");
}

/* What came back had not been to the child. */
WHEN(reads_its_own_data)
{
    struct bytes output = run_output(failure->run);

    for (size_t i = 0; i < output.size; i++)
        if (islower((unsigned char)output.data[i]))
            return true;
    return false;
}

WHEN(closes_both)
{
    return says(failure, "Bad file descriptor") ||
           (failure->kind == FAILED_OUTPUT &&
            run_output(failure->run).size == 0 &&
            !called(failure, "shutdown", ""));
}

WHEN(stopped_at_nul)
{
    return failure->kind == FAILED_OUTPUT && run_output(failure->run).size > 0;
}

WHEN(is_success)
{
    return is_status(failure, 0);
}

WHEN(lost_bytes)
{
    return failure->kind == FAILED_OUTPUT;
}

SAW(made_a_pipe, "pipes were made")
SAW(made_two_pairs, "pairs were made")
SAW(has_no_converter, "no child did both")
SAW(has_both_ends, "it never closes descriptor")

/* ---- calc ---------------------------------------------------------------- */

/* Or the parent waits for as many answers as it has sent requests. */
WHEN(streams)
{
    return (failure->kind == FAILED_OUTPUT || hangs(failure)) &&
           is_run(failure, "calc") &&
           called(failure, "socketpair", "SOCK_STREAM");
}

/* There is no other answer. */
WHEN(sends_chunks)
{
    static const char bad[] = "bad request\n";
    struct bytes output = run_output(failure->run);

    for (size_t i = 0; i < output.size; i++)
        if (output.data[i] != bad[i % (sizeof(bad) - 1)])
            return false;
    return failure->kind == FAILED_OUTPUT && output.size > 0;
}

/* What calc_boundaries has counted. */
static bool counted(const struct failure *failure, int *sent, int *received)
{
    return sscanf(failure->seen, "%d messages were sent, %d received", sent,
                  received) == 2;
}

/* As many as there are requests and answers are twice their number. */
WHEN(sends_more_messages)
{
    int sent, received, due;

    return counted(failure, &sent, &received) &&
           sscanf(failure->expected, "%d requests", &due) == 1 &&
           sent > 2 * due;
}

WHEN(receives_otherwise)
{
    int sent, received;

    return counted(failure, &sent, &received) && received != sent;
}

SAW(sends_fewer_messages, "messages were sent")

/* The message went, and the program did not get over it. */
WHEN(sends_empty_message)
{
    return called(failure, "sendto,write", NOTHING);
}

/* The long lines are the run's whose input is a file: no other ends so. */
static bool is_about_long_lines(const struct failure *failure)
{
    return failure->kind == FAILED_OUTPUT && wanted(failure, "3\\n3\\n3\\n");
}

#define LONGEST 4096 /* LINE_SIZE */

/* The child got the longest request whole; descriptor 0 is the input. */
WHEN(refuses_line_size)
{
    const struct trace *trace = run_trace(failure->run);
    char word[32];

    if (trace == NULL || !is_about_long_lines(failure) ||
        strncmp(run_output(failure->run).data, "3\n3\nbad", 7) != 0)
        return false;
    for (size_t i = trace_find(trace, 0, "read,recvfrom", -1);
         i < trace->event_count;
         i = trace_find(trace, i + 1, "read,recvfrom", -1)) {
        const struct trace_event *event = &trace->events[i];
        if (event->result == LONGEST &&
            trace_arg(event, 0, word, sizeof(word)) && atoi(word) != 0 &&
            trace_arg(event, 2, word, sizeof(word)) && atoi(word) >= LONGEST)
            return true;
    }
    return false;
}

/* A line of 4000 zeros before or in the numbers was cut. */
WHEN(buffer_too_small)
{
    return is_about_long_lines(failure) &&
           strncmp(run_output(failure->run).data, "3\n3\n3\n", 6) != 0;
}

WHEN(answers_a_part)
{
    return is_about_long_lines(failure);
}

/* The lines of the run are 19, and one is missing. */
WHEN(lost_last_line)
{
    struct bytes output = run_output(failure->run);
    int lines = 0;

    for (size_t i = 0; i < output.size; i++)
        lines += output.data[i] == '\n';
    return failure->kind == FAILED_OUTPUT && saw(failure, EXPECT_CUT_SHORT) &&
           lines == 18;
}

/* ---- open ---------------------------------------------------------------- */

#define SENDS_MESSAGES    "sendmsg,sendmmsg"
#define RECEIVES_MESSAGES "recvmsg,recvmmsg"

SAW(opens_itself, "it has opened")

/* What the parent took it for may be another file, or none. */
WHEN(sends_numbers)
{
    return (failure->kind == FAILED_OUTPUT || failure->kind == FAILED_STATUS) &&
           (is_run(failure, "open") || is_run(failure, "pass")) &&
           !called(failure, RECEIVES_MESSAGES, "") &&
           !called(failure, SENDS_MESSAGES, "");
}

WHEN(sends_contents)
{
    return saw(failure, "no message brought one") &&
           !called(failure, SENDS_MESSAGES, "SCM_RIGHTS");
}

WHEN(reads_plainly)
{
    return called(failure, SENDS_MESSAGES, "SCM_RIGHTS") &&
           !called(failure, RECEIVES_MESSAGES, "");
}

WHEN(sends_no_data)
{
    return called(failure, SENDS_MESSAGES, "msg_iovlen=0");
}

WHEN(cuts_control)
{
    return called(failure, RECEIVES_MESSAGES, "MSG_CTRUNC");
}

/* CMSG_SPACE of one descriptor holds two, as far as the kernel is concerned. */
WHEN(sends_padding)
{
    return called(failure, SENDS_MESSAGES, "cmsg_len=24");
}

SAW(child_keeps_descriptors, "300 files are open in the child")
SAW(parent_keeps_descriptors, "300 files are open in the parent")
SAW(opens_too_many, "files are open in the")
SAW(sets_flag_afterwards, "without MSG_CMSG_CLOEXEC")

/* The run with short transfers names these files, and no directory. */
WHEN(takes_part_for_whole)
{
    return is_run(failure, "open") && is_run(failure, "none") &&
           !is_run(failure, "dir");
}

WHEN(refused_in_flight)
{
    return run_was_injected(failure->run) &&
           count_calls(failure, SENDS_MESSAGES, "", "ETOOMANYREFS") > 0;
}

WHEN(not_closed_by_exec)
{
    return prints(failure, "not closed by exec");
}

WHEN(has_no_room)
{
    return is_run(failure, "-f");
}

WHEN(hides_read_error)
{
    return failure->kind == FAILED_ERRORS && says(failure, "none: ") &&
           says(failure, "locked: ") && !says(failure, "Is a directory");
}

WHEN(loses_errno)
{
    return failure->kind == FAILED_ERRORS && says(failure, "none: ");
}

WHEN(stops_at_error)
{
    return failure->kind == FAILED_OUTPUT && !prints(failure, "text b");
}

WHEN(left_a_child)
{
    return failure->kind == FAILED_LEFTOVERS && saw(failure, "child");
}

WHEN(failure_hidden)
{
    return run_was_injected(failure->run);
}

#define UPPER                                                                  \
    "upper_small_half_close upper_1mib one_pair_no_pipe eof_not_shadowed "     \
    "short_io"
#define OPEN "open_passes_fd open_errors open_300 cloexec_and_zombies"

const struct misconception lab_misconceptions[] = {
    {"not_written_yet", NULL, is_untouched,
     "This exercise still has its TODO: start there."},

    /* Hangs: what the kernel showed leaves little to guess. */
    {"datagram_has_no_eof", NULL, waits_for_datagram,
     "{process} waits in {call} for an end that never comes: a pair of "
     "SOCK_DGRAM has no end-of-file; take SOCK_SEQPACKET."},
    {"parent_keeps_child_end", NULL, parent_keeps_end,
     "{process} waits for end-of-file, but still holds the child's end of the "
     "pair itself, as descriptor {holder_fd}."},
    {"child_keeps_parent_end", NULL, child_keeps_end,
     "The other end is still open, in you: {process} waits for end-of-file and "
     "holds its parent's end of the pair itself, as descriptor {holder_fd}."},
    {"waits_before_receiving", NULL, waits_before_receiving,
     "The parent waits for its child to end, and {process} waits in {call} "
     "until someone receives: receive first, then wait."},
    {"zero_bytes_as_eof", NULL, sends_nothing_as_end,
     "A write of zero bytes is nothing at all on a stream, no end-of-file: "
     "shutdown(SHUT_WR) ends what you send."},
    {"no_shutdown", NULL, both_receive,
     "Both wait for the other to talk: {process} has not been told that no "
     "more will come. shutdown(SHUT_WR) says so, and you can still receive."},
    {"write_all_then_read", NULL, both_full,
     "{process} is blocked in {call}: both directions are full, since nobody "
     "receives while there is something to send. Interleave."},
    {"waits_for_end_of_input", "calc_boundaries calc_bad_and_big",
     waits_for_input,
     "A line has come, and {process} waits for more input before it is "
     "answered: take lines as they come."},

    /* upper */
    {"eintr_is_fatal", NULL, was_interrupted,
     "EINTR means that a signal came in between, not that the call failed: "
     "call again."},
    {"one_end_for_each_direction", UPPER, reads_its_own_data,
     "What the parent sent came back to itself: each process uses one end of "
     "the pair, for both directions, and closes the other."},
    {"close_instead_of_shutdown", UPPER, closes_both,
     "close() ends both directions, so the answer is lost; shutdown(SHUT_WR) "
     "ends only what you send."},
    {"treats_data_as_string", "upper_small_half_close", stopped_at_nul,
     "The output ends at the first NUL byte: read() gives bytes and a count, "
     "not a string."},
    {"write_error_ignored", "upper_1mib", is_success,
     "The output could not be written and the exit status says that all went "
     "well."},
    {"short_write_ignored", "short_io", lost_bytes,
     "A write may take fewer bytes than it was offered; the rest was never "
     "sent."},
    {"pipe_for_one_direction", "one_pair_no_pipe", made_a_pipe,
     "A socket pair goes both ways: it needs no pipe for the way back."},
    {"pair_for_each_direction", "one_pair_no_pipe", made_two_pairs,
     "A socket pair is no pipe: each of its ends can send and receive, so one "
     "pair is enough."},
    {"both_ends_in_the_child", "one_pair_no_pipe", has_both_ends,
     "The child holds its parent's end, too: if its parent is killed, it never "
     "sees end-of-file, and waits for ever."},
    {"no_child", "one_pair_no_pipe", has_no_converter,
     "No child received the bytes and sent them back: it is a child that "
     "converts, and its answer comes by the same pair."},

    /* calc */
    {"stream_for_messages", "calc_boundaries calc_bad_and_big", streams,
     "The child received several requests as one: SOCK_STREAM has no "
     "boundaries; take SOCK_SEQPACKET."},
    {"two_messages_for_one", "calc_boundaries", sends_more_messages,
     "A message has its length, and keeps its boundaries: no second one needs "
     "to announce it, and it goes in one call."},
    {"stream_with_framing", "calc_boundaries", receives_otherwise,
     "What one call sent, one call did not receive: on SOCK_STREAM requests "
     "must be told apart again; SOCK_SEQPACKET keeps each a message."},
    {"several_in_one_message", "calc_boundaries", sends_fewer_messages,
     "Several requests, or answers, were sent as one message: send each by "
     "itself."},
    {"empty_message_is_eof", "calc_bad_and_big", sends_empty_message,
     "An empty message was sent for an empty line, and recv() returns 0 for it "
     "as it does at end-of-file: send the newline along."},
    {"chunk_is_a_line", "calc_boundaries calc_bad_and_big", sends_chunks,
     "One read() of the input is not one line: it may bring ten lines, or half "
     "of one. Each line is a request of its own."},
    {"child_death_ignored", "eof_not_shadowed calc_bad_and_big", is_success,
     "The child was killed and the exit status says that all went well: its "
     "end "
     "looks like any other; only waitpid() tells."},
    {"line_size_refused", "calc_bad_and_big", refuses_line_size,
     "A line of exactly LINE_SIZE bytes, its newline included, is a request; "
     "only a longer one is not."},
    {"receive_buffer_too_small", "calc_bad_and_big", buffer_too_small,
     "The part of a message that does not fit into the buffer is thrown away: "
     "receive with room for the longest request."},
    {"truncation_ignored", "calc_bad_and_big", answers_a_part,
     "A line that is too long was answered by its beginning: the rest was "
     "thrown away, and MSG_TRUNC in recv(2) would have told."},
    {"last_line_lost", "calc_bad_and_big", lost_last_line,
     "The last line has no newline, and was not answered."},
    {"accepts_garbage", "calc_bad_and_big", lost_bytes,
     "A request is digits, a plus, digits, with a minus in front of numbers or "
     "not, and all that fits into 64 bits: strtol() takes more, and sums "
     "overflow in silence."},

    /* open */
    {"failure_not_reported", "cloexec_and_zombies", failure_hidden,
     "socketpair() failed: say so, with exit status 1, and go no further."},
    {"parent_opens", "open_passes_fd", opens_itself,
     "The parent opened the file itself: it is the child that opens, and the "
     "descriptor that travels."},
    {"descriptor_number_sent", OPEN, sends_numbers,
     "A descriptor's number means nothing in another process: pass the "
     "descriptor with SCM_RIGHTS."},
    {"contents_sent", "open_passes_fd", sends_contents,
     "The child sent what it read: pass the descriptor, with SCM_RIGHTS, and "
     "let the parent read."},
    {"no_data_byte", OPEN, sends_no_data,
     "The message had no data: on a stream nothing is sent then, and the "
     "descriptor with it. Send at least one byte."},
    {"plain_read", OPEN, reads_plainly,
     "Only recvmsg() with a control buffer receives descriptors: read() takes "
     "the byte, and the kernel closes what came with it."},
    {"too_many_in_flight", "open_300", refused_in_flight,
     "ETOOMANYREFS: too many of the user's descriptors are on their way. That "
     "passes; wait a little and send again."},
    {"padding_sent", OPEN, sends_padding,
     "cmsg_len was CMSG_SPACE, so the padding went as a second descriptor, "
     "number 0, which nobody closes: the space is CMSG_SPACE, the length "
     "CMSG_LEN."},
    {"sent_not_closed", "open_300", child_keeps_descriptors,
     "The child has all 300 files open in the end: sending does not close your "
     "copy."},
    {"ctrunc_ignored", "open_errors", has_no_room,
     "The descriptor was sent, but there was no room for it: recvmsg() says "
     "MSG_CTRUNC, and CMSG_FIRSTHDR may be NULL. That is EMFILE."},
    {"received_not_closed", "open_300", parent_keeps_descriptors,
     "The parent has all 300 files open in the end: every descriptor that you "
     "receive is yours to close."},
    {"too_many_open", "open_300", opens_too_many,
     "More than FILES_OPEN files are open at a time in one process: close some "
     "before you open, or receive, the next."},
    {"control_too_small", OPEN, cuts_control,
     "The control buffer had no room for the header and a descriptor, which "
     "was lost (MSG_CTRUNC): size it with CMSG_SPACE."},
    {"not_closed_by_exec", "cloexec_and_zombies", not_closed_by_exec,
     "A descriptor that is received is not close-on-exec, whatever it was in "
     "the sender: MSG_CMSG_CLOEXEC."},
    {"cloexec_afterwards", "cloexec_and_zombies", sets_flag_afterwards,
     "Between recvmsg() and fcntl() another thread may fork and execute a "
     "program, and that has the file: MSG_CMSG_CLOEXEC leaves no time for it."},
    {"part_taken_for_whole", "open_errors", takes_part_for_whole,
     "On a stream sendmsg() and recvmsg() may move a part of the bytes, and "
     "any "
     "call may fail with EINTR: go on with the rest, or send a single byte."},
    {"read_error_ignored", "open_errors", hides_read_error,
     "A directory can be opened, but not read: EISDIR comes from read(), and "
     "is to be told."},
    {"stops_at_first_error", "open_errors", stops_at_error,
     "One file failed, and those behind it were not printed: tell it, and go "
     "on."},
    {"errno_lost", "open_errors", loses_errno,
     "What is printed is not why the child could not open the file: send its "
     "errno."},
    {"error_is_success", "open_errors", is_success,
     "A file could not be printed, and the exit status says that all went "
     "well."},

    {"child_not_waited_for", NULL, left_a_child,
     "A child was never waited for: it stays a zombie until its parent ends."},
    {NULL, NULL, NULL, NULL},
};
