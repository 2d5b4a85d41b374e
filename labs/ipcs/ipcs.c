// SPDX-License-Identifier: MIT
/*
 * Lab `ipcs`, the file you edit. System V objects stay when their users are
 * gone, and nobody tells which of them are still needed. Here you list what
 * there is, find out whose users are all dead, and remove that and nothing
 * else. ipcs.h is the contract. Fill the gaps in order, helpers included, and
 * run `make ipcs` after each.
 */
#include "ipcs.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

/* TODO(ipcs.1): Everything that there is, also what you may not read. Where
 * does the kernel show it, with which heading, in which order, and how does it
 * write a key above 0x7fffffff? sysvipc(7), proc(5), shmctl(2). */
int list_objects(struct obj **v, size_t *n)
{
    (void)v, (void)n;
    errno = ENOSYS;
    return -1;
}
/* END(ipcs.1) */

/* TODO(ipcs.2): Used, orphan or unknown? Whom does the kernel remember for each
 * type, and how do you ask whether a process is alive without touching it?
 * shmctl(2), semctl(2), msgctl(2), kill(2). */
int classify(const struct obj *o)
{
    (void)o;
    errno = ENOSYS;
    return -1;
}
/* END(ipcs.2) */

/* TODO(ipcs.3): Away with the orphans, and with nothing else. What names an
 * object whose key is 0? What if it is somebody else's, or already gone?
 * "IPC_RMID" in shmctl(2), semctl(2) and msgctl(2). */
int remove_obj(const struct obj *o)
{
    (void)o;
    errno = ENOSYS;
    return -1;
}

int sweep(int dry_run, char type)
{
    (void)dry_run, (void)type;
    errno = ENOSYS;
    return -1;
}
/* END(ipcs.3) */

/* TODO(ipcs.4): What the kernel remembers of one object, and what it shows of
 * the POSIX queues, which are a file system of their own. semctl(2),
 * mq_overview(7). */
int who(char type, int id)
{
    (void)type, (void)id;
    errno = ENOSYS;
    return -1;
}

int list_mq(void)
{
    errno = ENOSYS;
    return -1;
}
/* END(ipcs.4) */
