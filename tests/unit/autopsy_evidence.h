// SPDX-License-Identifier: MIT
/*
 * autopsy_evidence.h - what the tests of the autopsy share: its lines on a
 * recording.
 */
#ifndef UNIT_AUTOPSY_EVIDENCE_H
#define UNIT_AUTOPSY_EVIDENCE_H

#include <stdlib.h>
#include <string.h>

#include "autopsy.h"
#include "proc_evidence.h"
#include "trace.h"

/* The lines on SNAPSHOT and TRACE are TEXT, in which each ends with "\n". */
static inline void assert_lines_of(const struct snapshot *snapshot,
                                   const struct trace *trace, const char *name,
                                   const char *text)
{
    char *seen = xstrdup("");
    struct autopsy *autopsy =
        autopsy_new(snapshot, FIRST, PROGRAM, NULL, 0, trace);

    for (size_t i = 0; i < autopsy->line_count; i++) {
        char *longer = xformat("%s%s\n", seen, autopsy->lines[i]);
        free(seen);
        seen = longer;
        cr_assert_leq(strlen(autopsy->lines[i]), 180, "%s", autopsy->lines[i]);
    }
    cr_assert_str_eq(seen, text, "%s:\n%s", name, seen);
    free(seen);
    autopsy_free(autopsy);
}

static inline void assert_lines(const char *name, const char *text)
{
    struct snapshot snapshot;

    replay(name, &snapshot);
    assert_lines_of(&snapshot, NULL, name, text);
    snapshot_release(&snapshot);
}

#endif
