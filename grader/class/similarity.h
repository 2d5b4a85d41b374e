// SPDX-License-Identifier: MIT
/*
 * similarity.h - which files of a lab are alike, by sim_c(1), in the sandbox.
 *
 * Lines that the lab itself gives, in skeleton, header and main.c, are taken
 * out first: what is left is the student's.  What is found is a reason to read
 * both files, and nothing more.
 */
#ifndef CLASS_SIMILARITY_H
#define CLASS_SIMILARITY_H

#include <sqlite3.h>

#include "lab.h"

/* A passage that both files of a pair have. */
struct passage {
    int line[2], end[2]; /* first and last line, from 1 */
    int tokens;
};

struct pair {
    char *student[2];
    char *name[2];
    char *hash[2];
    int percent; /* of the smaller file's own tokens that the other has, too */
    struct passage *passages;
    size_t passage_count;
};

struct likeness {
    int usual;          /* median over all pairs, in per cent */
    int compared;       /* files */
    struct pair *pairs; /* the more alike first */
    size_t count;
};

/* Compare what counts in LAB, in a sandbox of LEVEL (enum sandbox_level; -1:
 * the best).  0, and LIKENESS is to be released; -1 after a message; 128+N if
 * signal N arrived. */
int similarity_find(struct likeness *likeness, sqlite3 *book,
                    const struct kit *kit, int level, const char *lab);
void similarity_release(struct likeness *likeness);

#endif
