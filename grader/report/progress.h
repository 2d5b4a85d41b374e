// SPDX-License-Identifier: MIT
/*
 * progress.h - how far a long piece of work has come: on a terminal one line
 * that changes, with rate and time left; elsewhere plain lines.
 */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include <stdint.h>

#include "report.h"

struct progress {
    struct report report;
    size_t total, done;
    int64_t begun_ms;
    bool shown; /* the changing line is on the screen */
};

void progress_init(struct progress *progress, FILE *out, size_t total);
/* One more piece is done: "12/40  WHO  WHAT  RESULT". */
void progress_step(struct progress *progress, const char *who, const char *what,
                   const char *result);
/* Nothing more will come. */
void progress_end(struct progress *progress);

#endif
