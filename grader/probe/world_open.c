// SPDX-License-Identifier: MIT
/* world_open.c - how a test comes by a sandbox, and leaves it; see world.h. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lending.h"
#include "record.h"
#include "verdict.h"
#include "world.h"

/* Bytes; more than any program writes before it is stopped for spinning. */
#define TRACE_MAX (256u << 20)

/* ---- Opening ------------------------------------------------------------- */

static struct world *new_world(const struct probe_setting *setting)
{
    struct world *world = xcalloc(1, sizeof(*world));
    char *kit = xformat("kit/%s", setting->lab);

    world->sandbox = world_sandbox(setting);
    world->program = sandbox_path(&world->sandbox, kit);
    world->control_fd = world->log_fd = world->lease = -1;
    free(kit);
    return world;
}

static off_t trace_size_of(const struct world *world)
{
    struct stat about;

    return stat(world->trace_path, &about) < 0 ? 0 : about.st_size;
}

static void borrow(struct world *world, const char *what)
{
    const struct probe_setting *setting = probe_setting();
    struct lent lent;

    if (setting->lease == NULL)
        probe_error("IPCLAB_LEASE is not set");
    world->lease = lending_take(setting->lease, what, &lent);
    if (world->lease < 0)
        probe_error("%s: %s",
                    world->memcheck
                        ? "memcheck: the program cannot be run under Valgrind"
                        : "sandbox: it cannot be started",
                    strerror(errno));
    world->pid = lent.pid;
    world->serial = lent.serial;
    world->control_fd = lent.control_fd;
    world->log_fd = lent.log_fd;
    if (world->memcheck) {
        world_say_hello(world);
        return;
    }
    world->trace_path = world_lent_trace(setting, lent.serial);
    /* What bubblewrap and init do before the first launch stays in the log. */
    world->trace_head = trace_size_of(world);
    world_say_hello(world);
    if (lent.fresh)
        world->trace_head = trace_size_of(world);
}

/* In a world of its own, for nobody else could use it. */
static void open_own(struct world *world, const char *traced)
{
    const struct probe_setting *setting = probe_setting();
    static unsigned serial;

    world->serial = serial++;
    world->trace_path = xformat("%s/tmp/trace.%ld.%u", setting->stage,
                                (long)getpid(), world->serial);
    if (world->sandbox.level == SANDBOX_BASIC) {
        world->directory = xformat("%s/tmp/run.XXXXXX", world->sandbox.stage);
        if (mkdtemp(world->directory) == NULL)
            probe_error("%s: %s", world->directory, strerror(errno));
        world->sandbox.writable = world->directory;
    }
    struct world_tracing tracing = {.inject = world->inject,
                                    .path = world->trace_path};
    struct argv options = {0};
    if (setting->record)
        record_add_options(&options);
    char *calls =
        xformat("%s%s", traced, setting->record ? "," RECORD_CALLS : "");
    tracing.options = (const char *const *)options.items;
    tracing.calls = calls;
    world->pid = world_spawn(&world->sandbox, &tracing, &world->control_fd);
    if (world->pid < 0)
        probe_error("sandbox: %s", strerror(errno));
    free(calls);
    argv_release(&options);
    world_say_hello(world);
}

struct world *world_open(const char *traced, const char *inject,
                         const char *missing)
{
    const struct probe_setting *setting = probe_setting();
    struct world *world = new_world(setting);

    world->sandbox.missing = missing;
    world->inject = inject;
    if (setting->level == SANDBOX_FULL && !setting->record && !inject &&
        !missing)
        borrow(world, traced);
    else
        open_own(world, traced);
    return world;
}

struct world *world_lease(void)
{
    struct world *world = new_world(probe_setting());

    world->memcheck = true;
    borrow(world, LENDING_MEMCHECK);
    return world;
}

/* ---- Closing ------------------------------------------------------------- */

/* The sandbox ends when its first process sees the socket closed. */
static void wait_for_sandbox(struct world *world)
{
    int pid_fd = (int)syscall(SYS_pidfd_open, world->pid, 0);
    struct pollfd ended = {pid_fd, POLLIN, 0};
    int ready;

    do
        ready = poll(&ended, 1, SANDBOX_DEADLINE_MS);
    while (ready < 0 && errno == EINTR);
    if (ready <= 0)
        (void)kill(world->pid, SIGKILL);
    (void)close(pid_fd);
    while (world->lease < 0 && waitpid(world->pid, NULL, 0) < 0 &&
           errno == EINTR)
        continue;
}

/* Nobody lives there but its first process, as the kernel tells from outside:
 * what was killed may take its time. */
static bool is_deserted(const struct world *world)
{
    struct snapshot now;
    bool deserted = true;

    if (snapshot_take_states(&now, world->fds[SERVER_PROC], world->init_pid,
                             false) < 0)
        return false;
    for (size_t i = 0; i < now.count; i++)
        deserted &= now.threads[i].state == 'Z';
    snapshot_release(&now);
    return deserted;
}

/* What a run left must not meet the next one. */
static void clean(struct world *world)
{
    world_sweep(world);
    (void)remove_below(world->fds[SERVER_CWD]);
    if (world->sandbox.level != SANDBOX_FULL)
        return; /* they are the host's */
    (void)remove_below(world->fds[SERVER_MQUEUE]);
    (void)remove_below(world->fds[SERVER_TMP]);
    (void)remove_below(world->fds[SERVER_DEV_SHM]);
}

char *world_trace(const struct world *world, size_t *trace_size)
{
    if (world->trace_path == NULL)
        return NULL;
    char *text = read_file(AT_FDCWD, world->trace_path, TRACE_MAX, trace_size);
    if (text && probe_setting()->record)
        *trace_size = trace_reduce(text, *trace_size);
    return text;
}

/* Who is woken is "running" at once. */
bool world_tracer_is_idle(const struct world *world)
{
    char *path = xformat("/proc/%d/syscall", (int)world->pid);
    char *text = read_file(AT_FDCWD, path, 256, NULL);
    bool idle = text && isdigit((unsigned char)*text) &&
                strtol(text, NULL, 10) == SYS_wait4;

    free(text);
    free(path);
    return idle;
}

static void return_memcheck(struct world *world)
{
    clean(world);
    (void)close(world->control_fd);
    (void)close(world->log_fd);
    /* A server not said to be swept is replaced by a new one. */
    (void)lending_return(world->lease, !probe_setting()->without_server);
}

/* Calls that leave what nobody can clean away, as strace logs them: the next
 * System V object will not have the identifier 0, as that of a new system has,
 * and a port of TCP may be taken for a minute.  No verdict may depend on who
 * had the sandbox before. */
static const char *const marks[] = {"shmget(", "semget(", "msgget(", "AF_INET"};

/* The log of WORLD, if there is no mark in it; else NULL. */
static char *unmarked_trace(const struct world *world, size_t *trace_size)
{
    char *trace = world_trace(world, trace_size);

    for (size_t i = 0; i < LENGTH(marks) && trace; i++)
        if (strstr(trace + world->trace_head, marks[i])) {
            free(trace);
            trace = NULL;
        }
    return trace;
}

/* Leave a lent sandbox as it was found, if that can be done; the log, or NULL
 * if it cannot. */
static char *restore(struct world *world, size_t *trace_size)
{
    if (world->lease < 0 || !is_deserted(world))
        return NULL;
    char *trace = unmarked_trace(world, trace_size);
    if (trace == NULL)
        return NULL;
    free(trace);
    clean(world);
    /* init's answer came by strace: all that was before it is logged now. */
    trace = unmarked_trace(world, trace_size);
    if (trace && truncate(world->trace_path, world->trace_head) == 0)
        return trace;
    free(trace);
    return NULL;
}

static char *end_traced(struct world *world, size_t *trace_size)
{
    /* Of a lent one the lender has a copy. */
    (void)shutdown(world->control_fd, SHUT_RDWR);
    (void)close(world->control_fd);
    wait_for_sandbox(world); /* strace's log is complete */
    char *trace = world_trace(world, trace_size);
    if (probe_setting()->record)
        record_world(world);
    (void)unlink(world->trace_path);
    if (world->lease >= 0)
        (void)lending_return(world->lease, false);
    return trace;
}

char *world_close(struct world *world, size_t *trace_size)
{
    char *trace = NULL;

    if (world->memcheck) {
        return_memcheck(world);
    } else if ((trace = restore(world, trace_size)) != NULL) {
        (void)close(world->control_fd);
        (void)lending_return(world->lease, true);
    } else {
        trace = end_traced(world, trace_size);
    }
    for (int i = 0; i < SERVER_FDS; i++)
        (void)close(world->fds[i]);
    if (world->directory)
        (void)remove_tree(AT_FDCWD, world->directory);
    free(world->directory);
    free(world->trace_path);
    free(world->program);
    free(world->reports);
    free(world->log);
    free(world);
    return trace;
}
