// SPDX-License-Identifier: MIT
/*
 * walk.c - the files below a directory, in a fixed order; see found.h.  What is
 * in it was put there by students: no link is followed, no device is opened.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "found.h"
#include "names.h"
#include "shares.h"
#include "submission.h"

#define DEPTH_MAX 16
#define FILES_MAX 200000
#define BYTES_MAX (512L * 1024 * 1024)

/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
#define FILE_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

struct walk {
    struct found *found;
    size_t seen;
    int tops; /* at the top: what may hold somebody's work */
    struct shares bytes;
};

static void walk_directory(struct walk *walk, int fd, const char *path,
                           int depth);

static void take(struct walk *walk, int dir_fd, const char *name,
                 const char *path, enum name_kind kind)
{
    struct found *found = walk->found;
    struct stat status;
    size_t size;
    int fd = openat(dir_fd, name, FILE_FLAGS);

    if (fd < 0 || fstat(fd, &status) < 0) {
        found_ignore(found, path, strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        found_ignore(found, path, "not a regular file");
    } else if (kind == NAME_ARCHIVE) {
        found_archive(found, fd, path);
    } else if (shares_left(&walk->bytes, path) < status.st_size) {
        found_ignore(found, path, "the C files before it leave no room for it");
    } else {
        char *data = read_fully(fd, SUBMISSION_MAX, &size);
        if (data) {
            found_add(found, path, data, size, status.st_mtim.tv_sec);
            shares_use(&walk->bytes, path, (long)size);
        } else {
            found_ignore(found, path,
                         errno == EFBIG ? "larger than 1 MiB"
                                        : strerror(errno));
        }
    }
    if (fd >= 0)
        (void)close(fd);
}

static void enter(struct walk *walk, int dir_fd, const char *name,
                  const char *path, int depth)
{
    if (strcmp(name, ".git") == 0 || strcmp(name, "__MACOSX") == 0) {
        found_ignore(walk->found, path, "not a student's files");
        return;
    }
    if (depth >= DEPTH_MAX) {
        found_ignore(walk->found, path, "too many directories in directories");
        return;
    }
    int fd =
        openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        found_ignore(walk->found, path, strerror(errno));
    else
        walk_directory(walk, fd, path, depth + 1);
}

static void look_at(struct walk *walk, int dir_fd, const char *name,
                    const char *path, int depth)
{
    struct stat status;
    enum name_kind kind = name_kind(name);

    bool there = fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && depth == 0 && *name != '.')
        walk->tops += S_ISDIR(status.st_mode) || kind == NAME_ARCHIVE ||
                      kind == NAME_SOURCE;
    if (!there)
        found_ignore(walk->found, path, strerror(errno));
    else if (S_ISLNK(status.st_mode))
        found_ignore(walk->found, path, "a link");
    else if (S_ISDIR(status.st_mode))
        enter(walk, dir_fd, name, path, depth);
    else if (kind == NAME_OTHER)
        found_ignore(walk->found, path, "not a C file");
    else if (kind == NAME_SOURCE &&
             !name_is_of_lab(path, &walk->found->kit->labs))
        /* Passed over later: its path says what wraps the class. */
        found_add(walk->found, path, xstrdup(""), 0, 0);
    else
        take(walk, dir_fd, name, path, kind);
}

static int by_version(const void *a, const void *b)
{
    return strverscmp(*(char *const *)a, *(char *const *)b);
}

/* The names in DIR, sorted. */
static void read_names(DIR *dir, struct argv *names)
{
    struct dirent *entry;

    while ((entry = readdir(dir)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            argv_add(names, entry->d_name);
    if (names->count > 0)
        qsort(names->items, names->count, sizeof(*names->items), by_version);
}

static void walk_directory(struct walk *walk, int fd, const char *path,
                           int depth)
{
    DIR *dir = fdopendir(fd);
    struct argv names = {0};

    if (dir == NULL) {
        found_ignore(walk->found, path, strerror(errno));
        (void)close(fd);
        return;
    }
    read_names(dir, &names);
    if (names.count == 0)
        found_ignore(walk->found, path, "an empty directory");
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.items[i];
        char *below = xformat("%s%s%s", path, *path ? "/" : "", name);
        if (++walk->seen <= FILES_MAX)
            look_at(walk, dirfd(dir), name, below, depth);
        else if (walk->seen == FILES_MAX + 1)
            found_ignore(walk->found, below,
                         "and all behind it: there are "
                         "more than 200000 files");
        free(below);
    }
    argv_release(&names);
    (void)closedir(dir);
}

void found_walk(struct found *found, int dir_fd)
{
    struct walk walk = {.found = found, .bytes = {BYTES_MAX, NULL}};

    walk_directory(&walk, dir_fd, "", 0);
    found->apart = walk.tops > 1;
    shares_release(&walk.bytes);
}
