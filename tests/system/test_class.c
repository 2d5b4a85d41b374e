// SPDX-License-Identifier: MIT
/*
 * test_class.c - a class, from what it hands in to the gradebook: packagings,
 * attempts, the cache, overrides, an instructor's own tests.
 *
 * Grading is kept cheap: what the files are worth is the matrix's business.
 */
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system.h"

/* It does not build, so that it costs little; each is another file. */
#define BROKEN(n) "int broken" n " = ;\n"

static char *in_scratch(const char *name)
{
    return xformat("%s/%s", scratch(), name);
}

/* Write TEXT as NAME below the scratch directory, with its directories. */
static void put(const char *name, const char *text)
{
    char *path = in_scratch(name);

    for (char *slash = path + strlen(scratch()) + 1;
         (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
        *slash = '\0';
        (void)mkdir(path, 0755); /* may be there */
    }
    cr_assert(write_file(path, text, strlen(text), 0644) == 0, "%s", path);
    free(path);
}

/* Run `ipclab class NAME --out book WORD...`. */
static struct outcome grade_class(const char *name, const char *const words[])
{
    struct argv argv = {0};
    char *path = in_scratch(name), *out = in_scratch("book");

    argv_add_all(&argv,
                 (const char *const[]){"class", path, "--out", out, NULL});
    argv_add_all(&argv, words);
    struct outcome outcome = ipclab((const char *const *)argv.items);
    argv_release(&argv);
    free(out);
    free(path);
    return outcome;
}
#define CLASS(name, ...)                                                       \
    grade_class(name, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static sqlite3 *open_book(void)
{
    char *path = in_scratch("book/gradebook.db");
    sqlite3 *book = NULL;

    cr_assert(sqlite3_open(path, &book) == SQLITE_OK);
    free(path);
    return book;
}

/* All rows of a query, columns parted by '|', rows by '\n'; to be freed. */
static char *ask(const char *sql)
{
    sqlite3 *book = open_book();
    sqlite3_stmt *rows = NULL;
    char *all = xstrdup("");

    cr_assert(sqlite3_prepare_v2(book, sql, -1, &rows, NULL) == SQLITE_OK, "%s",
              sqlite3_errmsg(book));
    while (sqlite3_step(rows) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(rows); i++) {
            const char *text = (const char *)sqlite3_column_text(rows, i);
            char *longer =
                xformat("%s%s%s", all, text ? text : "NULL",
                        i + 1 < sqlite3_column_count(rows) ? "|" : "\n");
            free(all);
            all = longer;
        }
    (void)sqlite3_finalize(rows);
    (void)sqlite3_close(book);
    return all;
}

static void expect_answer(const char *sql, const char *expected)
{
    char *seen = ask(sql);

    cr_expect_str_eq(seen, expected, "%s: %s", sql, seen);
    free(seen);
}

static char *read_scratch(const char *name)
{
    char *path = in_scratch(name);
    char *text = read_file(AT_FDCWD, path, 64 << 20, NULL);

    cr_assert(text != NULL, "%s", path);
    free(path);
    return text;
}

/* ---- Archives ------------------------------------------------------------ */

/* One entry of an archive that a test makes. */
struct member {
    const char *name, *text;
    size_t size;      /* 0: that of the text */
    const char *link; /* of a symbolic link */
    const char *hard; /* of a hard link */
    mode_t type;      /* 0: a regular file */
};

static void put_archive(const char *name, const struct member *members,
                        size_t count)
{
    struct archive *archive = archive_write_new();
    char *path = in_scratch(name);

    if (strstr(name, ".zip"))
        (void)archive_write_set_format_zip(archive);
    else
        (void)archive_write_set_format_pax_restricted(archive);
    if (strstr(name, ".gz"))
        (void)archive_write_add_filter_gzip(archive);
    cr_assert(archive_write_open_filename(archive, path) == ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        const struct member *member = &members[i];
        struct archive_entry *entry = archive_entry_new();
        size_t size = member->size   ? member->size
                      : member->text ? strlen(member->text)
                                     : 0;
        archive_entry_set_pathname(entry, member->name);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_filetype(entry,
                                   member->type ? member->type : AE_IFREG);
        archive_entry_set_mtime(entry, 1795003200, 0);
        archive_entry_set_size(entry, (la_int64_t)size);
        if (member->link) {
            archive_entry_set_filetype(entry, AE_IFLNK);
            archive_entry_set_symlink(entry, member->link);
        }
        if (member->hard)
            archive_entry_set_hardlink(entry, member->hard);
        (void)archive_write_header(archive, entry);
        if (member->text)
            (void)archive_write_data(archive, member->text, size);
        archive_entry_free(entry);
    }
    cr_assert(archive_write_close(archive) == ARCHIVE_OK);
    archive_write_free(archive);
    free(path);
}
#define ARCHIVE(name, ...)                                                     \
    put_archive(name, (const struct member[]){__VA_ARGS__},                    \
                LENGTH(((const struct member[]){__VA_ARGS__})))

#define ATTEMPTS "SELECT student, lab, origin FROM attempt ORDER BY 1, 2, 3"

Test(class, packagings)
{
    put("in/ann/pipe.c", BROKEN("1"));
    put("in/zo\u00eb x/pipe.c", BROKEN("8"));
    put("in/bob/pipe/pipe.c", BROKEN("2"));
    put("in/bob/old/pipe.c", BROKEN("3"));
    put("in/doejane_1_2_pipe.c", BROKEN("4"));
    put("in/notes.txt", "");
    ARCHIVE("in/cy.zip", {.name = "cy/pipe.c", .text = BROKEN("5")});
    ARCHIVE("in/di.tar.gz", {.name = "shm/shm.c", .text = BROKEN("6")});
    ARCHIVE("in/ed.zip", {.name = "pipe.c", .text = BROKEN("7")},
            {.name = "__MACOSX/._pipe.c", .text = "x"});
    struct outcome outcome = CLASS("in");
    cr_assert(outcome.status == 0, "%s%s", outcome.output, outcome.errors);
    expect_answer(ATTEMPTS, "ann|pipe|ann/pipe.c\n"
                            "bob|pipe|bob/pipe/pipe.c\n"
                            "cy|pipe|cy.zip: cy/pipe.c\n"
                            "di|shm|di.tar.gz: shm/shm.c\n"
                            "doejane|pipe|doejane_1_2_pipe.c\n"
                            "ed|pipe|ed.zip: pipe.c\n"
                            "zo\u00eb x|pipe|zo\u00eb x/pipe.c\n");
    expect_answer("SELECT path, why FROM ignored ORDER BY path",
                  "bob/old/pipe.c|another file of this name lies nearer to the "
                  "top\n"
                  "ed.zip: __MACOSX/._pipe.c|not a C file\n"
                  "notes.txt|not a C file\n");
    expect_clean_machine();
}

Test(class, exports_of_platforms)
{
    static const char *const exports[] = {"canvas.zip", "moodle.zip",
                                          "gradescope.zip", "archives.tar.gz"};

    for (size_t i = 0; i < LENGTH(exports); i++) {
        char *from = xformat("tests/class/exports/%s", exports[i]);
        char *to = in_scratch(exports[i]);
        cr_assert(copy_file(from, to, 0644) == 0, "%s", from);
        /* What it is about is the intake: the lab that nobody handed in. */
        struct outcome outcome = CLASS(exports[i], "--lab", "mq_notify",
                                       "--roster", "tests/class/roster.csv");
        cr_expect(outcome.status == 0, "%s", outcome.errors);
        char *unknown = ask("SELECT id FROM student WHERE NOT in_roster");
        cr_expect_str_eq(unknown, "", "%s: nobody in the roster: %s",
                         exports[i], unknown);
        char *count = ask("SELECT count(*) >= 2 FROM (SELECT DISTINCT student "
                          "FROM attempt)");
        cr_expect_str_eq(count, "1\n", "%s: hardly anybody", exports[i]);
        char *book = in_scratch("book");
        cr_assert(remove_tree(AT_FDCWD, book) == 0);
        free(book);
        free(count);
        free(unknown);
        free(to);
        free(from);
    }
    expect_clean_machine();
}

Test(class, hostile_archives)
{
    static char zeros[4 << 20];
    char *bomb = xcalloc(300u << 20, 1);

    put("in/zed/pipe.c", BROKEN("0"));
    ARCHIVE("in/up.tar", {.name = "../zed/pipe.c", .text = BROKEN("1")},
            {.name = "/etc/pipe.c", .text = BROKEN("2")});
    ARCHIVE("in/links.tar",
            {.name = "pipe.c", .text = NULL, .link = "/etc/passwd"},
            {.name = "shm.c", .text = NULL, .hard = "pipe.c"},
            {.name = "msgq.c", .text = NULL, .type = AE_IFIFO},
            {.name = "popen.c", .text = NULL, .type = AE_IFCHR});
    ARCHIVE("in/bomb.tar.gz",
            {.name = "pipe.c", .text = bomb, .size = 300u << 20},
            {.name = "shm.c", .text = BROKEN("3")});
    ARCHIVE("in/large.zip",
            {.name = "pipe.c", .text = zeros, .size = sizeof(zeros)},
            {.name = "shm.c", .text = BROKEN("4")});
    put("in/none.zip", "this is no archive");
    put("in/odd\xff.zip", "nor is this");
    ARCHIVE("in/names.tar",
            {.name = "a\nb/\x1b[31mpipe.c", .text = BROKEN("5")},
            {.name = "caf\xe9/pipe.c", .text = BROKEN("6")});
    free(bomb);
    struct outcome outcome = CLASS("in");
    cr_expect(outcome.status == 0, "%s", outcome.errors);
    expect_answer("SELECT student, lab FROM attempt ORDER BY 1, 2",
                  "large|shm\nnames|pipe\nup|pipe\nzed|pipe\n");
    /* The absolute name is one below the archive. */
    expect_answer("SELECT origin FROM attempt WHERE student IN ('up', 'zed') "
                  "ORDER BY 1",
                  "up.tar: etc/pipe.c\nzed/pipe.c\n");
    expect_answer("SELECT why FROM ignored WHERE path LIKE 'links.tar%' ORDER "
                  "BY path",
                  "not a regular file\na link\nnot a regular file\na link\n");
    expect_answer("SELECT count(*) FROM ignored WHERE path = 'bomb.tar.gz' "
                  "AND why LIKE '%bomb%'",
                  "1\n");
    expect_answer("SELECT path, why FROM ignored WHERE path LIKE 'none%' OR "
                  "path LIKE 'odd%' ORDER BY 1",
                  "none.zip|not an archive, or a damaged one\n"
                  "odd\\xff.zip|not an archive, or a damaged one\n");
    cr_expect(strchr(outcome.output, '\033') == NULL);
    expect_clean_machine();
}

Test(class, nobody_hands_in_for_others)
{
    put("in/bob/pipe.c", BROKEN("1"));
    put("in/ann/bob_1_2_pipe-9.c", BROKEN("2"));
    put("in/ann/Bob_7_assignsubmission_file_/pipe.c", BROKEN("3"));
    put("in/ann/submission_metadata.yml",
        "bob:\n  :submitters:\n  - :sid: ann\n");
    ARCHIVE("in/cy.zip", {.name = "bob_1_2_shm.c", .text = BROKEN("4")},
            {.name = "pipe.c", .text = BROKEN("5")});
    cr_expect(CLASS("in").status == 0);
    expect_answer(ATTEMPTS, "ann|pipe|ann/Bob_7_assignsubmission_file_/pipe.c\n"
                            "bob|pipe|bob/pipe.c\n"
                            "cy|pipe|cy.zip: pipe.c\n");
    expect_clean_machine();
}

Test(class, nobody_uses_up_what_is_the_others)
{
    struct member *many = xcalloc(300, sizeof(*many));
    char *mib = xcalloc(1 << 20, 1);

    memset(mib, '\n', 1 << 20);
    for (int i = 0; i < 300; i++)
        many[i] = (struct member){.name = xformat("d%d/pipe.c", i),
                                  .text = mib,
                                  .size = (1 << 20) - (size_t)i};
    put_archive("ann.zip", many, 300);
    char *path = in_scratch("ann.zip");
    size_t size;
    char *inner = read_file(AT_FDCWD, path, 64 << 20, &size);
    ARCHIVE("all.zip", {.name = "ann.zip", .text = inner, .size = size},
            {.name = "bob/pipe.c", .text = BROKEN("1")});
    cr_expect(CLASS("all.zip", "--lab", "shm").status == 0);
    expect_answer(
        "SELECT student, count(*) <= 20 FROM attempt GROUP BY student",
        "ann|1\nbob|1\n");
    free(inner);
    free(path);
    free(mib);
    free(many);
    expect_clean_machine();
}

/* Fill the SIZE bytes at TEXT so that they are packed well, but no bomb. */
static void fill(char *text, size_t size)
{
    unsigned number = 1;

    memset(text, 'x', size);
    for (size_t i = 0; i < size / 100; i++) {
        number = number * 1103515245 + 12345;
        text[i] = (char)('a' + (number >> 16) % 26);
    }
}

/* COUNT copies of the file INNER in the zip NAME, as one student's hand-ins on
 * Canvas, before those of two others. */
static void put_export(const char *name, const char *const inner[],
                       const size_t counts[])
{
    struct member members[64];
    size_t count = 0;

    for (size_t i = 0; inner[i]; i++) {
        char *path = in_scratch(inner[i]);
        size_t size;
        char *data = read_file(AT_FDCWD, path, 64 << 20, &size);
        cr_assert_not_null(data);
        for (size_t n = 0; n < counts[i]; n++, count++)
            members[count] =
                (struct member){.name = xformat("eve_1_%zu_%s", count,
                                                path + strlen(scratch()) + 1),
                                .text = data,
                                .size = size};
        free(path);
    }
    members[count++] =
        (struct member){.name = "zoe_2_1_pipe.c", .text = BROKEN("1")};
    members[count++] =
        (struct member){.name = "zora_3_1_pipe.c", .text = BROKEN("2")};
    put_archive(name, members, count);
}

Test(class, one_upload_cannot_erase_those_of_an_export)
{
    struct member *many = xcalloc(2000, sizeof(*many));
    char *text = xcalloc(1 << 20, 1);
    static const char *const inner[] = {"names.tar.gz", "files.tar.gz", NULL};

    fill(text, 60000);
    for (int i = 0; i < 2000; i++)
        many[i].name = xformat("%d%.*s", i, 60000, text);
    put_archive("names.tar.gz", many, 2000);
    fill(text, 1 << 20);
    for (int i = 0; i < 17; i++)
        many[i] = (struct member){.name = xformat("d%d/pipe.c", i),
                                  .text = text,
                                  .size = (1 << 20) - (size_t)i};
    put_archive("files.tar.gz", many, 17);
    put_export("all.zip", inner, (const size_t[]){1, 33});
    struct outcome outcome = CLASS("all.zip", "--lab", "shm");
    cr_expect(outcome.status == 0, "%s", outcome.errors);
    expect_answer("SELECT DISTINCT student FROM attempt ORDER BY 1",
                  "eve\nzoe\nzora\n");
    expect_answer("SELECT count(*) FROM ignored WHERE length(path) > 400",
                  "0\n");
    free(text);
    expect_clean_machine();
}

Test(class, one_folder_cannot_erase_others)
{
    struct member *many = xcalloc(256, sizeof(*many));
    char *text = xcalloc(1 << 20, 1);

    fill(text, 1 << 20);
    for (int i = 0; i < 256; i++)
        many[i] = (struct member){.name = xformat("d%d/pipe.c", i),
                                  .text = text,
                                  .size = (1 << 20) - 100 - (size_t)i};
    put("in/aaa/pipe.c", BROKEN("1"));
    put("in/zorro/pipe.c", BROKEN("2"));
    put_archive("in/aaa/w0.zip", many, 256);
    char *from = in_scratch("in/aaa/w0.zip");
    for (int i = 1; i < 5; i++) {
        char *to = xformat("%s/in/aaa/w%d.zip", scratch(), i);
        cr_assert(copy_file(from, to, 0644) == 0);
        free(to);
    }
    ARCHIVE("in/zorro/work.zip", {.name = "shm.c", .text = BROKEN("3")});
    struct outcome outcome = CLASS("in", "--lab", "mq_notify");
    cr_expect(outcome.status == 0, "%s", outcome.errors);
    expect_answer("SELECT lab FROM attempt WHERE student = 'zorro' ORDER BY 1",
                  "pipe\nshm\n");
    free(from);
    free(text);
    expect_clean_machine();
}

Test(class, an_export_that_is_damaged_is_said_to_be_lost)
{
    ARCHIVE("all.zip", {.name = "ann/pipe.c", .text = BROKEN("1")},
            {.name = "bob/pipe.c", .text = BROKEN("2")});
    char *path = in_scratch("all.zip");
    size_t size;
    char *data = read_file(AT_FDCWD, path, 1 << 20, &size);

    cr_assert(write_file(path, data, 20, 0644) == 0);
    struct outcome outcome = CLASS("all.zip");
    cr_expect(outcome.status == 3, "%d", outcome.status);
    cr_expect_not_null(strstr(outcome.errors, "all.zip: "), "%s",
                       outcome.errors);
    expect_answer("SELECT path FROM ignored", "all.zip\n");
    free(data);
    free(path);
    expect_clean_machine();
}

Test(class, folders_of_one_student_are_no_students)
{
    char *carl = in_scratch("in/carl"), *roster = in_scratch("roster.csv");

    put("roster.csv", "id,name\nbob,Bob B\ncarl,Carl C\n");
    put("in/bob/src/pipe.c", BROKEN("1"));
    put("in/bob/backup/pipe.c", BROKEN("2"));
    ARCHIVE("one.zip", {.name = "bob/src/pipe.c", .text = BROKEN("1")},
            {.name = "bob/backup/pipe.c", .text = BROKEN("2")});
    /* Nobody else has handed in: the roster knows whose folder it is. */
    cr_expect(CLASS("one.zip", "--roster", roster).status == 0);
    expect_answer("SELECT DISTINCT student FROM attempt", "bob\n");
    char *book = in_scratch("book");
    cr_assert(remove_tree(AT_FDCWD, book) == 0);
    cr_assert(mkdir(carl, 0755) == 0);
    cr_expect(CLASS("in").status == 0);
    expect_answer("SELECT DISTINCT student FROM attempt", "bob\n");
    free(book);
    free(roster);
    free(carl);
    expect_clean_machine();
}

Test(class, what_wraps_a_class_in_a_directory_is_left_out)
{
    put("in/export/ann/pipe.c", BROKEN("1"));
    put("in/export/bob/pipe.c", BROKEN("2"));
    put("in/notes.txt", "");
    cr_expect(CLASS("in").status == 0);
    expect_answer("SELECT student FROM attempt ORDER BY 1", "ann\nbob\n");
    expect_clean_machine();
}

Test(class, namesakes_are_two_people)
{
    put("in/Jane Doe_111_assignsubmission_file_/pipe.c", BROKEN("1"));
    put("in/Jane Doe_222_assignsubmission_file_/pipe.c", BROKEN("2"));
    cr_expect(CLASS("in").status == 0);
    expect_answer("SELECT student FROM attempt ORDER BY 1",
                  "Jane Doe (111)\nJane Doe (222)\n");
    expect_clean_machine();
}

Test(class, links_are_not_followed)
{
    char *directory = in_scratch("in/eve"), *file = in_scratch("in/eve/pipe.c");
    char *other = in_scratch("in/mal");

    put("in/ann/pipe.c", BROKEN("1"));
    cr_assert(mkdir(directory, 0755) == 0);
    cr_assert(symlink("../ann/pipe.c", file) == 0);
    cr_assert(symlink("ann", other) == 0);
    struct outcome outcome = CLASS("in");
    cr_expect(outcome.status == 0, "%s", outcome.errors);
    expect_answer(ATTEMPTS, "ann|pipe|ann/pipe.c\n");
    expect_answer("SELECT path, why FROM ignored ORDER BY 1",
                  "eve/pipe.c|a link\nmal|a link\n");
    free(other);
    free(file);
    free(directory);
    expect_clean_machine();
}

Test(class, git_clones)
{
    char *script = xformat(
        "cd %s && mkdir -p clones/ann && cd clones/ann && git init -q . && "
        "mkdir pipe && printf '%%s' '%s' > pipe/pipe.c && git add . && "
        "GIT_COMMITTER_DATE='2026-11-18T12:00:00Z' git -c user.name=a -c "
        "user.email=a@b commit -qm one && printf x > pipe/pipe.c && "
        "printf '[core]\\n\\tfsmonitor = touch %s/pwned\\n' >> .git/config",
        scratch(), "int broken = ;", scratch());

    cr_assert(system(script) == 0);
    put("list.txt", "# who  where\nann clones/ann\nbob clones/none\n");
    struct outcome outcome = CLASS("list.txt");
    cr_expect(outcome.status == 0, "%s", outcome.errors);
    expect_answer("SELECT student, lab, submitted, data FROM attempt JOIN file "
                  "USING (hash)",
                  "ann|pipe|1795003200|int broken = ;\n");
    char *pwned = in_scratch("pwned");
    cr_expect(access(pwned, F_OK) < 0, "git ran what the clone names");
    free(pwned);
    free(script);
    expect_clean_machine();
}

Test(class, a_small_clone_with_much_in_it)
{
    char *script = xformat(
        "cd %s && mkdir big && cd big && git init -q . && "
        "blob=$(head -c 1000000 /dev/zero | git hash-object -w --stdin) && "
        "tree=$(printf '100644 blob %%s\\tpipe.c\\n100644 blob "
        "%%s\\tother.c\\n' $blob $blob | git mktree) && "
        "top=$(for i in $(seq 100); do printf '040000 tree %%s\\td%%s\\n' "
        "$tree $i; done | git mktree) && "
        "git update-ref HEAD $(git -c user.name=a -c user.email=a@b "
        "commit-tree -m one $top)",
        scratch());

    cr_assert(system(script) == 0);
    put("list.txt", "ann big\n");
    struct outcome outcome = CLASS("list.txt", "--lab", "shm");
    cr_expect(outcome.status == 0, "%s", outcome.errors);
    /* Those in which nobody can hand in are not even read. */
    expect_answer("SELECT count(*) FROM ignored WHERE path LIKE '%other.c' AND "
                  "why = 'not the file of a lab'",
                  "100\n");
    expect_answer("SELECT count(*) >= 80 FROM ignored WHERE path LIKE "
                  "'%pipe.c' AND why LIKE '%MiB of C files%'",
                  "1\n");
    free(script);
    expect_clean_machine();
}

/* ---- Attempts ------------------------------------------------------------ */

#define COUNTED "SELECT origin FROM counted"

Test(class, the_attempt_that_counts)
{
    put("in/ann/attempt-1/pipe.c", BROKEN("1"));
    put("in/ann/attempt-2/pipe.c", BROKEN("2"));
    put("in/ann/attempt-10/pipe.c", BROKEN("3"));
    cr_expect(CLASS("in").status == 0);
    expect_answer(COUNTED, "ann/attempt-10/pipe.c\n");
    cr_expect(CLASS("in", "--attempts", "first").status == 0);
    expect_answer(COUNTED, "ann/attempt-1/pipe.c\n");
    char *solution =
        read_file(AT_FDCWD, "solutions/pipe/pipe.c", 1 << 20, NULL);
    put("in/ann/attempt-2/pipe.c", solution);
    cr_expect(CLASS("in", "--attempts", "best").status == 0);
    expect_answer(COUNTED, "ann/attempt-2/pipe.c\n");
    /* All are kept, that of the first run, too. */
    expect_answer("SELECT count(*) FROM attempt", "4\n");
    free(solution);
    expect_clean_machine();
}

Test(class, what_is_handed_in_again_is_newer)
{
    put("in/ann/pipe.c", BROKEN("1"));
    cr_expect(CLASS("in").status == 0);
    put("in/ann/pipe.c", BROKEN("2"));
    cr_expect(CLASS("in").status == 0);
    expect_answer("SELECT data FROM counted JOIN file USING (hash)",
                  BROKEN("2") "\n");
    put("in/ann/pipe.c", BROKEN("1"));
    cr_expect(CLASS("in").status == 0);
    expect_answer("SELECT data FROM counted JOIN file USING (hash)",
                  BROKEN("1") "\n");
    expect_clean_machine();
}

Test(class, late_is_what_comes_after_the_due_date)
{
    ARCHIVE("in.zip", {.name = "ann/pipe.c", .text = BROKEN("1")},
            {.name = "bob/pipe.c", .text = BROKEN("2")});
    cr_expect(CLASS("in.zip", "--due", "2026-11-18T11:59Z").status == 0);
    expect_answer("SELECT sum(late) FROM ranked", "2\n");
    cr_expect(CLASS("in.zip", "--due", "2026-11-18T12:00Z").status == 0);
    expect_answer("SELECT sum(late) FROM ranked", "0\n");
    cr_expect(CLASS("in.zip", "--due", "2026-11-18T11:59Z").status == 0);
    cr_expect(CLASS("in.zip").status == 0); /* it is remembered */
    expect_answer("SELECT sum(late) FROM ranked", "2\n");
    cr_expect(CLASS("in.zip", "--due", "none").status == 0);
    expect_answer("SELECT sum(late) FROM ranked", "0\n");
    expect_clean_machine();
}

Test(class, a_changed_due_date_holds_for_earlier_attempts)
{
    ARCHIVE("one.zip", {.name = "ann/pipe.c", .text = BROKEN("1")},
            {.name = "bob_LATE_1_2_shm.c", .text = BROKEN("2")},
            {.name = "bob/pipe.c", .text = BROKEN("2")});
    ARCHIVE("two.zip", {.name = "ann/pipe.c", .text = BROKEN("1")},
            {.name = "cy/pipe.c", .text = BROKEN("3")});
    cr_expect(CLASS("one.zip", "--due", "2026-01-01").status == 0);
    expect_answer("SELECT sum(late) FROM counted WHERE lab = 'pipe'", "2\n");
    cr_expect(CLASS("two.zip", "--due", "2027-01-01").status == 0);
    expect_answer("SELECT sum(late) FROM counted WHERE lab = 'pipe'", "0\n");
    char *csv = read_scratch("book/gradebook.csv");
    /* What the platform says stays. */
    cr_expect_not_null(strstr(csv, ",1,0\r\n\"cy\""), "%s", csv);
    cr_expect_not_null(strstr(csv, ",0,0\r\n\"bob\""), "%s", csv);
    free(csv);
    expect_clean_machine();
}

/* ---- The gradebook ------------------------------------------------------- */

Test(class, nothing_is_graded_twice)
{
    put("in/ann/pipe.c", BROKEN("1"));
    put("in/bob/pipe.c", BROKEN("1")); /* the same file */
    struct outcome first = CLASS("in"), second = CLASS("in");
    struct outcome third = CLASS("in", "--regrade", "pipe");
    cr_expect_not_null(strstr(first.output, "2 files that count, 1 of them"));
    cr_expect_not_null(strstr(first.output, "1 graded now, 0 known"));
    cr_expect_not_null(strstr(second.output, "0 graded now, 1 known"));
    cr_expect_not_null(strstr(third.output, "1 graded now, 0 known"));
    expect_answer("SELECT count(*), sum(stale) FROM result", "1|0\n");
    expect_answer("PRAGMA user_version", "2\n");
    expect_clean_machine();
}

Test(class, an_override_survives_a_regrade)
{
    char *out = in_scratch("book");

    put("in/ann/pipe.c", BROKEN("1"));
    cr_expect(CLASS("in").status == 0);
    struct outcome outcome =
        IPCLAB("override", "ann", "pipe", "upper_small", "4.5", "--why",
               "<b>told</b> me", "--out", out);
    cr_assert(outcome.status == 0, "%s", outcome.errors);
    cr_expect(CLASS("in", "--regrade", "pipe").status == 0);
    expect_answer("SELECT points, max FROM grade", "45|1000\n");
    expect_answer("SELECT score FROM result", "0\n");
    char *csv = read_scratch("book/gradebook.csv");
    cr_expect_not_null(strstr(csv, "\"ann\",\"ann\",\"\",4.5,"), "%s", csv);
    char *page = read_scratch("book/students/ann.html");
    cr_expect_not_null(strstr(page, "&lt;b&gt;told&lt;/b&gt; me"));
    char *told = read_scratch("book/students/ann.txt");
    cr_expect_not_null(strstr(told, "pipe: 4.5 of 100 points"), "%s", told);
    cr_expect_not_null(strstr(told, "instead of 0: <b>told</b> me"), "%s",
                       told);
    free(told);
    outcome = IPCLAB("override", "ann", "pipe", "upper_small", "7", "--why",
                     "x", "--out", out);
    cr_expect(outcome.status == 3 && strstr(outcome.errors, "worth 6"));
    outcome =
        IPCLAB("override", "ann", "pipe", "upper_small", "none", "--out", out);
    cr_expect(outcome.status == 0, "%s", outcome.errors);
    expect_answer("SELECT points FROM grade", "0\n");
    free(page);
    free(csv);
    free(out);
    expect_clean_machine();
}

/* Do SQL to the gradebook, as if something had gone another way. */
static void change_book(const char *sql)
{
    sqlite3 *book = open_book();

    cr_assert(sqlite3_exec(book, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
              sqlite3_errmsg(book));
    (void)sqlite3_close(book);
}

/* Have the pages written anew: to take back what is not there changes nothing.
 */
static void write_pages(const char *student)
{
    char *out = in_scratch("book");
    struct outcome outcome = IPCLAB("override", student, "pipe",
                                    "no_zombie_no_leak", "none", "--out", out);

    cr_assert(outcome.status == 0, "%s", outcome.errors);
    free(out);
}

/* Whether the text of book/NAME has WORDS in it is what THERE says. */
static void expect_words(const char *name, const char *words, bool there)
{
    char *path = xformat("book/%s", name), *text = read_scratch(path);

    cr_expect((strstr(text, words) != NULL) == there, "%s %s \"%s\"", name,
              there ? "lacks" : "has", words);
    free(text);
    free(path);
}

Test(class, what_is_not_graded_yet_is_no_error)
{
    put("in/ann/pipe.c", BROKEN("1"));
    put("in/ann/shm.c", BROKEN("2"));
    put("in/bob/shm.c", BROKEN("3"));
    cr_expect(CLASS("in", "--lab", "pipe").status == 0);
    expect_words("gradebook.csv", "\"ann\",\"ann\",\"\",0,,0,0,0\r\n", true);
    expect_words("students/ann.txt", "shm: not graded yet\n", true);
    expect_words("students/ann.txt", "0 of 0", false);
    expect_words("students/ann.html", "not graded yet", true);
    expect_words("students/ann.html", "could not be graded", false);
    expect_words("students/ann.html", "> of 100 points<", true);
    expect_words("index.html", "not graded yet", true);
    /* Who has not handed in pipe could have had its points. */
    expect_words("students/bob.html", "> of 100 points<", true);
    expect_clean_machine();
}

Test(class, other_labs_keep_their_results)
{
    put("in/ann/pipe.c", BROKEN("1"));
    put("in/ann/shm.c", BROKEN("2"));
    cr_expect(CLASS("in").status == 0);
    /* They were made with an older compiler. */
    change_book("UPDATE environment SET digest = 'old'; "
                "UPDATE result SET environment = 'old'");
    struct outcome outcome = CLASS("in", "--lab", "pipe");
    cr_expect_not_null(strstr(outcome.output, "1 graded now, 0 known"));
    expect_answer(
        "SELECT counted.lab, environment = 'old' FROM counted JOIN result "
        "ON id = result ORDER BY 1",
        "pipe|0\nshm|1\n");
    outcome = CLASS("in");
    cr_expect_not_null(strstr(outcome.output, "1 graded now, 1 known"));
    expect_answer("SELECT count(*), sum(environment = 'old') FROM counted JOIN "
                  "result ON id = result",
                  "2|0\n");
    expect_clean_machine();
}

Test(class, an_instructor_settles_what_the_grader_could_not_tell)
{
    char *out = in_scratch("book");

    put("in/ann/pipe.c", BROKEN("1"));
    cr_expect(CLASS("in").status == 0);
    change_book(
        "UPDATE test SET verdict = 'error', max = 0 WHERE name = "
        "'upper_small'; UPDATE result SET complete = 0, builds = 1, grade = "
        "json_set(grade, '$.build.ok', json('true'), '$.complete', "
        "json('false'))");
    write_pages("ann");
    expect_words("gradebook.csv", ",0,0,0,1\r\n", true);
    expect_words("students/ann.html", "could not be graded", true);
    struct outcome outcome = IPCLAB("override", "ann", "pipe", "upper_small",
                                    "0", "--why", "I ran it", "--out", out);
    cr_expect(outcome.status == 0, "%s", outcome.errors);
    expect_answer("SELECT points, max FROM grade", "0|1000\n");
    expect_words("gradebook.csv", ",0,0,0,0\r\n", true);
    expect_words("students/ann.html", "could not be graded", false);
    expect_words("students/ann.txt", "has 0 points: I ran it", true);
    expect_words("index.html", "not graded", false);
    outcome = CLASS("in");
    cr_expect_not_null(strstr(outcome.output, "0 graded now, 1 known"), "%s",
                       outcome.output);
    outcome = IPCLAB("override", "ann", "pipe", "upper_small", "0", "--why",
                     "I ran it", "--out", out);
    cr_expect(outcome.status == 3, "that is what stands there already");
    outcome = IPCLAB("override", "ann", "pipe", "upper_small", "0", "--why",
                     "I ran it twice", "--out", out);
    cr_expect(outcome.status == 0, "%s", outcome.errors);
    free(out);
    expect_clean_machine();
}

Test(class, the_overview_counts_what_it_says)
{
    put("roster.csv", "id,name,section\nann,,\nbob,,\ncy,,\ndee,,\n");
    put("in/ann/pipe.c", BROKEN("1"));
    put("in/bob/pipe.c", BROKEN("2"));
    put("in/dee/pipe.c", BROKEN("3"));
    char *roster = in_scratch("roster.csv");
    cr_expect(CLASS("in", "--roster", roster).status == 0);
    /* Ann has passed one test, Bob's could not be graded, of Dee's no test
     * could be judged, and Cy has handed in nothing. */
    change_book(
        "UPDATE test SET verdict = 'pass', points = max WHERE name = "
        "'upper_small'; "
        "UPDATE test SET verdict = 'error', points = 0, max = 0 WHERE result = "
        "(SELECT result FROM counted WHERE student = 'dee'); "
        "UPDATE result SET complete = 0, builds = 1 WHERE id = (SELECT result "
        "FROM counted WHERE student = 'dee'); "
        "INSERT INTO failure SELECT hash, lab, digest, 'a cable broke', 0 FROM "
        "counted JOIN environment USING (lab) WHERE student = 'bob'; "
        "DELETE FROM result WHERE id = (SELECT result FROM counted WHERE "
        "student = 'bob')");
    write_pages("ann");
    expect_words("index.html",
                 "1 graded, 1 not handed in, 2 without a grade; mean 6, median "
                 "6 of 100; full marks: 0.",
                 true);
    expect_words("index.html", "1<span class=\"dim\"> of 1, 100", true);
    expect_words("students/bob.html", "a cable broke", true);
    expect_words("students/bob.txt", "pipe: could not be graded", true);
    expect_words("students/bob.txt", "a cable broke", true);
    expect_words("gradebook.csv", "\"bob\",\"bob\",\"\",,0,0,1\r\n", true);
    free(roster);
    expect_clean_machine();
}

Test(class, formulas_and_markup_are_text)
{
    put("in/=1+1/pipe.c", "#error <script>alert(1)</script>\n");
    put("in/@x/pipe.c", BROKEN("1"));
    cr_expect(CLASS("in").status == 0);
    char *csv = read_scratch("book/gradebook.csv");
    cr_expect_not_null(strstr(csv, "\"'=1+1\""), "%s", csv);
    cr_expect_not_null(strstr(csv, "\"'@x\""), "%s", csv);
    char *page = read_scratch("book/students/~3d1~2b1.html");
    cr_expect_null(strstr(page, "<script"));
    cr_expect_not_null(strstr(page, "&lt;script&gt;alert(1)"));
    free(page);
    free(csv);
    expect_clean_machine();
}

Test(class, who_is_in_the_roster_and_handed_in_nothing)
{
    put("roster.csv", "id,name,section\nann,Ann A,1\nbob,Bob B,2\n");
    put("in/ann/pipe.c", BROKEN("1"));
    put("in/zoe/pipe.c", BROKEN("2"));
    char *roster = in_scratch("roster.csv");
    struct outcome outcome = CLASS("in", "--roster", roster);
    cr_expect(outcome.status == 0, "%s", outcome.errors);
    expect_answer("SELECT id, in_roster FROM student ORDER BY 1",
                  "ann|1\nbob|1\nzoe|0\n");
    char *csv = read_scratch("book/gradebook.csv");
    cr_expect_not_null(strstr(csv, "\"bob\",\"Bob B\",\"2\",,"), "%s", csv);
    cr_expect(CLASS("in").status == 0); /* without it: it is remembered */
    expect_answer("SELECT id, name, in_roster FROM student ORDER BY 1",
                  "ann|Ann A|1\nbob|Bob B|1\nzoe|zoe|0\n");
    free(csv);
    free(roster);
    expect_clean_machine();
}

Test(class, a_roster_can_be_taken_back)
{
    put("roster.csv", "id,name\nann,Ann A\nbob,Bob B\n");
    put("in/ann/pipe.c", BROKEN("1"));
    put("in/zoe/pipe.c", BROKEN("2"));
    char *roster = in_scratch("roster.csv");
    cr_expect(CLASS("in", "--roster", roster).status == 0);
    struct outcome outcome = CLASS("in", "--roster", "none");
    cr_expect(outcome.status == 0, "%s", outcome.errors);
    expect_answer("SELECT id, in_roster FROM student ORDER BY 1",
                  "ann|1\nzoe|1\n");
    cr_expect(CLASS("in").status == 0);
    expect_answer("SELECT id, in_roster FROM student ORDER BY 1",
                  "ann|1\nzoe|1\n");
    free(roster);
    expect_clean_machine();
}

Test(class, a_roster_that_comes_later_makes_nobody_two)
{
    char *out = in_scratch("book"), *roster = in_scratch("roster.csv");

    put("roster.csv", "id,name\ns1,Anna\n");
    put("in/Anna/pipe.c", BROKEN("1"));
    cr_expect(CLASS("in").status == 0);
    struct outcome outcome = IPCLAB("override", "Anna", "pipe", "upper_small",
                                    "4.5", "--why", "shown", "--out", out);
    cr_expect(outcome.status == 0, "%s", outcome.errors);
    put("in/Anna/shm.c", BROKEN("2"));
    outcome = CLASS("in", "--roster", roster);
    cr_expect(outcome.status == 0, "%s", outcome.errors);
    expect_answer("SELECT id, in_roster FROM student", "s1|1\n");
    expect_answer("SELECT student, lab, first_seen, last_seen FROM attempt "
                  "ORDER BY 2",
                  "s1|pipe|1|2\ns1|shm|2|2\n");
    expect_answer("SELECT student, points FROM override", "s1|45\n");
    free(roster);
    free(out);
    expect_clean_machine();
}

/* Wait until the running ipclab has printed TEXT. */
static void wait_for_output(const char *text)
{
    int64_t deadline = now_ms() + 240000;

    for (bool there = false; !there;) {
        char *output = read_scratch("out"); /* where system.c sends it */
        there = strstr(output, text) != NULL;
        free(output);
        cr_assert(now_ms() < deadline, "it never prints %s", text);
        (void)usleep(10000);
    }
}

Test(class, interrupted_and_gone_on_with)
{
    char *path = in_scratch("in"), *book = in_scratch("book");
    char *solution =
        read_file(AT_FDCWD, "solutions/pipe/pipe.c", 1 << 20, NULL);
    char name[] = "in/a/pipe.c";

    for (; name[3] < 'd'; name[3]++) {
        char *text = xformat("/* %c */ %s", name[3], solution);
        put(name, text);
        free(text);
    }
    pid_t pid = ipclab_start(
        (const char *const[]){"class", path, "--out", book, "-j", "1", NULL});
    wait_for_output("  1/3 ");
    cr_assert(kill(pid, SIGINT) == 0);
    struct outcome outcome = ipclab_wait(pid);
    cr_expect(outcome.status == 130, "%d", outcome.status);
    outcome = CLASS("in");
    cr_expect(outcome.status == 0, "%s", outcome.errors);
    cr_expect_null(strstr(outcome.output, " 0 known"), "%s", outcome.output);
    expect_answer("SELECT sum(points), count(*) FROM grade", "3000|3\n");
    free(solution);
    free(book);
    free(path);
    expect_clean_machine();
}

/* ---- An instructor's own tests ------------------------------------------- */

static const char own_tests[] =
    "#include \"probe.h\"\n"
    "Graded(pipe, secret_greeting, .points = 7, .step = \"pipe.1\",\n"
    "       .description = \"a secret\")\n"
    "{ expect_exit(launch(ARGS(\"upper\")), 0); }\n"
    "Graded(pipe, later_greeting, .points = 5, .step = \"pipe.1\",\n"
    "       .description = \"later\", .visibility = GRADED_AFTER_DUE_DATE)\n"
    "{ expect_exit(launch(ARGS(\"upper\")), 1); }\n"
    "Graded(pipe, open_greeting, .points = 3, .step = \"pipe.1\",\n"
    "       .description = \"open\", .visibility = GRADED_VISIBLE)\n"
    "{ expect_exit(launch(ARGS(\"upper\")), 0); }\n";

Test(class, own_tests_can_be_kept_from_students)
{
    char *solution =
        read_file(AT_FDCWD, "solutions/pipe/pipe.c", 1 << 20, NULL);
    char *own = in_scratch("own");

    put("in/ann/pipe.c", solution);
    put("own/test_pipe.c", own_tests);
    struct outcome outcome =
        CLASS("in", "--extra-tests", own, "--due", "2100-01-01");
    cr_assert(outcome.status == 0, "%s", outcome.errors);
    expect_answer("SELECT points, max FROM grade", "1100|1150\n");
    char *page = read_scratch("book/students/ann.html");
    char *text = read_scratch("book/students/ann.txt");
    cr_expect_not_null(strstr(page, "open_greeting"));
    cr_expect_null(strstr(page, "secret"));
    cr_expect_null(strstr(page, "later"));
    cr_expect_null(strstr(text, "secret"));
    cr_expect_null(strstr(text, "later_greeting"));
    cr_expect_not_null(strstr(page, "Graded in the sandbox"));
    free(page);
    /* What a student's kit does not have cannot be typed there. */
    expect_answer("SELECT count(value ->> 'command'), sum(value ->> 'extra') "
                  "FROM result, json_each(grade, '$.tests')",
                  "13|3\n");
    expect_answer("SELECT value ->> 'name' FROM result, json_each(grade, "
                  "'$.tests') WHERE value ->> 'extra' AND (value ->> 'command' "
                  "IS NOT NULL OR value ->> 'picture' IS NOT NULL)",
                  "");
    outcome = CLASS("in", "--extra-tests", own, "--due", "2000-01-01");
    cr_expect_not_null(strstr(outcome.output, "0 graded now, 1 known"), "%s",
                       outcome.output);
    page = read_scratch("book/students/ann.html");
    cr_expect_not_null(strstr(page, "later_greeting"));
    cr_expect_null(strstr(page, "secret"));
    free(page);
    free(text);
    free(own);
    free(solution);
    expect_clean_machine();
}

Test(class, own_tests_that_do_not_build)
{
    char *own = in_scratch("own");

    put("in/ann/pipe.c", BROKEN("1"));
    put("own/test_pipe.c", "int x = ;\n");
    put("book/extra/test_msgq", "of an earlier directory\n");
    struct outcome outcome = CLASS("in", "--extra-tests", own);
    cr_expect(outcome.status == 3, "%d", outcome.status);
    cr_expect_not_null(strstr(outcome.errors, "does not build"));
    char *earlier = in_scratch("book/extra/test_msgq");
    cr_expect_eq(access(earlier, F_OK), -1, "a node would take it");
    free(earlier);
    free(own);
    expect_clean_machine();
}

Test(class, what_fails_leaves_no_settings)
{
    put("in/ann/pipe.c", BROKEN("1"));
    struct outcome outcome = CLASS("in", "--extra-tests", "/nonexistent",
                                   "--due", "2000-01-01", "--attempts", "best");
    cr_expect(outcome.status == 3, "%d", outcome.status);
    expect_answer("SELECT count(*) FROM setting", "0\n");
    outcome = CLASS("in");
    cr_expect(outcome.status == 0, "%s", outcome.errors);
    outcome = CLASS("none", "--due", "2000-01-01");
    cr_expect(outcome.status == 3, "%d", outcome.status);
    expect_answer("SELECT count(*) FROM setting", "0\n");
    expect_clean_machine();
}
