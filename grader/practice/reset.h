// SPDX-License-Identifier: MIT
/*
 * reset.h - a fresh start: labs/LAB/LAB.c becomes the skeleton again.
 *
 * The skeleton is labs/LAB/skeleton.c, which nobody edits: what git has of
 * LAB.c may be a student's own commit, and a student's kit has no git.
 */
#ifndef PRACTICE_RESET_H
#define PRACTICE_RESET_H

#include "lab.h"

/* Keep the file as LAB.c.1, .2, ..., whatever name is free, and put the
 * skeleton in its place; says so in a line.  The exit status. */
int reset_lab(const struct kit *kit, const char *lab);

#endif
