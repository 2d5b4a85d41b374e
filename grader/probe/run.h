// SPDX-License-Identifier: MIT
/*
 * run.h - the inside of `struct run`: one launch, from its start to the
 * evidence that stays of it.
 */
#ifndef PROBE_RUN_H
#define PROBE_RUN_H

#include <stdint.h>
#include <stdio.h>

#include "memcheck.h"
#include "probe.h"
#include "snapshot.h"
#include "world.h"

struct buffer {
    char *data;
    size_t size;
};

/* What stayed behind in the sandbox, as lines for a reader. */
struct leftovers {
    char **lines;
    size_t count;
};

struct run {
    struct run *next; /* all runs of the test, for the pump */
    struct launch_options options;
    char **args;
    struct world *world;          /* NULL once the evidence is taken */
    const char *inject, *missing; /* of its world, see world_options */
    char *program;                /* its path inside the sandbox */
    pid_t pid;
    bool memcheck;
    bool tool; /* not the student's program: nothing of it is judged */

    /* Descriptors of the tester; -1 when closed. */
    int input_fd, output_fd, errors_fd;
    char input_target[96]; /* "pipe:[123]": what the proof must know of it */
    char output_target[96], errors_target[96];
    struct bytes input;  /* not yet written */
    bool input_promised; /* nothing more will be written */
    struct buffer fed;   /* by run_feed(); for who tells of it */
    bool input_ended;    /* by run_end_input() */
    struct buffer output, errors;
    size_t output_filler; /* OUTPUT_HELD: bytes that fill the pipe, ours... */
    size_t output_quota;  /* ...and how many of the program's may be read */

    enum run_end end;
    bool finished;       /* the evidence is taken */
    bool was_killed;     /* by the test: run_signal(SIGKILL) */
    bool others_killed;  /* by the test: run_kill_others() */
    bool stopped;        /* by the test, which will let it go on... */
    bool others_stopped; /* ...all but its first process */
    bool differs;        /* under memcheck: not the status or output expected */
    int status;          /* wait(2) status, where it ended by itself */
    int64_t began_ms, ended_ms;

    /* Watching. */
    int64_t progress_ms;                      /* last time that bytes moved */
    unsigned long long progress_ticks, ticks; /* CPU at that time, and now */
    unsigned long long progress_world_ticks, world_ticks; /* of all there */
    int64_t traced_since_ms; /* the progress_ms for which... */
    off_t traced_before;     /* ...strace's log had this size */
    int64_t check_ms;        /* time of the next look at /proc */
    int interval_ms;         /* ...and the distance to the one after */
    unsigned process_count;
    /* Looks at it, those that found every process asleep, and how many of
     * these came last. */
    unsigned looks, resting_looks, resting_in_a_row;

    /* Evidence. */
    struct trace *trace;
    struct autopsy *autopsy;
    struct leftovers leftovers;
    bool process_left; /* one of them is a process */
    struct memcheck_log *findings;
};

/* All runs of the current test. */
extern struct run *probe_runs;
/* The one whose end, or whose doing, the test now waits for; or NULL.  In a
 * shared world only that one can hang: the test may yet do something for the
 * others. */
extern struct run *probe_awaited;
/* A world with OPTIONS, native or leased; none may be shared at the time. */
struct world *world_for(const struct world_options *options);
/* Close the shared worlds that the test has not ended; their runs must have
 * finished. */
void shared_worlds_end(void);
/* The session as which RUN began; 0 where it has its world for itself. */
pid_t run_session(const struct run *run);
/* What kill(2) is to be given to reach all of RUN: its group where it shares
 * the world, or, without a pid namespace, all the user's processes. */
pid_t run_group(const struct run *run);
/* Whether THREAD of RUN's world is RUN's: where the world is shared, those of
 * the session that it began as. */
bool run_owns(const struct run *run, const struct snapshot_thread *thread);

/* Drive all runs until UNTIL(RUN, data) is true of RUN, or RUN has ended. */
void pump_until(struct run *run, bool (*until)(struct run *, const void *),
                const void *data);
/* The same, where UNTIL is about more than bytes: asked every 2 ms. */
void pump_poll_until(struct run *run, bool (*until)(struct run *, const void *),
                     const void *data);
/* Whether RUN is awaited for a state, or a line, that it has reached by now: a
 * program that sleeps where the test wants it to has not hung. */
bool pump_is_reached(struct run *run);
/* Drive RUN to its end and take the evidence; may be called again. */
void run_finish(struct run *run);
/* Look at the processes of RUN now; sets its end if it hangs. */
void watch(struct run *run);
/* Read what strace has written so far into run->trace; of all programs in the
 * world, for one may wait for the other.  It stays as it is under memcheck. */
void run_read_trace(struct run *run);
/* Add to SNAPSHOT, for the autopsy, the IPC objects of RUN's world. */
void objects_add(struct run *run, struct snapshot *snapshot);
/* The memory of the shared segments of RUN's world, attached or not: without a
 * process it counts for none. */
unsigned long objects_shared_kb(const struct run *run);
/* What is left in the world of RUN. */
void leftovers_find(struct run *run);
/* How RUN can be repeated in a shell; to be freed. */
char *run_shell(const struct run *run);
/* "--ignore-signal=PIPE,INT ", as env(1) takes OPTION; nothing without
 * SIGNALS. */
void story_signals(FILE *out, const char *option, unsigned long long signals);
/* "was killed by SIGPIPE", "exited with status 1", ...; to be freed. */
char *run_story(const struct run *run);

#endif
