// SPDX-License-Identifier: MIT
/*
 * debug_script.h - what gdb is told: program, arguments and environment of a
 * launch, where to stop, and which process to follow.
 */
#ifndef PRACTICE_DEBUG_SCRIPT_H
#define PRACTICE_DEBUG_SCRIPT_H

#include "lab.h"
#include "result.h"

struct debug {
    const struct kit *kit;
    const char *lab;
    const struct grade_test *test;
    char *program;   /* build/bin/LAB, absolute */
    char *directory; /* build/debug/LAB/TEST, likewise */
};

/* The text; to be freed. */
char *debug_script(const struct debug *debug);
/* PATH: the tests' helpers come first, then the labs' programs; to be freed. */
char *debug_search_path(const struct debug *debug);

#endif
