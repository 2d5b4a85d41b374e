// SPDX-License-Identifier: MIT
/*
 * test_mq_notify.c - the tests of the mq_notify lab.
 *
 * The tester makes the queues and sends the messages itself, so that no test of
 * q_watch depends on the student's make and send. It never sleeps: it waits
 * until the kernel shows the state in which a mistake must tell (the queue in
 * /dev/mqueue, a process asleep, stopped or held in a call), and acts then.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test_mq_notify.h"

NEEDS_FULL_SANDBOX

/* Stops RUN, which goes on otherwise, where CONDITION does not hold. */
static void expect_now(struct run *run, bool condition, const char *expected,
                       const char *seen)
{
    if (condition || probe_is_memcheck())
        return;
    run_signal(run, SIGKILL);
    expect_that(run, false, expected, "%s", seen);
}

static void expect_queue(struct run *run, const struct queue *queue)
{
    expect_that(run, queue_says(queue, "QSIZE:") >= 0,
                "the queue still exists at the end", "%s was removed",
                queue->name);
}

/* ---- mq_notify.1: messages ----------------------------------------------- */

static bool has_attributes(const struct queue *queue, long maxmsg, long msgsize)
{
    struct mq_attr attr = {0};

    return mq_getattr(queue->fd, &attr) == 0 && attr.mq_maxmsg == maxmsg &&
           attr.mq_msgsize == msgsize;
}

Graded(mq_notify, make_attributes, .points = 6, .step = "mq_notify.1",
       .description = "make gives a new queue the attributes asked for, and "
                      "never takes over one that exists")
{
    struct world *world = make_world();
    struct run *run = start(world, "make", "/q", "4", "64");
    struct stat about = {0};
    char *row;

    expect_exit(run, 0);
    row = world_queue(world, "q");
    expect_that(run, row != NULL, "the queue /q exists", "there is none");
    free(row);
    struct queue queue = open_queue(world, "/q");
    (void)fstat(queue.fd, &about);
    expect_that(run, has_attributes(&queue, 4, 64),
                "mq_maxmsg is 4 and mq_msgsize is 64",
                "the queue has other attributes");
    expect_that(run, (about.st_mode & 0777) == 0600, "its mode is 0600",
                "its mode is %04o", about.st_mode & 0777u);
    struct run *again = start(world, "make", "/q", "8", "128");
    struct run *slash = start_native(world, "make", "q", "4", "64");
    expect_exit(again, 1);
    expect_error(again, EEXIST);
    expect_that(again, has_attributes(&queue, 4, 64),
                "the queue keeps its attributes", "they have changed");
    expect_exit(slash, 1);
    expect_error(slash, EINVAL);
}

Graded(mq_notify, priority_order, .points = 8, .step = "mq_notify.1",
       .description = "Messages come out by priority, the highest first, and "
                      "in the order they were sent in within one")
{
    struct world *world = make_world();
    struct queue queue = open_queue(world, "/q");

    send_text(&queue, 1, "low");
    struct run *sent = start(world, "send", "/q", "9", "first");
    expect_exit(sent, 0);
    expect_that(sent, queue_says(&queue, "QSIZE:") == 3 + 5,
                "the message has the 5 bytes of its text", "it has %ld bytes",
                queue_says(&queue, "QSIZE:") - 3);
    send_text(&queue, 5, "middle");
    send_text(&queue, 9, "second");
    const char *const expected[] = {"9 first\n", "9 second\n", "5 middle\n",
                                    "1 low\n"};
    for (int i = 0; i < 4; i++) {
        struct run *run =
            launch(ARGS("recv", "/q"), .world = world, .input_mode = INPUT_NONE,
                   .native_only = i > 0);
        expect_output(run, text(expected[i]));
        expect_exit(run, 0);
    }
    expect_queue(sent, &queue);
}

/* As long as the system's default allows. */
enum { LONGEST = 8192 };

static struct bytes line_of(const char *before, char letter, size_t size)
{
    size_t used = strlen(before);
    char *data = malloc(used + size + 2);

    cr_assert_not_null(data);
    memcpy(data, before, used);
    memset(data + used, letter, size);
    memcpy(data + used + size, "\n", 2);
    return (struct bytes){data, used + size + 1};
}

Graded(mq_notify, any_msgsize, .points = 8, .step = "mq_notify.1",
       .description = "Queues with any mq_msgsize work, with long, short and "
                      "empty messages; what fails is reported")
{
    struct world *world = make_world();
    struct queue big = open_queue(world, "/big");
    struct bytes longest = line_of("8 ", 'x', LONGEST);

    cr_assert_eq(mq_send(big.fd, longest.data + 2, LONGEST, 8), 0);
    struct run *empty = start(world, "send", "/big", "5", "");
    expect_exit(empty, 0);
    send_text(&big, 7, "hello");
    const struct bytes expected[] = {longest, LITERAL("7 hello\n"),
                                     LITERAL("5 \n")};
    for (int i = 0; i < 3; i++) {
        struct run *run = start(world, "recv", "/big");
        expect_exit(run, 0);
        expect_output(run, expected[i]);
    }

    expect_exit(start(world, "make", "/s", "1", "1"), 0);
    expect_exit(start(world, "send", "/s", "7", "x"), 0);
    struct run *full = start_native(world, "send", "/s", "7", "y", "-n");
    expect_exit(full, 1);
    expect_error(full, EAGAIN);
    struct run *small = start(world, "recv", "/s");
    expect_exit(small, 0);
    expect_output(small, LITERAL("7 x\n"));
    struct run *none = start(world, "recv", "/s", "-n");
    expect_exit(none, 1);
    expect_error(none, EAGAIN);
    struct run *prio = start_native(world, "send", "/s", "40000", "z");
    expect_exit(prio, 1);
    expect_error(prio, EINVAL);
}

/* ---- mq_notify.2: registering -------------------------------------------- */

/* What stands behind NOTIFY_PID, as the program's own pid namespace has it. */
static pid_t registered_in(struct world *world, const char *path)
{
    const char *about = world_ask(world, ARGS("cat", path)).data;
    const char *found = about ? strstr(about, "NOTIFY_PID:") : NULL;

    return found ? (pid_t)strtol(found + 11, NULL, 10) : 0;
}

/* Registered, asleep, and not in a call that would take the message away. */
static void expect_idle(struct run *run, struct world *world, const char *path)
{
    wait_ready(run);
    if (probe_is_memcheck())
        return;
    expect_now(run, registered_in(world, path) == run_pid(run),
               "while it waits, NOTIFY_PID is the program's pid",
               "the program is not registered");
    expect_now(run, !run_is_in(run, "mq_timedreceive"),
               "it does not wait in mq_receive",
               "it is asleep in mq_receive: nothing will be notified");
}

Graded(mq_notify, watch_registers, .points = 10, .step = "mq_notify.2",
       .description = "While nothing happens watch is registered and asleep, "
                      "at the end of its input, too")
{
    struct world *world = make_world();
    struct queue q = open_queue(world, "/q"), r = open_queue(world, "/r");
    struct run *run = watch(&q, "1");

    expect_idle(run, world, "/dev/mqueue/q");
    send_text(&q, 3, "hello");
    expect_exit(run, 0);
    expect_output(run, LITERAL("3 hello\n"));
    expect_queue(run, &q);
    struct run *eof = start(world, "watch", "/r", "1");
    expect_idle(eof, world, "/dev/mqueue/r");
    send_text(&r, 0, "hello");
    expect_exit(eof, 0);
    expect_output(eof, LITERAL("0 hello\n"));
}

/* ---- Held between two calls ------------------------------------------------
 *
 * With .delay = "CALL=@go" the program is held before CALL as long as there is
 * no file "go" in its directory: see shim.c.
 */

/* Every call in which a program can wait for a signal without having blocked
 * it: between the last look at a flag and the sleep, the message comes. */
#define SLEEPS "poll=@go,select=@go,epoll=@go,pause=@go,sigsuspend=@go"

static void expect_no_lost_wakeup(struct world *world)
{
    struct queue queue = open_queue(world, "/late");

    if (probe_is_memcheck())
        return;
    struct run *run = launch(ARGS("watch", "/late", "2"), .world = world,
                             .input_mode = INPUT_HELD, .delay = SLEEPS);
    wait_ready(run);
    for (int i = 1; i <= 2; i++) {
        run_wait_still(run); /* held there, or asleep in another call */
        /* Who polls the queue, too, may see the message before the signal, and
         * passes the gate once more before it registers again. */
        if (!is_armed_and_empty(&queue))
            world_open_gate(world, "go");
        wait_armed(run, &queue);
        world_close_gate(world, "go");
        send_number(&queue, i);
        world_open_gate(world, "go");
        wait_number(run, i);
        world_close_gate(world, "go");
    }
    world_open_gate(world, "go");
    expect_exit(run, 0);
    expect_output(run, numbers(2));
}

Graded(mq_notify, watch_second_message, .points = 12, .step = "mq_notify.2",
       .description = "The second message is announced as the first was, also "
                      "if it comes just before watch falls asleep")
{
    struct world *world = make_world();
    struct queue queue = open_queue(world, "/q");
    struct run *run = watch(&queue, "3");

    for (int i = 1; i <= 3; i++) {
        wait_armed(run, &queue);
        send_number(&queue, i);
    }
    expect_exit(run, 0);
    expect_output(run, numbers(3));
    expect_no_lost_wakeup(world);
}

Graded(mq_notify, busy_registration, .points = 6, .step = "mq_notify.2",
       .description = "If another process is registered, or there is no such "
                      "queue, watch says so and ends")
{
    struct world *world = make_world();
    struct queue queue = open_queue(world, "/q");
    struct sigevent nothing = {.sigev_notify = SIGEV_NONE};

    cr_assert_eq(mq_notify(queue.fd, &nothing), 0);
    struct run *busy = watch(&queue, "1");
    expect_exit(busy, 1);
    expect_error(busy, EBUSY);
    expect_that(busy, strstr(run_errors(busy).data, "ready") == NULL,
                "\"ready\" is printed by a process that is registered",
                "\"ready\" was printed before");
    expect_output(busy, LITERAL(""));
    expect_queue(busy, &queue);
    struct run *none = start_native(world, "watch", "/none", "1");
    expect_exit(none, 1);
    expect_error(none, ENOENT);
}

/* ---- mq_notify.3: nothing is lost, nothing waits ------------------------- */

Graded(mq_notify, watch_burst, .points = 10, .step = "mq_notify.3",
       .description = "Eight messages that arrive together are all printed, "
                      "and so are the next eight")
{
    struct world *world = make_world();
    struct queue queue = open_queue(world, "/q");
    struct run *run = watch(&queue, "16");

    /* Stopped, it cannot receive one before the next has arrived. */
    for (int half = 0; half < 2; half++) {
        wait_ready(run);
        run_stop(run);
        for (int i = 1; i <= 8; i++)
            send_number(&queue, 8 * half + i);
        run_continue(run);
        wait_number(run, 8 * half + 8);
    }
    expect_exit(run, 0);
    expect_output(run, numbers(16));
    expect_no_children_left(run);
}

static struct queue queue_of_three(struct world *world, const char *name)
{
    struct queue queue = open_queue(world, name);

    send_text(&queue, 1, "low");
    send_text(&queue, 9, "high");
    send_text(&queue, 9, "higher");
    return queue;
}

Graded(mq_notify, watch_backlog, .points = 8, .step = "mq_notify.3",
       .description = "Messages that were queued before watch began are "
                      "printed first, and not more than asked for")
{
    struct world *world = make_world();
    struct queue q = queue_of_three(world, "/q");
    struct queue r = queue_of_three(world, "/r");
    struct queue s = queue_of_three(world, "/s");
    struct run *four = watch(&q, "4");

    run_wait_line(four, RUN_STDOUT, "1 low");
    wait_ready(four);
    send_text(&q, 4, "late");
    expect_exit(four, 0);
    expect_output(four, LITERAL("9 high\n9 higher\n1 low\n4 late\n"));
    struct run *three = watch(&r, "3");
    expect_exit(three, 0);
    expect_output(three, LITERAL("9 high\n9 higher\n1 low\n"));
    struct run *two = watch(&s, "2");
    expect_exit(two, 0);
    expect_output(two, LITERAL("9 high\n9 higher\n"));
    expect_that(two, queue_says(&s, "QSIZE:") == 3,
                "the third message stays in the queue", "it is gone");
}

Graded(mq_notify, rearm_race, .points = 14, .step = "mq_notify.3",
       .description = "A message that arrives just before watch registers "
                      "again is printed, too")
{
    if (probe_is_memcheck())
        return;
    struct world *world = make_world();
    struct queue queue = open_queue(world, "/q");
    world_open_gate(world, "go");
    struct run *run =
        launch(ARGS("watch", "/q", "1000"), .world = world,
               .input_mode = INPUT_HELD, .delay = "mq_notify=@go");
    wait_armed(run, &queue);
    world_close_gate(world, "go");
    send_number(&queue, 1);
    run_wait_asleep(run, RUN_HELD);
    send_number(&queue, 2);
    world_open_gate(world, "go");
    wait_number(run, 2);
    run_signal(run, SIGKILL);
    expect_output(run, numbers(2));
}

Graded(mq_notify, stdin_meanwhile, .points = 8, .step = "mq_notify.3",
       .description = "Lines of standard input are copied between messages; "
                      "an unfinished one delays none")
{
    struct world *world = make_world();
    struct queue queue = open_queue(world, "/q");
    struct run *run = launch(ARGS("watch", "/q", "5"), .world = world,
                             .input_mode = INPUT_FED);

    wait_ready(run);
    run_feed(run, LITERAL("one\ntwo\n"));
    run_wait_line(run, RUN_STDOUT, "in: two");
    run_feed(run, LITERAL("thr"));
    run_wait_still(run);
    send_text(&queue, 1, "before three");
    run_wait_line(run, RUN_STDOUT, "1 before three");
    run_feed(run, LITERAL("ee\n"));
    run_wait_line(run, RUN_STDOUT, "in: three");
    /* What one message leaves in a buffer must not show in the next. */
    run_stop(run);
    send_text(&queue, 2, "long, long, longer than the next");
    send_text(&queue, 1, "short");
    send_text(&queue, 0, "");
    run_continue(run);
    run_wait_line(run, RUN_STDOUT, "0 ");
    run_feed(run, LITERAL("end"));
    run_end_input(run);
    run_wait_line(run, RUN_STDOUT, "in: end");
    run_wait_still(run);
    send_text(&queue, 6, "last");
    expect_exit(run, 0);

    expect_output(run, LITERAL("in: one\nin: two\n1 before three\nin: three\n"
                               "2 long, long, longer than the next\n1 short\n"
                               "0 \nin: end\n6 last\n"));
}

Graded(mq_notify, stop_and_deregister, .points = 6, .step = "mq_notify.3",
       .description = "SIGTERM and SIGINT end watch with status 0; the queue "
                      "stays")
{
    const int signals[] = {SIGTERM, SIGINT};
    const char *const names[] = {"/q", "/r"};
    struct world *world = make_world();

    for (int i = 0; i < 2; i++) {
        struct queue queue = open_queue(world, names[i]);
        struct run *run = watch(&queue, "1");
        wait_ready(run);
        run_signal(run, signals[i]);
        expect_exit(run, 0);
        expect_errors(run, LITERAL("ready\n"));
        expect_output(run, LITERAL(""));
        expect_no_children_left(run);
        expect_queue(run, &queue);
        expect_that(run, queue_says(&queue, "NOTIFY_PID:") == 0,
                    "nobody is registered any more", "NOTIFY_PID is not 0");
    }
}

/* How many descriptors the first process of RUN has. */
static int count_fds(struct world *world, struct run *run)
{
    char path[32];
    int count = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)run_pid(run));
    struct bytes list = world_ask(world, ARGS("ls", path));
    for (size_t i = 0; i < list.size; i++)
        count += list.data[i] == '\n';
    return count;
}

Graded(mq_notify, clean, .points = 4, .step = "mq_notify.3",
       .description = "After 200 messages watch has as many descriptors open "
                      "as after the first ones, and no memory is lost")
{
    bool native = !probe_is_memcheck();
    int batches = native ? 20 : 3, before = 0, after = 0;
    char count[16];
    struct world *world = make_world();
    struct queue queue = open_queue(world, "/q");

    (void)snprintf(count, sizeof(count), "%d", 10 * batches + 1);
    struct run *run = watch(&queue, count);
    for (int batch = 0; batch < batches; batch++) {
        wait_ready(run);
        if (native && batch == 1)
            before = count_fds(world, run);
        run_stop(run); /* so that each of them gives one notification */
        for (int i = 1; i <= 10; i++)
            send_number(&queue, 10 * batch + i);
        run_continue(run);
        wait_number(run, 10 * batch + 10);
    }
    wait_ready(run);
    if (native)
        after = count_fds(world, run);
    send_number(&queue, 10 * batches + 1);
    expect_exit(run, 0);
    expect_output(run, numbers(10 * batches + 1));
    expect_that(run, before == after,
                "the number of open descriptors is the "
                "same after 10 and after 200 messages",
                "it was %d after 10 and %d after 200", before, after);
}
