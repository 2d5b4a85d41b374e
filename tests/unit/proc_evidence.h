// SPDX-License-Identifier: MIT
/*
 * proc_evidence.h - what the tests of snapshots, proof and autopsy share:
 * recorded hangs, and real processes that a test starts and takes away again.
 *
 * The recordings in evidence/proc/ were made by record.sh there, from small
 * programs called /kit/pipe in a sandbox: their first process is 2.
 */
#ifndef UNIT_PROC_EVIDENCE_H
#define UNIT_PROC_EVIDENCE_H

#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "snapshot.h"
#include "sockets.h"

#define FIRST   2
#define PROGRAM "/kit/pipe"

/* A line of the file "semaphores": see record.sh. */
static inline bool recorded_semaphore(void *file,
                                      struct snapshot_semaphore *semaphore)
{
    struct snapshot_semaphore next = {0};

    rewind(file);
    while (fscanf(file, "%d %d %d %d %d %d", &next.id, &next.num, &next.value,
                  &next.changed_by, &next.waiting_more,
                  &next.waiting_zero) == 6) {
        if (next.id != semaphore->id || next.num != semaphore->num)
            continue;
        *semaphore = next;
        return true;
    }
    return false;
}

static inline void replay_semaphores(int fd, struct snapshot *snapshot)
{
    int file_fd = openat(fd, "semaphores", O_RDONLY | O_CLOEXEC);
    FILE *file = file_fd < 0 ? NULL : fdopen(file_fd, "r");

    if (file == NULL)
        return;
    snapshot_semaphores(snapshot, recorded_semaphore, file);
    (void)fclose(file);
}

static inline void replay(const char *name, struct snapshot *snapshot)
{
    char *path = xformat("tests/unit/evidence/proc/%s", name);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    cr_assert(fd >= 0, "%s cannot be opened", path);
    cr_assert(snapshot_take(snapshot, fd, 1, false) == 0);
    cr_assert(snapshot->count > 0, "%s holds no process", path);
    snapshot_ask_network(snapshot, fd);
    replay_semaphores(fd, snapshot);
    size_t size;
    char *sockets = read_file(fd, "sock_diag", 1 << 20, &size);
    if (sockets)
        snapshot_parse_sockets(snapshot, sockets, size);
    free(sockets);
    snapshot->message_table = read_file(fd, "sysvipc/msg", 4096, NULL);
    int queues_fd = openat(fd, "mqueue", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (queues_fd >= 0) {
        snapshot_read_queues(snapshot, queues_fd);
        (void)close(queues_fd);
    }
    (void)close(fd);
    free(path);
}

/* The first thread that has TID. */
static inline struct snapshot_thread *thread_of(struct snapshot *snapshot,
                                                pid_t tid)
{
    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->threads[i].tid == tid)
            return &snapshot->threads[i];
    cr_assert(false, "no thread %d in the snapshot", (int)tid);
    return NULL;
}

/*
 * Run PROGRAM_MAIN in a process of its own, and all its descendants in a group
 * of theirs; STDIN_FD (-1: none) becomes its standard input, and it inherits
 * nothing else.
 */
static inline pid_t start(void (*program_main)(void), int stdin_fd)
{
    cr_assert(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        (void)setpgid(0, 0); /* a child of its own can */
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (stdin_fd >= 0)
            (void)dup2(stdin_fd, 0);
        else
            (void)close(0);
        (void)close_range(1, ~0u, 0);
        program_main();
        _exit(0);
    }
    (void)setpgid(pid, pid); /* whoever comes first */
    return pid;
}

static inline void stop(pid_t group)
{
    (void)kill(-group, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0)
        ;
}

static inline void look(struct snapshot *snapshot)
{
    int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    cr_assert(fd >= 0);
    cr_assert(snapshot_take(snapshot, fd, getpid(), true) == 0);
    snapshot_ask_network(snapshot, -1);
    (void)close(fd);
    int diag_fd =
        socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    cr_assert(diag_fd >= 0);
    snapshot_read_sockets(snapshot, diag_fd);
    (void)close(diag_fd);
}

#endif
