// SPDX-License-Identifier: MIT
/*
 * trace.h - the log of `strace -f -o FILE`, as a typed list of events.
 *
 * strace runs outside the sandbox, so nothing inside can forge what it wrote.
 * The log's first column holds pids of the host, the results of clone(2) pids
 * of the sandbox; the parser pairs them, so that everything here is told in
 * the pids that the program itself saw.
 */
#ifndef PROBE_TRACE_H
#define PROBE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum trace_kind {
    TRACE_CALL,    /* a system call, finished or not */
    TRACE_SIGNAL,  /* --- SIGCHLD {...} --- */
    TRACE_STOPPED, /* --- stopped by SIGSTOP --- */
    TRACE_EXITED,  /* +++ exited with 3 +++ */
    TRACE_KILLED,  /* +++ killed by SIGKILL +++ */
};

/* Of a process that is killed by SIGKILL within a call, strace may log a result
 * that never was: mistrust the last one before TRACE_KILLED. */
struct trace_event {
    enum trace_kind kind;
    int process;       /* index into trace.processes */
    const char *name;  /* "pipe2"; for signals "SIGCHLD"; "exited" */
    const char *args;  /* raw, without the outer parentheses; "" if none */
    bool finished;     /* a result was seen */
    long result;       /* of the call; exit status; number of the signal */
    const char *error; /* "EAGAIN", or NULL where the call did not fail;
                          "ERESTARTSYS" and the like: a signal broke it off,
                          and the kernel begins it again or returns EINTR */
    bool injected;
    bool delayed;
    size_t begun; /* line of the entry: smaller is earlier */
    size_t ended; /* line of the result; SIZE_MAX if it never came */
    /* Only where strace was told to log them (-ttt, -T and -k): microseconds
     * since the Epoch, 0 if unknown; and the stack at the result, innermost
     * frame first, as so many strings one behind the other (all but the first
     * begin with " > "). */
    int64_t begun_us, ended_us;
    const char *stack;
    size_t stack_lines;
};

struct trace_process {
    pid_t host_pid;      /* first column */
    pid_t pid;           /* in the sandbox; 0 if it could not be paired */
    int parent;          /* index, or -1: started by the sandbox's init */
    bool thread;         /* shares its parent's process (CLONE_THREAD) */
    const char *program; /* path of its last successful execve, inherited */
    bool own_code;       /* runs the student's program, not a command */
    bool ended;
    int exit_status;       /* 0..255, or -1 */
    int killed_by;         /* number of the signal, or 0 */
    bool waited_for;       /* wait4 or waitid returned its pid, after its end */
    int leader;            /* index of the process that a thread belongs to; of
                              itself if it is no thread */
    bool stopped;          /* the last line that the log has of it says so */
    bool own_child;        /* made by a process that then had own_code */
    bool reaped_by_kernel; /* SIGCHLD was ignored, or SA_NOCLDWAIT set, in its
                              parent when it ended */
};

struct trace {
    struct trace_event *events;
    size_t event_count;
    struct trace_process *processes; /* of the program only: no init, bwrap;
                                        in the order of their creation */
    size_t process_count;
    char *text; /* what the strings above point into */
};

/*
 * Parse the SIZE bytes of a log at TEXT (copied).  PROGRAM is the path with
 * which the sandbox's init executes the student's program: a process belongs
 * to the trace from its own or an ancestor's successful execve of it, that
 * call included.  The log of a run that goes on may be parsed, too: a last
 * line without a newline counts as the beginning of a call (strace is still
 * waiting for its result) or not at all.
 */
struct trace *trace_parse(const char *text, size_t size, const char *program);
void trace_free(struct trace *trace);
/*
 * Take from the SIZE bytes of a log at TEXT, or of a part of one, in place,
 * times, names of descriptors (-y, -yy) and stacks (-k).  The new size; TEXT
 * must have room for a NUL behind it.
 */
size_t trace_reduce(char *text, size_t size);
/* Keep only the family of the program that init started as process ROOT: where
 * several programs share a sandbox, the log holds them all. */
void trace_keep_family(struct trace *trace, pid_t root);

/* Leave out processes whose program's path ends with ENDING, as if they had not
 * been made.  They must have no children. */
void trace_forget(struct trace *trace, const char *ending);

/*
 * The first event at or after index FROM that is a call named in NAMES
 * ("pipe,pipe2"; NULL: any), by PROCESS (-1: any).  Returns its index, or
 * trace->event_count.
 */
size_t trace_find(const struct trace *trace, size_t from, const char *names,
                  int process);
/* How many such calls succeeded (those that do not return, never do). */
size_t trace_count(const struct trace *trace, const char *names, int process);
/* A happened before B: A's result was logged before B was entered. */
bool trace_before(const struct trace_event *a, const struct trace_event *b);
/* The N-th argument (from 0) of a call, trimmed, copied into BUFFER; nested
 * brackets, braces and strings are one argument.  NULL if there is none. */
const char *trace_arg(const struct trace_event *event, int n, char *buffer,
                      size_t size);
/* The index of the process or thread with sandbox pid PID, or -1. */
int trace_process_by_pid(const struct trace *trace, pid_t pid);
/*
 * Children (no threads) of the student's code that nobody waited for, though
 * they or their parent ended, when SIGCHLD was not ignored: the index of the
 * first at or after FROM, or process_count.  A child whose pid is unknown is
 * not counted.  A parent that was killed from outside had no chance to wait:
 * the answer counts only where the program came to its own end.
 */
size_t trace_unwaited(const struct trace *trace, size_t from);
/* A call was seen that arms a timer which /proc does not show: alarm,
 * setitimer, timer_create, timerfd_settime, SO_RCVTIMEO, SO_SNDTIMEO. */
bool trace_has_timer(const struct trace *trace);
/* How often SIGNAL was delivered to process PID, in any of its threads; what it
 * took by sigtimedwait(2) or signalfd(2) is not counted. */
size_t trace_deliveries(const struct trace *trace, pid_t pid, int signal);
/* The first that handlers.c has told of KIND: "printf SIGUSR1" of "unsafe",
 * "SIGCHLD" of "errno"; NULL if there is none.  To be freed. */
char *trace_handler_fault(const struct trace *trace, const char *kind);
/* The last stop of process PID, which goes on; NULL. */
const struct trace_event *trace_stop(const struct trace *trace, pid_t pid);
/* The last line that the log holds of host pid PID is "stopped by". */
bool trace_is_stopped(const struct trace *trace, pid_t host_pid);

#endif
