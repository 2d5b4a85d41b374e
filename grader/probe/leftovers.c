// SPDX-License-Identifier: MIT
/*
 * leftovers.c - what a run leaves in its world when its first process has
 * ended: processes, files, System V objects, POSIX message queues.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <unistd.h>

#include "run.h"

static void add(struct leftovers *left, char *line)
{
    char **slot = grow(&left->lines, &left->count, sizeof(*slot));

    *slot = line;
}

static void find_processes(struct run *run)
{
    struct snapshot now;

    if (snapshot_take_states(&now, run->world->fds[SERVER_PROC],
                             run->world->init_pid,
                             run->world->sandbox.level == SANDBOX_BASIC) < 0)
        return;
    for (size_t i = 0; i < now.count; i++) {
        const struct snapshot_thread *thread = &now.threads[i];
        if (thread->pid != thread->tid || thread->state == 'Z' ||
            !run_owns(run, thread))
            continue;
        add(&run->leftovers, xformat("process %d (%s) still runs",
                                     (int)thread->pid, thread->name));
        run->process_left = true;
    }
    snapshot_release(&now);
}

/* Whether the test has put a file NAME there, as options of RUN say. */
static bool is_given(const struct run *run, const char *name)
{
    const char *held = run->options.delay ? run->options.delay : "";
    const char *fifo = run->options.fifo;
    size_t size = strlen(name);

    while ((held = strstr(held, "=@")) != NULL) { /* "semop=@go" */
        held += 2;
        if (strncmp(held, name, size) == 0 && strchr(",", held[size]))
            return true;
    }
    return fifo && strcmp(fifo, name) == 0;
}

/* WHAT stands before the name of each. */
static void find_entries(struct run *run, int dir_fd, const char *what)
{
    struct leftovers *left = &run->leftovers;
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0 && !is_given(run, entry->d_name))
            add(left, xformat("%s%s", what, entry->d_name));
    if (dir)
        (void)closedir(dir);
}

/* A row of /proc/sysvipc/...: key, identifier, permissions, and then what the
 * object holds, which UNITS tells: proc_sysvipc(5). */
static char *describe_row(const char *row, const char *what, const char *units)
{
    int key, id;
    unsigned long held;

    if (sscanf(row, "%d %d %*o %lu", &key, &id, &held) != 3)
        return xformat("System V %s: %s", what, row);
    char *name = key == IPC_PRIVATE ? xformat("IPC_PRIVATE")
                                    : xformat("key 0x%x", (unsigned)key);
    char *line =
        xformat("System V %s %d (%s, %lu %s)", what, id, name, held, units);
    free(name);
    return line;
}

/* A heading, then a row per object.  The descriptor was opened inside, so it
 * shows the sandbox's objects. */
static void find_rows(struct leftovers *left, int fd, const char *what,
                      const char *units)
{
    char *table =
        lseek(fd, 0, SEEK_SET) < 0 ? NULL : read_fully(fd, 1 << 20, NULL);
    char *rest = table, *line;
    bool heading = true;

    while (table && (line = strsep(&rest, "\n")) != NULL) {
        if (!heading && *line != '\0')
            add(left, describe_row(line, what, units));
        heading = false;
    }
    free(table);
}

void leftovers_find(struct run *run)
{
    const int *fds = run->world->fds;

    find_processes(run);
    find_entries(run, fds[SERVER_CWD], "file ");
    /* In the basic sandbox the rest is the host's. */
    if (run->world->sandbox.level != SANDBOX_FULL)
        return;
    find_entries(run, fds[SERVER_TMP], "file /tmp/");
    find_entries(run, fds[SERVER_DEV_SHM], "file /dev/shm/");
    find_entries(run, fds[SERVER_MQUEUE], "POSIX queue ");
    find_rows(&run->leftovers, fds[SERVER_SHM], "shared memory segment",
              "bytes");
    find_rows(&run->leftovers, fds[SERVER_SEM], "semaphore set", "semaphores");
    find_rows(&run->leftovers, fds[SERVER_MSG], "message queue", "bytes");
}
