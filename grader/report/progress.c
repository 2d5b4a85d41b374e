// SPDX-License-Identifier: MIT
/* progress.c - how far a long piece of work has come; see progress.h. */
#include "progress.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "layout.h"

#define BAR_WIDTH  30
#define WHO_WIDTH  28
#define WHAT_WIDTH 12

static void clear(struct progress *progress)
{
    if (progress->shown)
        (void)fputs("\r\033[K", progress->report.out);
    progress->shown = false;
}

/* SECONDS as "1:05" or "2:01:05". */
static void put_time(FILE *out, long seconds)
{
    if (seconds >= 3600)
        (void)fprintf(out, "%ld:%02ld:%02ld", seconds / 3600, seconds / 60 % 60,
                      seconds % 60);
    else
        (void)fprintf(out, "%ld:%02ld", seconds / 60, seconds % 60);
}

static void show_bar(struct progress *progress)
{
    FILE *out = progress->report.out;
    double seconds = (double)(now_ms() - progress->begun_ms) / 1000;
    double rate = seconds > 0 ? (double)progress->done / seconds : 0;
    size_t full = progress->total ? BAR_WIDTH * progress->done / progress->total
                                  : BAR_WIDTH;

    (void)fputs("  [", out);
    for (size_t i = 0; i < BAR_WIDTH; i++)
        (void)fputc(i < full ? '#' : '.', out);
    (void)fprintf(out, "] %zu/%zu", progress->done, progress->total);
    if (rate > 0 && progress->done < progress->total) {
        (void)fprintf(out, "  %.1f/s  ", rate);
        put_time(out,
                 (long)((double)(progress->total - progress->done) / rate));
        (void)fputs(" left", out);
    }
    (void)fflush(out);
    progress->shown = true;
}

void progress_init(struct progress *progress, FILE *out, size_t total)
{
    *progress = (struct progress){.total = total, .begun_ms = now_ms()};
    report_init(&progress->report, out);
    if (progress->report.terminal && total > 0)
        show_bar(progress);
}

void progress_step(struct progress *progress, const char *who, const char *what,
                   const char *result)
{
    const struct report *report = &progress->report;
    char *count = xformat("%zu/%zu", ++progress->done, progress->total);

    clear(progress);
    (void)fputs("  ", report->out);
    layout_cell(report, DIM, count, 10);
    layout_cell(report, PLAIN, who, WHO_WIDTH);
    (void)fputs(" ", report->out);
    layout_cell(report, PLAIN, what, WHAT_WIDTH);
    (void)fputs(" ", report->out);
    layout_cell(report, PLAIN, result, 0);
    (void)fputs("\n", report->out);
    if (report->terminal)
        show_bar(progress);
    (void)fflush(report->out);
    free(count);
}

void progress_end(struct progress *progress)
{
    clear(progress);
    (void)fflush(progress->report.out);
}
