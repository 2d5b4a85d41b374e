// SPDX-License-Identifier: MIT
/*
 * test_msgq.h - what the tests of the msgq lab look at and play with: the
 * queues of a world, files to be fetched, a server and its clients.
 */
#ifndef TEST_MSGQ_H
#define TEST_MSGQ_H

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

/* CPU time of a program that has nothing to do but wait, and far more: who
 * takes that long looks again and again. */
#define POLLS_MS 100

#define KEY   "0x51"
#define OTHER "0x52"

/* ---- Queues -------------------------------------------------------------- */

/* /proc/sysvipc/msg: see proc(5) and sysvipc(7). */
struct row {
    int key, id;
    unsigned long bytes, count;
};

/* The queues of WORLD, at most 16 of them; returns how many there are. */
static int read_rows(const struct world *world, struct row rows[16])
{
    char *table = world_table(world, "msg"), *rest = table, *line;
    int n = 0;

    (void)strsep(&rest, "\n"); /* the heading */
    while ((line = strsep(&rest, "\n")) != NULL && n < 16)
        n += sscanf(line, "%d %d %*o %lu %lu", &rows[n].key, &rows[n].id,
                    &rows[n].bytes, &rows[n].count) == 4;
    free(table);
    return n;
}

/* How many queues WORLD has. */
static int count_queues(const struct world *world)
{
    struct row rows[16];

    return read_rows(world, rows);
}

/* The queue with KEY; all zero if there is none. */
static struct row find_row(const struct world *world, const char *key)
{
    struct row rows[16];

    for (int i = read_rows(world, rows); i-- > 0;)
        if (rows[i].key == (int)strtol(key, NULL, 0))
            return rows[i];
    return (struct row){0};
}

/* A world with an empty queue KEY that holds BYTES. */
static struct world *world_with_queue(const char *bytes)
{
    struct world *world = make_world();

    (void)world_ask(world, ARGS("sysv", "new-msg", KEY, bytes));
    return world;
}

#define msgq(world_, args, ...)                                                \
    launch(args, .world = world_, .input_mode = INPUT_NONE, ##__VA_ARGS__)

/* ---- The file server and its clients ------------------------------------- */

/* All calls that a fetch can print with. */
#define WRITES "write,writev,pwrite64"
#define ALIVE  "RSDTt"

static struct bytes make_file(const struct world *world, const char *name,
                              size_t size, unsigned seed)
{
    struct bytes content = random_bytes(size, seed);
    int fd = openat(world_directory(world), name,
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    cr_assert(fd >= 0 && write(fd, content.data, size) == (ssize_t)size);
    (void)close(fd);
    return content;
}

/* A server, ready, and how many processes it consists of while it idles. */
struct server {
    struct world *world;
    struct run *run;
    int processes;
    int queues; /* that there are while it idles */
};

static struct server start_server(struct world *world)
{
    struct server server = {world, msgq(world, ARGS("serve", KEY)), 0, 0};

    run_wait_line(server.run, RUN_STDOUT, "ready");
    server.processes = run_count_processes(server.run, ALIVE);
    server.queues = count_queues(world);
    return server;
}

/* How it ends on request is what server_shutdown is about. */
static void kill_server(const struct server *server)
{
    run_signal(server->run, SIGKILL);
}

/* No child is at work for a client any more. */
static bool is_idle(const void *data)
{
    const struct server *server = data;

    return run_count_processes(server->run, ALIVE) <= server->processes;
}

static bool has_no_zombies(const void *data)
{
    const struct server *server = data;

    return run_count_processes(server->run, "Z") == 0;
}

static bool is_clean(const void *data)
{
    const struct server *server = data;

    return is_idle(server) && has_no_zombies(server) &&
           count_queues(server->world) <= server->queues;
}

static long now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void sleep_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};

    (void)nanosleep(&time, NULL);
}

static struct run *fetch(const struct server *server, const char *name)
{
    return msgq(server->world, ARGS("fetch", KEY, name), .native_only = true);
}

/* A fetch that stands still when it prints for the first time. */
static struct run *fetch_held(const struct server *server, const char *name)
{
    struct run *run = msgq(server->world, ARGS("fetch", KEY, name),
                           .output_mode = OUTPUT_HELD, .native_only = true);

    run_wait_asleep(run, WRITES);
    return run;
}

/* How many private queues hold something. */
static int count_filled(const struct world *world)
{
    struct row rows[16];
    int filled = 0;

    for (int i = read_rows(world, rows); i-- > 0;)
        filled += rows[i].key == 0 && rows[i].count > 0;
    return filled;
}

/* The server has filled the queue of a client that stands still, or has nothing
 * more for it. */
static bool has_gone_on(const void *data)
{
    const struct server *server = data;

    return count_filled(server->world) > 0 || run_is_still(server->run);
}

/* CLIENT stands still at its first write: the rest of its file is on the way,
 * and stays there. */
static void expect_piecemeal(const struct server *server, struct run *client)
{
    run_wait_until(server->run, has_gone_on, server,
                   "the server goes on to the client's queue");
    if (probe_is_memcheck() || count_filled(server->world) > 0)
        return;
    run_signal(client, SIGKILL);
    expect_that(client, false, "fetch writes the bytes as they come",
                "it had taken the whole file before it wrote the first byte");
}

static void expect_queues(struct run *run, const struct world *world, int count)
{
    int seen = count_queues(world);

    expect_that(run, seen <= count, "the client's private queue is removed",
                "there are %d queues too many", seen - count);
    expect_that(run, seen >= count, "the server goes on serving its queue",
                "the server's queue is gone");
}

static void expect_refusal(const struct server *server, const char *path,
                           int error)
{
    struct run *run = fetch(server, path);
    char line[700];

    (void)snprintf(line, sizeof(line), "msgq: %s: %s", path, strerror(error));
    expect_exit(run, 1);
    expect_error_line(run, line);
    expect_queues(run, server->world, server->queues);
}

/* ---- Scenes against the clock ----------------------------------------------
 *
 * The contract knows two limits: a client may give up after four seconds, a
 * server drops a client after two without progress. Where a scene needs a
 * client to wait, it measures how long that took. If it was too long for a
 * verdict, it is played again; a machine on which it never succeeds judges
 * nobody.
 */

enum scene { PLAYED, SPOILT, HELD_UP };
#define SCENES 5
/* After so long no client has given up yet. */
#define SOON_MS 2500

/* The requests that fit into 4096 bytes; short ones may all. */
static bool are_requests_sent(const void *data)
{
    return find_row(data, KEY).count >= 7;
}

static bool are_three_sent(const void *data)
{
    return find_row(data, KEY).count >= 3;
}

/* Eight requests at the same time, f0 to f7, to a server that is stopped until
 * the queue is full of them. */
static enum scene ask_at_once(const struct server *server, struct run *runs[8])
{
    long began = now_ms();
    char name[] = "f0";

    run_stop(server->run);
    for (int i = 0; i < 8; i++, name[1]++)
        runs[i] = fetch(server, name);
    run_wait_until(runs[7], are_requests_sent, server->world,
                   "the clients send their requests to the queue");
    run_continue(server->run);
    if (now_ms() - began < SOON_MS)
        return PLAYED;
    for (int i = 0; i < 8; i++)
        (void)run_end(runs[i]);
    return SPOILT;
}

/* Three clients that ask for the same file and stand still. */
struct standing {
    const struct server *server;
    struct run *clients[3];
};

static bool do_all_write(const struct standing *standing)
{
    for (int i = 0; i < 3; i++)
        if (!run_is_in(standing->clients[i], WRITES))
            return false;
    return true;
}

/* They all stand still, and the server has filled their queues or has nothing
 * more for them; or one of them was dropped. */
static bool is_settled(const void *data)
{
    const struct standing *standing = data;
    const struct server *server = standing->server;

    return count_queues(server->world) < server->queues + 3 ||
           (do_all_write(standing) &&
            (count_filled(server->world) == 3 || run_is_still(server->run)));
}

/* What it means that a client was dropped before the others had anything. */
static enum scene scene_of_drop(const struct server *server)
{
    long began = now_ms();

    (void)world_ask(server->world, ARGS("true"));
    return now_ms() - began < 1000 ? HELD_UP : SPOILT;
}

/* Three clients whose requests are there at the same time, and who then stand
 * still. They all have something before the first of them is dropped. */
static enum scene stand_still(const struct server *server, struct run *runs[3])
{
    struct standing standing = {.server = server};
    long began = now_ms();

    run_stop(server->run);
    for (int i = 0; i < 3; i++)
        standing.clients[i] = runs[i] =
            msgq(server->world, ARGS("fetch", KEY, "wide"),
                 .output_mode = OUTPUT_HELD, .native_only = true);
    run_wait_until(runs[2], are_three_sent, server->world,
                   "the clients send their requests to the queue");
    run_continue(server->run);
    if (now_ms() - began > SOON_MS)
        return SPOILT;
    run_wait_until(server->run, is_settled, &standing,
                   "the server answers the three clients");
    if (do_all_write(&standing))
        expect_piecemeal(server, runs[2]);
    if (count_queues(server->world) < server->queues + 3)
        return scene_of_drop(server);
    for (int i = 0; i < 3; i++)
        run_wait_asleep(runs[i], WRITES);
    return PLAYED;
}

/* Then three children, if there are children, end while the server is stopped:
 * one SIGCHLD for all, since a signal that is pending already is not queued
 * (signal(7)). */
static enum scene end_together(const struct server *server, struct bytes wide)
{
    struct run *runs[3];
    enum scene scene = stand_still(server, runs);
    bool stopped = scene == PLAYED && !is_idle(server);

    if (stopped)
        run_stop(server->run);
    for (int i = 0; i < 3; i++)
        run_read_output(runs[i], SIZE_MAX);
    for (int i = 0; i < 3; i++) {
        if (scene == PLAYED)
            expect_output(runs[i], wide);
        else
            (void)run_end(runs[i]);
    }
    run_wait_until(server->run, is_idle, server,
                   "the children end when their clients have got all");
    if (stopped)
        run_continue(server->run);
    run_wait_until(server->run, has_no_zombies, server,
                   "the server waits for every child that has ended");
    return scene;
}

/* A client that takes 4 KiB every 300 ms, for longer than the two seconds,
 * three at most, after which one that takes nothing is dropped. */
static enum scene fetch_slowly(const struct server *server,
                               struct bytes content)
{
    struct run *run = fetch_held(server, "slow");
    bool steady = true;

    for (int i = 0; i < 11; i++) {
        long began = now_ms();
        sleep_ms(300);
        run_read_output(run, 4096);
        steady = steady && now_ms() - began < 1000;
    }
    run_read_output(run, SIZE_MAX);
    if (!steady && run_exit_status(run) != 0)
        return SPOILT;
    expect_output(run, content);
    expect_exit(run, 0);
    return PLAYED;
}

#endif
