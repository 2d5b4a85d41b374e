// SPDX-License-Identifier: MIT
/*
 * Tries: to fill every disk in reach, and memory by way of files in it.
 * Fails because: each place that can be written is in memory and limited, and
 *     so is each file.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; absent wrote-a-gigabyte; within 180
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static char block[1 << 20];

__attribute__((constructor)) static void fill(void)
{
    static const char *const folders[] = {
        "/tmp", "/dev/shm", "/work", "/var/tmp", "/dev", "/run", "/etc", "/kit",
        "/usr/tmp", "/", "/dev/mqueue", "/proc", "/sys"};
    unsigned long total = 0;
    char path[60];

    (void)signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
        for (int n = 0; n < 8; n++) {
            (void)snprintf(path, sizeof(path), "%s/%d", folders[i], n);
            int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
            for (ssize_t size; (size = write(fd, block, sizeof(block))) > 0;)
                total += (unsigned long)size;
            (void)close(fd);
        }
    if (total > 1ul << 30)
        (void)write(STDERR_FILENO, "wrote-a-gigabyte\n", 17);
}
