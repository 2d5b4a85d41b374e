// SPDX-License-Identifier: MIT
/*
 * test_ipcs.c - the tests of the ipcs lab, as the autograder runs them.
 *
 * Each test makes a world with System V objects of its own.  Processes make and
 * use them there as they are told (ipcuse.c); some end, some stay, some sleep
 * in a semop(2).  Then `ipcs` has to find out which are which.  That somebody
 * else is quicker, or the owner of an object, is arranged, not waited for: the
 * program is held before an IPC_RMID, or told EPERM (shim.c).
 *
 * Run one of them with `make ipcs TEST=leaked_by_dead`.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "test_ipcs.h"

NEEDS_FULL_SANDBOX

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* ---- ipcs.1: what there is ----------------------------------------------- */

/* In the order of `list`.  The first set is removed, so that the kernel's slots
 * have a hole; the last queue has the first slot, which is used for the second
 * time, and the highest id. */
static const struct line all_types[] = {
    {'m', "0x80000062", "0600", "bytes=4096,attached=0",
     "a segment with a key above 0x7fffffff is listed"},
    {'m', "0x63", "0000", "bytes=4096,attached=0",
     "a segment that nobody may read is listed"},
    {'s', "0x62", "0600", "semaphores=2", "a set is listed"},
    {'s', "0x63", "0640", "semaphores=3",
     "a set in the last of the kernel's slots is listed"},
    {'q', "0x61", "0000", "bytes=0,messages=0",
     "a queue that nobody may read is listed"},
    {'q', "0x62", "0600", "bytes=5,messages=1", "a queue is listed"},
    {'q', "0x63", "0600", "bytes=0,messages=0",
     "a queue that took the place of a removed one is listed"},
};

static void expect_only_looks(struct run *run, const struct world *world)
{
    const struct trace *trace = run_trace(run);
    char *table = world_table(world, "msg");

    expect_that(run, strstr(table, " 5          1 ") != NULL,
                "whoever looks at a queue leaves its message there",
                "the message is gone");
    free(table);
    for (size_t i = 0; trace && i < trace->process_count; i++)
        expect_that(run, trace->processes[i].own_code,
                    "ipcs asks the kernel by itself", "it started %s",
                    trace->processes[i].program);
}

Graded(ipcs, list_all_types, .points = 12, .step = "ipcs.1",
       .description = "list shows each segment, set and queue, in order, with "
                      "key, owner, mode and size, whoever may read it")
{
    struct world *world = make_world();
    struct run *empty = ipcs(world, "list");

    expect_exit(empty, 0);
    expect_output(empty, LITERAL(""));
    (void)use(world, "shm", "0x80000062", "shm", "0x63", "mode", "shm", "0x63",
              "0");
    (void)use(world, "sem", "0x61", "1", "sem", "0x62", "2", "sem", "0x63", "3",
              "rm", "sem", "0x61", "mode", "sem", "0x63", "0640");
    (void)use(world, "churn", "msg", "62", "msg", "0x61", "msg", "0x62", "msg",
              "0x63", "send", "0x62", "hello", "mode", "msg", "0x61", "0");
    struct run *run = ipcs(world, "list");
    expect_exit(run, 0);
    expect_errors(run, LITERAL(""));
    if (probe_is_memcheck())
        return;
    expect_lines(run, world, all_types, COUNT(all_types));
    expect_only_looks(run, world);
    (void)use(world, "crowd", "0x100", "300");
    struct run *crowd = ipcs(world, "list");
    expect_exit(crowd, 0);
    int lines = count_lines(crowd), all = COUNT(all_types) + 300;
    expect_that(crowd, lines == all, "each of 307 objects is listed",
                "there are %d lines", lines);
}

/* ---- ipcs.2: who lives --------------------------------------------------- */

/* Users that are dead, and objects that have had none. */
#define LEAK                                                                   \
    "shm", "0x61", "attach", "0x61", "sem", "0x61", "2", "add", "0x61", "1",   \
        "1", "msg", "0x61", "send", "0x61", "late"

Graded(ipcs, leaked_by_dead, .points = 14, .step = "ipcs.2",
       .description = "What a process that has died leaves behind is orphan, "
                      "what nobody has used yet is unknown")
{
    static const struct object objects[] = {
        {'m', "0x61", "orphan", "a segment whose users are dead"},
        {'q', "0x61", "orphan", "a queue whose sender is dead"},
        {'s', "0x61", "orphan", "a set whose users are dead"},
        {'m', "0x60", "unknown", "a segment that was never attached"},
        {'s', "0x60", "unknown", "a set that was never used"},
        {'q', "0x60", "unknown", "a queue that was never used"},
        {'s', "0x62", "unknown", "a set that may not be read"},
        {'s', "0x63", "orphan", "a set whose user, dead, did SETVAL"},
    };
    struct world *world = make_world();

    (void)use(world, "shm", "0x60", "sem", "0x60", "2", "msg", "0x60", "sem",
              "0x63", "1", "set", "0x63", "0", "1");
    (void)use(world, LEAK, "sem", "0x62", "1", "add", "0x62", "0", "1", "mode",
              "sem", "0x62", "0");
    struct run *run = ipcs(world, "list");
    expect_states(run, world, objects, COUNT(objects));
    expect_errors(run, LITERAL(""));
}

/* A process that may not be sent a signal is alive: here each that kill(2) is
 * asked for. Who asks in another way sees what there is. */
static void ask_without_permission(void)
{
    struct world *world = make_world(.inject = "?kill:error=EPERM");
    struct object o = {'q', "0x61", "orphan", "a queue whose sender is dead"};

    (void)use(world, "msg", "0x61", "send", "0x61", "late");
    struct run *run = ipcs(world, "list");
    if (run_was_injected(run)) {
        o.state = "used";
        o.what = "a queue whose sender may not be sent a signal (EPERM)";
    }
    expect_states(run, world, &o, 1);
    world_end(world);
}

static const struct object used[] = {
    {'m', "0x71", "used", "a segment that is attached"},
    {'m', "0x72", "used", "a segment whose creator lives"},
    {'s', "0x73", "used", "a set whose second semaphore has a living user"},
    {'s', "0x71", "used", "a set whose second semaphore is waited for"},
    {'s', "0x72", "used", "a set that is to become zero"},
    {'q', "0x71", "used", "a queue whose sender lives"},
    {'q', "0x72", "used", "a queue whose receiver lives"},
    {'q', "0x73", "used", "a queue whose sender is a zombie"},
};

/* Make them. The last to come to some of them is dead, but another lives. */
static void make_used(struct world *world)
{
    (void)use(world, "shm", "0x71", "attach", "0x71", "msg", "0x72", "send",
              "0x72", "late", "msg", "0x73");
    (void)use(world, "sem", "0x71", "2", "add", "0x71", "0", "1", "sem", "0x72",
              "1", "add", "0x72", "0", "1", "sem", "0x73", "2");
    (void)stay(world, "attach", "0x71", "shm", "0x72", "add", "0x73", "1", "1",
               "msg", "0x71", "send", "0x71", "soon", "receive", "0x72",
               "zombie", "0x73", "late");
    (void)use(world, "attach", "0x72", "add", "0x73", "0", "1", "receive",
              "0x71");
    wait_for(world, "0x71", "1", "-1");
    wait_for(world, "0x72", "0", "0");
}

Graded(ipcs, in_use, .points = 14, .step = "ipcs.2",
       .description = "What a living process uses, or may come back to, is "
                      "used")
{
    static const struct object left[] = {
        {'m', "0x61", "orphan", "a segment whose users are dead"},
        {'s', "0x61", "orphan", "a set whose users are dead"},
        {'q', "0x61", "orphan", "a queue whose sender is dead"},
    };

    if (probe_is_memcheck())
        return;
    ask_without_permission();
    struct world *world = make_world();
    (void)use(world, LEAK);
    make_used(world);
    struct run *run = ipcs(world, "list");
    expect_states(run, world, left, COUNT(left));
    expect_states(run, world, used, COUNT(used));
    expect_errors(run, LITERAL(""));
    dismiss();
}

Graded(ipcs, dest_segment, .points = 8, .step = "ipcs.2",
       .description = "A segment that is marked for removal and still attached "
                      "is used, with key 0, until the last detach")
{
    static const struct object objects[] = {
        {'m', "0", "used", "a segment that is marked, but attached"},
        {'m', "0x62", "orphan", "a segment whose users are dead"},
    };
    struct world *world = make_world();
    char expected[64], state[16];
    int n;

    (void)use(world, "shm", "0x62", "attach", "0x62");
    (void)stay(world, "shm", "0x61", "attach", "0x61", "rm", "shm", "0x61");
    struct run *run = ipcs(world, "list");
    expect_states(run, world, objects, COUNT(objects));
    expect_errors(run, LITERAL(""));
    int id = id_of(world, 'm', "0");
    (void)snprintf(expected, sizeof(expected),
                   "m %d 0x00000000 %d 0600 bytes=4096,attached=1", id, OWNER);
    const char *line = line_of(run, 'm', id, &n, state);
    expect_that(run, line && strcmp(line, expected) == 0, expected, "%s",
                line ? line : "no such line");
    dismiss();
}

/* ---- ipcs.3: away with it ------------------------------------------------ */

Graded(ipcs, id_zero_ok, .points = 6, .step = "ipcs.3",
       .description = "The first objects of a system have the id 0: they are "
                      "listed and removed like others")
{
    static const struct object objects[] = {
        {'m', "0x61", "orphan", "the segment with id 0"},
        {'s', "0x61", "orphan", "the set with id 0"},
        {'q', "0x61", "orphan", "the queue with id 0"},
    };
    struct world *world = make_world();

    (void)use(world, LEAK);
    expect_states(ipcs(world, "list"), world, objects, COUNT(objects));
    struct run *run = ipcs(world, "rm");
    expect_exit(run, 0);
    expect_swept(run, world, 0, objects, COUNT(objects));
    expect_natively(run, "m 0\ns 0\nq 0\n");
}

static const struct object mixture[] = {
    {'m', "0x60", "unknown", "a segment that was never attached"},
    {'s', "0x60", "unknown", "a set that was never used"},
    {'q', "0x60", "unknown", "a queue that was never used"},
    {'s', "0x62", "unknown", "a set that may not be read"},
    {'m', "0x61", "orphan", "a segment whose users are dead"},
    {'s', "0x61", "orphan", "a set whose users are dead"},
    {'q', "0x61", "orphan", "a queue whose sender is dead"},
    {'m', "0", "orphan", "a segment without a key, whose users are dead,"},
    {'s', "0", "orphan", "a set without a key, whose users are dead,"},
    {'q', "0", "orphan", "a queue without a key, whose sender is dead,"},
    {'q', "0x64", "orphan", "a queue that may not be read, sender dead,"},
};

Graded(ipcs, rm_only_orphans, .points = 14, .step = "ipcs.3",
       .description = "rm removes exactly the orphans, rm q exactly those "
                      "among the queues, and prints a line for each; what is "
                      "in use, or unknown, survives")
{
    struct world *world = make_world();

    (void)use(world, "shm", "0x60", "sem", "0x60", "1", "msg", "0x60");
    (void)use(world, LEAK, "shm", "0", "attach", "0", "sem", "0", "1", "add",
              "0", "0", "1", "msg", "0", "send", "0", "late", "msg", "0x64",
              "send", "0x64", "late", "mode", "msg", "0x64", "0");
    (void)use(world, "sem", "0x62", "1", "add", "0x62", "0", "1", "mode", "sem",
              "0x62", "0");
    make_used(world);

    int before = count_objects(world);
    struct bytes lines = text(lines_of(world, 'q', mixture, COUNT(mixture)));
    struct run *queues = ipcs(world, "rm", "q");
    expect_exit(queues, 0);
    expect_swept(queues, world, 'q', mixture, COUNT(mixture));
    int gone = before - count_objects(world);
    expect_that(queues, gone == 3, "rm q removes the three orphan queues",
                "%d objects are gone", gone);
    expect_natively(queues, lines.data);
    lines = text(lines_of(world, 0, mixture, COUNT(mixture)));
    struct run *run = ipcs(world, "rm");
    expect_exit(run, 0);
    expect_errors(run, LITERAL(""));
    expect_swept(run, world, 0, mixture, COUNT(mixture));
    expect_swept(run, world, 0, used, COUNT(used));
    expect_natively(run, lines.data);
    expect_that(run, count_objects(world) == 12, "nothing is made",
                "there are %d objects instead of 12", count_objects(world));
    dismiss();
}

Graded(ipcs, dry_run, .points = 6, .step = "ipcs.3",
       .description = "rm -n prints what rm would remove, and removes nothing")
{
    static const struct object objects[] = {
        {'q', "0x60", "unknown", "a queue that was never used"},
        {'m', "0x61", "orphan", "a segment whose users are dead"},
        {'s', "0x61", "orphan", "a set whose users are dead"},
        {'q', "0x61", "orphan", "a queue whose sender is dead"},
    };
    struct world *world = make_world();

    (void)use(world, "msg", "0x60", LEAK);
    struct run *run = ipcs(world, "rm", "-n");
    expect_exit(run, 0);
    expect_that(run, count_objects(world) == 4, "nothing is removed",
                "%d of 4 objects are left", count_objects(world));
    expect_natively(run, lines_of(world, 0, objects, COUNT(objects)));
}

Graded(ipcs, foreign_uid, .points = 8, .step = "ipcs.3",
       .description = "Objects of somebody else are reported, the others "
                      "removed, and the exit status is 1")
{
    static const struct object others[] = {
        {'m', "0x62", "orphan", "a segment behind a foreign one"},
        {'s', "0x61", "orphan", "a set behind a foreign segment"},
        {'q', "0x62", "orphan", "a queue behind a foreign one"},
    };
    struct world *world = make_world();
    char expected[64];

    if (probe_is_memcheck())
        return;
    (void)use(world, LEAK, "shm", "0x62", "attach", "0x62", "msg", "0x62",
              "send", "0x62", "late");
    struct run *run = launch(ARGS("rm"), .world = world, .foreign = "m0,q0",
                             .input_mode = INPUT_NONE);
    expect_that(run, run_end(run) == RUN_EXITED, "it ends", "it does not");
    expect_swept(run, world, 0, others, COUNT(others));
    bool refused = id_of(world, 'm', "0x61") != -1;
    expect_exit(run, refused); /* or it went round the C library */
    expect_output(run, refused ? LITERAL("m 1\ns 0\nq 1\n")
                               : LITERAL("m 0\nm 1\ns 0\nq 0\nq 1\n"));
    for (const char *type = "mq"; *type && refused; type++) {
        (void)snprintf(expected, sizeof(expected), "ipcs: %c 0: %s", *type,
                       strerror(EPERM));
        expect_error_line(run, expected);
    }
}

/* Somebody else removes one object of each type while RUN stands still. */
static void vanish(struct world *world, struct run *run)
{
    if (run_waits_in(run, RUN_HELD))
        (void)use(world, "rm", "shm", "0x61", "rm", "sem", "0x61", "rm", "msg",
                  "0x61");
    world_open_gate(world, "go");
    expect_exit(run, 0);
    expect_errors(run, LITERAL(""));
}

/* With -n only the lines show what was taken for an orphan. The program is held
 * before it first asks of a set. */
static void vanish_in_dry_run(void)
{
    struct world *world = make_world();
    char line[16];

    (void)use(world, LEAK);
    (void)snprintf(line, sizeof(line), "s %d\n", id_of(world, 's', "0x61"));
    struct run *run = launch(ARGS("rm", "-n"), .world = world,
                             .delay = "semctl=@go", .input_mode = INPUT_NONE);
    bool vanished = run_waits_in(run, RUN_HELD);
    if (vanished)
        (void)use(world, "rm", "sem", "0x61");
    world_open_gate(world, "go");
    expect_exit(run, 0);
    expect_errors(run, LITERAL(""));
    expect_that(run, !vanished || !has_line(run, line),
                "a set that has vanished is no orphan", "%s",
                run_output(run).data);
    world_end(world);
}

Graded(ipcs, vanished_in_between, .points = 6, .step = "ipcs.3",
       .description = "An object that somebody else removes between two looks "
                      "at it is no error")
{
    static const struct object left[] = {
        {'m', "0x62", "orphan", "a segment beside one that has vanished"},
        {'s', "0x62", "orphan", "a set beside one that has vanished"},
        {'q', "0x62", "orphan", "a queue beside one that has vanished"},
    };

    if (probe_is_memcheck())
        return;
    vanish_in_dry_run();
    struct world *world = make_world();
    (void)use(world, LEAK, "shm", "0x62", "attach", "0x62", "sem", "0x62", "1",
              "add", "0x62", "0", "1", "msg", "0x62", "send", "0x62", "late");
    struct run *list = launch(ARGS("list"), .world = world,
                              .delay = "semctl=@go", .input_mode = INPUT_NONE);
    vanish(world, list);
    expect_states(list, world, left, COUNT(left));
    world_close_gate(world, "go");
    if (id_of(world, 'm', "0x61") == -1)
        (void)use(world, LEAK);
    struct run *run =
        launch(ARGS("rm"), .world = world, .input_mode = INPUT_NONE,
               .delay = "shmctl_rmid=@go,semctl_rmid=@go,msgctl_rmid=@go");
    vanish(world, run);
    expect_swept(run, world, 0, left, COUNT(left));
}

/* ---- ipcs.4: facts ------------------------------------------------------- */

/* What is to be told of the object with key 0x61. */
static struct run *who(struct world *world, char type)
{
    char word[16], name[] = {type, '\0'};

    (void)snprintf(word, sizeof(word), "%d", id_of(world, type, "0x61"));
    return ipcs(world, "who", name, word);
}

Graded(ipcs, who_waits, .points = 6, .step = "ipcs.4",
       .description = "who tells which processes an object has had, whether "
                      "they live, and how many wait for a semaphore")
{
    struct world *world = make_world();
    struct bytes dead =
        use(world, "shm", "0x61", "attach", "0x61", "sem", "0x61", "2", "add",
            "0x61", "0", "1", "msg", "0x61", "send", "0x61", "late", "pid");
    int pid = atoi(dead.data);
    struct run *user = stay(world, "attach", "0x61", "receive", "0x61");
    char expected[256];

    wait_for(world, "0x61", "1", "-1");
    wait_for(world, "0x61", "0", "0");
    /* Their facts are for everybody, not so those of a set. */
    (void)use(world, "mode", "shm", "0x61", "0", "mode", "msg", "0x61", "0");
    struct run *shm = who(world, 'm');
    (void)snprintf(expected, sizeof(expected),
                   "creator %d dead\nlast %d alive\nattached 1\n", pid,
                   (int)run_pid(user));
    expect_natively(shm, expected);
    (void)snprintf(expected, sizeof(expected),
                   "0: last %d dead, waiting 0, for zero 1\n"
                   "1: last 0 nobody, waiting 1, for zero 0\n",
                   pid);
    expect_natively(who(world, 's'), expected);
    (void)use(world, "mode", "sem", "0x61", "0");
    struct run *refused = who(world, 's');
    expect_exit(refused, 1);
    expect_error(refused, EACCES);
    (void)snprintf(expected, sizeof(expected),
                   "sender %d dead\nreceiver %d alive\n", pid,
                   (int)run_pid(user));
    expect_natively(who(world, 'q'), expected);
    struct run *none = ipcs(world, "who", "q", "77");
    expect_exit(none, 1);
    expect_error(none, EINVAL);
    expect_output(none, LITERAL(""));
    dismiss();
}

Graded(ipcs, mq_list, .points = 6, .step = "ipcs.4",
       .description = "mq tells of each POSIX queue how many bytes are in it "
                      "and who waits for a notification")
{
    struct world *world = make_world();
    char armed[64];

    (void)use(world, "post", "/full", "hello", "post", "/full", "world", "post",
              "/.hidden", "dot");
    struct run *user =
        stay(world, "post", "/armed", "a message", "notify", "/armed");
    struct run *run = ipcs(world, "mq");
    (void)snprintf(armed, sizeof(armed), "/armed 9 %d\n", (int)run_pid(user));
    expect_exit(run, 0);
    expect_that(run, has_line(run, "/full 10 0\n"), "/full 10 0", "%s",
                run_output(run).data);
    expect_that(run, has_line(run, armed), armed, "%s", run_output(run).data);
    expect_that(run, has_line(run, "/.hidden 3 0\n"), "/.hidden 3 0", "%s",
                run_output(run).data);
    expect_that(run,
                run_output(run).size ==
                    strlen(armed) + strlen("/full 10 0\n/.hidden 3 0\n"),
                "a line for each of three queues", "%s", run_output(run).data);
    (void)use(world, "hide", "/full");
    struct run *refused = ipcs(world, "mq");
    expect_exit(refused, 1);
    expect_error(refused, EACCES);
    dismiss();
}
