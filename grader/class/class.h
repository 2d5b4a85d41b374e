// SPDX-License-Identifier: MIT
/*
 * class.h - a whole class: taken in, graded, kept, and written up.
 */
#ifndef CLASS_CLASS_H
#define CLASS_CLASS_H

#include "lab.h"

struct class_options {
    const char *submissions; /* see intake.h */
    const char *out;         /* directory of the gradebook and the pages */
    /* These four: NULL: as in an earlier run. */
    const char *attempts;    /* last, best, first */
    const char *roster;      /* file; "none": none */
    const char *extra_tests; /* directory; "none": none */
    const char *due;     /* seconds since the epoch, as a number; or "none" */
    struct argv labs;    /* to be graded; empty: all */
    struct argv regrade; /* labs to be graded again */
    int jobs;            /* at the same time; 0: one a processor */
    int level;           /* enum sandbox_level; -1: the best */
    int required;        /* the weakest that will do; -1: any */
    int tasks;           /* of a Slurm job array; 0: on this machine */
};

/*
 * Do all that is left to do.  Exit status: 0; 2 usage; 3 after a message, or if
 * some submission could not be graded; 128+N if signal N came: what is done by
 * then is kept.  worker_prepare() must have been called.
 */
int class_run(const struct kit *kit, const struct class_options *options);

/* What the instructor says of a test. */
struct class_override {
    const char *student, *lab, *test;
    int points;      /* tenths; -1: take it back */
    const char *why; /* for the student */
};

/* Keep OVERRIDE in the gradebook of OUT and write all pages anew; 0, 3 after a
 * message, or 128+N. */
int class_override(const struct kit *kit, const char *out,
                   const struct class_override *override);

#endif
