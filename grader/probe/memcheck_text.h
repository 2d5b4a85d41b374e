// SPDX-License-Identifier: MIT
/*
 * memcheck_text.h - the text of a memcheck log: slices of it, its lines, and
 * the frames of a stack.  For memcheck.c only.
 */
#ifndef PROBE_MEMCHECK_TEXT_H
#define PROBE_MEMCHECK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A part of the text, which stays where it is; it may hold NULs. */
struct slice {
    const char *at;
    size_t size;
};

struct slice slice_of(const char *string);
struct slice slice_from(struct slice slice, size_t skip);
bool slice_starts(struct slice slice, const char *words);
/* Where WORDS first stand in SLICE, or NULL. */
const char *slice_find(struct slice slice, const char *words);
bool slice_is_blank(struct slice slice);
/* Read a number, perhaps with commas, off the front of SLICE; -1 if none. */
int64_t slice_take_number(struct slice *slice);
/* Into TARGET, cut to ROOM bytes with its NUL; a NUL becomes '?'. */
void slice_copy(struct slice slice, char *target, size_t room);

/* A string that grows; its data, once there, is to be freed. */
struct buffer {
    char *data;
    size_t size, room;
};

void buffer_add(struct buffer *buffer, struct slice slice);
/* SLICE without its addresses, which differ from process to process. */
void buffer_add_plain(struct buffer *buffer, struct slice slice);

/* One line of one process. */
struct log_line {
    struct slice body; /* without "==PID== " */
    pid_t pid;
    bool torn; /* begins or ends in the midst of another: it proves nothing */
    bool cut;  /* its end is missing: another came between, or the text ends */
};

struct log_lines {
    struct log_line
        *items; /* sorted by pid, then as in the text; to be freed */
    size_t count;
    bool cut; /* the text ends before it says whose line it is */
};

void log_lines_read(struct log_lines *lines, struct slice text);

/* "   at 0x10918C: main (/src/pipe/pipe.c:6)"; empty and 0 if unknown. */
struct frame {
    struct slice function, file;
    int line;
};

/* False if LINE is not of this form. */
bool frame_parse(struct slice line, struct frame *frame);
/*
 * Whether it is in the student's file SOURCE.  Files of the C library may have
 * the same name: they are compiled by relative paths, with ".." in them or from
 * below /usr, a student's by an absolute one or by its bare name.
 */
bool frame_is_in(const struct frame *frame, const char *source);

#endif
