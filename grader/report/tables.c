// SPDX-License-Identifier: MIT
/* tables.c - the two tables that are no grades; see report.h. */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "layout.h"
#include "report.h"

#define LAB_WIDTH   16
#define SCORE_WIDTH 16

/* ---- Labs ---------------------------------------------------------------- */

/* What stands behind the score; to be freed. */
static char *remark(const struct standing *standing)
{
    if (!standing->graded)
        return xformat("not graded yet: make %s", standing->lab);
    if (standing->changed)
        return xformat("changed since it was graded: make %s", standing->lab);
    if (!standing->builds)
        return xformat("does not build: make %s", standing->lab);
    if (standing->next)
        return xformat("next: %s", standing->next);
    return xstrdup("done");
}

static void report_standing(const struct report *report,
                            const struct standing *standing)
{
    char score[16], max[16];
    char *sum =
        standing->graded
            ? xformat("%s / %s", tenths_format(standing->score_tenths, score),
                      tenths_format(standing->max_tenths, max))
            : xstrdup("-");
    char *text = remark(standing);

    (void)fputs("  ", report->out);
    layout_cell(report, BOLD, standing->lab, LAB_WIDTH);
    layout_cell(report, standing_is_done(standing) ? GREEN : PLAIN, sum,
                SCORE_WIDTH);
    layout_cell(report, PLAIN, text, 0);
    if (standing->hints > 0)
        (void)fprintf(report->out, " (%d hint%s taken)", standing->hints,
                      standing->hints == 1 ? "" : "s");
    (void)fputs("\n", report->out);
    free(text);
    free(sum);
}

/* The lab to go on with: the first that was begun, or else the first. */
static const struct standing *current(const struct standings *standings)
{
    const struct standing *untouched = NULL;

    for (size_t i = 0; i < standings->lab_count; i++) {
        const struct standing *standing = &standings->labs[i];
        if (standing_is_done(standing))
            continue;
        if (standing_is_begun(standing))
            return standing;
        if (untouched == NULL)
            untouched = standing;
    }
    return untouched;
}

static void report_next(const struct report *report,
                        const struct standing *standing)
{
    const char *lab = standing->lab;
    char *text;

    if (!standing->graded || standing->changed || standing->next == NULL)
        text = xformat("edit labs/%s/%s.c, then `make %s`; handouts/%s.md says "
                       "what it is about",
                       lab, lab, lab, lab);
    else
        text = xformat("%s: edit labs/%s/%s.c, then `make %s`; stuck: "
                       "`make hint STEP=%s`",
                       standing->next, lab, lab, lab, standing->next);
    layout_block(report, 2, "next:", text);
    free(text);
}

void report_standings(const struct report *report,
                      const struct standings *standings)
{
    const struct standing *next = current(standings);

    for (size_t i = 0; i < standings->lab_count; i++)
        report_standing(report, &standings->labs[i]);
    (void)fputs("\n", report->out);
    if (next)
        report_next(report, next);
    else
        layout_block(report, 2, "next:", "all done");
}

/* ---- The machine --------------------------------------------------------- */

static const struct {
    const char *text;
    enum colour colour;
} marks[] = {
    [CHECK_GOOD] = {"ok", GREEN},
    [CHECK_WEAK] = {"weak", YELLOW},
    [CHECK_BAD] = {"BAD", RED},
    [CHECK_INFO] = {"", PLAIN},
};

void report_checks(const struct report *report, const struct checks *checks)
{
    enum { MARK = 6, NAME = 32 };

    for (size_t i = 0; i < checks->check_count; i++) {
        const struct check *check = &checks->checks[i];
        (void)fputs("  ", report->out);
        layout_cell(report, marks[check->verdict].colour,
                    marks[check->verdict].text, MARK);
        layout_cell(report, PLAIN, check->name, NAME);
        layout_cell(report, PLAIN, check->seen ? check->seen : "", 0);
        (void)fputs("\n", report->out);
        if (check->advice)
            layout_block(report, 2 + MARK, "change:", check->advice);
    }
}
