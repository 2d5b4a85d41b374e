// SPDX-License-Identifier: MIT
/*
 * For handouts/popen.md: with two streams of popen(3) open, which descriptors
 * has a command that popen starts, and which one that system(3) starts?
 */
#include <stdio.h>
#include <stdlib.h>

#define LIST "ls /proc/self/fd"

int main(void)
{
    FILE *other = popen("cat >/dev/null", "w");
    FILE *list = popen(LIST, "r");
    char line[16];

    if (!other || !list)
        return 1;
    while (fgets(line, sizeof line, list))
        printf("popen: %s", line);
    (void)fflush(stdout); /* before the command writes to the same place */
    return system(LIST) != 0 || pclose(list) != 0 || pclose(other) != 0;
}
