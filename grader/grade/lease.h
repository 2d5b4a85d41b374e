// SPDX-License-Identifier: MIT
/*
 * lease.h - the process that lends sandboxes to tests, the student's program
 * under Valgrind among them (lending_serve() of the probe).
 */
#ifndef GRADE_LEASE_H
#define GRADE_LEASE_H

#include <stdbool.h>
#include <sys/types.h>

#include "sandbox.h"
#include "stage.h"

struct lease {
    pid_t pid;   /* -1: not started */
    int life_fd; /* closing it ends the process */
    char *path;  /* of its socket: STAGE/lease */
};

/* Start it, and with MEMCHECK Valgrind at once; 0, or -1 after a message. */
int lease_start(struct lease *lease, const struct stage *stage,
                const struct sandbox *sandbox, const char *lab, bool memcheck);
/* Wait, within bounds, until tests can connect. */
void lease_wait(const struct lease *lease);
/* End it and what it started; does nothing if it was not started. */
void lease_stop(struct lease *lease);

#endif
