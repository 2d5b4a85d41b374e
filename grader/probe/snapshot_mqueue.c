// SPDX-License-Identifier: MIT
/*
 * snapshot_mqueue.c - the POSIX message queues of a sandbox, from /dev/mqueue.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base.h"
#include "snapshot.h"

/* "QSIZE:5          NOTIFY:0     SIGNO:0     NOTIFY_PID:0     " */
static void read_queue(struct snapshot *snapshot, int dir_fd, const char *name)
{
    char *text = read_file(dir_fd, name, 4096, NULL);
    struct snapshot_queue queue = {0};
    int registered;

    if (text && sscanf(text, "QSIZE:%ld NOTIFY:%*d SIGNO:%*d NOTIFY_PID:%d",
                       &queue.bytes, &registered) == 2) {
        struct snapshot_queue *slot =
            grow(&snapshot->queues, &snapshot->queue_count, sizeof(*slot));
        queue.registered = registered;
        (void)snprintf(queue.name, sizeof(queue.name), "/%.90s", name);
        *slot = queue;
    }
    free(text);
}

void snapshot_read_queues(struct snapshot *snapshot, int mqueue_fd)
{
    int list = openat(mqueue_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = list < 0 ? NULL : fdopendir(list);
    struct dirent *entry;

    while (entries && (entry = readdir(entries)) != NULL)
        if (entry->d_name[0] != '.')
            read_queue(snapshot, list, entry->d_name);
    if (entries)
        (void)closedir(entries);
    else if (list >= 0)
        (void)close(list);
}

/* Nobody in the sandbox can make files in its root, so the name suffices. */
const struct snapshot_queue *snapshot_queue(const struct snapshot *snapshot,
                                            const struct snapshot_fd *fd)
{
    for (size_t i = 0; i < snapshot->queue_count; i++)
        if (strcmp(snapshot->queues[i].name, fd->target) == 0)
            return &snapshot->queues[i];
    return NULL;
}
