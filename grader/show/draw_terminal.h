// SPDX-License-Identifier: MIT
/* draw_terminal.h - a recording (MODEL.md) drawn on a terminal. */
#ifndef SHOW_DRAW_TERMINAL_H
#define SHOW_DRAW_TERMINAL_H

#include <jansson.h>

#include "report.h"

/*
 * Draw RECORDING on REPORT's stream: a line down for each process, a line
 * across for each step, beside it what it did to which object.  ASCII: without
 * any character beyond it.  ASK: with the questions of the scenario.
 */
void draw_terminal(const struct report *report, const json_t *recording,
                   bool ascii, bool ask);

#endif
