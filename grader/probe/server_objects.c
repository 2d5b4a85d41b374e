// SPDX-License-Identifier: MIT
/* server_objects.c - see server_objects.h; as server.c, without the C library.
 */
#include "server_objects.h"

#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include "bare.h"
#include "server.h"

#define OBJECTS_MAX 4096
#define QUEUE       (-1) /* beside the kinds SERVER_SHM to SERVER_MSG */

/* Where the server is not pid 1 the objects of the host are in sight: those
 * that stood before the first run are not the program's. */
static struct {
    int kind, id;
} older[OBJECTS_MAX];
static int older_count;

/* Of too many to be remembered all count as such. */
static bool is_older(int kind, int id)
{
    if (older_count == OBJECTS_MAX)
        return true;

    for (int i = 0; i < older_count; i++)
        if (older[i].kind == kind && older[i].id == id)
            return true;
    return false;
}

/* Linux numbers the objects of a kind from 0; *_STAT_ANY turns such an index
 * into an id, whatever the object's mode is (shmctl(2), semctl(2), msgctl(2)).
 * Valgrind (3.19) does not know that it fills the structure, so that this must
 * have a value before. */
static int object_at(int kind, int index, uid_t *creator)
{
    static struct shmid_ds shm;
    static struct msqid_ds msg;
    static struct semid_ds sem;
    int id;

    switch (kind) {
    case SERVER_SHM:
        id = (int)bare(SYS_shmctl, index, SHM_STAT_ANY, &shm);
        *creator = shm.shm_perm.cuid;
        return id;
    case SERVER_SEM:
        id = (int)bare(SYS_semctl, index, 0, SEM_STAT_ANY, &sem);
        *creator = sem.sem_perm.cuid;
        return id;
    default:
        id = (int)bare(SYS_msgctl, index, MSG_STAT_ANY, &msg);
        *creator = msg.msg_perm.cuid;
        return id;
    }
}

static int object_last(int kind)
{
    struct shm_info shm;
    struct seminfo sem;
    struct msginfo msg;

    switch (kind) {
    case SERVER_SHM:
        return (int)bare(SYS_shmctl, 0, SHM_INFO, &shm);
    case SERVER_SEM:
        return (int)bare(SYS_semctl, 0, 0, SEM_INFO, &sem);
    default:
        return (int)bare(SYS_msgctl, 0, MSG_INFO, &msg);
    }
}

static void object_remove(int kind, int id)
{
    /* One that vanished meanwhile is as good as removed. */
    switch (kind) {
    case SERVER_SHM:
        (void)bare(SYS_shmctl, id, IPC_RMID, NULL);
        break;
    case SERVER_SEM:
        (void)bare(SYS_semctl, id, 0, IPC_RMID);
        break;
    default:
        (void)bare(SYS_msgctl, id, IPC_RMID, NULL);
    }
}

static void for_own_objects(void (*visit)(int kind, int id))
{
    uid_t me = (uid_t)bare(SYS_getuid), creator = 0;

    for (int kind = SERVER_SHM; kind <= SERVER_MSG; kind++) {
        int last = object_last(kind);
        for (int index = 0; index <= last; index++) {
            int id = object_at(kind, index, &creator);
            if (id >= 0 && creator == me)
                visit(kind, id);
        }
    }
}

static void remember(int kind, int id)
{
    if (older_count < OBJECTS_MAX) {
        older[older_count].kind = kind;
        older[older_count++].id = id;
    }
}

/* What getdents64(2) writes. */
struct entry {
    uint64_t inode;
    int64_t next;
    uint16_t size;
    uint8_t type;
    char name[];
};

/* In /dev/mqueue, where that is mounted: mq_overview(7).  The kernel numbers
 * the inodes there with 32 bits. */
static void for_own_queues(void (*visit)(int fd, const char *name, int inode))
{
    static char list[16384] __attribute__((aligned(8)));
    uid_t me = (uid_t)bare(SYS_getuid);
    int fd = (int)bare(SYS_openat, AT_FDCWD, "/dev/mqueue",
                       O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long size;

    while (fd >= 0 && (size = bare(SYS_getdents64, fd, list, sizeof(list))) > 0)
        for (long at = 0; at < size;) {
            const struct entry *entry = (const struct entry *)(list + at);
            static struct stat about; /* Valgrind: see object_at() */
            if (bare(SYS_newfstatat, fd, entry->name, &about,
                     AT_SYMLINK_NOFOLLOW) == 0 &&
                S_ISREG(about.st_mode) && about.st_uid == me)
                visit(fd, entry->name, (int)entry->inode);
            at += entry->size;
        }
    if (fd >= 0)
        (void)bare(SYS_close, fd);
}

static void remember_queue(int fd, const char *name, int inode)
{
    (void)fd;
    (void)name;
    remember(QUEUE, inode);
}

static void remove_new_queue(int fd, const char *name, int inode)
{
    if (!is_older(QUEUE, inode))
        (void)bare(SYS_unlinkat, fd, name, 0);
}

void ipclab_objects_remember(void)
{
    for_own_objects(remember);
    for_own_queues(remember_queue);
}

static void remove_new(int kind, int id)
{
    if (!is_older(kind, id))
        object_remove(kind, id);
}

void ipclab_objects_remove(void)
{
    for_own_objects(remove_new);
    if (bare(SYS_getpid) != 1) /* else they are the sandbox's: see clean() */
        for_own_queues(remove_new_queue);
}

void ipclab_objects_ask(int id, int num, int32_t answers[5])
{
    static const int asked[4] = {GETVAL, GETPID, GETNCNT, GETZCNT};
    static struct semid_ds set;

    for (int i = 0; i < 4; i++)
        answers[i] = (int32_t)bare(SYS_semctl, id, num, asked[i]);
    answers[4] =
        bare(SYS_semctl, id, 0, IPC_STAT, &set) == -1 ? -1 : set.sem_otime != 0;
}
