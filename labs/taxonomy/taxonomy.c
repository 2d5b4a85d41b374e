// SPDX-License-Identifier: MIT
/*
 * Lab `taxonomy`, the file you edit. Fourteen mechanisms, eleven questions: you
 * write down what you believe, then build the experiments by which the kernel
 * decides, and at last let a program choose. taxonomy.h is the contract. Fill
 * the gaps in order, helpers included, and run `make taxonomy` after each.
 */
#include "taxonomy.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* TODO(taxonomy.1): What each mechanism is like: fill in all cells. What the
 * words mean is in taxonomy.h, what is so in pipe(7), sysvipc(7), svipc(7),
 * mq_overview(7), signal(7), socket(7), unix(7), tcp(7), udp(7), fcntl(2). */
const struct mech table[MECHS] = {
    /* DIRECTION, SYNC, RELATION, HOST, BOUNDARIES, PERSISTENCE,
     * ORDER, CARRIES, NOTIFY, POLLABLE, BOUNDED */
    [PIPE] = {{UNKNOWN}}, /* and so on: POPEN, FIFO, ..., FILE_LOCK */
};
/* END(taxonomy.1) */

/* TODO(taxonomy.2): Two experiments. Do the pieces of a message stay apart? And
 * what is left when the one who made it is dead? A channel may have no
 * end-of-file, and a process that was killed is not gone before it was waited
 * for: pipe(7), msgop(2), fork(2), waitpid(2). */
int probe_boundaries(enum mech_id m)
{
    (void)m;
    errno = ENOSYS;
    return -1;
}

int probe_persistence(enum mech_id m)
{
    (void)m;
    errno = ENOSYS;
    return -1;
}
/* END(taxonomy.2) */

/* TODO(taxonomy.3): Which mechanisms meet all requirements? The table is the
 * one that you are given, not yours. qsort(3), strcmp(3). */
int choose(const struct mech t[MECHS], const struct req *r, int n,
           enum mech_id out[MECHS])
{
    (void)t, (void)r, (void)n, (void)out;
    errno = ENOSYS;
    return -1;
}
/* END(taxonomy.3) */
