// SPDX-License-Identifier: MIT
/*
 * summary.h - what the one who has graded a class reads at the terminal.
 */
#ifndef CLASS_SUMMARY_H
#define CLASS_SUMMARY_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

struct summary {
    sqlite3 *book;
    const char *out;      /* directory of the gradebook */
    const char *level;    /* of the sandbox */
    size_t graded, known; /* in this run; from before */
    int64_t begun_ms;     /* now_ms() at the start */
};

/* Print it to standard output, with the cost of the process so far. */
void summary_print(const struct summary *summary);

#endif
