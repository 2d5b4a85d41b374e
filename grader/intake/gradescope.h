// SPDX-License-Identifier: MIT
/*
 * gradescope.h - who is behind "submission_789": the submission_metadata.yml of
 * an export from Gradescope.
 */
#ifndef INTAKE_GRADESCOPE_H
#define INTAKE_GRADESCOPE_H

#include <stddef.h>
#include <stdint.h>

#include "base.h"

struct submitted {
    char *folder; /* "submission_789" */
    struct argv
        students; /* ids, or what else names them; a group has several */
    int64_t at;   /* seconds since the epoch; 0: not known */
};

struct gradescope {
    struct submitted *items;
    size_t count;
};

/* Read TEXT; 0, or -1 and GRADESCOPE is empty if it is not YAML of that form.
 */
int gradescope_read(struct gradescope *gradescope, const char *text,
                    size_t size);
void gradescope_release(struct gradescope *gradescope);
/* The one whose folder is called FOLDER, or NULL. */
const struct submitted *gradescope_find(const struct gradescope *gradescope,
                                        const char *folder);

#endif
