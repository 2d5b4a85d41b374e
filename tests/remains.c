// SPDX-License-Identifier: MIT
/* remains.c - looks for what a grade left behind; see remains.h. */
#include "remains.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"

static const char *temporary;
static char *objects;

/* The tables of System V objects: they must look the same afterwards. */
static char *read_objects(void)
{
    static const char *const paths[] = {
        "/proc/sysvipc/shm", "/proc/sysvipc/sem", "/proc/sysvipc/msg"};
    char *all = xstrdup("");

    for (size_t i = 0; i < LENGTH(paths); i++) {
        char *table = read_file(AT_FDCWD, paths[i], 1 << 20, NULL);
        size_t rows = 0;
        for (const char *c = table; c && *c; c++)
            rows += *c == '\n';
        char *longer = xformat("%s %zu", all, rows);
        free(all);
        free(table);
        all = longer;
    }
    return all;
}

void remains_begin(const char *directory)
{
    temporary = directory;
    free(objects);
    objects = read_objects();
}

/* Whether FILE of /proc/PID names the temporary directory: all that the grader
 * starts has it in its command line, what runs in a sandbox in its table of
 * mounts, and a program that is debugged in its environment. */
static bool names_directory(int proc_fd, const char *pid, const char *file)
{
    char *path = xformat("%s/%s", pid, file);
    size_t size = 0;
    char *text = read_file(proc_fd, path, 1 << 20, &size);
    bool found =
        text && memmem(text, size, temporary, strlen(temporary)) != NULL;

    free(text);
    free(path);
    return found;
}

/* Its pid, name, state and parent, as proc(5) has them. */
static char *describe(int proc_fd, const char *pid)
{
    char *path = xformat("%s/stat", pid);
    char *stat = read_file(proc_fd, path, 4096, NULL);
    char *line = xformat("process %.60s", stat ? stat : pid);

    free(stat);
    free(path);
    return line;
}

/* Some process of the grader's, or NULL. */
static char *find_survivor(void)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    char *found = NULL;

    while (!found && (entry = readdir(proc)) != NULL)
        if (atoi(entry->d_name) > 0 &&
            (names_directory(dirfd(proc), entry->d_name, "cmdline") ||
             names_directory(dirfd(proc), entry->d_name, "mountinfo") ||
             names_directory(dirfd(proc), entry->d_name, "environ")))
            found = describe(dirfd(proc), entry->d_name);
    (void)closedir(proc);
    return found;
}

char *remains_find(void)
{
    char *found = find_survivor();
    char *now = read_objects();

    if (!found && strcmp(now, objects) != 0)
        found = xformat("System V objects: rows %s, were %s", now, objects);
    free(now);
    struct dirent **list = NULL;
    int n = scandir(temporary, &list, NULL, alphasort);
    if (!found && n > 2)
        found = xformat("%s/%s", temporary, list[2]->d_name);
    for (int i = 0; i < n; i++)
        free(list[i]);
    free(list);
    return found;
}

char *remains_await(void)
{
    int64_t deadline = now_ms() + 120000;
    char *found;

    while ((found = remains_find()) != NULL && now_ms() < deadline) {
        free(found);
        (void)usleep(20000); /* ends are on their way */
    }
    return found;
}
