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
#include <limits.h>
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

/* For the worlds in which a loop may look again and again: its sleeps, and all
 * the calls that wait and may have a time limit. */
#define SLEEPS "?nanosleep,?clock_nanosleep"
#define WAITS                                                                  \
    SLEEPS ",?rt_sigtimedwait,?poll,?ppoll,?select,?pselect6,?epoll_wait,"     \
           "?epoll_pwait,?epoll_pwait2"

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

/* The time limit of a sleep that is logged as EVENT, in ms; -1 if it has none,
 * or one that we cannot tell, such as a point in time. */
static long limit_ms(const struct trace_event *event)
{
    static const struct {
        const char *calls;
        int arg;
    } limits[] = {{"nanosleep", 0},
                  {"clock_nanosleep,rt_sigtimedwait,poll,ppoll", 2},
                  {"epoll_wait,epoll_pwait,epoll_pwait2", 3},
                  {"select,pselect6", 4}};
    char word[64];
    long secs, parts;

    for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
        if (strstr(limits[i].calls, event->name) == NULL)
            continue;
        if (strstr(event->args, "TIMER_ABSTIME") != NULL ||
            trace_arg(event, limits[i].arg, word, sizeof(word)) == NULL ||
            strcmp(word, "NULL") == 0)
            return -1;
        if (sscanf(word, "{tv_sec=%ld, tv_%*[nu]sec=%ld", &secs, &parts) == 2)
            return secs * 1000 + (parts > 0);
        return strtol(word, NULL, 10);
    }
    return -1;
}

/* In the trace of a run with WAITS: the first process never slept for less than
 * SHORTEST_MS at a time, to look again then. Who does not wait at all, with a
 * limit of 0, has just looked. */
static void expect_long_sleeps(struct run *run, long shortest_ms,
                               const char *expected)
{
    const struct trace *trace = run_trace(run);
    size_t i = 0;

    while (trace && (i = trace_find(trace, i, NULL, -1)) < trace->event_count) {
        const struct trace_event *event = &trace->events[i++];
        long ms = limit_ms(event);
        expect_that(run,
                    trace->processes[event->process].leader != 0 || ms <= 0 ||
                        ms >= shortest_ms,
                    expected, "it called %s(%s), to look again then",
                    event->name, event->args);
    }
}

#define expect_sleep(run)                                                      \
    expect_long_sleeps(run, LONG_MAX, "it sleeps until something happens")

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

/* Of the values FROM to TO each fifth is FROM again. */
static int value(int i, int from)
{
    return i % 5 ? i : from;
}

/* SIGRTMIN with COUNT of the values that begin with FROM; AT is the first. */
static void queue_some(struct world *world, struct run *run, int from, int at,
                       int count)
{
    static char words[128][16];
    const char *args[128] = {"sigqueue", words[0], "0"};

    (void)snprintf(words[0], sizeof(*words), "%d", (int)run_pid(run));
    for (int i = 0; i < count; i++) {
        (void)snprintf(words[3 + i], sizeof(*words), "%d", value(at + i, from));
        args[3 + i] = words[3 + i];
    }
    (void)world_ask(world, args);
}

static void queue_values(struct world *world, struct run *run, int from, int to)
{
    queue_some(world, run, from, from, to - from + 1);
}

/* VALUES_MAX values, of as many characters as an int can have, a hundred at a
 * time: how many signals may be pending is limited (RLIMIT_SIGPENDING), and so
 * is what a pipe of the program to itself holds. */
#define FIRST_OF_ALL (-2000000000)
#define LAST_OF_ALL  (FIRST_OF_ALL + 999)

static void queue_all(struct world *world, struct run *run)
{
    for (int at = FIRST_OF_ALL; at < LAST_OF_ALL; at += 100) {
        queue_some(world, run, FIRST_OF_ALL, at, 100);
        run_wait_taken(run, SIGRTMIN);
        run_wait_still(run);
    }
}

/* What a tally prints; the values as queue_values() sends them. */
static void expect_tally(struct run *run, int usr1, int usr2, int from, int to)
{
    char *expected = malloc(64 + 12 * (size_t)(to - from + 1));
    int size;

    cr_assert_not_null(expected);
    size = sprintf(expected, "ready %d\nUSR1=%d USR2=%d RT=", (int)run_pid(run),
                   usr1, usr2);
    for (int i = from; i <= to; i++)
        size += sprintf(expected + size, "%s%d", i > from ? "," : "",
                        value(i, from));
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

#define ENDED_IS_WAITED_FOR                                                    \
    "a child that has ended is waited for while another one still runs"

#define HOLD_CHILDREN "child_1=@1,child_2=@2,child_3=@3,child_4=@4,child_5=@5"

struct family {
    struct run *run;
    int count; /* with the parent, and with zombies */
};

static bool has_shrunk(const void *data)
{
    const struct family *family = data;

    return run_has_ended(family->run) ||
           run_count_processes(family->run, "RSDTtZ") <= family->count;
}

/* Of five children, all of which are held, the third is the last to end:
 * whoever waits for them in the order of their birth, or the other way round,
 * comes to it before others.  One ends at a time, so each has a SIGCHLD. */
static void end_all_but_third(const struct world *world, struct run *run)
{
    static const char *const gates[] = {"1", "5", "2", "4"};

    for (int i = 0; i < 4; i++) {
        world_open_gate(world, gates[i]);
        run_wait_until(run, has_shrunk, &(struct family){run, 5 - i},
                       ENDED_IS_WAITED_FOR);
    }
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

/* How many processes it has made, threads not counted. */
static int count_made(struct run *run)
{
    const struct trace *trace = run_trace(run);
    int count = 0;

    for (size_t i = 0; trace && i < trace->process_count; i++)
        count += trace->processes[i].own_child && !trace->processes[i].thread;
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
                     .input_mode = INPUT_NONE, .blocked_s = 20,
                     .also_trace = "?timer_settime", NATIVE);
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

/* The mask called KEY in lines of /proc/PID/status; all bits if there is none.
 * Signals 32 and 33 are left out: the C library's own, signal(7). */
static unsigned long long mask(struct bytes lines, const char *key)
{
    const char *found = strstr(lines.data, key);

    return found ? strtoull(found + strlen(key), NULL, 16) &
                       ~(SIGNAL_BIT(32) | SIGNAL_BIT(33))
                 : ~0ull;
}

#endif
