// SPDX-License-Identifier: MIT
/*
 * environment.h - all that a result depends on but the file: the lab with its
 * tests, the grader's code that judges, the toolchain, the sandbox level.  What
 * is equal in it need not be graded twice.
 */
#ifndef CLASS_ENVIRONMENT_H
#define CLASS_ENVIRONMENT_H

#include "hash.h"
#include "lab.h"

/* The tools of this machine. */
struct toolchain {
    char *text; /* a line for each: "gcc (Debian 12.2.0-14) 12.2.0" */
    int level;  /* the sandbox level that is used: enum sandbox_level */
};

struct environment {
    char digest[HASH_SIZE];
    char *description; /* of it, for people */
};

/* Ask the tools.  LEVEL: to be used, -1: the best that works; REQUIRED: the
 * weakest that will do, -1: any.  0; 3 after a message; 128+N if signal N
 * arrived. */
int toolchain_read(struct toolchain *toolchain, int level, int required);
void toolchain_release(struct toolchain *toolchain);

/* For LAB, tested by TEST_PROGRAM (NULL: the kit's own).  0, or -1 after a
 * message. */
int environment_init(struct environment *environment, const struct kit *kit,
                     const struct toolchain *toolchain, const char *lab,
                     const char *test_program);
void environment_release(struct environment *environment);

#endif
