// SPDX-License-Identifier: MIT
/*
 * work.h - what the commands of a student at work have in common: exit statuses
 * and the way to name another command.
 */
#ifndef PRACTICE_WORK_H
#define PRACTICE_WORK_H

#include "lab.h"

enum { WORK_DONE = 0, WORK_USAGE = 2, WORK_UNABLE = 3 };

/* The command of the Makefile as it is typed here: "make ..." in the kit's
 * directory, "make -C KIT ..." elsewhere; to be freed. */
char *work_make(const struct kit *kit, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether the kit has LAB; complains if not. */
bool work_has_lab(const struct kit *kit, const char *lab);

#endif
