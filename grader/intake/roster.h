// SPDX-License-Identifier: MIT
/*
 * roster.h - who is in the class: a CSV file with the columns id, name and
 * section (in any order; others are passed over).
 */
#ifndef INTAKE_ROSTER_H
#define INTAKE_ROSTER_H

#include <stddef.h>

struct member {
    char *id, *name, *section;
};

struct roster {
    struct member *members;
    size_t count;
};

/* Read PATH.  0, and ROSTER is to be released; -1 after a message. */
int roster_read(struct roster *roster, const char *path);
void roster_release(struct roster *roster);

/* The member whom the packaging of a hand-in calls KEY: by id, by name, or by
 * words of the name in another order or run together, as Canvas has them; NULL
 * if there is none, or if several fit equally well. */
const struct member *roster_find(const struct roster *roster, const char *key);

#endif
