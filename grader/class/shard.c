// SPDX-License-Identifier: MIT
/* shard.c - one task of a class under Slurm, on a node; see slurm.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "environment.h"
#include "extra.h"
#include "shared_files.h"
#include "slurm.h"
#include "text.h"

#define JOBS_MAX (64 * 1024 * 1024)

struct node {
    const struct shard *shard;
    struct toolchain toolchain;
};

/* ---- Whose job it is ----------------------------------------------------- */

static char *result_path(const struct node *node, const struct todo *job,
                         const char *ending)
{
    return xformat("%s/results/%s.%s", node->shard->directory, job->who,
                   ending);
}

static bool has_result(const struct node *node, const struct todo *job)
{
    char *json = result_path(node, job, "json");
    char *failed = result_path(node, job, "failed");
    bool has = access(json, F_OK) == 0 || access(failed, F_OK) == 0;

    free(failed);
    free(json);
    return has;
}

/* The task's share of the list in TEXT; `who` of each is its result's name. */
static void read_jobs(const struct node *node, char *text, struct todos *todos)
{
    const struct shard *shard = node->shard;
    char *line;

    for (int n = 0; (line = strsep(&text, "\n")) != NULL && *line; n++) {
        struct todo job = {.lab = NULL};
        char *hash = strsep(&line, " "), *lab = strsep(&line, " ");
        if (lab == NULL || line == NULL || strlen(hash) != HASH_SIZE - 1 ||
            n % shard->tasks != shard->task || !kit_has_lab(shard->kit, lab))
            continue;
        (void)stpcpy(job.hash, hash);
        job.lab = xstrdup(lab);
        job.who = xformat("%s-%s-%s", hash, lab, line);
        if (has_result(node, &job)) {
            free(job.lab);
            free(job.who);
        } else {
            *(struct todo *)grow(&todos->items, &todos->count, sizeof(job)) =
                job;
        }
    }
}

static int by_lab(const void *a, const void *b)
{
    return strcmp(((const struct todo *)a)->lab, ((const struct todo *)b)->lab);
}

/* Whether this node has, for every lab, the tools that results are wanted
 * of. */
static int check_tools(const struct node *node, const struct todos *todos)
{
    const struct shard *shard = node->shard;

    for (size_t i = 0; i < todos->count; i++) {
        const struct todo *job = &todos->items[i];
        if (i > 0 && strcmp(job->lab, todos->items[i - 1].lab) == 0)
            continue; /* the list is sorted: by_lab() */
        struct environment environment;
        char *tests = shard->extra_tests
                          ? xformat("%s/test_%s", shard->extra_tests, job->lab)
                          : NULL;
        const char *program = tests && access(tests, X_OK) == 0 ? tests : NULL;
        int status = environment_init(&environment, shard->kit,
                                      &node->toolchain, job->lab, program);
        bool same = status == 0 &&
                    strcmp(environment.digest,
                           job->who + HASH_SIZE + strlen(job->lab) + 1) == 0;
        environment_release(&environment);
        free(tests);
        if (status < 0)
            return -1;
        if (!same)
            return complain("this node has other tools than the one that asks: "
                            "%s",
                            node->toolchain.text);
    }
    return 0;
}

/* ---- The owner of the pool ----------------------------------------------- */

static char *load(void *data, const struct todo *job, size_t *size)
{
    const struct node *node = data;
    char *path = xformat("%s/files/%s", node->shard->directory, job->hash);
    char *content = shared_read(path, size);

    if (content == NULL)
        (void)complain("%s: not there; is the file system shared?", path);
    free(path);
    return content;
}

static int put(const struct node *node, const struct todo *job,
               const char *ending, const char *text)
{
    char *path = result_path(node, job, ending);
    int status = write_file(path, text, strlen(text), 0644);

    if (status < 0)
        (void)complain("%s: %s", path, strerror(errno));
    free(path);
    return status;
}

static int keep(void *data, const struct todo *job, const struct grade *grade,
                const char *json)
{
    (void)grade;
    return put(data, job, "json", json);
}

static int fail(void *data, const struct todo *job, const char *why)
{
    return put(data, job, "failed", why);
}

/* Lives until the job's own process ends. */
static const char *test_program(void *data, const char *lab)
{
    const struct node *node = data;

    if (node->shard->extra_tests == NULL)
        return NULL;
    char *path = xformat("%s/test_%s", node->shard->extra_tests, lab);
    if (access(path, X_OK) == 0)
        return path;
    free(path);
    return NULL;
}

/* ------------------------------------------------------------------------- */

static int run(struct node *node, char *list)
{
    const struct shard *shard = node->shard;
    struct todos todos = {0};
    const struct pool pool = {
        .kit = shard->kit,
        .jobs = shard->jobs,
        .level = shard->level,
        .test_program = test_program,
        .owner = {node, load, keep, fail},
    };

    read_jobs(node, list, &todos);
    if (todos.count > 0)
        qsort(todos.items, todos.count, sizeof(*todos.items), by_lab);
    int status = check_tools(node, &todos) < 0 ? 3 : pool_run(&pool, &todos);
    todos_release(&todos);
    return status;
}

int shard_run(const struct shard *shard)
{
    struct node node = {.shard = shard};
    char *path = xformat("%s/jobs", shard->directory);
    char *list = read_file(AT_FDCWD, path, JOBS_MAX, NULL);
    int status = 3;

    if (list == NULL)
        (void)complain("%s: %s; is the file system shared?", path,
                       strerror(errno));
    else
        status = toolchain_read(&node.toolchain, shard->level, -1);
    if (status == 0)
        status = run(&node, list);
    toolchain_release(&node.toolchain);
    free(list);
    free(path);
    return status;
}
