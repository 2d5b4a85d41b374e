// SPDX-License-Identifier: MIT
/*
 * archive.c - what the unpacker, in its sandbox, says of an archive; see
 * unpack.h and found.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "found.h"
#include "names.h"
#include "stage.h"
#include "text.h"
#include "tool.h"
#include "unpack.h"

#define EXPORT_MAX    (1024L * 1024 * 1024)
#define ARCHIVE_MAX   (256L * 1024 * 1024) /* of one among others */
#define UNPACK_WALL_S 900
/* Records have heads and paths, too. */
#define OUTPUT_ROOM (2 * UNPACK_ROOM_EXPORT)

static const struct process_limit limits[] = {
    {RLIMIT_AS, 2048UL * 1024 * 1024},
    {RLIMIT_FSIZE, 0}, /* it has no file to write */
    {RLIMIT_CORE, 0},
};

/* ---- What it said -------------------------------------------------------- */

/* "ARCHIVE//NAME", where either may be "". */
static char *path_in(const char *archive, const char *name, size_t size)
{
    return xformat("%s%s%.*s", archive, *archive && size ? "//" : "", (int)size,
                   name);
}

/* Take one record from *NEXT, of which LEFT bytes are there; false at the end,
 * or where there is none. */
static bool take_record(struct found *found, const char *archive,
                        const char **next, size_t left, bool *ended)
{
    struct record record;

    if (left < sizeof(record))
        return false;
    memcpy(&record, *next, sizeof(record));
    left -= sizeof(record);
    *next += sizeof(record);
    if (record.magic != RECORD_MAGIC || record.kind > RECORD_END ||
        record.path_size > left || record.size > left - record.path_size)
        return false;
    const char *content = *next + record.path_size;
    char *path = path_in(archive, *next, record.path_size);
    if (record.kind == RECORD_FILE) {
        char *data = xcalloc(record.size + 1, 1);
        memcpy(data, content, record.size);
        found_add(found, path, data, record.size, record.modified);
    } else if (record.kind == RECORD_IGNORED) {
        char *why = xstrndup(content, record.size);
        found_ignore(found, path, why);
        free(why);
    } else if (record.kind == RECORD_LOST) {
        char *why = xstrndup(content, record.size);
        /* Of the class, or of the one who has handed it in. */
        (*archive ? found_ignore : found_lose)(found, archive, why);
        free(why);
    }
    free(path);
    *ended = record.kind == RECORD_END;
    *next = content + record.size;
    return !*ended;
}

static void take_records(struct found *found, const char *archive,
                         const char *text, size_t size)
{
    const char *next = text;
    bool ended = false;

    while (take_record(found, archive, &next, size - (size_t)(next - text),
                       &ended))
        continue;
    if (!ended)
        found_lose(found, archive,
                   "damaged, or too much for the unpacker: "
                   "what is behind is lost");
}

static void take_envelopes(struct found *found, const char *text, size_t size)
{
    size_t done = 0;

    while (done < found->packed_count) {
        struct envelope envelope;
        if (size < sizeof(envelope))
            break;
        memcpy(&envelope, text, sizeof(envelope));
        text += sizeof(envelope);
        size -= sizeof(envelope);
        if (envelope.magic != RECORD_MAGIC || envelope.number != done ||
            envelope.size > size)
            break;
        take_records(found, found->packed[done++].path, text, envelope.size);
        text += envelope.size;
        size -= envelope.size;
    }
    for (; done < found->packed_count; done++)
        found_lose(found, found->packed[done].path,
                   "the unpacker was stopped before it");
}

/* ------------------------------------------------------------------------- */

void found_archive(struct found *found, int fd, const char *path)
{
    size_t size;
    char *data = read_fully(fd, *path ? ARCHIVE_MAX : EXPORT_MAX, &size);

    if (data == NULL) {
        (*path ? found_ignore : found_lose)(
            found, path,
            errno == EFBIG ? "too large an archive" : strerror(errno));
        return;
    }
    struct packed *packed =
        grow(&found->packed, &found->packed_count, sizeof(*packed));
    *packed = (struct packed){xstrdup(path), data, size};
}

static int put_archives(const struct found *found, const struct stage *stage)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < found->packed_count; i++) {
        char *path = xformat("%s/build/%zu", stage->path, i);
        status = write_file(path, found->packed[i].data, found->packed[i].size,
                            0444);
        if (status < 0)
            (void)complain("%s: %s; set TMPDIR to a directory with room", path,
                           strerror(errno));
        free(path);
    }
    return status;
}

/* Who has handed in the archive at PATH, as far as it says; to be freed. */
static char *owner_of(const struct found *found, const char *path)
{
    struct name name;

    name_parse(&name, path, &found->kit->labs);
    char *owner = xstrdup(name.student ? name.student : "");
    name_release(&name);
    return owner;
}

/* The room that each owner has (an archive that is alone may hold a class), and
 * the owner of each archive: the number of the first one of the same student.
 */
static void add_owners(const struct found *found, struct argv *argv)
{
    struct argv owners = {0}, numbers = {0}, inside = {0};
    bool alone = found->packed_count == 1 && found->count == 0;

    for (size_t i = 0; i < found->packed_count; i++)
        argv_addf(&inside, "%s//x.c", found->packed[i].path);
    size_t skip = found_wrapping(found, &inside);
    for (size_t i = 0; i < found->packed_count; i++) {
        char *owner = owner_of(found, inside.items[i] + skip);
        size_t first = 0;
        while (first < i && strcmp(owners.items[first], owner) != 0)
            first++;
        argv_add(&owners, owner);
        argv_addf(&numbers, "%zu", first);
        free(owner);
    }
    argv_addf(argv, "%ld", alone ? UNPACK_ROOM_EXPORT : UNPACK_ROOM_MAX);
    argv_add_all(argv, (const char *const *)numbers.items);
    argv_release(&numbers);
    argv_release(&owners);
    argv_release(&inside);
}

/* The archives are 0, 1, ... in build/ of the stage. */
static int unpack_all(const struct found *found, const struct stage *stage,
                      char **text, size_t *size)
{
    struct argv argv = {0};

    argv_add(&argv, "unpack");
    char *labs = xstrdup("");
    for (size_t i = 0; i < found->kit->labs.count; i++) {
        char *longer =
            xformat("%s%s%s", labs, i ? "," : "", found->kit->labs.items[i]);
        free(labs);
        labs = longer;
    }
    argv_add(&argv, labs);
    free(labs);
    add_owners(found, &argv);
    const struct process process = {
        .argv = (const char *const *)argv.items,
        .wall_s = UNPACK_WALL_S,
        .limits = limits,
        .limit_count = LENGTH(limits),
        .output_max = OUTPUT_ROOM,
    };
    int status = tool_run_alone(stage, found->level, &process, text, size);
    argv_release(&argv);
    return status;
}

int found_unpack(struct found *found)
{
    struct stage stage;
    char *text = NULL;
    size_t size = 0;

    if (found->packed_count == 0)
        return 0;
    if (stage_init_tool(&stage, found->kit) < 0)
        return -1;
    int status = put_archives(found, &stage);
    if (status == 0) {
        status = unpack_all(found, &stage, &text, &size);
        if (status > 128)
            found->interrupted = status - 128;
    }
    if (status == 0)
        take_envelopes(found, text, size);
    free(text);
    stage_release(&stage);
    return status == 0 ? 0 : -1;
}
