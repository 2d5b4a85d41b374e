// SPDX-License-Identifier: MIT
/*
 * model_scene.c - what a scenario's script does to set the scene, and is not
 * what it shows; see model_private.h.
 *
 * It happens, and is left out: where a program is held (shim.c), and what the
 * shell does with its own descriptors and signals.  What it does to pipes and
 * FIFOs is kept, so are the processes that it makes, awaits and kills.
 */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"

/* A script is played, and the student's program is not the first one. */
static bool is_scene(const struct model *model)
{
    const struct run_log *log = model->log;

    return log->own && log->program && strcmp(log->own, log->program) != 0;
}

static bool is_shell(const struct now *now)
{
    const struct process *process = &now->model->processes[now->process];

    return process->name_count > 0 &&
           strcmp(process->names[process->name_count - 1].name, "sh") == 0;
}

/* The step is about something that others can see. */
static bool is_between_processes(const struct now *now)
{
    const struct step *step = &now->step;

    if (step->object == NONE)
        return step->other != NONE;
    const struct object *object = &now->model->objects[step->object];
    return object->kind <= KIND_SOCKET && !object->outside;
}

/* ppoll(2) of nothing: it is held by shim.c until there is a file. */
static bool is_held(const struct now *now)
{
    return now->event->kind == TRACE_CALL &&
           strcmp(now->event->name, "ppoll") == 0 && arg_number(now, 1) == 0;
}

bool scene_hides(const struct now *now)
{
    if (!is_scene(now->model))
        return false;
    /* Who is left when the script has ended is killed, by the sandbox. */
    bool is_over = now->process != 0 && now->model->processes[0].ended &&
                   now->event->kind == TRACE_KILLED;
    if (is_held(now) || is_over)
        return true;
    if (!is_shell(now) || now->event->kind == TRACE_EXITED ||
        now->event->kind == TRACE_KILLED)
        return false;
    /* At the very end it may sleep in its `wait` for ever. */
    bool lasting = now->endless;
    return !lasting && now->step.flow != 'o' && now->step.kind != STEP_EXEC &&
           now->step.kind != STEP_FORK && !is_between_processes(now);
}

void scene_shorten(struct now *now)
{
    /* The script is told above the picture. */
    if (now->step.kind == STEP_EXEC && model_step(now->model) == 0 &&
        is_scene(now->model))
        step_text(now, "exec sh -c ...");
}
