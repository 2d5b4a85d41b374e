// SPDX-License-Identifier: MIT
/*
 * The contract of the lab `sigpipe`: what each function in sigpipe.c promises
 * to main.c, which calls it, and to the tests, which watch the whole program
 * from outside. Given; you need not change it.
 *
 * Rules for all of them:
 * - Short transfers and EINTR are invisible to the caller (print_lines alone
 *   may take EINTR for a failure); data are bytes.
 * - On failure a function returns -1. sigpipe_set, write_all and print_lines
 *   print nothing and leave errno to their caller; spawn_clean and fan have
 *   then printed one line with fail().
 * - Descriptors that are passed in stay open and stay the caller's.
 *   Descriptors and processes that a function creates are closed and waited
 *   for before it returns, whatever happened; the process that spawn_clean
 *   returns is its caller's.
 * - Descriptors 0, 1 and 2 are always open when the program starts.
 */
#ifndef SIGPIPE_H
#define SIGPIPE_H

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#define PROG "sigpipe"
#include "../common/lab.h"

enum { CMDS_MAX = 8 }; /* commands of one fan */

/* What sigpipe_set can do. */
enum { SIGPIPE_DEFAULT, SIGPIPE_IGNORE };

/*
 * Set what SIGPIPE does to the calling process: its default action, or
 * nothing at all (SIG_IGN, not a handler). In both cases the signal is not
 * blocked afterwards. Nothing is taken for granted: the program may have been
 * started with SIGPIPE ignored, blocked or both.
 *
 * Returns 0, or -1 with errno set.
 */
int sigpipe_set(int how);

/*
 * Write all n bytes of buf to fd, in as many pieces as the kernel likes.
 *
 * Returns n, or -1 with errno set by write(2) and nothing printed. In both
 * cases *done is the number of bytes that the kernel accepted. The first error
 * other than EINTR is final: nothing is written after it. Blocks until fd has
 * taken all bytes: fd is blocking, EAGAIN does not come.
 */
ssize_t write_all(int fd, const void *buf, size_t n, size_t *done);

/*
 * Print the lines "line 1" to "line n" to a stdio stream.
 *
 * Returns 0 only when the kernel has accepted every byte; else -1 with the
 * errno of the call that failed, EINTR included: stdio drops the buffer that it
 * could not write. May close `out`: nobody uses it afterwards.
 */
int print_lines(FILE *out, long n);

/*
 * Start a command as execvp(3) finds it. Its standard input is in_fd, or ours
 * if in_fd is -1; it shares our standard output and error. It finds SIGPIPE
 * at its default action and not blocked, whatever it is in the caller, where
 * it is unchanged when spawn_clean returns.
 *
 * Returns its process id. A command that cannot be executed is reported as
 * "sigpipe: CMD: STRERROR" by whoever notices: a child, which then exits with
 * 127 (ENOENT) or 126 (any other reason), or the caller, which then returns -1
 * with errno set by exec(3); see spawn_status. -1 also if no process could be
 * created (EAGAIN, ENOMEM). Does not wait for the command.
 */
pid_t spawn_clean(char **argv, int in_fd);

/*
 * Start n commands (1..CMDS_MAX), each with a pipe on its standard input, and
 * give every one of them all that can be read from `in`. Each command has
 * descriptors 0, 1 and 2 and no other that we opened, and is started by the
 * rules of spawn_clean, by us or by a process of ours. The caller has set
 * SIGPIPE to be ignored.
 *
 * A command that stops reading (a write to it fails with EPIPE), or that
 * cannot be executed, has left: the others still get everything. When the last
 * one has left, nothing more is read. A slow command may slow the others down.
 *
 * At the end, after all have been waited for, fan prints on stderr one line
 * "I: STATUS BYTES" for each command, in this order: its number from 1, its
 * exit status (0..255, or 128 + N if signal N killed it) and how many bytes
 * its pipe has accepted.
 *
 * Returns 0 when `in` came to its end first, 1 when all commands have left
 * (either, if they have and `in` is empty), -1 if something failed on our side:
 * `in` could not be read, or a pipe or a process could not be created. There is
 * no line for a command then, but all that were started have got end-of-file
 * and been waited for.
 */
int fan(char ***cmds, int n, int in);

/*
 * The exit status that stands for a command which exec(3) has refused with
 * this error: 127 or 126; -1 if the error says that there was no process.
 * posix_spawn(3) does not tell whose EAGAIN or ENOMEM it was, and they count as
 * "no process"; a child whose own exec(3) fails so exits with 126.
 */
static inline int spawn_status(int error)
{
    if (error == EAGAIN || error == ENOMEM || error == ENOSYS)
        return -1;
    return error == ENOENT ? 127 : 126;
}

#endif
