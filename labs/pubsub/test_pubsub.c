// SPDX-License-Identifier: MIT
/*
 * test_pubsub.c - the tests of the pubsub lab, as the autograder runs them.
 *
 * Each test makes a world, starts a broker, subscribers and publishers in it as
 * users would, and judges what they print and how they end.  None of them knows
 * by which mechanism they talk: that is the student's choice.
 *
 * Run one of them with `make pubsub TEST=stopped_sub_no_block`.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "test_pubsub.h"

NEEDS_FULL_SANDBOX

/* ---- pubsub.1: topics and patterns --------------------------------------- */

struct pair {
    const char *pattern, *topic;
    bool matches;
};

static const struct pair pairs[] = {
    {"a", "a", true},           {"a", "b", false},
    {"a", "A", false},          {"a/b", "a/b", true},
    {"a/b", "a/bc", false},     {"a/bc", "a/b", false},
    {"a/b", "a", false},        {"a", "a/b", false},
    {"a/b", "a/b/c", false},    {"a/b", "x/b", false},
    {"a/b", "a/b/", false},     {"a/b", "/a/b", false},
    {"+", "a", true},           {"+", "a/b", false},
    {"+", "abc", true},         {"a/+/c", "a/b/c", true},
    {"a/+/c", "a/xyz/c", true}, {"a/+/c", "a/b/d", false},
    {"a/+/c", "a/c", false},    {"a/+/c", "a/b/b/c", false},
    {"a/+/c", "a//c", true},    {"a/+", "a", false},
    {"a/+", "a/", true},        {"+/b", "a/b", true},
    {"+/+", "/b", true},        {"+/+", "a", false},
    {"#", "a", true},           {"#", "a/b/c", true},
    {"a/#", "a", true},         {"a/#", "a/", true},
    {"a/#", "a/b", true},       {"a/#", "a/b/c", true},
    {"a/#", "ab", false},       {"a/#", "ab/c", false},
    {"a/#", "b/a", false},      {"+/#", "a", true},
    {"a/+/#", "a", false},      {"a/+/#", "a/b", true},
    {"a/#/c", "a/b/c", false},  {"a+", "ab", false},
    {"a//b", "a//b", true},     {"a//b", "a/b", false},
};

enum { PAIRS = sizeof(pairs) / sizeof(*pairs) };

Graded(pubsub, match_table, .points = 8, .step = "pubsub.1",
       .description = "Topics and patterns are compared level by level: 42 "
                      "pairs, one and all")
{
    const char *args[2 + 2 * PAIRS] = {"match"};
    char expected[64 * PAIRS] = "";
    size_t used = 0;

    for (int i = 0; i < PAIRS; i++) {
        args[1 + 2 * i] = pairs[i].pattern;
        args[2 + 2 * i] = pairs[i].topic;
        used += (size_t)snprintf(expected + used, sizeof(expected) - used,
                                 "%s %s %s\n", pairs[i].pattern,
                                 pairs[i].matches ? "matches" : "-",
                                 pairs[i].topic);
    }
    struct run *run = launch(args, .input_mode = INPUT_NONE);
    expect_exit(run, 0);
    expect_output(run, text(expected));
}

/* ---- pubsub.2 and pubsub.3: subscribers and publishers ------------------- */

Graded(pubsub, one_sub, .points = 8, .step = "pubsub.3",
       .description = "A text reaches a subscriber, an empty one too; after -c "
                      "N of them it ends, and the numbers are right")
{
    struct world *world = make_world();
    struct run *broker = start_broker(world);
    struct run *sub = subscriber(world, "greetings/+", "-c", "2");
    struct run *pub =
        pubsub(world, ARGS("pub", HERE, "greetings/you", "hello, all", ""));

    expect_exit(pub, 0);
    expect_output(pub, LITERAL("delivered 1\ndelivered 1\n"));
    expect_exit(sub, 0);
    expect_output(sub, LITERAL("subscribed\ngreetings/you hello, all\n"
                               "greetings/you \n"));
    if (!probe_is_memcheck())
        expect_subscribers(world, broker, 0);
    pub = pubsub(world, ARGS("pub", HERE, "greetings/you", "anybody?"));
    expect_output(pub, LITERAL("delivered 0\n"));
    struct run *stats = pubsub(world, ARGS("stats", HERE));
    expect_exit(stats, 0);
    expect_output(stats, LITERAL("subscribers 0 published 3 delivered 2 "
                                 "dropped 0\n"));
    kill_all(broker, NULL, 0);
}

Graded(pubsub, fan_out_five, .points = 10, .step = "pubsub.2",
       .description = "Five subscribers get a hundred texts each, all of them "
                      "and in order, also one that was away for a moment")
{
    struct run *subs[5];

    if (probe_is_memcheck())
        return;
    struct world *world = make_world();
    struct run *broker = start_broker(world);
    for (int i = 0; i < 5; i++)
        subs[i] = subscriber(world, "news/#", "-c", "100");
    int open_files = count_open_files(world, broker);
    stop_for_good(subs[2]); /* what comes meanwhile waits for it, in one heap */
    struct run *pub = publish_lines(world, "news/now", numbered("", 1, 40, 0));
    expect_output(pub, delivered(5, 40));
    run_continue(subs[2]);
    for (int i = 0; i < 5; i++)
        run_wait_line(subs[i], RUN_STDOUT, "news/now 40");
    pub = publish_lines(world, "news/now", numbered("", 41, 99, 0));
    expect_output(pub, delivered(5, 59));
    expect_files_closed(world, broker, pub, open_files);
    publish_lines(world, "news/now", LITERAL("100\n"));
    struct bytes all =
        joined(LITERAL("subscribed\n"), numbered("news/now ", 1, 100, 0));
    for (int i = 0; i < 5; i++) {
        expect_output(subs[i], all);
        expect_exit(subs[i], 0);
    }
    kill_all(broker, subs, 5);
}

Graded(pubsub, no_cross_topic, .points = 6, .step = "pubsub.2",
       .description = "A subscriber gets the texts of the topics that it asked "
                      "for, and no others")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_world();
    struct run *broker = start_broker(world);
    struct run *subs[3] = {subscriber(world, "a/b", "-c", "2"),
                           subscriber(world, "c/+/e", "-c", "2"),
                           subscriber(world, "a/#", "-c", "4")};
    static const struct {
        const char *topic, *text, *answer;
    } texts[] = {
        {"a/bc", "1", "delivered 1\n"},  {"a/b", "2", "delivered 2\n"},
        {"c/d", "3", "delivered 0\n"},   {"c/d/e", "4", "delivered 1\n"},
        {"b", "5", "delivered 0\n"},     {"c/d/e/f", "6", "delivered 0\n"},
        {"a", "7", "delivered 1\n"},     {"a/b", "8", "delivered 2\n"},
        {"c/x/e", "9", "delivered 1\n"},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct run *pub =
            pubsub(world, ARGS("pub", HERE, texts[i].topic, texts[i].text));
        expect_exit(pub, 0);
        expect_output(pub, text(texts[i].answer));
    }
    expect_output(subs[0], LITERAL("subscribed\na/b 2\na/b 8\n"));
    expect_output(subs[1], LITERAL("subscribed\nc/d/e 4\nc/x/e 9\n"));
    expect_output(subs[2], LITERAL("subscribed\na/bc 1\na/b 2\na 7\na/b 8\n"));
    kill_all(broker, subs, 3);
}

Graded(pubsub, big_text, .points = 8, .step = "pubsub.3",
       .description = "A text of 64 KiB arrives whole, whatever bytes it "
                      "consists of; a longer one is refused")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_world();
    struct run *broker = start_broker(world);
    struct run *sub = subscriber(world, "big", "-c", "3");
    struct bytes most = make_text(65536), more = make_text(5000);
    struct bytes lines = joined(joined(most, LITERAL("x\n")), more);
    struct run *pub = publish_lines(world, "big", lines);

    struct bytes head = LITERAL("subscribed\nbig "), name = LITERAL("big ");
    expect_output(sub, joined(joined(joined(head, most), LITERAL("big x\n")),
                              joined(name, more)));
    expect_exit(sub, 0);
    expect_output(pub, delivered(1, 3));
    pub = launch(ARGS("pub", HERE, "big"), .world = world,
                 .input = make_text(65537));
    expect_exit(pub, 1);
    expect_error(pub, EMSGSIZE);
    kill_all(broker, NULL, 0);
}

Graded(pubsub, subscribed_means_subscribed, .points = 8, .step = "pubsub.2",
       .description = "When \"subscribed\" is printed the broker knows the "
                      "subscriber: no text is missed from then on")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_world();
    struct run *broker = start_broker(world);
    /* It is about to print the line, and has to wait for that. */
    struct run *sub = pubsub(world, ARGS("sub", HERE, "now", "-c", "1"),
                             .output_mode = OUTPUT_HELD);
    run_wait_asleep(sub, WRITES);
    struct run *pub = pubsub(world, ARGS("pub", HERE, "now", "or never"));
    expect_exit(pub, 0);
    expect_output(pub, LITERAL("delivered 1\n"));
    run_read_output(sub, SIZE_MAX);
    expect_output(sub, LITERAL("subscribed\nnow or never\n"));
    expect_exit(sub, 0);
    kill_all(broker, NULL, 0);
}

Graded(pubsub, refusals, .points = 6, .step = "pubsub.4",
       .description = "Without a broker, where one is at work, where a file "
                      "is, and where nothing can be printed: an error, and no "
                      "harm")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_world();
    expect_refusal(pubsub(world, ARGS("pub", HERE, "a", "b")));
    expect_refusal(pubsub(world, ARGS("sub", HERE, "a")));
    expect_refusal(pubsub(world, ARGS("stats", HERE)));

    put_file(world, "file");
    struct stage stage = {.broker = pubsub(world, ARGS("broker", "file")),
                          .world = world};
    run_wait_until(stage.broker, has_decided, &stage, "it sees the file");
    bool intact = is_intact(world, "file");
    if (!intact) /* it is seen, and nobody waits for its end */
        run_signal(stage.broker, SIGKILL);
    expect_that(stage.broker, intact,
                "a file that no broker has made stays as it was",
                "it was changed or removed");
    expect_refusal(stage.broker);

    struct run *broker = start_broker(world);
    struct run *sub = subscriber(world, "a", "-c", "1");
    expect_refusal(pubsub(world, ARGS("broker", HERE)));
    struct run *pub = pubsub(world, ARGS("pub", HERE, "a", "still here"));
    expect_output(pub, LITERAL("delivered 1\n"));
    expect_output(sub, LITERAL("subscribed\na still here\n"));
    expect_unheard(world);
    kill_all(broker, NULL, 0);
}

/* ---- pubsub.4: the broker ------------------------------------------------ */

Graded(pubsub, killed_sub, .points = 10, .step = "pubsub.4",
       .description =
           "A subscriber that dies, at whatever moment, costs nobody "
           "a text and is forgotten within a second")
{
    struct world *world = make_world();
    world_open_gate(world, "go");
    struct run *broker = start_broker(world, .delay = "send=@go,write=@go");
    struct run *subs[3];

    for (int i = 0; i < 3; i++)
        subs[i] =
            i == 0 ? subscriber(world, "t") : subscriber_native(world, "t");
    if (probe_is_memcheck()) {
        run_signal(subs[0], SIGKILL);
        expect_exit(pubsub(world, ARGS("pub", HERE, "t", "one")), 0);
        run_signal(broker, SIGTERM);
        (void)run_end(broker);
        return;
    }
    die_midway(world, broker, subs[0]);
    run_wait_line(subs[1], RUN_STDOUT, "t one");
    run_wait_line(subs[2], RUN_STDOUT, "t one");
    expect_subscribers(world, broker, 2);
    run_signal(subs[1], SIGKILL);
    (void)run_end(subs[1]);
    expect_subscribers(world, broker, 1); /* nothing is published meanwhile */
    die_early(world, broker);
    expect_subscribers(world, broker, 1);
    expect_exit(pubsub(world, ARGS("pub", HERE, "t", "two")), 0);
    run_wait_line(subs[2], RUN_STDOUT, "t two");
    die_with_text(world, subs[2]);
    expect_subscribers(world, broker, 0);
    kill_all(broker, subs, 3);
}

/* In a world of its own, since it takes a look at every write. */
static void expect_whole_texts(void)
{
    struct world *world = make_world(.also_trace = WRITES);
    struct run *broker = start_broker(world);

    publish_half(world, broker);
    kill_all(broker, NULL, 0);
}

Graded(pubsub, stopped_sub_no_block, .points = 16, .step = "pubsub.4",
       .description =
           "A subscriber that stands still holds up nobody: 64 texts "
           "are kept for it, further ones dropped and counted; nor does a "
           "publisher in the middle of its text, and if it dies there, nothing "
           "is published")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_world();
    struct run *broker = start_broker(world);
    struct run *subs[2] = {held_subscriber(world, "t"), subscriber(world, "t")};

    stop_for_good(subs[0]);
    struct account account = publish_much(world, subs[1]);
    struct run *stats = expect_numbers(world, &account);
    expect_that(stats, account.dropped > 0,
                "texts are dropped for a subscriber that stands still",
                "none of %ld texts of 64 KiB was, all are kept",
                account.published);
    expect_that(stats, account.kept >= 64,
                "64 texts are kept for a subscriber that stands still",
                "only %d were", account.kept);
    run_continue(subs[0]);
    publish_late(world, subs[0], &account);
    run_wait_line(subs[0], RUN_STDOUT, line_of(account.last));
    stop_midway(world);
    run_signal(broker, SIGTERM);
    expect_exit(broker, 0);
    expect_exit(subs[0], 0);
    expect_output(subs[0], (struct bytes){account.expected, account.size});
    kill_all(broker, subs, 2);
    world_end(world);
    expect_whole_texts();
}

/* Sixty at once, from a shell: each launch of its own would be watched by
 * itself.  Then what they have printed, and what went wrong with one. */
static const char start_sixty[] =
    "pids= i=100; while [ $i -lt 160 ]; do "
    "/kit/pubsub sub " HERE " all -c 1 >of.$i 2>>errors & "
    "pids=\"$pids $!\"; "
    "i=$((i + 1)); done; "
    "for pid in $pids; do wait $pid || echo \"exited with status $?\"; done; "
    "cat of.*; cat errors >&2";

/* All of them, or one has said why not. */
static bool are_subscribed(const void *world)
{
    struct stat about;
    char name[8];

    if (*content_of(world, "errors").data)
        return true;

    for (int i = 100; i < 160; i++) {
        (void)snprintf(name, sizeof(name), "of.%d", i);
        if (fstatat(world_directory(world), name, &about, 0) < 0 ||
            about.st_size < 11)
            return false;
    }
    return true;
}

Graded(pubsub, sixty_subs, .points = 6, .step = "pubsub.4",
       .description =
           "Sixty subscribers at the same time get a text each, from "
           "a broker that sleeps until it comes")
{
    char expected[60 * 24] = "";

    if (probe_is_memcheck())
        return;
    struct world *world = make_world();
    struct run *broker = start_broker(world);
    struct run *subs = launch(ARGS("-c", start_sixty), .tool = "sh",
                              .world = world, .input_mode = INPUT_NONE);
    run_wait_until(subs, are_subscribed, world, "sixty of them subscribe");
    struct bytes errors = content_of(world, "errors");
    if (errors.size > 0) { /* then the others end, too */
        kill_all(broker, NULL, 0);
        expect_that(subs, false, "sixty subscribe",
                    "one of them says \"%.60s\"", errors.data);
    }
    run_wait_until(broker, is_asleep, broker,
                   "the broker sleeps: nobody wants anything");
    struct run *pub = pubsub(world, ARGS("pub", HERE, "all", "hello"));
    expect_exit(pub, 0);
    expect_output(pub, LITERAL("delivered 60\n"));
    for (int i = 0; i < 60; i++)
        (void)strcat(expected, "subscribed\nall hello\n");
    expect_output(subs, text(expected));
    kill_all(broker, NULL, 0);
}

Graded(pubsub, restart_broker, .points = 6, .step = "pubsub.4",
       .description = "When a broker was killed its subscribers end, and a new "
                      "one starts at the same path")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_world();
    struct run *broker = start_broker(world);
    struct run *sub = subscriber(world, "t");

    run_signal(broker, SIGKILL);
    (void)run_end(broker);
    expect_exit(sub, 0);
    expect_output(sub, LITERAL("subscribed\n"));
    broker = start_broker(world);
    sub = subscriber(world, "t", "-c", "1");
    struct run *pub = pubsub(world, ARGS("pub", HERE, "t", "again"));
    expect_exit(pub, 0);
    expect_output(pub, LITERAL("delivered 1\n"));
    expect_output(sub, LITERAL("subscribed\nt again\n"));
    run_signal(broker, SIGTERM);
    expect_exit(broker, 0);
    expect_that(broker, !has_file(world, HERE),
                "the broker leaves nothing at its path",
                "the name is still there");
}

Graded(pubsub, clean_everything, .points = 8, .step = "pubsub.4",
       .description =
           "On SIGTERM broker and subscribers end with status 0, and "
           "leave no file, no object and no process")
{
    struct run *subs[5];
    struct world *world = make_world();
    struct run *broker = start_broker(world);

    subs[0] = subscriber(world, "a/#");
    for (int i = 1; i < 5; i++)
        subs[i] = subscriber_native(world, "a/#");
    struct run *pub = pubsub(world, ARGS("pub", HERE, "a/b", "last words"));
    expect_exit(pub, 0);
    for (int i = 0; i < 5; i++)
        run_wait_line(subs[i], RUN_STDOUT, "a/b last words");
    run_signal(broker, SIGTERM);
    expect_exit(broker, 0);
    expect_no_children_left(broker);
    for (int i = 0; i < 5; i++) {
        expect_output(subs[i], LITERAL("subscribed\na/b last words\n"));
        expect_exit(subs[i], 0);
        expect_no_children_left(subs[i]);
    }
    if (!probe_is_memcheck())
        expect_clean_world(world);
}
