// SPDX-License-Identifier: MIT
/*
 * test_sockets.c - the tests of the sockets lab, as the autograder runs them.
 *
 * Each test makes a world with a network of its own, starts `sockets` in it and
 * is its only peer: client of its servers, server of its clients. So every byte
 * on the wire is seen, and every piece comes when the test sends it: it waits
 * until the program has had one before it sends the next.
 *
 * Run one of them with `make sockets TEST=byte_by_byte`.
 */
#include "test_sockets.h"
#include "test_sockets_scenes.h"
#include "test_sockets_udp.h"

NEEDS_FULL_SANDBOX

/* ---- sockets.1 and sockets.2: connections and frames -----------------------
 */

Graded(sockets, call_one, .points = 8, .step = "sockets.2",
       .description = "call sends each TEXT as a frame and prints its answer, "
                      "all on one connection; serve answers a frame")
{
    struct world *world = make_world();
    struct peer server = peer_listen(world, "5100");
    struct run *call = sockets(world, ARGS("call", "5100", "a", "", "second"),
                               .blocked_s = SILENT_S);

    answer_call(call, &server, "a", frame(text("answer")));
    answer_call(call, &server, "", frame(text("")));
    answer_call(call, &server, "second", frame(text("last one")));
    server.wants_end = true;
    play(call, &server, 1, "call closes the connection");
    expect_exit(call, 0);
    expect_output(call, text("answer\n\nlast one\n"));
    struct run *none = sockets(world, ARGS("call", "5101", "a"));
    expect_exit(none, 1);
    expect_error(none, ECONNREFUSED);

    struct run *run = start_server(world, "5102");
    struct peer client = peer_connect(world, "5102");
    /* Whoever forgets about the byte order has 65536 here. */
    expect_answer(run, &client, random_lines(256, 64, 1),
                  "the server answers a frame");
    expect_answer(run, &client, text("Hello, \303\244 world"),
                  "the server answers a second frame");
    expect_answer(run, &client, text(""), "the server answers an empty frame");
    peer_close(&client);
    end_server(run);
}

Graded(sockets, big_frame, .points = 10, .step = "sockets.2",
       .description = "A frame of 1 MiB arrives complete, in whatever pieces "
                      "the kernel takes and gives it")
{
    if (probe_is_memcheck()) /* nothing that it has not seen */
        return;
    struct bytes big = random_bytes(MIB, 2), small = random_bytes(1500, 3);
    struct world *world = make_world();
    struct run *run = start_server(world, "5110");
    struct peer client = peer_connect_to(world, "127.0.0.1", "5110", true);

    /* Its answer does not fit into the connection, and nobody takes it. */
    client.reads = false;
    peer_ask(&client, frame(big), 0);
    play(run, &client, 1, "the server takes a frame of 1 MiB");
    wait_rest(run);
    client.reads = true;
    peer_ask(&client, text(""), big.size + 4);
    play(run, &client, 1, "the server sends the whole answer");
    expect_got(run, &client, frame(upper(big)));
    peer_close(&client);
    end_server(run);

    run = start_server(world, "5111", .short_io = 7, .eintr_every = 5);
    client = peer_connect(world, "5111");
    expect_answer(run, &client, small, "the server answers, in small pieces");
    peer_close(&client);
    end_server(run);

    struct peer server = peer_listen(world, "5112");
    struct run *call =
        sockets(world, ARGS("call", "5112", "a few letters"),
                .blocked_s = SILENT_S, .short_io = 7, .eintr_every = 5);
    answer_call(call, &server, "a few letters", frame(small));
    expect_output(call, join(small, text("\n")));
    expect_exit(call, 0);
}

Graded(sockets, byte_by_byte, .points = 10, .step = "sockets.2",
       .description = "A frame that comes one byte at a time is put together; "
                      "one that breaks off is an error, and so is a "
                      "peer that has left")
{
    struct world *world = make_world();

    expect_refusal(world, "5122", part(frame(text("reply")), 0, 3), ECONNRESET);
    expect_refusal(world, "5123", part(frame(text("reply")), 0, 7), ECONNRESET);
    if (probe_is_memcheck())
        return;
    expect_no_signal(world, "5124");
    struct run *run = start_server(world, "5120");
    struct peer client = peer_connect(world, "5120");
    struct bytes request = frame(text("hi"));

    dribble(run, &client, request, "the server takes a byte");
    peer_ask(&client, text(""), request.size);
    play(run, &client, 1, "the server answers when the last byte is there");
    expect_got(run, &client, frame(text("HI")));
    peer_close(&client);
    end_server(run);

    struct peer server = peer_listen(world, "5121");
    struct run *call =
        sockets(world, ARGS("call", "5121", "a"), .blocked_s = SILENT_S);
    answer_call(call, &server, "a", text(""));
    dribble(call, &server, frame(text("ok")), "call takes a byte");
    expect_output(call, text("ok\n"));
    expect_exit(call, 0);
}

Graded(sockets, oversized_length, .points = 6, .step = "sockets.2",
       .description = "A length above 1 MiB ends that connection, at once and "
                      "without memory for it; no other one notices")
{
    static const uint32_t lengths[] = {MIB + 1, 0x80000000, 0xffffffff};
    struct world *world = make_world(.also_trace = "mmap,mremap");
    struct run *run = start_server(world, "5130");
    struct peer other = peer_connect(world, "5130");

    expect_answer(run, &other, text("before"), "the server answers a frame");
    for (int i = 0; i < 3; i++) {
        struct peer client = peer_connect(world, "5130");
        peer_ask(&client, join(head(lengths[i]), text("x")), 0);
        client.wants_end = true;
        play(run, &client, 1,
             "the server closes a connection with too large a length");
        if (!probe_is_memcheck())
            expect_alive(run, client.got == 0, "no answer comes",
                         "%zu bytes came", client.got);
        peer_close(&client);
    }
    /* This one is allowed: nothing happens yet. */
    struct peer client = peer_connect(world, "5130");
    peer_ask(&client, join(head(MIB), text("x")), 0);
    play(run, &client, 1, "the server takes the beginning of a frame");
    wait_rest(run);
    if (!probe_is_memcheck())
        expect_alive(
            run, peer_is_done(&client) && !client.ended && client.error == 0,
            "a frame of 1048576 bytes is allowed",
            "the server has closed the connection");
    expect_answer(run, &other, text("after"),
                  "the server answers on another connection");
    peer_close(&client);
    peer_close(&other);
    end_server(run);
    (void)run_end(run);
    expect_that(run, most_wanted(run) < FAR_TOO_MUCH,
                "a length that is too large takes no memory",
                "%lu bytes were asked for", most_wanted(run));
    expect_refusal(world, "5131", head(0xffffffff), EMSGSIZE);
}

Graded(sockets, restart_immediately, .points = 8, .step = "sockets.1",
       .description = "The port is one of 127.0.0.1 only, is had by one server "
                      "at a time, and by the next one at once")
{
    if (probe_is_memcheck()) /* nothing that it has not seen */
        return;
    struct world *world = make_world(.also_trace = "listen");
    struct run *run = start_server(world, "5141");
    struct peer client = peer_connect(world, "5141");
    struct peer stray = peer_connect_to(world, "127.0.0.2", "5141", false);

    expect_answer(run, &client, text("first"), "the server answers a frame");
    expect_alive(run, peer_is_done(&stray) && stray.error == ECONNREFUSED,
                 "the server listens on 127.0.0.1 only",
                 "it can be reached as 127.0.0.2, too");
    struct run *second =
        sockets(world, ARGS("serve", "5141"), .blocked_s = SILENT_S);
    expect_exit(second, 1);
    expect_error(second, EADDRINUSE);
    expect_output(second, text(""));
    /* The server closes first, and keeps the connection in TIME_WAIT. */
    run_signal(run, SIGTERM);
    expect_exit(run, 0);
    client.wants_end = true;
    play(run, &client, 1, "the server's end closes the connection");
    peer_close(&client);
    peer_close(&stray);
    run = start_server(world, "5141");
    client = peer_connect(world, "5141");
    expect_answer(run, &client, text("again"), "the next server answers");
    peer_close(&client);
    end_server(run);
    expect_backlog(run, 64);
}

/* ---- sockets.3: many clients ------------------------------------------------
 */

Graded(sockets, two_requests_one_segment, .points = 8, .step = "sockets.3",
       .description = "Frames that come together are answered one by one; who "
                      "sends no more still gets all answers")
{
    struct bytes two = join(frame(text("one")), frame(text("two")));
    struct bytes third = frame(text("three"));
    struct bytes big = random_bytes(probe_is_memcheck() ? 9000 : MIB, 4);
    struct world *world = make_world();
    struct run *run = start_server(world, "5150");
    struct peer client = peer_connect(world, "5150");

    peer_ask(&client, join(two, part(third, 0, 6)), 14);
    play(run, &client, 1, "the server answers both frames");
    expect_got(run, &client, upper(two));
    peer_ask(&client, part(third, 6, 3), 0);
    client.shut = client.wants_end = true;
    play(run, &client, 1, "the server answers the third, and closes");
    expect_got(run, &client, frame(text("THREE")));
    peer_close(&client);

    /* The end comes while the answer still waits for room. */
    client = peer_connect_to(world, "127.0.0.1", "5150", true);
    client.reads = false;
    client.shut = true;
    peer_ask(&client, frame(big), 0);
    play(run, &client, 1, "the server takes a large frame");
    wait_rest(run);
    client.reads = client.wants_end = true;
    play(run, &client, 1, "the server sends the answer, and closes");
    expect_got(run, &client, frame(upper(big)));
    peer_close(&client);
    end_server(run);
}

Graded(sockets, slow_client, .points = 12, .step = "sockets.3",
       .description = "62 clients with half a frame, and one that does not "
                      "read, hold up nobody")
{
    enum { SLOW = 62 }; /* and one deaf, and one quick: 64 at the same time */
    static struct peer slow[SLOW + 1];
    if (probe_is_memcheck()) /* nothing that it has not seen */
        return;
    struct bytes requests[SLOW], big = random_bytes(MIB, 5);
    struct world *world = make_world();
    struct run *run = start_server(world, "5160");

    /* Every other one has sent a whole length. No two say the same, or it
     * would not be seen that they are mixed up. */
    for (int i = 0; i < SLOW; i++) {
        char words[16];
        (void)snprintf(words, sizeof(words), "%02d slow", i);
        requests[i] = frame(text(words));
        slow[i] = peer_connect(world, "5160");
        peer_ask(&slow[i], part(requests[i], 0, i % 2 ? 6 : 3), 0);
    }
    slow[SLOW] = peer_connect_to(world, "127.0.0.1", "5160", true);
    slow[SLOW].reads = false;
    peer_ask(&slow[SLOW], frame(big), 0);
    play(run, slow, SLOW + 1, "the server takes what slow clients send");
    wait_rest(run);
    struct peer quick = peer_connect(world, "5160");
    expect_answer(run, &quick, text("quick"),
                  "the server answers while others are slow");
    peer_close(&quick);
    wait_rest(run); /* whatever it does when a client has gone is done */
    for (int i = 0; i < SLOW; i++) {
        size_t had = i % 2 ? 6 : 3;
        peer_ask(&slow[i], part(requests[i], had, requests[i].size - had),
                 requests[i].size);
    }
    play(run, slow, SLOW, "the server answers the slow ones, too");
    for (int i = 0; i < SLOW; i++)
        expect_got(run, &slow[i], upper(requests[i]));
    slow[SLOW].reads = true;
    peer_ask(&slow[SLOW], text(""), big.size + 4);
    play(run, &slow[SLOW], 1, "the server sends the whole answer");
    expect_got(run, &slow[SLOW], frame(upper(big)));
    for (int i = 0; i <= SLOW; i++)
        peer_close(&slow[i]);
    end_server(run);
}

Graded(sockets, client_aborts, .points = 10, .step = "sockets.3",
       .description = "Clients that leave, before, in or behind a request, "
                      "cost the server nothing")
{
    struct bytes one = frame(text("request")), many = one;
    struct world *world = make_world();
    struct run *run = start_server(world, "5170");

    for (int i = 1; i < 20; i++)
        many = join(many, one);
    /* While it is stopped all of it comes, and the client's end. */
    if (!probe_is_memcheck())
        run_stop(run);
    leave(run, world, many, false);
    leave(run, world, text(""), false);
    leave(run, world, text(""), true);
    leave(run, world, part(one, 0, 6), false);
    leave(run, world, part(one, 0, 6), true);
    if (!probe_is_memcheck())
        run_continue(run);
    wait_rest(run);
    struct peer client = peer_connect(world, "5170");
    expect_answer(run, &client, text("still there"),
                  "the server goes on when clients have left");
    /* One that leaves in the middle of its answer. */
    struct peer deaf = peer_connect_to(world, "127.0.0.1", "5170", true);
    deaf.reads = false;
    peer_ask(&deaf, frame(random_bytes(probe_is_memcheck() ? 9000 : MIB, 6)),
             0);
    play(run, &deaf, 1, "the server takes a frame of 1 MiB");
    wait_rest(run);
    peer_reset(&deaf);
    wait_rest(run);
    expect_answer(run, &client, text("and still"),
                  "the server goes on when clients have left");
    peer_close(&client);
    end_server(run);
}

Graded(sockets, fifty_clients, .points = 6, .step = "sockets.3",
       .description = "50 clients at the same time get each its own answer; "
                      "more than there are descriptors wait their turn")
{
    static struct peer peers[50];

    if (probe_is_memcheck()) /* nothing that it has not seen */
        return;
    struct world *world =
        make_world(.also_trace =
                       "accept,accept4,?poll,ppoll,?select,pselect6," NAPS
                       "," RECEIVES);
    struct run *run = start_server(world, "5180");

    ask_in_halves(run, world, peers, 50);
    end_server(run);
    run = start_server(world, "5181", .open_files = 12, .spin_ms = POLLS_MS);
    for (int i = 0; i < 20; i++) {
        peers[i] = peer_connect(world, "5181");
        peer_ask(&peers[i], frame(text("text")), 8);
    }
    (void)are_done(&(struct crowd){peers, 20}); /* they send */
    wait_rest(run);
    for (int i = 0; i < 20; i++)
        peers[i].leaves = true;
    play(run, peers, 20,
         "the server answers all when it has descriptors again");
    for (int i = 0; i < 20; i++)
        expect_got(run, &peers[i], frame(text("TEXT")));
    end_server(run);
    expect_no_nap(run);
}

Graded(sockets, shutdown_and_leaks, .points = 8, .step = "sockets.3",
       .description = "Clients that have left leave nothing behind; SIGTERM "
                      "ends the server and all of its connections")
{
    struct world *world = make_world();
    struct run *run = start_server(world, "5190");
    struct peer held[3];

    wait_rest(run); /* it may make processes in advance */
    struct idle idle = {run, run_count_processes(run, "RSDTt")};
    visit(run, world, 1);
    if (!probe_is_memcheck()) {
        wait_idle(&idle);
        int before = count_descriptors(world, run);
        visit(run, world, VISITS);
        wait_idle(&idle);
        leave_together(&idle, world);
        int after = count_descriptors(world, run);
        expect_alive(run, after < before + VISITS,
                     "a connection is closed when its client has left",
                     "after %d clients there are %d descriptors more", VISITS,
                     after - before);
    }
    for (int i = 0; i < 3; i++) {
        held[i] = peer_connect(world, "5190");
        peer_ask(&held[i], part(frame(text("half")), 0, i == 1 ? 6 : 0), 0);
    }
    if (!probe_is_memcheck())
        play(run, held, 3, "the server takes half a frame");
    expect_answer(run, &held[2], text("whole"), "the server answers");
    wait_rest(run);
    if (probe_is_memcheck()) /* a process that is killed has no say there */
        for (int i = 0; i < 3; i++)
            peer_close(&held[i]);
    run_signal(run, SIGTERM);
    expect_exit(run, 0);
    expect_no_children_left(run);
    for (int i = 0; i < 3 && !probe_is_memcheck(); i++) {
        held[i].wants_end = true;
        play(run, &held[i], 1, "the server's end closes its connections");
        peer_close(&held[i]);
    }
}

Graded(sockets, term_in_the_gap, .points = 4, .step = "sockets.3",
       .description = "SIGTERM ends the server, also when it comes just before "
                      "a wait, or when there is always something to do")
{
    if (probe_is_memcheck()) /* nothing that it has not seen */
        return;
    struct world *world = make_world(.also_trace = GAP_WAITS);
    struct bytes work = text("");

    stop_in_the_gap(world, "serve", "5200");
    for (int i = 0; i < WORK; i++)
        work = join(work, frame(text("abc")));
    struct run *run =
        wait_ready(sockets(world, ARGS("serve", "5201"), .blocked_s = BUSY_S,
                           .memory = MUCH_MEMORY, .delay = BUSY,
                           .short_io = PIECE, .native_only = true));
    struct peer client = peer_connect(world, "5201");
    client.reads = false;
    peer_ask(&client, work, 0);
    play(run, &client, 1, "the server takes what its client sends");
    stop_while_busy(run, client.fd);
}

/* ---- sockets.4: datagrams ---------------------------------------------------
 */

Graded(sockets, udp_echo, .points = 4, .step = "sockets.4",
       .description = "udp answers each datagram, from 0 to 65507 bytes, to "
                      "where it came from, until SIGTERM; udpcall prints the "
                      "answer")
{
    struct world *world = make_world(.also_trace = GAP_WAITS);
    struct run *run =
        wait_ready(sockets(world, ARGS("udp", "5210"), .blocked_s = SILENT_S));
    int first = udp_socket(world, "5210");
    int second = udp_socket(world, "5210");
    struct bytes most = random_bytes(65507, 7);

    expect_echo(run, first, text("Some text"));
    expect_echo(run, second, text(""));
    expect_echo(run, first, most);
    struct run *call = sockets(world, ARGS("udpcall", "5210", "a Question"));
    expect_output(call, text("A QUESTION\n"));
    expect_exit(call, 0);
    if (!probe_is_memcheck()) {
        int stray = world_socket(world, SOCK_DGRAM | SOCK_NONBLOCK);
        struct sockaddr_in elsewhere = address("127.0.0.2", "5210");
        say(stray, &elsewhere, "x");
        expect_echo(run, first, text("next"));
        expect_alive(run, !has_datagram(&stray),
                     "the server has an address of 127.0.0.1 only",
                     "it can be reached as 127.0.0.2, too");
        (void)close(stray);
    }
    struct run *taken = sockets(world, ARGS("udp", "5210"),
                                .blocked_s = SILENT_S, .native_only = true);
    expect_exit(taken, 1);
    expect_error(taken, EADDRINUSE);
    expect_output(taken, text(""));
    (void)close(first);
    (void)close(second);
    end_server(run);
    if (probe_is_memcheck()) /* nothing that it has not seen */
        return;
    stop_in_the_gap(world, "udp", "5211");
    run = wait_ready(sockets(world, ARGS("udp", "5212"), .blocked_s = BUSY_S,
                             .delay = BUSY));
    int busy = udp_socket(world, "5212");
    for (int i = 0; i < WORK; i++)
        cr_assert(send(busy, "letters", PIECE, 0) == PIECE);
    stop_while_busy(run, busy);
}

Graded(sockets, udp_retry, .points = 6, .step = "sockets.4",
       .description = "udpcall asks five times, 300 ms apart, before it gives "
                      "up, and takes an answer from the server only")
{
    struct world *world =
        make_world(.also_trace = "sendto,sendmsg,rt_sigtimedwait");
    struct correspondent silent = correspond(world, "5220", 0);
    struct correspondent noisy = correspond(world, "5221", 0);
    enum scene scene = SPOILT;

    silent.run = sockets(world, ARGS("udpcall", "5220", "anyone?"),
                         .blocked_s = UNHEARD_S);
    noisy.run =
        sockets(world, ARGS("udpcall", "5221", "who?"), .delay = "recv=200",
                .blocked_s = UNHEARD_S, .native_only = true);
    noisy.stranger = stranger(world, "127.0.0.2", "5221");
    noisy.words = STRANGE_WORDS;
    noisy.beside = &silent;
    struct run *nobody = sockets(world, ARGS("udpcall", "5222", "hello?"),
                                 .blocked_s = UNHEARD_S, .native_only = true);
    if (!probe_is_memcheck()) {
        expect_given_up(&noisy, "who?");
        expect_short_tries(noisy.run);
    }
    expect_given_up(&silent, "anyone?");
    expect_exit(nobody, 1);
    expect_error(nobody, ETIMEDOUT);
    for (int i = 0; i < SCENES && scene == SPOILT; i++)
        scene = answer_third(world);
    scene = SPOILT;
    for (int i = 0; i < SCENES && scene == SPOILT; i++)
        scene = come_late(world);
}
