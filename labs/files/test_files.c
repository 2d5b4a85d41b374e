// SPDX-License-Identifier: MIT
/*
 * test_files.c - the tests of the files lab, as the autograder runs them.
 *
 * Several programs work on one file, "f".  What is a matter of luck in life is
 * brought about here: one of them is held in the middle of its work, between a
 * read and a write, or just before or after a lock, until another one has done
 * what it can; then it is let go (.delay, see shim.c).
 *
 * Run one of them with `make files TEST=next_unique`.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>

#include "probe.h"
#include "test_files.h"

/* ---- files.1: numbers ---------------------------------------------------- */

/* One takes two numbers and is held where DELAY says; then another takes two.
 */
static void take_numbers(struct world *world, const char *const args[],
                         const char *delay)
{
    set_scene(world, "7\n");
    struct pair pair = meet(world, delay, args, args);

    /* Only who takes more locks than needed comes to a second or third one. */
    if (strstr(delay, "sched_yield"))
        expect_that(pair.a, pair.held,
                    "numbers are read and written by slow_read_number and "
                    "slow_write_number",
                    "they were not called");
    expect_numbers((struct run *const[]){pair.a, pair.b}, 2, 8, 11);
    expect_content(pair.b, world, "11\n");
}

static void take_in_turn(struct world *world, const char *const args[])
{
    take_numbers(world, args, "sched_yield@1=@go"); /* has read */
    take_numbers(world, args, "sched_yield@2=@go"); /* is about to write */
    take_numbers(world, args, "setlk@2=@go");       /* has the first number */
}

Graded(files, next_unique, .points = 12, .step = "files.1",
       .description = "Nobody gets a number that another one has, whatever "
                      "comes between reading and writing")
{
    const char *const args[] = {"next", "f", "2", NULL};
    struct world *world = make_files("");
    struct run *runs[4];

    if (!probe_is_memcheck())
        take_in_turn(world, args);
    set_scene(world, "");
    for (int i = 0; i < 4; i++)
        runs[i] = launch(ARGS("next", "f", probe_is_memcheck() ? "3" : "25"),
                         .world = world);
    for (int i = 0; i < 4; i++)
        expect_exit(runs[i], 0);
    if (probe_is_memcheck())
        return;
    expect_numbers(runs, 4, 1, 100);
    expect_content(runs[3], world, "100\n");
}

Graded(files, next_truncates, .points = 5, .step = "files.1",
       .description = "Nothing is left of a longer number, a number may grow "
                      "by a digit, and what is no number stays as it is")
{
    struct world *world = make_files("000123456\n");
    struct run *run = launch(ARGS("next", "f", "2"), .world = world);

    expect_exit(run, 0);
    expect_output(run, LITERAL("123457\n123458\n"));
    expect_content(run, world, "123458\n");

    set_scene(world, "99999999");
    run = launch(ARGS("next", "f", "1"), .world = world);
    expect_exit(run, 0);
    expect_output(run, LITERAL("100000000\n"));
    expect_content(run, world, "100000000\n");

    set_scene(world, "abc\n");
    run = in(world, ARGS("next", "f", "1"));
    expect_exit(run, 1);
    expect_content(run, world, "abc\n");
}

Graded(files, next_survives_kill, .points = 5, .step = "files.1",
       .description = "If a process is killed while it writes, there still is "
                      "a number in FILE, and the next one gets on")
{
    if (probe_is_memcheck())
        return;
    /* Of which the first three bytes are a number, too, but not the old one. */
    struct world *world = make_files("000041\n");
    struct run *killed =
        launch(ARGS("next", "f", "1"), .world = world, .delay = "write=@go");
    bool held = run_waits_in(killed, RUN_HELD);

    if (held)
        run_signal(killed, SIGKILL);
    (void)run_end(killed);
    /* A child that has the lock for it is held, too: let it see the end. */
    world_open_gate(world, "go");
    struct run *run = in(world, ARGS("next", "f", "1"));
    expect_exit(run, 0);
    expect_that(killed, held, "the number is written by slow_write_number",
                "nothing was written");
    expect_output(run, LITERAL("42\n"));
    expect_that(run, strncmp(content_of(world).data, "42\n", 3) == 0,
                "the first line of FILE is 42", "it is another one");
}

Graded(files, lock_survives_other_close, .points = 12, .step = "files.1",
       .description = "The lock holds although somebody in the same process "
                      "opens and closes FILE")
{
    const char *const args[] = {"next", "f", "2", "-s", NULL};

    struct world *world = make_files("7\n");
    if (!probe_is_memcheck())
        take_in_turn(world, args);
    else
        expect_exit(launch(args, .world = world), 0);
}

/* ---- files.2: records ---------------------------------------------------- */

/* What a has added when it asks for its third lock is in FILE, for everybody
 * to see; if it takes locks. */
static void look_between_records(struct world *world)
{
    set_scene(world, "");
    struct run *run = launch(ARGS("append", "f", "a", "3"), .world = world,
                             .delay = "setlk@3=@go");
    bool held = run_waits_in(run, RUN_HELD);
    size_t size = content_of(world).size;

    world_open_gate(world, "go");
    expect_exit(run, 0);
    expect_that(run, !held || (size > 0 && size % 200 == 0),
                "a record is in FILE when append_record returns",
                "%zu bytes are there", size);
    expect_records(run, world, 3, 0);
}

Graded(files, append_intact, .points = 10, .step = "files.2",
       .description = "What several processes append at the same time is in "
                      "FILE, whole, each one's records in order")
{
    struct world *world = make_files("");
    struct run *runs[2];

    if (!probe_is_memcheck()) {
        struct pair pair =
            meet(world, "write=@go", ARGS("append", "f", "a", "2"),
                 ARGS("append", "f", "b", "2"));
        expect_records(pair.a, world, 2, 2);
        look_between_records(world);
    }
    set_scene(world, "");
    int count = probe_is_memcheck() ? 3 : 30;
    for (int i = 0; i < 2; i++)
        runs[i] = launch(ARGS("append", "f", i ? "b" : "a",
                              probe_is_memcheck() ? "3" : "30"),
                         .world = world);
    expect_exit(runs[0], 0);
    expect_exit(runs[1], 0);
    expect_records(runs[1], world, count, count);
}

/* Each write takes 32 bytes at most, and the second one of a has to wait. */
static void append_piecemeal(void)
{
    struct world *world = make_files("");
    struct run *a = launch(ARGS("append", "f", "a", "2"), .world = world,
                           .short_io = 64, .delay = "write@2=@go");
    (void)run_waits_in(a, RUN_HELD);
    struct run *b = launch(ARGS("append", "f", "b", "2"), .world = world,
                           .short_io = 64, .eintr_every = 5);
    run_wait_until(b, has_tried, b, SECOND_TRIES);
    world_open_gate(world, "go");
    expect_exit(a, 0);
    expect_exit(b, 0);
    expect_records(a, world, 2, 2);
    world_end(world);
}

/* The disk is full in the middle of the second record of a, which b has come
 * before. */
static void append_and_fail(void)
{
    struct world *world = make_world(.inject = WRITES ":error=ENOSPC:when=9",
                                     .also_trace = EVIDENCE);
    struct run *a = launch(ARGS("append", "f", "a", "2"), .world = world,
                           .short_io = 64, .delay = "setlk@2=@go");
    (void)run_waits_in(a, RUN_HELD);
    struct run *b = in(world, ARGS("append", "f", "b", "1"));
    run_wait_until(b, has_tried, b, SECOND_TRIES);
    world_open_gate(world, "go");
    expect_exit(b, 0);
    if (!run_was_injected(a)) { /* it writes otherwise, and did not fail */
        expect_exit(a, 0);
        expect_records(a, world, 2, 1);
        return;
    }
    expect_exit(a, 1);
    expect_error(a, ENOSPC);
    struct bytes seen = content_of(world);
    expect_that(a, seen.size % 200 == 0,
                "of a record that could not be written nothing is in FILE",
                "of the record that failed %zu bytes are there",
                seen.size % 200);
    expect_that(a, strstr(seen.data, "b 1 x") != NULL,
                "what others have added meanwhile is in FILE",
                "the other one's record is gone");
    expect_records(a, world, (int)(seen.size / 200) - 1, 1);
}

Graded(files, append_short_io, .points = 8, .step = "files.2",
       .description = "A record stays in one piece if each write takes only a "
                      "part of it; if one fails, nothing of it stays, and "
                      "everybody else's do")
{
    if (probe_is_memcheck()) {
        struct world *world = make_files("");
        (void)launch(ARGS("append", "f", "a", "2"), .world = world,
                     .short_io = 64);
        return;
    }
    append_piecemeal();
    append_and_fail();
}

/* ---- files.3: one at a time ---------------------------------------------- */

/* A signal comes while it waits for the command. */
static void interrupt_waiting(void)
{
    struct run *run = launch(ARGS("once", "f", "sh", "-c", "exit 7"),
                             .inject = "?wait4,?waitid:error=EINTR:when=1");

    expect_exit(run, 7);
}

Graded(files, once_exclusive, .points = 10, .step = "files.3",
       .description = "While a command runs, another is refused at once, and "
                      "told who has the lock; the command's status is passed "
                      "on")
{
    if (!probe_is_memcheck())
        interrupt_waiting();
    struct world *world = make_files("");
    if (!probe_is_memcheck()) {
        refuse_others(world);
        holder_goes(world);
        third_is_quicker(world);
        overtake(world);
    }
    struct run *seven =
        launch(ARGS("once", "f", "sh", "-c", "exit 7"), .world = world);
    expect_exit(seven, 7);
    if (probe_is_memcheck())
        return;
    struct run *killed = in(world, ARGS("once", "f", "sh", "-c", "kill -9 $$"));
    expect_exit(killed, 128 + SIGKILL);
    struct run *missing = in(world, ARGS("once", "f", "no-such"));
    expect_exit(missing, 127);
    expect_errors(missing,
                  LITERAL("files: no-such: No such file or directory\n"));
    struct run *denied = in(world, ARGS("once", "f", "/etc/passwd"));
    expect_exit(denied, 126);
    expect_errors(denied, LITERAL("files: /etc/passwd: Permission denied\n"));
}

/* The processes of a run, before one was killed. */
struct crowd {
    struct run *run;
    int count;
};

#define ALIVE "RSDTt" /* a lock is gone before its holder is a zombie */

static bool is_thinner(const void *data)
{
    const struct crowd *crowd = data;
    int now = run_count_processes(crowd->run, ALIVE);

    return run_has_ended(crowd->run) || (now > 0 && now < crowd->count);
}

Graded(files, once_after_kill9, .points = 8, .step = "files.3",
       .description = "If the holder is killed, its lock is gone, although its "
                      "command goes on")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_files("");
    struct run *first =
        launch(ARGS("once", "f", "sh", "-c", "echo >in; read line; echo >q"),
               .world = world, .input_mode = INPUT_FED, .fifo = "q");

    run_wait_until(first, is_in, world, IT_RUNS);
    struct crowd crowd = {first, run_count_processes(first, ALIVE)};
    run_signal(first, SIGKILL);
    run_wait_until(first, is_thinner, &crowd, "the holder dies");
    /* It ends when the first one's command has gone on. */
    struct run *next =
        launch(ARGS("once", "f", "sh", "-c", "echo >next; read line <q"),
               .world = world, .blocked_s = 3);
    run_wait_until(next, is_next_in, world,
                   "once runs its command when the holder is dead");
    run_end_input(first);
    expect_exit(next, 0);
    expect_errors(next, LITERAL(""));
    (void)run_end(first);
}

/* ---- files.4: accounts --------------------------------------------------- */

static void move_against(struct world *world, const char *delay)
{
    set_scene(world, accounts());
    struct pair pair = meet(world, delay, ARGS("move", "f", "0", "1", "5", "1"),
                            ARGS("move", "f", "1", "0", "7", "2"));

    expect_that(pair.a, pair.held,
                "balances are read and written by slow_read_balance and "
                "slow_write_balance",
                "they were not called four times");
    expect_balances(pair.a, world, (int[]){9, -9, 0, 0});
}

/* From 0, which has GIVER, to 1, which has TAKER, 1 cannot go: what one of them
 * would have then is too long to be written. */
static void expect_unmoved(struct world *world, long giver, long taker)
{
    char content[64 * 16 + 1];

    (void)snprintf(content, sizeof(content), "%15ld\n%15ld\n%s", giver, taker,
                   accounts() + 32);
    set_scene(world, content);
    struct run *run = in(world, ARGS("move", "f", "0", "1", "1", "1"));
    expect_exit(run, 1);
    struct bytes seen = content_of(world);
    expect_that(run, bytes_equal(seen, text(content)),
                "after a failure both balances are as they were",
                "they were %ld and %ld, FILE begins with \"%.31s\"", giver,
                taker, seen.data);
}

Graded(files, move_conserves, .points = 8, .step = "files.4",
       .description = "However many transfers there are at the same time, "
                      "each takes place, or fails and changes nothing: no "
                      "money appears or is lost")
{
    /* Upwards all of them: the other way is for another test. */
    const char *const from[] = {"0", "1", "0", "1"};
    const char *const to[] = {"1", "2", "2", "3"};
    struct world *world = make_files(accounts());
    struct run *runs[4];

    if (!probe_is_memcheck()) {
        move_against(world, "sched_yield@2=@go");
        move_against(world, "sched_yield@3=@go");
    }
    set_scene(world, accounts());
    const char *count = probe_is_memcheck() ? "2" : "10";
    int n = atoi(count);
    for (int i = 0; i < 4; i++)
        runs[i] =
            launch(ARGS("move", "f", from[i], to[i], i ? "1" : "3", count),
                   .world = world);
    for (int i = 0; i < 4; i++)
        expect_exit(runs[i], 0);
    struct run *same =
        launch(ARGS("move", "f", "3", "3", "100", "1"), .world = world);
    expect_exit(same, 0);
    expect_balances(same, world, (int[]){-4 * n, n, 2 * n, n});
    expect_unmoved(world, 1000, 999999999999999);
    expect_unmoved(world, -99999999999999, 1000);
}

/* Another transfer, between other accounts, while one is in the middle. */
static void move_beside(struct world *world)
{
    set_scene(world, accounts());
    struct run *a = launch(ARGS("move", "f", "2", "3", "5", "1"),
                           .world = world, .delay = "sched_yield@2=@go");
    (void)run_waits_in(a, RUN_HELD);
    struct run *b = in(world, ARGS("move", "f", "0", "1", "5", "1"));
    run_wait_until(b, has_tried, b, SECOND_TRIES);
    bool waits = !run_has_ended(b);

    world_open_gate(world, "go");
    expect_exit(a, 0);
    expect_exit(b, 0);
    expect_that(b, !waits,
                "0 to 1 need not wait for a transfer between 2 and 3",
                "it had to wait");
    expect_balances(b, world, (int[]){-5, 5, -5, 5});
}

Graded(files, move_only_two, .points = 6, .step = "files.4",
       .description = "During a transfer its two accounts are locked, both of "
                      "them, and no other")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_files("");
    move_beside(world);

    /* Only one write is still to come, in whatever order they are. */
    set_scene(world, accounts());
    struct run *run = launch(ARGS("move", "f", "2", "1", "5", "1"),
                             .world = world, .delay = "sched_yield@4=@go");
    bool held = run_waits_in(run, RUN_HELD);
    bool first = is_locked(world, 16, 16), second = is_locked(world, 32, 16);
    bool others = is_locked(world, 0, 16) || is_locked(world, 48, 0);

    world_open_gate(world, "go");
    expect_exit(run, 0);
    expect_that(run, held,
                "balances are read and written by slow_read_balance and "
                "slow_write_balance",
                "they were not called four times");
    expect_that(run, first && second,
                "before the last write both accounts are locked", "%s",
                first || second ? "one of them is not" : "none is");
    expect_that(run, !others, "no other account is locked", "others are");
}

Graded(files, move_no_deadlock, .points = 8, .step = "files.4",
       .description = "Two transfers between the same accounts, one each way, "
                      "both take place, and neither waits for ever")
{
    const char *const there[] = {"move", "f", "0", "1", "5", "1", NULL};
    const char *const back[] = {"move", "f", "1", "0", "7", "1", NULL};

    if (probe_is_memcheck()) {
        (void)launch(there, .world = make_files(accounts()));
        return;
    }
    /* a has its first lock and is held; b goes for its own, and for a's, and if
     * it can do without that, only until it has read. */
    struct world *world = make_files(accounts());
    struct run *a = launch(there, .world = world, .delay = "setlk_done@1=@go");
    (void)run_waits_in(a, RUN_HELD);
    struct run *b =
        launch(back, .world = world, .delay = "sched_yield@2=@next");
    run_wait_until(b, has_tried, b, SECOND_TRIES);
    world_open_gate(world, "go");
    run_wait_until(a, is_past_gate, a, "the first one goes on");
    world_open_gate(world, "next");
    expect_exit(a, 0);
    expect_exit(b, 0);
    expect_balances(a, world, (int[]){2, -2, 0, 0});
}

/* ---- All of them --------------------------------------------------------- */

/* FILE is locked, in every way; ARGS must sleep until it is free. With 2 for
 * EINTR_EVERY each lock but the first is asked for twice: a signal comes. */
static void expect_sleep(struct world *world, const char *const args[],
                         int eintr_every)
{
    struct flock whole = {.l_type = F_WRLCK};
    int fd = openat(world_directory(world), "f", O_RDWR | O_CLOEXEC);

    cr_assert(fd >= 0 && flock(fd, LOCK_EX) == 0 &&
              fcntl(fd, F_OFD_SETLK, &whole) == 0);
    struct run *run = launch(args, .world = world, .spin_ms = POLLS_MS,
                             .blocked_s = 3, .eintr_every = eintr_every);
    run_wait_asleep(run, LOCKS);
    (void)close(fd);
    expect_exit(run, 0);
}

Graded(files, waits_asleep, .points = 4, .step = "files.2",
       .description = "Who has to wait for a lock sleeps in the kernel, does "
                      "not ask again and again, and is not put off by a "
                      "signal")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_files(accounts());
    expect_sleep(world, ARGS("move", "f", "0", "1", "1", "2"), 2);
    set_scene(world, "7\n");
    expect_sleep(world, ARGS("next", "f", "2"), 2);
    set_scene(world, "");
    expect_sleep(world, ARGS("append", "f", "a", "1"), 0);
}

/* A FILE that is missing is for everybody whom the umask lets in: they must be
 * able to lock it. */
static void expect_made(struct world *world)
{
    struct stat about = {0};

    (void)unlinkat(world_directory(world), "f", 0);
    struct run *run =
        launch(ARGS("once", "f", "true"), .world = world, .umask = "002");
    expect_exit(run, 0);
    bool made = fstatat(world_directory(world), "f", &about, 0) == 0;
    expect_that(run, made, "FILE is made if it is missing", "it was not");
    expect_that(run, (about.st_mode & 07777) == 0664,
                "FILE is made with mode 0666 less the umask, 0664",
                "its mode is %04o", about.st_mode & 07777);
}

Graded(files, clean, .points = 4, .step = "files.3",
       .description = "A command inherits descriptors 0, 1 and 2 only; FILE is "
                      "made if it is missing, and no other file appears")
{
    struct world *world = make_files("");

    expect_exit(launch(ARGS("append", "f", "a", "1"), .world = world), 0);
    expect_exit(launch(ARGS("append", "f", "b", "1"), .world = world), 0);
    struct run *run = launch(ARGS("once", "f", "fdprobe"), .world = world);
    expect_exit(run, 0);
    expect_errors(run, LITERAL("fds: 0 1 2; ignored: 0000000000000000\n"));
    if (probe_is_memcheck())
        return;
    expect_records(run, world, 1, 1);
    expect_made(world);
    struct bytes names = world_ask(world, ARGS("ls"));
    expect_that(run, strcmp(names.data, "f\n") == 0,
                "FILE is the only file in its directory", "there are %s",
                names.data);
}
