// SPDX-License-Identifier: MIT
/*
 * aside.h - calls on a program's pipes, made aside: in a thread that may be
 * kept.
 *
 * While splice(2) moves bytes between a pipe and a socket, the kernel keeps the
 * pipe locked, also while it waits for the socket (splice_to_socket() in
 * fs/splice.c).  Who reads, writes or closes that pipe sleeps as long in state
 * D, with O_NONBLOCK, too, and no signal ends it.  The tester must not be the
 * one that sleeps: nobody else ends the program.
 *
 * Only poll(2) needs no lock, and tells whether a call is worth making.
 */
#ifndef PROBE_ASIDE_H
#define PROBE_ASIDE_H

#include <stddef.h>
#include <sys/types.h>

/* What one call moves at most, as much as a pipe holds: pipe(7). */
#define ASIDE_MAX 65536

/*
 * read(2) into BUFFER, write(2) of DATA, FIONREAD of pipe(7): FD is one end of
 * a pipe, with O_NONBLOCK; at most ASIDE_MAX bytes.  They return what the call
 * returns, and set errno as it does.  Where the pipe is locked, they return -1
 * with EAGAIN, and the call goes on aside: the same call must be made again,
 * later, for its result.  Only for one thread.
 */
ssize_t aside_read(int fd, char *buffer, size_t size);
ssize_t aside_write(int fd, const char *data, size_t size);
ssize_t aside_unread(int fd);
/* close(2), at the latest when the pipe is locked no more; what a call that
 * goes on aside may still read is lost. */
void aside_close(int fd);

#endif
