// SPDX-License-Identifier: MIT
/*
 * texts.h - what of a lab belongs together: skeleton, solution, hints, handout
 * and tests.
 */
#ifndef TESTS_TEXTS_H
#define TESTS_TEXTS_H

#include <stdbool.h>

#include "result.h"

/* Counts OK, and prints what the printf-style FORMAT says was looked at: the
 * program's own. */
void check(bool ok, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The text of the file PATH, to be freed; ends the program if it has none. */
char *texts_read(const char *path);

/* Skeleton and solution of LAB differ inside gaps only, the copy of the
 * skeleton for `make reset` is one, every step has three hints and a heading in
 * the handout. */
void texts_check(const char *lab);
/* Each step of LAB has a test in GRADE. */
void texts_check_steps(const char *lab, const struct grade *grade);

#endif
