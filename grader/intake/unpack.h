// SPDX-License-Identifier: MIT
/*
 * unpack.h - what the unpacker says: a stream of records, read by intake.
 *
 * unpack.c is a program of its own: it runs in the sandbox, where the worst
 * archive can do no more than end it.  It writes nothing to a disk: what counts
 * goes to standard output.
 */
#ifndef INTAKE_UNPACK_H
#define INTAKE_UNPACK_H

#include <stdint.h>

enum record_kind {
    RECORD_FILE,    /* a path, and the content of a regular file */
    RECORD_IGNORED, /* a path, and why (as content) */
    RECORD_LOST,    /* no path; why the archive could not be read to its end */
    RECORD_END,     /* the last record: nothing was cut off */
};

/* Behind it: the path, then the content. */
struct record {
    uint32_t magic;
    uint32_t kind;
    uint32_t path_size;
    uint32_t size;
    int64_t modified; /* seconds since the epoch, as the archive says; 0 */
};

#define RECORD_MAGIC 0x4b504e55

/* Before the records of each archive. */
struct envelope {
    uint32_t magic;
    uint32_t number; /* of the archive: 0, 1, ... in the order of arguments */
    uint64_t size;   /* of all its records, in bytes */
};

/* Limits of one archive, with all those in it. */
#define UNPACK_FILE_MAX    (1024 * 1024)       /* of a source, bytes */
#define UNPACK_NESTED_MAX  (64L * 1024 * 1024) /* of an archive in another */
#define UNPACK_DEPTH_MAX   4                   /* archives in archives */
#define UNPACK_ENTRIES_MAX 200000L
#define UNPACK_BYTES_MAX   (2048L * 1024 * 1024) /* that come out of it */
#define UNPACK_KEPT_MAX    (256L * 1024 * 1024)  /* that are passed on */
#define UNPACK_SHARES      16 /* an archive in another has a sixteenth */
#define UNPACK_CPU_S       30
#define UNPACK_RATIO_MAX   200                /* out of it : in it */
#define UNPACK_RATIO_FROM  (4L * 1024 * 1024) /* below it any ratio will do */
#define UNPACK_IGNORED_MAX 20000L             /* told one by one */

/* What may be passed on for the archives of one student, or for the only one
 * that there is; a quarter of it is for what is ignored. */
#define UNPACK_ROOM_MAX    (64L * 1024 * 1024)
#define UNPACK_ROOM_EXPORT (2 * UNPACK_KEPT_MAX)

#endif
