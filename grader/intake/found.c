// SPDX-License-Identifier: MIT
/* found.c - the list of what was found; see found.h. */
#include "found.h"

#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "text.h"

char *found_shown_path(const char *path)
{
    char *spread = xcalloc(2 * strlen(path) + 1, 1), *end = spread;

    while (*path)
        if (strncmp(path, "//", 2) == 0) {
            end = stpcpy(end, ": ");
            path += 2;
        } else {
            *end++ = *path++;
        }
    char *shown = name_text(spread, strlen(spread));
    free(spread);
    return shown;
}

void found_add(struct found *found, const char *path, char *data, size_t size,
               int64_t modified)
{
    struct file *file = grow(&found->files, &found->count, sizeof(*file));

    *file = (struct file){xstrdup(path), data, size, modified};
}

void found_ignore(struct found *found, const char *path, const char *why)
{
    struct intake *intake = found->intake;
    struct ignored *ignored =
        grow(&intake->ignored, &intake->ignored_count, sizeof(*ignored));

    char *shown = found_shown_path(*path || !found->name ? path : found->name);
    char *visible = text_visible(why);
    ignored->path = text_cut(shown, FOUND_TOLD_MAX);
    ignored->why = text_cut(visible, FOUND_TOLD_MAX);
    free(visible);
    free(shown);
}

void found_lose(struct found *found, const char *path, const char *why)
{
    struct intake *intake = found->intake;

    found_ignore(found, path, why);
    intake->lost++;
    const struct ignored *lost = &intake->ignored[intake->ignored_count - 1];
    (void)complain("%s: %s; what is missing was not graded", lost->path,
                   lost->why);
}

/* Whether the SIZE bytes at NAME, as in a path, are somebody in the class. */
static bool is_member(const struct found *found, const char *name, size_t size)
{
    struct name said;
    char *path = xformat("%.*s/x.c", (int)size, name);

    name_parse(&said, path, &found->kit->labs);
    bool known = said.student && roster_find(found->roster, said.student);
    name_release(&said);
    free(path);
    return known;
}

size_t found_wrapping(const struct found *found, const struct argv *more)
{
    const char **paths =
        xcalloc(found->count + more->count + 1, sizeof(*paths));
    size_t count = 0, skip = 0;

    for (size_t i = 0; i < found->count; i++)
        paths[count++] = found->files[i].path;
    for (size_t i = 0; i < more->count; i++)
        paths[count++] = more->items[i];
    /* In a list of clones the instructor has named the students. */
    if (!found->clones && !found->apart)
        skip = names_wrapping(paths, count, &found->kit->labs);
    /* A student's own folder wraps nobody else. */
    for (size_t at = 0; at < skip;) {
        size_t size = strcspn(paths[0] + at, "/");
        bool archive = paths[0][at + size + 1] == '/';
        if (is_member(found, paths[0] + at, size + archive))
            skip = at;
        at += size + strspn(paths[0] + at + size, "/");
    }
    free(paths);
    return skip;
}

void found_release(struct found *found)
{
    for (size_t i = 0; i < found->count; i++) {
        free(found->files[i].path);
        free(found->files[i].data);
    }
    for (size_t i = 0; i < found->packed_count; i++) {
        free(found->packed[i].path);
        free(found->packed[i].data);
    }
    free(found->files);
    free(found->packed);
}
