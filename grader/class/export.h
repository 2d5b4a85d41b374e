// SPDX-License-Identifier: MIT
/*
 * export.h - the gradebook as a table for other programs.
 */
#ifndef CLASS_EXPORT_H
#define CLASS_EXPORT_H

#include <sqlite3.h>

#include "base.h"

/* Write PATH: a row for each student, a column for each of LABS, and the total.
 * Fields that a spreadsheet would take for a formula get an apostrophe in
 * front. 0, or -1 after a message. */
int export_csv(sqlite3 *book, const struct argv *labs, const char *path);

#endif
