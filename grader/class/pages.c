// SPDX-License-Identifier: MIT
/* pages.c - all that is written for people; see pages.h. */
#include "pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db.h"
#include "page.h"
#include "text.h"

int64_t pages_sum(const struct pages *pages, const char *column,
                  const char *student, const char *lab)
{
    char *sql =
        xformat("SELECT %s FROM grade WHERE student = ? AND lab = ?", column);
    int64_t value = db_number(pages->book, 0, sql, "tt", student, lab);

    free(sql);
    return value;
}

/* What LAB is worth to those who have a result in it. */
static int64_t max_of_others(const struct pages *pages, const char *lab)
{
    return db_number(pages->book, 1000,
                     "SELECT max(max) FROM grade WHERE lab = ?", "t", lab);
}

int64_t pages_total(const struct pages *pages, const char *student,
                    const char *column)
{
    bool max = strcmp(column, "max") == 0;
    int64_t total = 0;

    for (size_t i = 0; i < pages->labs->count; i++) {
        const char *lab = pages->labs->items[i];
        bool handed_in = db_number(pages->book, 0,
                                   "SELECT count(*) FROM counted WHERE student "
                                   "= ? AND lab = ?",
                                   "tt", student, lab) > 0;
        total += max && !handed_in ? max_of_others(pages, lab)
                                   : pages_sum(pages, column, student, lab);
    }
    return total;
}

static int write_students(const struct pages *pages)
{
    char *path = kit_path(pages->kit, "grader/report/pages/student.xsl");
    char *directory = xformat("%s/students", pages->directory);
    struct page_template *template = page_template_new(path);
    int status = template ? 0 : -1;

    if (status == 0 && mkdir(directory, 0777) < 0 && errno != EEXIST)
        status = complain("%s: %s", directory, strerror(errno));
    sqlite3_stmt *rows =
        status == 0
            ? db_query(pages->book, "SELECT id, name, section FROM student", "")
            : NULL;
    while (rows && (status = db_next(rows)) > 0) {
        status = pages_write_student(pages, template, db_text(rows, 0),
                                     db_text(rows, 1), db_text(rows, 2));
        if (status < 0) {
            (void)sqlite3_finalize(rows);
            break;
        }
    }
    page_template_free(template);
    free(directory);
    free(path);
    return status;
}

int pages_write(const struct pages *pages)
{
    if (write_students(pages) < 0 || pages_write_similar(pages) < 0)
        return -1;
    return pages_write_class(pages);
}
