// SPDX-License-Identifier: MIT
/*
 * text.h - bytes from outside made fit to be stored and shown.
 *
 * A submission decides what its output, its messages and its file name are
 * made of.  What is stored is UTF-8; what is shown has no control characters,
 * so that no submission can move a reader's cursor or recolour a verdict.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>

/* The SIZE bytes of DATA as UTF-8: what is not, and NUL, becomes U+FFFD.  A new
 * string, to be freed by the caller. */
char *text_utf8(const char *data, size_t size);

/*
 * STRING as one line for a terminal: UTF-8, with control characters, and those
 * that change the direction of writing, as \n, \t, \x1b, \u202e; a backslash
 * stays as it is.  To be freed by the caller.
 */
char *text_visible(const char *string);

/* STRING, cut between two characters and with "..." behind it where it has more
 * than MAX bytes.  To be freed by the caller. */
char *text_cut(const char *string, size_t max);

/* STRING as one word of a shell, on one line: as shell_quote() has it, or in
 * $'...' where it holds what cannot be shown.  To be freed by the caller. */
char *text_shell_word(const char *string);

/* How many columns the SIZE bytes of UTF-8 at STRING take up on a terminal
 * (combining marks none, East Asian wide characters two). */
size_t text_columns(const char *string, size_t size);

/* The bytes of the first character of STRING, at most SIZE: 1 where it is not
 * UTF-8. */
size_t text_step(const char *string, size_t size);

/*
 * Print "ipclab: MESSAGE" as one line, made visible, on stderr.  MESSAGE is
 * "what: why; what to do".  Returns -1 and leaves errno alone, so that a
 * function can end with `return complain(...)`.
 */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
