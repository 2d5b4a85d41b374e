// SPDX-License-Identifier: MIT
/* record.c - keeps the runs of a test for `ipclab show`; see record.h. */
#include "record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"
#include "text.h"
#include "verdict.h"

/* Enough for strace to write a line for each process; nothing is judged by it.
 */
#define WAKE_MS     2000
#define OUTPUT_HEAD 4000
#define LOG_MAX     (1u << 30)

void record_add_options(struct argv *argv)
{
    argv_add_all(
        argv, (const char *[]){"-s", "512", "-ttt", "-T", "-yy", "-k", NULL});
}

/* ---- Runs --------------------------------------------------------------- */

static void save(const char *name, const char *data, size_t size)
{
    char *path = xformat("%s/%s", probe_setting()->record, name);

    if (write_file(path, data, size, 0644) < 0)
        (void)fprintf(stderr, "probe: %s: %s\n", path, strerror(errno));
    free(path);
}

static json_t *json_holder(const struct autopsy_holder *holder)
{
    return json_pack("{s:i, s:i, s:s, s:b, s:b}", "pid", (int)holder->pid, "fd",
                     holder->fd, "name", holder->name, "itself",
                     holder->who == WHO_ITSELF, "blocked",
                     (int)holder->blocked);
}

static json_t *json_wait(const struct autopsy_wait *wait)
{
    char *object = text_utf8(wait->object_name, strlen(wait->object_name));
    json_t *holders = json_array();
    json_t *json = json_pack(
        "{s:i, s:s, s:b, s:b, s:i, s:s, s:i, s:i, s:o}", "pid", (int)wait->pid,
        "call", wait->call, "reads", (int)wait->reads, "timed",
        (int)wait->timed, "fd", wait->fd, "object", object, "id",
        wait->semaphore.known ? wait->semaphore.id : -1, "num",
        wait->semaphore.known ? wait->semaphore.num : -1, "holders", holders);

    for (size_t i = 0; i < wait->holder_count; i++)
        (void)json_array_append_new(holders, json_holder(&wait->holders[i]));
    free(object);
    return json;
}

static json_t *json_waits(const struct autopsy *autopsy)
{
    json_t *waits = json_array();

    for (size_t i = 0; autopsy && i < autopsy->count; i++)
        (void)json_array_append_new(waits, json_wait(&autopsy->waits[i]));
    return waits;
}

static json_t *json_lines(const struct autopsy *autopsy)
{
    json_t *lines = json_array();

    for (size_t i = 0; autopsy && i < autopsy->line_count; i++) {
        char *line = text_utf8(autopsy->lines[i], strlen(autopsy->lines[i]));
        (void)json_array_append_new(lines, json_string(line));
        free(line);
    }
    return lines;
}

static int64_t epoch_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now); /* strace's clock */
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* A signal that ends who is not prepared for it: the call that it interrupts
 * returns first, and strace logs from where it was made. */
static void wake(struct run *run)
{
    struct snapshot now;
    int64_t deadline = now_ms() + WAKE_MS;
    size_t left = 1;

    world_kill(run->world, run_group(run), SIGVTALRM);
    while (left > 0 && now_ms() < deadline) {
        left = 0;
        if (snapshot_take(&now, run->world->fds[SERVER_PROC],
                          run->world->init_pid,
                          run->world->sandbox.level == SANDBOX_BASIC) < 0)
            return;
        for (size_t i = 0; i < now.count; i++)
            left +=
                run_owns(run, &now.threads[i]) && now.threads[i].state != 'Z';
        snapshot_release(&now);
        if (left > 0)
            (void)usleep(2000); /* between two looks */
    }
}

static json_t *json_head(const struct buffer *output)
{
    char *text =
        text_utf8(output->data ? output->data : "",
                  output->size < OUTPUT_HEAD ? output->size : OUTPUT_HEAD);
    json_t *json = json_string(text);

    free(text);
    return json;
}

/* The FIFOs of WORLD that were there when a run began, or ended, by the paths
 * that its processes give them: an open(2) of one looks like that of a file. */
static json_t *fifos;

static bool is_known(const char *path)
{
    json_t *known;
    size_t i;

    json_array_foreach(fifos, i, known)
    {
        if (strcmp(json_string_value(known), path) == 0)
            return true;
    }
    return false;
}

static void note_fifos(const struct world *world)
{
    int fd = openat(world_directory(world), ".", O_RDONLY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (fifos == NULL)
        fifos = json_array();
    while (dir && (entry = readdir(dir)) != NULL) {
        if (entry->d_type != DT_FIFO)
            continue;
        char *name = text_utf8(entry->d_name, strlen(entry->d_name));
        char *path = xformat(
            "%s/%s", world->directory ? world->directory : "/work", name);
        if (!is_known(path))
            (void)json_array_append_new(fifos, json_string(path));
        free(path);
        free(name);
    }
    if (dir)
        (void)closedir(dir);
    else if (fd >= 0)
        (void)close(fd);
}

void record_begin(const struct run *run)
{
    note_fifos(run->world);
}

void record_run(struct run *run)
{
    static unsigned serial;
    bool hung = run->end > RUN_SIGNALED;
    char *shell = run_shell(run), *story = run_story(run);
    char *clean = text_utf8(shell, strlen(shell));
    char *name = xformat("%u.%u.json", run->world->serial, serial++);

    note_fifos(run->world);
    json_t *json = json_pack(
        "{s:s, s:s, s:b, s:b, s:i, s:I, s:o, s:o, s:o, s:O, s:I}", "shell",
        clean, "story", story, "hung", (int)hung, "tool", (int)run->tool, "pid",
        (int)run->pid, "hung_us", (json_int_t)(hung ? epoch_us() : 0), "output",
        json_head(&run->output), "waits", json_waits(run->autopsy), "lines",
        json_lines(run->autopsy), "fifos", fifos, "ignored",
        (json_int_t)run->options.ignored);
    char *text = json_dumps(json, JSON_INDENT(1));

    if (text)
        save(name, text, strlen(text));
    if (hung)
        wake(run);
    free(text);
    json_decref(json);
    free(name);
    free(clean);
    free(story);
    free(shell);
}

void record_world(const struct world *world)
{
    size_t size;
    char *name = xformat("%u.strace", world->serial);
    char *text = read_file(AT_FDCWD, world->trace_path, LOG_MAX, &size);

    if (text)
        save(name, text, size);
    free(text);
    free(name);
}
