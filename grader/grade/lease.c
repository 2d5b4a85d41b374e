// SPDX-License-Identifier: MIT
/* lease.c - keeps the process that lends sandboxes; see lease.h. */
#include "lease.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lending.h"
#include "process.h"
#include "text.h"
#include "world.h"

#define STOP_MS 5000

static _Noreturn void serve(const char *path, int life_fd, bool memcheck,
                            struct probe_setting *setting, pid_t parent)
{
    enum { LIFE_FD = 3 };

    process_die_with(parent);
    (void)setpgid(0, 0);
    /* Above all the pipe with the result: it must end with the worker. */
    if (dup2(life_fd, LIFE_FD) < 0 || fcntl(LIFE_FD, F_SETFD, FD_CLOEXEC) < 0 ||
        close_range(LIFE_FD + 1, ~0U, 0) < 0 ||
        lending_serve(path, LIFE_FD, memcheck ? LENDING_MEMCHECK : NULL,
                      world_start_lent, setting) < 0) {
        (void)complain("sandboxes: %s", strerror(errno));
        _exit(3);
    }
    _exit(0);
}

int lease_start(struct lease *lease, const struct stage *stage,
                const struct sandbox *sandbox, const char *lab, bool memcheck)
{
    int life[2];
    pid_t parent = getpid();

    *lease = (struct lease){.pid = -1, .life_fd = -1};
    lease->path = xformat("%s/lease", stage->path);
    struct probe_setting setting = {
        .lab = lab,
        .stage = stage->path,
        .hide = sandbox->hide,
        .level = sandbox->level,
    };
    if (pipe2(life, O_CLOEXEC) < 0)
        return complain("sandboxes: %s", strerror(errno));
    lease->pid = fork();
    if (lease->pid == 0)
        serve(lease->path, life[0], memcheck, &setting, parent);
    (void)close(life[0]);
    lease->life_fd = life[1];
    if (lease->pid < 0)
        return complain("sandboxes: %s", strerror(errno));
    return 0;
}

void lease_wait(const struct lease *lease)
{
    siginfo_t ended = {.si_pid = 0};

    /* However busy the machine is; if it has ended, the tests say so. */
    while (access(lease->path, F_OK) < 0 && ended.si_pid == 0 &&
           waitid(P_PID, (id_t)lease->pid, &ended,
                  WEXITED | WNOHANG | WNOWAIT) == 0)
        (void)poll(NULL, 0, 2);
}

void lease_stop(struct lease *lease)
{
    int64_t deadline = now_ms() + STOP_MS;

    if (lease->life_fd >= 0)
        (void)close(lease->life_fd);
    while (lease->pid > 0) {
        pid_t ended = waitpid(lease->pid, NULL, WNOHANG);
        if (ended == lease->pid || (ended < 0 && errno != EINTR))
            break;
        if (now_ms() > deadline)
            (void)kill(lease->pid, SIGKILL);
        (void)poll(NULL, 0, 2);
    }
    free(lease->path);
    *lease = (struct lease){.pid = -1, .life_fd = -1};
}
