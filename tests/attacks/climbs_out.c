// SPDX-License-Identifier: MIT
/*
 * Tries: to leave the sandbox by a directory: by descriptors that point
 *     outside, by /proc, by chroot(2) and by handles of files.
 * Fails because: no descriptor is inherited, the working directory is inside,
 *     and there is no capability for the others.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; absent climbed-out
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void try_from(int directory)
{
    char path[400] = "";

    for (int i = 0; i < 40; i++) {
        (void)snprintf(path + 3 * i, 4, "../");
        if (faccessat(directory, path, F_OK, 0) < 0)
            return;
    }
    (void)snprintf(path + 120, sizeof(path) - 120, "./@HIDDEN@");
    if (faccessat(directory, path, F_OK, 0) == 0)
        (void)write(STDERR_FILENO, "climbed-out\n", 12);
}

__attribute__((constructor)) static void climb(void)
{
    static const char *const doors[] = {"/proc/1/cwd", "/proc/1/root", "/kit",
                                        "/proc/self/cwd", "/dev/fd", "/work"};

    for (int fd = 0; fd < 64; fd++)
        try_from(fd);
    for (size_t i = 0; i < sizeof(doors) / sizeof(*doors); i++) {
        int fd = open(doors[i], O_PATH | O_DIRECTORY);
        try_from(fd);
        (void)mkdir("jail", 0755);
        if (fd >= 0 && chroot("jail") == 0)
            try_from(fd);
        (void)close(fd);
    }
    if (fork() == 0) /* it is killed */
        _exit(open_by_handle_at(AT_FDCWD, (struct file_handle *)doors, 0) >= 0);
    (void)wait(NULL);
}
