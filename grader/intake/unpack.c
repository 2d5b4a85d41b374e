// SPDX-License-Identifier: MIT
/*
 * unpack.c - reads an archive, and archives in it, and passes on what may be a
 * submission; see unpack.h.
 *
 *     unpack LAB,LAB... ROOM OWNER...
 *
 * There are as many archives as owners, called 0, 1, ...; each owner is a
 * number below that, and what is passed on for one of them is at most ROOM
 * bytes. Names in an archive are only text here: no path is ever opened.  What
 * is no regular file (links, devices) is left out, and so is what exceeds a
 * limit. Each archive has a process of its own: what one of them may do to that
 * is no harm to the others.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "found.h"
#include "intake.h"
#include "names.h"
#include "shares.h"
#include "text.h"
#include "unpack.h"

/* The bytes of a record that tells what is ignored, at most. */
#define TOLD_SIZE (long)(sizeof(struct record) + 2 * FOUND_TOLD_MAX)
#define SLACK     65536

/* What this archive has used of its limits. */
static struct {
    long entries, out, kept;
} used;

/* What those who hand in with it have used of its limits. */
static struct {
    struct shares entries, out, kept, ignored;
} all = {
    {UNPACK_ENTRIES_MAX, NULL},
    {UNPACK_BYTES_MAX, NULL},
    {UNPACK_KEPT_MAX, NULL},
    {UNPACK_IGNORED_MAX, NULL},
};
static long untold; /* of what was ignored */

/* The labs' names. */
static struct argv known;

/* An archive that is being read. */
struct source {
    const char *path; /* "alice.zip//", or "" */
    long size;        /* bytes of the archive itself */
    long out;         /* bytes that have come out of it */
    int depth;
};

/* ---- Records ------------------------------------------------------------- */

static void put(enum record_kind kind, const char *path, const void *data,
                size_t size, int64_t modified)
{
    struct record record = {RECORD_MAGIC, kind, (uint32_t)strlen(path),
                            (uint32_t)size, modified};

    if (write_fully(STDOUT_FILENO, &record, sizeof(record)) < 0 ||
        write_fully(STDOUT_FILENO, path, record.path_size) < 0 ||
        write_fully(STDOUT_FILENO, data, size) < 0)
        exit(3); /* nobody reads on */
}

/* Both may be as long as who made the archive likes. */
static void tell(enum record_kind kind, const char *path, const char *why)
{
    char *name = text_cut(path, FOUND_TOLD_MAX);
    char *reason = text_cut(why, FOUND_TOLD_MAX);

    put(kind, name, reason, strlen(reason), 0);
    free(reason);
    free(name);
}

static void ignore(const char *path, const char *why)
{
    if (shares_left(&all.ignored, path) > 0) {
        shares_use(&all.ignored, path, 1);
        tell(RECORD_IGNORED, path, why);
    } else {
        untold++;
    }
}

/* ---- Entries ------------------------------------------------------------- */

/* NAME below SOURCE without what could lead out of it, or "" is left: "/" and
 * "." go; NULL where ".." is in it. */
static char *entry_path(const struct source *source, const char *name)
{
    char *path = xcalloc(strlen(source->path) + strlen(name) + 2, 1);
    char *start = stpcpy(path, source->path), *end = start;

    while (*name) {
        size_t size = strcspn(name, "/");
        if (size == 2 && strncmp(name, "..", 2) == 0) {
            free(path);
            return NULL;
        }
        if (size > 0 && !(size == 1 && *name == '.')) {
            if (end > start)
                *end++ = '/';
            end = mempcpy(end, name, size);
        }
        name += size;
        name += strspn(name, "/");
    }
    *end = '\0';
    return path;
}

/* Why no more may come out of ARCHIVE, or NULL. */
static const char *exceeds(struct archive *archive, const struct source *source)
{
    /* What is passed over is unpacked, too, where all is one stream. */
    long stream = (long)archive_filter_bytes(archive, 0);
    long out = stream > source->out ? stream : source->out;

    if (used.out + stream > UNPACK_BYTES_MAX)
        return "more than 2 GiB come out of the archive";
    if (out > UNPACK_RATIO_FROM && out / UNPACK_RATIO_MAX > source->size)
        return "far more comes out of the archive than is in it: a bomb";
    return NULL;
}

/* The content of the entry at which ARCHIVE stands, at most MAX bytes; NULL,
 * and *WHY, if there is more or it cannot be read. */
static char *read_entry(struct archive *archive, struct source *source,
                        long max, size_t *size, const char **why)
{
    size_t length = 0, room = 65536;
    char *data = xrealloc(NULL, room);

    for (*why = NULL; *why == NULL;) {
        la_ssize_t n = archive_read_data(archive, data + length, room - length);
        if (n == 0) {
            *size = length;
            return data;
        }
        if (n < 0) {
            *why = archive_error_string(archive);
            *why = *why ? *why : "damaged";
            break;
        }
        length += (size_t)n;
        source->out += n;
        used.out += n;
        *why = exceeds(archive, source);
        if ((long)length > max)
            *why = max == UNPACK_FILE_MAX ? "larger than 1 MiB"
                                          : "an archive larger than 64 MiB";
        if (length == room)
            data = xrealloc(data, room *= 2);
    }
    free(data);
    return NULL;
}

static int unpack(struct archive *archive, struct source *source);

static struct archive *reader(void)
{
    struct archive *archive = archive_read_new();

    if (archive == NULL || archive_read_support_format_tar(archive) ||
        archive_read_support_format_zip(archive) ||
        archive_read_support_filter_gzip(archive) ||
        archive_read_support_filter_xz(archive))
        exit(3); /* no memory, or a library without them */
    return archive;
}

/* What an archive in this one may use of a limit: nobody uses up the others'
 * part, with however many archives. */
struct part {
    struct shares *shares;
    const char *path;
    long *used, before, begun;
};

static void begin_part(struct part *part, struct shares *shares,
                       const char *path, long *used_now)
{
    long left = shares_left(shares, path), most = shares->max / UNPACK_SHARES;

    *part = (struct part){shares, path, used_now, *used_now, 0};
    *used_now = part->begun = shares->max - (left < most ? left : most);
}

static void end_part(struct part *part)
{
    /* What did not come through any more is not counted. */
    long most = part->shares->max;
    long used_up = *part->used < most ? *part->used : most;

    shares_use(part->shares, part->path, used_up - part->begun);
    *part->used = part->before;
}

static void unpack_nested(const char *path, const char *data, size_t size,
                          int depth)
{
    struct archive *archive = reader();
    char *below = xformat("%s//", path);
    struct source source = {below, (long)size, 0, depth};
    struct part entries, out, kept;

    if (depth == 1) {
        begin_part(&entries, &all.entries, path, &used.entries);
        begin_part(&out, &all.out, path, &used.out);
        begin_part(&kept, &all.kept, path, &used.kept);
    }
    if (archive_read_open_memory(archive, data, size) != ARCHIVE_OK)
        ignore(path, "not an archive, or a damaged one");
    else
        (void)unpack(archive, &source); /* it has said what is wrong */
    (void)archive_read_free(archive);
    if (depth == 1) {
        end_part(&entries);
        end_part(&out);
        end_part(&kept);
    }
    free(below);
}

/* Whether the SIZE bytes of PATH can be passed on. */
static bool keep(const struct source *source, const char *path, size_t size)
{
    long more = (long)(sizeof(struct record) + strlen(path) + size);

    if (source->depth > 0)
        return (used.kept += more) <= all.kept.max;
    bool room = shares_left(&all.kept, path) >= more;
    if (room)
        shares_use(&all.kept, path, more);
    return room;
}

static void take(struct archive *archive, struct source *source,
                 const char *path, enum name_kind kind, int64_t modified)
{
    const char *why;
    size_t size;
    bool nested = kind == NAME_ARCHIVE;

    if (nested && source->depth + 1 >= UNPACK_DEPTH_MAX) {
        ignore(path, "too many archives in archives");
        return;
    }
    char *data =
        read_entry(archive, source,
                   nested ? UNPACK_NESTED_MAX : UNPACK_FILE_MAX, &size, &why);
    if (data == NULL) {
        ignore(path, why);
    } else if (nested) {
        unpack_nested(path, data, size, source->depth + 1);
    } else if (!keep(source, path, size)) {
        ignore(path, "there are too many bytes of C files before it");
    } else {
        put(RECORD_FILE, path, data, size, modified);
    }
    free(data);
}

static void look_at(struct archive *archive, struct source *source,
                    struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);
    char *path = entry_path(source, name ? name : "");

    if (path == NULL) {
        ignore(name, "its name leads out of the archive");
        return;
    }
    enum name_kind kind = name_kind(path);
    if (archive_entry_hardlink(entry) || archive_entry_symlink(entry))
        ignore(path, "a link");
    else if (archive_entry_filetype(entry) == AE_IFDIR)
        ; /* what is in it comes by itself */
    else if (archive_entry_filetype(entry) != AE_IFREG)
        ignore(path, "not a regular file");
    else if (archive_entry_is_encrypted(entry))
        ignore(path, "encrypted");
    else if (kind == NAME_OTHER)
        ignore(path, "not a C file");
    else if (kind == NAME_SOURCE && !name_is_of_lab(path, &known))
        ignore(path, INTAKE_NO_LAB);
    else
        take(archive, source, path, kind,
             archive_entry_mtime_is_set(entry) ? archive_entry_mtime(entry)
                                               : 0);
    free(path);
}

/* All entries of ARCHIVE; 0 if it was read to its end. */
static int unpack(struct archive *archive, struct source *source)
{
    struct archive_entry *entry;
    char *name =
        xstrndup(source->path, strlen(source->path) - (*source->path ? 2 : 0));
    const char *why = NULL;
    int status = 0;

    while (why == NULL &&
           (status = archive_read_next_header(archive, &entry)) >=
               ARCHIVE_WARN &&
           status != ARCHIVE_EOF) {
        if (++used.entries > UNPACK_ENTRIES_MAX)
            why = "more than 200000 entries";
        else
            look_at(archive, source, entry);
        if (why == NULL)
            why = exceeds(archive, source);
    }
    if (why == NULL && status != ARCHIVE_EOF) {
        why = archive_error_string(archive);
        why = why ? why : "damaged";
    }
    if (why && source->depth == 0)
        tell(RECORD_LOST, "", why);
    else if (why)
        ignore(name, why);
    free(name);
    return why ? -1 : 0;
}

static void unpack_file(const char *path)
{
    struct archive *archive = reader();
    struct stat status;
    struct source source = {"", 0, 0, 0};

    if (stat(path, &status) < 0 ||
        archive_read_open_filename(archive, path, 65536) != ARCHIVE_OK) {
        tell(RECORD_LOST, "", "not an archive, or a damaged one");
    } else {
        source.size = (long)status.st_size;
        (void)unpack(archive, &source); /* it has said what is wrong */
    }
    (void)archive_read_free(archive);
    if (untold > 0) {
        char *more = xformat("and %ld more", untold);
        tell(RECORD_IGNORED, "", more);
        free(more);
    }
    put(RECORD_END, "", "", 0, 0);
}

/* ---- A process for each -------------------------------------------------- */

/* Read archive NUMBER and write at most ROOM bytes to FD. */
static _Noreturn void be_child(int number, int fd, long room)
{
    const struct rlimit cpu = {UNPACK_CPU_S, UNPACK_CPU_S};
    char *path = xformat("%d", number);

    if (room / 4 * 3 < all.kept.max)
        all.kept.max = room / 4 * 3;
    if (room / 4 / TOLD_SIZE < all.ignored.max)
        all.ignored.max = room / 4 / TOLD_SIZE;
    if (setrlimit(RLIMIT_CPU, &cpu) < 0 || dup2(fd, STDOUT_FILENO) < 0)
        _exit(3);
    unpack_file(path);
    _exit(0);
}

/* What the child wrote to FD, as NUMBER's; *ROOM is for that. */
static int pass_on(uint32_t number, int fd, long *room)
{
    size_t size = 0;
    /* It keeps to its room, but for a few lines at its end. */
    char *data = read_fully(fd, (size_t)*room + SLACK, &size);
    struct envelope envelope = {RECORD_MAGIC, number, data ? size : 0};

    int status = write_fully(STDOUT_FILENO, &envelope, sizeof(envelope));
    if (status == 0 && data)
        status = write_fully(STDOUT_FILENO, data, size);
    free(data);
    *room -= (long)size < *room ? (long)size : *room;
    return status;
}

static int unpack_one(int number, long *room)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        be_child(number, fds[1], *room);
    (void)close(fds[1]);
    int status = pid < 0 ? -1 : pass_on((uint32_t)number, fds[0], room);
    (void)close(fds[0]);
    if (pid > 0) {
        (void)kill(pid, SIGKILL); /* it may have closed its pipe and live on */
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    return status;
}

int main(int argc, char **argv)
{
    const int count = argc - 3; /* archives */

    /* No child can change what its parent says of the others. */
    if (count < 1 || prctl(PR_SET_DUMPABLE, 0) < 0)
        return 2;
    for (char *rest = argv[1], *lab; (lab = strsep(&rest, ",")) != NULL;)
        argv_add(&known, lab);
    /* Names in zip and pax archives are UTF-8. */
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    long *rooms = xcalloc((size_t)count, sizeof(*rooms));
    int status = 0;
    for (int i = 0; i < count; i++)
        rooms[i] = strtol(argv[2], NULL, 10);
    for (int i = 0; status == 0 && i < count; i++) {
        long owner = strtol(argv[i + 3], NULL, 10);
        status =
            owner >= 0 && owner < count ? unpack_one(i, &rooms[owner]) : -1;
    }
    free(rooms);
    return status < 0 ? 3 : 0;
}
