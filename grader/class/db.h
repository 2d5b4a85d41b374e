// SPDX-License-Identifier: MIT
/*
 * db.h - SQLite with one way to say what is bound, and one to say what failed.
 *
 * Values follow the statement as TYPES says: 't' text (const char *, NULL is
 * NULL), 'i' int64_t, 'd' double, 'b' a blob (const void *, size_t).
 */
#ifndef CLASS_DB_H
#define CLASS_DB_H

#include <sqlite3.h>
#include <stdint.h>

/* Open PATH, made if it is not there; NULL after a message. */
sqlite3 *db_open(const char *path);

/* Run a statement that yields no rows.  0, or -1 after a message. */
int db_run(sqlite3 *db, const char *sql, const char *types, ...);
/* Run several statements, without values. */
int db_script(sqlite3 *db, const char *sql);

/* A query: NULL after a message.  Then db_next() for each row: 1, 0 at the end,
 * -1 after a message; in the last two cases ROWS is finalized. */
sqlite3_stmt *db_query(sqlite3 *db, const char *sql, const char *types, ...);
int db_next(sqlite3_stmt *rows);

/* Column N of the row as text, "" for NULL; lives until the next row. */
const char *db_text(sqlite3_stmt *rows, int n);
int64_t db_int(sqlite3_stmt *rows, int n);

/* The one number that a query yields; FALLBACK where it yields none. */
int64_t db_number(sqlite3 *db, int64_t fallback, const char *sql,
                  const char *types, ...);

#endif
