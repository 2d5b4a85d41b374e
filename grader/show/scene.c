// SPDX-License-Identifier: MIT
/*
 * scene.c - a "test" that plays a scenario of `ipclab show`: the shell commands
 * of IPCLAB_SCENE, in the sandbox, with the program at hand as ./LAB.  Nothing
 * is judged; how it ended is what the drawing tells.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base.h"
#include "probe.h"
#include "run.h"
#include "verdict.h"
#include "world.h"

const struct misconception lab_misconceptions[] = {{0}};

Graded(scene, play, .step = "", .description = "plays a scenario")
{
    const struct probe_setting *setting = probe_setting();
    const char *commands = getenv("IPCLAB_SCENE");
    struct world *world = make_world(.inject = NULL);

    if (commands == NULL ||
        symlinkat(world->program, world_directory(world), setting->lab) < 0)
        probe_error("scene: %s", strerror(errno));
    /* No delay, but the shim: a scenario may set IPCLAB_DELAY (shim.c). */
    struct run *run = launch(ARGS("-c", commands), .tool = "sh", .world = world,
                             .input_mode = INPUT_NONE, .delay = "");
    /* The trace is to begin with the shell, not with the student's program: the
     * proof of a deadlock needs the ends of all children in it. */
    free(run->program);
    run->program = xstrdup("/usr/bin/sh");
    (void)run_end(run);
}
