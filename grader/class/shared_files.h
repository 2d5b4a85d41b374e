// SPDX-License-Identifier: MIT
/*
 * shared_files.h - jobs and results as files that all nodes see; see slurm.h.
 */
#ifndef CLASS_SHARED_FILES_H
#define CLASS_SHARED_FILES_H

#include "gradebook.h"

/* Write those of TODOS that are not TAKEN, and what they are about, below
 * DIRECTORY; their results of an earlier time are removed.  0, or -1 after a
 * message. */
int shared_write(sqlite3 *book, const char *directory,
                 const struct todos *todos, const bool *taken);
/* The number of the array that is at work, to be freed, NULL if there is none;
 * and keep ID as such, or, if it is NULL, that there is none: 0, or -1 after a
 * message. */
char *shared_array(const char *directory);
int shared_set_array(const char *directory, const char *id);
/* The path of a job's result, without its ending; to be freed. */
char *shared_result(sqlite3 *book, const char *directory,
                    const struct todo *todo);
/* The regular file at PATH, to be freed; NULL if there is none. */
char *shared_read(const char *path, size_t *size);

#endif
