// SPDX-License-Identifier: MIT
/* Hints as their Markdown has them, and as a terminal shows them. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "hint.h"

static const char sample[] = "<!-- a comment -->\n"
                             "\n"
                             "1. of no step\n"
                             "\n"
                             "## pipe.1\n"
                             "\n"
                             "1. Count the `write`\n"
                             "   ends. How *many*?\n"
                             "\n"
                             "   Then again.\n"
                             "\n"
                             "2. `pipe(7)`.\n"
                             "\n"
                             "## pipe.2\n"
                             "\n"
                             "Words.\n"
                             "\n"
                             "- a list without numbers\n";

Test(hint, items_belong_to_the_heading_above)
{
    struct hints hints;

    hints_parse(&hints, sample);
    cr_assert_eq(hints.step_count, 2);
    const struct hint_step *step = hints_find(&hints, "pipe.1");
    cr_assert_not_null(step);
    cr_expect_eq(step->hints.count, 2);
    cr_expect_eq(hints_find(&hints, "pipe.2")->hints.count, 0);
    cr_expect_null(hints_find(&hints, "pipe"));
    hints_release(&hints);
}

Test(hint, lines_of_a_paragraph_are_one_and_code_is_marked)
{
    struct hints hints;

    hints_parse(&hints, sample);
    const struct hint_step *step = hints_find(&hints, "pipe.1");
    cr_expect_str_eq(step->hints.items[0],
                     "Count the `write` ends. How *many*?\nThen again.\n");
    cr_expect_str_eq(step->hints.items[1], "`pipe(7)`.\n");
    hints_release(&hints);
}

Test(hint, nothing_to_read_is_no_step)
{
    struct hints hints;

    hints_parse(&hints, "");
    cr_expect_eq(hints.step_count, 0);
    hints_release(&hints);
}

/* What `make hint` gives for every lab of the kit. */
Test(hint, every_step_of_every_lab_has_three)
{
    glob_t files;

    cr_assert_eq(glob("labs/*/hints.md", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct hints hints;
        char *text = read_file(AT_FDCWD, files.gl_pathv[i], 1 << 20, NULL);
        cr_assert_not_null(text);
        hints_parse(&hints, text);
        cr_expect_gt(hints.step_count, 0, "%s", files.gl_pathv[i]);
        for (size_t s = 0; s < hints.step_count; s++)
            cr_expect_eq(hints.steps[s].hints.count, 3, "%s",
                         hints.steps[s].step);
        hints_release(&hints);
        free(text);
    }
    globfree(&files);
}
