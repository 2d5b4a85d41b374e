// SPDX-License-Identifier: MIT
/*
 * misconceptions.c - the beliefs behind wrong answers to the pubsub lab.
 *
 * How each is recognised is written here and nowhere else; the sentence is what
 * the student is told, the hint of the step says more.  The table is searched
 * in order: the most specific entry first.  The mechanism is the student's
 * choice: most entries ask what was seen, few by which call.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"

WHEN(is_untouched)
{
    return says(failure, "Function not implemented");
}

/* ---- Topics -------------------------------------------------------------- */

WHEN(compares_prefix)
{
    return prints(failure, "a/b matches a/bc\n") ||
           (is_run(failure, "a/bc") && prints(failure, "delivered 2\n"));
}

WHEN(plus_takes_many)
{
    return prints(failure, "a/+/c matches a/b/b/c\n");
}

WHEN(merges_slashes)
{
    return prints(failure, "a//b matches a/b\n") ||
           prints(failure, "a/b matches a/b/\n") ||
           prints(failure, "a/+/c - a//c\n");
}

WHEN(hash_needs_a_level)
{
    return prints(failure, "a/# - a\n") ||
           (is_run(failure, "7") && prints(failure, "delivered 0\n"));
}

/* ---- Hangs --------------------------------------------------------------- */

static bool waits_for_many(const struct autopsy_wait *wait)
{
    return strstr(wait->call, "poll") || strstr(wait->call, "select");
}

/* A call that sends to one who is stopped, and cannot do anything else. */
MATCH(waits_for_stopped)
{
    for (size_t i = 0; i < wait->holder_count; i++)
        if (wait->holders[i].stopped && !wait->reads && !waits_for_many(wait))
            return true;
    return false;
}

/* What is in the queue nobody but its reader can take out, and others' messages
 * are behind it. Who holds it up is not written there: it has no owner. */
WHEN(shares_queue)
{
    return hangs(failure) && called_by_any("msgsnd", "") &&
           count_objects("msgget") == 1;
}

WHEN(sends_in_turn)
{
    return find_wait(failure, wait, waits_for_stopped) ||
           (hangs(failure) && (sleeps_in(failure, "mq_timedsend", wait) ||
                               sleeps_in(failure, "msgsnd", wait)));
}

/* A read that brings the rest of a request, when its sender sends it. */
MATCH(reads_from_stopped)
{
    for (size_t i = 0; i < wait->holder_count; i++)
        if (wait->holders[i].stopped && wait->reads && !waits_for_many(wait))
            return true;
    return false;
}

WHEN(reads_in_turn)
{
    return is_run(failure, "stats") &&
           find_wait(failure, wait, reads_from_stopped);
}

MATCH(opens_fifo)
{
    return wait->object == OBJECT_FIFO && strncmp(wait->call, "open", 4) == 0;
}

WHEN(opens_for_the_dead)
{
    return find_wait(failure, wait, opens_fifo);
}

/* ---- Subscribers --------------------------------------------------------- */

WHEN(is_told_too_early)
{
    return is_run(failure, "pub") && prints(failure, "delivered 0");
}

WHEN(spins)
{
    return is_run(failure, "sub") && (run_end(failure->run) == RUN_SPINNING ||
                                      run_end(failure->run) == RUN_FLOODED);
}

WHEN(sub_goes_on)
{
    return is_run(failure, "sub") && hangs(failure);
}

/* The text that was published last has come: what it still waits for is not
 * the broker's to send. */
WHEN(has_everything)
{
    return is_run(failure, "sub") && hangs(failure) &&
           prints(failure, "\nt late\n");
}

WHEN(sub_fails_at_end)
{
    return is_run(failure, "sub") && failure->kind == FAILED_STATUS;
}

WHEN(ignores_output)
{
    return is_run(failure, "sub") && is_run(failure, "unheard") &&
           failure->kind != FAILED_ERRORS;
}

/* Bytes arrive on something that keeps no boundaries. */
static bool is_stream(const struct failure *failure)
{
    return is_run(failure, "sub") &&
           (called(failure, "socket", "SOCK_STREAM") ||
            called(failure, "mknod,mknodat", "S_IFIFO"));
}

WHEN(overtakes)
{
    return prints(failure, "\nt late\nt ");
}

/* A line of the output is none that a subscriber prints: all begin with TOPIC
 * and a blank, and from 10 bytes on are as long as the first. */
static bool is_torn(const struct failure *failure, const char *topic)
{
    const char *line = run_output(failure->run).data;
    size_t first = 0;

    line += strcspn(line, "\n");
    while (*line && *++line) {
        size_t size = strcspn(line, "\n");
        first = first ? first : size;
        if (strncmp(line, topic, strlen(topic)) != 0 ||
            (size > 10 && size != first))
            return true;
        line += size;
    }
    return false;
}

WHEN(has_no_frames)
{
    return is_stream(failure);
}

WHEN(sends_in_part)
{
    return is_stream(failure) && is_torn(failure, "t ");
}

WHEN(cuts_text)
{
    return is_run(failure, "sub") && failure->kind == FAILED_OUTPUT;
}

WHEN(ends_midway)
{
    struct bytes output = run_output(failure->run);

    return is_run(failure, "sub") && !is_stream(failure) &&
           prints(failure, "\nt 1") && output.data[output.size - 1] != '\n';
}

WHEN(accepts_long_text)
{
    return is_run(failure, "pub") && failure->kind == FAILED_STATUS;
}

/* ---- The broker ---------------------------------------------------------- */

WHEN(takes_over)
{
    return is_run(failure, "broker") &&
           (saw(failure, "it was changed or removed") ||
            failure->kind == FAILED_END);
}

WHEN(is_killed_by_sigpipe)
{
    return is_run(failure, "broker") && was_killed_by(failure, SIGPIPE);
}

WHEN(ends_with_client)
{
    return is_run(failure, "broker") && saw(failure, "the broker has ended");
}

WHEN(never_sleeps)
{
    return is_run(failure, "broker") && run_end(failure->run) == RUN_SPINNING;
}

WHEN(closes_nothing)
{
    return wanted(failure, "what it had open for publishers");
}

WHEN(skips_one)
{
    return wanted(failure, "two subscribers that are left");
}

WHEN(forgets_late)
{
    return wanted(failure, "a second later the broker counts");
}

WHEN(keeps_everything)
{
    return saw(failure, "all are kept");
}

WHEN(publishes_half)
{
    return wanted(failure, "half a text");
}

WHEN(keeps_too_little)
{
    return wanted(failure, "64 texts are kept") ||
           wanted(failure, "is at work gets every text");
}

WHEN(counts_dropped)
{
    return is_run(failure, "stats") && failure->kind == FAILED_OUTPUT;
}

/* What came are whole texts, from the first one on.  Whether what does not come
 * is kept for ever, or was thrown away, a subscriber that waits cannot tell. */
WHEN(keeps_the_rest)
{
    struct bytes output = run_output(failure->run);

    return is_run(failure, "sub") && failure->kind != FAILED_STATUS &&
           prints(failure, "\nt 1") && output.data[output.size - 1] == '\n';
}

WHEN(finds_stale_path)
{
    return is_run(failure, "broker") &&
           (says(failure, "Address already in use") ||
            says(failure, "File exists"));
}

WHEN(leaves_path)
{
    return saw(failure, "the name is still there") || left_object(failure);
}

WHEN(does_not_stop)
{
    return is_run(failure, "broker") && failure->kind == FAILED_END;
}

WHEN(has_no_room)
{
    return failure->kind != FAILED_LEFTOVERS;
}

#define STOPS "stopped_sub_no_block restart_broker clean_everything"

const struct misconception lab_misconceptions[] = {
    {"not_written_yet", NULL, is_untouched,
     "This exercise still has its TODO: start there."},

    /* Topics */
    {"plus_takes_many", "match_table", plus_takes_many,
     "\"+\" stands for one level, and does not reach beyond a slash."},
    {"compares_prefix", "match_table no_cross_topic", compares_prefix,
     "a/b is the beginning of a/bc, but another topic: compare level by level, "
     "and both to the end."},
    {"merges_slashes", "match_table", merges_slashes,
     "A level may be empty: a//b has three. Functions such as strtok take "
     "several slashes for one."},
    {"hash_needs_a_level", "match_table no_cross_topic", hash_needs_a_level,
     "\"a/#\" stands for \"a\", too: the levels behind it may be none."},

    /* Hangs */
    {"one_queue_for_all", "stopped_sub_no_block", shares_queue,
     "There is one queue for everybody: the slow reader's messages fill the "
     "queue that all others need. Give each subscriber one of its own."},
    {"one_stops_all", "fan_out_five stopped_sub_no_block", sends_in_turn,
     "{process} waits in {call} for a subscriber that is stopped, and "
     "everybody "
     "else waits with it: send without waiting, and keep a bounded queue for "
     "each."},
    {"waits_for_request", "stopped_sub_no_block", reads_in_turn,
     "{process} waits in {call} for the rest of what a client began to send, "
     "and that client is stopped: read what is there, keep it, and go back to "
     "the one place where all are waited for."},
    {"fifo_open_waits", "killed_sub", opens_for_the_dead,
     "{process} waits in {call} for the other end of a FIFO, whose reader has "
     "died: open it with O_NONBLOCK."},

    /* Subscribers */
    {"subscribed_too_early", "subscribed_means_subscribed", is_told_too_early,
     "\"subscribed\" is printed, and the broker does not know it yet: wait for "
     "its answer first."},
    {"sub_takes_end_for_text", STOPS, spins,
     "The broker has ended, and the subscriber reads on: 0 bytes are the end, "
     "not an empty text."},
    {"sub_waits_for_ever", "restart_broker clean_everything", sub_goes_on,
     "The broker has ended, and nothing tells the subscriber: a queue has no "
     "end-of-file, so it must watch something that has one."},
    {"sub_fails_at_end", STOPS, sub_fails_at_end,
     "The broker's end is no failure of a subscriber: however it is reported, "
     "the exit status is 0."},
    {"output_unchecked", "refusals", ignores_output,
     "What was to be printed could not be written, and the subscriber goes on, "
     "or says that all is well: look at what write returns. At -1 return -1, "
     "with its errno."},
    {"no_frames", "fan_out_five big_text", has_no_frames,
     "Bytes are not messages: one read brings what is there, parts of two "
     "texts "
     "or of one. Send the size along, and keep what is not complete yet."},
    {"newer_overtakes", "stopped_sub_no_block", overtakes,
     "A text was sent at once while older ones were still kept, and overtook "
     "them: whatever is kept goes first."},
    {"sub_waits_for_ever", "stopped_sub_no_block", has_everything,
     "The broker has ended, and nothing tells the subscriber: a queue has no "
     "end-of-file, so it must watch something that has one."},
    {"partial_send", "stopped_sub_no_block", sends_in_part,
     "A write that does not wait may take a part: the rest must be sent later, "
     "and before anything else."},
    {"text_cut", "big_text", cuts_text,
     "A text of 64 KiB did not arrive as it was sent: look for buffers that "
     "are too small, and for string functions that end at other bytes than "
     "NUL."},
    {"text_cut", "stopped_sub_no_block", ends_midway,
     "A text of 64 KiB did not arrive whole: look for buffers that are too "
     "small."},
    {"long_text_accepted", "big_text", accepts_long_text,
     "A text that is too long is refused with EMSGSIZE, not cut: a part of it "
     "says something else."},

    /* The broker */
    {"takes_over", "refusals", takes_over,
     "The broker unlinks whatever is at its path. Only what a dead broker left "
     "may go: ask first whether somebody answers, and look what it is."},
    {"killed_by_sigpipe", "killed_sub", is_killed_by_sigpipe,
     "A subscriber died, and SIGPIPE killed the broker: ignore the signal, or "
     "send with MSG_NOSIGNAL, and drop the subscriber at EPIPE."},
    {"ends_with_client", "killed_sub", ends_with_client,
     "A subscriber died, and the broker ended: an error of one client is no "
     "error of the broker. Drop the client."},
    {"skips_after_removal", "killed_sub", skips_one,
     "A dead subscriber was removed while the list was walked through, and the "
     "one that moved into its place was skipped."},
    {"forgets_at_next_send", "one_sub killed_sub", forgets_late,
     "The broker notices a death only when it sends. It must be told while "
     "nothing is published: wait for the subscriber's end as for a request."},
    {"dropped_counts", "stopped_sub_no_block", counts_dropped,
     "What publishers are told and what `stats` says do not fit: a text that "
     "is dropped for a subscriber, and that is the newest, was not delivered "
     "to "
     "it."},
    {"end_is_the_frame", "stopped_sub_no_block", publishes_half,
     "A publisher died in the middle of a text, and what it had sent was "
     "published: end-of-file does not say that all has come. Send the size "
     "first, and throw away what does not reach it."},
    {"queue_unbounded", "stopped_sub_no_block", keeps_everything,
     "Whatever a subscriber does not take is kept, until the memory is full: "
     "bound the queue, and count what is dropped."},
    {"queue_too_short", "stopped_sub_no_block", keeps_too_little,
     "Texts were dropped although fewer than 64 waited: the broker keeps so "
     "many itself, beyond what the kernel takes."},
    {"rest_not_sent", "stopped_sub_no_block", keeps_the_rest,
     "The subscriber goes on, and the rest of what was sent to it does not "
     "come: a write that does not wait may take a part; keep what is left, and "
     "wait for room at those for whom something is kept (POLLOUT)."},
    {"stale_path", "restart_broker", finds_stale_path,
     "What the dead broker made is still at its path: ask whether somebody "
     "answers there; if not, remove it."},
    {"path_left", "restart_broker clean_everything", leaves_path,
     "The broker has ended, and something of it is left: names, queues and "
     "segments outlive processes."},
    {"eintr_hides_stop", STOPS, does_not_stop,
     "SIGTERM came, and the broker sleeps again: EINTR is the moment to look "
     "at "
     "*stop."},
    {"descriptors_left", "fan_out_five", closes_nothing,
     "Who asked or published once has gone, and the broker still has its "
     "descriptor open: the broker closes its own end, too, or it will run out "
     "of them."},
    {"broker_spins", "sixty_subs", never_sleeps,
     "Nobody wants anything, and the broker is at work: poll returns at once "
     "if it is asked for room (POLLOUT) where there is room, or if what it "
     "reports is not taken away. Ask for POLLOUT only while something waits "
     "to be sent."},
    {"table_full", "sixty_subs", has_no_room,
     "Sixty subscribers at a time do not fit: look for arrays, for a backlog, "
     "for limits of the system (getrlimit(2), mq_overview(7))."},
    {NULL, NULL, NULL, NULL},
};
