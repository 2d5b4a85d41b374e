// SPDX-License-Identifier: MIT
/*
 * test_msgq.c - the tests of the msgq lab, as the autograder runs them.
 *
 * Each test makes a world with System V objects of its own, starts `msgq` in it
 * as users would, several at a time, and judges what they did: bytes, exit
 * statuses, the rows of /proc/sysvipc/msg, processes. What the program is not
 * tested for is done by the grader's tool `sysv`: making queues, filling them,
 * looking at raw messages.
 *
 * Run one of them with `make msgq TEST=small_buffer`.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "test_msgq.h"

NEEDS_FULL_SANDBOX

/* ---- msgq.1 and msgq.2: single messages ---------------------------------- */

Graded(msgq, put_take_order, .points = 8, .step = "msgq.1",
       .description = "put and take: messages come out oldest first, each with "
                      "the type and the text that went in")
{
    struct world *world = world_with_queue("16384");

    /* Any long above 0 is a type. */
    expect_exit(msgq(world, ARGS("put", KEY, "7", "first")), 0);
    expect_exit(msgq(world, ARGS("put", KEY, "5000000000", "second one"),
                     .native_only = true),
                0);
    struct run *last = msgq(world, ARGS("put", KEY, "1", "3"));
    expect_exit(last, 0);
    expect_output(last, LITERAL(""));
    expect_that(last, find_row(world, KEY).count == 3,
                "three messages wait in the queue", "there are %lu",
                find_row(world, KEY).count);
    struct run *take = msgq(world, ARGS("take", KEY));
    expect_output(take, LITERAL("7 first\n"));
    expect_exit(take, 0);
    expect_output(msgq(world, ARGS("take", KEY), .native_only = true),
                  LITERAL("5000000000 second one\n"));
    expect_output(msgq(world, ARGS("take", KEY), .native_only = true),
                  LITERAL("1 3\n"));
}

Graded(msgq, take_by_type, .points = 6, .step = "msgq.2",
       .description =
           "take KEY N takes the oldest message of type N and leaves "
           "the others in their order")
{
    struct world *world = world_with_queue("16384");

    (void)world_ask(world, ARGS("sysv", "send", KEY, "5", "a", "3", "b", "9",
                                "c", "3", "d", "1", "e"));
    expect_output(msgq(world, ARGS("take", KEY, "3")), LITERAL("3 b\n"));
    expect_output(msgq(world, ARGS("take", KEY, "3"), .native_only = true),
                  LITERAL("3 d\n"));
    expect_output(msgq(world, ARGS("take", KEY, "0"), .native_only = true),
                  LITERAL("5 a\n"));
}

Graded(msgq, take_lowest, .points = 10, .step = "msgq.2",
       .description =
           "take KEY -N takes the lowest type that is at most N, the "
           "oldest of it first")
{
    static const char *const lines[] = {"1 e\n", "3 b\n", "3 d\n", "5 a\n"};
    struct world *world = world_with_queue("16384");

    (void)world_ask(world, ARGS("sysv", "send", KEY, "5", "a", "3", "b", "9",
                                "c", "3", "d", "1", "e"));
    for (int i = 0; i < 4; i++)
        expect_output(
            msgq(world, ARGS("take", KEY, "-5"), .native_only = i > 0),
            text(lines[i]));
    struct run *none =
        msgq(world, ARGS("take", KEY, "-5", "-n"), .native_only = true);
    expect_exit(none, 1);
    expect_error(none, ENOMSG);
    expect_that(none, find_row(world, KEY).count == 1,
                "the message of type 9 is still there",
                "the queue holds %lu messages", find_row(world, KEY).count);
}

/* A text of SIZE bytes. */
static const char *long_text(size_t size)
{
    static char texts[2][9000];
    static int next;
    char *made = texts[next++ % 2];

    memset(made, 'x', size);
    made[size] = '\0';
    return made;
}

/* What lies in the queue, as `sysv receive` shows it: TYPE SIZE TEXT. */
static void expect_raw(struct world *world, struct run *run, const char *body,
                       size_t size)
{
    unsigned long count = find_row(world, KEY).count;

    expect_that(run, count == 1, "one message lies in the queue",
                "%lu messages lie there", count);
    struct bytes raw = world_ask(world, ARGS("sysv", "receive", KEY, "0"));
    unsigned long seen = 0;
    int head = 0;

    (void)sscanf(raw.data, "%*d %lu %n", &seen, &head);
    expect_that(run, seen == size, "the message's body is exactly the text",
                "%zu bytes of text became a body of %lu bytes", size, seen);
    expect_that(run, strncmp(raw.data, "6 ", 2) == 0,
                "the message has the type that was given", "its type is %.*s",
                (int)strcspn(raw.data, " "), raw.data);
    expect_that(run, memcmp(raw.data + head, body, size) == 0,
                "the message's body is exactly the text",
                "the body holds other bytes: %.20s", raw.data + head);
}

Graded(msgq, body_is_exact, .points = 8, .step = "msgq.1",
       .description =
           "What lies in the queue is the text, with no byte more or "
           "less, from 0 to 8192 of them")
{
    static const char word[] = "hello, queue";
    struct world *world = world_with_queue("16384");
    const char *most = long_text(8192);
    struct run *run = msgq(world, ARGS("put", KEY, "6", word));

    expect_exit(run, 0);
    expect_raw(world, run, word, strlen(word));
    if (probe_is_memcheck())
        return;
    run = msgq(world, ARGS("put", KEY, "6", ""));
    expect_exit(run, 0);
    expect_raw(world, run, "", 0);
    run = msgq(world, ARGS("put", KEY, "6", most));
    expect_exit(run, 0);
    expect_raw(world, run, most, 8192);
}

Graded(msgq, empty_nowait_and_types, .points = 6, .step = "msgq.1",
       .description =
           "take -n on an empty queue, types below 1 and texts above "
           "8192 bytes are errors that are told")
{
    struct world *world = world_with_queue("16384");
    struct run *zero = msgq(world, ARGS("put", KEY, "0", "text"));
    struct run *negative =
        msgq(world, ARGS("put", KEY, "-3", "text"), .native_only = true);
    struct run *large = msgq(world, ARGS("put", KEY, "1", long_text(8193)));

    expect_exit(zero, 1);
    expect_error(zero, EINVAL);
    expect_exit(negative, 1);
    expect_error(negative, EINVAL);
    expect_exit(large, 1);
    expect_error(large, EINVAL);
    expect_that(large, find_row(world, KEY).count == 0,
                "nothing was put into the queue", "it holds %lu messages",
                find_row(world, KEY).count);
    struct run *empty = msgq(world, ARGS("take", KEY, "-n"));
    expect_exit(empty, 1);
    expect_error(empty, ENOMSG);
    expect_output(empty, LITERAL(""));
}

Graded(msgq, small_buffer, .points = 8, .step = "msgq.2",
       .description = "A message that is longer than SIZE is an error, and "
                      "stays in the queue, whole")
{
    static const char body[] = "twenty bytes of text";
    struct world *world = world_with_queue("16384");

    (void)world_ask(world, ARGS("sysv", "send", KEY, "4", body));
    struct run *small =
        msgq(world, ARGS("take", KEY, "-s", "4"), .spin_ms = POLLS_MS);
    expect_exit(small, 1);
    expect_error(small, E2BIG);
    expect_output(small, LITERAL(""));
    struct row row = find_row(world, KEY);
    expect_that(small, row.count == 1 && row.bytes == strlen(body),
                "the message is still in the queue, all 20 bytes of it",
                "the queue holds %lu messages, %lu bytes", row.count,
                row.bytes);
    /* Just large enough. */
    struct run *fits = msgq(world, ARGS("take", KEY, "-s", "20"));
    expect_output(fits, LITERAL("4 twenty bytes of text\n"));
    expect_exit(fits, 0);
}

/* How often RUN found the queue full, instead of sleeping in msgsnd. */
static int count_refusals(struct run *run)
{
    const struct trace *trace = run_trace(run);
    int count = 0;

    for (size_t i = trace_find(trace, 0, "msgsnd", -1); i < trace->event_count;
         i = trace_find(trace, i + 1, "msgsnd", -1))
        count += trace->events[i].error &&
                 strcmp(trace->events[i].error, "EAGAIN") == 0;
    return count;
}

Graded(msgq, full_queue, .points = 6, .step = "msgq.1",
       .description =
           "put sleeps while the queue is full and goes on when there "
           "is room; put -n fails at once")
{
    const char *body = long_text(1000);
    struct world *world = world_with_queue("4096");

    if (probe_is_memcheck()) /* nothing that it has not seen */
        return;
    (void)world_ask(world,
                    ARGS("sysv", "send", KEY, "1", body, "2", body, "3", body));
    expect_exit(msgq(world, ARGS("put", KEY, "4", body)), 0);
    struct run *fifth =
        msgq(world, ARGS("put", KEY, "5", body), .spin_ms = POLLS_MS);
    run_wait_asleep(fifth, "msgsnd");
    struct run *at_once = msgq(world, ARGS("put", KEY, "6", body, "-n"));
    expect_exit(at_once, 1);
    expect_error(at_once, EAGAIN);
    expect_that(at_once, find_row(world, KEY).count == 4,
                "four messages lie in the queue", "%lu do",
                find_row(world, KEY).count);
    (void)world_ask(world, ARGS("sysv", "receive", KEY, "2"));
    expect_exit(fifth, 0);
    expect_that(fifth, count_refusals(fifth) == 0,
                "put sleeps in msgsnd until there is room",
                "it tried %d times in vain, without IPC_NOWAIT from the caller",
                count_refusals(fifth));
    expect_that(fifth, find_row(world, KEY).count == 4,
                "the waiting message went in when one was taken",
                "the queue holds %lu messages", find_row(world, KEY).count);
}

/* ---- msgq.3 and msgq.4: the file server ---------------------------------- */

Graded(msgq, fetch_1mib, .points = 12, .step = "msgq.3",
       .description =
           "fetch gets a file of any size through a queue that holds "
           "16 KiB, or the reason why not")
{
    struct world *world = world_with_queue("16384");
    size_t size = probe_is_memcheck() ? 20000 : (1u << 20) + 577;
    struct bytes big = make_file(world, "big", size, 1);
    struct bytes small = make_file(world, "small", 9 * 1024, 2);
    struct server server = start_server(world);
    struct run *run = msgq(world, ARGS("fetch", KEY, "big"));

    expect_output(run, big);
    expect_exit(run, 0);
    expect_queues(run, world, server.queues);
    if (!probe_is_memcheck()) {
        char path[601] = "";
        for (int i = 0; i < 297; i++) /* a name for it, too long by 88 bytes */
            memcpy(path + 2 * i, "./", 2);
        memcpy(path + 594, "small", 6);
        expect_refusal(&server, "none", ENOENT);
        (void)mkdirat(world_directory(world), "dir", 0755);
        expect_refusal(&server, "dir", EISDIR);
        expect_refusal(&server, path, ENAMETOOLONG);
        /* The whole answer fits into the queue. The server has done its work
         * before the client takes the second half. */
        run = fetch_held(&server, "small");
        run_wait_until(server.run, is_idle, &server,
                       "the server's child ends when all is sent");
        run_read_output(run, SIZE_MAX);
        expect_output(run, small);
        expect_exit(run, 0);
        expect_queues(run, world, server.queues);
    } else {
        expect_exit(msgq(world, ARGS("fetch", KEY, "none")), 1);
    }
    kill_server(&server);
}

Graded(msgq, four_clients, .points = 10, .step = "msgq.4",
       .description =
           "Clients that ask at the same time get each its own file, "
           "through small queues; no child stays a zombie")
{
    struct run *runs[8];
    struct bytes files[8];
    char name[] = "f0";

    if (probe_is_memcheck())
        return;
    struct world *world = world_with_queue("4096");
    struct bytes wide = make_file(world, "wide", 40 * 1024, 19);
    for (unsigned i = 0; i < 8; i++, name[1]++)
        files[i] = make_file(world, name, 3000 + 777 * i, i);
    struct server server = start_server(world);
    enum scene scene = SPOILT;
    for (int i = 0; i < SCENES && scene == SPOILT; i++)
        scene = ask_at_once(&server, runs);
    for (int i = 0; i < 8 && scene == PLAYED; i++) {
        expect_output(runs[i], files[i]);
        expect_exit(runs[i], 0);
    }
    int held_up = 0; /* three times is no accident */
    scene = SPOILT;
    for (int i = 0; i < SCENES && scene != PLAYED && held_up < 3; i++) {
        scene = end_together(&server, wide);
        held_up += scene == HELD_UP;
    }
    kill_server(&server);
    expect_that(server.run, held_up < 3,
                "a client that stands still holds up nobody else",
                "the others had to wait until it was dropped");
}

Graded(msgq, client_killed, .points = 10, .step = "msgq.4",
       .description = "A client that dies midway costs nobody anything: its "
                      "queue and its server child are gone soon after")
{
    if (probe_is_memcheck())
        return;
    struct world *world = world_with_queue("16384");
    struct bytes slow = make_file(world, "slow", 80 * 1024, 3);
    (void)make_file(world, "big", 1u << 20, 4);
    struct server server = start_server(world);
    struct run *victim = fetch_held(&server, "big");

    expect_piecemeal(&server, victim);
    run_signal(victim, SIGKILL);
    (void)run_end(victim);
    /* Meanwhile the server's child finds out that nobody takes its messages. */
    for (int i = 0; i < SCENES; i++)
        if (fetch_slowly(&server, slow) == PLAYED)
            break;
    run_wait_until(server.run, is_clean, &server,
                   "the dead client's queue and the child that served it go");
    int queues = count_queues(world);
    kill_server(&server);
    expect_that(server.run, queues == server.queues,
                "the server goes on serving its queue",
                "the server's queue is gone");
}

Graded(msgq, interrupted_and_removed, .points = 8, .step = "msgq.2",
       .description = "EINTR from msgsnd and msgrcv changes nothing; a queue "
                      "that is removed ends the wait for it")
{
    if (probe_is_memcheck())
        return;
    /* The first call of each process fails in this way: signal(7). */
    struct world *world =
        make_world(.inject = "msgsnd,msgrcv:error=EINTR:when=1");
    struct bytes small = make_file(world, "small", 3000, 5);

    (void)world_ask(world, ARGS("sysv", "new-msg", KEY));
    (void)world_ask(world, ARGS("sysv", "new-msg", OTHER));
    expect_exit(msgq(world, ARGS("put", OTHER, "8", "text")), 0);
    struct run *take = msgq(world, ARGS("take", OTHER));
    expect_output(take, LITERAL("8 text\n"));
    expect_exit(take, 0);
    struct server server = start_server(world);
    struct run *run = fetch(&server, "small");
    expect_output(run, small);
    expect_exit(run, 0);
    kill_server(&server);

    struct run *waiting = msgq(world, ARGS("take", OTHER), .spin_ms = POLLS_MS);
    run_wait_asleep(waiting, "msgrcv");
    (void)world_ask(world, ARGS("sysv", "rm", "msg", OTHER));
    expect_exit(waiting, 1);
    expect_error(waiting, EIDRM);
}

/* SIGTERM comes to a server that has seen no reason to stop and is about to
 * call msgrcv: the call, begun after the handler has run, must not last. */
static void stop_just_before_msgrcv(struct world *world)
{
    struct run *run = msgq(world, ARGS("serve", KEY), .delay = "msgrcv=@go",
                           .native_only = true);

    run_wait_line(run, RUN_STDOUT, "ready");
    run_wait_still(run); /* held before the call, or waiting in another one */
    run_signal(run, SIGTERM);
    world_open_gate(world, "go");
    expect_exit(run, 0);
}

static void stop_busy(struct world *world)
{
    struct server server = start_server(world);
    struct run *client = fetch_held(&server, "big");

    expect_piecemeal(&server, client);
    run_signal(server.run, SIGINT);
    expect_exit(server.run, 0);
    expect_no_children_left(server.run);
    /* Its own and the client's; the others are not the server's. */
    expect_that(server.run, count_queues(world) <= server.queues - 1,
                "the server removes its queue and those of its clients",
                "too many are left: %d",
                count_queues(world) - server.queues + 1);
    run_read_output(client, SIZE_MAX);
    expect_exit(client, 1);
    bool removed = strstr(run_errors(client).data, strerror(EIDRM)) != NULL;
    expect_error(client, removed ? EIDRM : EINVAL);
}

static bool is_request_sent(const void *data)
{
    return find_row(data, OTHER).count == 1;
}

Graded(msgq, server_shutdown, .points = 8, .step = "msgq.4",
       .description = "On SIGTERM or SIGINT the server leaves no queue and no "
                      "process; a client without a server gives up")
{
    struct world *world = make_world();
    struct run *client = NULL;

    if (!probe_is_memcheck()) {
        (void)make_file(world, "big", 1u << 17, 6);
        /* Four seconds during which the rest is done. */
        (void)world_ask(world, ARGS("sysv", "new-msg", OTHER));
        client = msgq(world, ARGS("fetch", OTHER, "big"));
        run_wait_until(client, is_request_sent, world,
                       "the client sends its request");
    }
    struct server server = start_server(world);
    run_signal(server.run, SIGTERM);
    expect_exit(server.run, 0);
    expect_that(server.run, count_queues(world) == server.queues - 1,
                "the server removes its queue", "the queue is still there");
    expect_no_children_left(server.run);
    if (probe_is_memcheck())
        return;
    stop_just_before_msgrcv(world);
    stop_busy(world);
    expect_exit(client, 1);
    expect_error(client, ETIMEDOUT);
    expect_queues(client, world, 1);
}
