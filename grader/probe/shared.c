// SPDX-License-Identifier: MIT
/* shared.c - worlds as tests know them: made, shared by runs, looked into. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"
#include "verdict.h"

static struct world *shared_world;

/* What strace follows, ALSO included, without what UNTRACED lists. */
static char *traced_calls(const char *also, const char *untraced)
{
    char *calls =
        also ? xformat("%s,%s", TRACED_CALLS, also) : xstrdup(TRACED_CALLS);
    char *kept = calls, *rest = calls, *call;

    while ((call = strsep(&rest, ",")) != NULL) {
        size_t size = strlen(call);
        if (list_holds(untraced, ',', call + (*call == '?')))
            continue;
        if (kept != calls)
            *kept++ = ',';
        memmove(kept, call, size);
        kept += size;
    }
    *kept = '\0';
    return calls;
}

struct world *world_for(const struct world_options *options)
{
    if (shared_world)
        probe_error("launch: end the shared world first: see world_end()");
    if (probe_is_memcheck()) {
        /* One lease at a time: see lending.h. */
        for (struct run *other = probe_runs; other; other = other->next)
            run_finish(other);
        return world_lease();
    }
    char *calls = traced_calls(options->also_trace, options->untraced);
    struct world *world = world_open(calls, options->inject, options->missing);
    free(calls);
    return world;
}

/* ---- Shared worlds ------------------------------------------------------- */

struct world *world_make(const struct world_options *options)
{
    shared_world = world_for(options);
    return shared_world;
}

void world_end(struct world *world)
{
    size_t size;

    if (world != shared_world)
        probe_error("world_end: there is no such world");
    for (struct run *run = probe_runs; run; run = run->next)
        run_finish(run);
    shared_world = NULL;
    free(world_close(world, &size));
}

void shared_worlds_end(void)
{
    if (shared_world)
        world_end(shared_world);
}

int world_directory(const struct world *world)
{
    return world->fds[SERVER_CWD];
}

void world_open_gate(const struct world *world, const char *name)
{
    int fd = openat(world->fds[SERVER_CWD], name,
                    O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    if (fd < 0)
        probe_error("gate %s: %s", name, strerror(errno));
    (void)close(fd);
}

void world_close_gate(const struct world *world, const char *name)
{
    if (unlinkat(world->fds[SERVER_CWD], name, 0) < 0 && errno != ENOENT)
        probe_error("gate %s: %s", name, strerror(errno));
}

char *world_queue(const struct world *world, const char *name)
{
    return read_file(world->fds[SERVER_MQUEUE], name, 4096, NULL);
}

mqd_t world_open_queue(const struct world *world, const char *name)
{
    /* mq_open(3) would look in the tester's own namespace; what is opened by
     * its name in mq_overview(7)'s file system is a queue, too. */
    if (world->sandbox.level != SANDBOX_FULL)
        probe_error("POSIX queues need the sandbox level full: see `ipclab "
                    "doctor`");
    int fd = openat(world->fds[SERVER_MQUEUE], name,
                    O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600);

    if (fd < 0)
        probe_error("POSIX queue %s: %s", name, strerror(errno));
    return fd;
}

int world_socket(struct world *world, int type)
{
    if (world->sandbox.level != SANDBOX_FULL)
        probe_error("sockets of the network need the sandbox level full: see "
                    "`ipclab doctor`");
    return world_give_socket(world, type);
}

char *world_table(const struct world *world, const char *table)
{
    static const struct {
        const char *name;
        enum server_fd fd;
    } tables[] = {
        {"shm", SERVER_SHM}, {"sem", SERVER_SEM}, {"msg", SERVER_MSG}};

    for (size_t i = 0; i < LENGTH(tables); i++) {
        int fd = world->fds[tables[i].fd];
        if (strcmp(tables[i].name, table) == 0 && lseek(fd, 0, SEEK_SET) == 0)
            return read_fully(fd, 1 << 20, NULL);
    }
    probe_error("world_table: there is no table %s", table);
}

struct bytes world_ask(struct world *world, const char *const args[])
{
    struct run *run = launch(args + 1, .world = world, .tool = args[0],
                             .input_mode = INPUT_NONE);

    if (run_exit_status(run) != 0)
        probe_error("%s: %s", args[0],
                    run->errors.data ? run->errors.data : "it failed");
    return run_output(run);
}
