// SPDX-License-Identifier: MIT
/*
 * found.h - the files that the parts of the intake have found, before they are
 * told whose they are.
 */
#ifndef INTAKE_FOUND_H
#define INTAKE_FOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "intake.h"

struct file {
    char *path; /* see names.h */
    char *data;
    size_t size;
    int64_t modified; /* seconds since the epoch; 0: not known */
};

/* An archive that waits for found_unpack(). */
struct packed {
    char *path; /* "" if it is the whole class */
    char *data;
    size_t size;
};

struct found {
    struct file *files;
    size_t count;
    struct packed *packed;
    size_t packed_count;
    struct intake *intake; /* what is passed over goes to its list */
    const char *name;      /* of what all are in, as people know it */
    const struct kit *kit;
    int level; /* of the unpacker; enum sandbox_level, -1: the best */
    const struct roster *roster; /* who may have */
    bool clones;                 /* they come from a list of clones */
    bool apart;      /* several may have handed in, each at the top */
    int interrupted; /* the signal that came, or 0 */
};

/* Add a file; owns DATA from here on, copies PATH. */
void found_add(struct found *found, const char *path, char *data, size_t size,
               int64_t modified);
/* What is told of what was passed over: bytes of its path, and of why. */
#define FOUND_TOLD_MAX 300

/* Note that PATH is passed over; "": the whole. */
void found_ignore(struct found *found, const char *path, const char *why);

/* The same for what was to be looked into, after a message. */
void found_lose(struct found *found, const char *path, const char *why);

/* PATH as people read it: "alice.zip//pipe/pipe.c" as "alice.zip: pipe/pipe.c";
 * to be freed. */
char *found_shown_path(const char *path);
void found_release(struct found *found);

/* The bytes to leave out of all paths, and of those of MORE: of what wraps the
 * whole class. */
size_t found_wrapping(const struct found *found, const struct argv *more);

/* All below the directory DIR_FD, which it closes. */
void found_walk(struct found *found, int dir_fd);
/* Note the archive at FD, called PATH, for found_unpack(). */
void found_archive(struct found *found, int fd, const char *path);
/* All in the archives that were noted; -1 after a message if it cannot be
 * tried, or with `interrupted` set. */
int found_unpack(struct found *found);
/* The labs' files in the git repositories that the text LIST names, relative to
 * DIRECTORY; -1 after a message if it is no such list. */
int found_clone(struct found *found, const char *list, const char *directory);

#endif
