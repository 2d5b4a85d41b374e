// SPDX-License-Identifier: MIT
/*
 * The contract of the lab `popen`: what each function in popen.c promises to
 * main.c, which calls it, and to the tests, which watch the whole program
 * from outside. Given; you need not change it.
 *
 * Rules for all of them:
 * - Short transfers and EINTR are invisible to the caller; data are bytes,
 *   NUL included (capture alone may end a line at a NUL). Calls of stdio need
 *   no loop for EINTR: this program has no signal handlers.
 * - capture, drain, feed and deal print one line with fail() when something
 *   fails, and return -1. decode_status, my_popen and my_pclose print nothing:
 *   like the functions of the C library, the last two set errno.
 * - In all commands but `capture` main.c ignores SIGPIPE: a write that nobody
 *   can read any more fails with EPIPE. The children must not inherit that.
 */
#ifndef POPEN_H
#define POPEN_H

#include <stdio.h>

#define PROG "popen"
#define LAB_DECODES_STATUS
#include "../common/lab.h"

enum {
    STREAMS_MIN = 32 /* so many streams may be open at once, or more */
};

/*
 * The exit status that a shell would show for what wait(2) stored: 0..255 for
 * a process that exited, 128 + N for one killed by signal N. There is no other
 * end, so it cannot fail; main.c looks for the -1 that an unwritten one
 * returns.
 */
int decode_status(int wstatus);

/*
 * Run `cmd` with popen(3) and print each line of its output on `out` as
 * "N: LINE\n", N from 1. A line may be of any length, or empty; the last one
 * may lack its newline.
 *
 * Returns the decoded status of the command when all of it has been handed to
 * the kernel; -1 if popen, pclose, reading or writing failed. Whatever
 * happened, the command has been waited for. Leaves `out` open.
 */
int capture(const char *cmd, FILE *out);

/*
 * Start "/bin/sh -c cmd" with a pipe: mode "r" gives a stream to read what the
 * command writes to its standard output, mode "w" one to write to its
 * standard input. Everything else is as in our own process.
 *
 * The command has descriptors 0, 1 and 2 (those of them that we have) and no
 * other that my_popen made: none of the pipe, none of a stream opened earlier
 * and still open. Descriptors that we inherited may stay or go. SIGPIPE has its
 * default action in it. Nothing that waits in a stdio buffer of ours is written
 * by the child.
 *
 * Returns NULL with errno set if that failed: EINVAL, before any process or
 * pipe was made, for every other mode; what pipe(2) or fork(2) said; and
 * nothing is left of the attempt. If the shell cannot be executed, either the
 * status of the stream is 127, or the result is NULL.
 * The stream is to be closed with my_pclose.
 */
FILE *my_popen(const char *cmd, const char *mode);

/*
 * Close a stream of my_popen and wait until its process has ended: for that
 * one and for no other child.
 *
 * Returns its wait status as waitpid(2) stored it, -1 with errno set if there
 * is none: EINVAL for a stream that my_popen did not make (or that has been
 * closed, its memory being used again); such a stream is left alone. Blocks
 * until the process has ended. What is still in the buffer and cannot be
 * written (EPIPE) is lost: the result is the wait status all the same.
 */
int my_pclose(FILE *fp);

/*
 * Copy `from` to `out` until end-of-file. Returns 0 when everything has been
 * handed to the kernel, -1 if reading or writing failed. Both stay open.
 */
int drain(FILE *from, FILE *out);

/*
 * Copy the descriptor `in` to `to` until end-of-file. Returns 0 when
 * everything has been handed to the kernel, -1 if reading or writing failed
 * (EPIPE: the command reads no more). Both stay open.
 */
int feed(int in, FILE *to);

/*
 * Deal out the lines of `in`: the first to `one`, the second to `two`, the
 * third to `one`, and so on. The last one may lack its newline. Otherwise as
 * feed; when one command reads no more, the other may get its lines before
 * deal returns -1, or not.
 */
int deal(int in, FILE *one, FILE *two);

#endif
