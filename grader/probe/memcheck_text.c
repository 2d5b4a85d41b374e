// SPDX-License-Identifier: MIT
/*
 * memcheck_text.c - the text of a memcheck log; see memcheck_text.h.
 *
 * Valgrind writes a message with one write(2), so that the lines of processes
 * that share a log do not mix; but only up to 512 bytes.  A longer line is cut,
 * and another process may write into it.  Such a log is read as far as it goes.
 */
#include "memcheck_text.h"

#include <stdlib.h>
#include <string.h>

#include "base.h"

/* ---- Slices -------------------------------------------------------------- */

struct slice slice_of(const char *string)
{
    return (struct slice){string, strlen(string)};
}

struct slice slice_from(struct slice slice, size_t skip)
{
    return (struct slice){slice.at + skip, slice.size - skip};
}

bool slice_starts(struct slice slice, const char *words)
{
    size_t size = strlen(words);

    return slice.size >= size && memcmp(slice.at, words, size) == 0;
}

const char *slice_find(struct slice slice, const char *words)
{
    if (slice.size == 0)
        return NULL;
    return memmem(slice.at, slice.size, words, strlen(words));
}

static struct slice skip_spaces(struct slice slice)
{
    while (slice.size > 0 && *slice.at == ' ')
        slice = slice_from(slice, 1);
    return slice;
}

bool slice_is_blank(struct slice slice)
{
    return skip_spaces(slice).size == 0;
}

int64_t slice_take_number(struct slice *slice)
{
    int64_t number = -1;

    for (; slice->size > 0; *slice = slice_from(*slice, 1)) {
        char c = *slice->at;
        if (c == ',' && number >= 0)
            continue;
        if (c < '0' || c > '9' || number > INT32_MAX)
            break;
        number = (number < 0 ? 0 : number * 10) + (c - '0');
    }
    return number;
}

void slice_copy(struct slice slice, char *target, size_t room)
{
    size_t size = slice.size < room ? slice.size : room - 1;

    for (size_t i = 0; i < size; i++)
        target[i] = slice.at[i] ? slice.at[i] : '?';
    target[size] = '\0';
}

void buffer_add(struct buffer *buffer, struct slice slice)
{
    if (buffer->room - buffer->size <= slice.size) {
        buffer->room = 2 * (buffer->size + slice.size) + 256;
        buffer->data = xrealloc(buffer->data, buffer->room);
    }
    slice_copy(slice, buffer->data + buffer->size, slice.size + 1);
    buffer->size += slice.size;
}

static bool is_hexadecimal(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
           (c >= 'A' && c <= 'F');
}

void buffer_add_plain(struct buffer *buffer, struct slice slice)
{
    const char *address;

    while ((address = slice_find(slice, "0x")) != NULL) {
        size_t before = (size_t)(address - slice.at);
        buffer_add(buffer, (struct slice){slice.at, before});
        slice = slice_from(slice, before + 2);
        while (slice.size > 0 && is_hexadecimal(*slice.at))
            slice = slice_from(slice, 1);
    }
    buffer_add(buffer, slice);
}

/* ---- Lines --------------------------------------------------------------- */

/* Read "==PID== " off the front of SLICE; 0 if it is not there. */
static pid_t take_prefix(struct slice *slice)
{
    struct slice rest = *slice;

    if (!slice_starts(rest, "=="))
        return 0;
    rest = slice_from(rest, 2);
    int64_t pid = slice_take_number(&rest);
    if (pid <= 0 || pid > INT32_MAX || !slice_starts(rest, "=="))
        return 0;
    rest = slice_from(rest, 2);
    if (rest.size > 0 && *rest.at != ' ')
        return 0;
    *slice = slice_from(rest, rest.size > 0 ? 1 : 0);
    return (pid_t)pid;
}

/* Where another line's prefix begins in SLICE; its size if there is none. */
static size_t find_prefix(struct slice slice)
{
    struct slice rest = slice;
    const char *next;

    while ((next = slice_find(rest, "==")) != NULL) {
        rest = slice_from(rest, (size_t)(next - rest.at));
        struct slice behind = rest;
        if (take_prefix(&behind) > 0)
            return (size_t)(rest.at - slice.at);
        rest = slice_from(rest, 1);
    }
    return slice.size;
}

/* Add one line of the text, or several that ran into each other. */
static void add_line(struct log_lines *lines, struct slice text, bool complete)
{
    bool torn = false;

    while (text.size > 0) {
        pid_t pid = take_prefix(&text);
        size_t size = find_prefix(text);
        bool cut = size < text.size || !complete;
        if (pid > 0) {
            struct log_line *line =
                grow(&lines->items, &lines->count, sizeof(*line));
            *line = (struct log_line){{text.at, size}, pid, torn || cut, cut};
        } else if (size == text.size && !complete) {
            lines->cut = true;
        }
        text = slice_from(text, size);
        torn = true;
    }
}

static int compare_lines(const void *left, const void *right)
{
    const struct log_line *a = left, *b = right;

    if (a->pid != b->pid)
        return a->pid < b->pid ? -1 : 1;
    return (a->body.at > b->body.at) - (a->body.at < b->body.at);
}

void log_lines_read(struct log_lines *lines, struct slice text)
{
    *lines = (struct log_lines){0};
    while (text.size > 0) {
        const char *end = memchr(text.at, '\n', text.size);
        size_t size = end ? (size_t)(end - text.at) : text.size;
        add_line(lines, (struct slice){text.at, size}, end != NULL);
        text = slice_from(text, size + (end ? 1 : 0));
    }
    if (lines->count > 0)
        qsort(lines->items, lines->count, sizeof(*lines->items), compare_lines);
}

/* ---- Frames -------------------------------------------------------------- */

/* Parse "main (/src/pipe/pipe.c:6)", as far as it is known. */
static void parse_place(struct slice place, struct frame *frame)
{
    const char *open = place.size ? memrchr(place.at, '(', place.size) : NULL;

    if (open == NULL || open == place.at || open[-1] != ' ' ||
        place.at[place.size - 1] != ')')
        return;
    size_t before = (size_t)(open - place.at);
    frame->function = (struct slice){place.at, before - 1};
    struct slice inside = {open + 1, place.size - before - 2};
    const char *colon =
        inside.size ? memrchr(inside.at, ':', inside.size) : NULL;
    if (colon == NULL)
        return; /* "in /usr/lib/..." */
    size_t length = (size_t)(colon - inside.at);
    struct slice digits = slice_from(inside, length + 1);
    int64_t line = slice_take_number(&digits);
    if (line < 0 || line > INT32_MAX || digits.size > 0)
        return;
    frame->file = (struct slice){inside.at, length};
    frame->line = (int)line;
}

bool frame_parse(struct slice line, struct frame *frame)
{
    *frame = (struct frame){0};
    line = skip_spaces(line);
    if (!slice_starts(line, "at 0x") && !slice_starts(line, "by 0x"))
        return false;
    const char *colon = slice_find(line, ": ");
    if (colon)
        parse_place(slice_from(line, (size_t)(colon + 2 - line.at)), frame);
    return true;
}

bool frame_is_in(const struct frame *frame, const char *source)
{
    struct slice path = frame->file;
    size_t size = strlen(source);

    if (slice_starts(path, "./"))
        path = slice_from(path, 2);
    if (path.size < size ||
        memcmp(path.at + path.size - size, source, size) != 0)
        return false;
    if (path.size == size)
        return true;
    return *path.at == '/' && path.at[path.size - size - 1] == '/' &&
           !slice_starts(path, "/usr/") && slice_find(path, "/../") == NULL;
}
