// SPDX-License-Identifier: MIT
/*
 * For handouts/popen.md: count the bytes of a file, in the way that lets the
 * file's name run commands. Do not do this.
 */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    const char *name = argc == 2 ? argv[1] : "";
    char command[4096];

    (void)snprintf(command, sizeof command, "wc -c %s", name);
    return system(command) != 0;
}
