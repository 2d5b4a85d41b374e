// SPDX-License-Identifier: MIT
/*
 * misconceptions.c - the beliefs behind wrong answers to the mq_notify lab.
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

static bool is_command(const struct failure *failure, const char *word)
{
    const char *const *args = run_args(failure->run);

    return args[0] && strcmp(args[0], word) == 0;
}

static bool is_about(const struct failure *failure, const char *queue)
{
    const char *const *args = run_args(failure->run);

    return args[0] && args[1] && strcmp(args[1], queue) == 0;
}

static bool ended_well(const struct failure *failure)
{
    return run_end(failure->run) == RUN_EXITED &&
           run_exit_status(failure->run) == 0;
}

/* What the trace of a run tells of notifications. */
struct story {
    size_t arms;      /* registrations that were granted */
    size_t refused;   /* ...and those that were not */
    size_t opened;    /* calls of mq_open */
    size_t received;  /* messages */
    size_t after_arm; /* calls of mq_receive since the last registration... */
    size_t emptied;   /* ...and those of them that found nothing more */
    bool thread;      /* SIGEV_THREAD was asked for */
    bool signalled;   /* the signal asked for has come */
    char signal[24];  /* its name */
};

static void add_arm(struct story *story, const struct trace_event *event)
{
    const char *signo = strstr(event->args, "sigev_signo=");

    if (strstr(event->args, "sigev_notify=") == NULL) /* NULL: deregister */
        return;
    story->thread |= strstr(event->args, "SIGEV_THREAD") != NULL;
    if (signo) {
        signo += strlen("sigev_signo=");
        (void)snprintf(story->signal, sizeof(story->signal), "%.*s",
                       (int)strcspn(signo, ",}"), signo);
    }
    if (event->finished && event->result != 0) {
        story->refused++;
        return;
    }
    story->arms++;
    story->after_arm = story->emptied = 0;
}

static struct story story_of(const struct failure *failure)
{
    const struct trace *trace = run_trace(failure->run);
    struct story story = {0};

    for (size_t i = 0; trace && i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];
        if (event->kind == TRACE_SIGNAL)
            story.signalled |= strcmp(event->name, story.signal) == 0;
        else if (event->kind != TRACE_CALL)
            continue;
        else if (strcmp(event->name, "mq_notify") == 0)
            add_arm(&story, event);
        else if (strcmp(event->name, "mq_open") == 0)
            story.opened++;
        else if (strcmp(event->name, "mq_timedreceive") == 0) {
            story.after_arm++;
            story.received += event->finished && event->result >= 0;
            story.emptied += event->error != NULL;
        }
    }
    return story;
}

/* ---- Hangs -------------------------------------------------------------- */

WHEN(blocking_drain)
{
    return is_command(failure, "watch") &&
           (saw(failure, "asleep in mq_receive") ||
            sleeps_in(failure, "mq_timedreceive", wait));
}

/* The number of the signal that was asked for and has come; 0. */
static int signal_that_came(const struct failure *failure)
{
    const struct trace *trace = run_trace(failure->run);
    struct story story = story_of(failure);

    for (size_t i = trace ? trace->event_count : 0; i-- > 0;)
        if (trace->events[i].kind == TRACE_SIGNAL &&
            strcmp(trace->events[i].name, story.signal) == 0)
            return (int)trace->events[i].result;
    return 0;
}

/* In a program of one thread, which therefore has the lock itself, while the
 * signal is blocked, as it is in its handler. */
WHEN(locks_in_handler)
{
    const struct trace *trace = run_trace(failure->run);
    int signal = signal_that_came(failure);

    return signal > 0 && trace->process_count == 1 &&
           sleeps_in(failure, "futex", wait) &&
           ((*wait)->signals.blocked & SIGNAL_BIT(signal)) != 0;
}

WHEN(never_registers)
{
    struct story story = story_of(failure);

    return is_command(failure, "watch") && story.arms + story.refused == 0 &&
           (hangs(failure) || saw(failure, "not registered"));
}

WHEN(unchecked)
{
    return story_of(failure).refused > 0 && !says(failure, "busy");
}

WHEN(ready_too_early)
{
    return saw(failure, "\"ready\" was printed");
}

WHEN(closes_queue)
{
    struct story story = story_of(failure);

    return story.opened > 1 && story.arms == 1 && !story.signalled &&
           (hangs(failure) || saw(failure, "not registered"));
}

WHEN(backlog_ignored)
{
    return hangs(failure) && story_of(failure).received == 0;
}

WHEN(lost_wakeup)
{
    struct story story = story_of(failure);

    return hangs(failure) && is_about(failure, "/late") && story.signalled;
}

WHEN(thread_unsynchronised)
{
    struct story story = story_of(failure);

    return hangs(failure) && story.thread && story.emptied == 0 &&
           story.arms > 0;
}

WHEN(drains_then_arms)
{
    struct story story = story_of(failure);

    return hangs(failure) && story.arms > 1 && story.after_arm == 0;
}

WHEN(registers_once)
{
    struct story story = story_of(failure);

    return hangs(failure) && story.arms == 1 && story.received > 0;
}

WHEN(one_receive)
{
    struct story story = story_of(failure);

    return hangs(failure) && story.arms > 1 && story.emptied == 0;
}

/* ---- Ends that should not be --------------------------------------------- */

WHEN(eof_spins)
{
    return run_end(failure->run) == RUN_SPINNING;
}

WHEN(ends_at_eof)
{
    return is_command(failure, "watch") && ended_well(failure);
}

WHEN(killed_by_notification)
{
    int signal = run_exit_status(failure->run) - 128;

    (void)wait;
    return run_end(failure->run) == RUN_SIGNALED &&
           (signal == SIGUSR1 || signal == SIGUSR2 || signal == SIGIO ||
            signal > 31);
}

WHEN(killed_by_stop)
{
    int signal = run_exit_status(failure->run) - 128;

    (void)wait;
    return run_end(failure->run) == RUN_SIGNALED &&
           (signal == SIGTERM || signal == SIGINT);
}

WHEN(too_small)
{
    return says(failure, "Message too long");
}

WHEN(eagain_is_fatal)
{
    return is_command(failure, "watch") &&
           says(failure, "Resource temporarily unavailable");
}

WHEN(is_untouched)
{
    return says(failure, "Function not implemented");
}

/* ---- Standard input ------------------------------------------------------ */

WHEN(input_not_lines)
{
    return prints(failure, "\ntwo\n") || prints(failure, "in: thr\n") ||
           prints(failure, "in: ee\n");
}

WHEN(stdin_blocks)
{
    return hangs(failure) && sleeps_in(failure, "read", wait) &&
           (*wait)->fd == 0;
}

WHEN(stdin_waits)
{
    return hangs(failure) && prints(failure, "in: one\n") &&
           !prints(failure, "two");
}

/* ---- Messages, queues ---------------------------------------------------- */

WHEN(empty_message_ignored)
{
    bool recv = is_command(failure, "recv") && is_about(failure, "/big") &&
                (hangs(failure) || run_output(failure->run).size == 0);

    (void)wait;
    return recv || (prints(failure, "1 short\n") && !prints(failure, "\n0 \n"));
}

WHEN(prints_a_string)
{
    return prints(failure, "1 lowh") || prints(failure, "1 short long");
}

WHEN(takes_too_many)
{
    struct bytes output = run_output(failure->run);
    const char *const *args = run_args(failure->run);
    bool recv = is_command(failure, "recv");
    size_t lines = 0, asked = 1;

    (void)wait;
    if (is_command(failure, "watch"))
        asked = strtoul(args[2], NULL, 10);
    else if (!recv)
        return false;
    for (size_t i = 0; i < output.size; i++)
        lines += output.data[i] == '\n';
    return failure->kind == FAILED_OUTPUT && lines > asked;
}

WHEN(sends_the_nul)
{
    return is_command(failure, "send") &&
           (saw(failure, "bytes") || says(failure, "Message too long"));
}

WHEN(priority_wrong)
{
    return failure->kind == FAILED_OUTPUT;
}

WHEN(takes_over)
{
    return is_command(failure, "make") && is_about(failure, "/q") &&
           failure->kind == FAILED_STATUS && ended_well(failure);
}

WHEN(other_attributes)
{
    return saw(failure, "other attributes");
}

WHEN(too_open)
{
    return saw(failure, "its mode is");
}

WHEN(slash_added)
{
    return is_about(failure, "q") &&
           (ended_well(failure) || says(failure, "File exists"));
}

WHEN(removes_queue)
{
    return saw(failure, "was removed") || saw(failure, "it is gone");
}

WHEN(leaks_descriptors)
{
    return failure->kind == FAILED_OTHER && saw(failure, "after 200");
}

const struct misconception lab_misconceptions[] = {
    {"not_written_yet", NULL, is_untouched,
     "This exercise still has its TODO: start there."},

    /* Ends and errors that speak for themselves. */
    {"eof_spins", NULL, eof_spins,
     "The program goes round and round without doing anything: once standard "
     "input is at end-of-file, poll reports it again at once, for ever."},
    {"killed_by_notification", NULL, killed_by_notification,
     "The notification itself killed the program: a signal that is neither "
     "caught nor blocked does that. Prepare for it before you register."},
    {"killed_by_stop", "stop_and_deregister", killed_by_stop,
     "The signal killed the program: catch SIGTERM and SIGINT, or block them "
     "and wait for them, and end with status 0."},
    {"sends_the_nul", "priority_order any_msgsize", sends_the_nul,
     "The message is one byte longer than its text: the NUL at the end of a "
     "string is no part of it."},
    {"buffer_too_small", NULL, too_small,
     "The buffer must hold mq_msgsize bytes, whatever the length of the "
     "message."},
    {"eagain_is_fatal", NULL, eagain_is_fatal,
     "EAGAIN is no failure here: with O_NONBLOCK the queue says with it that "
     "it is empty."},
    {"ready_too_early", "busy_registration", ready_too_early,
     "\"ready\" was printed by a process that is not registered: print it "
     "after q_arm has succeeded."},
    {"registration_unchecked", "busy_registration", unchecked,
     "mq_notify failed with EBUSY, because another process is registered, and "
     "the program went on: nobody will ever call it."},

    /* Hangs, and what shows that one would come. */
    {"removes_queue", NULL, removes_queue,
     "The queue is gone at the end: mq_close gives the descriptor back, "
     "mq_unlink removes the queue for everybody."},
    {"blocking_drain", NULL, blocking_drain,
     "Your drain blocks in mq_receive, so standard input waits, and no message "
     "is notified while a receiver waits: open the queue with O_NONBLOCK."},
    {"locks_in_handler", NULL, locks_in_handler,
     "The handler waits in {call} for a lock that the code which it "
     "interrupted "
     "has taken, and which cannot go on: in a handler only what "
     "signal-safety(7) lists is safe. Set a flag, or block the signal."},
    {"never_registers", NULL, never_registers,
     "The process waits for messages without being registered: ask mq_notify "
     "to be called."},
    {"closes_queue", NULL, closes_queue,
     "Closing any descriptor of the queue ended the registration: it belongs "
     "to the process, and mq_close takes it back."},
    {"input_not_lines", "stdin_meanwhile", input_not_lines,
     "One read is not one line: it may bring two of them, or a part of one."},
    {"stdin_blocks", "stdin_meanwhile", stdin_blocks,
     "{process} waits in read for the rest of a line, and a message waits for "
     "{process}: keep the part that has come, and go back to poll."},
    {"stdin_waits", "stdin_meanwhile", stdin_waits,
     "Two lines came together and only one was printed: the other is in a "
     "buffer of your program, where poll cannot see it."},
    {"empty_message_ignored", "any_msgsize stdin_meanwhile",
     empty_message_ignored,
     "mq_receive returned 0 for a message of no bytes: that is a message, not "
     "an end-of-file."},
    {"prints_a_string", NULL, prints_a_string,
     "Behind a short message the rest of a longer one is printed: mq_receive "
     "stores no NUL, it returns the length."},
    {"backlog_ignored", "watch_backlog", backlog_ignored,
     "The queue was not empty when you registered, so nothing \"arrived\": "
     "drain it once after registering."},
    {"lost_wakeup", "watch_second_message", lost_wakeup,
     "The signal came after your look at the flag and before the call that "
     "sleeps: keep it blocked, and let ppoll, sigsuspend, sigwaitinfo or "
     "signalfd wait for it."},
    {"registers_once", NULL, registers_once,
     "mq_notify is one-shot: with the first notification the registration was "
     "gone. Register again after each."},
    {"drains_then_arms", "rearm_race", drains_then_arms,
     "A message arrived between your last receive and mq_notify: register "
     "first, then drain."},
    {"thread_unsynchronised", NULL, thread_unsynchronised,
     "The notification function runs in a thread of its own and has printed "
     "the last message; the thread that would end the program still sleeps: "
     "wake it."},
    {"one_receive_per_notification", NULL, one_receive,
     "You are notified only when an empty queue becomes non-empty: drain it "
     "until EAGAIN."},

    /* The rest. */
    {"ends_at_eof", "watch_registers stdin_meanwhile", ends_at_eof,
     "The end of standard input ended the program: the messages asked for are "
     "still to come."},
    {"takes_too_many", NULL, takes_too_many,
     "More messages were received than asked for: the rest of them belongs to "
     "the next receiver. Stop when *left is 0."},
    {"takes_over_old_queue", "make_attributes", takes_over,
     "O_CREAT on an existing queue ignores your attributes and opens it as it "
     "is: O_EXCL makes that an error."},
    {"attributes_not_passed", "make_attributes", other_attributes,
     "The attributes asked for did not reach mq_open: they count only at the "
     "moment when the queue is made."},
    {"mode_too_open", "make_attributes", too_open,
     "Others may open the queue, too: its mode is to be 0600."},
    {"slash_added", "make_attributes", slash_added,
     "The name of a queue begins with a slash; a name that does not is an "
     "error, EINVAL, and not yours to mend."},
    {"leaks_descriptors", "clean", leaks_descriptors,
     "With each notification a descriptor more is open: at the limit the "
     "program can open no more."},
    {"priority_wrong", "priority_order", priority_wrong,
     "The priority is mq_send's last argument, and mq_receive's last one is "
     "where it comes back: the highest is delivered first."},
    {NULL, NULL, NULL, NULL},
};
