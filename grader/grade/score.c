// SPDX-License-Identifier: MIT
/* score.c - points, from verdicts and cleanliness; see score.h. */
#include "score.h"

/* In tenths: exact, as the worth of a test is a whole number of points. */
static int clean_share(const struct grade_test *test)
{
    return test->worth_tenths / 5;
}

static void score_test(struct grade_test *test, bool memcheck)
{
    int share = clean_share(test);

    test->points_tenths = 0;
    test->max_tenths =
        memcheck ? test->worth_tenths : test->worth_tenths - share;
    if (test->verdict == VERDICT_ERROR)
        test->max_tenths = 0;
    if (test->verdict != VERDICT_PASS)
        return;
    test->points_tenths = test->worth_tenths - share;
    if (!memcheck)
        return;
    switch (test->cleanliness) {
    case CLEANLINESS_CLEAN:
    case CLEANLINESS_UNTESTED: /* all its launches are native only */
        test->points_tenths += share;
        break;
    case CLEANLINESS_ERROR:
        test->max_tenths -= share;
        break;
    case CLEANLINESS_DIRTY:
    case CLEANLINESS_BROKEN:
        break;
    }
}

void score_grade(struct grade *grade)
{
    grade->score_tenths = grade->max_tenths = 0;
    for (size_t i = 0; i < grade->test_count; i++) {
        struct grade_test *test = &grade->tests[i];
        score_test(test, grade->memcheck);
        grade->score_tenths += test->points_tenths;
        grade->max_tenths += test->max_tenths;
    }
    grade->complete = !grade_has_error(grade);
}
