// SPDX-License-Identifier: MIT
/* model_io.c - calls on descriptors; see model_private.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"

/* ---- Calls -------------------------------------------------------------- */

/* Whether it is shown that a descriptor of OBJECT is made, copied or closed: a
 * shell does that with those that are not its own, to have them back later. */
static bool is_shown_moved(const struct now *now, int object)
{
    return object != NONE && now->model->objects[object].kind < KIND_FILE &&
           !now->model->objects[object].outside;
}

/* "a write end of pipe A", as KNOWN is; to be freed. */
static char *end_of(const struct now *now, const struct descriptor *known)
{
    const char *label = object_label(now->model, known->object);

    if (now->model->objects[known->object].kind > KIND_FIFO ||
        known->mode == 'b')
        return xstrdup(label);
    return xformat("a %s end of %s", known->mode == 'r' ? "read" : "write",
                   label);
}

static bool cloexec(const struct now *now)
{
    return arg_has(now, -1, "_CLOEXEC");
}

static char mode_of(const struct now *now)
{
    return arg_has(now, -1, "O_RDWR")     ? 'b'
           : arg_has(now, -1, "O_WRONLY") ? 'w'
                                          : 'r';
}

bool io_add_pair(struct now *now, int n, enum object_kind kind)
{
    char names[2][256], text[600];
    int fds[2] = {NONE, NONE};

    if (trace_arg(now->event, n, text, sizeof(text)) && *text == '[') {
        const char *end;
        fds[0] = text_fd(text + 1, names[0], sizeof(names[0]), &end);
        fds[1] =
            text_fd(end + strspn(end, ", "), names[1], sizeof(names[1]), NULL);
    }
    step_text(now, "%s", now->event->name);
    if (!is_success(now) || fds[1] < 0) {
        step_result(now, "%s", "");
        return true;
    }
    int object = object_named(now->model, names[0]);
    if (object == NONE)
        object = object_get(now->model, kind, names[0], NULL, names[0]);
    fd_add(now->model, now->leader, fds[0], object,
           kind == KIND_PIPE ? 'r' : 'b', cloexec(now));
    fd_add(now->model, now->leader, fds[1], object,
           kind == KIND_PIPE ? 'w' : 'b', cloexec(now));
    now->step.object = object;
    if (kind == KIND_PIPE)
        step_text(now, "%s: %s, read from %d, write to %d", now->event->name,
                  object_label(now->model, object), fds[0], fds[1]);
    else
        step_text(now, "%s: %s, ends %d and %d", now->event->name,
                  object_label(now->model, object), fds[0], fds[1]);
    return true;
}

static bool handle_pipe(struct now *now)
{
    return io_add_pair(now, 0, KIND_PIPE);
}

int io_add_result(struct now *now, enum object_kind kind, char mode)
{
    char name[512];

    if (!is_success(now) || now->event->result < 0)
        return NONE;
    result_name(now, name, sizeof(name));
    int object = *name ? object_named(now->model, name) : NONE;
    if (object == NONE && kind == KIND_EVENT) {
        char *key = xformat("%s %zu", name, now->index);
        char *label = xstrndup(now->event->name,
                               strcspn(now->event->name, "0123456789_"));
        object = object_get(now->model, kind, key, label, name);
        free(label);
        free(key);
    }
    if (object != NONE)
        fd_add(now->model, now->leader, (int)now->event->result, object, mode,
               cloexec(now));
    now->step.object = object;
    return object;
}

/* The object that is opened at PATH; NONE. */
static int opened(const struct now *now, bool at, const char *path)
{
    char directory[512];
    bool known = at && arg_directory(now, directory, sizeof(directory));

    return object_at(now->model, known ? directory : NULL, path);
}

/* Whether opening OBJECT, a FIFO, waits for a partner: fifo(7). */
static bool waits_for_partner(const struct now *now, int object, char mode)
{
    const struct object *fifo = &now->model->objects[object];

    if (fifo->kind != KIND_FIFO || mode == 'b' ||
        arg_has(now, -1, "O_NONBLOCK"))
        return false;
    return mode == 'r' ? fifo->opening_to_write == 0 &&
                             !fd_held(now->model, object, 'w')
                       : fifo->opening_to_read == 0 &&
                             !fd_held(now->model, object, 'r');
}

/* Whether the beginning of the open(2) of PATH is a step. */
static bool begin_open(struct now *now, bool at, const char *path, char mode)
{
    int object = opened(now, at, path);

    if (now->endless) /* nothing but a FIFO makes who opens it wait */
        object = object_fifo(now->model, object, path);
    if (object == NONE ||
        (!now->endless && !waits_for_partner(now, object, mode)))
        return false;
    now->step.object = object;
    if (mode == 'r')
        now->model->objects[object].opening_to_read++;
    else
        now->model->objects[object].opening_to_write++;
    return true;
}

/* The object that was opened, or was to be; NONE. */
static int end_open(struct now *now, bool at, const char *path, char mode)
{
    int object = io_add_result(now, KIND_FILE, mode);

    now->at_once = object == NONE || !waits_for_partner(now, object, mode);
    if (object == NONE)
        object = now->step.object = opened(now, at, path);
    if (object == NONE || now->model->waiting[now->index] == OPEN)
        return object;
    if (mode == 'r')
        now->model->objects[object].opening_to_read--;
    else
        now->model->objects[object].opening_to_write--;
    return object;
}

static bool handle_open(struct now *now)
{
    static const char *const ways[] = {
        ['r'] = "to read", ['w'] = "to write", ['b'] = "to read and write"};
    bool at = strncmp(now->event->name, "openat", 6) == 0;
    char *path = arg_string(now, at ? 1 : 0);
    char mode = mode_of(now);
    bool shown;

    step_text(now, "%s %s %s", now->event->name, path ? path : "?",
              ways[(unsigned char)mode]);
    if (now->begins) {
        shown = begin_open(now, at, path ? path : "", mode);
    } else {
        int object = end_open(now, at, path ? path : "", mode);
        step_result(now, "descriptor %ld", now->event->result);
        shown = object == NONE
                    ? now->event->error && is_own(now) && path && *path != '/'
                : now->model->objects[object].kind == KIND_FILE
                    ? mode != 'r'
                    : now->model->objects[object].kind != KIND_TERMINAL;
    }
    free(path);
    return shown;
}

static bool handle_close(struct now *now)
{
    char name[512];
    int fd = arg_fd(now, 0, name, sizeof(name));
    const struct descriptor *known =
        fd >= 0 ? fd_get(now->model, now->leader, fd) : NULL;

    if (known == NULL && fd >= 0 && *name)
        (void)fd_object(now, fd, name);
    known = fd >= 0 ? fd_get(now->model, now->leader, fd) : NULL;
    if (known == NULL || !is_success(now))
        return false;
    char *end = end_of(now, known);
    now->step.object = known->object;
    step_text(now, "close %d, %s", fd, end);
    bool shown = is_shown_moved(now, known->object);
    fd_close(now->model, now->leader, fd);
    free(end);
    return shown;
}

static bool handle_close_range(struct now *now)
{
    long from = arg_number(now, 0), to = arg_number(now, 1);
    struct process *owner = &now->model->processes[now->leader];

    if (!is_success(now) || from < 0)
        return false;
    for (size_t i = owner->open_count; i-- > 0;) {
        struct descriptor *fd = &now->model->fds[owner->open[i]];
        if (fd->fd < from || (to >= 0 && fd->fd > to))
            continue;
        if (cloexec(now))
            fd->cloexec = true;
        else
            fd_close_at(now->model, now->leader, i);
    }
    step_text(now, "close_range from %ld on", from);
    return true;
}

/* Descriptor FD will be another one: what is closed by that, to be freed; NULL
 * if it is of no interest. */
static char *replaced(struct now *now, int fd)
{
    const struct descriptor *known = fd_get(now->model, now->leader, fd);

    if (known == NULL || !is_shown_moved(now, known->object))
        return NULL;
    now->step.object = known->object;
    return end_of(now, known);
}

static bool duplicate(struct now *now, int old)
{
    char name[512];
    int new = (int)now->event->result;
    struct descriptor *known = fd_get(now->model, now->leader, old);

    (void)arg_fd(now, 0, name, sizeof(name));
    if (known == NULL && *name) {
        (void)fd_object(now, old, name);
        known = fd_get(now->model, now->leader, old);
    }
    if (!is_success(now) || known == NULL)
        return false;
    int object = known->object;
    char mode = known->mode;
    char *closed = NULL;
    now->step.object = object;
    if (new != old) { /* else dup2(2) does nothing */
        closed = replaced(now, new);
        fd_add(now->model, now->leader, new, object, mode, cloexec(now));
    }
    step_text(now, "%s %d to %d: %s%s%s", now->event->name, old, new,
              object_label(now->model, object), closed ? "; closes " : "",
              closed ? closed : "");
    bool shown = closed || is_shown_moved(now, object);
    free(closed);
    return shown;
}

static bool handle_dup(struct now *now)
{
    char name[512];

    return duplicate(now, arg_fd(now, 0, name, sizeof(name)));
}

/* flock(2) and the locks of fcntl(2). */
static bool handle_lock(struct now *now)
{
    char name[512], how[200];
    int fd = arg_fd(now, 0, name, sizeof(name));

    now->step.object = fd >= 0 ? fd_object(now, fd, name) : NONE;
    const char *command = trace_arg(now->event, 1, how, sizeof(how)) ? how : "";
    const char *type = arg_has(now, -1, "F_UNLCK") || arg_has(now, 1, "LOCK_UN")
                           ? "unlock"
                       : arg_has(now, -1, "F_RDLCK") || arg_has(now, 1, "_SH")
                           ? "lock to read"
                           : "lock to write";
    now->at_once = strcmp(type, "unlock") == 0 ||
                   strcmp(command, "F_SETLK") == 0 ||
                   strcmp(command, "F_OFD_SETLK") == 0 ||
                   strstr(command, "LOCK_NB") != NULL;
    step_text(now, "%s %d, %s: %s%s%s", now->event->name, fd, command, type,
              now->step.object == NONE ? "" : " ",
              now->step.object == NONE
                  ? ""
                  : object_label(now->model, now->step.object));
    step_result(now, "done");
    return true;
}

static bool handle_fcntl(struct now *now)
{
    char name[512];
    int fd = arg_fd(now, 0, name, sizeof(name));
    struct descriptor *known =
        fd >= 0 ? fd_get(now->model, now->leader, fd) : NULL;

    if (arg_has(now, 1, "SETLK"))
        return handle_lock(now);
    now->at_once = true;
    if (arg_has(now, 1, "F_DUPFD"))
        return duplicate(now, fd);
    if (known && is_success(now) && arg_has(now, 1, "PIPE_SZ")) {
        pipe_resize(now->model, known->object, now->event->result);
        if (arg_has(now, 1, "F_GETPIPE_SZ"))
            return false;
        now->step.object = known->object;
        step_text(now, "fcntl %d: %s has room for %ld bytes", fd,
                  object_label(now->model, known->object), now->event->result);
        return true;
    }
    if (known && is_success(now) && arg_has(now, 1, "F_SETFD"))
        known->cloexec = arg_has(now, 2, "FD_CLOEXEC");
    return false;
}

static bool handle_event(struct now *now)
{
    int object = io_add_result(now, KIND_EVENT, 'b');

    step_text(now, "%s", now->event->name);
    step_result(now, "descriptor %ld", now->event->result);
    return object != NONE;
}

/* ---- Waiting for several ------------------------------------------------ */

static bool handle_poll(struct now *now)
{
    char name[512];
    const char *first = strstr(now->event->args, "fd=");
    bool epoll = strncmp(now->event->name, "epoll", 5) == 0;
    int fd = epoll   ? arg_fd(now, 0, name, sizeof(name))
             : first ? text_fd(first + 3, name, sizeof(name), NULL)
                     : NONE;

    int object = now->step.object = fd >= 0 ? fd_object(now, fd, name) : NONE;
    now->at_once = object != NONE &&
                   now->model->objects[object].kind <= KIND_FIFO &&
                   now->model->objects[object].bytes > 0;
    if (now->begins && !now->endless && now->at_once)
        return false; /* there is something to be read */
    step_text(now, "%s", now->event->name);
    if (now->begins || now->event->error) {
        step_result(now, "%s", "");
        return true;
    }
    /* "[{fd=3, revents=POLLIN}]" stands behind the result. */
    step_result(now, "%ld ready", now->event->result);
    return now->event->result > 0 || now->step.blocked_us > 1000;
}

const struct call fd_calls[] = {
    {"close", false, handle_close},
    {"open,openat,openat2,creat", true, handle_open},
    {"fcntl", true, handle_fcntl},
    {"pipe,pipe2", false, handle_pipe},
    {"dup,dup2,dup3", false, handle_dup},
    {"close_range", false, handle_close_range},
    {"poll,ppoll,select,pselect6,epoll_wait,epoll_pwait", true, handle_poll},
    {"flock", true, handle_lock},
    {"eventfd2,epoll_create1,signalfd4,timerfd_create,pidfd_open", false,
     handle_event},
    {NULL, false, NULL},
};
