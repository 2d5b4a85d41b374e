// SPDX-License-Identifier: MIT
/*
 * Tries: to change the first process's memory, or to trace it: by /proc/1/mem,
 *     by ptrace(2) and by process_vm_writev(2).
 * Fails because: it is not dumpable, so nobody may open its memory; the
 *     sandbox's filter kills whoever tries the others.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; absent memory-is-open
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

__attribute__((constructor)) static void rewrite(void)
{
    static const char *const paths[] = {"/proc/1/mem", "/proc/1/maps",
                                        "/proc/1/environ", "/proc/1/root"};
    struct iovec part = {(void *)paths, 8};

    for (int i = 0; i < 4; i++)
        if (open(paths[i], i == 0 ? O_RDWR : O_RDONLY) >= 0)
            (void)dprintf(STDERR_FILENO, "memory-is-open: %s\n", paths[i]);
    if (fork() == 0)
        _exit(ptrace(PTRACE_SEIZE, 1, NULL, NULL) == 0);
    (void)process_vm_writev(1, &part, 1, &part, 1, 0);
}
