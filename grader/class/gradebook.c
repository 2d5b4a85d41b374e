// SPDX-License-Identifier: MIT
/* gradebook.c - what is kept of a class; see gradebook.h. */
#include "gradebook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "db.h"
#include "text.h"

#define SCHEMA_MAX (1024 * 1024)

static int create(sqlite3 *book, const struct kit *kit)
{
    char *path = kit_path(kit, "grader/class/schema.sql");
    char *schema = read_file(AT_FDCWD, path, SCHEMA_MAX, NULL);
    int status;

    if (schema == NULL) {
        status = complain("%s: %s", path, strerror(errno));
    } else {
        char *script = xformat("BEGIN IMMEDIATE; %s; PRAGMA user_version = %d; "
                               "COMMIT",
                               schema, GRADEBOOK_SCHEMA);
        status = db_script(book, script);
        free(script);
    }
    free(schema);
    free(path);
    return status;
}

/* Whether PATH is a gradebook that we can read, made new if it is empty. */
static int check(sqlite3 *book, const struct kit *kit, const char *path)
{
    int64_t version = db_number(book, -1, "PRAGMA user_version", "");
    int64_t tables =
        db_number(book, -1, "SELECT count(*) FROM sqlite_schema", "");

    if (version == 0 && tables == 0)
        return create(book, kit);
    if (version == GRADEBOOK_SCHEMA)
        return 0;
    if (tables < 0 || version < 0)
        return -1;
    return complain("%s: a gradebook of version %d, where %d is known; name "
                    "another directory with --out",
                    path, (int)version, GRADEBOOK_SCHEMA);
}

sqlite3 *gradebook_open(const struct kit *kit, const char *directory,
                        bool create_it)
{
    char *path = xformat("%s/gradebook.db", directory);
    struct stat status;
    sqlite3 *book = NULL;

    if (!create_it && stat(path, &status) < 0)
        (void)complain("%s: %s; run ipclab class first, or name its directory "
                       "with --out",
                       path, strerror(errno));
    else
        book = db_open(path);
    if (book && check(book, kit, path) < 0) {
        (void)sqlite3_close(book);
        book = NULL;
    }
    free(path);
    return book;
}

static int64_t now(void)
{
    return (int64_t)time(NULL);
}

/* ---- Settings ---------------------------------------------------------- */

char *gradebook_setting(sqlite3 *book, const char *name)
{
    sqlite3_stmt *rows =
        db_query(book, "SELECT value FROM setting WHERE name = ?", "t", name);
    char *value = NULL;

    if (db_next(rows) > 0) {
        value = xstrdup(db_text(rows, 0));
        (void)sqlite3_finalize(rows);
    }
    return value;
}

int gradebook_set(sqlite3 *book, const char *name, const char *value)
{
    if (value == NULL)
        return db_run(book, "DELETE FROM setting WHERE name = ?", "t", name);
    return db_run(book, "INSERT OR REPLACE INTO setting VALUES (?, ?)", "tt",
                  name, value);
}

/* ---- Taking in --------------------------------------------------------- */

static int put_student(sqlite3 *book, const char *id, const char *name,
                       const char *section, bool in_roster)
{
    return db_run(
        book,
        "INSERT INTO student VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) "
        "DO UPDATE SET name = ?2, section = ?3, in_roster = ?4",
        "ttti", id, name, section, (int64_t)in_roster);
}

/* What FROM has is TO's, who may have some of it already. */
static int move_student(sqlite3 *book, const char *from, const char *to)
{
    static const char *const moves[] = {
        "INSERT INTO attempt (student, lab, hash, origin, number, submitted, "
        "marked_late, first_seen, last_seen) SELECT ?2, lab, hash, origin, "
        "number, submitted, marked_late, first_seen, last_seen FROM attempt "
        "WHERE student = ?1 ON CONFLICT DO UPDATE SET first_seen = "
        "min(first_seen, excluded.first_seen), last_seen = max(last_seen, "
        "excluded.last_seen)",
        "INSERT INTO override (student, lab, test, points, why, at) SELECT ?2, "
        "lab, test, points, why, at FROM override WHERE student = ?1 ON "
        "CONFLICT DO UPDATE SET points = excluded.points, why = excluded.why, "
        "at = excluded.at WHERE excluded.at > override.at",
        "DELETE FROM attempt WHERE student = ?1 AND student <> ?2",
        "DELETE FROM override WHERE student = ?1 AND student <> ?2",
        "DELETE FROM student WHERE id = ?1 AND id <> ?2",
    };
    int status = 0;

    for (size_t i = 0; status == 0 && i < LENGTH(moves); i++)
        status = db_run(book, moves[i], "tt", from, to);
    return status;
}

/* Those who handed in before the roster knew them, under another name. */
static int recognize(sqlite3 *book, const struct roster *roster)
{
    sqlite3_stmt *rows =
        db_query(book, "SELECT id FROM student WHERE NOT in_roster", "");
    struct argv unknown = {0};
    int status;

    while ((status = db_next(rows)) > 0)
        argv_add(&unknown, db_text(rows, 0));
    for (size_t i = 0; status == 0 && i < unknown.count; i++) {
        const struct member *member = roster_find(roster, unknown.items[i]);
        if (member)
            status = move_student(book, unknown.items[i], member->id);
    }
    argv_release(&unknown);
    return status;
}

static int put_roster(sqlite3 *book, const struct roster *roster)
{
    int status = db_run(book, "UPDATE student SET in_roster = 0", "");

    if (status == 0)
        status = gradebook_set(book, "roster", "yes");
    for (size_t i = 0; status == 0 && i < roster->count; i++) {
        const struct member *member = &roster->members[i];
        status =
            put_student(book, member->id, member->name, member->section, true);
    }
    return status == 0 ? recognize(book, roster) : status;
}

/* From here on the class is who has handed in. */
static int drop_roster(sqlite3 *book)
{
    int status = gradebook_set(book, "roster", NULL);

    if (status == 0)
        status = db_run(book,
                        "DELETE FROM student WHERE id NOT IN (SELECT student "
                        "FROM attempt UNION SELECT student FROM override)",
                        "");
    return status == 0 ? db_run(book, "UPDATE student SET in_roster = 1", "")
                       : status;
}

int gradebook_roster(sqlite3 *book, struct roster *roster)
{
    sqlite3_stmt *rows = db_query(
        book,
        "SELECT id, name, section FROM student WHERE in_roster AND EXISTS "
        "(SELECT * FROM setting WHERE name = 'roster') ORDER BY id",
        "");
    int status;

    *roster = (struct roster){0};
    while ((status = db_next(rows)) > 0)
        *(struct member *)grow(&roster->members, &roster->count,
                               sizeof(*roster->members)) = (struct member){
            xstrdup(db_text(rows, 0)), xstrdup(db_text(rows, 1)),
            xstrdup(db_text(rows, 2))};
    return status;
}

static int put_handin(sqlite3 *book, const struct roster *roster,
                      const struct handin *handin, int64_t number)
{
    char hash[HASH_SIZE];
    const struct member *member = roster_find(roster, handin->student);
    const char *student = member ? member->id : handin->student;

    hash_data(handin->data, handin->size, hash);
    if (member == NULL &&
        put_student(book, student, student, "", roster->count == 0) < 0)
        return -1;
    if (db_run(book, "INSERT OR IGNORE INTO file VALUES (?, ?)", "tb", hash,
               handin->data, handin->size) < 0)
        return -1;
    return db_run(book,
                  "INSERT INTO attempt VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
                  "?8) ON CONFLICT DO UPDATE SET number = ?5, submitted = ?6, "
                  "marked_late = ?7, last_seen = ?8",
                  "ttttiiii", student, handin->lab, hash, handin->origin,
                  (int64_t)handin->number, handin->submitted,
                  (int64_t)handin->late, number);
}

static int put_all(sqlite3 *book, const struct gradebook_run *run)
{
    const struct intake *intake = run->intake;

    if (db_run(book, "INSERT INTO run (started) VALUES (?)", "i", now()) < 0 ||
        db_run(book, "DELETE FROM ignored", "") < 0)
        return -1;
    int64_t number = sqlite3_last_insert_rowid(book);
    number = db_number(book, number, "SELECT max(id) FROM run", "");
    for (size_t i = 0; i < intake->handin_count; i++)
        if (put_handin(book, run->roster, &intake->handins[i], number) < 0)
            return -1;
    for (size_t i = 0; i < intake->ignored_count; i++)
        if (db_run(book, "INSERT INTO ignored VALUES (?, ?)", "tt",
                   intake->ignored[i].path, intake->ignored[i].why) < 0)
            return -1;
    return 0;
}

/* End the transaction that a change was made in, as its STATUS asks. */
static int finish(sqlite3 *book, int status)
{
    if (status == 0)
        status = db_script(book, "COMMIT");
    if (status < 0 && sqlite3_get_autocommit(book) == 0)
        (void)db_script(book, "ROLLBACK"); /* the first message counts */
    return status;
}

static int put_settings(sqlite3 *book,
                        const struct gradebook_settings *settings)
{
    int status = gradebook_set(book, "attempts", settings->attempts);

    if (status == 0)
        status = gradebook_set(book, "due", settings->due);
    if (status == 0)
        status = gradebook_set(book, "extra_tests", settings->extra_tests);
    return status;
}

int gradebook_take_in(sqlite3 *book, const struct gradebook_run *run)
{
    if (db_script(book, "BEGIN IMMEDIATE") < 0)
        return -1;
    int status = put_settings(book, run->settings);
    if (status == 0 && run->roster_given)
        status = run->roster->count > 0 ? put_roster(book, run->roster)
                                        : drop_roster(book);
    if (status == 0)
        status = put_all(book, run);
    return finish(book, status);
}

int gradebook_set_environment(sqlite3 *book, const char *lab,
                              const struct environment *environment)
{
    return db_run(book, "INSERT OR REPLACE INTO environment VALUES (?, ?, ?)",
                  "ttt", lab, environment->digest, environment->description);
}

int gradebook_regrade(sqlite3 *book, const char *lab)
{
    return db_run(book, "UPDATE result SET stale = 1 WHERE lab = ?", "t", lab);
}

/* ---- Jobs -------------------------------------------------------------- */

/* What counts, or, where the best attempt is to count, every attempt. */
#define WANTED                                                                 \
    "FROM ranked WHERE (place = 1 OR (SELECT value FROM setting WHERE name = " \
    "'attempts') = 'best') "
/* An error that the instructor has settled need not be tried again. */
#define IS_LEFT                                                                \
    "(result IS NULL OR stale = 1 OR (complete = 0 AND EXISTS (SELECT * FROM " \
    "test WHERE test.result = ranked.result AND (verdict = 'error' OR "        \
    "cleanliness = 'error') AND NOT EXISTS (SELECT * FROM override AS o "      \
    "WHERE o.student = ranked.student AND o.lab = ranked.lab AND o.test = "    \
    "test.name))))"

int gradebook_todos(sqlite3 *book, const struct argv *labs, struct todos *todos)
{
    sqlite3_stmt *rows =
        db_query(book,
                 "SELECT hash, lab, min(student), max(" IS_LEFT ") " WANTED
                 "GROUP BY hash, lab ORDER BY min(student), lab",
                 "");
    int status;

    *todos = (struct todos){0};
    while ((status = db_next(rows)) > 0) {
        bool wanted = labs->count == 0;
        for (size_t i = 0; i < labs->count; i++)
            wanted |= strcmp(labs->items[i], db_text(rows, 1)) == 0;
        if (wanted && !db_int(rows, 3))
            todos->cached++;
        if (!wanted || !db_int(rows, 3))
            continue;
        struct todo *todo = grow(&todos->items, &todos->count, sizeof(*todo));
        (void)stpncpy(todo->hash, db_text(rows, 0), HASH_SIZE - 1);
        todo->lab = xstrdup(db_text(rows, 1));
        todo->who = xstrdup(db_text(rows, 2));
    }
    if (status < 0)
        todos_release(todos);
    return status;
}

void todos_release(struct todos *todos)
{
    for (size_t i = 0; i < todos->count; i++) {
        free(todos->items[i].lab);
        free(todos->items[i].who);
    }
    free(todos->items);
    *todos = (struct todos){0};
}

char *gradebook_file(sqlite3 *book, const char *hash, size_t *size)
{
    sqlite3_stmt *rows =
        db_query(book, "SELECT data FROM file WHERE hash = ?", "t", hash);
    int status = db_next(rows);
    char *data = NULL;

    if (status > 0) {
        *size = (size_t)sqlite3_column_bytes(rows, 0);
        data = xcalloc(*size + 1, 1);
        if (*size > 0)
            memcpy(data, sqlite3_column_blob(rows, 0), *size);
        (void)sqlite3_finalize(rows);
    } else if (status == 0) {
        (void)complain("gradebook: no file %s", hash);
    }
    return data;
}

static int put_test(sqlite3 *book, int64_t result,
                    const struct grade_test *test, size_t number)
{
    if (db_run(
            book,
            "INSERT INTO test VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
            "?, ?)",
            "iittttittiiittt", result, (int64_t)number, test->name,
            test->step ? test->step : "",
            test->description ? test->description : "",
            visibility_names[test->visibility], (int64_t)test->bonus,
            verdict_names[test->verdict], cleanliness_names[test->cleanliness],
            (int64_t)test->points_tenths, (int64_t)test->max_tenths,
            (int64_t)test->worth_tenths, test->diagnosis.id,
            test->diagnosis.sentence, test->seen) < 0)
        return -1;
    for (size_t i = 0; i < test->evidence.count; i++)
        if (db_run(book, "INSERT INTO evidence VALUES (?, ?, ?, ?)", "itit",
                   result, test->name, (int64_t)i, test->evidence.items[i]) < 0)
            return -1;
    return 0;
}

#define ENVIRONMENT_OF "(SELECT digest FROM environment WHERE lab = ?2)"

static int put_result(sqlite3 *book, const char *hash,
                      const struct grade *grade, const char *json)
{
    const char *level = grade->sandbox.level;

    if (db_run(book,
               "DELETE FROM result WHERE hash = ?1 AND lab = ?2 "
               "AND environment = " ENVIRONMENT_OF,
               "tt", hash, grade->lab) < 0 ||
        db_run(book,
               "DELETE FROM failure WHERE hash = ?1 AND lab = ?2 "
               "AND environment = " ENVIRONMENT_OF,
               "tt", hash, grade->lab) < 0 ||
        db_run(book,
               "INSERT INTO result (hash, lab, environment, score, max, "
               "complete, builds, sandbox, graded, wall, cpu, grade) "
               "VALUES (?1, ?2, " ENVIRONMENT_OF
               ", ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
               "ttiiiitiddt", hash, grade->lab, (int64_t)grade->score_tenths,
               (int64_t)grade->max_tenths, (int64_t)grade->complete,
               (int64_t)grade->build.ok, level ? level : "", now(),
               grade->wall_seconds, grade->cpu_seconds, json) < 0)
        return -1;
    int64_t result = sqlite3_last_insert_rowid(book);
    for (size_t i = 0; i < grade->test_count; i++)
        if (put_test(book, result, &grade->tests[i], i) < 0)
            return -1;
    return 0;
}

int gradebook_keep(sqlite3 *book, const char *hash, const struct grade *grade,
                   const char *json)
{
    if (!grade->complete &&
        db_number(book, 0,
                  "SELECT complete FROM result WHERE hash = ?1 AND lab = ?2 "
                  "AND environment = " ENVIRONMENT_OF,
                  "tt", hash, grade->lab) == 1)
        return gradebook_fail(book, hash, grade->lab,
                              "graded again, with an error: the earlier result "
                              "counts");
    if (db_script(book, "BEGIN IMMEDIATE") < 0)
        return -1;
    return finish(book, put_result(book, hash, grade, json));
}

int gradebook_fail(sqlite3 *book, const char *hash, const char *lab,
                   const char *why)
{
    return db_run(
        book,
        "INSERT OR REPLACE INTO failure VALUES (?1, ?2, " ENVIRONMENT_OF
        ", ?3, ?4)",
        "ttti", hash, lab, why, now());
}

int gradebook_freeze(sqlite3 *book)
{
    /* Names without a schema mean temporary tables first. */
    return db_script(
        book,
        "CREATE TEMP TABLE ranked AS SELECT * FROM main.ranked;"
        "CREATE INDEX temp.ranked_by ON ranked (student, lab);"
        "CREATE TEMP TABLE counted AS SELECT * FROM temp.ranked WHERE place = "
        "1;"
        "CREATE INDEX temp.counted_by ON counted (student, lab);"
        "CREATE INDEX temp.counted_of ON counted (lab);"
        "CREATE TEMP TABLE verdict AS SELECT * FROM main.verdict;"
        "CREATE INDEX temp.verdict_by ON verdict (student, lab);"
        "CREATE TEMP TABLE grade AS SELECT * FROM main.grade;"
        "CREATE INDEX temp.grade_by ON grade (student, lab);"
        "CREATE INDEX temp.grade_of ON grade (lab);"
        "CREATE TEMP TABLE unsettled AS SELECT counted.student, counted.lab, "
        "test.name AS test, test.seen AS why FROM counted JOIN test ON "
        "test.result = counted.result LEFT JOIN override ON override.student = "
        "counted.student AND override.lab = counted.lab AND override.test = "
        "test.name WHERE builds AND override.points IS NULL AND (verdict = "
        "'error' OR cleanliness = 'error') UNION ALL "
        "SELECT student, counted.lab, NULL, failure.why FROM counted JOIN "
        "environment ON environment.lab = counted.lab JOIN failure ON "
        "failure.hash = counted.hash AND failure.lab = counted.lab AND "
        "failure.environment = environment.digest WHERE result IS NULL;"
        "CREATE INDEX temp.unsettled_by ON unsettled (student, lab)");
}

/* ---- The instructor ---------------------------------------------------- */

/* The worth in tenths of TEST in what counts of STUDENT; -1 after a message. */
static int64_t find_worth(sqlite3 *book, const char *student, const char *lab,
                          const char *test)
{
    if (db_number(book, 0, "SELECT count(*) FROM student WHERE id = ?", "t",
                  student) == 0)
        return complain("%s: no such student in the gradebook; "
                        "gradebook.csv has the ids",
                        student);
    if (db_number(book, 0,
                  "SELECT count(result) FROM counted WHERE student = ? AND "
                  "lab = ?",
                  "tt", student, lab) == 0)
        return complain("%s: %s has no result there", lab, student);
    int64_t worth = db_number(book, -1,
                              "SELECT worth FROM counted JOIN test ON "
                              "test.result = counted.result WHERE student = ? "
                              "AND counted.lab = ? AND test.name = ?",
                              "ttt", student, lab, test);
    if (worth < 0)
        (void)complain("%s: no such test of %s; the student's report has them",
                       test, lab);
    return worth;
}

int gradebook_override(sqlite3 *book, const char *student, const char *lab,
                       const char *test, int points, const char *why)
{
    char max[16];
    int64_t worth = find_worth(book, student, lab, test);

    if (worth < 0)
        return -1;
    if (points < 0)
        return db_run(book,
                      "DELETE FROM override WHERE student = ? AND lab = ? AND "
                      "test = ?",
                      "ttt", student, lab, test);
    if (points == db_number(book, -1,
                            "SELECT points FROM override WHERE student = ? AND "
                            "lab = ? AND test = ? AND why = ?",
                            "tttt", student, lab, test, why))
        return complain("%s has these points by your word already; there is "
                        "nothing to change",
                        test);
    if (points > worth)
        return complain("%s is worth %s points; give 0 to %s", test,
                        tenths_format((int)worth, max), max);
    return db_run(book,
                  "INSERT OR REPLACE INTO override VALUES (?, ?, ?, ?, ?, ?)",
                  "tttiti", student, lab, test, (int64_t)points, why, now());
}
