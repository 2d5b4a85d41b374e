// SPDX-License-Identifier: MIT
/*
 * The contract of the lab `mkfifo`: what each function in mkfifo.c promises to
 * main.c, which calls it, and to the tests, which watch the whole program and
 * play the other side. Given; you need not change it.
 *
 * Rules for all of them:
 * - Short transfers and EINTR are invisible to the caller.
 * - On failure the function has printed one line with fail() and returns -1.
 *   Where an open or a mkfifo failed, its path is the WHAT of that line; every
 *   other WHAT is free.
 * - Descriptors that are passed in stay open and stay the caller's. Those that
 *   a function opens are closed when it returns, whatever happened; processes
 *   that it started have then been waited for.
 *
 * The protocol between a client and the server, which share one FIFO:
 *
 *   request  "REPLYPATH WORD\n", at most REQUEST_MAX bytes, in one write(2),
 *            written to the server's FIFO
 *   answer   "SEQ WORD\n", written to the FIFO REPLYPATH, which is the
 *            client's; SEQ is the number of the request, from 1
 *
 * REPLYPATH ends at the first space, WORD at the newline (it may hold spaces);
 * neither is empty. Whatever has the name of a FIFO may be taken for one; only
 * fifo_make has to look.
 */
#ifndef MKFIFO_H
#define MKFIFO_H

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

#define PROG "mkfifo"
#include "../common/lab.h"

enum {
    REQUEST_MAX = 512 /* POSIX promises that PIPE_BUF is not less */
};

/*
 * Copy `in` to the FIFO `path` until end-of-file. The FIFO must exist: send
 * never creates a file.
 *
 * Returns 0 when all was written, else -1. Blocks until somebody has opened
 * the FIFO for reading, and again while it is full. If the reader leaves early
 * the process may be killed by SIGPIPE, or send fails with EPIPE.
 */
int fifo_send(const char *path, int in);

/*
 * Copy the FIFO `path`, which must exist, to `out` until its last writer has
 * left.
 *
 * Returns 0 at end-of-file, else -1. Blocks until somebody has opened the FIFO
 * for writing, and again while it is empty.
 */
int fifo_recv(const char *path, int out);

/*
 * Create the FIFO `path` with exactly this mode, whatever the umask is. A FIFO
 * that exists already is as good; it keeps its mode.
 *
 * Returns 0, or -1: EEXIST if there is something else of that name, which is
 * left as it is. Does not open the FIFO, does not block.
 */
int fifo_make(const char *path, mode_t mode);

/*
 * Given, in main.c: a signal handler that sets the flag to which the `stop` of
 * fifo_serve points. fifo_serve installs it for SIGTERM and SIGINT, or finds
 * out about these two signals in its own way.
 */
void request_stop(int signal);

/*
 * Be a server: make the FIFO `path` (mode 0600), open it, print "ready\n" on
 * stdout, then answer requests, in the order in which they arrive.
 *
 * - Clients come and go: when the last of them has left the server sleeps in
 *   the kernel until the next one comes. From "ready" until it returns there
 *   is no moment at which a client finds the FIFO without a reader.
 * - A client that cannot be answered, because REPLYPATH does not exist or
 *   nobody has it open for reading, is skipped: "mkfifo: REPLYPATH: STRERROR"
 *   on stderr. So is one that leaves while it is answered. Neither may hold
 *   the server up or end it. A request that was skipped has used its number.
 *   For room in a reply FIFO that is full the server may wait, or skip.
 * - A line that is no request, or longer than REQUEST_MAX, is ignored and uses
 *   no number.
 *
 * Returns 0 after `max` requests (0: no such limit), or soon after SIGTERM or
 * SIGINT, a request in progress being finished first; -1 if something failed.
 * On any return the FIFO is unlinked, unless fifo_make failed. May leave
 * SIGPIPE ignored, and the two signals handled or blocked.
 */
int fifo_serve(const char *path, int max, volatile sig_atomic_t *stop);

/*
 * Be a client: ask the server at `path` with `word`, and store its answer,
 * without the newline and with a '\0', in answer[size]. REPLYPATH is `path`
 * with a dot and the process id appended: a FIFO of mode 0600 that this
 * function makes, has open for reading before it sends, and unlinks on any
 * return.
 *
 * Returns 0, or -1: EMSGSIZE if the request would be longer than REQUEST_MAX
 * (nothing is sent), ENOENT if `path` does not exist, ENXIO if no server has it
 * open, EPIPE if the server left before the request was written: none of these
 * blocks or kills. EMSGSIZE also if the answer does not fit. Blocks while the
 * server's FIFO is full, and until the answer is complete. May leave SIGPIPE
 * ignored.
 */
int fifo_ask(const char *path, const char *word, char *answer, size_t size);

#endif
