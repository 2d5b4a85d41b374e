// SPDX-License-Identifier: MIT
/*
 * test_pubsub.h - what the tests of the pubsub lab play with: a broker, its
 * subscribers and publishers, and what they are told.
 *
 * Nothing here knows how they talk to each other.  So a test waits for what
 * everybody can see: a line of output, an exit, a number of `pubsub stats`.
 */
#ifndef TEST_PUBSUB_H
#define TEST_PUBSUB_H

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

/* The name that all know, in the working directory of the world. */
#define HERE "hub"

#define pubsub(world_, args, ...)                                              \
    launch(args, .world = world_, .input_mode = INPUT_NONE, ##__VA_ARGS__)

#define start_broker(world_, ...)                                              \
    wait_ready(pubsub(world_, ARGS("broker", HERE), ##__VA_ARGS__))
#define subscriber(world_, ...)                                                \
    wait_subscribed(pubsub(world_, ARGS("sub", HERE, __VA_ARGS__)))
#define subscriber_native(world_, ...)                                         \
    wait_subscribed(                                                           \
        pubsub(world_, ARGS("sub", HERE, __VA_ARGS__), .native_only = true))

static struct run *wait_ready(struct run *broker)
{
    run_wait_line(broker, RUN_STDOUT, "ready");
    return broker;
}

static struct run *wait_subscribed(struct run *sub)
{
    run_wait_line(sub, RUN_STDOUT, "subscribed");
    return sub;
}

/* ---- Texts --------------------------------------------------------------- */

/* The texts FIRST to LAST of a topic, one a line, each of SIZE bytes if that is
 * more than its number takes; with PREFIX in front, as a subscriber prints
 * them: "news 7". */
static struct bytes numbered(const char *prefix, int first, int last,
                             size_t size)
{
    size_t room = strlen(prefix) + size + 16, used = 0;
    char *lines = malloc(room * (size_t)(last - first + 1) + 1);

    cr_assert_not_null(lines);
    for (int i = first; i <= last; i++) {
        size_t begin = used + strlen(prefix);
        used += (size_t)sprintf(lines + used, "%s%d", prefix, i);
        while (used < begin + size)
            lines[used++] = (char)('a' + i % 26);
        lines[used++] = '\n';
    }
    return (struct bytes){lines, used};
}

static struct bytes joined(struct bytes a, struct bytes b)
{
    char *both = malloc(a.size + b.size + 1);

    cr_assert_not_null(both);
    memcpy(both, a.data, a.size);
    memcpy(both + a.size, b.data, b.size);
    return (struct bytes){both, a.size + b.size};
}

/* A text of SIZE bytes with every value but NUL and newline. */
static struct bytes make_text(size_t size)
{
    char *bytes = malloc(size + 2);

    cr_assert_not_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(1 + (i + i / 255) % 255);
    for (size_t i = 0; i < size; i++)
        bytes[i] = bytes[i] == '\n' ? 'n' : bytes[i];
    bytes[size] = '\n';
    return (struct bytes){bytes, size + 1};
}

/* Publish LINES, a text each, and wait until that is done. */
static struct run *publish_lines(struct world *world, const char *topic,
                                 struct bytes lines)
{
    struct run *run = launch(ARGS("pub", HERE, topic), .world = world,
                             .input = lines, .native_only = true);

    expect_exit(run, 0);
    return run;
}

/* What `pub` prints for COUNT texts that reached SUBS subscribers each. */
static struct bytes delivered(int subs, int count)
{
    char *lines = malloc((size_t)count * 24 + 1);
    size_t used = 0;

    cr_assert_not_null(lines);
    for (int i = 0; i < count; i++)
        used += (size_t)sprintf(lines + used, "delivered %d\n", subs);
    return (struct bytes){lines, used};
}

/* ---- Numbers ------------------------------------------------------------- */

static struct run *ask_stats(struct world *world)
{
    return pubsub(world, ARGS("stats", HERE), .native_only = true);
}

static long count_subscribers(struct run *stats)
{
    long count = -1;

    (void)sscanf(run_output(stats).data, "subscribers %ld", &count);
    return count;
}

static void nap(long ms)
{
    struct timespec time = {0, ms * 1000000};

    (void)nanosleep(&time, NULL);
}

/* Who ends when a client dies is gone soon after. */
static void expect_broker_alive(struct run *broker, struct run *client)
{
    if (run_exit_status(client) == 0)
        return;
    for (int i = 0; i < 40 && run_count_processes(broker, "RSDTt") > 0; i++)
        nap(50);
    if (run_count_processes(broker, "RSDTt") == 0) {
        (void)run_end(broker);
        expect_that(broker, false, "the death of a client ends no broker",
                    "the broker has ended");
    }
}

/* The descriptors that the broker's first process has open. */
static int count_open_files(struct world *world, struct run *broker)
{
    char path[32];
    int count = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)run_pid(broker));
    for (const char *list = world_ask(world, ARGS("ls", path)).data; *list;)
        count += *list++ == '\n';
    return count;
}

/* After nearly a hundred calls of publish(); BEFORE was before the first of
 * them.  The last one may have been seen to end by us, and not yet by the
 * broker. */
static void expect_files_closed(struct world *world, struct run *broker,
                                struct run *pub, int before)
{
    int now = count_open_files(world, broker);

    for (int i = 0; i < 40 && now >= before + 10; i++) {
        nap(50);
        now = count_open_files(world, broker);
    }
    expect_that(pub, now < before + 10,
                "the broker closes what it had open for publishers",
                "99 texts later it has %d descriptors open, not %d", now,
                before);
}

/* The contract says within a second; this waits for ten, and more where the
 * machine is busy: nobody is judged by the clock. */
static void expect_subscribers(struct world *world, struct run *broker,
                               int count)
{
    char expected[80];
    struct run *stats = ask_stats(world);

    for (int i = 0; i < 44 && count_subscribers(stats) != count; i++) {
        if (run_exit_status(stats) != 0)
            break;
        nap(i < 4 ? 50 : 250);
        stats = ask_stats(world);
    }
    (void)snprintf(expected, sizeof(expected),
                   "a second later the broker counts %d subscriber%s", count,
                   count == 1 ? "" : "s");
    expect_broker_alive(broker, stats);
    expect_exit(stats, 0);
    expect_that(stats, count_subscribers(stats) == count, expected,
                "it counts %ld", count_subscribers(stats));
}

/* ---- The end ------------------------------------------------------------- */

/* All that was started is dead then; nobody asks how. */
static void kill_all(struct run *broker, struct run *const subs[], int count)
{
    run_signal(broker, SIGKILL);
    for (int i = 0; i < count; i++)
        run_signal(subs[i], SIGKILL);
}

/* There is no broker: one line says so, whatever the reason is called. */
static void expect_refusal(struct run *run)
{
    expect_exit(run, 1);
    struct bytes errors = run_errors(run);
    const char *newline = memchr(errors.data, '\n', errors.size);
    expect_that(run,
                strncmp(errors.data, "pubsub: ", 8) == 0 && newline &&
                    newline == errors.data + errors.size - 1,
                "one line on standard error says why", "it says \"%.60s\"",
                errors.data);
    expect_output(run, LITERAL(""));
}

static bool has_file(const struct world *world, const char *name)
{
    return faccessat(world_directory(world), name, F_OK, AT_SYMLINK_NOFOLLOW) ==
           0;
}

/* After the broker and its subscribers: nothing is left in the world, which the
 * end of one more program shows. */
static void expect_clean_world(struct world *world)
{
    struct run *late = pubsub(world, ARGS("stats", HERE), .native_only = true);

    expect_refusal(late);
    expect_nothing_left(late);
}

/* Two subscribers whose lines nobody gets: one cannot say that it is there, the
 * other cannot say what has come.  Each ends, and does not say that all is
 * well. Whatever kills it at EPIPE says so, too. */
static void expect_unheard(struct world *world)
{
    struct run *full = pubsub(world, ARGS("sub", HERE, "unheard", "-c", "1"),
                              .output_mode = OUTPUT_FULL);
    struct run *broken = wait_subscribed(pubsub(
        world, ARGS("sub", HERE, "unheard", "-c", "1"),
        .output_bytes = sizeof("subscribed"), .ignored = SIGNAL_BIT(SIGPIPE)));

    expect_exit(full, 1);
    expect_error(full, ENOSPC);
    expect_exit(pubsub(world, ARGS("pub", HERE, "unheard", "text")), 0);
    expect_that(broken, run_exit_status(broken) > 0,
                "a text that cannot be printed is an error",
                "it exited with status 0");
}

/* ---- A file that no broker has made -------------------------------------- */

static void put_file(const struct world *world, const char *name)
{
    int fd = openat(world_directory(world), name,
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    cr_assert(fd >= 0 && write(fd, "precious", 8) == 8);
    (void)close(fd);
}

/* Of what a file holds its first line, or what there is room for; nothing of
 * one that does not exist. */
static struct bytes content_of(const struct world *world, const char *name)
{
    static char content[80];
    int fd = openat(world_directory(world), name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, content, sizeof(content) - 1);

    content[n > 0 ? n : 0] = '\0';
    content[strcspn(content, "\n")] = '\0';
    if (fd >= 0)
        (void)close(fd);
    return text(content);
}

static bool is_intact(const struct world *world, const char *name)
{
    return bytes_equal(content_of(world, name), LITERAL("precious"));
}

/* ---- Moments ------------------------------------------------------------- */

struct stage {
    struct run *broker, *client;
    struct world *world;
    int looks;
};

/* A broker that is to leave a file alone has ended, or has not left it alone.
 */
static bool has_decided(const void *data)
{
    const struct stage *stage = data;

    return run_has_ended(stage->broker) || !is_intact(stage->world, "file");
}

/* Who looks at things now and then sleeps, too; who goes round and round in a
 * poll that returns at once never does. */
static bool is_asleep(const void *run)
{
    struct run *broker = (struct run *)run;

    return run_count_processes(broker, "S") > 0 &&
           run_count_processes(broker, "RDt") == 0;
}

/* ---- A subscriber that dies ---------------------------------------------- */

/* The broker is about to send, or has sent all without being held. */
static bool is_sending(const void *data)
{
    const struct stage *stage = data;

    return run_is_in(stage->broker, RUN_HELD) || run_has_ended(stage->client);
}

/* As far as it comes with a broker that does not move; who naps in between is
 * never still, and has come as far after a while. */
static bool has_come_far(const void *data)
{
    struct stage *stage = (struct stage *)data;

    return run_is_still(stage->client) || run_has_ended(stage->client) ||
           ++stage->looks > 100;
}

/* A subscriber dies while a text is being distributed to it and the others. */
static void die_midway(struct world *world, struct run *broker,
                       struct run *victim)
{
    world_close_gate(world, "go");
    struct stage stage = {
        broker,
        pubsub(world, ARGS("pub", HERE, "t", "one"), .native_only = true),
        world, 0};

    run_wait_until(broker, is_sending, &stage, "the broker distributes a text");
    run_signal(victim, SIGKILL);
    (void)run_end(victim);
    world_open_gate(world, "go");
    expect_broker_alive(broker, stage.client);
    expect_exit(stage.client, 0);
    bool both = bytes_equal(run_output(stage.client), delivered(2, 1));
    /* A queue takes what it gets, whether its reader lives or not. */
    bool three = bytes_equal(run_output(stage.client), delivered(3, 1));
    expect_that(stage.client, both || three,
                "a text reaches the two subscribers that are left",
                "the publisher is told \"%.11s\"",
                run_output(stage.client).data);
}

/* One dies before the broker has looked at it. */
static void die_early(struct world *world, struct run *broker)
{
    run_stop(broker);
    struct stage stage = {
        broker, pubsub(world, ARGS("sub", HERE, "t"), .native_only = true),
        world, 0};

    run_wait_until(stage.client, has_come_far, &stage, "it asks the broker");
    run_signal(stage.client, SIGKILL);
    (void)run_end(stage.client);
    run_continue(broker);
}

/* ---- Those who stand still ----------------------------------------------- */

static bool is_stopped(const void *sub)
{
    return run_count_processes((struct run *)sub, "Tt") > 0;
}

/* Not run_stop(), after which the test would have to go on soon: whoever waits
 * for this one now, and makes others wait, can be proved to wait for ever. */
static void stop_for_good(struct run *sub)
{
    run_signal(sub, SIGSTOP);
    run_wait_until(sub, is_stopped, sub, "it is stopped");
}

/* One dies, and what has been sent to it is never read. */
static void die_with_text(struct world *world, struct run *victim)
{
    stop_for_good(victim);
    expect_exit(pubsub(world, ARGS("pub", HERE, "t", "three")), 0);
    run_signal(victim, SIGKILL);
    (void)run_end(victim);
}

/* All calls that can print a line. */
#define WRITES "write,writev,pwrite64,sendto,sendmsg"

/* It prints "subscribed", and from then on one text of 64 KiB, or less. */
static struct run *held_subscriber(struct world *world, const char *pattern)
{
    struct run *sub =
        pubsub(world, ARGS("sub", HERE, pattern), .output_mode = OUTPUT_HELD);

    run_read_output(sub, sizeof("subscribed"));
    return wait_subscribed(sub);
}

/* A publisher stops in the middle of what it sends, if it sends more than
 * once; then others are served all the same. */
static void stop_midway(struct world *world)
{
    struct run *pub =
        pubsub(world, ARGS("pub", HERE, "other", "by and by"),
               .delay = "send@2=@on,write@2=@on", .native_only = true);
    struct stage stage = {pub, pub, world, 0};

    run_wait_until(pub, is_sending, &stage, "it publishes");
    if (!run_has_ended(pub)) {
        stop_for_good(pub);
        expect_exit(ask_stats(world), 0);
        world_open_gate(world, "on");
        run_continue(pub);
    }
    expect_exit(pub, 0);
    expect_output(pub, LITERAL("delivered 0\n"));
}

/* What calls of WRITES have moved, all in all; one that was broken off by a
 * kill may count. */
static size_t count_written(struct run *run)
{
    const struct trace *trace = run_trace(run);
    size_t size = 0;

    for (size_t i = 0;
         (i = trace_find(trace, i, WRITES, -1)) < trace->event_count; i++)
        if (trace->events[i].error == NULL && trace->events[i].result > 0)
            size += (size_t)trace->events[i].result;
    return size;
}

/* A publisher dies in the middle of what it sends, if it sends more than a few
 * times: streams take 4 KiB at a time.  A queue's messages may be twice as
 * large, which is not enough for the text either. */
static void publish_half(struct world *world, struct run *broker)
{
    static const char numbers[] =
        "subscribers 0 published 0 delivered 0 dropped 0\n";
    enum { SIZE = 60000 };
    struct run *pub =
        launch(ARGS("pub", HERE, "other"), .world = world,
               .input = make_text(SIZE), .short_io = 8192,
               .delay = "send@6=@on,write@6=@on", .native_only = true);
    struct stage stage = {pub, pub, world, 0};

    run_wait_until(pub, is_sending, &stage, "it publishes");
    bool midway = !run_has_ended(pub);
    run_signal(pub, SIGKILL);
    (void)run_end(pub);
    if (!midway || count_written(pub) >= SIZE)
        return;
    /* It has been told of the end, and done what it does about it. */
    run_wait_until(broker, is_asleep, broker, "the broker sleeps");
    struct run *stats = ask_stats(world);
    expect_exit(stats, 0);
    expect_that(stats, bytes_equal(run_output(stats), text(numbers)),
                "half a text, whose publisher has died, is not published",
                "it says \"%.60s\"", run_output(stats).data);
}

/* Texts of 64 KiB, so that the kernel cannot take many of them: a round of
 * sixteen, of which a subscriber that is at work never has to drop one. */
enum { ROUND = 16, ROUNDS = 13, LARGE = 65536 };

/* What the publishers were told of the texts, and which of them the subscriber
 * that stands still is to get. */
struct account {
    long published, sum, dropped;
    char *expected; /* of size bytes; there is room for all */
    size_t size;
    int kept, last;
};

static void account_for(struct account *account, struct run *pub, int first)
{
    const char *line = run_output(pub).data;

    /* Whatever a program prints: there is room for one round. */
    for (int i = first; i < first + ROUND; i++, line = strchr(line, '\n') + 1) {
        long count = -1;
        (void)sscanf(line, "delivered %ld\n", &count);
        expect_that(pub, count >= 0 && count <= 2 && strchr(line, '\n'),
                    "pub says of each text how many get it",
                    "it says \"%.30s\"", line);
        account->published++;
        account->sum += count;
        account->dropped += 2 - count;
        if (count < 2)
            continue;
        struct bytes kept = numbered("t ", i, i, LARGE);
        memcpy(account->expected + account->size, kept.data, kept.size);
        account->size += kept.size;
        account->kept++;
        account->last = i;
    }
}

/* The text I as a subscriber prints it. */
static const char *line_of(int i)
{
    struct bytes line = numbered("t ", i, i, LARGE);
    char *copy = strndup(line.data, line.size - 1);

    cr_assert_not_null(copy);
    return copy;
}

/* Publish rounds until a text is dropped for the one that stands still, each
 * when the other one has got all of the round before. */
static struct account publish_much(struct world *world, struct run *other)
{
    struct account account = {.expected = malloc(ROUNDS * ROUND * (LARGE + 9))};

    cr_assert_not_null(account.expected);
    account.size = (size_t)sprintf(account.expected, "subscribed\n");
    for (int i = 0; i < ROUNDS && account.dropped == 0; i++) {
        int first = 1 + i * ROUND, last = first + ROUND - 1;
        struct run *pub =
            publish_lines(world, "t", numbered("", first, last, LARGE));
        account_for(&account, pub, first);
        run_wait_line(other, RUN_STDOUT, line_of(last));
        expect_that(pub, account.sum >= account.published,
                    "the subscriber that is at work gets every text",
                    "one was dropped for it");
    }
    return account;
}

/* The subscriber has gone on, and taken one text of those that waited for it:
 * the kernel has room for a short one again, but older ones are still kept. */
static void publish_late(struct world *world, struct run *sub,
                         struct account *account)
{
    run_wait_asleep(sub, WRITES);
    struct run *pub = publish_lines(world, "t", LITERAL("late\n"));
    bool both = bytes_equal(run_output(pub), delivered(2, 1));

    expect_that(pub, both || bytes_equal(run_output(pub), delivered(1, 1)),
                "pub says of the text how many get it", "it says \"%.30s\"",
                run_output(pub).data);
    run_read_output(sub, SIZE_MAX);
    if (!both)
        return;
    run_wait_line(sub, RUN_STDOUT, "t late");
    memcpy(account->expected + account->size, "t late\n", 7);
    account->size += 7;
}

static struct run *expect_numbers(struct world *world,
                                  const struct account *account)
{
    char expected[120];
    struct run *stats = ask_stats(world);

    (void)snprintf(expected, sizeof(expected),
                   "subscribers 2 published %ld delivered %ld dropped %ld\n",
                   account->published, account->sum, account->dropped);
    expect_exit(stats, 0);
    expect_output(stats, text(expected));
    return stats;
}

#endif
