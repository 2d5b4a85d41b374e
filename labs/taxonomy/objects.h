// SPDX-License-Identifier: MIT
/*
 * objects.h - an object of each mechanism under a name of its own: see
 * taxonomy.h. Included once, by main.c. Given; the grader uses its own copy.
 */
#ifndef OBJECTS_H
#define OBJECTS_H

#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include "channels.h"

#define OBJECT_KEY   ((key_t)0x7461786f)
#define OBJECT_QUEUE "/taxonomy"
enum { OBJECT_PORT = 7043 };

const char *object_path(enum mech_id m)
{
    switch (m) {
    case FIFO:
        return "taxonomy.fifo";
    case UNIX_SOCKET:
        return "taxonomy.socket";
    case FILE_LOCK:
        return "taxonomy.lock"; /* of the file: the lock itself has no name */
    default:
        return NULL;
    }
}

/* ---- Sockets ---------------------------------------------------------------
 */

static int bound_socket(const struct sockaddr *address, socklen_t size,
                        int type)
{
    int fd = socket(address->sa_family, type | SOCK_CLOEXEC, 0), on = 1;

    /* What remains of an older connection is no obstacle: socket(7). */
    if (fd != -1 && type == SOCK_STREAM && address->sa_family == AF_INET)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd != -1 && (bind(fd, address, size) == -1 ||
                     (type == SOCK_STREAM && listen(fd, 1) == -1))) {
        close_fd(fd);
        return -1;
    }
    return fd;
}

static int inet_socket(int type)
{
    const struct sockaddr_in address = local_address(OBJECT_PORT);

    return bound_socket((const struct sockaddr *)&address, sizeof address,
                        type);
}

static int unix_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    (void)stpcpy(address.sun_path, object_path(UNIX_SOCKET));
    return bound_socket((const struct sockaddr *)&address, sizeof address,
                        SOCK_STREAM);
}

/* Who has the port keeps others from it. */
static int find_port(int type)
{
    int fd = inet_socket(type);

    if (fd == -1)
        return errno == EADDRINUSE ? 0 : -1;
    close_fd(fd);
    errno = ENOENT;
    return -1;
}

/* ---- File locks ------------------------------------------------------------
 */

static int lock_new_file(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(object_path(FILE_LOCK), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
                  0600);

    if (fd != -1 && fcntl(fd, F_SETLK, &lock) == -1) {
        close_fd(fd);
        return -1;
    }
    return fd;
}

static int find_lock(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(object_path(FILE_LOCK), O_RDWR | O_CLOEXEC);

    if (fd == -1)
        return -1;
    int result = fcntl(fd, F_GETLK, &lock);
    close_fd(fd);
    if (result == -1 || lock.l_type != F_UNLCK)
        return result;
    errno = ENOENT;
    return -1;
}

/* ---- All of them -----------------------------------------------------------
 */

/* What is not closed here stays open until the process ends. */
int object_create(enum mech_id m)
{
    struct mq_attr attr = {.mq_maxmsg = QUEUE_LENGTH, .mq_msgsize = PIECE};
    int flags = IPC_CREAT | IPC_EXCL | 0600, result = 0;
    static struct channel nameless;

    switch (m) {
    case FIFO:
        result = mkfifo(object_path(FIFO), 0600);
        break;
    case SYSV_SEM:
        result = semget(OBJECT_KEY, 1, flags);
        break;
    case SYSV_SHM:
        result = shmget(OBJECT_KEY, 1, flags);
        break;
    case SYSV_MSGQ:
        result = msgget(OBJECT_KEY, flags);
        break;
    case POSIX_MQ:
        result = mq_open(OBJECT_QUEUE, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
        break;
    case UNIX_SOCKET:
        result = unix_socket();
        break;
    case TCP:
    case UDP:
        result = inet_socket(m == TCP ? SOCK_STREAM : SOCK_DGRAM);
        break;
    case FILE_LOCK:
        result = lock_new_file();
        break;
    case SIGNAL:
    case RT_SIGNAL: /* it waits in its receiver, nowhere else */
        break;
    default:
        result = channel_open(&nameless, m);
    }
    return result == -1 ? -1 : 0;
}

int object_find(enum mech_id m)
{
    struct stat status;
    int result = -1;

    switch (m) {
    case FIFO:
    case UNIX_SOCKET:
        return lstat(object_path(m), &status);
    case SYSV_SEM:
        result = semget(OBJECT_KEY, 0, 0);
        break;
    case SYSV_SHM:
        result = shmget(OBJECT_KEY, 0, 0);
        break;
    case SYSV_MSGQ:
        result = msgget(OBJECT_KEY, 0);
        break;
    case POSIX_MQ:
        result = mq_open(OBJECT_QUEUE, O_RDONLY);
        close_fd(result);
        break;
    case TCP:
    case UDP:
        return find_port(m == TCP ? SOCK_STREAM : SOCK_DGRAM);
    case FILE_LOCK:
        return find_lock();
    default:
        errno = ENOENT; /* there is no name to look for */
    }
    return result == -1 ? -1 : 0;
}

int object_remove(enum mech_id m)
{
    switch (m) {
    case SYSV_SEM:
        return semctl(semget(OBJECT_KEY, 0, 0), 0, IPC_RMID);
    case SYSV_SHM:
        return shmctl(shmget(OBJECT_KEY, 0, 0), IPC_RMID, NULL);
    case SYSV_MSGQ:
        return msgctl(msgget(OBJECT_KEY, 0), IPC_RMID, NULL);
    case POSIX_MQ:
        return mq_unlink(OBJECT_QUEUE);
    default:
        return object_path(m) ? unlink(object_path(m)) : 0;
    }
}

#endif
