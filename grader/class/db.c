// SPDX-License-Identifier: MIT
/* db.c - SQLite, with messages; see db.h. */
#include "db.h"

#include <stdarg.h>
#include <stddef.h>

#include "text.h"

#define BUSY_MS 10000

static int failed(sqlite3 *db)
{
    const char *path = sqlite3_db_filename(db, "main");

    return complain("%s: %s", path ? path : "gradebook", sqlite3_errmsg(db));
}

sqlite3 *db_open(const char *path)
{
    sqlite3 *db = NULL;

    if (sqlite3_open(path, &db) == SQLITE_OK &&
        sqlite3_busy_timeout(db, BUSY_MS) == SQLITE_OK &&
        sqlite3_exec(db,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                     "PRAGMA foreign_keys = ON",
                     NULL, NULL, NULL) == SQLITE_OK)
        return db;
    (void)complain("%s: %s; name another directory with --out", path,
                   sqlite3_errmsg(db));
    (void)sqlite3_close(db);
    return NULL;
}

static int bind(sqlite3_stmt *statement, const char *types, va_list list)
{
    int status = SQLITE_OK;

    for (int i = 1; *types && status == SQLITE_OK; types++, i++) {
        const void *data;
        switch (*types) {
        case 't':
            status = sqlite3_bind_text(statement, i, va_arg(list, const char *),
                                       -1, SQLITE_TRANSIENT);
            break;
        case 'i':
            status = sqlite3_bind_int64(statement, i, va_arg(list, int64_t));
            break;
        case 'd':
            status = sqlite3_bind_double(statement, i, va_arg(list, double));
            break;
        default:
            data = va_arg(list, const void *);
            status = sqlite3_bind_blob64(
                statement, i, data, va_arg(list, size_t), SQLITE_TRANSIENT);
        }
    }
    return status;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql, const char *types,
                             va_list list)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        bind(statement, types, list) == SQLITE_OK)
        return statement;
    (void)failed(db);
    (void)sqlite3_finalize(statement);
    return NULL;
}

sqlite3_stmt *db_query(sqlite3 *db, const char *sql, const char *types, ...)
{
    va_list list;

    va_start(list, types);
    sqlite3_stmt *rows = prepare(db, sql, types, list);
    va_end(list);
    return rows;
}

int db_next(sqlite3_stmt *rows)
{
    if (rows == NULL)
        return -1;
    int status = sqlite3_step(rows);
    if (status == SQLITE_ROW)
        return 1;
    int result = status == SQLITE_DONE ? 0 : failed(sqlite3_db_handle(rows));
    (void)sqlite3_finalize(rows);
    return result;
}

int db_run(sqlite3 *db, const char *sql, const char *types, ...)
{
    va_list list;

    va_start(list, types);
    sqlite3_stmt *rows = prepare(db, sql, types, list);
    va_end(list);
    int status = db_next(rows);
    while (status > 0)
        status = db_next(rows);
    return status;
}

int db_script(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0
                                                                : failed(db);
}

const char *db_text(sqlite3_stmt *rows, int n)
{
    const unsigned char *text = sqlite3_column_text(rows, n);

    return text ? (const char *)text : "";
}

int64_t db_int(sqlite3_stmt *rows, int n)
{
    return sqlite3_column_int64(rows, n);
}

int64_t db_number(sqlite3 *db, int64_t fallback, const char *sql,
                  const char *types, ...)
{
    va_list list;

    va_start(list, types);
    sqlite3_stmt *rows = prepare(db, sql, types, list);
    va_end(list);
    int64_t value = fallback;
    int status = db_next(rows);
    if (status > 0) {
        value = sqlite3_column_type(rows, 0) == SQLITE_NULL ? fallback
                                                            : db_int(rows, 0);
        (void)sqlite3_finalize(rows);
    }
    return value;
}
