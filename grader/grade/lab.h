// SPDX-License-Identifier: MIT
/*
 * lab.h - where the kit is, and which labs it has.  The directories of labs/
 * that hold a main.c are the labs: there is no other list.
 */
#ifndef GRADE_LAB_H
#define GRADE_LAB_H

#include <stdbool.h>

#include "base.h"

struct kit {
    char *root;       /* absolute, links resolved */
    bool here;        /* the working directory is the root */
    struct argv labs; /* names, in alphabetical order */
};

/* Find the kit: IPCLAB_ROOT, or two levels above the running program
 * (build/ipclab).  0, or -1 after a message. */
int kit_init(struct kit *kit);
void kit_release(struct kit *kit);

bool kit_has_lab(const struct kit *kit, const char *name);
/* The absolute path of a file of the kit; to be freed. */
char *kit_path(const struct kit *kit, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same as a person would type it here: relative if the kit is the working
 * directory. */
char *kit_shown_path(const struct kit *kit, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* PATTERN with the lab's name for each (of at most three) @; to be freed. */
char *kit_lab_name(const char *pattern, const char *lab);

#endif
