// SPDX-License-Identifier: MIT
/* slurm.c - submitting jobs to Slurm and taking their results; see slurm.h. */
#include "slurm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db.h"
#include "process.h"
#include "shared_files.h"
#include "text.h"
#include "worker.h"

#define POLL_MS   500
#define COMMAND_S 60
/* Looks at a queue that does not answer: two minutes. */
#define SILENT_MAX 240
/* The second for what a lost node has left. */
#define SUBMITS 2

/* ---- Slurm's commands ---------------------------------------------------- */

/* Run ARGV; its first line of output, to be freed, or NULL after a message. */
static char *ask(const struct argv *argv)
{
    const struct process process = {
        .argv = (const char *const *)argv->items,
        .wall_s = COMMAND_S,
        .output_max = 65536,
    };
    struct process_result result;

    if (process_run(&process, &result) < 0) {
        (void)complain("cannot run %s: %s; --slurm needs Slurm's commands",
                       argv->items[0], strerror(errno));
        return NULL;
    }
    char *line = xstrndup(result.output, strcspn(result.output, "\n"));
    if (result.status != 0) {
        (void)complain("%s: %s", argv->items[0],
                       *line ? line : "it failed without saying why");
        free(line);
        line = NULL;
    }
    process_result_release(&result);
    return line;
}

/* The command of each task: sbatch(1) makes a shell script of it. */
static char *task_command(const struct slurm *slurm)
{
    char *program = kit_path(slurm->kit, "build/ipclab");
    char *words[] = {shell_quote(program), shell_quote(slurm->directory),
                     slurm->extra_tests ? shell_quote(slurm->extra_tests)
                                        : NULL};
    char *jobs =
        slurm->jobs > 0 ? xformat(" --jobs %d", slurm->jobs) : xstrdup("");
    char *command = xformat(
        "exec %s shard %s \"$SLURM_ARRAY_TASK_ID\" %d --sandbox %s%s%s%s",
        words[0], words[1], slurm->tasks, slurm->level, jobs,
        words[2] ? " --extra-tests " : "", words[2] ? words[2] : "");

    free(jobs);
    for (size_t i = 0; i < LENGTH(words); i++)
        free(words[i]);
    free(program);
    return command;
}

/* Submit the array; its id, to be freed, or NULL after a message. */
static char *submit(const struct slurm *slurm)
{
    struct argv argv = {0};
    char *command = task_command(slurm);

    argv_add_all(&argv, (const char *const[]){"sbatch", "--parsable",
                                              "--job-name=ipclab", NULL});
    argv_addf(&argv, "--array=0-%d", slurm->tasks - 1);
    argv_addf(&argv, "--output=%s/log-%%a.txt", slurm->directory);
    argv_addf(&argv, "--chdir=%s", slurm->directory);
    argv_addf(&argv, "--wrap=%s", command);
    char *id = ask(&argv);
    if (id)
        id[strcspn(id, ";")] = '\0'; /* "ID;CLUSTER" */
    argv_release(&argv);
    free(command);
    return id;
}

static void cancel(const char *id)
{
    struct argv argv = {0};

    /* Its name, too: Slurm may have begun to count anew. */
    argv_add_all(&argv,
                 (const char *const[]){"scancel", "--name=ipclab", id, NULL});
    free(ask(&argv)); /* it has said what is wrong */
    argv_release(&argv);
}

/* Whether the array ID still has a task: 1, 0; -1 if squeue does not tell.  It
 * fails for an array that Slurm has forgotten already. */
static int is_queued(const char *id)
{
    const char *const words[] = {"squeue", "-h", "-j", id, "-o", "%T", NULL};
    const struct process process = {
        .argv = words, .wall_s = COMMAND_S, .output_max = 65536};
    struct process_result result;

    if (process_run(&process, &result) < 0)
        return -1;
    int queued = result.status == 0                        ? result.size > 0
                 : strstr(result.output, "Invalid job id") ? 0
                                                           : -1;
    process_result_release(&result);
    return queued;
}

/* ---- Results ------------------------------------------------------------- */

/* Whether there is a result of the job at PATH, taken or not; COMPLETE: such a
 * grade alone is a result. */
static int take(const struct slurm *slurm, const struct todo *todo,
                const char *path, bool complete)
{
    const struct pool_owner *owner = &slurm->owner;
    char why[160] = "";
    char *json_path = xformat("%s.json", path);
    char *failed_path = xformat("%s.failed", path);
    size_t size = 0;
    char *json = shared_read(json_path, &size);
    char *failed = json || complete ? NULL : shared_read(failed_path, &size);
    struct grade *grade =
        json ? grade_from_json(json, size, why, sizeof(why)) : NULL;
    bool counts = !complete || (grade && grade->complete);
    int status = counts && (json || failed) ? 1 : 0;

    if (status > 0 && grade && owner->keep(owner->data, todo, grade, json) < 0)
        status = -1;
    else if (status > 0 && grade == NULL &&
             owner->fail(owner->data, todo, failed ? failed : why) < 0)
        status = -1;
    grade_free(grade);
    free(failed);
    free(json);
    free(failed_path);
    free(json_path);
    return status;
}

/* Take all results that are new; how many jobs have none yet, -1. */
static int take_all(const struct slurm *slurm, const struct todos *todos,
                    bool *taken)
{
    int left = 0;

    for (size_t i = 0; i < todos->count; i++) {
        if (taken[i])
            continue;
        char *path =
            shared_result(slurm->book, slurm->directory, &todos->items[i]);
        int status = take(slurm, &todos->items[i], path, false);
        free(path);
        if (status < 0)
            return -1;
        taken[i] = status > 0;
        left += !taken[i];
    }
    return left;
}

/* Until the array ID has ended.  How many jobs have no result; -1, or
 * -(128+N). */
static int follow(const struct slurm *slurm, const char *id,
                  const struct todos *todos, bool *taken)
{
    int silent = 0, left, signal_number = 0;

    for (;;) {
        int queued = is_queued(id); /* before the look at the results */
        silent = queued < 0 ? silent + 1 : 0;
        left = take_all(slurm, todos, taken);
        if (left <= 0 || queued == 0)
            break;
        if (silent > SILENT_MAX) {
            (void)complain("squeue does not answer; run the same command "
                           "again when it does");
            return -1;
        }
        struct pollfd fd = {.fd = worker_signal_fd(), .events = POLLIN};
        if (poll(&fd, 1, POLL_MS) > 0 && (signal_number = worker_signal())) {
            cancel(id);
            return -(128 + signal_number);
        }
    }
    return left;
}

/* ---- What an earlier time left --------------------------------------------
 */

/* Until the array ID has ended: 0; -1 after a message, or -(128+N). */
static int wait_for_end(const char *id)
{
    int queued = 1, signal_number;

    for (int looks = 0; looks < SILENT_MAX && queued != 0; looks++) {
        struct pollfd fd = {.fd = worker_signal_fd(), .events = POLLIN};
        if ((queued = is_queued(id)) == 0)
            return 0;
        if (poll(&fd, 1, POLL_MS) > 0 && (signal_number = worker_signal()))
            return -(128 + signal_number);
    }
    return complain("array %s of an earlier run does not end; scancel it and "
                    "run the same command again",
                    id);
}

/* Take the grades that nobody has taken.  Why there is none, or not all of one,
 * is asked again. */
static int take_old(const struct slurm *slurm, const struct todos *todos,
                    bool *taken)
{
    for (size_t i = 0; i < todos->count; i++) {
        const struct todo *todo = &todos->items[i];
        bool again = false;
        for (size_t j = 0; j < slurm->regrade->count; j++)
            again |= strcmp(slurm->regrade->items[j], todo->lab) == 0;
        char *path = shared_result(slurm->book, slurm->directory, todo);
        int status = again ? 0 : take(slurm, todo, path, true);
        free(path);
        if (status < 0)
            return -1;
        taken[i] = status > 0;
    }
    return 0;
}

/* If the array of a caller that was killed is still there, end it, for its jobs
 * are these, and take what it has done. 0, -1 after a message, or -(128+N). */
static int end_old(const struct slurm *slurm, const struct todos *todos,
                   bool *taken)
{
    char *id = shared_array(slurm->directory);
    int status = 0;

    if (id == NULL)
        return 0;
    if (is_queued(id) > 0)
        cancel(id);
    status = wait_for_end(id);
    if (status == 0)
        status = take_old(slurm, todos, taken);
    free(id);
    return status;
}

/* ------------------------------------------------------------------------- */

/* Submit all that is not TAKEN, and follow it.  How many jobs have no result;
 * -1, or -(128+N). */
static int submit_and_follow(const struct slurm *slurm,
                             const struct todos *todos, bool *taken)
{
    char *id = submit(slurm);

    if (id == NULL)
        return -1;
    int left = shared_set_array(slurm->directory, id);
    if (left < 0)
        cancel(id);
    else
        left = follow(slurm, id, todos, taken);
    /* One that may still be at work stays known. */
    if (left != -1 && shared_set_array(slurm->directory, NULL) < 0)
        left = -1;
    free(id);
    return left;
}

static int run(const struct slurm *slurm, const struct todos *todos,
               bool *taken)
{
    int left = end_old(slurm, todos, taken);

    for (size_t i = 0; left >= 0 && i < todos->count; i++)
        left += !taken[i];
    if (left == 0)
        left = shared_set_array(slurm->directory, NULL);
    if (left > 0 &&
        shared_write(slurm->book, slurm->directory, todos, taken) < 0)
        left = -1;
    for (int i = 0; i < SUBMITS && left > 0; i++)
        left = submit_and_follow(slurm, todos, taken);
    if (left < 0)
        return left < -128 ? -left : 3;
    for (size_t i = 0; left > 0 && i < todos->count; i++)
        if (!taken[i] &&
            slurm->owner.fail(slurm->owner.data, &todos->items[i],
                              "no task gave a result for this machine's tools: "
                              "see the logs in slurm/") < 0)
            return 3;
    return 0;
}

int slurm_run(const struct slurm *slurm, const struct todos *todos)
{
    if (todos->count == 0)
        return 0;
    bool *taken = xcalloc(todos->count, sizeof(*taken));
    int status = run(slurm, todos, taken);
    free(taken);
    return status;
}
