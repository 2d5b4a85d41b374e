// SPDX-License-Identifier: MIT
/* pages_class.c - the overview of the class; see pages.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db.h"
#include "moment.h"
#include "names.h"
#include "page.h"
#include "pages.h"
#include "result.h"
#include "text.h"

/* STUDENT's page, relative to the overview. */
static void set_page(xmlNode *node, const char *name, const char *student,
                     const char *anchor)
{
    char *file = name_file(student);

    page_setf(node, name, "students/%s.html%s%s", file, anchor ? "#" : "",
              anchor ? anchor : "");
    free(file);
}

/* ---- Labs ---------------------------------------------------------------- */

/* How many points of 100 each of LAB's results has, ten to a bin; a bin of its
 * own for all of them. */
static int add_bins(const struct pages *pages, xmlNode *node, const char *lab)
{
    int status = 0, bins[11] = {0};
    sqlite3_stmt *rows =
        db_query(pages->book,
                 "SELECT points * 100 / max FROM grade WHERE lab = ? AND max > "
                 "0",
                 "t", lab);

    while ((status = db_next(rows)) > 0) {
        int64_t share = db_int(rows, 0);
        bins[share >= 100 ? 10 : share < 0 ? 0 : share / 10]++;
    }
    for (int i = 0; i < 11; i++) {
        xmlNode *bin = page_add(node, "bin");
        page_setf(bin, "from", "%d", 10 * i);
        page_setf(bin, "to", "%d", i < 10 ? 10 * i + 9 : 100);
        page_setf(bin, "count", "%d", bins[i]);
    }
    return status;
}

static int add_tests(const struct pages *pages, xmlNode *node, const char *lab)
{
    sqlite3_stmt *rows = db_query(
        pages->book,
        "SELECT name, description, sum(verdict = 'pass') AS passed, "
        "sum(verdict = 'fail') AS failed, sum(verdict = 'error'), worth, "
        "100 * sum(verdict = 'pass') / nullif(sum(verdict <> 'error'), 0) AS "
        "share FROM counted JOIN test ON test.result = counted.result WHERE "
        "lab = ? AND NOT bonus GROUP BY name ORDER BY share IS NULL, share, "
        "failed DESC, test.number",
        "t", lab);
    int status;

    while ((status = db_next(rows)) > 0) {
        xmlNode *test = page_add(node, "test");
        page_set(test, "name", db_text(rows, 0));
        page_set(test, "description", db_text(rows, 1));
        page_set(test, "passed", db_text(rows, 2));
        page_set(test, "failed", db_text(rows, 3));
        page_set(test, "errors", db_text(rows, 4));
        page_set_points(test, "points", db_int(rows, 5));
        page_set(test, "share", db_text(rows, 6));
    }
    return status;
}

static int add_lab(const struct pages *pages, xmlNode *root, const char *lab)
{
    xmlNode *node = page_add(root, "lab");
    sqlite3_stmt *rows = db_query(
        pages->book,
        "WITH sorted AS (SELECT points, max, row_number() OVER (ORDER BY "
        "points) AS n, count(*) OVER () AS total FROM grade WHERE lab = ?1 "
        "AND max > 0) " /* 0 of 0: nothing of it could be judged */
        "SELECT count(*), coalesce(avg(points), 0), coalesce((SELECT "
        "avg(points) FROM sorted WHERE n IN ((total + 1) / 2, (total + 2) / "
        "2)), 0), coalesce(sum(points >= max), 0), coalesce(max(max), 1000), "
        "(SELECT count(*) FROM student), (SELECT count(*) FROM counted WHERE "
        "lab = ?1) FROM sorted",
        "t", lab);
    int status = db_next(rows);

    page_set(node, "name", lab);
    if (status > 0) {
        int64_t graded = db_int(rows, 0);
        page_setf(node, "graded", "%d", (int)graded);
        page_set_points(node, "mean", db_int(rows, 1));
        page_set_points(node, "median", db_int(rows, 2));
        page_set(node, "full", db_text(rows, 3));
        page_set_points(node, "max", db_int(rows, 4));
        int64_t handed_in = db_int(rows, 6);
        page_setf(node, "missing", "%d", (int)(db_int(rows, 5) - handed_in));
        page_setf(node, "ungraded", "%d", (int)(handed_in - graded));
        (void)sqlite3_finalize(rows);
        status = add_bins(pages, node, lab);
    }
    return status < 0 ? -1 : add_tests(pages, node, lab);
}

/* ---- Misconceptions ------------------------------------------------------ */

static int add_misconceptions(const struct pages *pages, xmlNode *root)
{
    /* Who shows it, once each; the commonest first. */
    sqlite3_stmt *rows = db_query(
        pages->book,
        "WITH shown AS (SELECT DISTINCT counted.lab, diagnosis, student, "
        "max(sentence) AS sentence FROM counted JOIN test ON test.result = "
        "counted.result WHERE diagnosis IS NOT NULL AND NOT bonus GROUP BY "
        "counted.lab, "
        "diagnosis, student) "
        "SELECT lab, diagnosis, student, name, sentence, count(*) OVER "
        "(PARTITION BY lab, diagnosis) AS n FROM shown JOIN student ON "
        "student.id = student ORDER BY n DESC, lab, diagnosis, name",
        "");
    xmlNode *node = NULL;
    char *last = xstrdup("");
    int status;

    while ((status = db_next(rows)) > 0) {
        char *key = xformat("%s/%s", db_text(rows, 0), db_text(rows, 1));
        if (strcmp(key, last) != 0) {
            node = page_add(root, "misconception");
            page_set(node, "lab", db_text(rows, 0));
            page_set(node, "id", db_text(rows, 1));
            page_set(node, "count", db_text(rows, 5));
            page_set(node, "sentence", db_text(rows, 4));
        }
        free(last);
        last = key;
        xmlNode *who = page_add(node, "who");
        page_set(who, "student", db_text(rows, 2));
        page_set(who, "name", db_text(rows, 3));
        set_page(who, "page", db_text(rows, 2), NULL);
    }
    free(last);
    return status;
}

/* ---- Students ------------------------------------------------------------ */

static int add_cell(const struct pages *pages, xmlNode *node,
                    const char *student, const char *lab)
{
    sqlite3_stmt *rows = db_query(
        pages->book,
        "SELECT points, grade.max, late, (SELECT count(*) FROM unsettled AS u "
        "WHERE u.student = ?1 AND u.lab = ?2), builds, counted.result, "
        "(SELECT count(*) FROM attempt AS a WHERE a.student = ?1 AND a.lab = "
        "?2), (SELECT count(*) FROM override AS o WHERE o.student = ?1 AND "
        "o.lab = ?2) FROM counted LEFT JOIN grade USING (student, lab) WHERE "
        "student = ?1 AND counted.lab = ?2",
        "tt", student, lab);
    xmlNode *cell = page_add(node, "cell");
    int status = db_next(rows);

    page_set(cell, "lab", lab);
    if (status <= 0) {
        page_set(cell, "status", "missing");
        return status;
    }
    bool graded = sqlite3_column_type(rows, 5) != SQLITE_NULL;
    page_set(cell, "status",
             db_int(rows, 3)   ? "error"
             : !graded         ? "waiting"
             : db_int(rows, 4) ? "graded"
                               : "unbuilt");
    if (graded) {
        page_set_points(cell, "points", db_int(rows, 0));
        page_set_points(cell, "max", db_int(rows, 1));
    }
    page_set(cell, "late", db_int(rows, 2) ? "yes" : NULL);
    page_set(cell, "attempts", db_text(rows, 6));
    page_set(cell, "override", db_int(rows, 7) ? "yes" : NULL);
    set_page(cell, "href", student, lab);
    (void)sqlite3_finalize(rows);
    return 0;
}

static int add_students(const struct pages *pages, xmlNode *root)
{
    sqlite3_stmt *rows =
        db_query(pages->book,
                 "SELECT id, name, section, in_roster FROM student "
                 "ORDER BY in_roster DESC, section, name, id",
                 "");
    int status;

    while ((status = db_next(rows)) > 0) {
        const char *id = db_text(rows, 0);
        xmlNode *node = page_add(root, "student");
        page_set(node, "id", id);
        page_set(node, "name", db_text(rows, 1));
        page_set(node, "section", db_text(rows, 2));
        page_set(node, "roster", db_int(rows, 3) ? "yes" : "no");
        set_page(node, "page", id, NULL);
        for (size_t i = 0; status > 0 && i < pages->labs->count; i++)
            if (add_cell(pages, node, id, pages->labs->items[i]) < 0)
                status = -1;
        if (status < 0) {
            (void)sqlite3_finalize(rows);
            return -1;
        }
        page_set_points(node, "total", pages_total(pages, id, "points"));
        page_set_points(node, "max", pages_total(pages, id, "max"));
        if (!db_int(rows, 3))
            page_set(page_add(root, "unknown"), "student", id);
    }
    return status;
}

/* ---- The rest ------------------------------------------------------------ */

static int add_errors(const struct pages *pages, xmlNode *root)
{
    sqlite3_stmt *rows = db_query(
        pages->book,
        "SELECT student, student.name, lab, test, why FROM unsettled JOIN "
        "student ON student.id = student UNION ALL "
        /* Graded again in vain: the earlier result counts. */
        "SELECT student, student.name, counted.lab, NULL, failure.why FROM "
        "counted JOIN student ON student.id = student JOIN environment ON "
        "environment.lab = counted.lab JOIN failure ON failure.hash = "
        "counted.hash AND failure.lab = counted.lab AND failure.environment = "
        "environment.digest WHERE result IS NOT NULL ORDER BY 3, 1",
        "");
    int status;

    while ((status = db_next(rows)) > 0) {
        xmlNode *node = page_add(root, "error");
        page_set(node, "student", db_text(rows, 0));
        page_set(node, "name", db_text(rows, 1));
        page_set(node, "lab", db_text(rows, 2));
        if (*db_text(rows, 3))
            page_set(node, "test", db_text(rows, 3));
        page_set(node, "why", db_text(rows, 4));
        set_page(node, "page", db_text(rows, 0), NULL);
    }
    return status;
}

static void add_pairs(const struct pages *pages, xmlNode *root)
{
    for (size_t i = 0; i < pages->labs->count; i++) {
        const struct likeness *likeness = &pages->likenesses[i];
        const char *lab = pages->labs->items[i];
        if (likeness->count == 0)
            continue;
        xmlNode *node = page_add(root, "pairs");
        page_set(node, "lab", lab);
        page_setf(node, "page", "similar-%s.html", lab);
        page_setf(node, "usual", "%d", likeness->usual);
        page_setf(node, "compared", "%d", likeness->compared);
        for (size_t n = 0; n < likeness->count; n++) {
            const struct pair *pair = &likeness->pairs[n];
            xmlNode *child = page_add(node, "pair");
            page_set(child, "a", pair->student[0]);
            page_set(child, "a-name", pair->name[0]);
            page_set(child, "b", pair->student[1]);
            page_set(child, "b-name", pair->name[1]);
            page_setf(child, "percent", "%d", pair->percent);
            page_setf(child, "href", "similar-%s.html#pair-%zu", lab, n + 1);
        }
    }
}

static int add_ignored(const struct pages *pages, xmlNode *root)
{
    sqlite3_stmt *rows = db_query(
        pages->book, "SELECT path, why FROM ignored ORDER BY rowid", "");
    int status;

    while ((status = db_next(rows)) > 0) {
        xmlNode *node = page_add(root, "ignored");
        page_set(node, "path", db_text(rows, 0));
        page_set(node, "why", db_text(rows, 1));
    }
    return status;
}

static void add_head(const struct pages *pages, xmlNode *root)
{
    char now[MOMENT_SIZE];

    page_set(root, "kit", KIT_VERSION);
    page_set(root, "generated", moment_format(pages->now, now));
    page_setf(
        root, "students", "%d",
        (int)db_number(pages->book, 0, "SELECT count(*) FROM student", ""));
    page_setf(root, "handed-in", "%d",
              (int)db_number(pages->book, 0,
                             "SELECT count(DISTINCT student) FROM attempt",
                             ""));
    page_setf(root, "jobs", "%zu", pages->jobs);
    page_setf(root, "cached", "%zu", pages->cached);
    page_set(root, "sandbox", pages->level);
    sqlite3_stmt *rows = db_query(
        pages->book,
        "SELECT group_concat(test, ', ') FROM (SELECT DISTINCT lab || ': ' || "
        "name AS test FROM verdict WHERE visibility <> 'visible' ORDER BY lab, "
        "number)",
        "");
    if (db_next(rows) > 0) {
        if (*db_text(rows, 0))
            page_set(root, "hidden", db_text(rows, 0));
        (void)sqlite3_finalize(rows);
    }
}

int pages_write_class(const struct pages *pages)
{
    char *template_path = kit_path(pages->kit, "grader/report/pages/class.xsl");
    char *path = xformat("%s/index.html", pages->directory);
    struct page_template *template = page_template_new(template_path);
    int status = template ? 0 : -1;
    xmlNode *root;
    xmlDoc *document = page_document("class-report", &root);

    add_head(pages, root);
    for (size_t i = 0; status == 0 && i < pages->labs->count; i++)
        status = add_lab(pages, root, pages->labs->items[i]);
    if (status == 0)
        status = add_misconceptions(pages, root);
    if (status == 0)
        status = add_students(pages, root);
    if (status == 0)
        status = add_errors(pages, root);
    add_pairs(pages, root);
    if (status == 0)
        status = add_ignored(pages, root);
    if (status == 0)
        status = page_write(template, document, path);
    else
        xmlFreeDoc(document);
    page_template_free(template);
    free(path);
    free(template_path);
    return status;
}
