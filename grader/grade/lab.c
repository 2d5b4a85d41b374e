// SPDX-License-Identifier: MIT
/* lab.c - where the kit is, and which labs it has; see lab.h. */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

static char *format_path(const char *root, const char *format, va_list list)
{
    char *rest = NULL;

    if (vasprintf(&rest, format, list) < 0) {
        (void)complain("out of memory");
        exit(3);
    }
    char *path = root ? xformat("%s/%s", root, rest) : xstrdup(rest);
    free(rest);
    return path;
}

char *kit_path(const struct kit *kit, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    char *path = format_path(kit->root, format, list);
    va_end(list);
    return path;
}

char *kit_shown_path(const struct kit *kit, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    char *path = format_path(kit->here ? NULL : kit->root, format, list);
    va_end(list);
    return path;
}

/* realpath() of IPCLAB_ROOT or of DIR in DIR/build/ipclab. */
static char *find_root(void)
{
    const char *given = getenv("IPCLAB_ROOT");
    char program[PATH_MAX];

    if (given && *given)
        return realpath(given, NULL);
    ssize_t size = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (size < 0)
        return NULL;
    program[size] = '\0';
    for (int level = 0; level < 2; level++) {
        char *slash = strrchr(program, '/');
        if (slash == NULL || slash == program)
            break;
        *slash = '\0';
    }
    return realpath(program, NULL);
}

/* The Makefile's list of them, in the order of the course. */
static int find_labs(struct kit *kit)
{
    char *path = kit_path(kit, "build/labs/list");
    char *list = read_file(AT_FDCWD, path, 65536, NULL), *rest = list, *lab;

    free(path);
    if (list == NULL)
        return -1;
    while ((lab = strsep(&rest, " \n")) != NULL)
        if (*lab != '\0')
            argv_add(&kit->labs, lab);
    free(list);
    return 0;
}

int kit_init(struct kit *kit)
{
    char *here = getcwd(NULL, 0);

    *kit = (struct kit){.root = find_root()};
    kit->here = here && kit->root && strcmp(here, kit->root) == 0;
    free(here);
    if (kit->root && find_labs(kit) == 0)
        return 0;
    (void)complain("%s: not a kit: %s; run make there, or set IPCLAB_ROOT to "
                   "the directory that holds labs/",
                   kit->root ? kit->root : "IPCLAB_ROOT", strerror(errno));
    kit_release(kit);
    return -1;
}

void kit_release(struct kit *kit)
{
    free(kit->root);
    argv_release(&kit->labs);
    *kit = (struct kit){0};
}

bool kit_has_lab(const struct kit *kit, const char *name)
{
    for (size_t i = 0; i < kit->labs.count; i++)
        if (strcmp(kit->labs.items[i], name) == 0)
            return true;
    return false;
}

char *kit_lab_name(const char *pattern, const char *lab)
{
    char *path = xcalloc(strlen(pattern) + 3 * strlen(lab) + 1, 1);
    char *end = path;

    for (; *pattern; pattern++) {
        if (*pattern == '@')
            end = stpcpy(end, lab);
        else
            *end++ = *pattern;
    }
    return path;
}
