// SPDX-License-Identifier: MIT
/* test_names.c - whose file it is, told from its path. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

static char *lab_names[] = {"pipe", "shm", "mq_notify", NULL};
static const struct argv known = {lab_names, 3};

static const struct {
    const char *path, *student, *lab, *folder;
    int depth, number;
    bool late;
} cases[] = {
    /* Folders, as students make them. */
    {"alice/pipe.c", "alice", "pipe", "alice", 0, 0, false},
    {"alice/pipe/pipe.c", "alice", "pipe", "alice", 0, 0, false},
    {"alice/labs/pipe/pipe.c", "alice", "pipe", "alice", 1, 0, false},
    {"alice/PIPE.C", "alice", "pipe", "alice", 0, 0, false},
    {"alice/pipe2.c", "alice", NULL, "alice", 0, 0, false},
    {"alice/mq_notify/mq_notify.c", "alice", "mq_notify", "alice", 0, 0, false},
    {"pipe.c", NULL, "pipe", NULL, 0, 0, false},
    {"jos\xe9/pipe.c", "jos\\xe9", "pipe", "jos\xe9", 0, 0, false},
    /* Archives. */
    {"alice.zip//pipe.c", "alice", "pipe", "alice.zip", 0, 0, false},
    {"alice.tar.gz//wrap/pipe.c", "alice", "pipe", "alice.tar.gz", 1, 0, false},
    {"alice/hand-in.zip//pipe/pipe.c", "alice", "pipe", "alice/hand-in.zip", 0,
     0, false},
    /* Attempts. */
    {"alice/attempt-2/pipe.c", "alice", "pipe", "alice/attempt-2", 0, 2, false},
    {"alice/attempt-3.zip//pipe.c", "alice", "pipe", "alice/attempt-3.zip", 0,
     3, false},
    {"alice/Version 12/shm/shm.c", "alice", "shm", "alice/Version 12", 0, 12,
     false},
    {"alice/attempts/pipe.c", "alice", "pipe", "alice", 1, 0, false},
    /* Canvas. */
    {"doejane_12345_67890_pipe.c", "doejane", "pipe",
     "doejane_12345_67890_pipe.c", 0, 0, false},
    {"doejane_LATE_12345_67890_pipe-2.c", "doejane", "pipe",
     "doejane_LATE_12345_67890_pipe-2.c", 0, 2, true},
    {"doejane_12345_67890_my_pipe.c", "doejane", NULL,
     "doejane_12345_67890_my_pipe.c", 0, 0, false},
    {"doejane_12345_67890_work.zip//pipe.c", "doejane", "pipe",
     "doejane_12345_67890_work.zip", 0, 0, false},
    {"week_1/pipe.c", "week_1", "pipe", "week_1", 0, 0, false},
    {"a_1_2_b/pipe-1.c", "a_1_2_b", "pipe", "a_1_2_b", 0, 1, false},
    /* Renamed by a browser. */
    {"alice/pipe (3).c", "alice", "pipe", "alice", 0, 3, false},
    {"alice/pipe(3).c", "alice", NULL, "alice", 0, 0, false},
    {"alice/-1.c", "alice", NULL, "alice", 0, 0, false},
    {"alice/(1).c", "alice", NULL, "alice", 0, 0, false},
    /* Moodle. */
    {"Jane Doe_1234567_assignsubmission_file_/pipe.c", "Jane Doe", "pipe",
     "Jane Doe_1234567_assignsubmission_file_", 0, 0, false},
    /* Below a student's own folder another's name is but a name. */
    {"ann/Bob_7_assignsubmission_file_/pipe.c", "ann", "pipe", "ann", 1, 0,
     false},
    {"ann/bob_1_2_pipe-9.c", "ann", NULL, "ann", 0, 0, false},
    {"ann.zip//bob_1_2_pipe.c", "ann", NULL, "ann.zip", 0, 0, false},
};

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

Test(names, of_all_platforms)
{
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct name name;
        name_parse(&name, cases[i].path, &known);
        cr_expect(same(name.student, cases[i].student), "%s: student %s",
                  cases[i].path, name.student);
        cr_expect(same(name.lab, cases[i].lab), "%s: lab %s", cases[i].path,
                  name.lab);
        cr_expect(same(name.folder, cases[i].folder), "%s: folder %s",
                  cases[i].path, name.folder);
        cr_expect(name.depth == cases[i].depth, "%s: depth %d", cases[i].path,
                  name.depth);
        cr_expect(name.number == cases[i].number, "%s: number %d",
                  cases[i].path, name.number);
        cr_expect(name.late == cases[i].late, "%s", cases[i].path);
        name_release(&name);
    }
}

Test(names, kinds)
{
    cr_expect_eq(name_kind("a/pipe.c"), NAME_SOURCE);
    cr_expect_eq(name_kind("a/._pipe.c"), NAME_OTHER);
    cr_expect_eq(name_kind("a/pipe.cc"), NAME_OTHER);
    cr_expect_eq(name_kind("a.ZIP"), NAME_ARCHIVE);
    cr_expect_eq(name_kind("b/a.tar.gz"), NAME_ARCHIVE);
    cr_expect_eq(name_kind("e/submission_metadata.yml"), NAME_METADATA);
    cr_expect_eq(name_kind("zip"), NAME_OTHER);
}

/* What is left of the first path without what wraps them all. */
static const char *unwrapped(const char *const *paths, size_t count)
{
    return paths[0] + names_wrapping(paths, count, &known);
}
#define UNWRAPPED(...)                                                         \
    unwrapped((const char *const[]){__VA_ARGS__},                              \
              LENGTH(((const char *const[]){__VA_ARGS__})))

Test(names, what_an_export_puts_around_all)
{
    cr_expect_str_eq(UNWRAPPED("export/alice/pipe.c", "export/bob/pipe.c"),
                     "alice/pipe.c");
    cr_expect_str_eq(UNWRAPPED("e.zip//x/alice/pipe.c", "e.zip//x/bob/pipe.c"),
                     "alice/pipe.c");
    cr_expect_str_eq(UNWRAPPED("x/a_1_2_pipe.c", "x/b_3_4_pipe.c"),
                     "a_1_2_pipe.c");
    cr_expect_str_eq(
        UNWRAPPED("x/submission_metadata.yml", "x/submission_1/pipe.c"),
        "submission_metadata.yml");
}

Test(names, one_student_is_not_taken_for_an_export)
{
    cr_expect_str_eq(UNWRAPPED("alice/pipe/pipe.c", "alice/shm/shm.c"),
                     "alice/pipe/pipe.c");
    cr_expect_str_eq(UNWRAPPED("alice/pipe.c", "alice/shm.c"), "alice/pipe.c");
    cr_expect_str_eq(
        UNWRAPPED("alice/attempt-1/pipe.c", "alice/attempt-2/pipe.c"),
        "alice/attempt-1/pipe.c");
    cr_expect_str_eq(UNWRAPPED("alice/pipe.c"), "alice/pipe.c");
}

Test(names, different_names_stay_different)
{
    static const char *const names[] = {"jos\xe9", "jos\\xe9", "jos\xc3\xa9",
                                        "a\nb",    "a\\nb",    "=1",
                                        "..",      ".",        "a b"};

    for (size_t i = 0; i < LENGTH(names); i++) {
        char *text = name_text(names[i], strlen(names[i]));
        char *file = name_file(text);
        cr_expect(strchr(file, '/') == NULL && *file != '.', "%s", file);
        for (size_t k = 0; k < i; k++) {
            char *other = name_text(names[k], strlen(names[k]));
            char *other_file = name_file(other);
            cr_expect_str_neq(text, other);
            cr_expect_str_neq(file, other_file);
            free(other_file);
            free(other);
        }
        free(file);
        free(text);
    }
}

Test(names, long_ones_fit_into_a_file_system)
{
    char name[1001];

    memset(name, '!', 1000);
    name[1000] = '\0';
    char *one = name_file(name);
    name[999] = '?';
    char *other = name_file(name);
    cr_expect(strlen(one) < 240);
    cr_expect_str_neq(one, other);
    free(one);
    free(other);
}
