// SPDX-License-Identifier: MIT
/*
 * test_shm.c - the tests of the shm lab, as the autograder runs them.
 *
 * Each test makes a board in a world of its own and lets several programs work
 * on it.  No test waits for luck to bring a race about: a process is held where
 * it hurts (in slow_add, before or after a semop) until the others have done
 * what they can, and then it is let go.
 *
 * Run one of them with `make shm TEST=new_and_show`.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "probe.h"
#include "test_shm.h"

NEEDS_FULL_SANDBOX

/* ---- shm.1: a board ------------------------------------------------------ */

Graded(shm, new_and_show, .points = 8, .step = "shm.1",
       .description = "A new board has cells of 0 and four semaphores, for its "
                      "owner only; a second `new` leaves it alone")
{
    struct world *world = make_world();
    struct object shm = {0, 0}, sem = {0, 0};
    struct run *new = in(world, ARGS("new", KEY, "4"));
    expect_exit(new, 0);
    expect_output(new, LITERAL(""));
    struct run *show = in(world, ARGS("show", KEY));
    expect_exit(show, 0);
    expect_output(show, LITERAL("0 0\n1 0\n2 0\n3 0\ntotal 0\n"));

    (void)find_object(world, "shm", strtol(KEY, NULL, 0), 0, &shm);
    (void)find_object(world, "sem", strtol(KEY, NULL, 0), 0, &sem);
    expect_that(new, shm.perms == 0600 && sem.perms == 0600,
                "segment and set have mode 0600", "%04o and %04o", shm.perms,
                sem.perms);
    expect_idle(new, world);

    expect_exit(in(world, ARGS("add", KEY, "1", "5", "1")), 0);
    struct run *again = in(world, ARGS("new", KEY, "4"));
    expect_exit(again, 1);
    expect_error(again, EEXIST);
    show = in(world, ARGS("show", KEY));
    expect_output(show, LITERAL("0 0\n1 5\n2 0\n3 0\ntotal 5\n"));
}

/* `show` finds a board whose `new` is held in the middle of making it. */
static void show_unready(struct world *world)
{
    struct run *making =
        launch(ARGS("new", "0x64", "4"), .world = world,
               .delay = "semctl=@go,semop=@go", .native_only = true);
    (void)run_waits_in(making, RUN_HELD);
    struct run *show = launch(ARGS("show", "0x64"), .world = world,
                              .native_only = true, .blocked_s = 3);

    expect_exit(show, 1);
    /* As far as it has been made: no set yet, or no magic. */
    bool missing = strstr(run_errors(show).data, strerror(ENOENT)) != NULL;
    expect_error(show, missing ? ENOENT : EINVAL);
    world_open_gate(world, "go");
    expect_exit(making, 0);
}

Graded(shm, attach_fails, .points = 6, .step = "shm.1",
       .description = "No board, one that is being made, no memory, a segment "
                      "of somebody else, no such cell: each is reported, and "
                      "nothing is changed")
{
    struct world *world = make_world();
    struct run *none = in(world, ARGS("show", "0x99"));
    (void)world_ask(world, ARGS("sysv", "new-shm", "0x62", "100"));
    (void)world_ask(world, ARGS("sysv", "new-sem", "0x62", "1", "8", "0", "1"));
    struct run *small = in(world, ARGS("show", "0x62"));
    (void)world_ask(world, ARGS("sysv", "new-shm", "0x63", "8192"));
    (void)world_ask(world, ARGS("sysv", "new-sem", "0x63", "1", "8", "0", "1"));
    struct run *foreign = in(world, ARGS("show", "0x63"));
    expect_exit(none, 1);
    expect_error(none, ENOENT);
    expect_exit(small, 1);
    expect_error(small, EINVAL);
    expect_exit(foreign, 1);
    expect_error(foreign, EINVAL);
    show_unready(world);

    expect_exit(in(world, ARGS("new", KEY, "4")), 0);
    struct run *outside = in(world, ARGS("add", KEY, "9", "1", "1"));
    struct run *below = in(world, ARGS("add", KEY, "-1", "1", "1"));
    struct run *move = in(world, ARGS("move", KEY, "0", "4", "1", "1"));
    expect_exit(outside, 1);
    expect_error(outside, EINVAL);
    expect_exit(below, 1);
    expect_error(below, EINVAL);
    expect_exit(move, 1);
    expect_error(move, EINVAL);
    expect_output(in(world, ARGS("show", KEY)),
                  LITERAL("0 0\n1 0\n2 0\n3 0\ntotal 0\n"));
    world_end(world);

    if (probe_is_memcheck())
        return;
    world = make_world(.inject = "?shmat:error=ENOMEM");
    (void)world_ask(world, ARGS("sysv", "new-shm", KEY, "8192"));
    (void)world_ask(world, ARGS("sysv", "new-sem", KEY, "1", "8", "0", "1"));
    struct run *refused = in(world, ARGS("show", KEY));
    expect_that(refused, run_was_injected(refused),
                "the board is attached with shmat", "shmat was never called");
    expect_exit(refused, 1);
    expect_error(refused, ENOMEM);
}

/* Whichever comes first, segment or set: nothing of it may stay. */
static void expect_undone(const char *inject, int error)
{
    struct run *run =
        launch(ARGS("new", KEY, "4"), .inject = inject, .native_only = true);

    if (!run_was_injected(run)) { /* it makes the board without that call */
        expect_exit(run, 0);
        return;
    }
    expect_exit(run, 1);
    expect_error(run, error);
    expect_nothing_left(run);
}

Graded(shm, no_half_created, .points = 6, .step = "shm.1",
       .description = "A `new` that fails halfway leaves nothing of its own, "
                      "and keeps its hands off what others made")
{
    if (!probe_is_memcheck()) {
        expect_undone("?semget:error=ENOSPC", ENOSPC);
        expect_undone("?shmget:error=ENOSPC", ENOSPC);
        expect_undone("?shmat:error=ENOMEM", ENOMEM);
    }
    struct world *world = make_world();
    (void)world_ask(world, ARGS("sysv", "new-sem", "0x62", "5"));
    (void)world_ask(world, ARGS("sysv", "new-shm", "0x63", "100"));
    struct run *sem = in(world, ARGS("new", "0x62", "4"));
    struct run *shm = in(world, ARGS("new", "0x63", "4"));
    expect_exit(sem, 1);
    expect_error(sem, EEXIST);
    expect_that(sem, !exists(world, "shm", 0x62),
                "the key has a set already: no segment is left beside it",
                "there is a segment");
    expect_that(sem, exists(world, "sem", 0x62),
                "the set that somebody else made is still there", "it is gone");
    expect_exit(shm, 1);
    expect_error(shm, EEXIST);
    expect_that(shm, !exists(world, "sem", 0x63),
                "the key has a segment already: no set is left beside it",
                "there is a set");
    expect_that(shm, exists(world, "shm", 0x63),
                "the segment that somebody else made is still there",
                "it is gone");

    expect_exit(in(world, ARGS("new", KEY, "3")), 0);
    expect_exit(in(world, ARGS("add", KEY, "2", "7", "1")), 0);
    struct run *again = in(world, ARGS("new", KEY, "4"));
    expect_exit(again, 1);
    expect_error(again, EEXIST);
    expect_output(in(world, ARGS("show", KEY)),
                  LITERAL("0 0\n1 0\n2 7\ntotal 7\n"));
}

/* ---- shm.2: cells -------------------------------------------------------- */

/* The first adder has loaded the cell and is held before it stores: whoever
 * gets at the cell meanwhile loses all that he does. */
Graded(shm, four_adders_exact, .points = 12, .step = "shm.2",
       .description = "Four processes add to one cell, and no update is lost")
{
    const char *const args[] = {"add", KEY, "0", "1", "50", NULL};
    struct world *world = make_board();
    struct run *first =
        launch(args, .world = world, .delay = HOLD("sched_yield@1"));
    bool inside = run_waits_in(first, HELD);
    struct run *others[3];
    for (int i = 0; i < 3; i++)
        others[i] = in(world, args);
    for (int i = 0; i < 3; i++)
        if (run_waits_in(others[i], SEMOPS) && i == 0)
            run_interrupt(others[i]);
    (void)run_waits_in(others[0], SEMOPS); /* again */
    run_signal(first, SIGCONT);

    expect_exit(first, 0);
    for (int i = 0; i < 3; i++)
        expect_exit(others[i], 0);
    long total = total_of(in(world, ARGS("show", KEY)));
    expect_that(others[0], total == 200, "4 times 50 updates: total 200",
                "total %ld", total);
    expect_that(first, inside, "every change of a cell is made by slow_add",
                "slow_add was not called");
    expect_unlocked(first, world);
}

/* The total that a show prints while a mover is held where DELAY says, if it
 * does not wait for the mover. */
static void show_amid(struct world *world, const char *delay, bool must)
{
    struct run *mover = launch(ARGS("move", KEY, "0", "1", "7", "2"),
                               .world = world, .delay = delay);
    bool inside = run_waits_in(mover, HELD);
    struct run *show = in(world, ARGS("show", KEY));

    (void)run_waits_in(show, SEMOPS);
    run_signal(mover, SIGCONT);
    expect_exit(show, 0);
    expect_that(show, total_of(show) == 1000,
                "total 1000, however much is being moved", "total %ld",
                total_of(show));
    expect_exit(mover, 0);
    expect_that(mover, inside || !must,
                "every change of a cell is made by slow_add",
                "slow_add was not called twice a move");
}

Graded(shm, snapshot_consistent, .points = 8, .step = "shm.2",
       .description = "While something is moved from cell to cell, `show` "
                      "always finds the same total")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_board();

    struct run *add = in(world, ARGS("add", KEY, "0", "1000", "1"));
    expect_exit(add, 0);
    expect_unlocked(add, world);
    /* The first cell is done, the second loaded. */
    show_amid(world, HOLD("sched_yield@2"), true);
    /* Before the third semop: between two moves, not within one. */
    show_amid(world, HOLD("semop@3"), false);
    struct run *show = in(world, ARGS("show", KEY));
    expect_output(show, LITERAL("0 972\n1 28\n2 0\n3 0\ntotal 1000\n"));
    expect_unlocked(show, world);
}

Graded(shm, killed_adder, .points = 10, .step = "shm.2",
       .description = "A process that is killed in the middle of an update "
                      "does not keep the others from working")
{
    if (probe_is_memcheck())
        return;
    const char *const args[] = {"add", KEY, "0", "1", "20", NULL};
    struct world *world = make_board();
    struct run *first =
        launch(args, .world = world, .delay = HOLD("sched_yield@1"));
    bool inside = run_waits_in(first, HELD);
    struct run *second = in(world, args);
    struct run *third = in(world, args);
    (void)run_waits_in(second, SEMOPS);
    (void)run_waits_in(third, SEMOPS);
    run_signal(first, SIGKILL);

    expect_exit(second, 0);
    expect_exit(third, 0);
    expect_that(first, inside, "every change of a cell is made by slow_add",
                "slow_add was not called");
    struct run *show = in(world, ARGS("show", KEY));
    expect_that(show, total_of(show) == 40 || total_of(show) == 41,
                "the 2 times 20 updates of the others: total 40, or 41",
                "total %ld", total_of(show));
    expect_unlocked(show, world);
}

/* ---- shm.3: the ring ----------------------------------------------------- */

Graded(shm, unrelated_processes, .points = 6, .step = "shm.3",
       .description = "Processes that follow one another, each with addresses "
                      "of its own, find what the others left on the board")
{
    struct world *world = make_board();

    expect_exit(in(world, ARGS("add", KEY, "3", "-4", "2")), 0);
    expect_exit(put(world, LITERAL("one\ntwo\nthree\n")), 0);
    expect_exit(put(world, LITERAL("four\nfive")), 0);
    struct run *get = in(world, ARGS("get", KEY, "-p", "2"));
    expect_exit(get, 0);
    expect_output(get, LITERAL("one\ntwo\nthree\nfour\nfive"));
    expect_exit(put(world, LITERAL("six\n")), 0);
    get = in(world, ARGS("get", KEY));
    expect_exit(get, 0);
    expect_output(get, LITERAL("six\n"));
    expect_output(in(world, ARGS("show", KEY)),
                  LITERAL("0 0\n1 0\n2 0\n3 -8\ntotal -8\n"));
}

Graded(shm, ring_1mib, .points = 12, .step = "shm.3",
       .description = "1 MiB goes through a ring of 2 KiB: nothing is lost, "
                      "torn or doubled, and nobody waits for ever")
{
    struct world *world = make_board();
    struct bytes small = numbered("small", 3);
    struct bytes input = awkward_lines(probe_is_memcheck() ? 20000 : 1 << 20);

    /* The producer has ended before anybody reads. */
    struct run *producer = put(world, small);
    expect_exit(producer, 0);
    struct run *get = in(world, ARGS("get", KEY));
    expect_exit(get, 0);
    expect_output(get, small);

    if (!probe_is_memcheck()) {
        step_through(world, true);
        step_through(world, false);
    }
    world_end(world);

    world = make_world(.untraced = SEMOPS); /* it takes 20000 of them */
    expect_exit(in(world, ARGS("new", KEY, "4")), 0);
    producer = put(world, input);
    get = in(world, ARGS("get", KEY));
    expect_exit(get, 0);
    expect_output(get, input);
    expect_exit(producer, 0);
    expect_idle(get, world);
}

Graded(shm, ring_two_producers, .points = 10, .step = "shm.3",
       .description = "Two producers share the ring: each line arrives in one "
                      "piece, each producer's lines in order")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_board();
    struct bytes rest[2] = {tagged_lines('a', 40, 1), tagged_lines('b', 40, 2)};
    size_t size = rest[0].size + rest[1].size;

    /* With the ring full in the middle of a's line, b would like to go on. */
    struct run *a = launch(ARGS("put", KEY), .world = world, .input = rest[0],
                           .input_mode = INPUT_FED);
    (void)run_waits_in(a, SLEEPS);
    struct run *b = put(world, rest[1]);
    (void)run_waits_in(b, SLEEPS);
    struct run *get = in(world, ARGS("get", KEY, "-p", "2"));
    (void)run_end(b);
    /* Now all is read, a is not at its end, and get waits for that. */
    (void)run_waits_in(a, "read");
    (void)run_waits_in(get, SLEEPS);
    run_end_input(a);
    struct bytes output = run_output(get);

    expect_exit(get, 0);
    expect_that(get, output.size == size, "all bytes of both producers",
                "%zu of %zu bytes", output.size, size);
    for (size_t at = 0, end; at < output.size; at = end) {
        const char *stop = memchr(output.data + at, '\n', output.size - at);
        end = stop ? (size_t)(stop - output.data) + 1 : output.size;
        bool whole = take_line(&rest[0], output.data + at, end - at) ||
                     take_line(&rest[1], output.data + at, end - at);
        expect_that(get, whole,
                    "each line is the next one of one of the producers",
                    "a line of %zu bytes, \"%.12s...\", is not", end - at,
                    output.data + at);
    }
    expect_exit(a, 0);
    expect_exit(b, 0);
    expect_idle(get, world);
}

Graded(shm, ring_sleeps, .points = 8, .step = "shm.3",
       .description = "Who finds the ring empty or full sleeps in the kernel "
                      "until there is something to do, whatever signal comes")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_board();

    struct run *get = in(world, ARGS("get", KEY));
    bool sleeps = sleeps_soundly(get);
    struct run *producer = put(world, LITERAL("wake up\n"));
    expect_exit(get, 0);
    expect_output(get, LITERAL("wake up\n"));
    expect_exit(producer, 0);
    expect_that(get, sleeps, "get sleeps in semop while the ring is empty",
                "it did not");

    struct bytes lines = numbered("full", 12);
    producer = put(world, lines);
    sleeps = sleeps_soundly(producer);
    struct values v = {{0}};
    if (sleeps)
        v = read_values(get, world);
    get = in(world, ARGS("get", KEY));
    expect_exit(get, 0);
    expect_output(get, lines);
    expect_exit(producer, 0);
    expect_that(producer, sleeps, "put sleeps in semop while the ring is full",
                "it did not");
    expect_that(producer, v.of[0] == 1 && v.of[1] == 0 && v.of[2] == 8,
                "when the ring is full: MUTEX 1, SPACE 0, ITEMS 8",
                "MUTEX %d, SPACE %d, ITEMS %d", v.of[0], v.of[1], v.of[2]);
    expect_idle(get, world);
}

/* ---- shm.4: the end ------------------------------------------------------ */

/* Who was not asleep finds an id that is no more: a wrong one, semop(2). */
static void expect_removed(struct run *run, bool asleep)
{
    bool told = strstr(run_errors(run).data, strerror(EIDRM)) != NULL;

    expect_error(run, asleep || told ? EIDRM : EINVAL);
}

Graded(shm, rm_while_attached, .points = 8, .step = "shm.4",
       .description = "`rm` takes the board away under its users: a sleeper is "
                      "told, and the memory goes with the last of them")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_board();
    struct run *adder = launch(ARGS("add", KEY, "0", "1", "5"), .world = world,
                               .delay = HOLD("sched_yield@1"));
    bool inside = run_waits_in(adder, HELD);
    struct run *get = in(world, ARGS("get", KEY));
    (void)run_waits_in(get, SLEEPS);
    bool asleep = run_is_in(get, SEMOPS);
    struct run *rm = in(world, ARGS("rm", KEY));
    expect_exit(rm, 0);
    bool marked = find_object(world, "shm", 0, 01000, NULL); /* SHM_DEST */
    struct run *late = in(world, ARGS("show", KEY));
    expect_exit(late, 1);
    expect_error(late, ENOENT);
    run_signal(adder, SIGCONT);

    expect_that(adder, inside, "every change of a cell is made by slow_add",
                "slow_add was not called");
    expect_that(rm, marked,
                "the segment is marked for removal while it is attached",
                "it is not in /proc/sysvipc/shm with key 0 and SHM_DEST");
    expect_exit(get, 1);
    expect_removed(get, asleep);
    expect_exit(adder, 1);
    expect_removed(adder, false);
    expect_no_objects(rm, world);
    rm = in(world, ARGS("rm", KEY)); /* once more */
    expect_exit(rm, 1);
    expect_error(rm, ENOENT);
}

Graded(shm, clean, .points = 6, .step = "shm.4",
       .description = "All commands, one after the other: nothing invalid is "
                      "touched, and in the end nothing is left")
{
    struct world *world = make_board();

    expect_exit(in(world, ARGS("add", KEY, "0", "10", "3")), 0);
    expect_exit(in(world, ARGS("move", KEY, "0", "3", "4", "2")), 0);
    struct run *show = in(world, ARGS("show", KEY));
    expect_exit(show, 0);
    expect_output(show, LITERAL("0 22\n1 0\n2 0\n3 8\ntotal 30\n"));
    struct bytes lines = awkward_lines(1100);
    struct run *producer = put(world, lines);
    expect_exit(producer, 0);
    struct run *get = in(world, ARGS("get", KEY));
    expect_exit(get, 0);
    expect_output(get, lines);
    struct run *rm = in(world, ARGS("rm", KEY));
    expect_exit(rm, 0);
    expect_no_objects(rm, world);
}
