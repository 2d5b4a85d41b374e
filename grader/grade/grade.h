// SPDX-License-Identifier: MIT
/*
 * grade.h - one submission, graded: taken in, built, tested, scored.
 */
#ifndef GRADE_GRADE_H
#define GRADE_GRADE_H

#include <stdbool.h>

#include "lab.h"
#include "result.h"
#include "stage.h"
#include "submission.h"

/* Somebody who waits at a terminal. */
struct grade_watcher {
    int stop_fd; /* readable: the grade is not wanted any more */
    /* The verdicts of the native pass, before memcheck adds to them; scored as
     * a grade without it.  Not called where the file does not build. */
    void (*judged)(const struct grade *grade, void *data);
    void *data;
};

struct grade_options {
    const char *lab;
    const char *submission;   /* file or directory; NULL: the kit's own */
    const char *test_program; /* of LAB; NULL: the kit's own */
    const struct argv *tests; /* names; empty: all */
    int jobs;
    int level;    /* enum sandbox_level; -1: the best that works here */
    int required; /* the weakest that will do; -1: any */
    bool memcheck;
    bool for_student; /* commands as the student types them, in their own kit */
    /* For `ipclab show`.  WATCH: keep the runs on the stage, and call it with
     * DATA when they are there; what it returns, if not 0, is the status. */
    int (*watch)(void *data, const struct stage *stage,
                 const struct grade *grade);
    void *data;
    const char *scene; /* what its test_program is to play; NULL */
    bool repeat;       /* how a debugger can repeat each test */
    const struct grade_watcher *watcher; /* or NULL */
};

/*
 * Grade a submission.  0, and *GRADE is to be freed by the caller; otherwise,
 * after a message, the exit status: 2 usage, 3 could not grade, 128+N if signal
 * N arrived; and, without one, WORKER_STOPPED if the watcher's stop_fd became
 * readable.  worker_prepare() must have been called.
 */
int grade_submission(const struct kit *kit, const struct grade_options *options,
                     struct grade **grade);

/* The same for a submission that has been taken in; `submission` of OPTIONS is
 * not looked at. */
int grade_taken(const struct kit *kit, const struct grade_options *options,
                const struct submission *submission, struct grade **grade);

#endif
