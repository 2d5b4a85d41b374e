// SPDX-License-Identifier: MIT
/*
 * stage.h - the directory that a grade is made in.
 *
 * The kit may live where the worker cannot go, so all it needs is copied:
 *
 *     kit/      shown as /kit: init, confine, shim.so, tell.so, handlers.so,
 *               valgrind.supp, bin/ and, once it is built, the student's
 *               program
 *     etc/      shown as /etc
 *     build/    shown as /work to the compiler: LAB/LAB.c, given sources,
 *               main.o, server.o
 *     bin/      the lab's test program
 *     results/  what that writes
 *     record/   ...for `ipclab show`: see probe/record.h
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

/* Make the stage for SUBMISSION and TEST_PROGRAM, the tests of LAB (NULL: the
 * kit's own); 0, or -1 after a message. */
int stage_init(struct stage *stage, const struct kit *kit, const char *lab,
               const struct submission *submission, const char *test_program);
/* Make one for a tool that is to run in the sandbox: without the lab's files.
 * What the tool needs goes into build/, which it sees as /work. */
int stage_init_tool(struct stage *stage, const struct kit *kit);
/* Remove it and all that is in it. */
void stage_release(struct stage *stage);

/* The directory below /usr that a sandbox must not show, or NULL: /usr is the
 * only part of the machine's files that is in sight. */
const char *stage_hidden(const struct kit *kit);

#endif
