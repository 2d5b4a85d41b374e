// SPDX-License-Identifier: MIT
/* small_kit.c - a kit in which a lab's file may be written; small_kit.h. */
#include "small_kit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base.h"

static int make_directory(const char *root, const char *name)
{
    char *path = xformat("%s/%s", root, name);
    int status = mkdir(path, 0755);

    free(path);
    return status;
}

/* NAME is ours, by a link. */
static int link_own(const char *root, const char *name)
{
    char *own = realpath(name, NULL), *path = xformat("%s/%s", root, name);
    int status = own ? symlink(own, path) : -1;

    free(own);
    free(path);
    return status;
}

int small_kit_copy(const char *root, const char *lab, const char *name,
                   const char *from)
{
    char *path = xformat("%s/labs/%s/%s", root, lab, name);
    int status = copy_file(from, path, 0644);

    free(path);
    return status;
}

/* The lab's own file called "main.c", or "@.h" with its name for @. */
static int copy_own(const char *root, const char *lab, const char *pattern)
{
    char *name =
        *pattern == '@' ? xformat("%s%s", lab, pattern + 1) : xstrdup(pattern);
    char *from = xformat("labs/%s/%s", lab, name);
    int status = small_kit_copy(root, lab, name, from);

    free(from);
    free(name);
    return status;
}

int small_kit_make(const char *root, const char *lab)
{
    static const char *const links[] = {
        "Makefile",    "grader",       "handouts",
        "tests",       "build/grader", "build/labs",
        "build/flags", "labs/common",  "build/ipclab"};
    static const char *const files[] = {"main.c", "hints.md", "skeleton.c",
                                        "@.h"};
    char *directory = xformat("labs/%s", lab);
    char *source = xformat("%s.c", lab);
    char *skeleton = xformat("labs/%s/skeleton.c", lab);
    const char *const directories[] = {"", "build", "labs", directory};
    int status = 0;

    for (size_t i = 0; i < LENGTH(directories); i++)
        status |= make_directory(root, directories[i]);
    for (size_t i = 0; i < LENGTH(links); i++)
        status |= link_own(root, links[i]);
    for (size_t i = 0; i < LENGTH(files); i++)
        status |= copy_own(root, lab, files[i]);
    status |= small_kit_copy(root, lab, source, skeleton);
    status |= setenv("IPCLAB_ROOT", root, 1);
    free(skeleton);
    free(source);
    free(directory);
    return status;
}
