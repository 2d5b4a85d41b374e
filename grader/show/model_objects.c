// SPDX-License-Identifier: MIT
/* model_objects.c - the objects of a run, and their states; model_private.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base.h"
#include "model_private.h"

static const char *const kind_words[] = {
    [KIND_PIPE] = "pipe",       [KIND_FIFO] = "FIFO",
    [KIND_SOCKET] = "socket",   [KIND_QUEUE] = "queue",
    [KIND_MESSAGES] = "queue",  [KIND_SEMAPHORES] = "set",
    [KIND_SEGMENT] = "segment", [KIND_EVENT] = "event",
    [KIND_FILE] = "file",       [KIND_TERMINAL] = "terminal",
};

/* ---- Names -------------------------------------------------------------- */

/* "pipe A", ..., "pipe Z", "pipe A2": the next of KIND; to be freed. */
static char *next_label(struct model *model, enum object_kind kind)
{
    int number = model->labels[kind]++;

    return number < 26 ? xformat("%s %c", kind_words[kind], 'A' + number)
                       : xformat("%s %c%d", kind_words[kind], 'A' + number % 26,
                                 number / 26 + 1);
}

int object_find(const struct model *model, const char *key)
{
    for (size_t i = model->object_count; i-- > 0;)
        if (model->objects[i].key && strcmp(model->objects[i].key, key) == 0)
            return (int)i;
    return NONE;
}

int object_get(struct model *model, enum object_kind kind, const char *key,
               const char *label, const char *detail)
{
    int known = object_find(model, key);

    if (known != NONE)
        return known;
    struct object *object =
        grow(&model->objects, &model->object_count, sizeof(*object));
    *object = (struct object){
        .kind = kind,
        .key = xstrdup(key),
        .label = label ? xstrdup(label) : next_label(model, kind),
        .detail = xstrdup(detail),
        .registered = NONE,
        .dirty = true,
    };
    return (int)model->object_count - 1;
}

void object_forget(struct model *model, int object)
{
    free(model->objects[object].key);
    model->objects[object].key = NULL;
}

const char *object_label(const struct model *model, int object)
{
    return object == NONE ? "?" : model->objects[object].label;
}

int object_at(const struct model *model, const char *directory,
              const char *path)
{
    char *whole = *path == '/' || directory == NULL
                      ? xstrdup(path)
                      : xformat("%s/%s", directory, path);
    int object = object_find(model, whole);
    size_t length = strlen(path);

    free(whole);
    /* unlink(2) does not say where it is. */
    for (size_t i = 0;
         object == NONE && directory == NULL && i < model->object_count; i++) {
        const char *key = model->objects[i].key;
        size_t size = key ? strlen(key) : 0;
        if (size > length && key[size - length - 1] == '/' &&
            strcmp(key + size - length, path) == 0)
            object = (int)i;
    }
    return object;
}

/* The two ends that "UNIX-STREAM:[1->2]" or "TCP:[a->b]" names as one key, the
 * same for both; to be freed.  NULL: it has one end only. */
static char *pair_key(const char *name)
{
    const char *open = strchr(name, '['), *arrow = strstr(name, "->");

    if (open == NULL || arrow == NULL)
        return NULL;
    size_t left = (size_t)(arrow - open - 1);
    size_t right = strcspn(arrow + 2, ",]");
    bool first = left < right ||
                 (left == right && memcmp(open + 1, arrow + 2, left) <= 0);
    return first ? xformat("%.*s - %.*s", (int)left, open + 1, (int)right,
                           arrow + 2)
                 : xformat("%.*s - %.*s", (int)right, arrow + 2, (int)left,
                           open + 1);
}

/* The lone socket that one of the ends in NAME was before; NONE. */
static int lone_end(const struct model *model, const char *name)
{
    const char *open = strchr(name, '['), *arrow = strstr(name, "->");
    const char *ends[] = {open + 1, arrow + 2};

    for (size_t i = 0; i < LENGTH(ends); i++) {
        char *key =
            xformat("socket [%.*s]", (int)strcspn(ends[i], "-,]"), ends[i]);
        int object = object_find(model, key);
        free(key);
        if (object != NONE)
            return object;
    }
    return NONE;
}

static int socket_named(struct model *model, const char *name)
{
    char *key = pair_key(name);

    if (key == NULL) {
        const char *open = strchr(name, '[');
        key = xformat("socket [%.*s]", open ? (int)strcspn(open + 1, "-,]") : 0,
                      open ? open + 1 : "");
    }
    int object = object_find(model, key);
    if (object == NONE && strstr(name, "->"))
        object = lone_end(model, name);
    if (object == NONE)
        object = object_get(model, KIND_SOCKET, key, NULL, name);
    else if (strcmp(model->objects[object].key, key) != 0) {
        free(model->objects[object].key);
        model->objects[object].key = xstrdup(key);
    }
    free(key);
    return object;
}

int object_of_socket(struct model *model, int known, const char *name)
{
    char *key = pair_key(name);
    int object = known;

    if (key &&
        strcmp(model->objects[known].key ? model->objects[known].key : "",
               key) != 0) {
        object = object_find(model, key);
        if (object == NONE) { /* it was a lone one, and is now connected */
            free(model->objects[known].key);
            model->objects[known].key = xstrdup(key);
            object = known;
        }
    }
    free(key);
    return object;
}

/* Of a lab's world, record.h has noted its FIFOs; any other command's paths are
 * those that we see. */
static bool is_fifo(const struct model *model, const char *path)
{
    const json_t *noted = json_object_get(model->log->about, "fifos"), *fifo;
    struct stat status;
    size_t i;

    json_array_foreach(noted, i, fifo)
    {
        if (strcmp(json_string_value(fifo), path) == 0)
            return true;
    }
    return model->log->own == NULL && stat(path, &status) == 0 &&
           S_ISFIFO(status.st_mode);
}

static char *label_of_path(const char *kind, const char *path)
{
    const char *last = strrchr(path, '/');

    return strncmp(path, "/dev/", 5) == 0
               ? xstrdup(path)
               : xformat("%s %s", kind, last && last[1] ? last + 1 : path);
}

int object_fifo(struct model *model, int object, const char *path)
{
    char *label = label_of_path("FIFO", path);

    if (object == NONE) {
        object = object_get(model, KIND_FIFO, path, label, path);
    } else if (model->objects[object].kind == KIND_FILE) {
        model->objects[object].kind = KIND_FIFO;
        free(model->objects[object].label);
        model->objects[object].label = xstrdup(label);
    }
    free(label);
    return object;
}

static int file_named(struct model *model, const char *name)
{
    static const struct {
        const char *prefix;
        enum object_kind kind;
        const char *label; /* NULL: what follows the prefix */
    } places[] = {
        {"/dev/pts/", KIND_TERMINAL, "terminal"},
        {"/dev/tty", KIND_TERMINAL, "terminal"},
        {"/dev/console", KIND_TERMINAL, "terminal"},
        {"/dev/shm/", KIND_SEGMENT, NULL},
        {"/memfd:", KIND_SEGMENT, NULL},
    };
    char *path = xstrndup(name, strcspn(name, "<"));
    char *deleted = strstr(path, " (deleted)");
    int object = object_find(model, path);

    if (deleted)
        *deleted = '\0';
    for (size_t i = 0; object == NONE && i < LENGTH(places); i++) {
        size_t length = strlen(places[i].prefix);
        if (strncmp(path, places[i].prefix, length) != 0)
            continue;
        char *label = places[i].label ? xstrdup(places[i].label)
                                      : xformat("segment /%s", path + length);
        object = object_get(model, places[i].kind, path, label, name);
        free(label);
    }
    if (object == NONE) {
        bool fifo = is_fifo(model, path);
        char *label = label_of_path(fifo ? "FIFO" : "file", path);
        object =
            object_get(model, fifo ? KIND_FIFO : KIND_FILE, path, label, name);
        free(label);
    }
    free(path);
    return object;
}

int object_named(struct model *model, const char *name)
{
    if (*name == '/')
        return file_named(model, name);
    if (strncmp(name, "pipe:[", 6) == 0)
        return object_get(model, KIND_PIPE, name, NULL, name);
    if (strncmp(name, "anon_inode:", 11) == 0)
        return NONE;
    return strchr(name, '[') ? socket_named(model, name) : NONE;
}

/* ---- Attached segments -------------------------------------------------- */

void attach(struct model *model, int process, uint64_t address, int object)
{
    struct attachment *new =
        grow(&model->attachments, &model->attachment_count, sizeof(*new));

    *new = (struct attachment){process, address, object};
    model->objects[object].attached++;
    object_touch(model, object);
}

static int detach_at(struct model *model, size_t at)
{
    int object = model->attachments[at].object;

    model->attachments[at] = model->attachments[--model->attachment_count];
    model->objects[object].attached--;
    object_touch(model, object);
    return object;
}

int detach(struct model *model, int process, uint64_t address)
{
    for (size_t i = 0; i < model->attachment_count; i++)
        if (model->attachments[i].process == process &&
            model->attachments[i].address == address)
            return detach_at(model, i);
    return NONE;
}

void detach_all(struct model *model, int process)
{
    for (size_t i = model->attachment_count; i-- > 0;)
        if (model->attachments[i].process == process)
            (void)detach_at(model, i);
}

void attach_inherit(struct model *model, int from, int to)
{
    size_t count = model->attachment_count;

    for (size_t i = 0; i < count; i++) {
        struct attachment old = model->attachments[i];
        if (old.process == from)
            attach(model, to, old.address, old.object);
    }
}

/* ---- States ------------------------------------------------------------- */

void object_touch(struct model *model, int object)
{
    if (object != NONE)
        model->objects[object].dirty = true;
}

void state_add_item(struct state *state, char *item)
{
    char **slot = grow(&state->items, &state->item_count, sizeof(*slot));

    *slot = item;
}

/* Whether somebody waits for room in OBJECT. */
static bool is_waited_for(const struct model *model,
                          const struct object *object)
{
    for (size_t i = 0; i < model->trace->process_count; i++) {
        const struct process *process = &model->processes[i];
        if (process->begun && process->owed > 0 &&
            process->filling == object - model->objects)
            return true;
    }
    return false;
}

static void note_bytes(const struct model *model, const struct object *object,
                       struct state *state)
{
    state->level = object->bytes > 0 ? object->bytes : 0;
    state->capacity =
        object->kind == KIND_SOCKET ? NONE : pipe_capacity(object);
    char *bytes =
        xformat("%ld byte%s", state->level, state->level == 1 ? "" : "s");
    bool full = state->level == state->capacity || is_waited_for(model, object);
    state->text = state->level == 0 ? xstrdup("empty")
                  : full            ? xformat("%s, full", bytes)
                                    : xstrdup(bytes);
    free(bytes);
}

/* One that is removed while it is attached lives on: shmctl(2). */
static void note_segment(const struct object *object, struct state *state)
{
    state->text = object->removed && object->attached == 0
                      ? xstrdup("destroyed")
                      : xformat("attached by %d%s", object->attached,
                                object->removed ? ", to be destroyed" : "");
}

static void note(struct model *model, struct object *object)
{
    struct state state = {.step =
                              model_step(model) > 0 ? model_step(model) - 1 : 0,
                          .level = NONE,
                          .capacity = NONE};

    if (object->outside || object->kind >= KIND_EVENT)
        return;
    if (object->kind <= KIND_SOCKET)
        note_bytes(model, object, &state);
    else if (object->kind <= KIND_MESSAGES)
        messages_note(model, object, &state);
    else if (object->kind == KIND_SEMAPHORES)
        semaphores_note(object, &state);
    else
        note_segment(object, &state);
    if (object->kind == KIND_SOCKET)
        socket_note(object, &state);
    if (object->removed && object->kind != KIND_SEGMENT) {
        char *longer = xformat("%s, removed", state.text);
        free(state.text);
        state.text = longer;
    }
    *(struct state *)grow(&object->states, &object->state_count,
                          sizeof(state)) = state;
}

void objects_note(struct model *model)
{
    for (size_t i = 0; i < model->object_count; i++) {
        struct object *object = &model->objects[i];
        if (!object->dirty)
            continue;
        object->dirty = false;
        note(model, object);
    }
}
