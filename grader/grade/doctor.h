// SPDX-License-Identifier: MIT
/*
 * doctor.h - what this machine can run, and what to change.
 */
#ifndef GRADE_DOCTOR_H
#define GRADE_DOCTOR_H

#include <stdbool.h>

#include "lab.h"
#include "standing.h"

/*
 * Try everything that grading needs, as the user that grading works as.  0 and
 * *CHECKS, to be freed by the caller; otherwise an exit status, after a
 * message.  worker_prepare() must have been called.
 */
int doctor_examine(const struct kit *kit, struct checks **checks);

/* No check is bad: grading is possible, at some level. */
bool doctor_can_grade(const struct checks *checks);

#endif
