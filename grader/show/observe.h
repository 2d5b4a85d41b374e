// SPDX-License-Identifier: MIT
/*
 * observe.h - runs something and records it: a scenario of a lab, one of its
 * tests, or any command.
 */
#ifndef SHOW_OBSERVE_H
#define SHOW_OBSERVE_H

#include <jansson.h>

#include "lab.h"

struct observation {
    const char *lab;
    const char *submission; /* file or directory; NULL: the kit's own */
    const char *subject;    /* whose program it is, for the reader */
    const char *scene;      /* shell commands to play... */
    const char *test;       /* ...or the test whose failing run is shown */
    const char *title;      /* of the scenario; NULL */
    const json_t *ask;      /* its sentences for the lecturer; NULL */
};

/*
 * Build and run it in the sandbox.  0, and *RECORDING (MODEL.md) is to be
 * released with json_decref(); else the exit status after a message.
 * worker_prepare() must have been called.
 */
int observe_lab(const struct kit *kit, const struct observation *observation,
                json_t **recording);

/*
 * Run the command ARGV here and now: in the working directory, with the
 * standard streams and the environment of the caller, who may end it with ^C: a
 * second one kills it and all that it has started.  What it leaves in the
 * background goes on by itself.  strace's log is kept as LOG (NULL: not at
 * all).  Returns as observe_lab(), or 128+N if SIGTERM or SIGHUP came, which
 * kill as well.  worker_prepare() must not have been called: it blocks them.
 */
int observe_command(const struct kit *kit, char *const argv[], const char *log,
                    json_t **recording);

#endif
