// SPDX-License-Identifier: MIT
/*
 * score.h - points, from verdicts and cleanliness.
 *
 * A test's points are earned if it passed natively; one fifth of them is for
 * cleanliness and is lost when memcheck found something or its log broke off.
 * What could not be judged because of an error of ours is taken out of the
 * maximum: it is never scored as zero.
 */
#ifndef GRADE_SCORE_H
#define GRADE_SCORE_H

#include "result.h"

/* Fill in points and max of all tests, the grade's sums, and "complete". */
void score_grade(struct grade *grade);

#endif
