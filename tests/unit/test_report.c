// SPDX-License-Identifier: MIT
/* test_report.c - what a report says, and what it leaves out. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* A grade with one test, which failed. */
static struct grade *make_grade(void)
{
    static const char listed[] =
        "[{\"name\": \"upper\", \"step\": \"pipe.1\", \"points\": 6, "
        "\"description\": \"it converts\", \"visibility\": \"visible\"}]";
    struct grade *grade = grade_new("pipe");
    char why[160];

    cr_assert_eq(
        grade_read_tests(grade, listed, strlen(listed), why, sizeof(why)), 0,
        "%s", why);
    grade->build.ok = grade->memcheck = grade->complete = true;
    grade->tests[0].verdict = VERDICT_FAIL;
    string_set(&grade->sandbox.level, "full");
    return grade;
}

static char *print(const struct grade *grade)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct report report;

    cr_assert_not_null(out);
    report_init(&report, out);
    report_grade(&report, grade);
    cr_assert_eq(fclose(out), 0);
    return text;
}

Test(report, names_the_sandbox)
{
    struct grade *grade = make_grade();
    char *text = print(grade);

    cr_expect_not_null(strstr(text, ", sandbox full)\n"), "%s", text);
    free(text);
    grade_free(grade);
}

Test(report, copes_without_commands)
{
    struct grade *grade = make_grade();
    char *text = print(grade);

    cr_expect_null(strstr(text, "again"), "%s", text);
    cr_expect_null(strstr(text, "picture"), "%s", text);
    free(text);
    string_set(&grade->tests[0].command, "make pipe TEST=upper");
    text = print(grade);
    cr_expect_not_null(strstr(text, "make pipe TEST=upper"), "%s", text);
    free(text);
    grade_free(grade);
}
