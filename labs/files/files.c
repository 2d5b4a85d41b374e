// SPDX-License-Identifier: MIT
/*
 * Lab `files`, the file you edit. A file that several processes read and write
 * is the oldest shared memory, and nobody guards it: you do, with locks of the
 * kind that fits. files.h is the contract. Fill the gaps in order, helpers
 * included, and run `make files` after each.
 */
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

/* TODO(files.1): A number for each caller: one at a time, from reading to
 * writing. Which kind of lock is still there when somebody in this process has
 * closed FILE? flock(2); fcntl(2), "Open file description locks". */
int with_lock(int fd, int (*fn)(int fd, void *arg), void *arg)
{
    (void)fd, (void)fn, (void)arg;
    errno = ENOSYS;
    return -1;
}

long next_number(int fd)
{
    (void)fd;
    errno = ENOSYS;
    return -1;
}
/* END(files.1) */

/* TODO(files.2): A record at the end of FILE, whole or not at all, although
 * write(2) may take less than it is given. What may happen between finding the
 * end and writing there? open(2), O_APPEND; ftruncate(2). */
int append_record(int fd, const char *rec, size_t n)
{
    (void)fd, (void)rec, (void)n;
    errno = ENOSYS;
    return -1;
}
/* END(files.2) */

/* TODO(files.3): One command at a time, and who comes meanwhile is told the
 * holder's pid. Which lock does the kernel name a process for? Who has it after
 * fork(2), and after kill -9? fcntl(2), F_SETLK and F_GETLK. */
int run_once(const char *path, char **argv)
{
    (void)path, (void)argv;
    errno = ENOSYS;
    return -1;
}
/* END(files.3) */

/* TODO(files.4): Two accounts, locked together, and only these two. What if
 * somebody moves money the other way at the same time? fcntl(2), EDEADLK. */
int move_amount(int fd, int from, int to, long amount)
{
    (void)fd, (void)from, (void)to, (void)amount;
    errno = ENOSYS;
    return -1;
}
/* END(files.4) */
