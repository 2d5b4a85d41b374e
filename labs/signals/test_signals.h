// SPDX-License-Identifier: MIT
/*
 * test_signals.h - what the tests of the signals lab hold up, send and look
 * for. Signals come in races, and no race here is left to luck: the program is
 * held at the call before which a signal hurts most (RUN_HELD), stopped, sent
 * the signal, and let go.
 */
#ifndef TEST_SIGNALS_H
#define TEST_SIGNALS_H

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

#define NATIVE .native_only = true

/* CPU time of a program that has nothing to do but wait, and far more: who
 * takes that long looks again and again. */
#define POLLS_MS 300

/* A time limit that no test comes to, in seconds. */
#define NEVER "600"

/* Before the first call that waits for a signal: after the look at the flag,
 * if there is one. */
#define HOLD_WAITS                                                             \
    "pause@1=@go,sigsuspend@1=@go,sigwait@1=@go,poll@1=@go,select@1=@go,"      \
    "epoll@1=@go"

/* For the worlds in which a loop may look again and again. */
#define SLEEPS "?nanosleep,?clock_nanosleep"

#define signals(world_, args, ...)                                             \
    launch(args, .world = world_, .input_mode = INPUT_NONE,                    \
           .spin_ms = POLLS_MS, ##__VA_ARGS__)

static bool is_still_or_ended(const void *run)
{
    return run_is_still((struct run *)run) || run_has_ended(run);
}

/* Until nothing happens any more, one way or the other: a right program may
 * have come to its end. */
static void wait_still_or_ended(struct run *run)
{
    run_wait_until(run, is_still_or_ended, run,
                   "it sleeps until something happens");
}

/* ---- tally --------------------------------------------------------------- */

/* Start a tally and wait for its "ready PID". */
static struct run *start_tally(struct world *world, const char *delay,
                               bool watch)
{
    char line[32];
    struct run *run =
        signals(world, ARGS("tally"), .delay = delay, .watch_handlers = watch);

    (void)snprintf(line, sizeof(line), "ready %d", (int)run_pid(run));
    run_wait_line(run, RUN_STDOUT, line);
    return run;
}

/* SIGNAL so many times, the next when the one before has been taken: two that
 * are pending at a time are one. */
static void signal_spaced(struct run *run, int signal, int count)
{
    for (int i = 0; i < count; i++) {
        run_signal(run, signal);
        run_wait_taken(run, signal);
    }
}

/* SIGRTMIN with the values FROM to TO, and each time FROM again. */
static void queue_values(struct world *world, struct run *run, int from, int to)
{
    static char words[64][16];
    const char *args[64] = {"sigqueue", words[0], "0"};
    int n = 3;

    (void)snprintf(words[0], sizeof(*words), "%d", (int)run_pid(run));
    for (int i = from; i <= to; i++, n++) {
        (void)snprintf(words[n], sizeof(*words), "%d", i % 5 ? i : from);
        args[n] = words[n];
    }
    (void)world_ask(world, args);
}

/* What a tally prints; the values as queue_values() sends them. */
static void expect_tally(struct run *run, int usr1, int usr2, int from, int to)
{
    char *expected = malloc(1024);
    int size;

    cr_assert_not_null(expected);
    size = sprintf(expected, "ready %d\nUSR1=%d USR2=%d RT=", (int)run_pid(run),
                   usr1, usr2);
    for (int i = from; i <= to; i++)
        size += sprintf(expected + size, "%s%d", i > from ? "," : "",
                        i % 5 ? i : from);
    (void)sprintf(expected + size, "\n");
    expect_output(run, text(expected));
    expect_exit(run, 0);
}

/* ---- reap ---------------------------------------------------------------- */

static bool are_children_over(const void *data)
{
    struct run *run = (struct run *)(uintptr_t)data;

    return run_count_processes(run, "RSDTt") <= 1 || run_has_ended(run);
}

/* Zombies, or gone, if their parent does not want to know: the parent, which is
 * stopped, is the last that lives. */
static void wait_children_over(struct run *run)
{
    run_wait_until(run, are_children_over, run, "the children end");
}

/* Nobody of the student's code sleeps in wait(2): WNOHANG is in every call. */
static void expect_no_blocking_wait(struct run *run)
{
    const struct trace *trace = run_trace(run);
    size_t i = 0;

    while (trace && (i = trace_find(trace, i, "wait4,waitid", -1)) <
                        trace->event_count) {
        const struct trace_event *event = &trace->events[i++];
        expect_that(run, strstr(event->args, "WNOHANG") != NULL,
                    "reap never sleeps in wait(2): SIGCHLD tells when",
                    "it called %s(%s), which waits", event->name, event->args);
    }
}

/* ---- pingpong ------------------------------------------------------------ */

static void expect_turns(struct run *run, int n)
{
    char *expected = malloc((size_t)n * 24 + 1), *at = expected;

    cr_assert_not_null(expected);
    *at = '\0';
    for (int i = 1; i <= n; i++)
        at += sprintf(at, "ping %d\npong %d\n", i, i);
    expect_output(run, text(expected));
    expect_exit(run, 0);
    expect_no_children_left(run);
}

#define SENDS                                                                  \
    "kill,tkill,tgkill,pidfd_send_signal,rt_sigqueueinfo,rt_tgsigqueueinfo"

/* How many signals the student's code has sent. */
static int count_sent(struct run *run)
{
    const struct trace *trace = run_trace(run);
    size_t i = 0;
    int count = 0;

    while (trace &&
           (i = trace_find(trace, i, SENDS, -1)) < trace->event_count) {
        const struct trace_event *event = &trace->events[i++];
        count +=
            trace->processes[event->process].own_code && event->error == NULL;
    }
    return count;
}

/* ---- timeout ------------------------------------------------------------- */

/*
 * Run CMD, a script that says "ready" when it is prepared for the end of its
 * time, with limits that grow until it is: a script that has been slower than
 * its time has shown nothing.
 */
static struct run *run_script(const char *grace, const char *script)
{
    static const char *const limits[] = {"0.4", "2", "8"};
    struct run *run = NULL;

    for (int i = 0; i < 3; i++) {
        run = launch(ARGS("timeout", limits[i], grace, "sh", "-c", script),
                     .input_mode = INPUT_NONE, .blocked_s = 20, NATIVE);
        if (strncmp(run_output(run).data, "ready", 5) == 0)
            break;
    }
    return run;
}

/* CMD, which is alone with its parent, has ended, or has a session of its own,
 * and is then not seen to be the run's. */
static bool has_ended_or_left(const void *data)
{
    struct run *run = (struct run *)data;

    return run_count_processes(run, "Z") > 0 ||
           run_count_processes(run, "RSDTt") < 2;
}

/* It ran out of time, said OUTPUT, and nobody is left. */
static void expect_timed_out(struct run *run, const char *output)
{
    expect_exit(run, 124);
    expect_output(run, text(output));
    expect_nothing_left(run);
}

/* The mask called KEY in lines of /proc/PID/status; -1 if there is none. The
 * signals from 32 on are left out: the C library's own. */
static long long mask(struct bytes lines, const char *key)
{
    const char *found = strstr(lines.data, key);

    return found ? strtoll(found + strlen(key), NULL, 16) & 0x7fffffff : -1;
}

#endif
