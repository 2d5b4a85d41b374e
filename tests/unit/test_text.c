// SPDX-License-Identifier: MIT
/* test_text.c - bytes from outside made fit to be shown. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base.h"
#include "text.h"

Test(text, is_cut_between_characters)
{
    static const struct {
        const char *text, *cut;
    } cases[] = {
        {"abcdef", "abcdef"},
        {"abcdefg", "abc..."},
        {"ab\xc3\xa9"
         "efg",
         "ab..."},
        {"a\xc3\xa9"
         "defg",
         "a\xc3\xa9..."},
        {"ab\xff"
         "defg",
         "ab\xff..."},
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        char *cut = text_cut(cases[i].text, 6);
        cr_expect_str_eq(cut, cases[i].cut);
        free(cut);
    }
}
