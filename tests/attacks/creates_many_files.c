// SPDX-License-Identifier: MIT
/*
 * Tries: to use up the machine's inodes: names without end, in every directory
 *     that can be written.
 * Fails because: those directories are in memory, and the sandbox's own; a
 *     program that only works for itself is stopped after two seconds of
 *     processor time.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; within 180
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((constructor)) static void create(int argc, char **argv)
{
    char name[60];

    if (argc != 2 || strcmp(argv[1], "upper") != 0)
        return;
    for (unsigned long i = 0;; i++) {
        (void)snprintf(name, sizeof(name), "/tmp/%lu", i);
        (void)mkdir(name, 0755);
        (void)snprintf(name, sizeof(name), "/dev/shm/%lu", i);
        (void)symlink("x", name);
        (void)snprintf(name, sizeof(name), "f%lu", i);
        (void)link("/tmp/0", name);
    }
}
