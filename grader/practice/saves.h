// SPDX-License-Identifier: MIT
/*
 * saves.h - tells when a file is saved.
 *
 * inotifywait(1) watches its directory, not the file: most editors write a new
 * file and rename it to the old name, and the old one's watch would be of a
 * file that nobody edits any more.
 */
#ifndef PRACTICE_SAVES_H
#define PRACTICE_SAVES_H

#include <sys/types.h>

struct saves {
    pid_t pid;
    int fd; /* readable: the file was saved, or the watcher has ended */
};

/* Watch the file NAME (letters, digits, "_" and ".") in DIRECTORY.  From its
 * return on no save is missed.  0, or -1 after a message. */
int saves_start(struct saves *saves, const char *directory, const char *name);
void saves_stop(struct saves *saves);

/* Wait for a save, and until the file has been left alone for a moment: 0;
 * 128+N if signal N came (worker.h); -1 after a message if nothing is watched
 * any more. */
int saves_await(const struct saves *saves);

#endif
