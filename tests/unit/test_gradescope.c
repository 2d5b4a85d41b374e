// SPDX-License-Identifier: MIT
/* test_gradescope.c - who is behind the numbers of an export. */
#include <criterion/criterion.h>
#include <string.h>

#include "gradescope.h"

static const char text[] = "---\n"
                           "submission_789:\n"
                           "  :submitters:\n"
                           "  - :name: Jane Doe\n"
                           "    :sid: '042'\n"
                           "    :email: jane@example.edu\n"
                           "  - :name: Li Na\n"
                           "    :sid:\n"
                           "    :email: li@example.edu\n"
                           "  :created_at: 2026-11-18 12:00:00.5 Z\n"
                           "  :history: []\n"
                           "submission_790:\n"
                           "  :submitters: none\n";

Test(gradescope, reads_ids_of_a_group)
{
    struct gradescope gradescope;

    cr_assert_eq(gradescope_read(&gradescope, text, strlen(text)), 0);
    const struct submitted *group =
        gradescope_find(&gradescope, "submission_789");
    cr_assert_not_null(group);
    cr_assert_eq(group->students.count, 2);
    cr_expect_str_eq(group->students.items[0], "042");
    cr_expect_str_eq(group->students.items[1], "li@example.edu");
    cr_expect_eq(group->at, 1795003200);
    cr_expect_null(gradescope_find(&gradescope, "submission_790"));
    gradescope_release(&gradescope);
}

Test(gradescope, refuses_what_is_none)
{
    static const char *const texts[] = {"", "a: [", "- a\n- b\n", "a: b\n",
                                        "a: {:submitters: {x: y}}\n"};
    struct gradescope gradescope;

    for (size_t i = 0; i < LENGTH(texts); i++)
        cr_expect_eq(gradescope_read(&gradescope, texts[i], strlen(texts[i])),
                     -1, "%s", texts[i]);
}
