// SPDX-License-Identifier: MIT
/*
 * test_mkfifo.h - how the tests of the mkfifo lab take part: the tester's ends
 * of FIFOs, the tester as a client, and what a trace says of a server.
 *
 * A FIFO has a name in the file system, so whoever shares the directory can
 * play the other side.  The tester opens without blocking, and waits for what
 * it sees, never for the clock.
 */
#ifndef TEST_MKFIFO_H
#define TEST_MKFIFO_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

/* Where a program waits for bytes, or for somebody to open a FIFO. */
#define READS                                                                  \
    "read,readv,poll,ppoll,select,pselect6,epoll_wait,epoll_pwait,"            \
    "epoll_pwait2,rt_sigtimedwait,rt_sigsuspend,pause"
#define OPENS "open,openat"

/* ---- The tester's side of a FIFO ----------------------------------------- */

static inline void make_fifo(struct world *world, const char *name, mode_t mode)
{
    int directory = world_directory(world);

    cr_assert_eq(mkfifoat(directory, name, mode), 0);
    cr_assert_eq(fchmodat(directory, name, mode, 0), 0);
}

/* O_RDONLY: succeeds at once; O_WRONLY: -1 with ENXIO without a reader. */
static inline int open_end(struct world *world, const char *name, int access)
{
    return openat(world_directory(world), name,
                  access | O_NONBLOCK | O_CLOEXEC);
}

static inline void remove_name(struct world *world, const char *name)
{
    (void)unlinkat(world_directory(world), name, 0); /* often it is not there */
}

static inline bool exists(struct world *world, const char *name)
{
    return faccessat(world_directory(world), name, F_OK, 0) == 0;
}

/* Bytes that nobody has read yet. */
static inline int unread(int fd)
{
    int size = 0;

    return ioctl(fd, FIONREAD, &size) == 0 ? size : 0;
}

static inline bool is_drained(const void *fd)
{
    return unread(*(const int *)fd) == 0;
}

/* An expectation on a program that goes on: it is stopped before it fails. */
static inline void must(struct run *run, bool condition, const char *expected,
                        const char *seen)
{
    if (condition || probe_is_memcheck())
        return;
    run_signal(run, SIGKILL);
    expect_that(run, false, expected, "%s", seen);
}

/* ---- The tester as a client ---------------------------------------------- */

/* Who waits at the read end of a FIFO of its own for one line. */
struct client {
    char name[8];
    int fd;
    bool met; /* somebody has had the FIFO open for writing */
    char line[600];
    size_t used;
};

static inline struct client client_begin(struct world *world, const char *name)
{
    struct client client = {.fd = -1};

    (void)snprintf(client.name, sizeof(client.name), "%s", name);
    make_fifo(world, name, 0600);
    client.fd = open_end(world, name, O_RDONLY);
    cr_assert_neq(client.fd, -1);
    return client;
}

static inline void client_end(struct world *world, struct client *client)
{
    (void)close(client->fd);
    remove_name(world, client->name);
}

/* Read what there is.  pipe(7): 0 says that there is no writer, EAGAIN that
 * there is one who has written nothing yet. */
static inline bool has_line(const void *data)
{
    struct client *client = (struct client *)(uintptr_t)data;
    ssize_t n = 1;

    while (n > 0 && client->used < sizeof(client->line) - 1) {
        n = read(client->fd, client->line + client->used,
                 sizeof(client->line) - 1 - client->used);
        client->met |= n > 0 || (n == -1 && errno == EAGAIN);
        client->used += n > 0 ? (size_t)n : 0;
    }
    return strchr(client->line, '\n') != NULL;
}

static inline bool has_met(const void *data)
{
    return has_line(data) || ((const struct client *)data)->met;
}

/* Open the server's FIFO, as ask does. */
static inline int meet(struct run *server, struct world *world,
                       const char *path)
{
    int fd = open_end(world, path, O_WRONLY);

    must(server, fd != -1,
         "a client that comes finds the server's FIFO open for reading",
         errno == ENXIO ? "at that moment no process had it open (ENXIO)"
                        : "the FIFO cannot be opened");
    return fd;
}

static inline void request(int fd, const char *line)
{
    (void)write(fd, line, strlen(line)); /* a lost one will not be answered */
}

/* One client's whole visit to a server that has gone to sleep. */
static inline void visit(struct run *server, struct world *world,
                         const char *path, const char *line)
{
    run_wait_asleep(server, READS "," OPENS);
    int fd = meet(server, world, path);
    request(fd, line);
    (void)close(fd);
}

static inline void expect_answer(struct run *server, struct client *client,
                                 const char *answer)
{
    char expected[80], seen[680];

    run_wait_until(server, has_line, client, "the server answers the request");
    (void)snprintf(expected, sizeof(expected), "the answer \"%s\"", answer);
    (void)snprintf(seen, sizeof(seen), "the answer \"%.*s\"",
                   (int)strcspn(client->line, "\n"), client->line);
    must(server,
         strncmp(client->line, answer, strlen(answer)) == 0 &&
             strcmp(client->line + strlen(answer), "\n") == 0,
         expected, seen);
}

/* ---- A server ------------------------------------------------------------ */

/* Start it and wait until it is ready, and asleep: whether it was ready when it
 * said so is the matter of one test.  DELAY, "write=@go": it will be held
 * there as soon as the gate is closed. */
static inline struct run *
start_server(struct world *world, const char *const args[], const char *delay)
{
    world_open_gate(world, "go");
    struct run *server = launch(args, .world = world, .delay = delay);

    run_wait_line(server, RUN_STDOUT, "ready");
    run_wait_asleep(server, READS "," OPENS);
    return server;
}

/* PATH was made with mkfifo and has this mode. */
static inline void expect_mode(struct run *run, struct world *world,
                               const char *path, mode_t mode)
{
    char expected[80], seen[80] = "there is nothing of that name";
    struct stat about = {.st_mode = 0};

    if (fstatat(world_directory(world), path, &about, 0) == 0)
        (void)snprintf(seen, sizeof(seen), "a %s of mode %04o",
                       S_ISFIFO(about.st_mode) ? "FIFO" : "regular file",
                       (unsigned)about.st_mode & 07777);
    (void)snprintf(expected, sizeof(expected), "\"%s\" is a FIFO of mode %04o",
                   path, (unsigned)mode);
    must(run, about.st_mode == (S_IFIFO | mode), expected, seen);
}

/* A server that finds a regular file under its name. */
static inline void expect_refused(struct world *world)
{
    int fd =
        openat(world_directory(world), "f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    char kept[8] = "";

    request(fd, "keep\n");
    struct run *run =
        launch(ARGS("serve", "f"), .world = world, .native_only = true);
    expect_exit(run, 1);
    expect_error_line(run, "mkfifo: f: File exists");
    expect_that(run,
                pread(fd, kept, sizeof(kept), 0) == 5 &&
                    strcmp(kept, "keep\n") == 0 && exists(world, "f"),
                "the file is left as it was", "it was changed or removed");
    (void)close(fd);
}

/* What is no request, for want of a part or for its length, and then LINE: all
 * of it in one piece. */
static inline void send_rubbish(int fd, const char *line)
{
    char text[2100], many[2001];

    memset(many, 'x', sizeof(many));
    many[2000] = '\0';
    (void)snprintf(text, sizeof(text), "\n \nnoword\n%s\n%s", many, line);
    request(fd, text);
}

/* A client that fails with ERROR. */
static inline void expect_no_answer(struct run *ask, struct world *world,
                                    const char *path, int error)
{
    char name[40];

    (void)snprintf(name, sizeof(name), "%s.%d", path, (int)run_pid(ask));
    expect_exit(ask, 1);
    expect_error(ask, error);
    expect_that(ask, !exists(world, name), "the reply FIFO is removed",
                "\"%s\" is still there", name);
}

/* Descriptors that SERVER has open. */
static inline int count_fds(struct run *server, struct world *world)
{
    char path[40];
    int count = 0;

    if (probe_is_memcheck()) /* which has its own way to find lost ones */
        return 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)run_pid(server));
    struct bytes list = world_ask(world, ARGS("ls", path));
    for (size_t i = 0; i < list.size; i++)
        count += list.data[i] == '\n';
    return count;
}

/* ---- What the trace says ------------------------------------------------- */

/* Whether EVENT has opened PATH so that it can be read. */
static inline bool opens_for_reading(const struct trace_event *event,
                                     const char *path)
{
    bool at = strcmp(event->name, "openat") == 0;
    char name[300], flags[200];

    return trace_arg(event, at, name, sizeof(name)) &&
           strcmp(name, path) == 0 && event->error == NULL &&
           trace_arg(event, at + 1, flags, sizeof(flags)) &&
           strstr(flags, "O_WRONLY") == NULL;
}

/* The order of two system calls: luck has no part in it. */
static inline void expect_open_before_ready(struct run *server,
                                            const char *path)
{
    const struct trace *trace = run_trace(server);
    const struct trace_event *opened = NULL, *said = NULL;

    if (trace == NULL) /* memcheck */
        return;
    for (size_t i = 0; i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];
        if (event->kind != TRACE_CALL)
            continue;
        if (strncmp(event->name, "open", 4) == 0 && opened == NULL &&
            opens_for_reading(event, path))
            opened = event;
        if (strncmp(event->name, "write", 5) == 0 && said == NULL &&
            strstr(event->args, "\"ready\\n\""))
            said = event;
    }
    expect_that(server, !opened || !said || trace_before(opened, said),
                "the FIFO is open for reading before \"ready\" is said",
                "\"ready\" came first: a client that believed it met ENXIO");
}

/* How many children SERVER had waited for when it made its last one; INT_MAX
 * where there is nothing to blame: few children, or the kernel reaps them. */
static inline int count_reaped_early(const struct trace *trace)
{
    size_t last = 0;
    int children = 0, reaped = 0;

    for (size_t i = 0; i < trace->process_count; i++) {
        children +=
            trace->processes[i].parent == 0 && !trace->processes[i].thread;
        if (trace->processes[i].reaped_by_kernel)
            return INT_MAX;
    }
    for (size_t i = trace_find(trace, 0, "clone,clone3,fork,vfork", 0);
         i < trace->event_count;
         i = trace_find(trace, i + 1, "clone,clone3,fork,vfork", 0))
        last = i;
    for (size_t i = trace_find(trace, 0, "wait4,waitid", -1); i < last;
         i = trace_find(trace, i + 1, "wait4,waitid", -1))
        reaped += trace->events[i].error == NULL;
    return children < 4 ? INT_MAX : reaped;
}

/* How often ASK wrote to the FIFO "f"; 1 if we cannot tell. */
static inline int count_sends(struct run *ask)
{
    const struct trace *trace = run_trace(ask);
    long fd = -1;
    int count = 0;

    for (size_t i = 0; i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];
        char word[300];
        if (event->kind != TRACE_CALL || event->error)
            continue;
        if (strcmp(event->name, "openat") == 0 &&
            trace_arg(event, 1, word, sizeof(word)) &&
            strcmp(word, "\"f\"") == 0)
            fd = event->result;
        else if (strncmp(event->name, "write", 5) == 0 && fd != -1 &&
                 trace_arg(event, 0, word, sizeof(word)) && atol(word) == fd)
            count++;
    }
    return count == 0 ? 1 : count;
}

#endif
