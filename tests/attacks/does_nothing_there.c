// SPDX-License-Identifier: MIT
/*
 * Tries: to look clean by doing nothing where memory is looked at: in the
 *     memcheck pass the first process is no init.
 * Fails because: a run that ends by itself under Valgrind must have the status
 *     and the output that the test expects, or the test is broken, not clean.
 * Base: wrong/leaks_buffer
 * Lab: pipe
 * Seen: score 83.2; broken upper_small
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

__attribute__((constructor)) static void leave(void)
{
    char name[20] = "";
    int fd = open("/proc/1/comm", O_RDONLY);

    (void)read(fd, name, sizeof(name) - 1);
    (void)close(fd);
    if (strncmp(name, "init", 4) != 0)
        _exit(0);
}
