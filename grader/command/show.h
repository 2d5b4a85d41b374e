// SPDX-License-Identifier: MIT
/* show.h - what `ipclab show` has been asked for, and has got. */
#ifndef COMMAND_SHOW_H
#define COMMAND_SHOW_H

#include <jansson.h>
#include <stdbool.h>

#include "lab.h"

struct show {
    const char *lab, *scenario, *test, *submission;
    const char *html, *svg, *json, *log;
    bool solution, wrong, ascii;
    char **command; /* behind "--"; NULL: there is none */
    struct kit kit;
    json_t *recordings;
};

/* Whether all that SHOW asks for can be had at once; false after a message. */
bool show_is_clear(const struct show *show);

/* Run what SHOW asks for and add its recordings, the wrong one first; exit
 * status. */
int show_observe(struct show *show);

#endif
