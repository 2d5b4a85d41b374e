// SPDX-License-Identifier: MIT
/*
 * pool.h - independent jobs, a process for each, some at the same time.
 *
 * A job that breaks, or whose grade has an error of ours, is tried once more;
 * it never stops the others.  A process that is killed takes its jobs with it
 * and leaves nothing.
 */
#ifndef CLASS_POOL_H
#define CLASS_POOL_H

#include "gradebook.h"
#include "grade.h"

/* What a job is about and what becomes of it; all are called in the process
 * that called pool_run().  Those that return an int return -1, after a message,
 * to stop the pool. */
struct pool_owner {
    void *data;
    /* The content behind the job's hash, to be freed; NULL after a message. */
    char *(*load)(void *data, const struct todo *job, size_t *size);
    /* A grade; JSON is its text. */
    int (*keep)(void *data, const struct todo *job, const struct grade *grade,
                const char *json);
    /* It broke twice. */
    int (*fail)(void *data, const struct todo *job, const char *why);
};

struct pool {
    const struct kit *kit;
    int jobs;  /* at the same time */
    int level; /* enum sandbox_level */
    /* The test program of the lab; NULL: the kit's own.  May be NULL. */
    const char *(*test_program)(void *data, const char *lab);
    struct pool_owner owner;
};

/* Do all TODOS.  0; 3 where the owner stopped it; 128+N if signal N arrived: no
 * job is left running then.  worker_prepare() must have been called. */
int pool_run(const struct pool *pool, const struct todos *todos);

#endif
