// SPDX-License-Identifier: MIT
/*
 * The contract of the lab `socketpair`: what each function in socketpair.c
 * promises to main.c, which calls it, and to the tests, which watch the whole
 * program from outside. Given; you need not change it.
 *
 * Rules for all of them:
 * - Short transfers and EINTR are invisible to the caller; data are bytes.
 * - On failure a function returns -1 with errno set and has printed nothing:
 *   main.c says what went wrong. (open_files prints about its FILEs.)
 * - Descriptors that are passed in stay open and stay the caller's.
 *   Descriptors and processes that a function creates are closed and waited
 *   for before it returns, whatever happened; the descriptor that recv_fd
 *   returns is its caller's.
 * - Descriptors 0, 1 and 2 are open and SIGPIPE is ignored when they are
 *   called: a write to an end whose other one is closed fails with EPIPE (or,
 *   of SOCK_SEQPACKET, the first one with ECONNRESET).
 */
#ifndef SOCKETPAIR_H
#define SOCKETPAIR_H

#include <sys/types.h>

#define PROG "socketpair"
#include "../common/lab.h"

enum {
    LINE_SIZE = 4096, /* the longest request, its newline included */
    FILES_OPEN = 16   /* of open_files: for each of the two processes */
};

/*
 * Copy `in` to `out` with a..z turned into A..Z. A child converts; one socket
 * pair, of SOCK_STREAM, carries the bytes to it and back, and nothing else
 * does. The child holds its own end only, so that it ends with its parent,
 * however that ends. The caller reads `in` and writes `out`, itself or by a
 * helper; it ends what it sends, and still receives.
 *
 * Returns 0 when everything was converted and written, -1 if any process
 * failed, or was killed. Blocks until `in` is at end-of-file and the child has
 * ended.
 */
int upper_pair(int in, int out);

/*
 * The child of calc_pair: answer requests on fd until end-of-file.
 *
 * A request is one line of at most LINE_SIZE bytes with its newline, "A+B\n",
 * and one message; so is its answer, "C\n". A and B are decimal numbers: a
 * minus sign or none, then digits. All three fit into 64 bits (int64_t). If
 * they do not, or if the request is anything else, or longer than LINE_SIZE,
 * the answer is "bad request\n".
 *
 * Returns 0 at end-of-file, -1 with errno if fd could not be read or written.
 */
int calc_child(int fd);

/*
 * Send each line of `in` as a request to a child that runs calc_child(), and
 * write its answers to `out`, in the order of the lines. The pair keeps
 * messages apart (SOCK_SEQPACKET), and there is one message for each request
 * and one for its answer: sent in one call, received in one call. (A stream
 * will do if it is used so that this holds of it, too.) A line is answered when
 * it has come, even if `in` stays open and silent after it. An empty line is a
 * request, too. To a last line that lacks its newline calc_pair() adds it. Of
 * a line that is longer than LINE_SIZE the child need not get all.
 *
 * Returns 0 when all were answered, -1 if any process failed, or was killed
 * (EPIPE, ECONNRESET or EIO). Blocks until `in` is at end-of-file and the child
 * has ended.
 */
int calc_pair(int in, int out);

/*
 * Send descriptor fd through the socket `sock`, one end of a pair; or, if fd
 * is -1, only the errno `err`, which says why there is none. `sock` keeps
 * messages apart or not: what goes through is for recv_fd() alone. fd stays
 * open and stays the caller's.
 *
 * Returns 0, or -1 with errno set. How many descriptors may be on their way is
 * limited, for all processes of a user together: ETOOMANYREFS, unix(7). That
 * is no failure: wait a little and try again.
 */
int send_fd(int sock, int fd, int err);

/*
 * Receive what one call of send_fd() has sent.
 *
 * Returns a new descriptor, the only one that came, and close-on-exec from the
 * beginning. Returns -1 with *err set to the errno that was sent. Returns -1
 * with *err 0 at end-of-file, or if it failed itself, then with errno: EMFILE
 * if the descriptor was sent but there was no number for it.
 */
int recv_fd(int sock, int *err);

/*
 * A child opens each of the files (a list that ends with NULL) and passes the
 * descriptor to the caller, which copies the contents to `out`, in order, and
 * opens none of them itself. There may be any number of files, but neither
 * process has ever more than FILES_OPEN of them open.
 *
 * A file that cannot be opened or read is reported as
 * "socketpair: FILE: STRERROR", by fail(), and the next one follows.
 *
 * Returns 0, 1 if any file was reported, or -1 if something else failed.
 */
int open_files(char *const files[], int out);

#endif
