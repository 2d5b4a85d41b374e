// SPDX-License-Identifier: MIT
/*
 * asleep.c - waits until others wait: a meeting point for the scenarios of
 * `ipclab show`, whose steps are to come in the same order each time.
 *
 *     asleep PID...     until each sleeps in a call, or has ended
 *     asleep -n N PID   the same of PID and of N children that it has
 *
 * A sh(1) cannot ask this without starting programs that would be drawn, too;
 * this one is left out of the drawing (show/model.c).  "S" in proc(5) is an
 * interruptible sleep: a process that is still being started does not have it,
 * and one that its tracer holds is in "t".  Gives up after half a minute.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Whether PID will do nothing for now. */
static bool is_asleep(const char *pid)
{
    char path[64], line[256], state = 'Z'; /* there is no such process */

    (void)snprintf(path, sizeof(path), "/proc/%s/status", pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file) != NULL)
        (void)sscanf(line, "State: %c", &state);
    if (file)
        (void)fclose(file);
    return state == 'S' || state == 'Z';
}

/* How many children of PID will do nothing for now. */
static int count_children(const char *pid)
{
    char path[64], child[16];
    int count = 0;

    (void)snprintf(path, sizeof(path), "/proc/%s/task/%s/children", pid, pid);
    FILE *file = fopen(path, "r");
    while (file && fscanf(file, "%15s", child) == 1)
        count += is_asleep(child);
    if (file)
        (void)fclose(file);
    return count;
}

int main(int argc, char **argv)
{
    const struct timespec pause = {0, 1000000};
    bool family = argc > 3 && strcmp(argv[1], "-n") == 0;
    int children = family ? atoi(argv[2]) : 0, tries = 30000;

    for (int i = family ? 3 : 1; i < argc; i++)
        while (!is_asleep(argv[i]) ||
               (children > 0 && count_children(argv[i]) < children)) {
            if (tries-- == 0) {
                (void)fprintf(stderr, "asleep: %s: still awake\n", argv[i]);
                return 1;
            }
            (void)nanosleep(&pause, NULL);
        }
    return 0;
}
