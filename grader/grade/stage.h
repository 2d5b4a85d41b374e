// SPDX-License-Identifier: MIT
/*
 * stage.h - the directory that a grade is made in.
 *
 * The kit may live where the worker cannot go, so all it needs is copied:
 *
 *     kit/      shown as /kit: init, confine, shim.so, valgrind.supp, bin/ and,
 *               once it is built, the student's program
 *     etc/      shown as /etc
 *     build/    shown as /work to the compiler: LAB/LAB.c, given sources,
 *               main.o, server.o
 *     bin/      the lab's test program
 *     results/  what that writes
 *     tmp/      its TMPDIR
 *     lock      held with flock(2) for as long as a grader uses the stage
 *
 * What a grader that was killed leaves behind is removed by the next.
 */
#ifndef GRADE_STAGE_H
#define GRADE_STAGE_H

#include "lab.h"
#include "submission.h"

struct stage {
    char *path;
    int lock_fd;
};

/* Make the stage for LAB and SUBMISSION; 0, or -1 after a message. */
int stage_init(struct stage *stage, const struct kit *kit, const char *lab,
               const struct submission *submission);
/* Remove it and all that is in it. */
void stage_release(struct stage *stage);

#endif
