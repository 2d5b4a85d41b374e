// SPDX-License-Identifier: MIT
/*
 * debug.h - gdb(1) on the run of a test: same arguments, input, signals, short
 * reads; the program is the one of build/bin/, built by the student's flags.
 *
 * In build/debug/LAB/ are left TEST.gdb, which `gdb -x` can use again,
 * TEST.input, and TEST/, the program's working directory.
 */
#ifndef PRACTICE_DEBUG_H
#define PRACTICE_DEBUG_H

#include "lab.h"
#include "report.h"

/* Run TEST of the kit's own file, then gdb on the launch that failed, or, if it
 * passes, the first one; no process that it started is left.  gdb's exit
 * status; 2 or 3 after a message.  worker_prepare() must have been called. */
int debug_test(const struct kit *kit, const char *lab, const char *test,
               const struct report *report);

/* The names of the functions that the gap of STEP in SOURCE defines and other
 * files can call: where to stop. */
void debug_functions(struct argv *names, const char *source, const char *step);

#endif
