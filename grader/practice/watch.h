// SPDX-License-Identifier: MIT
/*
 * watch.h - grade a lab whenever its file is saved, and say what is new.
 */
#ifndef PRACTICE_WATCH_H
#define PRACTICE_WATCH_H

#include "lab.h"

/*
 * Watch labs/LAB/LAB.c until a signal comes.  A save during a grade ends that
 * grade.  The exit status: Ctrl-C, the way to end it, is 0.  worker_prepare()
 * must have been called.
 */
int watch_lab(const struct kit *kit, const char *lab);

#endif
