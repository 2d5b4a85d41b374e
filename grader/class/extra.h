// SPDX-License-Identifier: MIT
/*
 * extra.h - an instructor's own tests beside a lab's: DIR/test_LAB.c, built
 * with the lab's into one test program.
 */
#ifndef CLASS_EXTRA_H
#define CLASS_EXTRA_H

#include "lab.h"

/* The test programs of the labs; NULL: the kit's own. */
struct extra {
    const struct kit *kit;
    char **programs; /* one for each of the kit's labs */
};

/* Build what DIRECTORY (NULL: nothing) holds, into OUT/extra.  0, or -1 after a
 * message: EXTRA is to be released in any case. */
int extra_build(struct extra *extra, const struct kit *kit,
                const char *directory, const char *out);
void extra_release(struct extra *extra);

const char *extra_program(const struct extra *extra, const char *lab);

#endif
