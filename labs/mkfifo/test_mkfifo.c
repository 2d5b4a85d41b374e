// SPDX-License-Identifier: MIT
/*
 * test_mkfifo.c - the tests of the mkfifo lab, as the autograder runs them.
 *
 * Where the server is judged the tester plays its clients, where the client is,
 * the server: see test_mkfifo.h.  Where the moment matters a call of the
 * program is held by a gate until the tester has acted; a program that makes no
 * such call escapes the gate, and is judged without it.
 *
 * Not graded, because it cannot be forced from outside: a signal that comes
 * between the program's look at `stop` and its read(2).
 *
 * Run one of them with `make mkfifo TEST=ask_one`.
 */
#include "test_mkfifo.h"

/* ---- mkfifo.1: bytes ---------------------------------------------------- */

static void expect_passed(struct run *send, struct run *recv,
                          struct bytes bytes)
{
    expect_exit(send, 0);
    expect_output(recv, bytes);
    expect_exit(recv, 0);
}

/* A receiver that has come first: it waits for a sender, or did not wait and
 * has ended. */
#define start_recv(world_, ...)                                                \
    begin_recv(launch(ARGS("recv", "f"), .world = (world_), ##__VA_ARGS__))

static struct run *begin_recv(struct run *recv)
{
    (void)run_waits_in(recv, READS "," OPENS);
    return recv;
}

Graded(mkfifo, send_recv_1mib, .points = 8, .step = "mkfifo.1",
       .description = "What send reads arrives at recv, every byte of it, "
                      "through short reads and writes and EINTR")
{
    struct bytes input = random_bytes(BULK, 1), few = random_bytes(4096, 2);
    struct bytes lost = LITERAL("lost\n");
    struct world *w = make_world();
    make_fifo(w, "f", 0600);
    struct run *recv = start_recv(w);
    struct run *send = launch(ARGS("send", "f"), .world = w, .input = input);
    expect_passed(send, recv, input);

    /* One at a time, or the other's failure could hide its own. */
    recv = start_recv(w, .native_only = true);
    send = launch(ARGS("send", "f"), .world = w, .input = few, .short_io = 7,
                  .eintr_every = 5, .native_only = true);
    expect_passed(send, recv, few);
    recv = start_recv(w, .short_io = 7, .eintr_every = 5, .native_only = true);
    send = launch(ARGS("send", "f"), .world = w, .input = few,
                  .native_only = true);
    expect_output(recv, few);
    expect_exit(recv, 0);

    recv = start_recv(w, .output_mode = OUTPUT_FULL);
    send = launch(ARGS("send", "f"), .world = w, .input = lost);
    expect_exit(recv, 1);
    expect_error(recv, ENOSPC);
    send = launch(ARGS("send", "none"), .world = w, .input = lost);
    expect_exit(send, 1);
    expect_error(send, ENOENT);
    expect_that(send, !exists(w, "none"), "no file is made",
                "there is a file \"none\" now");
}

Graded(mkfifo, open_waits_for_partner, .points = 6, .step = "mkfifo.1",
       .description = "Whoever comes first waits, asleep in open, for the "
                      "other side")
{
    struct bytes now = LITERAL("now\n");
    struct world *w = make_world();
    make_fifo(w, "f", 0600);
    struct run *recv = launch(ARGS("recv", "f"), .world = w);
    run_wait_asleep(recv, OPENS);
    struct run *send = launch(ARGS("send", "f"), .world = w, .input = now);
    expect_passed(send, recv, now);

    send = launch(ARGS("send", "f"), .world = w, .input = now,
                  .native_only = true);
    run_wait_asleep(send, OPENS);
    recv = launch(ARGS("recv", "f"), .world = w, .native_only = true);
    expect_passed(send, recv, now);
}

Graded(mkfifo, recv_ends_at_eof, .points = 6, .step = "mkfifo.1",
       .description = "recv ends when the last sender has left; a sender that "
                      "comes later waits for a new reader")
{
    struct bytes one = LITERAL("one\n"), two = LITERAL("two\n");
    struct world *w = make_world();
    make_fifo(w, "f", 0600);
    struct run *recv = start_recv(w);
    struct run *send = launch(ARGS("send", "f"), .world = w, .input = one);
    expect_passed(send, recv, one);

    send = launch(ARGS("send", "f"), .world = w, .input = two,
                  .native_only = true);
    run_wait_asleep(send, OPENS);
    recv = launch(ARGS("recv", "f"), .world = w, .native_only = true);
    expect_passed(send, recv, two);
}

/* ---- mkfifo.2: the server ----------------------------------------------- */

Graded(mkfifo, serve_ready_mode, .points = 6, .step = "mkfifo.2",
       .description = "serve makes a FIFO of mode 0600 under any umask, or "
                      "takes the one there is, opens it and says ready")
{
    struct world *w = make_world(.also_trace = "write,writev");
    make_fifo(w, "h", 0640);
    struct run *open = launch(ARGS("serve", "f"), .world = w, .umask = "000");
    struct run *shut = launch(ARGS("serve", "g"), .world = w, .umask = "0777",
                              .native_only = true);
    struct run *old =
        launch(ARGS("serve", "h"), .world = w, .native_only = true);

    run_wait_line(open, RUN_STDOUT, "ready");
    expect_mode(open, w, "f", 0600);
    run_wait_line(shut, RUN_STDOUT, "ready");
    expect_mode(shut, w, "g", 0600);
    run_wait_line(old, RUN_STDOUT, "ready");
    expect_mode(old, w, "h", 0640);
    run_signal(open, SIGKILL);
    run_signal(shut, SIGKILL);
    run_signal(old, SIGKILL);
    expect_open_before_ready(open, "\"f\"");
}

Graded(mkfifo, serve_survives_and_sleeps, .points = 10, .step = "mkfifo.2",
       .description = "Clients come and go; between them the server sleeps, "
                      "its FIFO open, and rubbish is ignored")
{
    struct world *w = make_world();
    struct client client = client_begin(w, "r");
    struct run *server =
        start_server(w, ARGS("serve", "f", "-n", "3"), "open=@go");

    int fd = meet(server, w, "f");
    request(fd, "r one\n");
    expect_answer(server, &client, "1 one");
    client_end(w, &client);
    /* Who opens the FIFO anew when the last client leaves is held before that:
     * does it still have the old descriptor? */
    world_close_gate(w, "go");
    (void)close(fd);
    run_wait_asleep(server, READS "," OPENS "," RUN_HELD);
    fd = meet(server, w, "f");
    world_open_gate(w, "go");

    client = client_begin(w, "r");
    request(fd, "r two\n");
    expect_answer(server, &client, "2 two");
    client_end(w, &client);
    (void)close(fd);
    run_wait_asleep(server, READS "," OPENS);

    client = client_begin(w, "r");
    fd = meet(server, w, "f");
    send_rubbish(fd, "r three\n");
    expect_answer(server, &client, "3 three");
    client_end(w, &client);
    (void)close(fd);
    expect_exit(server, 0);
}

Graded(mkfifo, dead_client_before_open, .points = 12, .step = "mkfifo.2",
       .description = "A client that does not open its reply FIFO is skipped, "
                      "with a message, and the next one is served")
{
    struct world *w = make_world();
    struct client client = client_begin(w, "r");
    struct run *server = start_server(w, ARGS("serve", "f", "-n", "3"), NULL);

    make_fifo(w, "dead", 0600);
    visit(server, w, "f", "dead one\n");
    run_wait_line(server, RUN_STDERR,
                  "mkfifo: dead: No such device or address");
    visit(server, w, "f", "none two\n");
    run_wait_line(server, RUN_STDERR,
                  "mkfifo: none: No such file or directory");
    visit(server, w, "f", "r three\n");
    expect_answer(server, &client, "3 three");
    expect_exit(server, 0);
    expect_that(server, !exists(w, "none"), "no file is made",
                "there is a file \"none\" now");
}

Graded(mkfifo, client_gone_after_open, .points = 8, .step = "mkfifo.2",
       .description = "A client that leaves while it is answered does not end "
                      "the server")
{
    struct world *w = make_world();
    struct client gone = client_begin(w, "r");
    struct run *server =
        start_server(w, ARGS("serve", "f", "-n", "2"), "write=@go");

    world_close_gate(w, "go");
    visit(server, w, "f", "r one\n");
    /* The server has opened the reply FIFO and is held before the answer.  One
     * that has answered all the same cannot be caught in that moment. */
    run_wait_until(server, has_met, &gone, "the server opens the reply FIFO");
    client_end(w, &gone);
    world_open_gate(w, "go");

    struct client next = client_begin(w, "s");
    visit(server, w, "f", "s two\n");
    expect_answer(server, &next, "2 two");
    expect_exit(server, 0);
}

static void expect_removed(struct run *server, struct world *world)
{
    expect_exit(server, 0);
    expect_that(server, !exists(world, "f"), "the server's FIFO is removed",
                "\"f\" is still there");
}

Graded(mkfifo, cleanup_on_sigterm, .points = 8, .step = "mkfifo.2",
       .description = "SIGTERM and SIGINT end the server, idle or at work: "
                      "status 0, and its FIFO is gone")
{
    struct world *w = make_world();
    struct client client = client_begin(w, "r");
    struct run *idle = start_server(w, ARGS("serve", "f"), NULL);

    visit(idle, w, "f", "r one\n");
    expect_answer(idle, &client, "1 one");
    client_end(w, &client);
    run_wait_asleep(idle, READS "," OPENS);
    run_signal(idle, SIGTERM);
    expect_removed(idle, w);

    client = client_begin(w, "r");
    struct run *busy = start_server(w, ARGS("serve", "f"), "write=@go");
    world_close_gate(w, "go");
    visit(busy, w, "f", "r one\n");
    run_wait_until(busy, has_met, &client, "the server opens the reply FIFO");
    run_signal(busy, SIGINT);
    world_open_gate(w, "go");
    expect_removed(busy, w);
}

Graded(mkfifo, existing_file_and_leaks, .points = 8, .step = "mkfifo.2",
       .description = "A file that is no FIFO is refused and left alone; many "
                      "clients leave neither descriptors nor zombies")
{
    enum { CLIENTS = 12 };
    struct world *w = make_world();
    int first = 0, last = 0;

    expect_refused(w);
    struct run *server = start_server(w, ARGS("serve", "g", "-n", "12"), NULL);
    for (int i = 1; i <= CLIENTS; i++) {
        struct client client = client_begin(w, "r");
        char answer[16];
        (void)snprintf(answer, sizeof(answer), "%d x", i);
        visit(server, w, "g", "r x\n");
        expect_answer(server, &client, answer);
        client_end(w, &client);
        if (i == 1 || i == CLIENTS - 1) {
            run_wait_asleep(server, READS "," OPENS); /* nothing half done */
            *(i == 1 ? &first : &last) = count_fds(server, w);
        }
    }
    expect_exit(server, 0);
    /* One more may be open for the moment: the old end of a FIFO that is opened
     * anew, or an answer's that is closed when the next one comes. */
    expect_that(server, last <= first + 1,
                "the number of open descriptors stays the same",
                "%d after the first client, %d after %d", first, last,
                CLIENTS - 1);
    expect_no_children_left(server);
    int reaped =
        probe_is_memcheck() ? INT_MAX : count_reaped_early(run_trace(server));
    expect_that(server, reaped >= CLIENTS / 4,
                "children are waited for while the server works",
                "when it made the last one it had waited for %d", reaped);
}

/* ---- mkfifo.3: the client ----------------------------------------------- */

Graded(mkfifo, ask_one, .points = 8, .step = "mkfifo.3",
       .description = "ask has its reply FIFO open before it sends, prints the "
                      "whole answer and leaves nothing")
{
    struct world *w = make_world();
    make_fifo(w, "g", 0600);
    struct client server = {.fd = open_end(w, "g", O_RDONLY)};
    struct run *ask = launch(ARGS("ask", "g", "hello"), .world = w,
                             .umask = "0777", .delay = "write=@go");
    char reply[24], line[40];
    (void)snprintf(reply, sizeof(reply), "g.%d", (int)run_pid(ask));
    (void)snprintf(line, sizeof(line), "%s hello\n", reply);

    /* It is held before it sends, or has sent. */
    run_wait_asleep(ask, READS "," RUN_HELD);
    expect_mode(ask, w, reply, 0600);
    int fd = open_end(w, reply, O_WRONLY);
    must(ask, fd != -1 || unread(server.fd) > 0,
         "the reply FIFO is open for reading before the request is sent",
         "a server that answered at once would have met ENXIO");
    world_open_gate(w, "go");
    run_wait_until(ask, has_line, &server, "ask sends its request");
    must(ask, strcmp(server.line, line) == 0,
         "the request is \"REPLYPATH WORD\" and a newline", server.line);
    if (fd == -1)
        fd = open_end(w, reply, O_WRONLY);
    request(fd, "7 hel");
    run_wait_until(ask, is_drained, &fd, "ask reads the answer");
    request(fd, "lo\n");
    (void)close(fd);
    expect_output(ask, LITERAL("7 hello\n"));
    expect_exit(ask, 0);
    (void)close(server.fd);
    remove_name(w, "g");
    world_close_gate(w, "go");

    struct run *serve =
        launch(ARGS("serve", "f", "-n", "1"), .world = w, .native_only = true);
    run_wait_line(serve, RUN_STDOUT, "ready");
    run_wait_asleep(serve, READS "," OPENS);
    ask = launch(ARGS("ask", "f", "hello"), .world = w, .native_only = true);
    expect_output(ask, LITERAL("1 hello\n"));
    expect_exit(ask, 0);
    expect_exit(serve, 0);
    expect_nothing_left(serve);
}

enum { PLAYED = 15, ASKED = 5, ALL = PLAYED + ASKED };

/* LINE answers who asked for WORD, and no other answer had its number. */
static void expect_own(struct run *run, const char *line, const char *word,
                       bool given[ALL + 1])
{
    char *rest, seen[80];
    long n = strtol(line, &rest, 10);
    bool valid = n >= 1 && n <= ALL && !given[n];

    (void)snprintf(seen, sizeof(seen), "it was \"%.40s...\"", line);
    must(run,
         valid && rest[0] == ' ' &&
             strncmp(rest + 1, word, strlen(word)) == 0 &&
             strcmp(rest + 1 + strlen(word), "\n") == 0,
         "each client gets its own word, with a number of its own", seen);
    if (valid)
        given[n] = true;
}

/* So long that requests lie across the end of any reader's buffer. */
static const char *long_word(int i)
{
    static char word[301];

    memset(word, 'a' + i, sizeof(word) - 1);
    return word;
}

Graded(mkfifo, twenty_clients, .points = 12, .step = "mkfifo.3",
       .description = "Twenty clients at the same time: each gets its own "
                      "answer, each number is given once")
{
    static const char *const words[ASKED] = {"ant", "bee", "cow", "dog", "elk"};
    const char *count = probe_is_memcheck() ? "15" : "20";
    struct world *w = make_world(.also_trace = "write,writev");
    struct client clients[PLAYED];
    struct run *asks[ASKED];
    bool given[ALL + 1] = {false};
    struct run *server =
        start_server(w, ARGS("serve", "f", "-n", count), "write=@go");

    world_close_gate(w, "go");
    int fd = meet(server, w, "f");
    for (int i = 0; i < PLAYED; i++) {
        char line[320], name[8];
        (void)snprintf(name, sizeof(name), "r%d", i);
        clients[i] = client_begin(w, name);
        (void)snprintf(line, sizeof(line), "%s %s\n", name, long_word(i));
        request(fd, line);
        /* Held before its first answer, the server lets the others queue up. */
        if (i == 0)
            run_wait_until(server, has_met, &clients[0],
                           "the server opens the reply FIFO");
    }
    /* They send one after the other: whether requests in pieces would mix is
     * luck, how many pieces there were is in the trace. */
    for (int i = 0; i < ASKED; i++) {
        asks[i] =
            launch(ARGS("ask", "f", words[i]), .world = w, .native_only = true);
        run_wait_asleep(asks[i], READS "," OPENS);
    }
    world_open_gate(w, "go");
    for (int i = 0; i < PLAYED; i++) {
        run_wait_until(server, has_line, &clients[i],
                       "the server answers all requests that have queued up");
        expect_own(server, clients[i].line, long_word(i), given);
    }
    (void)close(fd);
    for (int i = 0; i < ASKED && !probe_is_memcheck(); i++) {
        expect_exit(asks[i], 0);
        expect_own(asks[i], run_output(asks[i]).data, words[i], given);
        expect_that(asks[i], count_sends(asks[i]) == 1,
                    "the request is sent by one write",
                    "by %d: another client's may get in between",
                    count_sends(asks[i]));
    }
    expect_exit(server, 0);
}

Graded(mkfifo, ask_without_server, .points = 8, .step = "mkfifo.3",
       .description = "Without a server ask fails at once, says why, and "
                      "leaves no reply FIFO")
{
    struct world *w = make_world();
    make_fifo(w, "f", 0600);
    struct run *missing =
        launch(ARGS("ask", "none", "x"), .world = w, .native_only = true);
    struct run *stale = launch(ARGS("ask", "f", "x"), .world = w);

    expect_no_answer(missing, w, "none", ENOENT);
    expect_that(missing, !exists(w, "none"), "ask makes no server's FIFO",
                "there is a file \"none\" now");
    expect_no_answer(stale, w, "f", ENXIO);

    int fd = open_end(w, "f", O_RDONLY);
    char word[601];
    memset(word, 'x', sizeof(word));
    word[600] = '\0';
    struct run *big = launch(ARGS("ask", "f", word), .world = w);
    expect_no_answer(big, w, "f", EMSGSIZE);
    expect_that(big, unread(fd) == 0, "nothing is sent", "%d bytes were sent",
                unread(fd));

    /* It has opened the FIFO, and before it writes the server leaves. */
    struct run *left = launch(ARGS("ask", "f", "x"), .world = w,
                              .delay = "write=@go", .native_only = true);
    run_wait_asleep(left, READS "," RUN_HELD);
    bool held = unread(fd) == 0;
    (void)close(fd);
    world_open_gate(w, "go");
    if (held)
        expect_no_answer(left, w, "f", EPIPE);
    else
        run_signal(left, SIGKILL);
    world_end(w);

    w = make_world(.inject = "?mknod,?mknodat:error=EACCES");
    make_fifo(w, "f", 0600);
    fd = open_end(w, "f", O_RDONLY);
    struct run *denied =
        launch(ARGS("ask", "f", "x"), .world = w, .native_only = true);
    expect_no_answer(denied, w, "f", EACCES);
    expect_that(denied, unread(fd) == 0, "nothing is sent",
                "%d bytes were sent", unread(fd));
}
