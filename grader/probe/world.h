// SPDX-License-Identifier: MIT
/*
 * world.h - one sandbox and its first process, as a test holds it.
 *
 * In the native pass a world is run under strace.  A launch, or those that
 * share it, have it for themselves, but it was there before, where it could be
 * left as it was found: see lending.h.  The memcheck pass leases the one that
 * the lender keeps running under Valgrind.
 */
#ifndef PROBE_WORLD_H
#define PROBE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lending.h"
#include "sandbox.h"
#include "server.h"
#include "snapshot.h"

/*
 * What strace follows: processes, descriptors, IPC objects, timers.  The rest
 * runs at full speed (--seccomp-bpf), reading and writing above all: a program
 * that moves 1 MiB byte by byte is slow, not wrong.  strace stops a new process
 * or thread at every call, whatever the filter says, up to its first call that
 * is followed (20 us each, by strace 6.1): set_robust_list, which the C library
 * makes at once in both, ends that.  "?" lets strace pass over what an
 * architecture lacks.
 */
#define TRACED_CALLS                                                           \
    "?execve,?execveat,?clone,?clone3,?fork,?vfork,?wait4,?waitid,?pipe,?"     \
    "pipe2,"                                                                   \
    "?dup,?dup2,?dup3,?fcntl,?socketpair,?socket,?open,?openat,?openat2,?"     \
    "creat,"                                                                   \
    "?mknod,?mknodat,?memfd_create,?kill,?tkill,?tgkill,?pidfd_send_signal,"   \
    "?rt_sigqueueinfo,?rt_tgsigqueueinfo,"                                     \
    "?alarm,?setitimer,?timer_create,?timerfd_settime,?setsockopt,"            \
    "?rt_sigaction,?restart_syscall,?set_tid_address,?set_robust_list,"        \
    "?shmget,?shmat,?shmdt,"                                                   \
    "?shmctl,?semget,"                                                         \
    "?semop,?semtimedop,?semctl,?msgget,?msgsnd,?msgrcv,?msgctl,?mq_open,"     \
    "?mq_unlink,?mq_timedsend,?mq_timedreceive,?mq_notify"

/* A machine that needs longer to start or end a sandbox is out of order. */
#define SANDBOX_DEADLINE_MS 120000

struct world {
    struct sandbox sandbox;
    unsigned serial; /* of this test's own ones, or of the lender's */
    bool memcheck;
    pid_t pid;      /* of strace, or of Valgrind */
    pid_t init_pid; /* of the server, as /proc of the sandbox shows it */
    int control_fd;
    int log_fd;          /* memcheck: what Valgrind writes; else -1 */
    int lease;           /* the connection of what is lent; else -1 */
    int fds[SERVER_FDS]; /* opened inside: see server.h */
    char *trace_path;    /* native: strace's log */
    off_t trace_head;    /* its size before this lease */
    char *directory;     /* basic level: what the runs have as "." */
    char *program;       /* path of the student's program, inside */
    const char *inject;  /* what strace injects, or NULL */
    struct server_message *reports; /* received while waiting for a reply */
    size_t report_count;
    char *log; /* what was read from log_fd since the lease began */
    size_t log_size;
};

/* The pass, stage and sandbox that the environment of a test names. */
struct probe_setting {
    enum { PASS_LIST, PASS_NATIVE, PASS_MEMCHECK } pass;
    const char *lab, *stage, *results, *lease;
    const char *hide;   /* see struct sandbox; NULL: nothing */
    const char *record; /* directory for record.h; NULL: nothing is kept */
    /* For the bench, from IPCLAB_WITHOUT="proof,server": what it would cost to
     * wait for time-outs, and to start Valgrind for each launch. */
    bool without_proof, without_server;
    bool repeat; /* IPCLAB_REPEAT: see repeat.h */
    enum sandbox_level level;
};

const struct probe_setting *probe_setting(void);

/*
 * Open a world.  TRACED is strace's list of calls, INJECT its injection or
 * NULL, MISSING a directory that it is not to have (sandbox.h) or NULL.  These
 * functions end the test with "error" where they cannot do it.
 */
struct world *world_open(const char *traced, const char *inject,
                         const char *missing);
/* Lease the memcheck world. */
struct world *world_lease(void);
/* Ask the first process for what is in world->fds; done where worlds open. */
void world_say_hello(struct world *world);
/* Kill and reap everything, remove IPC objects and files, close; frees WORLD.
 * Returns the complete log of strace, to be freed; NULL under memcheck. */
char *world_close(struct world *world, size_t *trace_size);
/* The log of strace so far, to be freed; NULL if there is none. */
char *world_trace(const struct world *world, size_t *trace_size);
/* Whether strace sleeps in wait4(2): it has dealt with all that it was told. */
bool world_tracer_is_idle(const struct world *world);

struct world_start {
    const char *const *args; /* without argv[0] */
    const char *const *env;  /* more variables: "NAME=VALUE" */
    int fds[3];              /* become 0, 1 and 2; remain the caller's */
    const char *tool;        /* path of another program to start; NULL */
    bool closed_input;
    uint64_t ignored, blocked; /* signals; bit N - 1 is signal N */
    mode_t umask;
    struct server_limits limits;
};

/* Start the student's program, or START->tool; its pid in the sandbox. */
pid_t world_start(struct world *world, const struct world_start *start);
void world_kill(struct world *world, pid_t pid, int signal);
/* Fill in what semaphore->num of set semaphore->id is like now; false if there
 * is none that the server may look at. */
bool world_semaphore(struct world *world, struct snapshot_semaphore *semaphore);
/* A socket of TYPE in the sandbox's network, close-on-exec; the caller's. */
int world_give_socket(struct world *world, int type);
/* The next report, if there is one; false if not. */
bool world_receive(struct world *world, struct server_message *report);
/* Kill and reap all processes: Valgrind's logs are complete after it. */
void world_sweep(struct world *world);

/* Read what Valgrind has written so far into world->log; does not block. */
void world_drain_log(struct world *world);

/* ---- For the lender, too ------------------------------------------------- */

struct world_tracing {
    const char *calls;          /* strace's list */
    const char *inject;         /* its injection, or NULL */
    const char *path;           /* of its log */
    const char *const *options; /* more; NULL: those of a test */
};

/* Start strace, and under it SANDBOX with its init: the pid of the former, and
 * our end of the control socket, the caller's; or -1 with errno. */
pid_t world_spawn(const struct sandbox *sandbox,
                  const struct world_tracing *tracing, int *control_fd);
struct sandbox world_sandbox(const struct probe_setting *setting);
/* The log of what the lender started as SERIAL; to be freed. */
char *world_lent_trace(const struct probe_setting *setting, unsigned serial);

/*
 * The `start` of lending_serve(): the student's program under Valgrind, as a
 * server, or a sandbox whose calls WHAT strace follows.  DATA is a struct
 * probe_setting; called in the lender, not in tests.
 */
int world_start_lent(struct lent *lent, const char *what, void *data);

#endif
