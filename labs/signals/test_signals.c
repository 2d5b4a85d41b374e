// SPDX-License-Identifier: MIT
/*
 * test_signals.c - the tests of the signals lab, as the autograder runs them.
 *
 * Each test starts `signals` as a user would and judges what it printed, how
 * it ended, which processes are left. How signals are received is the
 * program's own affair; that they are what the two of pingpong tell each other
 * is asked once, and so is that reap does not sleep in wait(2).
 *
 * Run one of them with `make signals TEST=reap_all`.
 */
#include "test_signals.h"

/* ---- signals.1: tally ---------------------------------------------------- */

/* The disk is full; or there is nobody any more who would read the tally. */
static void expect_write_checked(struct world *world)
{
    struct run *run = signals(world, ARGS("tally"), .output_mode = OUTPUT_FULL);

    wait_still_or_ended(run);
    run_signal(run, SIGTERM);
    expect_exit(run, 1);
    expect_error(run, ENOSPC);

    run = signals(world, ARGS("tally"), .ignored = SIGNAL_BIT(SIGPIPE));
    run_wait_still(run);
    run_close_output(run);
    run_signal(run, SIGTERM);
    expect_exit(run, 1);
    expect_error(run, EPIPE);
}

Graded(signals, tally_spaced, .points = 8, .step = "signals.1",
       .description = "tally counts each signal from \"ready\" on; no signal "
                      "kills it; a line that cannot be written is an error")
{
    struct world *world = make_world(.also_trace = SLEEPS);
    /* It has said "ready", and gets no further until there is `go`. */
    struct run *run = start_tally(world, "line_done@1=@go", false);

    if (!probe_is_memcheck())
        run_signal(run, SIGUSR1);
    world_open_gate(world, "go");
    if (!probe_is_memcheck()) {
        run_wait_taken(run, SIGUSR1);
        signal_spaced(run, SIGUSR1, 4);
        signal_spaced(run, SIGUSR2, 3);
        run_wait_still(run);
    }
    run_signal(run, SIGTERM);
    if (probe_is_memcheck()) {
        expect_tally(run, 0, 0, 1, 0);
        return;
    }
    expect_tally(run, 5, 3, 1, 0);
    expect_write_checked(world);
}

Graded(signals, tally_rt_queue, .points = 12, .step = "signals.1",
       .description = "Every value that was sent with SIGRTMIN is collected, "
                      "in order, also those that SIGTERM overtakes, and all "
                      "of VALUES_MAX")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_world(.also_trace = WAITS);
    struct run *run = start_tally(world, NULL, false);

    run_wait_still(run);
    run_stop(run);
    queue_values(world, run, -7, 20);
    run_continue(run);
    run_wait_taken(run, SIGRTMIN);
    run_wait_still(run);
    run_signal(run, SIGTERM);
    expect_tally(run, 0, 0, -7, 20);

    run = start_tally(world, NULL, false);
    run_wait_still(run);
    run_stop(run);
    queue_values(world, run, 100, 120);
    run_signal(run, SIGTERM); /* whose number is lower */
    run_continue(run);
    expect_tally(run, 0, 0, 100, 120);

    run = start_tally(world, NULL, false);
    queue_all(world, run);
    run_signal(run, SIGTERM);
    expect_tally(run, 0, 0, FIRST_OF_ALL, LAST_OF_ALL);
    expect_sleep(run);
}

Graded(signals, tally_burst, .points = 8, .step = "signals.1",
       .description = "Signals that come all at once, at the worst moment, do "
                      "no harm: handlers do only what is safe in them")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_world(.also_trace = SLEEPS);
    struct run *run = start_tally(world, HOLD_WAITS, true);

    /* All come when it is about to sleep. What comes a second time while it is
     * still pending is not queued: signal(7). */
    run_wait_still(run);
    run_stop(run);
    for (int i = 0; i < 100; i++)
        run_signal(run, i % 2 ? SIGUSR1 : SIGUSR2);
    queue_values(world, run, 1, 9);
    run_signal(run, SIGTERM);
    world_open_gate(world, "go");
    run_continue(run);
    expect_tally(run, 1, 1, 1, 9);
    expect_safe_handlers(run);
}

/* ---- signals.2: reap ----------------------------------------------------- */

/* All children have ended before the parent comes back from its last fork. */
static void expect_early_ends(struct world *world)
{
    struct run *run =
        signals(world, ARGS("reap", "5"), NATIVE, .delay = "fork_done@5^=@all");

    if (run_waits_in(run, RUN_HELD))
        wait_children_over(run);
    world_open_gate(world, "all");
    expect_output(run, LITERAL("reaped 5 sum=425\n"));
    expect_exit(run, 0);
    expect_no_children_left(run);
}

Graded(signals, reap_all, .points = 10, .step = "signals.2",
       .description = "reap waits for every child, also if eight of them end "
                      "behind one SIGCHLD, or before the last fork returns, "
                      "and never sleeps in wait(2)")
{
    struct world *world = make_world(.also_trace = SLEEPS);
    struct run *run = signals(world, ARGS("reap", "8"), .watch_handlers = true,
                              NATIVE, .delay = "fork_child@1=@go," HOLD_WAITS);

    if (!probe_is_memcheck()) {
        /* All children end while the parent cannot take a signal. */
        run_wait_still(run);
        run_stop(run);
        world_open_gate(world, "go");
        wait_children_over(run);
        run_continue(run);
    }
    expect_output(run, LITERAL("reaped 8 sum=868\n"));
    expect_exit(run, 0);
    expect_no_children_left(run);
    expect_safe_handlers(run);
    expect_no_blocking_wait(run);
    if (!probe_is_memcheck())
        expect_early_ends(world);

    /* Sixty forks cost far more than waiting does, above all under load. */
    run = launch(ARGS("reap", "60"), .world = world, .input_mode = INPUT_NONE,
                 .spin_ms = 20 * POLLS_MS, NATIVE);
    expect_output(run, LITERAL("reaped 60 sum=7782\n"));
    expect_exit(run, 0);
    run = signals(world, ARGS("reap", "0"), NATIVE);
    expect_output(run, LITERAL("reaped 0 sum=0\n"));
    run = signals(world, ARGS("reap", "4"));
    expect_output(run, LITERAL("reaped 4 sum=266\n"));
}

Graded(signals, reap_no_spin, .points = 6, .step = "signals.2",
       .description = "While its children live, reap sleeps, and does not look "
                      "again and again; who has ended is waited for, while "
                      "others still run")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_world(.also_trace = WAITS);
    struct run *run = signals(world, ARGS("reap", "5"), .blocked_s = 3,
                              .delay = HOLD_CHILDREN);

    wait_still_or_ended(run);
    end_all_but_third(world, run);
    world_open_gate(world, "3");
    expect_output(run, LITERAL("reaped 5 sum=425\n"));
    expect_exit(run, 0);
    expect_sleep(run);
}

Graded(signals, reap_errno, .points = 4, .step = "signals.2",
       .description = "If fork fails midway reap says why, waits for those it "
                      "has, exits with 1; its handler leaves errno alone")
{
    if (probe_is_memcheck())
        return;
    /* One child, which ends when its parent sleeps: so the two are not in a
     * race, which is for reap_all. */
    struct world *world = make_world(.also_trace = SLEEPS);
    struct run *run = signals(world, ARGS("reap", "1"), .watch_handlers = true,
                              .delay = "fork_child@1=@go");
    wait_still_or_ended(run);
    world_open_gate(world, "go");
    expect_output(run, LITERAL("reaped 1 sum=11\n"));
    expect_exit(run, 0);
    expect_errno_kept(run);
    world_end(world);

    world = make_world(.also_trace = SLEEPS,
                       .inject = ALL_FORKS ":error=EAGAIN:when=2");
    run = signals(world, ARGS("reap", "3"), .delay = "fork_child@1=@go");
    wait_still_or_ended(run);
    world_open_gate(world, "go");
    if (!run_was_injected(run))
        return;
    expect_exit(run, 1);
    expect_error(run, EAGAIN);
    expect_no_children_left(run);
}

/* ---- signals.3: pingpong ------------------------------------------------- */

Graded(signals, pingpong_1000, .points = 16, .step = "signals.3",
       .description = "ping and pong alternate, 1000 times, also if a signal "
                      "comes between the look at a flag and the sleep")
{
    struct world *world = make_world(.also_trace = SLEEPS, .untraced = SENDS);

    if (probe_is_memcheck()) {
        expect_turns(signals(world, ARGS("pingpong", "3")), 3);
        return;
    }
    /* The child is ready when the parent begins, and each of them is held
     * before its first sleep, while the other one sends its signal. */
    struct run *run = signals(world, ARGS("pingpong", "3"),
                              .delay = "fork_done@1^=@f," HOLD_WAITS);
    wait_still_or_ended(run);
    world_open_gate(world, "f");
    run_wait_line(run, RUN_STDOUT, "ping 1");
    wait_still_or_ended(run);
    world_open_gate(world, "go");
    expect_turns(run, 3);

    world_close_gate(world, "f");
    run = signals(world, ARGS("pingpong", "1000"), .delay = "fork_done@1^=@f");
    wait_still_or_ended(run);
    world_open_gate(world, "f");
    expect_turns(run, 1000);
}

Graded(signals, pingpong_fork_race, .points = 6, .step = "signals.3",
       .description = "A child that is slow after fork misses no signal; "
                      "signals are all that the two send; a line that cannot "
                      "be written is an error, and the end of both")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_world(.also_trace = WAITS);
    struct run *run =
        signals(world, ARGS("pingpong", "1"), .delay = "fork_child@1=@go");

    wait_still_or_ended(run);
    world_open_gate(world, "go");
    expect_turns(run, 1);
    int sent = count_sent(run);
    expect_that(run, sent > 0, "they tell each other by signals",
                "they sent %d signals", sent);
    expect_sleep(run);

    run = signals(world, ARGS("pingpong", "1"), .output_mode = OUTPUT_FULL);
    expect_exit(run, 1);
    expect_error(run, ENOSPC);
    expect_no_children_left(run);
}

/* ---- signals.4: timeout -------------------------------------------------- */

#define LIMITED(...) ARGS("timeout", NEVER, NEVER, __VA_ARGS__)

/* In a shell: go on when our parent sleeps, that is, has begun to wait for us.
 * (A process that strace has stopped does not count as asleep.) */
#define WHEN_PARENT_SLEEPS                                                     \
    "while read -r pid name state rest </proc/$PPID/stat && "                  \
    "[ \"$state\" != S ]; do :; done; "

static void expect_status(struct run *run, int status, const char *errors)
{
    expect_exit(run, status);
    expect_errors(run, text(errors));
}

Graded(signals, timeout_status, .points = 8, .step = "signals.4",
       .description = "The status of a CMD that ends in time is passed on, "
                      "whatever the program was started with, and nobody "
                      "polls for it; 127 or 126 if it cannot run")
{
    struct run *seven = launch(LIMITED("sh", "-c", "exit 7"));
    struct run *killed = launch(LIMITED("sh", "-c", "kill -9 $$"), NATIVE);
    /* posix_spawn(3) cannot tell why exec failed under Valgrind. */
    struct run *missing = launch(LIMITED("no-such"), NATIVE);
    struct run *denied = launch(LIMITED("/etc/passwd"), NATIVE);
    struct run *odd =
        launch(LIMITED("sh", "-c", WHEN_PARENT_SLEEPS "exit 7"), NATIVE,
               .also_trace = WAITS,
               .ignored = SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGINT),
               .blocked = SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGALRM) |
                          SIGNAL_BIT(SIGTERM));

    expect_status(seven, 7, "");
    expect_that(seven, count_made(seven) < 2,
                "timeout makes no process but the one for CMD",
                "it made %d processes", count_made(seven));
    expect_that(seven, count_sent(seven) == 0,
                "a CMD that ends in time is sent no signal",
                "signals were sent, %d in all", count_sent(seven));
    expect_status(killed, 128 + SIGKILL, "");
    expect_status(missing, 127,
                  "signals: no-such: No such file or directory\n");
    expect_status(denied, 126, "signals: /etc/passwd: Permission denied\n");
    expect_status(odd, 7, "");
    expect_long_sleeps(odd, 500000, "it sleeps until CMD ends, or its time");
    if (probe_is_memcheck())
        return;
    /* CMD has ended before its parent begins to wait for it. */
    struct world *world = make_world();
    struct run *early = signals(world, LIMITED("sh", "-c", "echo go; exit 7"),
                                .delay = "fork_done@1^=@go");
    run_wait_line(early, RUN_STDOUT, "go");
    run_wait_until(early, has_ended_or_left, early, "CMD ends");
    world_open_gate(world, "go");
    expect_exit(early, 7);
}

/* The child is slower than the clock, or the parent slower than CMD. */
static void expect_group_in_time(void)
{
    struct world *world = make_world(.also_trace = "?setpgid,?setsid");
    struct run *child =
        signals(world, ARGS("timeout", "0.5", "0.5", "sleep", NEVER),
                .delay = "fork_child@1=@never");
    struct run *parent = signals(world,
                                 ARGS("timeout", "0.5", NEVER, "sh", "-c",
                                      "sleep 600 & echo ready; wait"),
                                 .delay = "fork_done@1^=@go");

    expect_exit(child, 124);
    expect_no_children_left(child);
    if (run_waits_in(parent, RUN_HELD)) /* it has called fork(2) */
        run_wait_line(parent, RUN_STDOUT, "ready");
    world_open_gate(world, "go");
    expect_exit(parent, 124);
    world_end(world);
    expect_no_children_left(parent);
}

Graded(signals, timeout_kills_group, .points = 10, .step = "signals.4",
       .description =
           "After SECS the whole process group of CMD goes, also a "
           "member that ignores SIGTERM; the status is 124; 0 seconds "
           "are over at once")
{
    if (probe_is_memcheck())
        return;
    struct run *job = run_script(NEVER, "sleep 600 & echo ready; wait");
    expect_timed_out(job, "ready\n");
    /* When CMD has gone, there is nobody to wait for any longer. The shell
     * itself ignores SIGTERM at no time: it could be then that it comes. */
    struct run *deaf =
        run_script(NEVER, "(trap '' TERM; echo ready; exec sleep 600) & wait");
    expect_timed_out(deaf, "ready\n");
    expect_group_in_time();
    struct run *at_once =
        launch(ARGS("timeout", "0", NEVER, "sleep", NEVER),
               .input_mode = INPUT_NONE, .also_trace = "?timer_settime");
    expect_timed_out(at_once, "");
}

Graded(signals, timeout_stubborn, .points = 6, .step = "signals.4",
       .description =
           "SIGTERM lets CMD clean up; one that ignores it is killed "
           "after GRACE; the end of the time is never missed")
{
    struct run *late = launch(ARGS("timeout", "0.1", "0.1", "sleep", NEVER),
                              .input_mode = INPUT_NONE, .delay = "wait@1=1000");

    expect_timed_out(late, "");
    if (probe_is_memcheck())
        return;
    struct run *polite =
        run_script(NEVER, "trap 'echo bye; exit 3' TERM; sleep 600 & "
                          "echo ready; wait");
    expect_timed_out(polite, "ready\nbye\n");
    struct run *deaf =
        run_script("0.2", "trap '' TERM; echo ready; exec sleep 600");
    expect_timed_out(deaf, "ready\n");
    deaf = run_script("0", "trap '' TERM; echo ready; exec sleep 600");
    expect_timed_out(deaf, "ready\n");
}

Graded(signals, clean_environment, .points = 6, .step = "signals.4",
       .description = "CMD finds no signal blocked and none ignored, whatever "
                      "signals was started with")
{
    struct run *run =
        launch(LIMITED("sh", "-c",
                       WHEN_PARENT_SLEEPS
                       "exec grep -E 'Sig(Ign|Blk)' /proc/self/status"),
               .input_mode = INPUT_NONE, NATIVE,
               .ignored = SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGINT) |
                          SIGNAL_BIT(SIGUSR1) | SIGNAL_BIT(SIGTSTP) |
                          SIGNAL_BIT(SIGTTOU) | SIGNAL_BIT(SIGRTMIN + 1),
               .blocked = SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGALRM) |
                          SIGNAL_BIT(SIGTERM) | SIGNAL_BIT(SIGWINCH) |
                          SIGNAL_BIT(SIGRTMIN + 2));

    expect_exit(run, 0);
    unsigned long long ignored = mask(run_output(run), "SigIgn:");
    unsigned long long blocked = mask(run_output(run), "SigBlk:");
    expect_that(run, ignored == 0, "CMD ignores no signal",
                "CMD has SigIgn: %llx in its /proc/PID/status", ignored);
    expect_that(run, blocked == 0, "no signal is blocked for CMD",
                "CMD has SigBlk: %llx in its /proc/PID/status", blocked);
}
