// SPDX-License-Identifier: MIT
/*
 * test_semaphores.c - the tests of the semaphores lab, as the autograder runs
 * them.
 *
 * Several programs share a world: its set of semaphores, its directory.  What
 * is a matter of luck in life is held here until the test lets it go: a command
 * that holds the semaphore reads a line that the test has not yet written, and
 * a library call waits for a file "go" (.delay, see shim.c).
 *
 * Run one of them with `make semaphores TEST=hold_excludes`.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_semaphores.h"
#include "probe.h"

NEEDS_FULL_SANDBOX

#define WAITS "semop,semtimedop"
#define PAUSES                                                                 \
    "nanosleep,clock_nanosleep,poll,ppoll,select,pselect6,flock,fcntl,semop,"  \
    "semtimedop"
#define INTERRUPT(n) "?semop,?semtimedop:error=EINTR:when=" #n

/* ---- semaphores.1: a set that is ready ----------------------------------- */

Graded(semaphores, new_values, .points = 6, .step = "semaphores.1",
       .description = "new makes a set with the values, mode 0600, and prints "
                      "its identifier; hold can use such a set")
{
    struct world *world = make_world();
    struct run *run = launch(ARGS("new", KEY, "1", "0", "3"), .world = world);

    expect_exit(run, 0);
    expect_errors(run, LITERAL(""));
    if (!probe_is_memcheck()) {
        char *table = world_table(world, "sem");
        const char *about = row(table, 0x51);
        int semid = -1, mode = 0, count = 0;
        char line[32];
        expect_that(run, about != NULL, "a set with the key that was given",
                    "there is none");
        (void)sscanf(about, "%d %o %d", &semid, (unsigned *)&mode, &count);
        free(table);
        (void)snprintf(line, sizeof(line), "%d\n", semid);
        expect_output(run, text(line));
        expect_that(run, count == 3, "three semaphores", "%d", count);
        expect_that(run, mode == 0600, "mode 0600", "mode %04o", mode);
        int v[3], other;
        (void)sscanf(set_state(world).data, "%d %d %d %d %d %d %d %d %d", &v[0],
                     &other, &other, &other, &v[1], &other, &other, &other,
                     &v[2]);
        expect_that(run, v[0] == 1 && v[1] == 0 && v[2] == 3,
                    "values 1, 0 and 3", "values %d, %d and %d", v[0], v[1],
                    v[2]);
    }
    /* A joiner that polls sem_otime waits for the creator's first semop. */
    struct run *hold =
        launch(ARGS("hold", KEY, "true"), .world = world, .blocked_s = 3);
    expect_exit(hold, 0);
}

/* ---- semaphores.2: P and V ----------------------------------------------- */

/* A holder that says so, by a line and a file NAME, and stays until its input
 * ends. */
#define HOLDER(name)                                                           \
    ARGS("hold", KEY, "sh", "-c", "echo >" name "; echo in; read line; exit 0")

/* CPU time of a program that does nothing but wait, and far more: who takes
 * that long looks again and again. */
#define POLLS_MS 100

/* Two holders, and the files by which their commands say that they run. */
struct race {
    struct world *world;
    struct run *a, *b;
    const char *in_a, *in_b;
    /* CPU time of each when the other was first seen to be in; 0: never. */
    long spent_a, spent_b;
};

#define ONE_WAITS "one command runs, the other hold waits in semop"
#define BOTH_RUN  "both commands run at the same time"

static bool is_in(const struct race *race, const char *file)
{
    return has_file(race->world, file);
}

/* Whether RUN has come as far as it can: it is over, sleeps, or polls. */
static bool has_to_wait(struct run *run, long *spent)
{
    long now = run_cpu_ms(run);

    if (*spent == 0)
        *spent = now + 1;
    return run_has_ended(run) || run_is_in(run, WAITS) ||
           now - *spent > POLLS_MS;
}

/* Both are in, or one is in and the other has to wait. */
static bool is_decided(const void *data)
{
    struct race *race = (struct race *)(uintptr_t)data;
    bool a = is_in(race, race->in_a), b = is_in(race, race->in_b);

    return (a && b) || (a && has_to_wait(race->b, &race->spent_b)) ||
           (b && has_to_wait(race->a, &race->spent_a));
}

/* Three come one after the other to KEY; the first two stay until told. */
static void expect_turns(struct world *world)
{
    struct run *first =
        launch(HOLDER("1"), .world = world, .input_mode = INPUT_FED);
    run_wait_line(first, RUN_STDOUT, "in");
    struct run *second =
        launch(HOLDER("2"), .world = world, .input_mode = INPUT_FED);
    struct race race = {world, first, second, "1", "2", 0, 0};
    run_wait_until(second, is_decided, &race, ONE_WAITS);
    bool both = has_file(world, "2");
    struct run *third =
        launch(ARGS("hold", KEY, "true"), .world = world, .spin_ms = POLLS_MS);
    if (!both)
        run_wait_asleep(third, WAITS);

    run_end_input(first);
    run_end_input(second);
    expect_exit(first, 0);
    expect_exit(second, 0);
    expect_that(second, !both, ONE_WAITS, BOTH_RUN);
    expect_exit(third, 0);
    expect_value(third, world, 1);
}

Graded(semaphores, hold_excludes, .points = 10, .step = "semaphores.2",
       .description = "One command at a time: who comes while another holds "
                      "the semaphore sleeps until it is given back")
{
    expect_turns(make_world());
}

Graded(semaphores, count_exact, .points = 10, .step = "semaphores.2",
       .description = "8 processes that add 1 to a number in a file, 500 times "
                      "each, add 4000")
{
    struct world *world = make_world();
    bool memcheck = probe_is_memcheck();

    (void)world_ask(world, ARGS("sysv", "new-sem", KEY, "1"));
    put_file(world, "number", "41\n");
    struct run *run = launch(ARGS("count", KEY, memcheck ? "2" : "8",
                                  memcheck ? "5" : "500", "number"),
                             .world = world);
    expect_exit(run, 0);
    long seen = number_in(world, "number");
    expect_that(run, seen == 4041, "41 and 4000 make 4041",
                "%ld: additions are lost", seen);
    expect_value(run, world, 1);
}

Graded(semaphores, killed_holder_releases, .points = 12, .step = "semaphores.2",
       .description = "If the holder is killed, even by SIGKILL, the next one "
                      "goes on")
{
    struct world *world = make_world();
    struct run *holder =
        launch(HOLDER("1"), .world = world, .input_mode = INPUT_FED);
    run_wait_line(holder, RUN_STDOUT, "in");
    struct run *next =
        launch(ARGS("hold", KEY, "true"), .world = world, .spin_ms = POLLS_MS);
    run_wait_asleep(next, WAITS);

    run_signal(holder, SIGKILL); /* the command lives on, and is no holder */
    expect_exit(next, 0);
    run_end_input(holder);
    (void)run_end(holder);
    expect_value(next, world, 1);
}

/* ---- Who is first -------------------------------------------------------- */

/* B has had its chance: it is in, or waits for something. */
static bool has_tried(const void *data)
{
    const struct race *race = data;

    return is_in(race, race->in_b) || run_has_ended(race->b) ||
           run_is_in(race->b, PAUSES) || run_cpu_ms(race->b) >= 10;
}

/* A, the creator, is held before a call, or gets through without it. */
static bool is_held(const void *data)
{
    const struct race *race = data;

    return run_is_in(race->a, RUN_HELD) || is_in(race, race->in_a) ||
           run_has_ended(race->a);
}

/* Both may go on: one of them must get in, the other after it. */
static void expect_one_winner(const struct race *race)
{
    struct run *first = race->a, *second = race->b;

    world_open_gate(race->world, "go");
    run_wait_until(first, is_decided, race, ONE_WAITS);
    bool both = is_in(race, race->in_a) && is_in(race, race->in_b);
    run_end_input(first);
    run_end_input(second);
    expect_exit(first, 0);
    expect_exit(second, 0);
    expect_that(second, !both, ONE_WAITS, BOTH_RUN);
    /* Not "is 1": whether a first value that is taken back is missed here
     * depends on who was first.  Other tests judge that. */
    int seen = final_value(second, race->world);
    expect_that(second, seen <= 1, "in the end the semaphore has the value 1",
                "its value is %d: it was given twice", seen);
}

static void race_through(struct world *world, const char *held_calls)
{
    struct race race = {.world = world, .in_a = "a", .in_b = "b"};

    race.a = launch(HOLDER("a"), .world = world, .input_mode = INPUT_FED,
                    .delay = held_calls);
    run_wait_until(race.a, is_held, &race, "it makes the set");
    race.b = launch(HOLDER("b"), .world = world, .input_mode = INPUT_FED);
    run_wait_until(race.b, has_tried, &race, "the second one tries, too");
    expect_one_winner(&race);
    world_end(world);
}

Graded(semaphores, creation_race, .points = 12, .step = "semaphores.1",
       .description = "Two who come to a key at the same time make one set, "
                      "with one value, and one of them goes first")
{
    if (probe_is_memcheck()) {
        (void)launch(ARGS("hold", KEY, "true"));
        return;
    }
    /* The set exists and has no value yet, or is about to get it. */
    race_through(make_world(), "semctl=@go,semop=@go");
    /* Between a look whether there is a set and making one. */
    race_through(make_world(), "semget@2=@go");
}

/* ---- Interrupted calls --------------------------------------------------- */

/* Start `dine` or `barrier`, where HELD_CALL is held until all processes sleep,
 * there or for want of each other. */
static struct run *work_held(struct world *world, const char *const *args,
                             const char *held_call)
{
    world_close_gate(world, "go");
    struct run *run = launch(args, .world = world, .delay = held_call);

    run_wait_still(run);
    world_open_gate(world, "go");
    return run;
}

/* Two philosophers, the second of whom sits down when the first has eaten; at a
 * barrier, one who leaves late.  Without luck, good or bad: tests for other
 * things are to show other mistakes. */
#define DINE_IN_TURN(world)                                                    \
    work_held(world, ARGS("dine", "2", "5"), "semop@1%2=@go")
#define BARRIER_IN_TURN(world)                                                 \
    work_held(world, ARGS("barrier", "2", "1"), "semop@2%2=@go")

static void interrupt_in(struct world *world)
{
    expect_turns(world);
    put_file(world, "number", "0\n");
    struct run *count =
        launch(ARGS("count", KEY, "4", "50", "number"), .world = world);
    expect_exit(count, 0);
    expect_value(count, world, 1);
    long number = number_in(world, "number");
    expect_that(count, number == 200, "200 additions of 1", "%ld", number);
    /* Three, one or two of whom sit down late, cannot wait in a circle.  One
     * round: what a second one would show is barrier_rounds' to judge. */
    expect_meals(work_held(world, ARGS("dine", "3", "5"), "semop@1%2=@go"), 3,
                 5);
    expect_rounds(work_held(world, ARGS("barrier", "3", "1"), "semop@2%2=@go"),
                  3, 1);
    world_end(world);
}

Graded(semaphores, eintr_retry, .points = 8, .step = "semaphores.2",
       .description = "A semop that a signal interrupts (EINTR) is begun "
                      "again")
{
    if (probe_is_memcheck()) {
        interrupt_in(make_world());
        return;
    }
    /* One at a time: who tries, gives up and tries again could otherwise be
     * interrupted each time. */
    interrupt_in(make_world(.inject = INTERRUPT(1)));
    interrupt_in(make_world(.inject = INTERRUPT(2)));
    interrupt_in(make_world(.inject = INTERRUPT(3)));
}

/* ---- semaphores.3: two forks, private sets ------------------------------- */

Graded(semaphores, dine_no_deadlock, .points = 12, .step = "semaphores.3",
       .description = "Philosophers eat without ever waiting in a circle, and "
                      "never beside a neighbour who eats")
{
    /* All wait before their second semop, then before their third: who has one
     * fork by then waits for the other, if it ever does so. */
    const char *const held_calls[] = {"semop@2=@go", "semop@3=@go"};
    for (int i = 0; i < 2 && !probe_is_memcheck(); i++) {
        struct world *world = make_world();
        expect_meals(work_held(world, ARGS("dine", "5", "3"), held_calls[i]), 5,
                     3);
        world_end(world);
    }
    struct run *two = launch(ARGS("dine", "2", "20"));
    struct run *five = launch(ARGS("dine", "5", "10"), .delay = "semop=1",
                              .native_only = true);

    expect_meals(two, 2, 20);
    expect_meals(five, 5, 10);
}

/* ---- semaphores.4: the barrier ------------------------------------------- */

Graded(semaphores, barrier_rounds, .points = 12, .step = "semaphores.4",
       .description = "Nobody passes the barrier before all have come, round "
                      "after round")
{
    /* One of four is held before its second semop until the others have got as
     * far as they can: what they gave it must still be there. */
    const char *const rounds[] = {"1", "3"};
    for (int i = 0; i < 2 && !probe_is_memcheck(); i++) {
        struct world *world = make_world();
        expect_rounds(
            work_held(world, ARGS("barrier", "4", rounds[i]), "semop@2%4=@go"),
            4, atoi(rounds[i]));
        world_end(world);
    }
    struct run *many = launch(ARGS("barrier", "4", "200"), .native_only = true);
    struct run *one_slow =
        launch(ARGS("barrier", "4", "20"), .delay = "semop%4=5");

    expect_rounds(many, 4, 200);
    expect_rounds(one_slow, 4, 20);
}

/* ---- Ends ---------------------------------------------------------------- */

Graded(semaphores, removed_while_waiting, .points = 6, .step = "semaphores.2",
       .description = "If the set is removed, who waits for it says so and "
                      "ends with status 1; so does who holds it")
{
    struct world *world = make_world();
    struct run *holder =
        launch(HOLDER("1"), .world = world, .input_mode = INPUT_FED);
    run_wait_line(holder, RUN_STDOUT, "in");
    struct run *waiter = launch(ARGS("hold", KEY, "echo", "in"), .world = world,
                                .spin_ms = POLLS_MS);
    run_wait_asleep(waiter, WAITS);

    (void)world_ask(world, ARGS("sysv", "rm", "sem", KEY));
    expect_exit(waiter, 1);
    expect_error(waiter, EIDRM);
    expect_output(waiter, LITERAL(""));
    run_end_input(holder);
    expect_exit(holder, 1);
    expect_error(holder, EINVAL);
}

Graded(semaphores, no_leaked_sets, .points = 6, .step = "semaphores.3",
       .description = "dine and barrier leave no set and no process behind, "
                      "also if fork fails or SIGINT or SIGTERM ends them")
{
    struct world *world = make_world();
    struct run *dine = DINE_IN_TURN(world);
    expect_meals(dine, 2, 5);
    expect_nothing_left(dine);
    struct run *barrier = BARRIER_IN_TURN(world);
    expect_rounds(barrier, 2, 1);
    expect_nothing_left(barrier);
    world_end(world);

    struct run *no_fork = launch(ARGS("dine", "5", "2"),
                                 .inject = ALL_FORKS ":error=EAGAIN:when=3");
    expect_exit(no_fork, 1);
    expect_error(no_fork, EAGAIN);
    expect_nothing_left(no_fork);
    const int signals[] = {SIGINT, SIGTERM};
    for (int i = 0; i < 2; i++) {
        struct run *run = launch(ARGS("barrier", "3", "100000"));
        run_wait_line(run, RUN_STDOUT, "0 0");
        run_signal(run, signals[i]);
        expect_nothing_left(run);
    }
}

Graded(semaphores, error_texts, .points = 4, .step = "semaphores.1",
       .description = "What cannot be done is said, with the kernel's reason, "
                      "and leaves no set behind")
{
    struct world *world = make_world();
    struct run *missing =
        launch(ARGS("count", KEY, "1", "1", "number"), .world = world);
    expect_exit(missing, 1);
    expect_error(missing, ENOENT);
    struct run *large = launch(ARGS("new", KEY, "1", "40000"), .world = world);
    expect_exit(large, 1);
    expect_error(large, ERANGE);
    expect_that(large, !is_made(world), "no set is left by a failed new",
                "the set is still there");
    (void)world_ask(world, ARGS("sysv", "new-sem", KEY, "1"));
    struct run *again = launch(ARGS("new", KEY, "1"), .world = world);
    expect_exit(again, 1);
    expect_error(again, EEXIST);
    expect_exit(launch(ARGS("rm", KEY), .world = world), 0);
    world_end(world);

    if (probe_is_memcheck())
        return; /* nothing is injected there: dine would go well by luck */
    struct world *full = make_world(.inject = "?semget:error=ENOSPC");
    struct run *hold = launch(ARGS("hold", KEY, "echo", "in"), .world = full);
    struct run *dine = launch(ARGS("dine", "2", "1"), .world = full);
    expect_exit(hold, 1);
    expect_error(hold, ENOSPC);
    expect_output(hold, LITERAL(""));
    expect_exit(dine, 1);
    expect_error(dine, ENOSPC);
}

Graded(semaphores, clean_run, .points = 2, .step = "semaphores.3",
       .description = "Nothing is lost, leaked or used before it has a value")
{
    struct world *world = make_world();

    put_file(world, "number", "0\n");
    struct run *hold = launch(ARGS("hold", KEY, "true"), .world = world);
    expect_exit(hold, 0);
    struct run *count =
        launch(ARGS("count", KEY, "2", "3", "number"), .world = world);
    expect_exit(count, 0);
    struct run *dine = DINE_IN_TURN(world), *barrier = BARRIER_IN_TURN(world);

    expect_meals(dine, 2, 5);
    expect_no_children_left(dine);
    expect_rounds(barrier, 2, 1);
    expect_no_children_left(barrier);
}
