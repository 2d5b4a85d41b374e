// SPDX-License-Identifier: MIT
/* memserver.h - the student's program under Valgrind, as a server of runs. */
#ifndef PROBE_MEMSERVER_H
#define PROBE_MEMSERVER_H

#include "lending.h"
#include "sandbox.h"

/* Start the program of LAB under memcheck in SANDBOX, of which, at the level
 * basic, the writable directory is made: sets the pid and the descriptors of
 * LENT.  0, or -1 with errno.  Called in the lender, not in tests. */
int memserver_start(struct lent *lent, struct sandbox *sandbox,
                    const char *lab);

#endif
