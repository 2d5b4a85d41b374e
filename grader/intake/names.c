// SPDX-License-Identifier: MIT
/* names.c - what paths say; see names.h. */
#include "names.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hash.h"
#include "text.h"

#define FILE_NAME_MAX 200

/* ---- Kinds --------------------------------------------------------------- */

static const struct {
    const char *end;
    enum name_kind kind;
} endings[] = {
    {".c", NAME_SOURCE},    {".zip", NAME_ARCHIVE},
    {".tar", NAME_ARCHIVE}, {".tar.gz", NAME_ARCHIVE},
    {".tgz", NAME_ARCHIVE}, {".tar.xz", NAME_ARCHIVE},
    {".txz", NAME_ARCHIVE}, {"submission_metadata.yml", NAME_METADATA},
};

static bool ends_with(const char *name, size_t size, const char *end)
{
    size_t length = strlen(end);

    return size >= length &&
           strncasecmp(name + size - length, end, length) == 0;
}

enum name_kind name_kind(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;

    if (strncmp(name, "._", 2) == 0) /* what macOS keeps beside a file */
        return NAME_OTHER;
    for (size_t i = 0; i < LENGTH(endings); i++)
        if (ends_with(name, strlen(name), endings[i].end))
            return endings[i].kind;
    return NAME_OTHER;
}

/* ---- Components ---------------------------------------------------------- */

struct component {
    const char *text;
    size_t size;
    bool archive; /* "//" stands behind it */
};

struct path {
    struct component items[64];
    size_t count; /* the last one is the file */
};

static void split(struct path *path, const char *text)
{
    path->count = 0;
    while (*text && path->count < LENGTH(path->items)) {
        struct component *item = &path->items[path->count++];
        size_t size = strcspn(text, "/");
        *item =
            (struct component){text, size, strncmp(text + size, "//", 2) == 0};
        text += size;
        text += strspn(text, "/");
    }
}

/* The component without an archive's ending. */
static size_t stem(const struct component *item)
{
    if (!item->archive)
        return item->size;
    for (size_t i = 0; i < LENGTH(endings); i++)
        if (endings[i].kind == NAME_ARCHIVE &&
            ends_with(item->text, item->size, endings[i].end))
            return item->size - strlen(endings[i].end);
    return item->size;
}

static bool same(const struct component *a, const struct component *b)
{
    return a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
}

static bool is_word(const struct component *item, const char *word)
{
    size_t size = stem(item);

    return strlen(word) == size && strncasecmp(item->text, word, size) == 0;
}

static const char *lab_called(const struct argv *labs, const char *name,
                              size_t size)
{
    for (size_t i = 0; i < labs->count; i++)
        if (strlen(labs->items[i]) == size &&
            strncasecmp(labs->items[i], name, size) == 0)
            return labs->items[i];
    return NULL;
}

static bool is_lab(const struct component *item, const struct argv *labs)
{
    return lab_called(labs, item->text, stem(item)) != NULL;
}

static int digits(const char *text, size_t size)
{
    size_t n = 0;

    while (n < size && isdigit((unsigned char)text[n]))
        n++;
    return (int)n;
}

/* The N of "attempt-N" and its like, or 0. */
static int attempt_number(const struct component *item)
{
    static const char *const words[] = {"attempt", "version", "try"};
    size_t size = stem(item);

    for (size_t i = 0; i < LENGTH(words); i++) {
        size_t length = strlen(words[i]);
        if (size <= length || strncasecmp(item->text, words[i], length) != 0)
            continue;
        const char *rest = item->text + length;
        size_t left = size - length;
        if (strchr("-_ .", *rest)) {
            rest++;
            left--;
        }
        if (left > 0 && left <= 6 && digits(rest, left) == (int)left)
            return (int)strtol(rest, NULL, 10);
    }
    return 0;
}

/* ---- Platforms ----------------------------------------------------------- */

/* A name that a platform has made: who, and what the rest of the name is. */
struct platform {
    size_t student; /* bytes */
    const char *rest;
    size_t rest_size;
    int user; /* the number behind it */
    bool late;
};

/* WHO_[LATE_]USER_SUBMISSION_NAME, where USER and SUBMISSION are numbers. */
static bool parse_canvas(const struct component *item, struct platform *found)
{
    const char *end = item->text + item->size;
    const char *bar = memchr(item->text, '_', item->size);

    if (bar == NULL || bar == item->text)
        return false;
    *found = (struct platform){.student = (size_t)(bar - item->text)};
    const char *next = bar + 1;
    if (end - next > 5 && memcmp(next, "LATE_", 5) == 0) {
        found->late = true;
        next += 5;
    }
    for (int field = 0; field < 2; field++) {
        int n = digits(next, (size_t)(end - next));
        if (n < 1 || next + n >= end || next[n] != '_')
            return false;
        if (field == 0)
            found->user = (int)strtol(next, NULL, 10);
        next += n + 1;
    }
    found->rest = next;
    found->rest_size = (size_t)(end - next);
    return found->rest_size > 0;
}

/* NAME_NUMBER_assignsubmission_KIND_ */
static bool parse_moodle(const struct component *item, struct platform *found)
{
    static const char mark[] = "_assignsubmission_";
    const char *at = memmem(item->text, item->size, mark, strlen(mark));

    if (at == NULL)
        return false;
    const char *number = at;
    while (number > item->text && isdigit((unsigned char)number[-1]))
        number--;
    if (number == at || number < item->text + 2 || number[-1] != '_')
        return false;
    *found = (struct platform){
        .student = (size_t)(number - 1 - item->text),
        .user = (int)strtol(number, NULL, 10),
    };
    return true;
}

/* ---- Parsing ------------------------------------------------------------- */

/* The lab that the file NAME, "pipe.c", is of; *NUMBER is the N of "pipe-N.c"
 * or "pipe (N).c", which platforms and browsers make of a second one. */
static const char *lab_of_file(const struct argv *labs, const char *name,
                               size_t size, int *number)
{
    size_t base = size - 2; /* without ".c" */
    const char *lab = lab_called(labs, name, base);
    bool brackets = base > 0 && name[base - 1] == ')';
    size_t end = brackets ? base - 1 : base, n = end;

    if (lab)
        return lab;
    while (n > 0 && isdigit((unsigned char)name[n - 1]))
        n--;
    const char *mark = brackets ? " (" : "-";
    size_t length = strlen(mark);
    if (n == end || n < length || end - n > 6 ||
        memcmp(name + n - length, mark, length) != 0)
        return NULL;
    lab = lab_called(labs, name, n - length);
    if (lab)
        *number = (int)strtol(name + n, NULL, 10);
    return lab;
}

/* Whether a platform has named the first component.  What is deeper was named
 * by a student, who may have written another's name there. */
static bool find_platform(const struct path *path, struct platform *found)
{
    const struct component *item = &path->items[0];
    bool file = path->count == 1;

    if ((!file && parse_moodle(item, found)) ||
        ((file || item->archive) && parse_canvas(item, found)))
        return true;
    *found = (struct platform){0};
    return false;
}

static void set_folder(struct name *name, const char *text,
                       const struct component *last)
{
    name->folder = xstrndup(text, (size_t)(last->text + last->size - text));
}

void name_parse(struct name *name, const char *text, const struct argv *labs)
{
    struct path path;
    struct platform platform = {0};

    *name = (struct name){0};
    split(&path, text);
    if (path.count == 0)
        return;
    bool by_platform = find_platform(&path, &platform);
    size_t last = path.count - 1;
    bool named = by_platform && last == 0; /* the file itself, by Canvas */
    const struct component *file = &path.items[last];
    const char *lab =
        lab_of_file(labs, named ? platform.rest : file->text,
                    named ? platform.rest_size : file->size, &name->number);
    if (lab)
        name->lab = xstrdup(lab);
    if (!by_platform && last == 0)
        return; /* a file that nobody's folder holds */
    const struct component *who = &path.items[0];
    name->student =
        name_text(who->text, by_platform ? platform.student : stem(who));
    name->late = platform.late;
    name->user = platform.user;
    size_t whole = 0; /* the hand-in's last part */
    for (size_t i = 1; i < last; i++) {
        int number = attempt_number(&path.items[i]);
        if (number > 0)
            name->number = number;
        if (number > 0 || path.items[i].archive)
            whole = i;
    }
    set_folder(name, text, &path.items[whole]);
    for (size_t i = whole + 1; i < last; i++)
        if (!is_word(&path.items[i], name->lab ? name->lab : ""))
            name->depth++;
}

bool name_is_of_lab(const char *path, const struct argv *labs)
{
    struct path parts;
    struct platform platform;
    int number;

    split(&parts, path);
    if (parts.count == 0 || name_kind(path) != NAME_SOURCE)
        return false;
    const struct component *file = &parts.items[parts.count - 1];
    return lab_of_file(labs, file->text, file->size, &number) ||
           (parse_canvas(file, &platform) && platform.rest_size > 2 &&
            lab_of_file(labs, platform.rest, platform.rest_size, &number));
}

void name_release(struct name *name)
{
    free(name->student);
    free(name->lab);
    free(name->folder);
    *name = (struct name){0};
}

/* ---- What is around the whole class -------------------------------------- */

/* The bytes of the first component of PATH and of what stands behind it. */
static size_t first_component(const char *path)
{
    size_t size = strcspn(path, "/");

    return size + strspn(path + size, "/");
}

/* Whether the first component of all PATHS is one and the same, and what is
 * behind it, on this level or a deeper one, can still tell students apart. */
static bool is_wrapped(const char *const *paths, size_t count, size_t skip,
                       const struct argv *labs)
{
    struct path first, path;
    struct platform platform;
    bool different = false;

    split(&first, paths[0] + skip);
    for (size_t i = 0; i < count; i++) {
        split(&path, paths[i] + skip);
        if (path.count < 2 || !same(&path.items[0], &first.items[0]))
            return false;
        bool file = path.count == 2;
        if (parse_moodle(&path.items[0], &platform) ||
            (file && !parse_canvas(&path.items[1], &platform) &&
             name_kind(paths[i]) != NAME_METADATA))
            return false;
        if (is_lab(&path.items[1], labs) || attempt_number(&path.items[1]))
            return false;
        different |= !same(&path.items[1], &first.items[1]);
    }
    return different ||
           is_wrapped(paths, count, skip + first_component(paths[0] + skip),
                      labs);
}

size_t names_wrapping(const char *const *paths, size_t count,
                      const struct argv *labs)
{
    size_t skip = 0;

    while (count > 1 && is_wrapped(paths, count, skip, labs))
        skip += first_component(paths[0] + skip);
    return skip;
}

/* ---- Names as text and as files ------------------------------------------ */

/* A character that can be shown as it is, and is not how others are shown. */
static bool is_plain(const char *character, size_t size)
{
    char *piece = xstrndup(character, size);
    char *visible = text_visible(piece);
    bool plain = strcmp(piece, visible) == 0 && *piece != '\\';

    free(visible);
    free(piece);
    return plain;
}

char *name_text(const char *name, size_t size)
{
    char *text = xcalloc(4 * size + 1, 1), *end = text;

    for (size_t i = 0; i < size;) {
        size_t step = text_step(name + i, size - i);
        if (is_plain(name + i, step)) {
            end = mempcpy(end, name + i, step);
        } else {
            for (size_t n = 0; n < step; n++)
                end += snprintf(end, 5, "\\x%02x", (unsigned char)name[i + n]);
        }
        i += step;
    }
    *end = '\0';
    return text;
}

char *name_file(const char *text)
{
    size_t size = strlen(text);
    char *name = xcalloc(3 * size + HASH_SIZE + 2, 1), *end = name;

    for (const char *c = text; *c; c++) {
        bool plain = isalnum((unsigned char)*c) || *c == '-' || *c == '_' ||
                     (*c == '.' && c > text);
        if (plain)
            *end++ = *c;
        else
            end += snprintf(end, 4, "~%02x", (unsigned char)*c);
    }
    if (end - name > FILE_NAME_MAX) { /* file systems have 255 bytes */
        *(end = name + FILE_NAME_MAX - HASH_SIZE) = '~';
        hash_data(text, size, end + 1);
    }
    return name;
}
