// SPDX-License-Identifier: MIT
/*
 * names.h - whose file it is, for which lab and which attempt, told from its
 * path: what students, Canvas and Moodle make of names.
 *
 *     alice/pipe.c             alice.zip//pipe/pipe.c alice/attempt-2/pipe.c
 *     doejane_LATE_12345_67890_pipe-1.c                   (Canvas)
 *     Jane Doe_1234567_assignsubmission_file_/pipe.c      (Moodle)
 *
 * A path is bytes, '/' between its components; "//" stands behind an archive,
 * before the path that a file has in it.
 */
#ifndef INTAKE_NAMES_H
#define INTAKE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base.h"

/* What a file is to the intake, by the last component of its path. */
enum name_kind {
    NAME_SOURCE,   /* C: may be a lab's */
    NAME_ARCHIVE,  /* to be looked into */
    NAME_METADATA, /* Gradescope's submission_metadata.yml */
    NAME_OTHER,
};
enum name_kind name_kind(const char *path);

struct name {
    char *student; /* as the packaging has it; NULL: nobody's */
    char *lab;     /* NULL: no lab's */
    char *folder;  /* the path as far as the hand-in reaches: files in deeper
                      folders of the same one compete */
    int depth;     /* of the file in it */
    int number;    /* of the attempt, where the packaging counts; 0 */
    int user;      /* the number by which the platform knows them; 0 */
    bool late;     /* the platform says so */
};

/* Tell what PATH, the path of a NAME_SOURCE, says; LABS are the labs' names. */
void name_parse(struct name *name, const char *path, const struct argv *labs);
void name_release(struct name *name);

/* Whether PATH can be a lab's file, wherever it lies and whosever it is. */
bool name_is_of_lab(const char *path, const struct argv *labs);

/* The number of leading components of PATHS that wrap the whole class (the
 * folder that an export puts around all), in bytes to leave out. */
size_t names_wrapping(const char *const *paths, size_t count,
                      const struct argv *labs);

/* NAME as text: bytes that are no UTF-8, control characters and backslashes as
 * \xff, so that different names stay different.  To be freed. */
char *name_text(const char *name, size_t size);
/* TEXT as the name of a file: letters, digits, '-', '_' and dots inside; others
 * as ~XX.  To be freed. */
char *name_file(const char *text);

#endif
