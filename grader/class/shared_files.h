// SPDX-License-Identifier: MIT
/*
 * shared_files.h - jobs and results as files that all nodes see; see slurm.h.
 */
#ifndef CLASS_SHARED_FILES_H
#define CLASS_SHARED_FILES_H

#include "gradebook.h"

/* Write TODOS, and what they are about, below DIRECTORY; results of jobs that
 * are not to be taken from an earlier time are removed.  0, or -1 after a
 * message. */
int shared_write(sqlite3 *book, const char *directory,
                 const struct todos *todos);
/* The path of a job's result, without its ending; to be freed. */
char *shared_result(sqlite3 *book, const char *directory,
                    const struct todo *todo);
/* The regular file at PATH, to be freed; NULL if there is none. */
char *shared_read(const char *path, size_t *size);

#endif
