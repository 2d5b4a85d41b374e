// SPDX-License-Identifier: MIT
/*
 * outlive.c - the first stage of a pipeline, and the last to end.
 *
 *     outlive STATUS
 *
 * Waits until another child of its parent exists, writes a line (for which that
 * one is to wait), waits until the other has ended, and exits with STATUS.  It
 * gives up after ten seconds.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Whether process NAME of /proc is a living child of PARENT. */
static bool is_alive(const char *name, int parent)
{
    char path[300], line[512];
    char state = 'Z';
    int ppid = 0;

    (void)snprintf(path, sizeof(path), "/proc/%s/stat", name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false; /* it has just ended */
    if (fgets(line, sizeof(line), file) != NULL) {
        const char *after = strrchr(line, ')'); /* proc(5): comm is in () */
        if (after == NULL || sscanf(after, ") %c %d", &state, &ppid) != 2)
            ppid = 0;
    }
    (void)fclose(file);
    return ppid == parent && state != 'Z';
}

static bool has_living_sibling(void)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    bool found = false;

    while (dir && !found && (entry = readdir(dir)) != NULL)
        found = atoi(entry->d_name) > 0 && atoi(entry->d_name) != getpid() &&
                is_alive(entry->d_name, getppid());
    if (dir)
        (void)closedir(dir);
    return found;
}

static void wait_until(bool sibling)
{
    struct timespec pause = {0, 1000000};

    for (int i = 0; i < 10000 && has_living_sibling() != sibling; i++)
        (void)nanosleep(&pause, NULL);
}

int main(int argc, char **argv)
{
    wait_until(true);
    if (write(STDOUT_FILENO, "go\n", 3) != 3)
        return 2;
    wait_until(false);
    return argc > 1 ? atoi(argv[1]) : 2;
}
