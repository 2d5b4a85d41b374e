// SPDX-License-Identifier: MIT
/*
 * snapshot_private.h - what the parts of taking a snapshot share: snapshot.c
 * reads threads and processes, snapshot_memory.c what a blocked call points to,
 * snapshot_fds.c descriptors.
 */
#ifndef PROBE_SNAPSHOT_PRIVATE_H
#define PROBE_SNAPSHOT_PRIVATE_H

#include "snapshot.h"

/* Read the small file NAME below DIR into BUFFER, with a NUL behind it.
 * Returns the bytes read (longer files are cut), or -1 with errno. */
ssize_t snapshot_read(int dir, const char *name, char *buffer, size_t size);

/* Fill THREAD's memory, path and timeout, as its system call has them; DIR is
 * its directory in /proc. */
void snapshot_read_pointers(int dir, struct snapshot_thread *thread);
/* Fill the descriptors of THREAD's process, DIR being /proc/PID. */
void snapshot_read_fds(int dir, struct snapshot_thread *thread);
/* Fill THREAD's memory with what its descriptor EPOLL_FD watches. */
void snapshot_read_epoll(int dir, struct snapshot_thread *thread, int epoll_fd);

#endif
