// SPDX-License-Identifier: MIT
/*
 * probe.h - one run of one program, observed: the only header of the probe
 * that a lab's tests include.
 *
 * A test launches the student's program in a private world (own pids, IPC
 * objects, files, network), plays its user, and then states what it expects.
 *
 *     Graded(pipe, upper_empty_eof, .points = 8, .step = "pipe.1",
 *            .description = "With empty input both processes end")
 *     {
 *         struct run *run = launch(ARGS("upper"));
 *
 *         expect_exit(run, 0);
 *         expect_output(run, LITERAL(""));
 *         expect_nothing_left(run);
 *     }
 *
 * Everything that launch() returns is freed by the probe when the test ends.
 * Functions here never return an error: what the grader itself cannot do ends
 * the test with the verdict "error", which is never the student's failure.
 *
 * The same test runs twice.  In the native pass the program is traced from
 * outside and every expectation counts.  In the memcheck pass the launches are
 * served under Valgrind and only its findings count: expect_*() then wait for
 * the end of the run and return whatever was seen.
 */
#ifndef PROBE_H
#define PROBE_H

#include <criterion/criterion.h>
#include <mqueue.h>
#include <stdbool.h>
#include <stddef.h>

#include "autopsy.h"
#include "trace.h"

/* ---- Graded tests ------------------------------------------------------ */

enum graded_visibility {
    GRADED_DEFAULT, /* a lab's tests are visible, an instructor's hidden */
    GRADED_VISIBLE,
    GRADED_HIDDEN,
    GRADED_AFTER_DUE_DATE, /* visible when the due date has passed */
};

/* What a grade needs to know of a test; it is written here and nowhere else. */
struct graded {
    int points;              /* 0 for a bonus test */
    const char *step;        /* "pipe.1": gap, hints' key, handout heading */
    const char *description; /* what a right program does, for the student */
    enum graded_visibility visibility; /* what the student's report shows */
};

#define Graded(lab, test, ...)                                                 \
    static void lab##_##test##_body(void);                                     \
    static struct graded lab##_##test##_graded = {__VA_ARGS__};                \
    Test(lab, test, .data = &lab##_##test##_graded)                            \
    {                                                                          \
        probe_test_begin();                                                    \
        lab##_##test##_body();                                                 \
        probe_test_end();                                                      \
    }                                                                          \
    static void lab##_##test##_body(void)

/* Once in the tests of a lab about System V objects or POSIX queues: in the
 * basic sandbox these are the host's, so that a verdict would be luck, and
 * every test ends with "error". */
#define NEEDS_FULL_SANDBOX                                                     \
    extern const bool lab_needs_full_sandbox;                                  \
    const bool lab_needs_full_sandbox = true;

/* Called by Graded() around the body of a test; tests do not call them. */
void probe_test_begin(void);
void probe_test_end(void);

/* ---- Bytes ------------------------------------------------------------- */

/* A run of bytes, NUL included; lives until the end of the test. */
struct bytes {
    const char *data;
    size_t size;
};

#define LITERAL(string) ((struct bytes){(string), sizeof(string) - 1})

#define MIB (1u << 20)
/* How much is to flow where the amount matters: 1 MiB; under Valgrind, where
 * each call costs so much more, what two pipes hold. */
#define BULK (probe_is_memcheck() ? MIB / 8 : MIB)

struct bytes text(const char *string);
/* SIZE pseudo-random bytes in which every value occurs (SIZE >= 256). */
struct bytes random_bytes(size_t size, unsigned seed);
/* Lines of WIDTH bytes, newline included, of letters and digits. */
struct bytes random_lines(size_t size, size_t width, unsigned seed);
bool bytes_equal(struct bytes a, struct bytes b);

/* ---- Launching --------------------------------------------------------- */

enum input_mode {
    INPUT_WHOLE,    /* written as fast as it is read, then closed */
    INPUT_FILE,     /* a regular file: every read gets what it asks for */
    INPUT_DRIBBLED, /* 1 to 7 bytes at a time, each read before the next */
    INPUT_HELD,     /* written, then kept open: nothing more will ever come */
    INPUT_FED,      /* kept open: the test calls run_feed(), run_end_input() */
    INPUT_NONE,     /* /dev/null */
    INPUT_CLOSED,   /* descriptor 0 is closed, as after `<&-` */
};

enum output_mode {
    OUTPUT_COLLECTED, /* a pipe that is always drained */
    OUTPUT_FILE,      /* a file: a write to it is never short */
    OUTPUT_FULL,      /* /dev/full: every write fails with ENOSPC */
    OUTPUT_BROKEN,    /* a pipe whose read end is closed: EPIPE, SIGPIPE */
    OUTPUT_HELD,      /* a pipe that is full: the first write waits until the
                         test calls run_read_output() */
};

/* For .ignored and .blocked: SIGNAL_BIT(SIGPIPE) | SIGNAL_BIT(SIGINT). */
#define SIGNAL_BIT(signal) (1ull << ((signal)-1))

struct launch_options {
    struct bytes input; /* standard input; empty: end-of-file at once */
    enum input_mode input_mode;
    enum output_mode output_mode;
    size_t output_bytes; /* > 0: what OUTPUT_COLLECTED takes, then closes, like
                            `| head -c N`: from then on it is broken */
    const char *inject;  /* strace -e inject=...; see run_was_injected() */
    const char *also_trace; /* more calls for the trace, "read,write,poll" */
    int short_io;        /* > 0: reads move at most so many bytes, writes half;
                            on streams, recv and send likewise */
    int eintr_every;     /* > 0: every N-th read, write, ... fails with EINTR;
                            so does who would wait for a lock on a file */
    const char *delay;   /* "poll=200,select=200": ms before these libc calls;
                            "semop@3=200": before the third; "semop_done": after.
                            "setlk@2": before the second lock on a file, however
                            it is asked for; "setlk_done", "getlk".
                            Asleep in rt_sigtimedwait; SIGCONT ends it.
                            "write=@go": held until the file "go" exists, see
                            RUN_HELD; "semctl_rmid": before an IPC_RMID, as with
                            shmctl and msgctl; the rest is in shim.c */
    const char *foreign; /* "m0,q3": this segment and this queue (ipcs(1)) are
                            somebody else's: C library calls that remove or
                            change them fail with EPERM */
    bool watch_handlers; /* its signal handlers: see expect_safe_handlers() */
    const char *umask;   /* "077": octal, as umask(1) takes it; NULL: 022 */
    size_t memory;       /* > 0: bytes of address space of a process, RLIMIT_AS;
                            0: 1 GiB.  Each thread takes 72 MiB or more of it:
                            a stack, and an arena of malloc(3) */
    int open_files;      /* > 0: how many descriptors a process may have open,
                            RLIMIT_NOFILE; native runs only */
    const char *fifo;    /* a FIFO that exists in the working directory */
    /* What the program finds at its start, as after `trap '' PIPE` in a shell;
     * all other signals have their default action and are not blocked. */
    unsigned long long ignored, blocked;
    const char *missing; /* a directory that the system lacks, "/bin": nothing
                            in it can be executed by that path (full sandbox
                            only; the links of /lib64 are needed to run) */
    struct world *world; /* run in this shared world: see make_world() */
    const char *tool;    /* start this program of the sandbox's instead */
    bool native_only;    /* do not repeat this run under memcheck */
    int blocked_s;       /* seconds asleep that count as blocked; 0: 10 */
    unsigned spin_ms;    /* CPU time without output that counts as spinning;
                            0: 2000.  More for programs that work in silence,
                            less for those that should do nothing but wait */
};

/* A list of strings for launch(): the program's arguments, without argv[0]. */
#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Start the student's program; returns at once.  See launch_options. */
#define launch(args, ...)                                                      \
    launch_program(args, &(struct launch_options){__VA_ARGS__})
struct run *launch_program(const char *const args[],
                           const struct launch_options *options);

/* ---- Several programs at once ------------------------------------------- */

struct world_options {
    const char *inject;     /* of all runs there, see launch_options */
    const char *also_trace; /* likewise */
    const char *untraced;   /* "semop,semtimedop": not followed, where there are
                               very many of them; a hang is proved all the same */
    const char *missing;    /* see launch_options */
};

/*
 * A world that several runs share: one working directory, one set of System V
 * objects, POSIX queues and process ids.  What a run leaves there stays until
 * world_end(), or the end of the test.  A run in it is judged to hang only
 * while the test waits for it, for the test may yet start what it waits for.
 * There can be one at a time, and no launch outside while it lasts.
 */
#define make_world(...) world_make(&(struct world_options){__VA_ARGS__})
struct world *world_make(const struct world_options *options);
/* Wait for its runs and close it. */
void world_end(struct world *world);
/* Its working directory, for openat(2) and the like; not to be closed. */
int world_directory(const struct world *world);
/* Make, or remove, the empty file NAME there: with .delay = "write=@NAME" a
 * program is held before each write(2) while there is none. */
void world_open_gate(const struct world *world, const char *name);
void world_close_gate(const struct world *world, const char *name);
/* What /dev/mqueue/NAME says (mq_overview(7)): "QSIZE:5  NOTIFY:0 ..."; NULL if
 * there is no such queue.  To be freed. */
char *world_queue(const struct world *world, const char *name);
/* A descriptor of queue NAME ("q", without the slash) for mq_send(3) and the
 * like, not blocking; to be closed.  A queue that does not exist is made, with
 * the system's default attributes. */
mqd_t world_open_queue(const struct world *world, const char *name);
/* A socket of the world's own network, AF_INET and TYPE (SOCK_STREAM,
 * SOCK_DGRAM, SOCK_NONBLOCK...), by which the test plays a client or a server:
 * connect(2) and bind(2) work there.  To be closed.  A run that waits for its
 * other end is never proved to be deadlocked, for the test may use it; it is
 * given up when it has slept for so long (blocked_s). */
int world_socket(struct world *world, int type);
/* The table /proc/sysvipc/TABLE ("shm", "sem", "msg") as the world's processes
 * see it, heading included (proc(5), sysvipc(7)); to be freed. */
char *world_table(const struct world *world, const char *table);
/* Run a program of the sandbox, such as ARGS("ipcs", "-q"), to its end: what it
 * wrote on its standard output; lives as long as the test.  It is searched for
 * in /kit/bin and /usr/bin; its failure is an error. */
struct bytes world_ask(struct world *world, const char *const args[]);

/* For .inject: every way to make a process. */
#define ALL_FORKS "?clone,?clone3,?fork,?vfork"

/* ---- Playing the user -------------------------------------------------- */

enum run_stream { RUN_STDOUT, RUN_STDERR };

/* INPUT_FED: write BYTES, waiting until the program has room for them. */
void run_feed(struct run *run, struct bytes bytes);
void run_end_input(struct run *run);
/* OUTPUT_HELD: read SIZE bytes of what the program writes (SIZE_MAX: from now
 * on whatever it writes), waiting until it has written them. */
void run_read_output(struct run *run, size_t size);
/* OUTPUT_COLLECTED: read no more, as if the reader had ended: what the program
 * writes from now on fails with EPIPE, or SIGPIPE kills it. */
void run_close_output(struct run *run);
/* Send SIGNAL to the program's first process. */
void run_signal(struct run *run, int signal);
/* Wait until STREAM holds LINE as a whole line; the test fails if the program
 * ends or hangs before. */
void run_wait_line(struct run *run, enum run_stream stream, const char *line);

/* ---- States -------------------------------------------------------------- */

/* Each of the first group waits; the test fails if the run ends or hangs before
 * it comes to that.  CALLS are such as "semop,semtimedop"; who waits for a file
 * because of .delay is in no call of its own, but is RUN_HELD. */
#define RUN_HELD "held"

/* Until a process of the run sleeps in one of CALLS. */
void run_wait_asleep(struct run *run, const char *calls);
/* Until run_is_still() is true. */
void run_wait_still(struct run *run);
/* Until DONE(DATA) is true, for want of WHAT ("the server registers") where it
 * never is.  DONE is asked every 2 ms, and may be asked again afterwards. */
void run_wait_until(struct run *run, bool (*done)(const void *),
                    const void *data, const char *what);

/* Wait until it sleeps in one of CALLS, or ends or hangs elsewhere; whether it
 * does sleep there. */
bool run_waits_in(struct run *run, const char *calls);

/* These say what is true now. */
bool run_has_ended(const struct run *run);
/* Whether a process of the run sleeps in one of CALLS. */
bool run_is_in(struct run *run, const char *calls);
/* Whether all its processes sleep until something happens, and not just for a
 * time, or are stopped; one that .delay holds counts, too.  Who goes round and
 * round in short sleeps is never still. */
bool run_is_still(struct run *run);
/* How many processes the run has that are in one of STATES ("Z": zombies;
 * "RSDTt": alive; proc(5)).  0 at its end. */
int run_count_processes(struct run *run, const char *states);
/* CPU time, in ms, that the run has used so far; 0 when it has ended. */
long run_cpu_ms(struct run *run);
/* Wait until no SIGNAL is pending for the run's first process: its handler has
 * begun, or a call has taken it.  The test fails if the run ends or hangs
 * before. */
void run_wait_taken(struct run *run, int signal);
/* The first process of the run, as its world numbers it (kill(2), /proc). */
pid_t run_pid(const struct run *run);

/* Stop the run's first process, as with ^Z, waiting until all its threads have
 * stopped; let it go on.  While a program is stopped, no run of its world is
 * said to be deadlocked. */
void run_stop(struct run *run);
void run_continue(struct run *run);
/* Both: the call that it sleeps in may then fail with EINTR (signal(7)). */
void run_interrupt(struct run *run);
/* Stop the run's other processes, those that its first has made, waiting until
 * all have stopped; let them go on.  Meanwhile run_is_still() is about those
 * that are not stopped. */
void run_stop_others(struct run *run);
void run_continue_others(struct run *run);
/* Kill them with SIGKILL, waiting until none of them is alive. */
void run_kill_others(struct run *run);

/* ---- What happened ----------------------------------------------------- */

enum run_end {
    RUN_RUNNING,
    RUN_EXITED,     /* the first process ended with exit or return */
    RUN_SIGNALED,   /* a signal that it or a relative caused ended it */
    RUN_DEADLOCKED, /* proved: no process can ever go on */
    RUN_BLOCKED,    /* at the deadline: asleep, but the proof is open */
    RUN_SPINNING,   /* used its CPU time up without coming to an end */
    RUN_SLOW,       /* at the deadline: still getting somewhere */
    RUN_FLOODED,    /* wrote more output than any right program would */
    RUN_GREEDY,     /* took more memory or processes than it may */
};

/* What launch() was given, NULL-terminated. */
const char *const *run_args(const struct run *run);
/* All of these wait for the end of the run. */
enum run_end run_end(struct run *run);
int run_exit_status(struct run *run); /* 0..255, 128+N for signal N, or -1 */
struct bytes run_output(struct run *run);
struct bytes run_errors(struct run *run);
const struct trace *run_trace(struct run *run);     /* NULL under memcheck */
const struct autopsy *run_autopsy(struct run *run); /* NULL unless it hung */
/* Whether the injection asked for took place: a program that reaches its goal
 * by another call escapes it, and is then judged without it. */
bool run_was_injected(struct run *run);
/* Whether this is the memcheck pass. */
bool probe_is_memcheck(void);

/* ---- Expectations ------------------------------------------------------ */

/* Each waits for the end of the run and ends the test where it is not met. */
void expect_exit(struct run *run, int status);
void expect_output(struct run *run, struct bytes expected);
void expect_errors(struct run *run, struct bytes expected);
/* Exactly one line of the form "PROG: anything: strerror(ERROR)" on stderr. */
void expect_error(struct run *run, int error);
/* Some line on stderr is LINE. */
void expect_error_line(struct run *run, const char *line);
/* No process outlives the first one, and each child was waited for. */
void expect_no_children_left(struct run *run);
/* That, and no file, System V object or POSIX queue is left behind. */
void expect_nothing_left(struct run *run);
/* With .watch_handlers: its signal handlers called no function that is not
 * async-signal-safe (signal-safety(7)); of malloc(3), stdio(3) and the like
 * they are seen to, in all its own processes. */
void expect_safe_handlers(struct run *run);
/* Likewise: each left errno as it had found it. */
void expect_errno_kept(struct run *run);
/* No regular file was created on the way either. */
void expect_no_files_created(struct run *run);
/* CONDITION holds; otherwise EXPECTED and the printf-style SEEN are shown. */
void expect_that(struct run *run, bool condition, const char *expected,
                 const char *seen, ...) __attribute__((format(printf, 4, 5)));

/* ---- Misconceptions ---------------------------------------------------- */

/* In what is seen where all of it is the beginning of what was expected. */
#define EXPECT_CUT_SHORT "right as far as they go"
/* What is expected where something is left behind. */
#define EXPECT_ALL_WAITED_FOR "every child is waited for"
#define EXPECT_NO_PROCESS     "no process outlives the program"

/* What a failed expectation leaves for the diagnosis. */
struct failure {
    const char *test;
    struct run *run;
    enum failure_kind {
        FAILED_END, /* hang, flood, ...: it did not end as it should */
        FAILED_STATUS,
        FAILED_OUTPUT,
        FAILED_ERRORS,
        FAILED_LEFTOVERS,
        FAILED_FILES,
        FAILED_OTHER,
    } kind;
    const char *expected;
    const char *seen;
};

/*
 * A misconception has a name.  A lab's table is searched in order, the most
 * specific first; the first entry whose TESTS name the failed test (NULL: any)
 * and whose WHEN is true is shown.  SENTENCE may hold {process}, {call}, {fd},
 * {object}, {holder}, {holder_fd} (of its first holder): filled from *WAIT,
 * which WHEN sets to the blocked call that it recognised.
 */
struct misconception {
    const char *id;
    const char *tests; /* "upper_small upper_1mib", or NULL */
    bool (*when)(const struct failure *, const struct autopsy_wait **wait);
    const char *sentence;
};

/* Defined once per lab, in labs/LAB/misconceptions.c; ends with a NULL id. */
extern const struct misconception lab_misconceptions[];

#endif
