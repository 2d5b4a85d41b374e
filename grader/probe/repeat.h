// SPDX-License-Identifier: MIT
/*
 * repeat.h - a launch as a debugger can repeat it, with every byte; what a
 * report shows of it is shortened for a reader (run_shell()).
 */
#ifndef PROBE_REPEAT_H
#define PROBE_REPEAT_H

#include <jansson.h>

#include "run.h"

/* Whether the grader wants it. */
bool repeat_is_wanted(void);
/* The member `launch` of a test's result, see SCHEMA.md; null if not wanted. */
json_t *repeat_launch(const struct run *run);

#endif
