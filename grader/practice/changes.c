// SPDX-License-Identifier: MIT
/* changes.c - what is new in a grade; see changes.h. */
#include "changes.h"

#include <stdlib.h>
#include <string.h>

#include "base.h"

void baseline_release(struct baseline *baseline)
{
    for (size_t i = 0; i < baseline->test_count; i++) {
        free(baseline->tests[i].name);
        free(baseline->tests[i].reason);
    }
    free(baseline->tests);
    *baseline = (struct baseline){0};
}

static struct known_test *find(const struct baseline *baseline,
                               const char *name)
{
    for (size_t i = 0; i < baseline->test_count; i++)
        if (strcmp(baseline->tests[i].name, name) == 0)
            return &baseline->tests[i];
    return NULL;
}

/* Why TEST failed, in words that do not change from run to run. */
static const char *reason(const struct grade_test *test)
{
    if (test->verdict != VERDICT_FAIL)
        return NULL;
    return test->diagnosis.id ? test->diagnosis.id : test->expected;
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

enum change baseline_verdict(const struct baseline *baseline,
                             const struct grade_test *test)
{
    const struct known_test *known = find(baseline, test->name);

    if (test->verdict == VERDICT_ERROR)
        return CHANGE_ERROR;
    if (baseline->test_count == 0)
        return CHANGE_NONE;
    if (known == NULL || known->verdict != test->verdict)
        return test->verdict == VERDICT_PASS ? CHANGE_PASSES : CHANGE_FAILS;
    return same(known->reason, reason(test)) ? CHANGE_NONE : CHANGE_DIFFERS;
}

static bool is_unclean(enum cleanliness cleanliness)
{
    return cleanliness == CLEANLINESS_DIRTY ||
           cleanliness == CLEANLINESS_BROKEN;
}

enum change baseline_cleanliness(const struct baseline *baseline,
                                 const struct grade_test *test)
{
    const struct known_test *known = find(baseline, test->name);
    bool was_unclean = known && is_unclean(known->cleanliness);

    if (test->verdict != VERDICT_PASS)
        return CHANGE_NONE;
    if (test->cleanliness == CLEANLINESS_ERROR)
        return CHANGE_ERROR;
    if (is_unclean(test->cleanliness) == was_unclean)
        return CHANGE_NONE;
    return was_unclean ? CHANGE_CLEAN : CHANGE_DIRTY;
}

void baseline_learn_verdicts(struct baseline *baseline,
                             const struct grade *grade)
{
    for (size_t i = 0; i < grade->test_count; i++) {
        const struct grade_test *test = &grade->tests[i];
        struct known_test *known = find(baseline, test->name);
        if (test->verdict == VERDICT_ERROR)
            continue;
        if (known == NULL) {
            known =
                grow(&baseline->tests, &baseline->test_count, sizeof(*known));
            known->name = xstrdup(test->name);
        }
        known->verdict = test->verdict;
        string_set(&known->reason, reason(test));
    }
}

void baseline_learn(struct baseline *baseline, const struct grade *grade)
{
    baseline_learn_verdicts(baseline, grade);
    for (size_t i = 0; i < grade->test_count; i++) {
        const struct grade_test *test = &grade->tests[i];
        struct known_test *known = find(baseline, test->name);
        if (known && test->cleanliness != CLEANLINESS_ERROR)
            known->cleanliness = test->cleanliness;
    }
    baseline->scored = grade->complete;
    baseline->score_tenths = grade->score_tenths;
}
