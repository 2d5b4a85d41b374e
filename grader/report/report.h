// SPDX-License-Identifier: MIT
/*
 * report.h - what a person at a terminal reads.
 *
 * Everything that a submission could have had a hand in passes through
 * text_visible().  Text is wrapped at words; commands are not, so that they
 * can be copied.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "result.h"
#include "standing.h"

struct report {
    FILE *out;
    bool terminal; /* one that understands more than lines */
    bool colour;
    int width;    /* columns */
    bool verbose; /* every launch of every test */
};

/* Colour only on a terminal that is not TERM=dumb, and without NO_COLOR
 * (no-color.org); at most 80 columns. */
void report_init(struct report *report, FILE *out);

void report_grade(const struct report *report, const struct grade *grade);
void report_standings(const struct report *report,
                      const struct standings *standings);
void report_checks(const struct report *report, const struct checks *checks);

#endif
