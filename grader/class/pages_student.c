// SPDX-License-Identifier: MIT
/* pages_student.c - what a student gets to read; see pages.h. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "moment.h"
#include "names.h"
#include "page.h"
#include "pages.h"
#include "report.h"
#include "result.h"
#include "text.h"

#define LINES_MAX 5000 /* more is no program of a student */

/* A student's result in one lab. */
struct counted {
    const char *student, *lab;
    char *data; /* their file */
    size_t size;
    bool graded;
    struct grade *grade; /* without what they must not see; NULL: none */
    size_t hidden;       /* tests that were taken out */
};

static const char *yes(bool is)
{
    return is ? "yes" : NULL;
}

static const char *why_counted(const char *attempts, bool counted)
{
    if (strcmp(attempts, "best") == 0)
        return counted ? "the best" : "another is better";
    if (strcmp(attempts, "first") == 0)
        return counted ? "the first" : "an earlier one counts";
    return counted ? "the newest" : "a newer one counts";
}

/* ---- What was handed in ------------------------------------------------ */

static int add_attempts(const struct pages *pages, xmlNode *node,
                        const struct counted *counted)
{
    sqlite3_stmt *rows = db_query(
        pages->book,
        "SELECT place, submitted, late, origin, (SELECT value FROM setting "
        "WHERE name = 'attempts') FROM ranked WHERE student = ? AND lab = ? "
        "ORDER BY first_seen, number, submitted, origin",
        "tt", counted->student, counted->lab);
    int status, n = 0;

    while ((status = db_next(rows)) > 0) {
        char at[MOMENT_SIZE];
        bool counts = db_int(rows, 0) == 1;
        xmlNode *attempt = page_add(node, "attempt");
        page_setf(attempt, "n", "%d", ++n);
        page_set(attempt, "counted", yes(counts));
        if (db_int(rows, 1))
            page_set(attempt, "submitted", moment_format(db_int(rows, 1), at));
        page_set(attempt, "late", yes(db_int(rows, 2)));
        if (counts && db_int(rows, 2))
            page_set(node, "late", "yes");
        page_set(attempt, "origin", db_text(rows, 3));
        page_set(attempt, "why", why_counted(db_text(rows, 4), counts));
    }
    return status;
}

/* The same for the text. */
static void tell_override(FILE *text, sqlite3_stmt *rows, bool judged)
{
    char points[16], was[16], *why = text_visible(db_text(rows, 3));

    (void)fprintf(text,
                  "  changed by the instructor: %s has %s points%s%s: %s\n",
                  db_text(rows, 0), tenths_format((int)db_int(rows, 1), points),
                  judged ? " instead of " : "",
                  judged ? tenths_format((int)db_int(rows, 2), was) : "", why);
    free(why);
}

static int add_overrides(const struct pages *pages, xmlNode *node,
                         const struct counted *counted, FILE *text)
{
    sqlite3_stmt *rows = db_query(
        pages->book,
        "SELECT override.test, override.points, machine_points, why, at, "
        "verdict.verdict <> 'error' "
        "FROM override JOIN verdict USING (student, lab) WHERE name = test "
        "AND student = ? AND lab = ? ORDER BY number",
        "tt", counted->student, counted->lab);
    int status;

    while ((status = db_next(rows)) > 0) {
        char at[MOMENT_SIZE];
        /* Not even the name of a hidden test is shown. */
        if (!counted->grade || !grade_find(counted->grade, db_text(rows, 0)))
            continue;
        bool judged = db_int(rows, 5);
        tell_override(text, rows, judged);
        xmlNode *override = page_add(node, "override");
        page_set(override, "test", db_text(rows, 0));
        page_set_points(override, "points", db_int(rows, 1));
        if (judged)
            page_set_points(override, "was", db_int(rows, 2));
        page_set(override, "why", db_text(rows, 3));
        page_set(override, "at", moment_format(db_int(rows, 4), at));
    }
    return status;
}

/* The sum of the tests that are not shown. */
static void add_hidden(const struct pages *pages, xmlNode *node,
                       const struct counted *counted)
{
    static const char *const sums[] = {"points", "max"};

    if (counted->hidden == 0)
        return;
    xmlNode *hidden = page_add(node, "hidden");
    page_setf(hidden, "count", "%zu", counted->hidden);
    for (size_t i = 0; i < LENGTH(sums); i++) {
        char *sql = xformat("SELECT sum(%s) FROM verdict WHERE student = ? AND "
                            "lab = ? AND (visibility = 'hidden' OR (visibility "
                            "= 'after_due_date' AND NOT ?))",
                            sums[i]);
        page_set_points(hidden, sums[i],
                        db_number(pages->book, 0, sql, "tti", counted->student,
                                  counted->lab, (int64_t)pages->after_due));
        free(sql);
    }
}

/* ---- Their code ---------------------------------------------------------- */

static const struct grade_message *message_at(const struct grade *grade,
                                              const char *file, int line)
{
    for (size_t i = 0; grade && i < grade->build.message_count; i++) {
        const struct grade_message *message = &grade->build.messages[i];
        if (message->line == line && message->file &&
            strcmp(message->file, file) == 0 &&
            strcmp(message->severity, "note") != 0)
            return message;
    }
    return NULL;
}

static const struct grade_finding *finding_at(const struct grade *grade,
                                              const char *file, int line)
{
    for (size_t t = 0; grade && t < grade->test_count; t++)
        for (size_t i = 0; i < grade->tests[t].finding_count; i++) {
            const struct grade_finding *finding = &grade->tests[t].findings[i];
            if (finding->line == line && finding->file &&
                strcmp(finding->file, file) == 0)
                return finding;
        }
    return NULL;
}

static void add_line(xmlNode *source, const struct counted *counted,
                     const char *file, int number, const char *text)
{
    xmlNode *line = page_add(source, "line");
    const struct grade_message *message =
        message_at(counted->grade, file, number);
    const struct grade_finding *finding =
        finding_at(counted->grade, file, number);

    page_setf(line, "n", "%d", number);
    if (message) {
        page_set(line, "mark", message->severity);
        page_add_text(line, "note", message->message);
    } else if (finding) {
        page_set(line, "mark", "memory");
        page_add_text(line, "note", finding->what);
    }
    page_text(line, text);
}

static void add_source(xmlNode *node, const struct counted *counted)
{
    char *file = xformat("%s.c", counted->lab);
    char *text = text_utf8(counted->data, counted->size);
    char *rest = text, *line;
    int number = 0;
    xmlNode *source = page_add(node, "source");

    page_set(source, "file", file);
    while ((line = strsep(&rest, "\n")) != NULL && number < LINES_MAX)
        if (*line || rest) /* not behind the last newline */
            add_line(source, counted, file, ++number, line);
    if (line)
        add_line(source, counted, file, number + 1, "[the rest is left out]");
    free(text);
    free(file);
}

/* ---- A lab --------------------------------------------------------------- */

/* Fill COUNTED; 1, 0 if nothing was handed in, -1 after a message. */
static int read_counted(const struct pages *pages, struct counted *counted)
{
    sqlite3_stmt *rows =
        db_query(pages->book,
                 "SELECT file.data, result.grade FROM counted JOIN file "
                 "ON file.hash = counted.hash LEFT JOIN result ON result.id = "
                 "counted.result WHERE student = ? AND counted.lab = ?",
                 "tt", counted->student, counted->lab);
    int status = db_next(rows);
    char why[160];

    if (status <= 0)
        return status;
    counted->size = (size_t)sqlite3_column_bytes(rows, 0);
    counted->data = xcalloc(counted->size + 1, 1);
    if (counted->size > 0)
        memcpy(counted->data, sqlite3_column_blob(rows, 0), counted->size);
    const char *json = db_text(rows, 1);
    counted->graded = *json;
    if (counted->graded)
        counted->grade = grade_from_json(json, strlen(json), why, sizeof(why));
    if (counted->grade)
        counted->hidden = grade_hide_tests(counted->grade, pages->after_due);
    (void)sqlite3_finalize(rows);
    return 1;
}

static void counted_release(struct counted *counted)
{
    free(counted->data);
    grade_free(counted->grade);
}

static const char *status_of(const struct pages *pages,
                             const struct counted *counted)
{
    if (db_number(pages->book, 0,
                  "SELECT count(*) FROM unsettled WHERE student = ? AND lab = "
                  "?",
                  "tt", counted->student, counted->lab) > 0)
        return "error";
    if (!counted->graded)
        return "waiting";
    if (counted->grade == NULL)
        return "error"; /* it cannot be read */
    return counted->grade->build.ok ? "graded" : "unbuilt";
}

/* Why there is no grade; to be freed, NULL: it is only that nobody has tried.
 */
static char *why_not_graded(const struct pages *pages,
                            const struct counted *counted)
{
    sqlite3_stmt *rows = db_query(pages->book,
                                  "SELECT why FROM unsettled WHERE student = ? "
                                  "AND lab = ? AND test IS NULL",
                                  "tt", counted->student, counted->lab);
    char *why = NULL;

    if (db_next(rows) > 0) {
        why = xstrdup(db_text(rows, 0));
        (void)sqlite3_finalize(rows);
    }
    return why;
}

static void add_grade(xmlNode *node, const struct counted *counted)
{
    char *text = grade_to_json(counted->grade);
    json_t *json = json_loads(text, 0, NULL);

    if (json)
        page_add_json(node, "grade", json);
    json_decref(json);
    free(text);
}

/* What stands instead of points. */
static void add_no_points(const struct pages *pages, xmlNode *node,
                          const struct counted *counted, bool late, FILE *text)
{
    char *why = why_not_graded(pages, counted);
    char *visible = text_visible(why ? why : "");

    page_set(node, "why", why);
    if (why == NULL)
        (void)fprintf(text, "%s: not graded yet%s\n", counted->lab,
                      late ? ", late" : "");
    else
        (void)fprintf(
            text,
            "%s: could not be graded%s\n  It is a fault of the grader "
            "or its machine, and not scored as zero: %s\n",
            counted->lab, late ? ", late" : "", visible);
    free(visible);
    free(why);
}

/* The sum; what stands above the machine's own report in the text. */
static void add_points(const struct pages *pages, xmlNode *node,
                       const struct counted *counted, bool late, FILE *text)
{
    char had[16], of[16];
    int64_t points = pages_sum(pages, "points", counted->student, counted->lab);
    int64_t max = pages_sum(pages, "max", counted->student, counted->lab);

    page_set_points(node, "points", points);
    page_set_points(node, "max", max);
    (void)fprintf(text, "%s: %s of %s points%s\n", counted->lab,
                  tenths_format((int)points, had), tenths_format((int)max, of),
                  late ? ", late" : "");
    if (counted->hidden > 0)
        (void)fprintf(text,
                      "  %zu tests are kept from this report; their "
                      "points are in the sum\n",
                      counted->hidden);
}

static int add_lab(const struct pages *pages, xmlNode *root,
                   struct counted *counted, FILE *text)
{
    xmlNode *node = page_add(root, "lab");
    int status = read_counted(pages, counted);

    page_set(node, "name", counted->lab);
    page_set(node, "status",
             status > 0 ? status_of(pages, counted) : "missing");
    if (status == 0)
        (void)fprintf(text, "%s: not handed in\n\n", counted->lab);
    if (status <= 0)
        return status;
    status = add_attempts(pages, node, counted);
    bool late = xmlHasProp(node, (const xmlChar *)"late");
    if (counted->graded)
        add_points(pages, node, counted, late, text);
    else
        add_no_points(pages, node, counted, late, text);
    if (status == 0)
        status = add_overrides(pages, node, counted, text);
    add_hidden(pages, node, counted);
    (void)fputc('\n', text);
    if (counted->grade) {
        struct report report;
        add_grade(node, counted);
        report_init(&report, text);
        report_grade(&report, counted->grade);
        (void)fputc('\n', text);
    }
    add_source(node, counted);
    return status;
}

static void add_head(const struct pages *pages, xmlNode *root,
                     const char *student, const char *name, const char *section)
{
    char now[MOMENT_SIZE];
    xmlNode *node = page_add(root, "student"), *total = page_add(root, "total");

    page_set(root, "kit", KIT_VERSION);
    page_set(root, "generated", moment_format(pages->now, now));
    page_set(node, "id", student);
    page_set(node, "name", name);
    page_set(node, "section", section);
    page_set_points(total, "points", pages_total(pages, student, "points"));
    page_set_points(total, "max", pages_total(pages, student, "max"));
}

int pages_write_student(const struct pages *pages,
                        struct page_template *template, const char *student,
                        const char *name, const char *section)
{
    xmlNode *root;
    xmlDoc *document = page_document("student-report", &root);
    char *file = name_file(student), *text = NULL;
    char *page = xformat("%s/students/%s.html", pages->directory, file);
    char *plain = xformat("%s/students/%s.txt", pages->directory, file);
    size_t size;
    FILE *out = open_memstream(&text, &size);
    int status = out ? 0 : complain("%s: %s", plain, strerror(errno));

    add_head(pages, root, student, name, section);
    if (out)
        (void)fprintf(out, "%s (%s)\n\n", name, student);
    for (size_t i = 0; status == 0 && i < pages->labs->count; i++) {
        struct counted counted = {.student = student,
                                  .lab = pages->labs->items[i]};
        status = add_lab(pages, root, &counted, out);
        counted_release(&counted);
    }
    if (out && fclose(out) != 0 && status == 0)
        status = complain("%s: %s", plain, strerror(errno));
    if (page_write(template, document, page) < 0)
        status = -1;
    if (status == 0 && write_file(plain, text, size, 0644) < 0)
        status = complain("%s: %s", plain, strerror(errno));
    free(text);
    free(plain);
    free(page);
    free(file);
    return status;
}
