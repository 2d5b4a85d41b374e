// SPDX-License-Identifier: MIT
/*
 * hint.h - the hints of labs/LAB/hints.md, one at a time, and which of them a
 * student has been given: build/results/LAB.hints.json.
 */
#ifndef PRACTICE_HINT_H
#define PRACTICE_HINT_H

#include <stdbool.h>
#include <stddef.h>

#include "lab.h"
#include "report.h"
#include "standing.h"

/* The hints of a step, weakest first, as text with a newline behind each
 * paragraph. */
struct hint_step {
    char *step;
    struct argv hints;
};

struct hints {
    struct hint_step *steps;
    size_t step_count;
};

/* Read TEXT: a heading with the step, below it an ordered list.  What is not of
 * that form is passed over.  To be released. */
void hints_parse(struct hints *hints, const char *text);
void hints_release(struct hints *hints);
/* The step called NAME, or NULL. */
const struct hint_step *hints_find(const struct hints *hints, const char *name);

/* How many hints of all steps of LAB were given. */
int hints_given(const struct kit *kit, const char *lab);
/* The same for each lab of STANDINGS. */
void hints_fill(const struct kit *kit, struct standings *standings);

/*
 * Give the next hint of WHAT: a step; a lab, of which it is the step of the
 * test to work on next; NULL: the one lab that is in progress.  AGAIN: show
 * those given so far instead.  The exit status.
 */
int hint_give(const struct kit *kit, const char *what, bool again,
              const struct report *report);

#endif
