// SPDX-License-Identifier: MIT
/*
 * status.h - the last grade of each lab of the kit, kept in build/results/.
 */
#ifndef GRADE_STATUS_H
#define GRADE_STATUS_H

#include "lab.h"
#include "result.h"
#include "standing.h"

/* Keep GRADE, of the kit's own file, as build/results/LAB.json; 0, or -1 after
 * a message. */
int status_keep(const struct kit *kit, const struct grade *grade);

/* The last grade of LAB, to be freed by grade_free(); NULL: none is kept. */
struct grade *status_last(const struct kit *kit, const char *lab);
/* Whether the lab's file is another than the one of GRADE. */
bool status_has_changed(const struct kit *kit, const struct grade *grade);

/* Where the student stands in each lab; to be freed by standings_free(). */
struct standings *status_read(const struct kit *kit);

#endif
