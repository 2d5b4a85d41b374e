// SPDX-License-Identifier: MIT
/* launch.c - starts a run with the descriptors that its options ask for. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record.h"
#include "run.h"
#include "verdict.h"

struct run *probe_runs;

/* Far above what any right program of a lab needs. */
static const struct server_limits native_limits = {
    .cpu_s = 120,
    .processes = 128,
    /* A thread reserves 8 MiB for its stack and 64 MiB for malloc(3), and uses
     * little of them. */
    .memory = (uint64_t)8 << 30,
    .data = 1u << 30,
    .file_size = 64u << 20,
    /* The default queue of 10 messages takes 82 KB.  What a user has in all of
     * their sandboxes together may be limited, too, to 819200: mq_overview(7).
     * One sandbox must leave room for others, and for the tester. */
    .queues = 256u << 10,
};

/* ---- Descriptors --------------------------------------------------------- */

static int open_device(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0)
        probe_error("%s: %s", path, strerror(errno));
    return fd;
}

/* A pipe; the tester's end does not block.  TESTER is 0 or 1, the end kept. */
static void open_pipe(int tester, int *kept, int *given, char target[96])
{
    int ends[2];
    struct stat about;

    if (pipe2(ends, O_CLOEXEC) < 0 ||
        fcntl(ends[tester], F_SETFL, O_NONBLOCK) < 0 ||
        fstat(ends[tester], &about) < 0)
        probe_error("pipe: %s", strerror(errno));
    (void)snprintf(target, 96, "pipe:[%lu]", (unsigned long)about.st_ino);
    *kept = ends[tester];
    *given = ends[1 - tester];
}

/* A file that nobody can find by name. */
static int open_file(struct bytes content)
{
    int fd = memfd_create("input", MFD_CLOEXEC);

    if (fd < 0 || write_fully(fd, content.data, content.size) < 0 ||
        lseek(fd, 0, SEEK_SET) < 0)
        probe_error("input file: %s", strerror(errno));
    return fd;
}

static int open_input(struct run *run)
{
    int given;

    if (run->options.input_mode == INPUT_FILE)
        return open_file(run->options.input);
    if (run->options.input_mode == INPUT_NONE ||
        run->options.input_mode == INPUT_CLOSED)
        return open_device("/dev/null");
    open_pipe(1, &run->input_fd, &given, run->input_target);
    run->input = run->options.input;
    run->input_promised = run->options.input_mode != INPUT_FED;
    return given;
}

/* A pipe of one page, filled: whatever the program writes has to wait. */
static void fill(struct run *run, int fd)
{
    static const char page[65536];
    int size = fcntl(fd, F_SETPIPE_SZ, 4096);

    if (size < 0 || (size_t)size > sizeof(page) ||
        write_fully(fd, page, (size_t)size) < 0)
        probe_error("pipe: cannot be filled: %s", strerror(errno));
    run->output_filler = (size_t)size;
}

static int open_output(struct run *run)
{
    int given;

    run->output_quota = run->options.output_mode == OUTPUT_HELD ? 0 : SIZE_MAX;
    if (run->options.output_mode == OUTPUT_FULL)
        return open_device("/dev/full");
    if (run->options.output_mode == OUTPUT_FILE) {
        run->output_fd = memfd_create("output", MFD_CLOEXEC);
        given = fcntl(run->output_fd, F_DUPFD_CLOEXEC, 0);
        if (given < 0)
            probe_error("memfd_create: %s", strerror(errno));
        return given;
    }
    open_pipe(0, &run->output_fd, &given, run->output_target);
    if (run->options.output_mode == OUTPUT_BROKEN) {
        (void)close(run->output_fd);
        run->output_fd = -1;
    }
    if (run->options.output_mode == OUTPUT_HELD)
        fill(run, given);
    return given;
}

/* The shims read their settings from the environment: see shim.c. */
static const char **shim_environment(const struct run *run)
{
    const struct launch_options *options = &run->options;
    static char storage[4][160], preload[1024];
    static const char *list[6];
    int n = 0;

    *preload = '\0'; /* ld.so(8) takes no notice of empty names */
    if (options->short_io > 0)
        (void)snprintf(storage[n++], 160, "IPCLAB_SHORT_IO=%d",
                       options->short_io);
    if (options->eintr_every > 0)
        (void)snprintf(storage[n++], 160, "IPCLAB_EINTR_EVERY=%d",
                       options->eintr_every);
    /* Under memcheck a delay costs time, nothing else; but what is held until
     * there is a file is an order of events that the test rests on. */
    if (options->delay && (!run->memcheck || strstr(options->delay, "=@")))
        (void)snprintf(storage[n++], 160, "IPCLAB_DELAY=%s", options->delay);
    if (options->foreign && !run->memcheck)
        (void)snprintf(storage[n++], 160, "IPCLAB_FOREIGN=%s",
                       options->foreign);
    if (!run->memcheck) { /* else the server has the shims loaded already */
        char *shim = sandbox_path(&run->world->sandbox, "kit/shim.so");
        char *tell = sandbox_path(&run->world->sandbox, "kit/tell.so");
        char *watch = sandbox_path(&run->world->sandbox, "kit/handlers.so");
        bool record = probe_setting()->record != NULL, shims = n > 0;
        if (shims || record || options->watch_handlers)
            (void)snprintf(preload, sizeof(preload), "LD_PRELOAD=%s:%s:%s",
                           options->watch_handlers ? watch : "",
                           shims ? shim : "", record ? tell : "");
        free(watch);
        free(tell);
        free(shim);
    }
    for (int i = 0; i < n; i++)
        list[i] = storage[i];
    if (*preload)
        list[n++] = preload;
    list[n] = NULL;
    return list;
}

static struct server_limits limits_for(const struct run *run)
{
    struct server_limits limits = native_limits;

    if (run->options.memory > 0)
        limits.memory = run->options.memory;
    if (run->memcheck) /* Valgrind maps more than the program does */
        limits.memory = limits.data = 0;
    else /* its own descriptors are others */
        limits.open_files = (uint32_t)run->options.open_files;
    if (run->world->sandbox.level == SANDBOX_BASIC)
        limits.processes = 0; /* it would count the user's other processes */
    return limits;
}

/* ---- Starting ------------------------------------------------------------ */

/* Where a tool is: ours come first. */
static char *find_tool(const struct world *world, const char *name)
{
    char *ours = xformat("kit/bin/%s", name);
    char *outside = xformat("%s/%s", world->sandbox.stage, ours);
    char *path = access(outside, F_OK) == 0
                     ? sandbox_path(&world->sandbox, ours)
                     : xformat("/usr/bin/%s", name);

    free(outside);
    free(ours);
    return path;
}

static void start(struct run *run)
{
    struct world_start what = {
        .args = (const char *const *)run->args,
        .closed_input = run->options.input_mode == INPUT_CLOSED,
        .ignored = run->options.ignored,
        .blocked = run->options.blocked,
        /* Not the tester's own: no verdict may depend on who grades. */
        .umask = run->options.umask
                     ? (mode_t)strtoul(run->options.umask, NULL, 8)
                     : 022,
    };
    int *fds = what.fds;

    struct world_options alone = {
        .inject = run->options.inject,
        .also_trace = run->options.also_trace,
        .missing = run->options.missing,
    };
    run->world = run->options.world ? run->options.world : world_for(&alone);
    char *tool =
        run->options.tool ? find_tool(run->world, run->options.tool) : NULL;
    what.tool = tool;
    if (run->options.fifo &&
        mkfifoat(run->world->fds[SERVER_CWD], run->options.fifo, 0600) < 0)
        probe_error("mkfifo: %s: %s", run->options.fifo, strerror(errno));
    run->inject = run->world->inject;
    run->missing = run->world->sandbox.missing;
    run->program = xstrdup(run->world->program);
    fds[0] = open_input(run);
    fds[1] = open_output(run);
    open_pipe(0, &run->errors_fd, &fds[2], run->errors_target);
    what.env = shim_environment(run);
    what.limits = limits_for(run);
    if (probe_setting()->record && !run->memcheck)
        record_begin(run);
    run->pid = world_start(run->world, &what);
    free(tool);
    for (int i = 0; i < 3; i++)
        (void)close(fds[i]); /* or the program would never see their end */
    run->began_ms = run->progress_ms = now_ms();
    run->interval_ms = 4;
    run->check_ms = run->began_ms + run->interval_ms;
}

struct run *launch_program(const char *const args[],
                           const struct launch_options *options)
{
    struct run *run = xcalloc(1, sizeof(*run));
    struct argv list = {0};

    argv_add_all(&list, args);
    if (list.items == NULL) /* no argument at all is a command line, too */
        list.items = xcalloc(1, sizeof(*list.items));
    run->args = list.items;
    run->options = *options;
    run->memcheck = probe_is_memcheck();
    run->tool = options->tool != NULL;
    run->input_fd = run->output_fd = run->errors_fd = -1;
    if (run->memcheck &&
        (options->native_only || options->inject || options->missing)) {
        run->finished = true; /* that world has no strace, and all files */
        run->end = RUN_EXITED;
    } else {
        start(run);
    }
    run->next = probe_runs; /* from now on the pump drives it */
    probe_runs = run;
    return run;
}
