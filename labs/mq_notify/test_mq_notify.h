// SPDX-License-Identifier: MIT
/*
 * test_mq_notify.h - what the tests of the mq_notify lab do with queues and
 * with the programs at their other end.
 */
#ifndef TEST_MQ_NOTIFY_H
#define TEST_MQ_NOTIFY_H

#include <errno.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

/* ---- Queues, from outside ------------------------------------------------ */

struct queue {
    struct world *world;
    const char *name; /* "/q" */
    mqd_t fd;         /* the tester's */
};

static inline struct queue open_queue(struct world *world, const char *name)
{
    return (struct queue){world, name, world_open_queue(world, name + 1)};
}

static inline void send_text(const struct queue *queue, unsigned prio,
                             const char *text)
{
    cr_assert_eq(mq_send(queue->fd, text, strlen(text), prio), 0, "mq_send: %s",
                 strerror(errno));
}

/* The number behind "KEY:" in /dev/mqueue/NAME; -1 if there is none. */
static inline long queue_says(const struct queue *queue, const char *key)
{
    char *about = world_queue(queue->world, queue->name + 1);
    const char *found = about ? strstr(about, key) : NULL;
    long value = found ? strtol(found + strlen(key), NULL, 10) : -1;

    free(about);
    return value;
}

static inline bool is_armed_and_empty(const void *queue)
{
    return queue_says(queue, "NOTIFY_PID:") > 0 &&
           queue_says(queue, "QSIZE:") == 0;
}

/* ---- Programs in a world ------------------------------------------------- */

#define start(world_, ...)                                                     \
    launch(ARGS(__VA_ARGS__), .world = (world_), .input_mode = INPUT_NONE)
#define start_native(world_, ...)                                              \
    launch(ARGS(__VA_ARGS__), .world = (world_), .input_mode = INPUT_NONE,     \
           .native_only = true)

/* With a standard input as of a terminal at which nobody types. */
static inline struct run *watch(const struct queue *queue, const char *count)
{
    return launch(ARGS("watch", queue->name, count), .world = queue->world,
                  .input_mode = INPUT_HELD);
}

/* Until all that was sent is received and the process waits for more. */
static inline void wait_armed(struct run *run, const struct queue *queue)
{
    run_wait_until(run, is_armed_and_empty, queue,
                   "the queue is emptied and the process is registered");
    run_wait_still(run);
}

/* Until it is ready and asleep, registered or not: for what is about output. */
static inline void wait_ready(struct run *run)
{
    run_wait_line(run, RUN_STDERR, "ready");
    run_wait_still(run);
}

/* ---- Messages with a number ---------------------------------------------- */

/* Message N, and the line that it makes. */
static inline void send_number(const struct queue *queue, int n)
{
    char word[16];

    (void)snprintf(word, sizeof(word), "%d", n);
    send_text(queue, 0, word);
}

static inline void wait_number(struct run *run, int n)
{
    char line[16];

    (void)snprintf(line, sizeof(line), "0 %d", n);
    run_wait_line(run, RUN_STDOUT, line);
}

/* The lines of messages 1 to N. */
static inline struct bytes numbers(int n)
{
    static char lines[4096];
    size_t used = 0;

    for (int i = 1; i <= n; i++)
        used +=
            (size_t)snprintf(lines + used, sizeof(lines) - used, "0 %d\n", i);
    return (struct bytes){lines, used};
}

#endif
