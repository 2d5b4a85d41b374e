// SPDX-License-Identifier: MIT
/*
 * pass.h - running the lab's test program: to list the tests, natively, and
 * under memcheck.
 *
 * The test program is ours and runs outside the sandbox; it launches the
 * student's program inside.  Each test leaves a file in results/ of the stage.
 * One that leaves none, or says "error", is tried a second time.
 */
#ifndef GRADE_PASS_H
#define GRADE_PASS_H

#include <stdbool.h>

#include "result.h"
#include "sandbox.h"
#include "stage.h"

struct pass {
    struct grade *grade; /* read and filled */
    const struct stage *stage;
    const struct sandbox *sandbox;
    int jobs;          /* tests that run at the same time */
    bool record;       /* keep the runs in record/: see probe/record.h */
    const char *scene; /* for show/scene.c; NULL */
    bool repeat;       /* see grade_options */
    /* Called with DATA after the native pass, if memcheck follows; or NULL. */
    void (*judged)(void *data);
    void *data;
};

/* Fill the grade's list of tests; 0, or -1 after a message. */
int pass_list(const struct pass *pass);

/*
 * Verdicts: run all tests.  With memcheck asked for, then run those that passed
 * a second time under Valgrind, which is started meanwhile.  0, or -1 after a
 * message; what went wrong in a single test is its verdict.
 */
int pass_run(const struct pass *pass);

#endif
