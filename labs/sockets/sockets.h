// SPDX-License-Identifier: MIT
/*
 * The contract of the lab `sockets`: what each function in sockets.c promises
 * to main.c, which calls it, and to the tests, which watch the whole program
 * from outside; and what client and server say to each other. Given; you need
 * not change it.
 *
 * A TCP connection carries frames, in both directions: four bytes of length, in
 * network byte order, then so many bytes of body, 0 to FRAME_MAX. The answer to
 * a frame is a frame of the same length: its ASCII letters are made capitals,
 * all other bytes stay. A client may send many frames before it reads, as many
 * as the sockets hold, and may shut down its sending half when it has no more;
 * answers come in the order of the frames.
 *
 * Over UDP a text is one datagram, 0 to TEXT_MAX bytes, without a length; so is
 * its answer.
 *
 * Rules for all of them:
 * - On failure a function returns -1 with errno set and has printed nothing:
 *   main.c says what went wrong.
 * - EINTR is invisible to the caller, but for its purpose in the two servers.
 * - All addresses are those of the loopback device, 127.0.0.1: ip(7).
 * - Every descriptor that a function opens is closed again unless it is the
 *   result.
 */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROG "sockets"
#include "../common/lab.h"

enum {
    FRAME_MAX = 1048576, /* bytes in the body of a frame */
    TEXT_MAX = 65507,    /* bytes in a datagram: udp(7) over IPv4 */
    RESEND_MS = 300,     /* without an answer for so long: send again... */
    TRIES = 5            /* ...until it has been sent so often */
};

/*
 * A TCP socket that listens on `port` of 127.0.0.1, and on no other address,
 * with room for 64 connections that wait to be accepted. It can be had again
 * as soon as the last one to have the port has ended, whatever became of its
 * connections; not before.
 *
 * Returns it, or -1 with errno: EADDRINUSE if another process listens there.
 */
int listen_on(unsigned short port);

/*
 * A TCP socket that is connected to `port` of 127.0.0.1.
 *
 * Returns it, or -1 with errno: ECONNREFUSED if nobody listens there. Blocks
 * until the other side's kernel has answered.
 */
int connect_to(unsigned short port);

/*
 * Receive one frame from the socket `fd`, however many pieces it comes in, and
 * not one byte of the next. On success *body is memory from malloc(3), never
 * NULL, even if the body is empty; the caller frees it.
 *
 * Returns 1; 0 at an end-of-file before the first byte of a frame; -1 with
 * errno: ECONNRESET at an end-of-file inside of a frame; EMSGSIZE if the length
 * is above FRAME_MAX (nothing was allocated for it, and no more can be received
 * on this socket). Unless it returns 1, *body and *len are as they were.
 * Blocks until it is there.
 */
int read_frame(int fd, char **body, uint32_t *len);

/*
 * Send the `len` bytes at `body`, 0 to FRAME_MAX, to the socket `fd` as one
 * frame, all of it.
 *
 * Returns 0, or -1 with errno: EMSGSIZE if len is above FRAME_MAX (nothing was
 * sent); EPIPE or ECONNRESET if the other side is gone: no signal comes,
 * whatever becomes of SIGPIPE in this process. Blocks until there is room.
 */
int write_frame(int fd, const char *body, uint32_t len);

/*
 * The server: accept connections from the listening socket `lfd` and answer
 * their frames, at least 64 connections at the same time, and none waits for
 * another: not for one that has sent half of a frame, nor for one that does not
 * read its answers. A connection is closed when its client sends no more and
 * has all its answers; when it breaks; and when a length is above FRAME_MAX
 * (answers to the frames before it may be lost).
 * None of this, nor a lack of descriptors or memory, is the end of the server,
 * or of another connection. Where there is no descriptor left, connections
 * wait until there is one; the server meanwhile does not use the processor, and
 * goes on answering those that it has.
 *
 * Returns 0 when *stop is not 0: a handler of main.c sets it, without
 * SA_RESTART, when SIGTERM or SIGINT comes, at whatever moment, even between a
 * look at *stop and the call that waits, even if there is always something to
 * do; it may be set at the start. (A second or two may pass.) All connections
 * are then closed, and there is no process or thread of it left; lfd stays
 * open. Returns -1 with errno if it cannot start.
 */
int serve_loop(int lfd, const volatile sig_atomic_t *stop);

/*
 * The UDP server: answers datagrams that come to `port` of 127.0.0.1, each to
 * where it came from. Prints "ready\n" on standard output when they can come.
 * An answer that cannot be sent is lost, as any datagram may be.
 *
 * Returns 0 when *stop is not 0, as serve_loop() does; -1 with errno if it
 * cannot start: EADDRINUSE if the port is taken.
 */
int udp_serve(unsigned short port, const volatile sig_atomic_t *stop);

/*
 * The UDP client: send `text` to `port` of 127.0.0.1, and again each time that
 * there has been no answer for RESEND_MS, TRIES times in all. Only what comes
 * from that address and port is an answer: others neither count nor prolong the
 * wait. ECONNREFUSED only says that a datagram found nobody there: it is
 * silence, too, and the wait goes on. The answer is stored in `answer`, which
 * has room for `size` bytes; what does not fit is lost.
 *
 * Returns the number of bytes stored, which may be 0, or -1 with errno:
 * EMSGSIZE if text is longer than TEXT_MAX (nothing was sent); ETIMEDOUT if
 * there was no answer to the last of the tries either.
 */
ssize_t udp_call(unsigned short port, const char *text, char *answer,
                 size_t size);

#endif
