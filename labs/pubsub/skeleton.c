// SPDX-License-Identifier: MIT
/*
 * Lab `pubsub`, the file you edit. The capstone: publishers and subscribers
 * that do not know each other, and a broker in the middle that none of them can
 * bring to a stop. pubsub.h is the contract; the mechanism is your choice. Fill
 * the gaps in order, helpers and #include lines included; from step 2 on the
 * tests need all of them.
 */
#include "pubsub.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* TODO(pubsub.1): Whether a topic is one of those that a pattern stands for,
 * level by level. Where do two levels end, if one is longer? strcspn(3). */
int topic_match(const char *pattern, const char *topic)
{
    (void)pattern, (void)topic;
    errno = ENOSYS;
    return -1;
}
/* END(pubsub.1) */

/* TODO(pubsub.2): The subscriber: announce the pattern, wait until the broker
 * has it, then print what comes. How do you notice that the broker has ended?
 * pipe(7), unix(7), mq_overview(7) or sysvipc(7): choose, and say why. */
int subscribe(const char *path, const char *pattern, int count, int out)
{
    (void)path, (void)pattern, (void)count, (void)out;
    errno = ENOSYS;
    return -1;
}
/* END(pubsub.2) */

/* TODO(pubsub.3): The publisher, and who asks for the numbers: a request, and
 * the broker's answer. What is too long is refused before it is sent. */
int publish(const char *path, const char *topic, const char *text)
{
    (void)path, (void)topic, (void)text;
    errno = ENOSYS;
    return -1;
}

int get_stats(const char *path, long stats[4])
{
    (void)path, (void)stats;
    errno = ENOSYS;
    return -1;
}
/* END(pubsub.3) */

/* TODO(pubsub.4): The broker. Which of your calls can wait because of somebody
 * else? Imagine that this one is stopped, or dead. Who may be removed from a
 * list while you walk through it? poll(2), send(2), signal(7). */
int broker_loop(const char *path, volatile sig_atomic_t *stop)
{
    (void)path, (void)stop;
    errno = ENOSYS;
    return -1;
}
/* END(pubsub.4) */
