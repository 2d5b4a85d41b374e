// SPDX-License-Identifier: MIT
/*
 * diagnostics.h - what gcc, the assembler and the linker wrote, as a list; and
 * the first error of it in plain words.
 *
 * The text form is read, not -fdiagnostics-format=json: gcc 12 puts control
 * characters of the source into that unescaped, and neither the assembler nor
 * the linker knows it.
 */
#ifndef GRADE_DIAGNOSTICS_H
#define GRADE_DIAGNOSTICS_H

#include <stddef.h>

#include "result.h"

/* No more messages than this are kept. */
#define DIAGNOSTICS_MAX 50

/*
 * Append to BUILD the messages in the SIZE bytes of TEXT, written under
 * LC_ALL=C and without carets.  Files below /usr keep their path, others lose
 * it.
 */
void diagnostics_parse(struct grade_build *build, const char *text,
                       size_t size);

/*
 * The first error of BUILD in words for someone who never saw it; SOURCE is the
 * student's file ("pipe.c").  NULL if there is no error.  To be freed.
 */
char *diagnostics_explain(const struct grade_build *build, const char *source);

#endif
