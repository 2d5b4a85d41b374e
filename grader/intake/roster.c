// SPDX-License-Identifier: MIT
/* roster.c - who is in the class; see roster.h. */
#include "roster.h"

#include <csv.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base.h"
#include "text.h"

#define ROSTER_MAX (16 * 1024 * 1024)

enum { COLUMN_ID, COLUMN_NAME, COLUMN_SECTION, COLUMNS };
static const char *const column_names[COLUMNS] = {"id", "name", "section"};

struct reader {
    struct roster *roster;
    size_t row, column;
    int place[COLUMNS]; /* of each column in the file; -1: not there */
    struct member member;
};

static void take_field(void *text, size_t size, void *data)
{
    struct reader *reader = data;
    char *field = text_utf8(text, size);
    char **members[COLUMNS] = {&reader->member.id, &reader->member.name,
                               &reader->member.section};

    for (int i = 0; i < COLUMNS; i++) {
        if (reader->row == 0 && strcasecmp(field, column_names[i]) == 0)
            reader->place[i] = (int)reader->column;
        else if (reader->row > 0 && reader->place[i] == (int)reader->column)
            *members[i] = xstrdup(field);
    }
    free(field);
    reader->column++;
}

static void member_release(struct member *member)
{
    free(member->id);
    free(member->name);
    free(member->section);
    *member = (struct member){0};
}

static void take_row(int end, void *data)
{
    struct reader *reader = data;
    struct member *member = &reader->member;
    struct roster *roster = reader->roster;

    (void)end;
    if (reader->row++ > 0 && member->id && *member->id) {
        if (member->name == NULL || *member->name == '\0') {
            free(member->name);
            member->name = xstrdup(member->id);
        }
        if (member->section == NULL)
            member->section = xstrdup("");
        *(struct member *)grow(&roster->members, &roster->count,
                               sizeof(*member)) = *member;
        *member = (struct member){0};
    }
    member_release(member);
    reader->column = 0;
}

static int parse(struct roster *roster, const char *path, const char *text,
                 size_t size)
{
    static const char mark[] = "\xef\xbb\xbf"; /* as Excel begins UTF-8 */
    struct reader reader = {.roster = roster, .place = {-1, -1, -1}};
    struct csv_parser parser;

    if (size >= 3 && memcmp(text, mark, 3) == 0) {
        text += 3;
        size -= 3;
    }
    if (csv_init(&parser, CSV_APPEND_NULL) != 0)
        return complain("%s: out of memory", path);
    bool bad =
        csv_parse(&parser, text, size, take_field, take_row, &reader) != size ||
        csv_fini(&parser, take_field, take_row, &reader) != 0;
    int error = csv_error(&parser);
    csv_free(&parser);
    if (bad)
        return complain("%s: not CSV: %s", path, csv_strerror(error));
    if (reader.place[COLUMN_ID] < 0)
        return complain("%s: no column \"id\"; the first line must name the "
                        "columns: id,name,section",
                        path);
    return 0;
}

static int check_twins(const struct roster *roster, const char *path)
{
    for (size_t i = 0; i < roster->count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(roster->members[i].id, roster->members[k].id) == 0)
                return complain("%s: the id %s is there twice; give each "
                                "student one of their own",
                                path, roster->members[i].id);
    return 0;
}

int roster_read(struct roster *roster, const char *path)
{
    size_t size;
    char *text = read_file(AT_FDCWD, path, ROSTER_MAX, &size);

    *roster = (struct roster){0};
    if (text == NULL)
        return complain("%s: %s; --roster takes a CSV file", path,
                        strerror(errno));
    int status = parse(roster, path, text, size);
    if (status == 0)
        status = check_twins(roster, path);
    free(text);
    if (status < 0)
        roster_release(roster);
    return status;
}

void roster_release(struct roster *roster)
{
    for (size_t i = 0; i < roster->count; i++)
        member_release(&roster->members[i]);
    free(roster->members);
    *roster = (struct roster){0};
}

/* ---- Finding ------------------------------------------------------------- */

/* Letters and digits of TEXT in lower case; other characters than ASCII stay.
 * To be freed. */
static char *squash(const char *text, size_t size)
{
    char *squashed = xcalloc(size + 1, 1), *end = squashed;

    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (isalnum(c) || c >= 0x80)
            *end++ = (char)tolower(c);
    }
    return squashed;
}

#define WORDS_MAX 8

/* Whether KEY is made of some of the WORDS, each used once at most; USED is a
 * set of bits. */
static bool is_made_of(const char *key, const struct argv *words, unsigned used)
{
    if (*key == '\0')
        return (used & (used - 1)) != 0; /* of two at least */
    for (size_t i = 0; i < words->count && i < WORDS_MAX; i++) {
        size_t size = strlen(words->items[i]);
        if (!(used & 1U << i) && strncmp(key, words->items[i], size) == 0 &&
            is_made_of(key + size, words, used | 1U << i))
            return true;
    }
    return false;
}

/* The words of NAME, squashed. */
static void split_name(struct argv *words, const char *name)
{
    while (*name) {
        size_t size = strcspn(name, " ,");
        char *word = squash(name, size);
        if (*word)
            argv_add(words, word);
        free(word);
        name += size;
        name += strspn(name, " ,");
    }
}

static bool is_id(const struct member *member, const char *key)
{
    return strcmp(member->id, key) == 0;
}

static bool has_id(const struct member *member, const char *key)
{
    return strcasecmp(member->id, key) == 0;
}

static bool has_name(const struct member *member, const char *key)
{
    return strcasecmp(member->name, key) == 0;
}

/* "Doe, Jane Jr." is "Jane Doe" to Moodle and "doejane" to Canvas. */
static bool has_words(const struct member *member, const char *key)
{
    struct argv words = {0};
    char *squashed = squash(key, strlen(key));

    split_name(&words, member->name);
    bool same = is_made_of(squashed, &words, 0);
    argv_release(&words);
    free(squashed);
    return same;
}

const struct member *roster_find(const struct roster *roster, const char *key)
{
    static bool (*const ways[])(const struct member *, const char *) = {
        is_id, has_id, has_name, has_words};

    for (size_t way = 0; way < LENGTH(ways); way++) {
        const struct member *found = NULL;
        size_t matches = 0;
        for (size_t i = 0; i < roster->count; i++)
            if (ways[way](&roster->members[i], key)) {
                found = &roster->members[i];
                matches++;
            }
        if (matches > 0)
            return matches == 1 ? found : NULL;
    }
    return NULL;
}
