// SPDX-License-Identifier: MIT
/*
 * verdict.h - how a test ends: what it leaves for the grader, and the two ways
 * to end it early.  The grader reads RESULTS/TEST.native.json and
 * RESULTS/TEST.memcheck.json; a test that leaves none is an error of ours.
 */
#ifndef PROBE_VERDICT_H
#define PROBE_VERDICT_H

#include "probe.h"

/* A test begins in this process: its seconds count from here. */
void verdict_begin(void);

/* The grader itself cannot go on: verdict "error". */
_Noreturn void probe_error(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* The program does not do what it should: verdict "fail", with diagnosis and
 * evidence.  FAILURE->test is filled in.  In the memcheck pass it returns. */
void probe_fail(struct failure *failure);

/* What a test that came to its end leaves, in either pass. */
void verdict_pass(void);
void verdict_memcheck(void);

#endif
