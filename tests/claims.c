// SPDX-License-Identifier: MIT
/* claims.c - reads the head of a submission; see claims.h. */
#include "claims.h"

#include <stdlib.h>
#include <string.h>

#include "base.h"

char *claim(const char *source, const char *key)
{
    char *mark = xformat("\n * %s:", key);
    const char *next = strstr(source, mark);
    char *words = xstrdup("");

    if (next)
        next += strlen(mark);
    else
        words = NULL;
    while (next && *next) {
        size_t size = strcspn(next, "\n");
        char *line = xstrndup(next, size), *rest = line, *word;
        while ((word = strsep(&rest, " *\t,")) != NULL) {
            if (*word == '\0')
                continue;
            char *longer = xformat("%s%s%s", words, *words ? " " : "", word);
            free(words);
            words = longer;
        }
        free(line);
        next += size + (next[size] == '\n');
        if (strncmp(next, " *  ", 4) != 0) /* no continuation */
            break;
    }
    free(mark);
    return words;
}
