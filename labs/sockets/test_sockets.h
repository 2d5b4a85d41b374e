// SPDX-License-Identifier: MIT
/*
 * test_sockets.h - what the tests of the sockets lab play with: frames, and the
 * peers that exchange them with the program. A peer is a socket of the world's
 * network in the hand of the test, which thereby decides what comes in one
 * piece, who says nothing, and who leaves.
 */
#ifndef TEST_SOCKETS_H
#define TEST_SOCKETS_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

/* CPU time of a program that has nothing to do but wait, and far more. */
#define POLLS_MS 300
/* A server that does not answer is given up after so long; see watch.c. */
#define SILENT_S 4

/* Every test has ports of its own: in the memcheck pass all share a network. */
#define sockets(world_, args, ...)                                             \
    launch(args, .world = world_, .input_mode = INPUT_NONE, ##__VA_ARGS__)

/* ---- Bytes --------------------------------------------------------------- */

static struct bytes join(struct bytes a, struct bytes b)
{
    char *data = malloc(a.size + b.size + 1);

    cr_assert_not_null(data);
    memcpy(data, a.data, a.size);
    memcpy(data + a.size, b.data, b.size);
    return (struct bytes){data, a.size + b.size};
}

static struct bytes part(struct bytes bytes, size_t from, size_t size)
{
    return (struct bytes){bytes.data + from, size};
}

/* LENGTH as it goes over the wire. */
static struct bytes head(uint32_t length)
{
    uint32_t *data = malloc(sizeof(*data));

    cr_assert_not_null(data);
    *data = htonl(length);
    return (struct bytes){(const char *)data, sizeof(*data)};
}

static struct bytes frame(struct bytes body)
{
    return join(head((uint32_t)body.size), body);
}

/* What the server makes of a body. */
static struct bytes upper(struct bytes body)
{
    char *data = malloc(body.size + 1);

    cr_assert_not_null(data);
    for (size_t i = 0; i < body.size; i++) {
        char byte = body.data[i];
        data[i] = (char)(byte >= 'a' && byte <= 'z' ? byte - 'a' + 'A' : byte);
    }
    return (struct bytes){data, body.size};
}

/* The first bytes in hexadecimal: two static places, used in turn. */
static const char *dump(struct bytes bytes)
{
    static char lines[2][100];
    static int next;
    char *line = lines[next++ % 2];
    int used = snprintf(line, 100, "%zu bytes", bytes.size);

    for (size_t i = 0; i < bytes.size && i < 12; i++)
        used += snprintf(line + used, 100 - (size_t)used, "%s%02x",
                         i == 0 ? ": " : " ", (unsigned char)bytes.data[i]);
    return line;
}

/* ---- Peers -----------------------------------------------------------------
 */

struct peer {
    int fd;           /* -1: not connected yet, or no more */
    int listener;     /* > 0: where it is accepted from */
    struct bytes out; /* to be sent */
    size_t sent;      /* of these */
    bool shut;        /* ends its sending half when all is sent */
    bool reads;       /* else what comes stays in the socket */
    char *in;         /* what has come */
    size_t got, room; /* bytes of it, and of memory */
    size_t seen;      /* what expect_got() has dealt with */
    size_t wanted;    /* done when so much has come, or... */
    bool wants_end;   /* ...the end, too */
    bool ended;       /* an end-of-file has come */
    int error;        /* the connection broke: errno */
    bool leaves;      /* closes when it has got what it wanted */
};

static struct sockaddr_in address(const char *host, const char *port)
{
    struct sockaddr_in name = {.sin_family = AF_INET};

    name.sin_port = htons((uint16_t)atoi(port));
    (void)inet_pton(AF_INET, host, &name.sin_addr);
    return name;
}

/* A peer that is about to be connected to PORT. NARROW: so little fits
 * into the connection that who sends 1 MiB has to wait. (The sender's buffer
 * grows with what is on the way, which the window bounds, in small segments:
 * to some 200 KB. Else it may have 4 MiB: tcp(7), tcp_wmem.) */
static struct peer peer_connect_to(struct world *world, const char *host,
                                   const char *port, bool narrow)
{
    struct sockaddr_in name = address(host, port);
    int fd = world_socket(world, SOCK_STREAM | SOCK_NONBLOCK);
    int on = 1, room = 8192, segment = 536;

    if (narrow)
        cr_assert(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) ==
                      0 &&
                  setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment,
                             sizeof(segment)) == 0);
    cr_assert(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
    struct peer peer = {.fd = fd, .reads = true};
    if (connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0 &&
        errno != EINPROGRESS)
        peer.error = errno;
    return peer;
}

static struct peer peer_connect(struct world *world, const char *port)
{
    return peer_connect_to(world, "127.0.0.1", port, false);
}

/* A peer that waits on PORT for the program to connect. */
static struct peer peer_listen(struct world *world, const char *port)
{
    struct sockaddr_in name = address("127.0.0.1", port);
    int fd = world_socket(world, SOCK_STREAM | SOCK_NONBLOCK), on = 1;

    cr_assert(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
              bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0 &&
              listen(fd, 8) == 0);
    return (struct peer){.fd = -1, .listener = fd, .reads = true};
}

/* Go on with OUT, until WANTED bytes have come that were not dealt with. */
static void peer_ask(struct peer *peer, struct bytes out, size_t wanted)
{
    peer->out = out;
    peer->sent = 0;
    peer->wanted = peer->seen + wanted;
}

static void peer_close(struct peer *peer)
{
    if (peer->fd >= 0)
        (void)close(peer->fd);
    peer->fd = -1;
}

/* Break the connection off: SO_LINGER in socket(7). */
static void peer_reset(struct peer *peer)
{
    struct linger at_once = {1, 0};

    (void)setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &at_once,
                     sizeof(at_once));
    peer_close(peer);
}

static void peer_send(struct peer *peer)
{
    while (peer->sent < peer->out.size && peer->error == 0) {
        ssize_t n = send(peer->fd, peer->out.data + peer->sent,
                         peer->out.size - peer->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            peer->error = errno;
        else
            peer->sent += (size_t)n;
    }
    if (peer->shut && peer->error == 0)
        (void)shutdown(peer->fd, SHUT_WR);
    peer->shut = false;
}

static void peer_receive(struct peer *peer)
{
    while (!peer->ended) {
        if (peer->room < peer->got + 65536) {
            peer->room = 2 * peer->room + 65536;
            peer->in = realloc(peer->in, peer->room);
            cr_assert_not_null(peer->in);
        }
        ssize_t n = recv(peer->fd, peer->in + peer->got, 65536, 0);
        if (n < 0 && errno != EAGAIN && errno != ENOTCONN)
            peer->error = errno;
        peer->ended = n == 0;
        if (n <= 0)
            return;
        peer->got += (size_t)n;
    }
}

/* Do what can be done without waiting; whether that was all. */
static bool peer_is_done(struct peer *peer)
{
    if (peer->fd < 0 && peer->listener > 0)
        peer->fd =
            accept4(peer->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (peer->fd >= 0 && peer->error == 0) {
        peer_send(peer);
        if (peer->reads)
            peer_receive(peer);
    }
    if (peer->error || peer->ended)
        return true;
    if (peer->fd < 0)
        return peer->listener == 0;
    bool done = peer->sent == peer->out.size && peer->got >= peer->wanted &&
                !peer->wants_end;
    if (done && peer->leaves)
        peer_close(peer);
    return done;
}

/* Several of them. */
struct crowd {
    struct peer *peers;
    int count;
};

static bool are_done(const void *data)
{
    const struct crowd *crowd = data;
    bool done = true;

    for (int i = 0; i < crowd->count; i++)
        done = peer_is_done(&crowd->peers[i]) && done;
    return done;
}

/* Until COUNT peers have sent and got what they want: they must, for want of
 * WHAT. RUN is the program that they wait for. */
static void play(struct run *run, struct peer *peers, int count,
                 const char *what)
{
    struct crowd crowd = {peers, count};

    run_wait_until(run, are_done, &crowd, what);
}

/* ---- The program's side ----------------------------------------------------
 */

/* RUN is one that goes on: it is ended if CONDITION does not hold. */
#define expect_alive(run, condition, ...)                                      \
    do {                                                                       \
        bool holds_ = (condition);                                             \
        if (!holds_)                                                           \
            run_signal(run, SIGKILL);                                          \
        if (!holds_)                                                           \
            expect_that(run, false, __VA_ARGS__);                              \
    } while (0)

/* PEER has got just EXPECTED since it was last asked. */
static void expect_got(struct run *run, struct peer *peer,
                       struct bytes expected)
{
    struct bytes seen = {peer->in + peer->seen, peer->got - peer->seen};

    peer->seen = peer->got;
    if (probe_is_memcheck())
        return;
    expect_alive(run, bytes_equal(seen, expected), dump(expected),
                 "%s on the connection%s%s", dump(seen),
                 peer->error   ? ", then an error: "
                 : peer->ended ? ", then its end"
                               : "",
                 peer->error ? strerror(peer->error) : "");
}

/* One request with BODY, and its answer; the connection stays. */
static void expect_answer(struct run *run, struct peer *peer, struct bytes body,
                          const char *what)
{
    peer_ask(peer, frame(body), body.size + 4);
    play(run, peer, 1, what);
    expect_got(run, peer, frame(upper(body)));
}

/* Room for a thread for each client: see launch_options. */
#define MUCH_MEMORY ((size_t)16 << 30)
#define start_server(world, port, ...)                                         \
    wait_ready(sockets(world, ARGS("serve", port), .blocked_s = SILENT_S,      \
                       .memory = MUCH_MEMORY, ##__VA_ARGS__))

static struct run *wait_ready(struct run *run)
{
    run_wait_line(run, RUN_STDOUT, "ready");
    return run;
}

/* It has done all that it can do for now, and sleeps. */
static bool is_at_rest(const void *data)
{
    struct run *run = (struct run *)(uintptr_t)data;

    return run_is_still(run) || run_is_in(run, "nanosleep,clock_nanosleep");
}

static void wait_rest(struct run *run)
{
    run_wait_until(run, is_at_rest, run,
                   "the program sleeps when it has nothing to do");
}

/* How it ends on request is what shutdown_and_leaks is about; Valgrind, though,
 * has nothing to say of who is killed. */
static void end_server(struct run *run)
{
    run_signal(run, probe_is_memcheck() ? SIGTERM : SIGKILL);
    if (probe_is_memcheck())
        (void)run_end(run);
}

#endif
