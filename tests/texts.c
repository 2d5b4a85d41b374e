// SPDX-License-Identifier: MIT
/* texts.c - see texts.h. */
#include "texts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"

char *texts_read(const char *path)
{
    char *source = read_file(AT_FDCWD, path, 1u << 20, NULL);

    if (source == NULL) {
        (void)fprintf(stderr, "texts: %s: %s\n", path, strerror(errno));
        exit(2);
    }
    return source;
}

/* SOURCE without what stands in its gaps, their marks included. */
static char *outside_gaps(const char *source)
{
    char *kept = xcalloc(strlen(source) + 1, 1), *end = kept;

    for (const char *gap; (gap = strstr(source, "/* TODO(")) != NULL;) {
        end = mempcpy(end, source, (size_t)(gap - source));
        const char *close = strstr(gap, "/* END(");
        if (close == NULL)
            break;
        source = close;
    }
    (void)strcpy(end, source);
    return kept;
}

/* The hints of STEP: items "1." to "3." below its heading. */
static int count_hints(const char *hints, const char *step)
{
    char *heading = xformat("\n## %s\n", step);
    const char *next = strstr(hints, heading);
    int count = 0;

    if (next)
        next += strlen(heading);
    while (next && *next && strncmp(next, "## ", 3) != 0) {
        char *item = xformat("%d. ", count + 1);
        count += strncmp(next, item, strlen(item)) == 0;
        free(item);
        next += strcspn(next, "\n");
        next += *next == '\n';
    }
    free(heading);
    return count;
}

void texts_check(const char *lab)
{
    char *paths[] = {
        xformat("labs/%s/%s.c", lab, lab),
        xformat("solutions/%s/%s.c", lab, lab),
        xformat("labs/%s/hints.md", lab),
        xformat("handouts/%s.md", lab),
        xformat("labs/%s/skeleton.c", lab),
    };
    char *texts[LENGTH(paths)];
    int steps = 0;

    for (size_t i = 0; i < LENGTH(paths); i++)
        texts[i] = texts_read(paths[i]);
    check(strcmp(texts[0], texts[4]) == 0,
          "%s is the %s that make reset restores", paths[0], paths[4]);
    char *skeleton = outside_gaps(texts[0]), *solution = outside_gaps(texts[1]);
    check(strcmp(skeleton, solution) == 0,
          "%s and its solution differ inside gaps only", paths[0]);
    for (const char *gap = texts[0]; (gap = strstr(gap, "/* TODO(")) != NULL;) {
        gap += strlen("/* TODO(");
        char *step = xstrndup(gap, strcspn(gap, ")"));
        char *heading = xformat("\n## %s", step);
        check(count_hints(texts[2], step) == 3, "%s has three hints", step);
        check(strstr(texts[3], heading) != NULL, "%s has a heading in %s", step,
              paths[3]);
        free(heading);
        free(step);
        steps++;
    }
    check(steps > 0, "%s has gaps", paths[0]);
    free(skeleton);
    free(solution);
    for (size_t i = 0; i < LENGTH(paths); i++) {
        free(texts[i]);
        free(paths[i]);
    }
}

void texts_check_steps(const char *lab, const struct grade *grade)
{
    char *path = xformat("labs/%s/%s.c", lab, lab);
    char *source = texts_read(path);

    for (const char *gap = source; (gap = strstr(gap, "/* TODO(")) != NULL;) {
        bool tested = false;
        gap += strlen("/* TODO(");
        char *step = xstrndup(gap, strcspn(gap, ")"));
        for (size_t i = 0; i < grade->test_count && !tested; i++)
            tested = strcmp(grade->tests[i].step, step) == 0;
        check(tested, "%s has a test", step);
        free(step);
    }
    free(source);
    free(path);
}
