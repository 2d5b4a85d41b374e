// SPDX-License-Identifier: MIT
/*
 * test_sockets_udp.h - what the tests of the sockets lab play with over UDP:
 * clients, and a correspondent who answers late, or never, while a stranger
 * talks.
 */
#ifndef TEST_SOCKETS_UDP_H
#define TEST_SOCKETS_UDP_H

#include <time.h>

#include "test_sockets.h"

/* Far longer than five tries take: a client that sleeps on has no limit. */
#define UNHEARD_S 15
/* What a stranger says at once, and how much of it a try may have time for. */
#define STRANGE_WORDS 20
#define MOST_IN_A_TRY 6
/* A try of 300 ms, if the clocks by which it is begun and ended are coarse. */
#define SHORTEST_TRY_MS 290

/* ---- A client
 * ---------------------------------------------------------------- */

/* A socket whose peer is the server at PORT. */
static int udp_socket(struct world *world, const char *port)
{
    struct sockaddr_in name = address("127.0.0.1", port);
    int fd = world_socket(world, SOCK_DGRAM | SOCK_NONBLOCK);

    cr_assert(connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0);
    return fd;
}

static void say(int fd, const struct sockaddr_in *to, const char *words)
{
    (void)sendto(fd, words, strlen(words), 0, (const struct sockaddr *)to,
                 sizeof(*to));
}

static bool has_datagram(const void *data)
{
    char byte;

    return recv(*(const int *)data, &byte, 1, MSG_PEEK) >= 0;
}

static void expect_echo(struct run *run, int fd, struct bytes body)
{
    static char answer[70000];

    cr_assert(send(fd, body.data, body.size, 0) == (ssize_t)body.size);
    run_wait_until(run, has_datagram, &fd, "the server answers a datagram");
    ssize_t n = recv(fd, answer, sizeof(answer), 0);
    struct bytes seen = {answer, n > 0 ? (size_t)n : 0};
    if (!probe_is_memcheck())
        expect_alive(run, n >= 0 && bytes_equal(seen, upper(body)),
                     dump(upper(body)), "the answer has %s", dump(seen));
}

/* ---- A server that is hard to reach
 * ------------------------------------------- */

struct correspondent {
    struct run *run;           /* the client */
    int fd;                    /* on the server's port */
    int stranger;              /* > 0: talks to the client, too... */
    int words;                 /* ...with so many datagrams, after the first */
    int answers_from;          /* the first datagram to be answered; 0: none */
    int count;                 /* datagrams that have come */
    struct sockaddr_in client; /* whence */
    char text[64];             /* the last of them... */
    size_t size;               /* ...and its bytes */
    bool answered;
    long began_ms, came_ms; /* when it was there; when the last was taken */
    long last_ms, gap_ms;   /* the longest time that the test did not look */
    struct correspondent *beside; /* another one, looked after meanwhile */
};

static long now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct correspondent correspond(struct world *world, const char *port,
                                       int answers_from)
{
    struct sockaddr_in name = address("127.0.0.1", port);
    int fd = world_socket(world, SOCK_DGRAM | SOCK_NONBLOCK);

    cr_assert(bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0);
    long now = now_ms();
    return (struct correspondent){.fd = fd,
                                  .answers_from = answers_from,
                                  .began_ms = now,
                                  .last_ms = now};
}

/* Somebody else, who has PORT, too, but of another HOST. */
static int stranger(struct world *world, const char *host, const char *port)
{
    struct sockaddr_in name = address(host, port);
    int fd = world_socket(world, SOCK_DGRAM | SOCK_NONBLOCK);

    cr_assert(bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0);
    return fd;
}

/* Take what has come and answer it; whether the client has ended. */
static bool has_ended(const void *data)
{
    struct correspondent *it = (struct correspondent *)(uintptr_t)data;
    socklen_t size = sizeof(it->client);
    long now = now_ms();
    ssize_t n;

    if (now - it->last_ms > it->gap_ms)
        it->gap_ms = now - it->last_ms;
    while ((n = recvfrom(it->fd, it->text, sizeof(it->text) - 1, 0,
                         (struct sockaddr *)&it->client, &size)) >= 0) {
        it->text[n] = '\0';
        it->size = (size_t)n;
        it->count++;
        it->came_ms = now_ms();
        for (; it->stranger > 0 && it->words > 0; it->words--)
            say(it->stranger, &it->client, "WRONG");
        it->answered = it->answers_from && it->count >= it->answers_from;
        if (it->answered)
            say(it->fd, &it->client, "RIGHT");
    }
    it->last_ms = now;
    if (it->beside)
        (void)has_ended(it->beside);
    return run_has_ended(it->run);
}

/* Until the client has ended; it must. */
static void let_talk(struct correspondent *it)
{
    run_wait_until(it->run, has_ended, it,
                   "udpcall ends when five tries were in vain");
    (void)has_ended(it); /* the last datagrams */
}

/* What came to IT did not come too soon. The first try began when IT was there,
 * or later, and each that follows when the one before had lasted 300 ms: on a
 * machine that is slow the last datagram is taken even later. */
static void expect_long_tries(struct correspondent *it)
{
    long took = it->came_ms - it->began_ms;

    expect_that(it->run, took >= (it->count - 1) * SHORTEST_TRY_MS,
                "the same is sent again only when 300 ms are over",
                "%d datagrams came within %ld ms, the program's start included",
                it->count, took);
}

/* IT has been asked five times, in vain. */
static void expect_given_up(struct correspondent *it, const char *request)
{
    let_talk(it);
    expect_output(it->run, text(""));
    expect_exit(it->run, 1);
    expect_error(it->run, ETIMEDOUT);
    expect_that(it->run, it->count == 5, "five datagrams are sent in all",
                "there were %d", it->count);
    expect_long_tries(it);
    struct bytes last = {it->text, it->size};
    expect_that(it->run, bytes_equal(last, text(request)), dump(text(request)),
                "the last datagram has %s", dump(last));
    (void)close(it->fd);
    if (it->stranger > 0)
        (void)close(it->stranger);
}

/* Receiving takes the client 200 ms each time, by a sleep of the shim's that
 * only a signal of its own breaks off (probe.h), and there is always something
 * to be received: two or three times fit into a try whose deadline stays where
 * it is. */
static void expect_short_tries(struct run *run)
{
    const struct trace *trace = run_trace(run);
    int now = 0, most = 0;

    for (size_t i = 0; i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];
        if (strncmp(event->name, "send", 4) == 0)
            now = 0;
        now += strcmp(event->name, "rt_sigtimedwait") == 0 && event->error &&
               strcmp(event->error, "EAGAIN") == 0;
        most = now > most ? now : most;
    }
    expect_that(
        run, most <= MOST_IN_A_TRY,
        "the next try comes 300 ms after the last, whatever is received",
        "one try lasted more than %d ms, while a stranger talked", most * 200);
}

/* ---- Scenes against the clock
 * ----------------------------------------------------
 *
 * The client gives up 900 ms after its third datagram. If the test itself had
 * no processor for so long, it has not answered in time, and plays the scene
 * again; a machine on which it never succeeds judges nobody.
 */

enum scene { PLAYED, SPOILT };
#define SCENES      5
#define TOO_LATE_MS 250

/* Two datagrams are lost, and a stranger answers them. */
static enum scene answer_third(struct world *world)
{
    struct correspondent late = correspond(world, "5223", 3);

    if (probe_is_memcheck())
        return PLAYED;
    late.stranger = stranger(world, "127.0.0.1", "5224");
    late.words = 1;
    late.run = sockets(world, ARGS("udpcall", "5223", "Again"),
                       .blocked_s = UNHEARD_S);
    let_talk(&late);
    (void)close(late.fd);
    (void)close(late.stranger);
    if (run_exit_status(late.run) == 1 && late.gap_ms > TOO_LATE_MS)
        return SPOILT;
    expect_output(late.run, text("RIGHT\n"));
    expect_exit(late.run, 0);
    expect_long_tries(&late);
    return PLAYED;
}

/* Whatever a client may wait in. */
#define WAITS                                                                  \
    "poll,ppoll,select,pselect6,epoll_wait,epoll_pwait,epoll_pwait2,recvfrom," \
    "recvmsg,recvmmsg,read,readv,nanosleep,clock_nanosleep,rt_sigtimedwait,"   \
    "rt_sigsuspend,pause,futex"

/* Nobody is there for the first datagram, and the kernel says so; but a server
 * comes while the client waits, as it must. */
static enum scene come_late(struct world *world)
{
    if (probe_is_memcheck())
        return PLAYED;
    struct run *run =
        sockets(world, ARGS("udpcall", "5225", "Late"), .blocked_s = UNHEARD_S);
    bool waits = run_waits_in(run, WAITS);
    expect_alive(run, waits, "udpcall waits 300 ms, though nobody is there yet",
                 "it was refused, and did not wait at all");
    struct correspondent late = correspond(world, "5225", 1);
    late.run = run;
    let_talk(&late);
    (void)close(late.fd);
    if (late.count == 0) /* it is the test that has come too late */
        return SPOILT;
    expect_output(run, text("RIGHT\n"));
    expect_exit(run, 0);
    return PLAYED;
}

#endif
