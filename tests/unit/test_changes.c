// SPDX-License-Identifier: MIT
/* What is new in a grade for somebody who has seen the one before. */
#include <criterion/criterion.h>

#include "base.h"
#include "changes.h"

static char name_a[] = "a", name_b[] = "b";
static char one[] = "one", other[] = "other", nought[] = "0";

static struct grade_test tests[2];
static struct grade grade;
static struct baseline baseline;

/* A fails because of ONE, B passes and is clean. */
static void setup(void)
{
    tests[0] = (struct grade_test){.name = name_a,
                                   .verdict = VERDICT_FAIL,
                                   .diagnosis = {.id = one},
                                   .expected = nought};
    tests[1] = (struct grade_test){.name = name_b,
                                   .verdict = VERDICT_PASS,
                                   .cleanliness = CLEANLINESS_CLEAN};
    grade = (struct grade){.tests = tests,
                           .test_count = LENGTH(tests),
                           .complete = true,
                           .score_tenths = 500};
    baseline = (struct baseline){0};
}

static void teardown(void)
{
    baseline_release(&baseline);
}

TestSuite(changes, .init = setup, .fini = teardown);

Test(changes, of_the_first_grade_nothing_is_new)
{
    cr_expect_eq(baseline_verdict(&baseline, &tests[0]), CHANGE_NONE);
    cr_expect_eq(baseline_verdict(&baseline, &tests[1]), CHANGE_NONE);
    cr_expect_not(baseline.scored);
}

Test(changes, the_same_again_is_not_new)
{
    baseline_learn(&baseline, &grade);
    for (size_t i = 0; i < LENGTH(tests); i++) {
        cr_expect_eq(baseline_verdict(&baseline, &tests[i]), CHANGE_NONE);
        cr_expect_eq(baseline_cleanliness(&baseline, &tests[i]), CHANGE_NONE);
    }
    cr_expect(baseline.scored);
    cr_expect_eq(baseline.score_tenths, 500);
}

Test(changes, verdicts_turn_both_ways)
{
    baseline_learn(&baseline, &grade);
    tests[0].verdict = VERDICT_PASS;
    tests[1].verdict = VERDICT_FAIL;
    cr_expect_eq(baseline_verdict(&baseline, &tests[0]), CHANGE_PASSES);
    cr_expect_eq(baseline_verdict(&baseline, &tests[1]), CHANGE_FAILS);
}

Test(changes, another_reason_to_fail_is_new)
{
    baseline_learn(&baseline, &grade);
    tests[0].diagnosis.id = other;
    cr_expect_eq(baseline_verdict(&baseline, &tests[0]), CHANGE_DIFFERS);
    tests[0].diagnosis.id = NULL;
    cr_expect_eq(baseline_verdict(&baseline, &tests[0]), CHANGE_DIFFERS);
}

Test(changes, a_test_that_was_not_there_is_new)
{
    grade.test_count = 1;
    baseline_learn(&baseline, &grade);
    cr_expect_eq(baseline_verdict(&baseline, &tests[1]), CHANGE_PASSES);
}

/* A save may come before memcheck has ended: verdicts were told by then. */
Test(changes, verdicts_are_learnt_without_cleanliness)
{
    baseline_learn(&baseline, &grade);
    tests[0].verdict = VERDICT_PASS;
    baseline_learn_verdicts(&baseline, &grade);
    cr_expect_eq(baseline_verdict(&baseline, &tests[0]), CHANGE_NONE);
    tests[1].cleanliness = CLEANLINESS_DIRTY;
    baseline_learn_verdicts(&baseline, &grade);
    cr_expect_eq(baseline_cleanliness(&baseline, &tests[1]), CHANGE_DIRTY);
}

Test(changes, cleanliness_turns_both_ways)
{
    baseline_learn(&baseline, &grade);
    tests[1].cleanliness = CLEANLINESS_DIRTY;
    cr_expect_eq(baseline_cleanliness(&baseline, &tests[1]), CHANGE_DIRTY);
    baseline_learn(&baseline, &grade);
    tests[1].cleanliness = CLEANLINESS_BROKEN;
    cr_expect_eq(baseline_cleanliness(&baseline, &tests[1]), CHANGE_NONE);
    tests[1].cleanliness = CLEANLINESS_CLEAN;
    cr_expect_eq(baseline_cleanliness(&baseline, &tests[1]), CHANGE_CLEAN);
}

Test(changes, of_a_first_grade_what_is_unclean_is_told)
{
    tests[1].cleanliness = CLEANLINESS_DIRTY;
    cr_expect_eq(baseline_cleanliness(&baseline, &tests[1]), CHANGE_DIRTY);
    tests[0].cleanliness = CLEANLINESS_DIRTY; /* it failed: not looked at */
    cr_expect_eq(baseline_cleanliness(&baseline, &tests[0]), CHANGE_NONE);
}

/* It says nothing about the student's work: what was known stays. */
Test(changes, errors_of_ours_are_told_and_not_learnt)
{
    baseline_learn(&baseline, &grade);
    tests[1].verdict = VERDICT_ERROR;
    cr_expect_eq(baseline_verdict(&baseline, &tests[1]), CHANGE_ERROR);
    baseline_learn(&baseline, &grade);
    tests[1].verdict = VERDICT_PASS;
    cr_expect_eq(baseline_verdict(&baseline, &tests[1]), CHANGE_NONE);
    tests[1].cleanliness = CLEANLINESS_ERROR;
    cr_expect_eq(baseline_cleanliness(&baseline, &tests[1]), CHANGE_ERROR);
}
