// SPDX-License-Identifier: MIT
/*
 * Tries: to include itself for ever, twice at each level.
 * Fails because: the compiler goes 200 levels deep and no further; that it
 *     comes back so often is limited by its time.
 * Lab: pipe
 * Seen: no build; within 200
 */
#include "pipe.c"
#include "pipe.c"
