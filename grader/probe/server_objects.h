// SPDX-License-Identifier: MIT
/*
 * server_objects.h - the System V objects of a sandbox, for its first process,
 * and its POSIX queues where they are the host's and /dev/mqueue shows them.
 *
 * Only in there are ids and pids those that the program sees.
 */
#ifndef PROBE_SERVER_OBJECTS_H
#define PROBE_SERVER_OBJECTS_H

#include <stdint.h>

/* Note what there is before the first run: outside a namespace of its own these
 * are the host's objects. */
void ipclab_objects_remember(void);
/* Remove all of this user's that has come since. */
void ipclab_objects_remove(void);
/* GETVAL, GETPID, GETNCNT and GETZCNT of number NUM of set ID (semctl(2)), and
 * whether sem_otime is set; -1 where one fails. */
void ipclab_objects_ask(int id, int num, int32_t answers[5]);

#endif
