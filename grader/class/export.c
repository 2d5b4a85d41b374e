// SPDX-License-Identifier: MIT
/* export.c - gradebook.csv; see export.h. */
#include "export.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "result.h"
#include "text.h"

/* TEXT as one field, quoted: RFC 4180. */
static void put_field(FILE *out, const char *text)
{
    /* OWASP's list of what makes a formula of a field. */
    bool formula = *text && strchr("=+-@\t\r", *text);
    char *safe = xformat("%s%s", formula ? "'" : "", text);

    (void)csv_fwrite(out, safe, strlen(safe));
    free(safe);
}

static void put_points(FILE *out, int64_t tenths)
{
    char points[16];

    (void)fprintf(out, ",%s", tenths_format((int)tenths, points));
}

/* Points of STUDENT in each lab; an empty field where there is none. */
static int put_labs(sqlite3 *book, FILE *out, const char *student,
                    const struct argv *labs)
{
    int64_t sum = 0;

    for (size_t i = 0; i < labs->count; i++) {
        int64_t points = db_number(book, -1,
                                   "SELECT points FROM grade WHERE student = ? "
                                   "AND lab = ?",
                                   "tt", student, labs->items[i]);
        if (points < 0)
            (void)fputc(',', out);
        else
            put_points(out, points);
        sum += points < 0 ? 0 : points;
    }
    put_points(out, sum);
    return ferror(out) ? -1 : 0;
}

static int put_rows(sqlite3 *book, FILE *out, const struct argv *labs)
{
    sqlite3_stmt *rows = db_query(
        book,
        "SELECT student.id, name, section, "
        "(SELECT count(*) FROM counted WHERE student = student.id AND late), "
        "(SELECT count(DISTINCT lab) FROM unsettled WHERE student = "
        "student.id) "
        "FROM student ORDER BY in_roster DESC, section, name, student.id",
        "");
    int status;

    (void)fputs("id,name,section", out);
    for (size_t i = 0; i < labs->count; i++)
        (void)fprintf(out, ",%s", labs->items[i]);
    (void)fputs(",total,late,errors\r\n", out);
    while ((status = db_next(rows)) > 0) {
        put_field(out, db_text(rows, 0));
        (void)fputc(',', out);
        put_field(out, db_text(rows, 1));
        (void)fputc(',', out);
        put_field(out, db_text(rows, 2));
        (void)put_labs(book, out, db_text(rows, 0), labs);
        (void)fprintf(out, ",%d,%d\r\n", (int)db_int(rows, 3),
                      (int)db_int(rows, 4));
    }
    return status;
}

int export_csv(sqlite3 *book, const struct argv *labs, const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return complain("%s: %s", path, strerror(errno));
    int status = put_rows(book, out, labs);
    if (fclose(out) != 0)
        status = -1;
    if (status == 0 && write_file(path, text, size, 0644) < 0)
        status = complain("%s: %s", path, strerror(errno));
    free(text);
    return status;
}
