// SPDX-License-Identifier: MIT
/*
 * The contract of the lab `pubsub`: what each function in pubsub.c promises to
 * main.c, which calls it, and to the tests, which watch the whole program
 * from outside. Given; you need not change it.
 *
 * How broker, subscribers and publishers talk to each other is yours to choose:
 * sockets, FIFOs, message queues, shared memory. PATH is the one thing that
 * they all know. The broker makes something of that name, whatever suits you,
 * so that there is nothing at PATH if no broker runs, or what a dead one left.
 *
 * Rules for all of them:
 * - On failure a function returns -1 with errno set and has printed nothing:
 *   main.c says what went wrong.
 * - EINTR is invisible to the caller.
 * - Whatever you make beside PATH has a name that begins with PATH (files), or
 *   is a queue, set or segment; nothing of it is left when all have ended,
 *   unless the broker was killed.
 */
#ifndef PUBSUB_H
#define PUBSUB_H

#include <signal.h>

#define PROG "pubsub"
#include "../common/lab.h"

enum {
    TOPIC_SIZE = 256,  /* of a topic or a pattern, with its NUL */
    TEXT_SIZE = 65536, /* the longest text, without a NUL */
    QUEUE_SIZE = 64,   /* texts that the broker keeps for one subscriber */
    SUBSCRIBERS = 60   /* that a broker can have at least */
};

/*
 * Whether `topic` is one of those that `pattern` stands for: 1 or 0.
 *
 * Both consist of levels with a slash between two of them; a level may be
 * empty, so "a/", "/a" and "a//b" have two, two and three. In a pattern
 * - "+" as a whole level stands for any one level, also an empty one;
 * - "#" as the whole last level stands for any number of levels: "a/#" for "a",
 *   "a/" and "a/b/c"; "#" for every topic;
 * - anything else stands for itself: "a+", and "#" where it is not the last.
 */
int topic_match(const char *pattern, const char *topic);

/*
 * The broker. Make what clients look for at `path`, print "ready\n" on stdout,
 * and serve until *stop is not 0, which a signal handler of main.c sets. Such a
 * signal interrupts the call that you sleep in (EINTR), and comes again every
 * second until broker_loop returns: so none is lost that comes between a look
 * at *stop and the call.
 *
 * - A text goes to every subscriber whose pattern matches its topic. Texts of
 *   one publisher arrive in the order in which it published them.
 * - A subscriber that does not keep up has QUEUE_SIZE texts kept for it, beyond
 *   those that the kernel takes. While there are so many, further texts are
 *   dropped for it, the newest, and counted; those that are kept it gets as
 *   soon as it can take them. Nobody else is held up by it: no subscriber and
 *   no publisher.
 * - A subscriber that has ended or died is forgotten within a second, even if
 *   nothing is published, and at whatever moment it died.
 * - A client that sends something else than your functions do does not matter,
 *   nor does one that is stopped or dies in the middle of what it sends; of a
 *   text that it has not sent whole nothing is published.
 * - Of a client that has gone, nothing stays open. While nobody wants anything
 *   the broker sleeps.
 *
 * Returns 0 after *stop; then all subscribers end (they see to it, or you), and
 * nothing is left at `path` or elsewhere. Texts that a subscriber has not yet
 * received may be lost then. Returns -1 if there can be no broker at `path`:
 * with EADDRINUSE, or another error, if one is at work there or if it is
 * something that no broker makes, a file with content or a directory, which
 * stays as it was. What a dead broker left does not prevent a new one.
 */
int broker_loop(const char *path, volatile sig_atomic_t *stop);

/*
 * The subscriber. Announce `pattern` to the broker; when the broker has it, so
 * that whatever is published from then on will come, write "subscribed\n" to
 * `out`, not before. Then write "TOPIC TEXT\n" for each text that comes, at
 * once, and whole.
 *
 * Returns 0 after `count` texts (0: there is no limit), or when the broker has
 * ended, in whatever way; within a second or so, unless it waits for `out`.
 * Returns -1 if there is no broker to begin with, or if it ends before it has
 * answered: ENOENT, ECONNREFUSED, ECONNRESET or what your mechanism says; and
 * at once if `out` does not take what is written: ENOSPC, EPIPE.
 */
int subscribe(const char *path, const char *pattern, int count, int out);

/*
 * Publish one text, which may be empty.
 *
 * Returns the number of subscribers for whom it was sent or queued: they get it
 * unless they or the broker end first. Those for whom it was dropped do not
 * count. Returns -1 with EMSGSIZE if `text` has more than TEXT_SIZE bytes, and
 * as subscribe() does if there is no broker.
 */
int publish(const char *path, const char *topic, const char *text);

/*
 * Ask the broker for its numbers: stats[0] the subscribers that there are; of
 * all texts since it began, [1] how many were published, [2] the sum of what
 * publish() returned, [3] how often one was dropped, once for each subscriber.
 *
 * Returns 0, or -1 as subscribe() does.
 */
int get_stats(const char *path, long stats[4]);

#endif
