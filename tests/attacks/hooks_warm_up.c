// SPDX-License-Identifier: MIT
/*
 * Tries: to be called by the server itself: it calls ipclab_server_warm_up()
 *     if there is one, and where we take a name of the C library's the grader
 *     leaves its own out.
 * Fails because: names that begin with ipclab_ are the grader's; an object
 *     that defines one is not linked.
 * Base: solution
 * Lab: pipe
 * Seen: no build; says ipclab_server_warm_up
 */
#include <stdio.h>
#include <stdlib.h>

__attribute__((weak)) void ipclab_server_warm_up(void)
{
    exit(0);
}

int puts(const char *line)
{
    return fputs(line, stdout);
}
