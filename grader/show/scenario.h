// SPDX-License-Identifier: MIT
/*
 * scenario.h - the demonstrations of a lab, from labs/LAB/demo.yaml:
 *
 *     - name: eof
 *       title: The child keeps its own write end
 *       run: ./pipe upper < /dev/null
 *       wrong: child_keeps_write_end
 *       right: explicit_closes
 *       shows: itself (descriptor 4)
 *       ask:
 *         - What does the child wait for?
 *         - ...
 *
 * `run` is for sh(1), in an empty directory of the sandbox that has the program
 * as ./LAB.  `wrong`, if given, is a file of tests/submissions/LAB/wrong/, to
 * be shown before the right program.  `right`, if given, is one of accepted/,
 * to be shown where otherwise the solution would be: its picture is a smaller
 * one.  `shows` are words that belong to its point: a test looks for them in
 * the picture of the wrong program, where they must be, and in that of the
 * right one, where they must not.  `ask` are three sentences for the lecturer.
 */
#ifndef SHOW_SCENARIO_H
#define SHOW_SCENARIO_H

#include <jansson.h>

#include "lab.h"

struct scenario {
    char *name, *title, *run;
    char *wrong; /* NULL: there is only the right program */
    char *right; /* NULL: that is the solution */
    char *shows; /* NULL */
    json_t *ask; /* array of strings */
};

struct scenarios {
    struct scenario *items;
    size_t count;
};

/* Those of LAB, in the order of the file; 0 (none where there is no file), or
 * -1 after a message. */
int scenarios_read(struct scenarios *scenarios, const struct kit *kit,
                   const char *lab);
void scenarios_release(struct scenarios *scenarios);
/* The one called NAME; NULL if there is none. */
const struct scenario *scenarios_find(const struct scenarios *scenarios,
                                      const char *name);

#endif
