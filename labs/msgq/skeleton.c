// SPDX-License-Identifier: MIT
/*
 * Lab `msgq`, the file you edit. A System V message queue keeps whole messages,
 * each with a type by which a receiver may choose: first you send and take
 * single ones, then you build a file server whose clients come and go, and die,
 * as they like. msgq.h is the contract. Fill the gaps in order, helpers
 * included, and run `make msgq` after each.
 */
#include "msgq.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

/* TODO(msgq.1): One message into the queue, its body exactly the text. What
 * does msgsz count? What wakes a sleeping msgsnd, other than room? msgop(2). */
int q_put(int q, long type, const char *text, size_t len, int flags)
{
    (void)q, (void)type, (void)text, (void)len, (void)flags;
    errno = ENOSYS;
    return -1;
}
/* END(msgq.1) */

/* TODO(msgq.2): One message out of the queue, chosen by its type. What becomes
 * of a message that is longer than the buffer? msgop(2), "msgrcv()". */
ssize_t q_take(int q, long sel, char *buf, size_t size, long *type, int flags)
{
    (void)q, (void)sel, (void)buf, (void)size, (void)type, (void)flags;
    errno = ENOSYS;
    return -1;
}
/* END(msgq.2) */

/* TODO(msgq.3): The client: a queue of its own for the answers, a request that
 * names it, and replies until the last. The server may be gone, or never have
 * been there; the queue must not outlive you. alarm(2), sysvipc(7). */
int fetch(int srvq, const char *path, int out)
{
    (void)srvq, (void)path, (void)out;
    errno = ENOSYS;
    return -1;
}
/* END(msgq.3) */

/* TODO(msgq.4): The server: one child for each request, so that a slow or dead
 * client is nobody else's business; no queue, child or zombie may stay behind.
 * fork(2), waitpid(2), sigaction(2), "interrupted" in signal(7). */
int serve_request(const struct request *rq)
{
    (void)rq;
    errno = ENOSYS;
    return -1;
}

int serve(int q)
{
    (void)q;
    errno = ENOSYS;
    return -1;
}
/* END(msgq.4) */
