// SPDX-License-Identifier: MIT
/* model_bytes.c - calls that move bytes; see model_private.h. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"

/* ---- Pipes, as they fill and empty -------------------------------------- */

long pipe_capacity(const struct object *pipe)
{
    return pipe->limit > 0 ? pipe->limit : PIPE_CAPACITY;
}

/* There is room in OBJECT: what waits for it goes in. */
static void fill(struct model *model, int object)
{
    struct object *pipe = &model->objects[object];

    for (size_t i = 0; i < model->trace->process_count; i++) {
        struct process *process = &model->processes[i];
        if (!process->begun || process->filling != object)
            continue;
        long room = pipe_capacity(pipe) - pipe->bytes;
        /* Up to PIPE_BUF bytes go in in one piece: pipe(7). */
        if (process->placed + process->owed <= PIPE_BUF && process->owed > room)
            continue;
        long size = process->owed < room ? process->owed : room;
        if (size <= 0)
            continue;
        process->placed += size;
        process->owed -= size;
        pipe->bytes += size;
    }
}

void pipe_resize(struct model *model, int pipe, long bytes)
{
    model->objects[pipe].limit = bytes;
    fill(model, pipe);
    object_touch(model, pipe);
}

/* A write of SIZE bytes waits for room in OBJECT. */
static void begin_filling(struct now *now, int object, long size)
{
    struct process *process = &now->model->processes[now->process];

    process->filling = object;
    process->placed = 0;
    process->owed = size;
    fill(now->model, object);
    object_touch(now->model, object);
}

void end_filling(struct model *model, int index)
{
    struct process *process = &model->processes[index];

    if (process->filling == NONE)
        return;
    object_touch(model, process->filling);
    process->filling = NONE;
    process->placed = process->owed = 0;
}

static void move(struct now *now, int object, long change)
{
    if (object == NONE || now->begins)
        return;
    now->model->objects[object].bytes += change;
    if (change < 0)
        fill(now->model, object);
    object_touch(now->model, object);
}

/* ---- Transfers ---------------------------------------------------------- */

/* Whether steps about OBJECT are shown: files are for what is written to them,
 * for programs read hundreds as they start. */
static bool is_shown(const struct now *now, int object, char flow)
{
    return object != NONE &&
           (now->model->objects[object].kind != KIND_FILE || flow == 'o' ||
            now->model->objects[object].outside);
}

/* Whether a transfer of SIZE bytes that has begun cannot be done at once. */
static bool must_wait(const struct now *now, int object, bool out, long size)
{
    const struct object *known = &now->model->objects[object];

    if (now->endless)
        return true;
    if (now->event->error && strcmp(now->event->error, "EAGAIN") == 0)
        return false;
    if (known->kind == KIND_FILE || (out && known->outside))
        return false;
    if (known->kind > KIND_FIFO || known->outside)
        return true;
    return out ? known->bytes + size > pipe_capacity(known) &&
                     fd_held(now->model, object, 'r')
               : known->bytes <= 0 && fd_held(now->model, object, 'w');
}

static const char *const out_calls =
    "write,writev,pwrite64,sendto,sendmsg,vmsplice";

/* Whether the beginning of the transfer is a step. */
static bool begin_transfer(struct now *now, int object, bool out)
{
    long size = now->event->error || now->endless ? arg_number(now, 2)
                                                  : now->event->result;

    if (!must_wait(now, object, out, size))
        return false;
    if (out && now->model->objects[object].kind <= KIND_FIFO)
        begin_filling(now, object, size > 0 ? size : 0);
    return true;
}

static bool handle_transfer(struct now *now)
{
    char name[512];
    int fd = arg_fd(now, 0, name, sizeof(name));
    bool out = list_holds(out_calls, ',', now->event->name);
    char flow = out ? 'o' : 'i';
    int object = fd >= 0 ? fd_object(now, fd, name) : NONE;

    if (fd < 0 && !now->begins) {
        char *told = arg_string(now, 1);
        if (told)
            sysv_told(now, told);
        free(told);
    }
    if (!is_shown(now, object, flow))
        return false;
    now->step.object = object;
    now->step.flow = flow;
    step_text(now, "%s %d %s %s", now->event->name, fd, out ? "to" : "from",
              object_label(now->model, object));
    if (now->begins)
        return begin_transfer(now, object, out);
    long size = now->event->error ? 0 : now->event->result;
    now->at_once = !must_wait(now, object, out, size);
    long placed = now->model->processes[now->process].placed;
    if (now->model->processes[now->process].filling != NONE) {
        move(now, object, -placed);
        end_filling(now->model, now->process);
    }
    if (now->event->error == NULL) {
        now->step.size = size;
        now->step.data = arg_string(now, 1);
        if (now->step.data == NULL)
            now->step.data = arg_strings(now, "iov_base=");
        move(now, object, out ? size : -size);
        socket_moved(now, object, name, out, size);
    }
    if (!out && size == 0)
        step_result(now, "end-of-file");
    else
        step_result(now, "%ld byte%s", size, size == 1 ? "" : "s");
    socket_passed(now, object, name, out);
    return true;
}

/* splice, tee, sendfile, copy_file_range: from one descriptor to another. */
static bool handle_splice(struct now *now)
{
    char name[512];
    bool sendfile = strcmp(now->event->name, "sendfile") == 0;
    bool tee = strcmp(now->event->name, "tee") == 0;
    int to_at = sendfile ? 0 : tee ? 1 : 2, from_at = sendfile ? 1 : 0;
    int fd = arg_fd(now, from_at, name, sizeof(name));
    int from = fd >= 0 ? fd_object(now, fd, name) : NONE;

    fd = arg_fd(now, to_at, name, sizeof(name));
    int to = fd >= 0 ? fd_object(now, fd, name) : NONE;
    if (from == NONE || to == NONE)
        return false;
    char *source = xstrdup(object_label(now->model, from));
    step_text(now, "%s from %s to %s", now->event->name, source,
              object_label(now->model, to));
    free(source);
    step_result(now, "%ld bytes", now->event->result);
    now->step.object = to;
    now->step.flow = 'o';
    if (is_success(now)) {
        now->step.size = now->event->result;
        move(now, to, now->event->result);
        move(now, from, tee ? 0 : -now->event->result);
    }
    return true;
}

const struct call transfer_calls[] = {
    {"read,readv,pread64,write,writev,pwrite64,recvfrom,recvmsg,sendto,sendmsg,"
     "vmsplice",
     true, handle_transfer},
    {"splice,tee,sendfile,copy_file_range", true, handle_splice},
    {NULL, false, NULL},
};
