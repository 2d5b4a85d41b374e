// SPDX-License-Identifier: MIT
/*
 * trace_private.h - what the parts of the trace parser share: the log with
 * every process in it, those of the sandbox's own making included.
 *
 * trace.c turns lines into events, trace_forks.c and trace_pair.c find out who
 * is whose child and under which pid, trace_tree.c follows the student's
 * program through fork and exec and keeps what belongs to it, trace_query.c
 * answers questions.
 */
#ifndef PROBE_TRACE_PRIVATE_H
#define PROBE_TRACE_PRIVATE_H

#include "trace.h"

#define TRACE_NEVER SIZE_MAX /* a line or an event that did not come */

/* One host pid, from its first line to its last. */
struct trace_task {
    struct trace_process process;
    size_t first_line;
    size_t end_line; /* of "+++ exited", or TRACE_NEVER */
    size_t pending;  /* the event of an unfinished call, or TRACE_NEVER */
    pid_t anchor;    /* its sandbox pid as it was told by the kernel, or 0 */
    int fork;        /* index of the fork that made it, or -1 */
    bool superseded; /* another thread's execve made it go on */
    bool outside;    /* its own calls speak of host pids */
    /* Trace_tree.c: the state while the log is replayed. */
    bool begun;
    bool member;
    bool ignores_children; /* SIGCHLD is SIG_IGN; counts in the leader */
    bool no_zombies;       /* SA_NOCLDWAIT; counts in the leader */
    size_t nameless_waits; /* waitid(2) without a place for the answer */
};

/* One call of the fork family that made, or may have made, a process. */
struct trace_fork {
    size_t event;
    size_t begun;
    int caller;      /* task */
    bool outside;    /* its result is a host pid */
    pid_t child_pid; /* its result, or 0 if that was never seen */
    int child;       /* task, or -1 */
    bool thread;
    bool new_pids;     /* CLONE_NEWPID */
    size_t death_line; /* first line to report the child's death */
    int death_status;  /* exit status, minus the signal, or INT_MIN */
};

struct trace_log {
    struct trace *trace;
    struct trace_task *tasks;
    size_t task_count;
    int *slots; /* hash table: host pid to 1 + its latest task */
    size_t slot_count;
    int64_t now_us; /* of the present line */
    size_t last;    /* the event of the line before, or TRACE_NEVER */
    char *spare;    /* room in trace->text for strings made of two lines */
    struct trace_fork *forks; /* as they were called */
    size_t fork_count;
    int *order;  /* tasks as they were created */
    int *by_pid; /* forks with a child_pid: inside first, by pid, by line */
    size_t by_pid_count;
};

/* The latest task with HOST_PID, or -1. */
int trace_task_find(const struct trace_log *log, pid_t host_pid);
/* "SIGCHLD..." as a number; 0 if it is none. */
int trace_signal_number(const char *name);
/*
 * Past the string or comment that begins at P, else past one character;
 * *DEPTH counts brackets.  P must not be at the end.
 */
const char *trace_scan(const char *p, int *depth);
/*
 * Past the name of a descriptor that begins at P, "<pipe:[123]>", as -y and -yy
 * make strace write it; names of devices hold such a pair of their own, those
 * of sockets an arrow within brackets.
 */
const char *trace_skip_name(const char *p);
/* Fill forks, order and by_pid; pair what was made outside the sandbox. */
void trace_note_forks(struct trace_log *log);
/* TASK is FORK's child. */
void trace_pair_one(struct trace_log *log, struct trace_fork *fork, int task);
/* Fill the tasks' fork, and with it their pid, parent and thread. */
void trace_pair(struct trace_log *log);
/* The fork that made the process called PID at LINE, or NULL; OUTSIDE says
 * whose pids are meant. */
struct trace_fork *trace_fork_by_pid(const struct trace_log *log, bool outside,
                                     pid_t pid, size_t line);
/* The number behind KEY in ARGS ("si_pid="), or -1. */
long trace_number_after(const char *args, const char *key);
/* Fill trace->processes and reduce trace->events to theirs. */
void trace_select(struct trace_log *log, const char *program);

#endif
