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

    ignored->path = found_shown_path(path);
    ignored->why = text_visible(why);
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
