// SPDX-License-Identifier: MIT
/* Points: what is earned, what is lost, and what never counts against anyone.
 */
#include <criterion/criterion.h>

#include "base.h"
#include "score.h"

static struct grade *graded(enum verdict verdict, enum cleanliness cleanliness,
                            bool memcheck)
{
    struct grade *grade = grade_new("pipe");
    struct grade_test *test =
        grow(&grade->tests, &grade->test_count, sizeof(*test));

    grade->memcheck = memcheck;
    grade->build.ok = true;
    test->name = xstrdup("upper_small");
    test->step = xstrdup("pipe.1");
    test->worth_tenths = 60;
    test->verdict = verdict;
    test->cleanliness = cleanliness;
    score_grade(grade);
    return grade;
}

static const struct row {
    enum verdict verdict;
    enum cleanliness cleanliness;
    bool memcheck;
    int score, max;
    bool complete;
} rows[] = {
    {VERDICT_PASS, CLEANLINESS_CLEAN, true, 60, 60, true},
    {VERDICT_PASS, CLEANLINESS_UNTESTED, true, 60, 60, true},
    {VERDICT_PASS, CLEANLINESS_DIRTY, true, 48, 60, true},
    {VERDICT_PASS, CLEANLINESS_BROKEN, true, 48, 60, true},
    {VERDICT_PASS, CLEANLINESS_ERROR, true, 48, 48, false},
    {VERDICT_FAIL, CLEANLINESS_UNTESTED, true, 0, 60, true},
    {VERDICT_ERROR, CLEANLINESS_UNTESTED, true, 0, 0, false},
    {VERDICT_PASS, CLEANLINESS_UNTESTED, false, 48, 48, true},
    {VERDICT_FAIL, CLEANLINESS_UNTESTED, false, 0, 48, true},
};

Test(score, table)
{
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct grade *grade =
            graded(rows[i].verdict, rows[i].cleanliness, rows[i].memcheck);
        cr_expect_eq(grade->score_tenths, rows[i].score, "row %zu", i);
        cr_expect_eq(grade->max_tenths, rows[i].max, "row %zu", i);
        cr_expect_eq(grade->complete, rows[i].complete, "row %zu", i);
        grade_free(grade);
    }
}

Test(score, bonus_counts_for_nothing)
{
    struct grade *grade = graded(VERDICT_PASS, CLEANLINESS_DIRTY, true);

    grade->tests[0].worth_tenths = 0;
    grade->tests[0].bonus = true;
    score_grade(grade);
    cr_expect_eq(grade->score_tenths, 0);
    cr_expect_eq(grade->max_tenths, 0);
    cr_expect_null(grade_next(grade), "nothing is left to earn");
    grade_free(grade);
}

Test(score, next_is_of_the_lowest_step)
{
    static const char *const steps[] = {"pipe.10", "pipe.2", "pipe.2"};
    struct grade *grade = grade_new("pipe");

    grade->memcheck = grade->build.ok = true;
    for (size_t i = 0; i < LENGTH(steps); i++) {
        struct grade_test *test =
            grow(&grade->tests, &grade->test_count, sizeof(*test));
        test->name = xformat("test_%zu", i);
        test->step = xstrdup(steps[i]);
        test->worth_tenths = 100;
        test->verdict = VERDICT_FAIL;
    }
    score_grade(grade);
    cr_assert_not_null(grade_next(grade));
    cr_expect_str_eq(grade_next(grade)->name, "test_1");
    grade_free(grade);
}

Test(score, tenths)
{
    char text[16];

    cr_expect_str_eq(tenths_format(544, text), "54.4");
    cr_expect_str_eq(tenths_format(1000, text), "100");
    cr_expect_str_eq(tenths_format(0, text), "0");
    cr_expect_str_eq(tenths_format(2, text), "0.2");
}
