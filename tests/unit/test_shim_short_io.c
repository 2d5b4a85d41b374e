// SPDX-License-Identifier: MIT
/*
 * test_shim_short_io.c - what the shim makes shorter, and what it must leave
 * whole.  It is not preloaded here, so what it calls is the C library's: recv
 * and send of the shim, which call its recvfrom and sendto, are not asked.
 */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static const char text[] = "twenty bytes of text";

static void *find(const char *name)
{
    (void)setenv("IPCLAB_SHORT_IO", "7", 1);
    void *shim = dlopen("build/grader/shim.so", RTLD_NOW | RTLD_LOCAL);
    void *call = shim ? dlsym(shim, name) : NULL;

    cr_assert_not_null(call, "build/grader/shim.so has no %s", name);
    return call;
}

typedef ssize_t receive_call(int, void *, size_t, int, struct sockaddr *,
                             socklen_t *);
typedef ssize_t send_call(int, const void *, size_t, int,
                          const struct sockaddr *, socklen_t);
typedef ssize_t read_call(int, void *, size_t);

/* What `recv` of the shim brings of 20 bytes on a pair of TYPE. */
static ssize_t received(int type)
{
    receive_call *receive = (receive_call *)find("recvfrom");
    char buffer[32];
    int pair[2];

    cr_assert_eq(socketpair(AF_UNIX, type, 0, pair), 0);
    cr_assert_eq(send(pair[0], text, 20, 0), 20);
    ssize_t size = receive(pair[1], buffer, sizeof(buffer), 0, NULL, NULL);
    (void)close(pair[0]);
    (void)close(pair[1]);
    return size;
}

Test(shim, streams_are_shortened)
{
    send_call *give = (send_call *)find("sendto");
    int pair[2];

    cr_assert_eq(received(SOCK_STREAM), 7);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    cr_assert_eq(give(pair[0], text, 20, 0, NULL, 0), 4);
}

Test(shim, messages_stay_whole)
{
    send_call *give = (send_call *)find("sendto");
    read_call *take = (read_call *)find("read");
    char buffer[32];
    int pair[2];

    cr_assert_eq(received(SOCK_SEQPACKET), 20);
    cr_assert_eq(received(SOCK_DGRAM), 20);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    cr_assert_eq(give(pair[0], text, 20, 0, NULL, 0), 20);
    errno = 0;
    cr_assert_eq(take(pair[1], buffer, sizeof(buffer)), 20);
    cr_assert_eq(errno, 0);
}

Test(shim, pipes_are_shortened_and_errno_is_kept)
{
    read_call *take = (read_call *)find("read");
    char buffer[32];
    int ends[2];

    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(write(ends[1], text, 20), 20);
    errno = 0;
    cr_assert_eq(take(ends[0], buffer, sizeof(buffer)), 7);
    cr_assert_eq(errno, 0);
}

typedef ssize_t vector_call(int, const struct iovec *, int);
typedef ssize_t message_call(int, const struct msghdr *, int);

/* A used-up part of length 0 before the rest is a way to go on after a short
 * transfer; nothing at all would mean the end. */
Test(shim, empty_parts_move_nothing)
{
    vector_call *give = (vector_call *)find("writev");
    vector_call *take = (vector_call *)find("readv");
    message_call *give_message = (message_call *)find("sendmsg");
    char copy[] = "twenty bytes of text";
    struct iovec parts[] = {{copy, 0}, {copy, 20}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    int pair[2];

    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    cr_assert_eq(give(pair[0], parts, 2), 4);
    cr_assert_eq(give_message(pair[0], &message, 0), 4);
    cr_assert_eq(give(pair[0], parts, 1), 0);
    cr_assert_eq(take(pair[1], parts, 2), 7);
}
