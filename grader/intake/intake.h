// SPDX-License-Identifier: MIT
/*
 * intake.h - what a class has handed in: found, unpacked and named.
 *
 * PATH is a directory (students' folders, archives, an export that was
 * unpacked), an archive (as Canvas, Moodle and Gradescope export them), or a
 * text file that lists git clones, `STUDENT DIRECTORY` on each line.  Archives
 * are read in the sandbox; nothing is written to a disk; no link is followed.
 * Whatever does not count is listed with the reason.
 */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "lab.h"
#include "roster.h"

/* One file for one lab. */
struct handin {
    char *student; /* as the packaging names them (name_text()) */
    char *lab;
    char *origin; /* "alice.zip: pipe/pipe.c" */
    char *data;
    size_t size;
    int64_t submitted; /* seconds since the epoch; 0: not known */
    int number;        /* of the attempt; 0: not counted */
    bool late;         /* the platform says so */
};

struct ignored {
    char *path, *why;
};

struct intake {
    struct handin *handins;
    size_t handin_count;
    struct ignored *ignored;
    size_t ignored_count;
    int lost; /* archives, whole or in part, with what others handed in */
};

/* Reasons that may mean a wrong name. */
#define INTAKE_NO_LAB "not the file of a lab"
#define INTAKE_NOBODYS                                                         \
    "whose is it?  Put it into a folder named after the student"

/* Take in PATH, handed in by those in ROSTER, which may be empty, or others;
 * archives in a sandbox of LEVEL (enum sandbox_level; -1: the best).  0, and
 * INTAKE is to be released; 2 or 3 (exit status) after a message where PATH
 * itself is of no use, 128+N if signal N arrived. */
int intake_read(struct intake *intake, const struct kit *kit, int level,
                const struct roster *roster, const char *path);
void intake_release(struct intake *intake);

#endif
