// SPDX-License-Identifier: MIT
/* tool.c - a command run in the sandbox; see tool.h. */
#include "tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"
#include "worker.h"

int tool_prepare(const struct sandbox *sandbox)
{
    char *filter = xformat("%s/filter.bpf", sandbox->stage);
    int status = access(filter, R_OK) == 0
                     ? 0
                     : sandbox_write_filter(filter, sandbox->level);

    if (status < 0)
        (void)complain("%s: %s", filter, strerror(errno));
    free(filter);
    return status;
}

/* Whether it was the sandbox that failed and not the command. */
static bool sandbox_failed(const struct process_result *result)
{
    static const char *const names[] = {"bwrap: ", "confine: "};

    for (size_t i = 0; i < LENGTH(names); i++)
        if (strncmp(result->output, names[i], strlen(names[i])) == 0) {
            (void)complain("cannot start the sandbox: %.*s; see ipclab doctor",
                           (int)strcspn(result->output, "\n"), result->output);
            return true;
        }
    return false;
}

int tool_run(const struct sandbox *sandbox, const struct process *process,
             struct process_result *result)
{
    struct process wrapped = *process;
    struct argv argv = {0};
    int filter_fd;

    if (sandbox_command(&argv, sandbox, &filter_fd) < 0) {
        argv_release(&argv);
        return complain("%s/filter.bpf: %s", sandbox->stage, strerror(errno));
    }
    sandbox_end_options(&argv);
    argv_add_all(&argv, process->argv);
    wrapped.argv = (const char *const *)argv.items;
    wrapped.directory = sandbox->writable;
    int status = process_run(&wrapped, result);
    if (status < 0)
        (void)complain("cannot run %s: %s; see ipclab doctor", argv.items[0],
                       strerror(errno));
    if (filter_fd >= 0)
        (void)close(filter_fd);
    argv_release(&argv);
    if (status == 0 && sandbox_failed(result)) {
        process_result_release(result);
        return -1;
    }
    return status;
}

struct alone {
    const struct stage *stage;
    int level;
    const struct process *process;
};

/* In the worker. */
static int run_alone(int out_fd, void *data)
{
    const struct alone *alone = data;
    char *directory = xformat("%s/build", alone->stage->path);
    enum sandbox_level level = alone->level < 0
                                   ? sandbox_best_level(NULL, 0)
                                   : (enum sandbox_level)alone->level;
    const struct sandbox sandbox = {.level = level,
                                    .stage = alone->stage->path,
                                    .writable = directory,
                                    .no_proc = true};
    struct process_result result;
    int status = tool_prepare(&sandbox);

    if (status == 0)
        status = tool_run(&sandbox, alone->process, &result);
    if (status == 0) {
        const char *name = alone->process->argv[0];
        if (result.timed_out || result.status >= 128)
            status =
                complain("%s: stopped: it took too much time or memory", name);
        else
            status = write_fully(out_fd, result.output, result.size);
        process_result_release(&result);
    }
    free(directory);
    return status < 0 ? 3 : 0;
}

int tool_run_alone(const struct stage *stage, int level,
                   const struct process *process, char **output, size_t *size)
{
    struct alone alone = {stage, level, process};

    return worker_run(run_alone, &alone, NULL, output, size);
}
