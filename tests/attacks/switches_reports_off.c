// SPDX-License-Identifier: MIT
/*
 * Tries: to switch Valgrind's reports off by a client request.
 * Fails because: a program that holds those instructions is broken, not clean:
 *     each test loses the fifth that is for cleanliness.
 * Base: wrong/overruns_buffer
 * Lab: pipe
 * Seen: score 80; broken pipeline_three; passes pipeline_three
 */
#include <valgrind/valgrind.h>

__attribute__((constructor)) static void silence(void)
{
    VALGRIND_DISABLE_ERROR_REPORTING;
}
