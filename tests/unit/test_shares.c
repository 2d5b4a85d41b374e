// SPDX-License-Identifier: MIT
/* test_shares.c - who may use how much of what all have. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base.h"
#include "shares.h"

Test(shares, nobody_leaves_nothing_to_the_others)
{
    static const char *const wraps[] = {"", "export/", "a/b/"};

    for (size_t i = 0; i < LENGTH(wraps); i++) {
        struct shares shares = {1600, NULL};
        char path[64];
        for (int n = 0; n < 100; n++) {
            (void)snprintf(path, sizeof(path), "%seve/%d/pipe.c", wraps[i], n);
            shares_use(&shares, path, shares_left(&shares, path));
        }
        (void)snprintf(path, sizeof(path), "%szoe/pipe.c", wraps[i]);
        cr_expect(shares_left(&shares, path) >= 100, "%s", path);
        shares_release(&shares);
    }
}

Test(shares, each_folder_has_half_of_the_one_around_it)
{
    struct shares shares = {1600, NULL};

    cr_expect_eq(shares_left(&shares, "pipe.c"), 1600);
    cr_expect_eq(shares_left(&shares, "a/pipe.c"), 800);
    cr_expect_eq(shares_left(&shares, "a/b/pipe.c"), 400);
    cr_expect_eq(shares_left(&shares, "a/b/c/d/e/f/pipe.c"), 100);
    cr_expect_eq(shares_left(&shares, "a.zip//b/c/pipe.c"), 1600);
    cr_expect_eq(shares_left(&shares, "a/doe_1_2_pipe.c"), 400);
    for (int n = 0; n < 100; n++) {
        char path[32];
        (void)snprintf(path, sizeof(path), "a/%d/pipe.c", n);
        shares_use(&shares, path, shares_left(&shares, path));
        (void)snprintf(path, sizeof(path), "a/doe_1_%d_x.zip", n);
        shares_use(&shares, path, shares_left(&shares, path));
    }
    cr_expect_eq(shares_left(&shares, "a/z/pipe.c"), 0);
    cr_expect_eq(shares_left(&shares, "b/z/pipe.c"), 400);
    shares_release(&shares);
}
