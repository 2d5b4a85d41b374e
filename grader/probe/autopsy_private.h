// SPDX-License-Identifier: MIT
/*
 * autopsy_private.h - what the two halves of the autopsy share: autopsy.c
 * finds who waits for whom, autopsy_text.c says it.
 */
#ifndef PROBE_AUTOPSY_PRIVATE_H
#define PROBE_AUTOPSY_PRIVATE_H

#include "autopsy.h"
#include "snapshot.h"

struct autopsy_scene {
    const struct snapshot *snapshot;
    pid_t first_pid;
    const char *program;
    const struct tester_end *held;
    size_t held_count;
    struct autopsy *autopsy; /* being made */
};

/* What process PID is called; NAME has 32 bytes. */
void autopsy_name(const struct autopsy_scene *scene, pid_t pid, char *name);
/* The promise that the tester has given for the object called TARGET. */
bool autopsy_tester_is_idle(const struct autopsy_scene *scene,
                            const char *target);
/* Fill the lines of the scene's autopsy from its waits. */
void autopsy_write(const struct autopsy_scene *scene);

#endif
