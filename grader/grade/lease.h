// SPDX-License-Identifier: MIT
/*
 * lease.h - the process that keeps the student's program under Valgrind and
 * leases it to one test after the other (memcheck_serve() of the probe).
 */
#ifndef GRADE_LEASE_H
#define GRADE_LEASE_H

#include <sys/types.h>

#include "sandbox.h"
#include "stage.h"

struct lease {
    pid_t pid;   /* -1: not started */
    int life_fd; /* closing it ends the process */
    char *path;  /* of its socket: STAGE/lease */
};

/* Start it; 0, or -1 after a message. */
int lease_start(struct lease *lease, const struct stage *stage,
                const struct sandbox *sandbox, const char *lab);
/* Wait, within bounds, until tests can connect. */
void lease_wait(const struct lease *lease);
/* End it and what it started; does nothing if it was not started. */
void lease_stop(struct lease *lease);

#endif
