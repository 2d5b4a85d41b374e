// SPDX-License-Identifier: MIT
/* claims.h - what the head of a submission says must be found in its grade. */
#ifndef TESTS_CLAIMS_H
#define TESTS_CLAIMS_H

/* The words of SOURCE behind " * KEY:", up to the next key or an empty comment
 * line, with single spaces and without commas; to be freed.  NULL if there is
 * none. */
char *claim(const char *source, const char *key);

#endif
