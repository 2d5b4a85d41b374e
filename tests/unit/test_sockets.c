// SPDX-License-Identifier: MIT
/*
 * test_sockets.c - who has the other end of a socket, and what lies unread:
 * recorded, and in processes that really wait.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "autopsy_evidence.h"
#include "trace.h"

static bool is_proved(const struct snapshot *first,
                      const struct snapshot *second)
{
    struct trace trace = {0};

    return deadlock_proved(first, second, &trace, NULL, 0);
}

#if defined(__x86_64__) /* the recordings hold its system call numbers */

Test(sockets, pairs,
     .description = "both ends in one process, both read, both write, one is "
                    "shut down, a datagram socket without its other end")
{
    assert_lines("sock_itself",
                 "parent 2 is blocked in wait4(-1): child 3 has not ended\n"
                 "child 3 is blocked in read(4): socket A has nothing to be "
                 "read; its other end is held by child 3 itself (descriptor "
                 "3)\n"
                 "so: child 3 waits for itself\n");
    assert_lines("sock_both_read",
                 "parent 2 is blocked in read(3): socket A has nothing to be "
                 "read; its other end is held by child 3 (descriptor 4), which "
                 "is blocked in recvfrom\n"
                 "child 3 is blocked in recvfrom(4): socket A has nothing to "
                 "be read; its other end is held by parent 2 (descriptor 3), "
                 "which is blocked in read\n"
                 "so: parent 2 waits for child 3, which waits for parent 2\n");
    assert_lines("sock_full",
                 "parent 2 is blocked in write(3): socket A has no room, "
                 "219264 bytes lie unread; its other end is held by child 3 "
                 "(descriptor 4), which is blocked in write\n"
                 "child 3 is blocked in write(4): socket A has no room, 219264 "
                 "bytes lie unread; its other end is held by parent 2 "
                 "(descriptor 3), which is blocked in write\n"
                 "so: parent 2 waits for child 3, which waits for parent 2\n");
    assert_lines("sock_half",
                 "parent 2 is blocked in read(3): socket A has nothing to be "
                 "read; its other end is held by child 3 (descriptor 4), which "
                 "is blocked in pause\n"
                 "child 3 is blocked in pause: no signal has come; pending: "
                 "none; blocked: none\n"
                 "parent 2 has shut down its sending half of socket A "
                 "(descriptor 3)\n"
                 "so: parent 2 waits for child 3, which waits for a signal\n");
    assert_lines("sock_dgram",
                 "process 2 is blocked in recvfrom(3): socket A has nothing to "
                 "be read; its other end is closed, but datagrams have no "
                 "end-of-file\n");
}

Test(sockets, servers,
     .description = "connections that were not accepted, a queue that is full, "
                    "bytes of another client that nobody reads, ports")
{
    assert_lines("sock_accept", "process 2 is blocked in accept(3): nobody "
                                "connects to socket A (/tmp/s)\n");
    assert_lines(
        "sock_pending",
        "parent 2 is blocked in wait4(-1): child 3 and child 4 have not ended\n"
        "child 3 is blocked in read(3): socket A has nothing to be read; its "
        "other end waits to be accepted by parent 2 (descriptor 3), which is "
        "blocked in wait4\n"
        "child 4 is blocked in connect(3): nobody accepts the connection of "
        "socket B to /tmp/s; its listener is parent 2 (descriptor 3), which is "
        "blocked in wait4\n"
        "parent 2 has not accepted 1 connection (descriptor 3)\n"
        "so: parent 2 waits for child 3, which waits for parent 2\n");
    assert_lines(
        "sock_tcp",
        "parent 2 is blocked in read(4): socket A (port 5000) has nothing to "
        "be read; its other end is held by child 3 (descriptor 3), which is "
        "blocked in read\n"
        "child 3 is blocked in read(3): socket A (to port 5000) has nothing to "
        "be read; its other end is held by parent 2 (descriptor 4), child 4 "
        "(descriptor 4) and child 5 (descriptor 4)\n"
        "child 4 is blocked in read(3): socket B (to port 5000) has nothing to "
        "be read; its other end is held by parent 2 (descriptor 5) and child 5 "
        "(descriptor 5)\n"
        "child 5 is blocked in read(3): socket C (to port 5000) has nothing to "
        "be read; its other end waits to be accepted by parent 2 (descriptor "
        "3), which is blocked in read\n"
        "parent 2 has not accepted 1 connection (descriptor 3)\n"
        "parent 2 has not read 2 bytes (descriptor 5)\n"
        "so: parent 2 waits for child 3, which waits for parent 2\n");
    assert_lines(
        "sock_udp",
        "parent 2 is blocked in recvfrom(3): socket A (port 5000) has nothing "
        "to be read; it is connected to nobody\n"
        "child 3 is blocked in recvfrom(3): socket B (to port 5000) has "
        "nothing to be read; its other end is held by parent 2 (descriptor 3), "
        "which is blocked in recvfrom\n");
}

Test(sockets, unknown_is_not_told,
     .description = "without the kernel's answer less is said, and nothing "
                    "proved")
{
    struct snapshot snapshot;

    assert_lines("socket", "process 2 is blocked in read(3): socket A has "
                           "nothing to be read\n");
    replay("socket", &snapshot);
    cr_assert_eq(snapshot.sockets_known, 0);
    cr_assert_not(is_proved(&snapshot, &snapshot));
    snapshot_release(&snapshot);
}

Test(sockets, waits_are_typed, .description = "what a lab's rules ask for")
{
    struct snapshot snapshot;

    replay("sock_tcp", &snapshot);
    struct autopsy *autopsy =
        autopsy_new(&snapshot, FIRST, PROGRAM, NULL, 0, NULL);
    const struct autopsy_wait *server = &autopsy->waits[0];
    const struct autopsy_wait *last = &autopsy->waits[3];
    cr_assert_eq(server->object, OBJECT_SOCKET);
    cr_assert(server->socket.known && server->socket.connected);
    cr_assert_not(server->socket.local || server->socket.listens ||
                  server->socket.unaccepted);
    cr_assert_eq(server->socket.type, SOCK_STREAM);
    cr_assert_str_eq(server->label, autopsy->waits[1].label);
    cr_assert_eq(server->holders[0].who, WHO_CHILD);
    cr_assert(last->socket.unaccepted);
    cr_assert_eq(autopsy->unread_count, 3, "child 5 has inherited one");
    cr_assert(autopsy->unread[0].listens && autopsy->unread[0].count == 1);
    cr_assert_eq(autopsy->unread[1].pid, FIRST);
    cr_assert_eq(autopsy->unread[1].count, 2);
    autopsy_free(autopsy);
    snapshot_release(&snapshot);
}

/* ---- The proof ----------------------------------------------------------- */

/* Whether recording NAME is proved to be dead after SPOIL, in both looks. */
static bool is_dead(const char *name, void (*spoil)(struct snapshot *))
{
    struct snapshot first, second;

    replay(name, &first);
    replay(name, &second);
    if (spoil) {
        spoil(&first);
        spoil(&second);
    }
    bool proved = is_proved(&first, &second);
    snapshot_release(&first);
    snapshot_release(&second);
    return proved;
}

static void have_unread(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->socket_count; i++)
        snapshot->sockets[i].unread = 1;
}

/* Somebody else has the other end, as with a client of the test's own. */
static void have_strange_peers(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->socket_count; i++)
        if (snapshot->sockets[i].peer != 0)
            snapshot->sockets[i].peer = 7;
}

static void have_strangers(struct snapshot *snapshot)
{
    struct snapshot_socket *more =
        grow(&snapshot->sockets, &snapshot->socket_count, sizeof(*more));

    more->family = AF_INET;
    more->inode = 7;
}

Test(sockets, held_by_the_test,
     .description = "the other end of a connection is the test's")
{
    struct tester_end held = {.target = "socket:[7]"};
    struct snapshot snapshot;

    replay("sock_tcp", &snapshot);
    have_strange_peers(&snapshot);
    have_strangers(&snapshot);
    struct autopsy *autopsy =
        autopsy_new(&snapshot, FIRST, PROGRAM, &held, 1, NULL);
    cr_assert_not_null(autopsy_holder(&autopsy->waits[0], WHO_TESTER));
    cr_assert_str_eq(autopsy->lines[0],
                     "parent 2 is blocked in read(4): socket A (port 5000) has "
                     "nothing to be read; its other end is held by the test");
    autopsy_free(autopsy);
    snapshot_release(&snapshot);
}

static void be_unknown(struct snapshot *snapshot)
{
    snapshot->sockets_known = 0;
}

static void lose_address(struct snapshot *snapshot)
{
    thread_of(snapshot, 4)->memory[3] = 'x';
}

Test(sockets, proof,
     .description = "a socket both of whose ends are the program's is a "
                    "deadlock; an end that is not seen, or anything to be "
                    "read, is a doubt")
{
    static const char *const names[] = {
        "sock_itself", "sock_both_read", "sock_full",
        "sock_half",   "sock_pending",   "sock_accept",
        "sock_dgram",  "sock_tcp",       "sock_udp",
    };

    for (size_t i = 0; i < LENGTH(names); i++) {
        cr_assert(is_dead(names[i], NULL), "%s", names[i]);
        cr_assert_not(is_dead(names[i], be_unknown), "%s", names[i]);
    }
    cr_assert_not(is_dead("sock_both_read", have_unread));
    cr_assert_not(is_dead("sock_accept", have_unread));
    cr_assert_not(is_dead("sock_udp", have_unread));
    cr_assert_not(is_dead("sock_both_read", have_strange_peers));
    cr_assert_not(is_dead("sock_full", have_strange_peers));
    cr_assert_not(is_dead("sock_tcp", have_strangers));
    cr_assert_not(is_dead("sock_udp", have_strangers));
    cr_assert_not(is_dead("sock_pending", lose_address));
}

#endif

/* ---- Live ---------------------------------------------------------------- */

static int ends[2]; /* of a socketpair(2); -1: not inherited */

static void read_socket(int fd)
{
    char byte;

    while (read(fd, &byte, 1) == 1)
        ;
}

static void dead_stream(void)
{
    (void)socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    if (fork() == 0)
        (void)close(ends[0]);
    read_socket(ends[1]);
}

/* More than any buffer holds. */
static void dead_writer(void)
{
    static const char bytes[4 << 20];

    (void)socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    (void)write(ends[0], bytes, sizeof(bytes));
}

static int listen_at(struct sockaddr_in *address)
{
    socklen_t size = sizeof(*address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    *address = (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(fd, (struct sockaddr *)address, size) < 0 || listen(fd, 8) < 0 ||
        getsockname(fd, (struct sockaddr *)address, &size) < 0)
        _exit(1);
    return fd;
}

static void dead_listener(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    /* The kernel finds an abstract name: unix(7). */
    (void)bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t));
    (void)listen(fd, 1);
    (void)accept(fd, NULL, NULL);
}

static bool proved_within(int ms)
{
    int64_t deadline = now_ms() + ms;
    bool proved = false;

    while (!proved && now_ms() < deadline) {
        struct snapshot first, second;
        look(&first);
        look(&second);
        proved = is_proved(&first, &second);
        snapshot_release(&first);
        snapshot_release(&second);
        (void)usleep(500);
    }
    return proved;
}

Test(sockets, real_hangs_are_proved, .timeout = 600,
     .description = "processes that really wait for each other's sockets")
{
    void (*const programs[])(void) = {dead_stream, dead_writer, dead_listener};

    for (size_t i = 0; i < LENGTH(programs); i++) {
        pid_t pid = start(programs[i], -1);
        bool proved = proved_within(60000);
        stop(pid);
        cr_assert(proved, "program %zu", i);
    }
}

/* The program has what start() gave it as its standard input. */
static void read_input(void)
{
    read_socket(0);
}

static void fill_input(void)
{
    static const char bytes[4 << 20];

    (void)write(0, bytes, sizeof(bytes));
}

Test(sockets, the_tester_s_end_is_alive, .timeout = 600,
     .description = "what has the test at its other end waits for the test")
{
    void (*const programs[])(void) = {read_input, fill_input};

    for (size_t i = 0; i < LENGTH(programs); i++) {
        cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) ==
                  0);
        pid_t pid = start(programs[i], ends[1]);
        bool proved = proved_within(200);
        stop(pid);
        (void)close(ends[0]);
        (void)close(ends[1]);
        cr_assert_not(proved, "program %zu", i);
    }
}

/* Where others use the same network, nothing is proved of it: a subreaper sees
 * only its own, and the host's packets may be for them. */
static void network_reader(void)
{
    struct sockaddr_in address;
    int fd = listen_at(&address), client = socket(AF_INET, SOCK_STREAM, 0);

    (void)connect(client, (struct sockaddr *)&address, sizeof(address));
    read_socket(accept(fd, NULL, NULL));
}

Test(sockets, shared_network_is_alive, .timeout = 600,
     .description = "in the host's network nothing is proved")
{
    struct snapshot snapshot;
    pid_t pid = start(network_reader, -1);
    int64_t deadline = now_ms() + 60000;
    bool seen = false;

    while (!seen && now_ms() < deadline) {
        look(&snapshot);
        struct autopsy *autopsy =
            autopsy_new(&snapshot, pid, PROGRAM, NULL, 0, NULL);
        seen = autopsy->count == 1 && autopsy->waits[0].socket.known &&
               autopsy->waits[0].holder_count == 1 &&
               autopsy->waits[0].holders[0].who == WHO_ITSELF;
        autopsy_free(autopsy);
        snapshot_release(&snapshot);
    }
    bool proved = proved_within(200);
    stop(pid);
    cr_assert(seen, "its own other end");
    cr_assert_not(proved);
}
