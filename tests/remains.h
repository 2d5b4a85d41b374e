// SPDX-License-Identifier: MIT
/*
 * remains.h - what the grader left on the machine: processes, System V objects,
 * temporary files.  Whoever asks gives each `ipclab` a TMPDIR of its own, by
 * which all that it starts is known.
 */
#ifndef TESTS_REMAINS_H
#define TESTS_REMAINS_H

/* Look from now on: DIRECTORY, which must stay in memory, is the TMPDIR and is
 * empty; the System V objects that there are may stay. */
void remains_begin(const char *directory);
/* A sentence about something that was not there before, to be freed; NULL if
 * there is nothing. */
char *remains_find(void);
/* The same, but ends that are on their way are waited for, two minutes at most.
 */
char *remains_await(void);

#endif
