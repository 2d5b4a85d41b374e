// SPDX-License-Identifier: MIT
/*
 * changes.h - what is new in a grade, for somebody who has seen those before.
 *
 * A baseline knows what was told of each test.  It learns from a grade after
 * this was told: verdicts as soon as they are known, cleanliness and score when
 * memcheck has run.  What is an error of ours teaches it nothing.
 */
#ifndef PRACTICE_CHANGES_H
#define PRACTICE_CHANGES_H

#include "result.h"

enum change {
    CHANGE_NONE,
    CHANGE_PASSES,  /* now */
    CHANGE_FAILS,   /* now */
    CHANGE_DIFFERS, /* it failed before, but for another reason */
    CHANGE_DIRTY,   /* it passes, but not cleanly any more */
    CHANGE_CLEAN,   /* it passed, but not cleanly, before */
    CHANGE_ERROR,   /* ours; each time */
};

struct known_test {
    char *name, *reason; /* of the failure; NULL */
    enum verdict verdict;
    enum cleanliness cleanliness;
};

struct baseline {
    struct known_test *tests;
    size_t test_count; /* 0: nothing is known */
    bool scored;
    int score_tenths;
};

void baseline_release(struct baseline *baseline);
/* What is new in the verdict of TEST; with a baseline that knows nothing only
 * errors are. */
enum change baseline_verdict(const struct baseline *baseline,
                             const struct grade_test *test);
/* What is new in the cleanliness of TEST. */
enum change baseline_cleanliness(const struct baseline *baseline,
                                 const struct grade_test *test);
/* From a grade whose verdicts are known. */
void baseline_learn_verdicts(struct baseline *baseline,
                             const struct grade *grade);
/* The same, and the rest. */
void baseline_learn(struct baseline *baseline, const struct grade *grade);

#endif
