// SPDX-License-Identifier: MIT
/* diagnose.h - from a failure to the misconception behind it. */
#ifndef PROBE_DIAGNOSE_H
#define PROBE_DIAGNOSE_H

#include "probe.h"

/* The first entry of TABLE that fits FAILURE, or NULL; *WAIT is the blocked
 * call that it recognised, or NULL. */
const struct misconception *diagnose(const struct misconception *table,
                                     const struct failure *failure,
                                     const struct autopsy_wait **wait);
/* TEMPLATE with its {names} filled in from WAIT (see probe.h); to be freed. */
char *diagnosis_sentence(const char *template, const struct autopsy_wait *wait);

#endif
