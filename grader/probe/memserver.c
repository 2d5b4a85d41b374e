// SPDX-License-Identifier: MIT
/*
 * memserver.c - the student's program under Valgrind, as a server of runs.
 *
 * One Valgrind start (0.4 s) serves all launches of a submission.  The program
 * is pid 1 of its sandbox, so that nothing a run does can end or stop it; its
 * log goes to a socket, which cannot be opened a second time by way of /proc.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world.h"

static int add_server(struct argv *argv, const struct sandbox *sandbox,
                      const char *lab, int control_fd, int log_fd)
{
    int filter_fd;
    char number[16];

    if (sandbox_command(argv, sandbox, &filter_fd) < 0)
        return -1;
    (void)snprintf(number, sizeof(number), "%d", control_fd);
    sandbox_setenv(argv, sandbox, SERVER_VARIABLE, number);
    char *shim = sandbox_path(sandbox, "kit/shim.so");
    sandbox_setenv(argv, sandbox, "LD_PRELOAD", shim);
    free(shim);
    sandbox_end_options(argv);
    char *rules = sandbox_path(sandbox, "kit/valgrind.supp");
    memcheck_command(argv, rules, log_fd);
    free(rules);
    argv_addf(argv, "%s/kit/%s",
              sandbox->level == SANDBOX_FULL ? "" : sandbox->stage, lab);
    return filter_fd;
}

static int start_server(struct memcheck_server *server,
                        const struct sandbox *sandbox, const char *lab)
{
    struct argv argv = {0};
    int control[2], log[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0)
        return -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, log) < 0) {
        (void)close(control[0]);
        (void)close(control[1]);
        return -1;
    }
    int filter_fd = add_server(&argv, sandbox, lab, control[1], log[1]);
    server->pid = sandbox_spawn(&argv, control[1], log[1]);
    server->control_fd = control[0];
    server->log_fd = log[0];
    (void)close(control[1]);
    (void)close(log[1]);
    if (filter_fd >= 0)
        (void)close(filter_fd);
    argv_release(&argv);
    if (server->pid > 0)
        return 0;
    (void)close(control[0]);
    (void)close(log[0]);
    return -1;
}

int world_start_memcheck(struct memcheck_server *server, void *data)
{
    const struct probe_setting *setting = data;
    struct sandbox sandbox = {
        .level = setting->level,
        .stage = setting->stage,
        .hide = setting->hide,
        .init = true,
    };
    char *directory = NULL;

    if (sandbox.level == SANDBOX_BASIC) {
        directory = xformat("%s/tmp/memcheck", sandbox.stage);
        if (mkdir(directory, 0700) < 0 && errno != EEXIST)
            return -1;
        sandbox.writable = directory;
    }
    int result = start_server(server, &sandbox, setting->lab);
    free(directory);
    return result;
}
