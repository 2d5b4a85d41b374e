// SPDX-License-Identifier: MIT
/*
 * diagnose.c - calls a misconception by its name.
 *
 * The lab's table is searched in order; the first entry that fits is the most
 * specific one.  Where none fits there is no diagnosis: never a guess.
 */
#include "diagnose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

static void fill_in(FILE *out, const char *name, size_t size,
                    const struct autopsy_wait *wait)
{
    const struct autopsy_holder *holder =
        wait && wait->holder_count > 0 ? &wait->holders[0] : NULL;

    if (wait == NULL)
        (void)fputs("?", out);
    else if (strncmp(name, "process", size) == 0)
        (void)fputs(wait->name, out);
    else if (strncmp(name, "call", size) == 0)
        (void)fputs(wait->call, out);
    else if (strncmp(name, "fd", size) == 0)
        (void)fprintf(out, "%d", wait->fd);
    else if (strncmp(name, "object", size) == 0)
        (void)fputs(wait->label, out);
    else if (strncmp(name, "holder", size) == 0)
        (void)fputs(holder ? holder->name : "?", out);
    else if (strncmp(name, "holder_fd", size) == 0)
        (void)fprintf(out, "%d", holder ? holder->fd : -1);
}

char *diagnosis_sentence(const char *template, const struct autopsy_wait *wait)
{
    char *sentence = NULL;
    size_t size;
    FILE *out = open_memstream(&sentence, &size);

    while (*template) {
        size_t plain = strcspn(template, "{");
        (void)fwrite(template, 1, plain, out);
        template += plain;
        const char *end = strchr(template, '}');
        if (end == NULL)
            break;
        fill_in(out, template + 1, (size_t)(end - template - 1), wait);
        template = end + 1;
    }
    (void)fputs(template, out);
    (void)fclose(out);
    return sentence;
}

const struct misconception *diagnose(const struct misconception *table,
                                     const struct failure *failure,
                                     const struct autopsy_wait **wait)
{
    for (; table->id; table++) {
        *wait = NULL;
        if (table->tests && !list_holds(table->tests, ' ', failure->test))
            continue;
        if (table->when(failure, wait))
            return table;
    }
    return NULL;
}
