// SPDX-License-Identifier: MIT
/* source.h - which line of a student's program made a call. */
#ifndef SHOW_SOURCE_H
#define SHOW_SOURCE_H

#include <jansson.h>

#include "lab.h"
#include "stage.h"

/*
 * Replace the "address" of RECORDING's steps by "file" and "line", as the
 * program of LAB on STAGE has them, and add the sources that they name.  What
 * cannot be found out is left out.
 */
void source_find(json_t *recording, const struct stage *stage, const char *lab,
                 const struct kit *kit);

#endif
