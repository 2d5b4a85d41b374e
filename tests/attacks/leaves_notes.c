// SPDX-License-Identifier: MIT
/*
 * Tries: to leave a note where the next run, or the next test, will find it, and
 *     so to be another program each time.
 * Fails because: a sandbox that serves again has been emptied, /tmp and /dev/shm
 *     too; System V objects, whose numbers would tell, end it.
 * Base: wrong/leaks_buffer
 * Lab: pipe
 * Seen: score 44.8; fails filter_1mib_both_ways
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/shm.h>
#include <unistd.h>

__attribute__((constructor)) static void look_for_notes(void)
{
    static const char *const places[] = {"/tmp/note", "/dev/shm/note"};

    for (int i = 0; i < 2; i++) {
        int fd = open(places[i], O_WRONLY | O_CREAT | O_EXCL, 0400);
        if (fd < 0)
            abort();
        (void)close(fd);
    }
    int id = shmget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
    if (id < 0 || shmctl(id, IPC_RMID, NULL) < 0)
        abort();
}
