// SPDX-License-Identifier: MIT
/*
 * moment.h - points in time as people and platforms write them.
 */
#ifndef INTAKE_MOMENT_H
#define INTAKE_MOMENT_H

#include <stdint.h>

#define MOMENT_SIZE 32

/*
 * "2026-11-30", "2026-11-30 23:59", "2026-11-30T23:59:59Z", "2026-11-30
 * 23:59:59.123 -08:00" as seconds since the epoch; without a zone it is local
 * time, without a time of day the end of the day.  0 if it is none of these.
 */
int64_t moment_parse(const char *text);
/* SECONDS as "2026-11-30 23:59 UTC"; returns BUFFER. */
char *moment_format(int64_t seconds, char buffer[MOMENT_SIZE]);

#endif
