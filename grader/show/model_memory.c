// SPDX-License-Identifier: MIT
/*
 * model_memory.c - memory that processes share: System V segments and mmap(2);
 * see model_private.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"

static bool handle_shmget(struct now *now)
{
    (void)sysv_get(now, KIND_SEGMENT);
    return true;
}

static bool handle_shmat(struct now *now)
{
    int object = sysv_object(now, KIND_SEGMENT, arg_number(now, 0));

    now->step.object = object;
    step_text(now, "shmat %s", object_label(now->model, object));
    step_result(now, "at %#lx", (unsigned long)now->event->result);
    if (is_success(now))
        attach(now->model, now->leader, (uint64_t)now->event->result, object);
    return true;
}

static bool handle_shmdt(struct now *now)
{
    char address[40];

    if (!trace_arg(now->event, 0, address, sizeof(address)))
        return false;
    if (is_success(now))
        now->step.object =
            detach(now->model, now->leader, strtoull(address, NULL, 16));
    step_text(now, "shmdt %s",
              now->step.object == NONE
                  ? address
                  : object_label(now->model, now->step.object));
    step_result(now, "%s", "");
    return true;
}

static bool handle_shmctl(struct now *now)
{
    int object = sysv_object(now, KIND_SEGMENT, arg_number(now, 0));

    if (arg_has(now, 1, "IPC_RMID"))
        return sysv_remove(now, object);
    sysv_control(now, object);
    step_result(now, "%s", "");
    return true;
}

/* Loads and stores are no business of the kernel's.  But where a program with
 * shared memory of its own lets others run, it says so. */
static bool handle_yield(struct now *now)
{
    const struct model *model = now->model;
    const char *program = model->trace->processes[now->process].program;
    bool attached = false;

    for (size_t i = 0; i < model->attachment_count; i++)
        attached |= model->attachments[i].process == now->leader;
    if (!attached || program == NULL || model->log->own == NULL ||
        strcmp(basename(program), basename(model->log->own)) != 0)
        return false;
    step_text(now, "sched_yield: lets others run");
    return true;
}

static bool handle_mmap(struct now *now)
{
    char name[512];

    if (!is_success(now) || !arg_has(now, 3, "MAP_SHARED"))
        return false;
    int fd = arg_fd(now, 4, name, sizeof(name)), object;
    if (arg_has(now, 3, "MAP_ANON")) {
        char *key = xformat("anonymous %zu", now->index);
        object = object_get(now->model, KIND_SEGMENT, key, NULL,
                            "mmap(2), MAP_SHARED and MAP_ANONYMOUS");
        free(key);
    } else {
        object = fd >= 0 ? object_find(now->model, name) : NONE;
        if (object == NONE || !arg_has(now, 2, "PROT_WRITE"))
            return false; /* caches that programs read as they start */
    }
    attach(now->model, now->leader, (uint64_t)now->event->result, object);
    now->step.object = object;
    step_text(now, "mmap %s", object_label(now->model, object));
    return true;
}

static bool handle_munmap(struct now *now)
{
    char address[40];

    if (!is_success(now) || !trace_arg(now->event, 0, address, sizeof(address)))
        return false;
    now->step.object =
        detach(now->model, now->leader, strtoull(address, NULL, 16));
    if (now->step.object == NONE)
        return false;
    step_text(now, "munmap %s", object_label(now->model, now->step.object));
    return true;
}

const struct call memory_calls[] = {
    {"shmget", false, handle_shmget},     {"shmat", false, handle_shmat},
    {"shmdt", false, handle_shmdt},       {"shmctl", false, handle_shmctl},
    {"sched_yield", false, handle_yield}, {"mmap", false, handle_mmap},
    {"munmap", false, handle_munmap},     {NULL, false, NULL},
};
