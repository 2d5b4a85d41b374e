// SPDX-License-Identifier: MIT
/*
 * submission.h - the one file of a submission that counts, taken in as data.
 *
 * It is read once, by name, and never executed or searched for what else its
 * directory may hold.  The file itself must be a regular file: a link could
 * name a file that the one who grades may read and the one who submits may not.
 */
#ifndef GRADE_SUBMISSION_H
#define GRADE_SUBMISSION_H

#include <stdbool.h>
#include <stddef.h>

#include "hash.h"
#include "lab.h"

#define SUBMISSION_MAX (1024 * 1024)

struct submission {
    char *path; /* as it was given, with the file's name */
    bool own;   /* it is labs/LAB/LAB.c of the kit itself */
    char *data;
    size_t size;
    char checksum[HASH_SIZE]; /* of the content */
};

/*
 * Take in the submission for LAB at PATH: a directory that holds LAB.c or
 * LAB/LAB.c, or a file of any name; NULL: the kit's own.  0, or -1 after a
 * message.
 */
int submission_read(struct submission *submission, const struct kit *kit,
                    const char *lab, const char *path);
void submission_release(struct submission *submission);

#endif
