// SPDX-License-Identifier: MIT
/*
 * The contract of the lab `pipe`: what each function in pipe.c promises to
 * main.c, which calls it, and to the tests, which watch the whole program
 * from outside. Given; you need not change it.
 *
 * Rules for all of them:
 * - Short transfers and EINTR are invisible to the caller; data are bytes,
 *   NUL included.
 * - On failure the function has printed one line with fail() and returns -1.
 *   (write_all alone is silent: its caller knows what to say.)
 * - Descriptors that are passed in stay open and stay the caller's.
 *   Descriptors and processes that a function creates are closed and waited
 *   for before it returns, whatever happened.
 */
#ifndef PIPE_H
#define PIPE_H

#include <stddef.h>
#include <sys/types.h>

#define PROG "pipe"
#include "../common/lab.h"

enum {
    STAGES_MAX = 16, /* commands in one pipeline */
    WRITERS_MAX = 26 /* children of gather: one letter each */
};

/*
 * Write all n bytes of buf to fd, in as many pieces as the kernel likes.
 *
 * Returns n, or -1 with errno set by write(2) and nothing printed; some of
 * the bytes may then have been written. Blocks until fd has taken them all.
 */
ssize_t write_all(int fd, const void *buf, size_t n);

/*
 * Copy `in` to `out` with a..z turned into A..Z. The calling process reads
 * `in` and sends the bytes through a pipe; a child converts them and writes
 * `out`.
 *
 * Returns 0 when everything was converted and written, -1 if either process
 * failed. A child that is gone must not kill the caller with SIGPIPE.
 * Blocks until `in` is at end-of-file and the child has ended. If `in` is
 * not open, that is an error (EBADF). May leave SIGPIPE ignored.
 */
int upper(int in, int out);

/*
 * Run the n commands (1..STAGES_MAX) as a shell runs `A | B | C`, all at the
 * same time. cmds[i] is an argument vector, ended by NULL, for execvp(3).
 * The first stage has our stdin (even if that is closed), the last our
 * stdout, all have our stderr; no stage has any further descriptor that we
 * opened. Descriptors that we inherited may stay or go, and SIGPIPE may stay
 * ignored if we were started so.
 *
 * Returns the exit status of the last stage: 0..255, or 128 + N if signal N
 * killed it. A command that cannot be executed is reported as
 * "pipe: CMD: STRERROR" and counts as a stage that exited with 127 (ENOENT)
 * or 126 (any other reason); the other stages still run.
 * Returns -1 if a pipe or a process could not be created; every pipe end has
 * then been closed, so that the stages already started see end-of-file or
 * SIGPIPE, and each of them has been waited for.
 * Blocks until every stage has ended.
 */
int run_pipeline(char ***cmds, int n);

/*
 * Run one command with a pipe on its stdin and another on its stdout; feed
 * it from `in` and copy what it says to `out`, both at the same time.
 * The command has descriptors 0, 1 and 2 and no other that we opened, and
 * SIGPIPE at its default (or ignored, if we were started so).
 *
 * A command that stops reading is not an error: stop feeding it, keep
 * copying its output. When the command has ended and its output is copied,
 * filter returns, even if `in` is open and silent. If a process that the
 * command has left behind holds its output, filter may wait for end-of-file,
 * or return when the command has ended and the pipe is empty.
 *
 * Returns the exit status of the command, as run_pipeline does; -1 if
 * something failed on our side (`in` not open: EBADF). On any return *nin is
 * the number of bytes that the command's pipe accepted, *nout the number
 * received from the command. May leave SIGPIPE ignored. Leaves the flags of
 * `in` and `out` alone: they are shared with other processes. Creates no
 * regular file.
 */
int filter(char **argv, int in, int out, long long *nin, long long *nout);

/*
 * Bonus, not graded. Start n children (1..WRITERS_MAX); child i writes
 * `records` records of `size` bytes, size - 1 times the letter 'a' + i and a
 * newline, into one pipe that all of them share. The caller copies the
 * records to `out`, in any order but each in one piece, even where size is
 * greater than PIPE_BUF.
 *
 * Returns 0, or -1 if anything failed. Blocks until all children have ended.
 */
int gather(int n, int records, size_t size, int out);

#endif
