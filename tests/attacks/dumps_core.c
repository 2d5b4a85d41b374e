// SPDX-License-Identifier: MIT
/*
 * Tries: to leave huge dumps of its memory: it allows them, fills memory and
 *     aborts, in many processes.
 * Fails because: the limit is 0 and cannot be raised, and there is no place
 *     outside to write to.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; absent raised-the-limit
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((constructor)) static void dump(void)
{
    struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    size_t size = 32 << 20;

    if (setrlimit(RLIMIT_CORE, &all) == 0)
        (void)write(STDERR_FILENO, "raised-the-limit\n", 17);
    for (int i = 0; i < 4; i++)
        if (fork() == 0) {
            char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (memory != MAP_FAILED)
                memset(memory, 1, size);
            (void)kill(getpid(), SIGQUIT);
        }
    while (wait(NULL) > 0)
        continue;
    abort();
}
