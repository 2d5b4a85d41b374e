// SPDX-License-Identifier: MIT
/*
 * standing.h - two small tables that are no grades: where a student stands in
 * all labs (`make` alone), and what this machine can run (`ipclab doctor`).
 */
#ifndef RESULT_STANDING_H
#define RESULT_STANDING_H

#include <stdbool.h>
#include <stddef.h>

struct standing {
    char *lab;
    bool graded;  /* the rest is known */
    bool changed; /* the file is another than the graded one */
    bool builds;
    int score_tenths, max_tenths;
    char *next; /* step to work on, or NULL: nothing is left to earn */
    int hints;  /* that were given */
};

/* Something was earned, written or asked for. */
bool standing_is_begun(const struct standing *standing);
/* Nothing is left to earn. */
bool standing_is_done(const struct standing *standing);

struct standings {
    struct standing *labs;
    size_t lab_count;
};

void standings_free(struct standings *standings);

enum check_verdict { CHECK_GOOD, CHECK_WEAK, CHECK_BAD, CHECK_INFO };
extern const char *const check_verdict_names[]; /* ends with NULL */

struct check {
    char *name;
    enum check_verdict verdict; /* CHECK_BAD: nothing can be graded */
    char *seen;
    char *advice; /* what to change, or NULL */
};

struct checks {
    struct check *checks;
    size_t check_count;
};

void checks_free(struct checks *checks);
/* The same as JSON, for a pipe between two processes of the grader. */
char *checks_to_json(const struct checks *checks);
struct checks *checks_from_json(const char *text, size_t size);

#endif
