// SPDX-License-Identifier: MIT
/* shim_locks.c - locks on files; see shim.c. */
#include "shim.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>
#include <unistd.h>

/* Whether COMMAND of fcntl(2) takes a lock, which F_SETLK may also give back;
 * or looks for one. */
static bool takes_lock(int command, const struct flock *lock)
{
    return (command == F_SETLK || command == F_SETLKW ||
            command == F_OFD_SETLK || command == F_OFD_SETLKW) &&
           lock && lock->l_type != F_UNLCK;
}

/* Who waits for a lock may be interrupted meanwhile: fcntl(2), flock(2). */
static bool waits_for_lock(int command)
{
    return command == F_SETLKW || command == F_OFD_SETLKW;
}

static bool looks_for_lock(int command)
{
    return command == F_GETLK || command == F_OFD_GETLK;
}

/* The third argument, where there is one, is a pointer or an int. */
int fcntl(int fd, int command, ...)
{
    NEXT(fcntl);
    va_list list;

    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    bool takes = takes_lock(command, argument);
    if (takes && waits_for_lock(command) && is_interrupted())
        return -1;
    if (takes)
        delay("setlk");
    if (looks_for_lock(command))
        delay("getlk");
    int result = next(fd, command, argument);
    if (takes)
        delay("setlk_done");
    return result;
}

int fcntl64(int fd, int command, ...)
{
    va_list list;

    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    return fcntl(fd, command, argument);
}

int lockf(int fd, int command, off_t size)
{
    NEXT(lockf);
    bool takes = command == F_LOCK || command == F_TLOCK;

    if (command == F_LOCK && is_interrupted())
        return -1;
    if (takes)
        delay("setlk");
    if (command == F_TEST)
        delay("getlk");
    int result = next(fd, command, size);
    if (takes)
        delay("setlk_done");
    return result;
}

int lockf64(int fd, int command, off_t size)
{
    return lockf(fd, command, size);
}

int flock(int fd, int how)
{
    NEXT(flock);
    bool takes = (how & ~LOCK_NB) != LOCK_UN;

    if (takes && !(how & LOCK_NB) && is_interrupted())
        return -1;
    if (takes)
        delay("setlk");
    int result = next(fd, how);
    if (takes)
        delay("setlk_done");
    return result;
}
