// SPDX-License-Identifier: MIT
/*
 * build.h - the submission compiled and linked, in the sandbox, by flags that
 * nothing in it can change.
 */
#ifndef GRADE_BUILD_H
#define GRADE_BUILD_H

#include "lab.h"
#include "result.h"
#include "sandbox.h"
#include "stage.h"

/*
 * Build STAGE's copy of the submission for GRADE->lab into kit/LAB of the stage
 * and fill GRADE->build; that the file does not build is a result.  0, or -1
 * after a message where it could not be tried.
 */
int build_submission(struct grade *grade, const struct stage *stage,
                     const struct sandbox *sandbox);

/* The command with which the submission can be built by hand; to be freed. */
char *build_command(const struct kit *kit, const char *lab,
                    const char *submission);

#endif
