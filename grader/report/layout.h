// SPDX-License-Identifier: MIT
/*
 * layout.h - lines of a terminal report: colour, columns, wrapping.
 */
#ifndef REPORT_LAYOUT_H
#define REPORT_LAYOUT_H

#include "report.h"

enum colour { PLAIN, BOLD, DIM, RED, GREEN, YELLOW };

/* TEXT, made visible, in COLOUR, filled up with spaces to COLUMNS. */
void layout_cell(const struct report *report, enum colour colour,
                 const char *text, int columns);

/* The bytes of TEXT, which is visible, that fit into COLUMNS: up to a space if
 * there is one. */
size_t layout_fitting(const char *text, int columns);

/*
 * A block: LABEL at column INDENT, and TEXT beside it at column INDENT +
 * LABEL_WIDTH, wrapped at words.  LABEL may be "", or NULL: TEXT at INDENT.
 */
void layout_block(const struct report *report, int indent, const char *label,
                  const char *text);
/* The same, but never wrapped: a command. */
void layout_command(const struct report *report, int indent, const char *label,
                    const char *text);
/* Each line of TEXT as a block of its own; LABEL beside the first. */
void layout_lines(const struct report *report, int indent, const char *label,
                  const char *text);

#define LABEL_WIDTH 10

#endif
