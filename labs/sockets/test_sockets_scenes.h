// SPDX-License-Identifier: MIT
/*
 * test_sockets_scenes.h - what the tests of the sockets lab let happen over
 * TCP: answers that come in pieces, clients that leave, servers that stop.
 */
#ifndef TEST_SOCKETS_SCENES_H
#define TEST_SOCKETS_SCENES_H

#include "test_sockets.h"

/* ---- A call, and its server -------------------------------------------------
 */

/* What call is to send for TEXT; answer it with BODY. */
static void answer_call(struct run *run, struct peer *peer, const char *request,
                        struct bytes answer)
{
    peer_ask(peer, text(""), strlen(request) + 4);
    play(run, peer, 1, "call sends its request");
    expect_got(run, peer, frame(text(request)));
    peer_ask(peer, answer, 0);
    play(run, peer, 1, "call takes the answer");
}

/* Send BYTES one by one, each when RUN has had the one before. */
static void dribble(struct run *run, struct peer *peer, struct bytes bytes,
                    const char *what)
{
    for (size_t i = 0; i < bytes.size; i++) {
        wait_rest(run);
        peer_ask(peer, part(bytes, i, 1), 0);
        play(run, peer, 1, what);
    }
}

/* A call that gets ANSWER and then an end-of-file, for an error. */
static void expect_refusal(struct world *world, const char *port,
                           struct bytes answer, int error)
{
    struct peer server = peer_listen(world, port);
    struct run *call =
        sockets(world, ARGS("call", port, "a"), .blocked_s = SILENT_S);

    answer_call(call, &server, "a", answer);
    (void)shutdown(server.fd, SHUT_WR);
    expect_exit(call, 1);
    expect_error(call, error);
    expect_output(call, text(""));
    peer_close(&server);
}

/* A call whose server has answered in advance and left. The request that finds
 * it gone is refused by a reset; the one behind that is EPIPE: tcp(7). */
static void expect_no_signal(struct world *world, const char *port)
{
    struct peer server = peer_listen(world, port);
    struct run *call = sockets(world, ARGS("call", port, "a", "b", "c", "d"),
                               .blocked_s = SILENT_S);
    struct bytes answer = frame(text("x"));

    answer_call(call, &server, "a", text(""));
    run_stop(call);
    peer_ask(&server, join(answer, join(answer, answer)), 0);
    play(call, &server, 1, "the kernel takes the answers");
    peer_close(&server);
    run_continue(call);
    expect_exit(call, 1);
}

/* ---- A server, and its clients
 * ----------------------------------------------- */

/* What the program wanted to have in one piece, to be written to: mmap(2),
 * mremap(2). A stack of a thread has 8 MiB. */
#define FAR_TOO_MUCH (256ul << 20)

static unsigned long most_wanted(struct run *run)
{
    const struct trace *trace = run_trace(run);
    unsigned long most = 0;
    char size[32];

    for (size_t i = 0; trace && i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];
        bool grows = strcmp(event->name, "mremap") == 0;
        bool maps = strcmp(event->name, "mmap") == 0 &&
                    strstr(event->args, "PROT_WRITE");
        if ((grows || maps) &&
            trace_arg(event, grows ? 2 : 1, size, sizeof(size)) &&
            strtoul(size, NULL, 0) > most)
            most = strtoul(size, NULL, 0);
    }
    return most;
}

/* One that sends all of its requests and leaves. */
static void leave(struct run *run, struct world *world, struct bytes requests,
                  bool reset)
{
    struct peer client = peer_connect(world, "5170");

    peer_ask(&client, requests, 0);
    play(run, &client, 1, "the kernel takes what a client sends");
    (reset ? peer_reset : peer_close)(&client);
}

/* PEERS that each have a text of their own, in two halves. */
static void ask_in_halves(struct run *run, struct world *world,
                          struct peer *peers, int count)
{
    static struct bytes bodies[64];

    for (int i = 0; i < count; i++) {
        char line[64];
        (void)snprintf(line, sizeof(line), "client number %d of %d", i, count);
        bodies[i] = join(text(line), text("!"));
        peers[i] = peer_connect(world, "5180");
        peer_ask(&peers[i], part(frame(bodies[i]), 0, 9), 0);
    }
    play(run, peers, count, "the server takes what clients send");
    wait_rest(run);
    for (int i = count - 1; i >= 0; i--)
        peer_ask(&peers[i], part(frame(bodies[i]), 9, bodies[i].size - 5),
                 bodies[i].size + 4);
    play(run, peers, count, "the server answers all of its clients");
    for (int i = 0; i < count; i++)
        expect_got(run, &peers[i], frame(upper(bodies[i])));
    for (int i = 0; i < count; i++)
        peer_close(&peers[i]);
}

#define NAPS     "nanosleep,clock_nanosleep"
#define POLLS    "poll,ppoll,select,pselect6"
#define RECEIVES "recvfrom,recvmsg,read,readv"

/* Whether PROCESS, a thread maybe, has received from a connection that it had
 * accepted itself. */
static bool serves(const struct trace *trace, int process)
{
    char fd[16];

    for (size_t i = 0; i < trace->event_count; i++) {
        i = trace_find(trace, i, "accept,accept4", process);
        for (size_t j = i + 1; j < trace->event_count; j++) {
            j = trace_find(trace, j, RECEIVES, process);
            if (j < trace->event_count &&
                trace_arg(&trace->events[j], 0, fd, sizeof(fd)) &&
                strtol(fd, NULL, 10) == trace->events[i].result)
                return true;
        }
    }
    return false;
}

/* Whether the call waits for the time alone: a sleep, or a poll or select of no
 * descriptor that took until its limit. */
static bool is_nap(const struct trace_event *event)
{
    bool sleeps = strstr(NAPS, event->name) != NULL;
    int arg = strstr("select,pselect6", event->name) ? 0 : 1;
    char count[16];

    return sleeps ||
           (event->result == 0 && trace_arg(event, arg, count, sizeof(count)) &&
            strcmp(count, "0") == 0);
}

/* Who serves clients takes no nap for want of a descriptor. */
static void expect_no_nap(struct run *run)
{
    const struct trace *trace = run_trace(run);

    for (size_t i = 0; i < trace->event_count; i++) {
        i = trace_find(trace, i, NAPS "," POLLS, -1);
        expect_that(run,
                    i == trace->event_count || !is_nap(&trace->events[i]) ||
                        !serves(trace, trace->events[i].process),
                    "clients that have been accepted do not wait for others",
                    "the process that serves them slept meanwhile, in %s",
                    trace->events[i].name);
    }
}

/* RUN has listened with room for at least ROOM connections. */
static void expect_backlog(struct run *run, long room)
{
    const struct trace *trace = run_trace(run);
    size_t i = trace_find(trace, 0, "listen", -1);
    char number[16] = "";

    if (i < trace->event_count)
        (void)trace_arg(&trace->events[i], 1, number, sizeof(number));
    expect_that(run, strtol(number, NULL, 0) >= room,
                "listen leaves room for 64 connections to wait",
                "its backlog is %s", number);
}

#define VISITS 12

/* How many descriptors the server's first process has. */
static int count_descriptors(struct world *world, struct run *run)
{
    char path[32];
    int count = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)run_pid(run));
    struct bytes list = world_ask(world, ARGS("ls", path));
    for (size_t i = 0; i < list.size; i++)
        count += list.data[i] == '\n';
    return count;
}

/* COUNT clients, one after the other. */
static void visit(struct run *run, struct world *world, int count)
{
    for (int i = 0; i < count; i++) {
        struct peer client = peer_connect(world, "5190");
        expect_answer(run, &client, text("visit"), "the server answers");
        peer_close(&client);
    }
}

struct idle {
    struct run *run;
    int processes; /* that it consists of without clients */
};

static bool is_idle(const void *data)
{
    const struct idle *idle = data;

    return run_count_processes(idle->run, "RSDTt") <= idle->processes;
}

static bool has_no_zombies(const void *data)
{
    const struct idle *idle = data;

    return run_count_processes(idle->run, "Z") == 0;
}

static void wait_idle(struct idle *idle)
{
    run_wait_until(idle->run, is_idle, idle,
                   "the processes for clients that have left end");
    run_wait_until(idle->run, has_no_zombies, idle,
                   "the server waits for every child that has ended");
    wait_rest(idle->run);
}

/* Three clients leave while the server is stopped. If it has children for them,
 * one SIGCHLD stands for all three: signal(7). */
static void leave_together(struct idle *idle, struct world *world)
{
    struct peer peers[3];

    for (int i = 0; i < 3; i++) {
        peers[i] = peer_connect(world, "5190");
        expect_answer(idle->run, &peers[i], text("x"), "the server answers");
    }
    bool forks = !is_idle(idle);
    if (forks)
        run_stop(idle->run);
    for (int i = 0; i < 3; i++)
        peer_close(&peers[i]);
    run_wait_until(idle->run, is_idle, idle,
                   "the processes for clients that have left end");
    if (forks)
        run_continue(idle->run);
    wait_idle(idle);
}

/* Whether a wait was interrupted tells one mistake from another. */
#define GAP_WAITS                                                              \
    "rt_sigtimedwait,ppoll,pselect6,poll,select,epoll_wait,epoll_pwait,"       \
    "epoll_pwait2"

/* Whatever the program waits in is entered only when the signal has come. */
static void stop_in_the_gap(struct world *world, const char *command,
                            const char *port)
{
    world_close_gate(world, "go");
    struct run *run =
        sockets(world, ARGS(command, port), .blocked_s = SILENT_S,
                .delay = "poll=@go,select=@go,epoll=@go,accept=@go,recv=@go",
                .native_only = true);

    run_wait_line(run, RUN_STDOUT, "ready");
    run_wait_still(run); /* held before the call, or waiting in another one */
    run_signal(run, SIGTERM);
    world_open_gate(world, "go");
    expect_exit(run, 0);
    expect_no_children_left(run);
}

/* ---- A server that has always something to do -------------------------------
 *
 * So much lies in its socket that each of its waits finds something ready, and
 * the shim makes each wait, and each receiving, last 20 ms: to answer all of it
 * takes more than 2 s. Whoever looks for SIGTERM at all has seen it by then.
 */

#define BUSY   "poll=20,select=20,epoll=20,recv=20"
#define BUSY_S 30 /* so long it may seem to be asleep */
#define WORK   80 /* frames, or datagrams,... */
#define PIECE  7  /* ...of so many bytes: one a time, with .short_io */

struct busy {
    struct run *run;
    int fd;       /* a client's */
    int answered; /* bytes that it got */
};

static bool has_answered(const void *data)
{
    struct busy *busy = (struct busy *)(uintptr_t)data;
    char piece[PIECE];
    ssize_t n;

    while ((n = recv(busy->fd, piece, PIECE, 0)) > 0)
        busy->answered += (int)n;
    return busy->answered > 0;
}

/* The sleeps of the shim that were not broken off: see expect_short_tries(). */
static int count_sleeps(struct run *run)
{
    const struct trace *trace = run_trace(run);
    int count = 0;

    for (size_t i = 0; i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];
        count += strcmp(event->name, "rt_sigtimedwait") == 0 && event->error &&
                 strcmp(event->error, "EAGAIN") == 0;
    }
    return count;
}

/* RUN has WORK pieces of work from the socket FD. */
static void stop_while_busy(struct run *run, int fd)
{
    struct busy busy = {run, fd, 0};

    run_wait_until(run, has_answered, &busy, "the server answers");
    run_signal(run, SIGTERM);
    expect_exit(run, 0);
    (void)has_answered(&busy);
    (void)close(fd);
    /* One that receives in no way that the shim knows was not held up. */
    expect_that(run, busy.answered < WORK * PIECE || count_sleeps(run) < WORK,
                "SIGTERM ends the server, however much there is to do",
                "it has answered all that there was before it ended");
}

#endif
