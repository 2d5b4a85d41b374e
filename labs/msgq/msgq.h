// SPDX-License-Identifier: MIT
/*
 * The contract of the lab `msgq`: what each function in msgq.c promises to
 * main.c, which calls it, and to the tests, which watch the whole program
 * from outside; and the messages that client and server exchange. Given; you
 * need not change it.
 *
 * Rules for all of them:
 * - On failure a function returns -1 with errno set and has printed nothing:
 *   main.c says what went wrong.
 * - EINTR is invisible to the caller: msgsnd(2) and msgrcv(2) are never
 *   restarted after a signal handler, whatever SA_RESTART says.
 * - Queue ids are passed in as msgget(2) returned them; 0 is a valid one.
 */
#ifndef MSGQ_H
#define MSGQ_H

#include <stddef.h>
#include <sys/types.h>

#define PROG "msgq"
#include "../common/lab.h"

enum {
    TEXT_SIZE = 8192, /* the longest text that put sends */
    PATH_SIZE = 512,  /* of a request's path, with its NUL */
    DATA_SIZE = 1024, /* the most data in one reply */
    PROGRESS_S = 2,   /* a client that takes nothing for so long is dropped */
    REPLY_S = 4       /* a server that says nothing for so long is given up */
};

/* What a message is, is told by its type: msgop(2), mtype. */
enum { REQUEST = 1 };
enum {
    REPLY_ERROR = 1, /* nothing more comes; error is an errno */
    REPLY_DATA = 2,  /* the next bytes of the file, 1 to DATA_SIZE */
    REPLY_END = 3    /* that was all; no body */
};

/* Client to server, on the queue that both find by its key. */
struct request {
    long mtype;           /* REQUEST */
    int replyq;           /* id of the queue that the answer goes to */
    char path[PATH_SIZE]; /* ends with NUL; zeros from there on */
};

/* The msgsz of a request: without mtype, and without padding at the end. */
#define REQUEST_SIZE (offsetof(struct request, path) + PATH_SIZE - sizeof(long))

/* Server to client, on the client's own queue. The msgsz is that of what is in
 * use: the number of bytes in data, sizeof(int), or 0 for REPLY_END. */
struct reply {
    long mtype; /* REPLY_... */
    union {
        int error;
        char data[DATA_SIZE];
    };
};

/*
 * Send the len bytes at text as one message of `type` to queue q, without a
 * NUL behind them. flags: 0 or IPC_NOWAIT.
 *
 * Returns 0, or -1 with errno: EINVAL if type < 1 or len > TEXT_SIZE; EAGAIN
 * with IPC_NOWAIT if the queue is full; EIDRM if it was removed while
 * waiting. Blocks (asleep) while the queue is full, unless IPC_NOWAIT is set.
 */
int q_put(int q, long type, const char *text, size_t len, int flags);

/*
 * Take one message off queue q into buf, which has room for `size` bytes, and
 * store its type in *type. sel 0: the oldest; N: the oldest of type N; -N: of
 * the types <= N the lowest. flags: 0 or IPC_NOWAIT.
 *
 * Returns the length, which may be 0, or -1 with errno: E2BIG if the message
 * is longer than `size` (it stays in the queue, whole); ENOMSG with IPC_NOWAIT
 * if there is none; EIDRM. Blocks (asleep) until there is one, unless
 * IPC_NOWAIT is set. Writes no byte of buf behind the message's last.
 */
ssize_t q_take(int q, long sel, char *buf, size_t size, long *type, int flags);

/*
 * The client. Ask the server on queue srvq for the file `path`, and write its
 * bytes to `out` as they come, not all at the end: what `out` does not take yet
 * has to wait in the queue.
 *
 * Answers come on a queue of its own, IPC_PRIVATE with mode 0600, which is
 * removed before fetch returns, whatever happened. (Death by a signal cannot
 * be helped.)
 *
 * Returns 0 when the whole file is written, -1 with errno: the server's, if it
 * answered REPLY_ERROR; ENAMETOOLONG if path needs more than PATH_SIZE bytes
 * (nothing was sent); ETIMEDOUT if for REPLY_S seconds, one more at most, the
 * request was not accepted or no answer came; EIDRM or EINVAL if the server
 * removed the queue: it shuts down, or dropped a client that took nothing for
 * PROGRESS_S. Time spent in write(2) does not count for REPLY_S.
 */
int fetch(int srvq, const char *path, int out);

/*
 * One conversation, in a process of its own if serve() forks: answer request
 * rq with the bytes of the file it names, in replies of at most DATA_SIZE
 * bytes, then REPLY_END; or with REPLY_ERROR and the errno of open(2) or
 * read(2).
 *
 * Returns 0 when the answer is in the client's queue; it is the client who
 * removes that queue. Returns -1 if the client was dropped, because its queue
 * had no room for PROGRESS_S seconds on end (ETIMEDOUT; one second more at
 * most), or because the server shuts down (ECANCELED): then serve_request has
 * removed the queue. Also -1 if the queue was removed by someone else. Only
 * serve() calls it: a server of one process may give it another part.
 */
int serve_request(const struct request *rq);

/*
 * The server. Prepare for SIGTERM and SIGINT, then print "ready\n" on stdout;
 * receive requests from queue q, and answer them at once, so that no client
 * waits for another that stands still: each with serve_request() in a child, or
 * all in turn in one process that waits for none of them. Each child is waited
 * for soon after its end (a second or two), without waiting for the next
 * request. A message that is no request is ignored; if fork(2) fails, the
 * client gets REPLY_ERROR.
 *
 * On SIGTERM or SIGINT, at whatever moment it comes, even between a look at a
 * flag and msgrcv(2): drop every client that is being served (a child does it
 * at once, without PROGRESS_S), wait for the children, remove q with whatever
 * requests are in it, return 0. Returns -1 with errno if q cannot be read any
 * more (EIDRM); clients and children have then been dealt with in the same way.
 */
int serve(int q);

#endif
