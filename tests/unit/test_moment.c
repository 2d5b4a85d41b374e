// SPDX-License-Identifier: MIT
/* test_moment.c - points in time as people and platforms write them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

#include "base.h"
#include "moment.h"

#define NOON 1795003200 /* 2026-11-18 12:00 UTC */

Test(moment, forms)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {
        {"2026-11-18 12:00", NOON},
        {"2026-11-18T12:00:00", NOON},
        {"2026-11-18T12:00Z", NOON},
        {"2026-11-18 12:00:00 UTC", NOON},
        {"2026-11-18 04:00:00.123456789 -08:00", NOON},
        {"2026-11-18T13:30:00+0130", NOON},
        {"2026-11-18", NOON + 43199},
        {"18.11.2026", 0},
        {"2026-11-18 12:00 CET", 0},
        {"2026-13-18", 0},
        {"", 0},
    };
    char text[MOMENT_SIZE];

    cr_assert(setenv("TZ", "UTC", 1) == 0);
    tzset();
    for (size_t i = 0; i < LENGTH(cases); i++)
        cr_expect(moment_parse(cases[i].text) == cases[i].seconds, "%s: %lld",
                  cases[i].text, (long long)moment_parse(cases[i].text));
    cr_expect_str_eq(moment_format(NOON, text), "2026-11-18 12:00 UTC");
}
