// SPDX-License-Identifier: MIT
/*
 * world_spawn.c - starts a sandbox under strace; see world.h.
 *
 * A test does so for itself, the lender for all tests: nothing here may end a
 * test.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "memserver.h"
#include "world.h"

/* -A: a log that is cut short goes on at its new end. */
static void add_strace(struct argv *argv, const struct world_tracing *tracing)
{
    argv_add_all(argv, (const char *[]){"strace", "-f", "--seccomp-bpf", "-q",
                                        "-A", "-o", tracing->path, NULL});
    if (tracing->options)
        argv_add_all(argv, tracing->options);
    else
        argv_add_all(argv, (const char *[]){"-s", "128", NULL});
    argv_add(argv, "-e");
    argv_addf(argv, "trace=%s", tracing->calls);
    if (tracing->inject) {
        argv_add(argv, "-e");
        argv_addf(argv, "inject=%s", tracing->inject);
    }
}

pid_t world_spawn(const struct sandbox *sandbox,
                  const struct world_tracing *tracing, int *control_fd)
{
    struct argv argv = {0};
    int sockets[2], filter_fd;
    char number[16];
    pid_t pid = -1;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
        return -1;
    add_strace(&argv, tracing);
    if (sandbox_command(&argv, sandbox, &filter_fd) == 0) {
        (void)snprintf(number, sizeof(number), "%d", sockets[1]);
        sandbox_setenv(&argv, sandbox, SERVER_VARIABLE, number);
        sandbox_end_options(&argv);
        char *init = sandbox_path(sandbox, "kit/init");
        argv_add(&argv, init);
        free(init);
        pid = sandbox_spawn(&argv, sockets[1], -1);
    }
    int error = errno;
    argv_release(&argv);
    (void)close(sockets[1]);
    if (filter_fd >= 0)
        (void)close(filter_fd);
    if (pid < 0)
        (void)close(sockets[0]);
    *control_fd = sockets[0];
    errno = error;
    return pid;
}

struct sandbox world_sandbox(const struct probe_setting *setting)
{
    return (struct sandbox){
        .level = setting->level,
        .stage = setting->stage,
        .hide = setting->hide,
        .init = true,
    };
}

char *world_lent_trace(const struct probe_setting *setting, unsigned serial)
{
    return xformat("%s/tmp/trace.lent.%u", setting->stage, serial);
}

int world_start_lent(struct lent *lent, const char *what, void *data)
{
    const struct probe_setting *setting = data;
    struct sandbox sandbox = world_sandbox(setting);

    if (strcmp(what, LENDING_MEMCHECK) == 0)
        return memserver_start(lent, &sandbox, setting->lab);
    char *path = world_lent_trace(setting, lent->serial);
    struct world_tracing tracing = {.calls = what, .path = path};
    lent->pid = world_spawn(&sandbox, &tracing, &lent->control_fd);
    free(path);
    return lent->pid < 0 ? -1 : 0;
}
