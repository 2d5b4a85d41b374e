// SPDX-License-Identifier: MIT
/*
 * slurm.h - the same jobs on the machines of a Slurm cluster.
 *
 * Needed are sbatch, squeue and scancel, and one file system for all: what is
 * to be graded and what came out of it are files below one directory,
 *
 *     jobs                   a line for each: HASH LAB ENVIRONMENT
 *     files/HASH             what was handed in
 *     results/HASH-LAB-ENVIRONMENT.json     a grade
 *     results/HASH-LAB-ENVIRONMENT.failed   or why there is none
 *     log-N.txt              what task N said
 *     array                  Slurm's number of the array that is at work
 *
 * A task grades every TASKS-th job that has no result yet, so that a lost node
 * costs a second submission and nothing else.  The environment in the name
 * keeps out what a node with other tools would say.
 */
#ifndef CLASS_SLURM_H
#define CLASS_SLURM_H

#include "pool.h"

struct slurm {
    const struct kit *kit;
    sqlite3 *book;
    const char *directory;   /* absolute, on the shared file system */
    const char *extra_tests; /* directory of test programs; NULL: none */
    const char *level;       /* name of the sandbox level */
    int tasks;
    int jobs; /* of a task at the same time; 0: one a processor of it */
    const struct argv *regrade; /* labs of which no old result is taken */
    struct pool_owner owner;    /* `load` of it is not called */
};

/* Submit TODOS as a job array and hand every result over as it appears.  An
 * array of a caller that was killed is cancelled before, and its grades are
 * handed over first.
 * Returns as pool_run() does; a signal cancels the array. */
int slurm_run(const struct slurm *slurm, const struct todos *todos);

/* One task, on a node. */
struct shard {
    const struct kit *kit;
    const char *directory, *extra_tests;
    int level, task, tasks, jobs;
};

/* Grade what is the task's.  0, 3 after a message, 128+N. */
int shard_run(const struct shard *shard);

#endif
