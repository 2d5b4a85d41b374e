// SPDX-License-Identifier: MIT
/*
 * memserver.c - starts the program under Valgrind; see memserver.h.
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

#include "memcheck.h"
#include "memserver.h"
#include "server.h"

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

static int start(struct lent *lent, const struct sandbox *sandbox,
                 const char *lab)
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
    lent->pid = sandbox_spawn(&argv, control[1], log[1]);
    lent->control_fd = control[0];
    lent->log_fd = log[0];
    (void)close(control[1]);
    (void)close(log[1]);
    if (filter_fd >= 0)
        (void)close(filter_fd);
    argv_release(&argv);
    if (lent->pid > 0)
        return 0;
    (void)close(control[0]);
    (void)close(log[0]);
    return -1;
}

int memserver_start(struct lent *lent, struct sandbox *sandbox, const char *lab)
{
    sandbox->brief_debug = true;
    if (sandbox->level != SANDBOX_BASIC)
        return start(lent, sandbox, lab);
    char *directory = xformat("%s/tmp/memcheck", sandbox->stage);
    int result = -1;
    if (mkdir(directory, 0700) == 0 || errno == EEXIST) {
        sandbox->writable = directory;
        result = start(lent, sandbox, lab);
        sandbox->writable = NULL;
    }
    free(directory);
    return result;
}
