// SPDX-License-Identifier: MIT
/*
 * Tries: to move the bytes through an io_uring, whose work strace does not
 *     see.
 * Fails because: the sandbox's filter kills whoever sets one up.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0
 */
#include <linux/io_uring.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((constructor)) static void work(void)
{
    struct io_uring_params parameters = {0};
    long ring = syscall(SYS_io_uring_setup, 4, &parameters);

    if (ring >= 0)
        (void)write(STDOUT_FILENO, "HI\n", 3);
}
