// SPDX-License-Identifier: MIT
/*
 * shares.h - how much of what all have in common each of them may use.
 *
 * Whose a path is cannot be told before all paths are known: a folder may be a
 * student's, or wrap the class.  So each folder may use half of what the one
 * around it may, down to a sixteenth of all, and so may the files that Canvas
 * has named after one student (doejane_1_2_x.zip, doejane_1_3_y.zip): nobody
 * can leave nothing to the others.
 */
#ifndef INTAKE_SHARES_H
#define INTAKE_SHARES_H

struct shares {
    long max;   /* of all together */
    void *tree; /* what was used, of tsearch(3) */
};

/* What may still be used for PATH (names.h; what is inside of an archive is the
 * archive's); 0 if nothing. */
long shares_left(const struct shares *shares, const char *path);
/* Note that AMOUNT was used for PATH. */
void shares_use(struct shares *shares, const char *path, long amount);
void shares_release(struct shares *shares);

#endif
