// SPDX-License-Identifier: MIT
/*
 * guard.h - frees the tester from a program that keeps a pipe locked.
 *
 * While splice(2) moves bytes between a pipe and a socket, the kernel keeps the
 * pipe locked, also while it waits for the socket (splice_to_socket() in
 * fs/splice.c).  Who reads or writes that pipe sleeps as long in state D, with
 * O_NONBLOCK, too, and no signal ends it.  If that were the tester, nobody
 * could end the program, nor the tester.
 */
#ifndef PROBE_GUARD_H
#define PROBE_GUARD_H

#include <stdbool.h>

/* What follows is done to a pipe of a program in the sandbox whose control
 * socket is CONTROL_FD: if the caller, the thread that was first to call this,
 * sleeps in D for ten seconds, the sandbox is ended, and the test is an error.
 * Not to be nested. */
void guard_begin(int control_fd);
/* It is done.  Keeps errno. */
void guard_end(void);
/* Whether a sandbox was ended. */
bool guard_has_acted(void);

#endif
