// SPDX-License-Identifier: MIT
/*
 * test_socketpair.c - the tests of the socketpair lab, as the autograder runs
 * them.
 *
 * Each test starts `socketpair` as a user would and judges what the kernel saw
 * of it.  What depends on who comes first is forced: a child is stopped, or
 * there is more to send than the pair holds.
 *
 * Run one of them with `make socketpair TEST=upper_1mib`.
 */
#include "test_socketpair.h"
#include "test_socketpair_pair.h"

/* ---- socketpair.1: both directions --------------------------------------- */

Graded(socketpair, upper_small_half_close, .points = 10, .step = "socketpair.1",
       .description = "What a child is sent comes back in capitals, NUL bytes "
                      "included, when the parent has ended its direction")
{
    struct run *run = launch(ARGS("upper"), .input = LITERAL("h\0i\n"),
                             .also_trace = TRANSFERS);

    expect_success(run, LITERAL("H\0I\n"));
}

Graded(socketpair, upper_1mib, .points = 12, .step = "socketpair.1",
       .description = "1 MiB goes there and back while nobody waits for "
                      "anybody for ever; an output that fails is an error")
{
    struct bytes input = random_bytes(probe_is_memcheck() ? MIB / 32 : MIB, 1);
    struct bytes lost = LITERAL("lost\n");
    struct run *run = launch(ARGS("upper"), .input = input);
    struct run *full =
        launch(ARGS("upper"), .input = lost, .output_mode = OUTPUT_FULL);
    struct run *broken = launch(ARGS("upper"), .input = lost,
                                .output_mode = OUTPUT_BROKEN, NATIVE);

    expect_success(run, to_upper(input));
    expect_failure(full, "upper");
    expect_no_children_left(full);
    expect_failure(broken, "upper");
}

Graded(socketpair, one_pair_no_pipe, .points = 8, .step = "socketpair.1",
       .description = "One socket pair, and no pipe, carries the bytes to a "
                      "child, which has one end of it, and back")
{
    struct pair pair;
    struct run *run = launch(ARGS("upper"), .input = LITERAL("one pair\n"),
                             .also_trace = TRANSFERS, NATIVE);

    expect_success(run, LITERAL("ONE PAIR\n"));
    if (probe_is_memcheck())
        return;
    const struct trace *trace = run_trace(run);
    size_t pairs = trace_count(trace, "socketpair", -1);
    size_t pipes = trace_count(trace, "pipe,pipe2", -1);
    expect_that(run, pipes == 0, "no pipe is made", "%zu pipes were made",
                pipes);
    expect_that(run, pairs == 1 && follow_pair(trace, &pair),
                "one socket pair is made", "%zu pairs were made", pairs);
    int other = -1;
    expect_that(run, converter(trace, &pair, &other) > 0,
                "a child receives and sends by its end of the pair",
                "no child did both");
    expect_that(run, other == -1, "the child closes its parent's end",
                "it never closes descriptor %d", other);
}

/* The child is killed when it has nothing to do, and its parent reads
 * end-of-file as if all were done. */
static void expect_killed_child_told(const char *command, struct run *run)
{
    run_wait_still(run);
    /* Who reads all of its input first has no child yet. */
    bool has_child = run_count_processes(run, "RSD") > 1;
    run_kill_others(run);
    run_end_input(run);
    if (has_child)
        expect_failure(run, command);
    expect_no_children_left(run);
}

Graded(socketpair, eof_not_shadowed, .points = 10, .step = "socketpair.1",
       .description = "With no input, or little, all processes end, and none "
                      "is left behind; the end of a child that is killed is an "
                      "error")
{
    struct run *empty = launch(ARGS("upper"));
    struct run *little = launch(ARGS("upper"), .input = LITERAL("x"), NATIVE);

    expect_success(empty, LITERAL(""));
    expect_nothing_left(empty);
    expect_success(little, LITERAL("X"));
    expect_nothing_left(little);
    if (probe_is_memcheck())
        return;
    struct run *killed = launch(ARGS("upper"), .input_mode = INPUT_FED, NATIVE);
    run_feed(killed, LITERAL("x\n"));
    expect_killed_child_told("upper", killed);
}

Graded(socketpair, short_io, .points = 4, .step = "socketpair.1",
       .description = "Short reads, short writes and EINTR lose no byte")
{
    /* Fewer pieces than a direction holds: that is the test above. */
    struct bytes input = random_bytes(1000, 2);
    struct run *upper =
        launch(ARGS("upper"), .input = input, .short_io = 7, .eintr_every = 5);

    expect_success(upper, to_upper(input));
}

/* ---- socketpair.2: messages ---------------------------------------------- */

/* Three requests come in one piece, while the child cannot receive: then they
 * are what it finds. */
static struct run *ask_a_stopped_child(void)
{
    struct run *run = launch(ARGS("calc"), .input_mode = INPUT_FED,
                             .also_trace = TRANSFERS, NATIVE);

    run_feed(run, LITERAL("1+1\n"));
    run_wait_line(run, RUN_STDOUT, "2");
    run_wait_still(run);
    run_stop_others(run);
    run_feed(run, LITERAL("1+2\n30+4\n5+60\n"));
    run_wait_still(run);
    run_continue_others(run);
    run_end_input(run);
    return run;
}

static void expect_messages(struct run *run, int requests)
{
    struct pair pair;
    const struct trace *trace = run_trace(run);

    expect_that(run, follow_pair(trace, &pair), "a socket pair is made",
                "there was none");
    struct traffic all = all_traffic(trace, &pair);
    int sent = all.sent[0] + all.sent[1];
    int received = all.received[0] + all.received[1];
    char *expected = NULL;
    cr_assert(asprintf(&expected,
                       "%d requests and as many answers are %d messages, each "
                       "sent and received in one call",
                       requests, 2 * requests) >= 0);
    expect_that(run, sent == 2 * requests && received == 2 * requests, expected,
                "%d messages were sent, %d received", sent, received);
}

Graded(socketpair, calc_boundaries, .points = 12, .step = "socketpair.2",
       .description = "A line is answered when it has come; of 1000 that come "
                      "at once each is one message, and so is its answer")
{
    int count = probe_is_memcheck() ? 20 : 1000;
    struct run *many =
        launch(ARGS("calc"), .input = requests(count), .input_mode = INPUT_FILE,
               .also_trace = TRANSFERS);

    expect_success(many, answers(count));
    if (probe_is_memcheck())
        return;
    expect_messages(many, count);
    struct run *three = ask_a_stopped_child();
    expect_success(three, LITERAL("2\n3\n34\n65\n"));
    expect_messages(three, 4);
    expect_nothing_left(three);
}

/* The last line has no newline. */
#define LINES                                                                  \
    "x\n"                                                                      \
    "\n"                                                                       \
    "-5+3\n"                                                                   \
    "1+\n"                                                                     \
    "+1\n"                                                                     \
    "1+2+3\n"                                                                  \
    "1+2x\n"                                                                   \
    " 1+2\n"                                                                   \
    "1++2\n"                                                                   \
    "1-2\n"                                                                    \
    "1+-\n"                                                                    \
    "-+1\n"                                                                    \
    "007+-007\n"                                                               \
    "9223372036854775807+-9223372036854775808\n"                               \
    "9223372036854775807+1\n"                                                  \
    "-9223372036854775808+-1\n"                                                \
    "9223372036854775808+0\n"                                                  \
    "0+-99999999999999999999\n"                                                \
    "1+1"

#define BAD "bad request\n"

static const char replies[] = BAD BAD "-2\n" BAD BAD BAD BAD BAD BAD BAD BAD BAD
                                      "0\n-1\n" BAD BAD BAD BAD "2\n";

/* A request of 4096 bytes is not too long, one of 4097 is, and so is the whole
 * of a line that is much longer. */
static struct bytes long_lines(void)
{
    char *data = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&data, &size);

    cr_assert_not_null(file);
    (void)fprintf(file, "%s%s%s%s%s2+3\n", zeros("", 4000, "1+2\n"),
                  zeros("1+", 4000, "2\n"), zeros("", 4092, "1+2\n"),
                  zeros("", 4093, "1+2\n"), zeros("1+", 20000, "2\n"));
    cr_assert(fclose(file) == 0);
    return (struct bytes){data, size};
}

Graded(socketpair, calc_bad_and_big, .points = 8, .step = "socketpair.2",
       .description =
           "Lines that are no request, empty or too long, are answered \"bad "
           "request\"; a child that is killed is an error")
{
    struct run *bad = launch(ARGS("calc"), .input = LITERAL(LINES),
                             .eintr_every = 5, .also_trace = TRANSFERS);
    struct run *big = launch(ARGS("calc"), .input = long_lines(),
                             .input_mode = INPUT_FILE, .also_trace = RECEIVES);

    expect_success(bad, text(replies));
    expect_success(big, LITERAL("3\n3\n3\n" BAD BAD "5\n"));
    if (probe_is_memcheck())
        return;
    struct run *killed = launch(ARGS("calc"), .input_mode = INPUT_FED, NATIVE);
    run_feed(killed, LITERAL("1+1\n"));
    run_wait_line(killed, RUN_STDOUT, "2");
    run_kill_others(killed);
    run_feed(killed, LITERAL("1+2\n"));
    run_end_input(killed);
    expect_failure(killed, "calc");
    expect_output(killed, LITERAL("2\n"));
    expect_no_children_left(killed);
    struct run *idle = launch(ARGS("calc"), .input_mode = INPUT_FED, NATIVE);
    run_feed(idle, LITERAL("1+1\n"));
    run_wait_line(idle, RUN_STDOUT, "2");
    expect_killed_child_told("calc", idle);
}

/* ---- socketpair.3: descriptors ------------------------------------------- */

#define MESSAGES "sendmsg,recvmsg,sendmmsg,recvmmsg"

Graded(socketpair, open_passes_fd, .points = 14, .step = "socketpair.3",
       .description =
           "A child opens the files, and the parent reads them by the "
           "descriptors that it was sent")
{
    static const char *const names[] = {"first", "empty", "last"};
    struct bytes last = random_bytes(probe_is_memcheck() ? 300 : 50000, 3);
    struct world *world = make_world(.also_trace = MESSAGES);
    char *all = malloc(6 + last.size);

    cr_assert_not_null(all);
    memcpy(all, "first\n", 6);
    memcpy(all + 6, last.data, last.size);
    make_file(world, "first", 0644, LITERAL("first\n"));
    make_file(world, "empty", 0644, LITERAL(""));
    make_file(world, "last", 0644, last);
    struct run *run =
        launch(ARGS("open", "first", "empty", "last"), .world = world);
    expect_success(run, (struct bytes){all, 6 + last.size});
    expect_no_children_left(run);
    if (probe_is_memcheck())
        return;
    const struct trace *trace = run_trace(run);
    for (int i = 0; i < 3; i++) {
        expect_that(run, !has_opened(trace, names[i], true),
                    "the parent opens no FILE itself", "it has opened %s",
                    names[i]);
        expect_that(run, has_opened(trace, names[i], false),
                    "a child opens each FILE", "none has opened %s", names[i]);
    }
    expect_that(run, has_received_rights(trace),
                "descriptors come as SCM_RIGHTS with a message",
                "no message brought one");
}

#define TWO_ERRORS                                                             \
    "socketpair: none: No such file or directory\n"                            \
    "socketpair: locked: Permission denied\n"

/* Nothing is received before all has been sent that can be: what lies in a
 * stream then has no boundaries, and each call takes a part of it. */
static struct run *open_in_parts(struct world *world)
{
    struct run *run = launch(
        ARGS("open", "none", "locked", "none", "locked", "a"), .world = world,
        .short_io = 3, .eintr_every = 4, .delay = "recv=@go", NATIVE);

    run_wait_still(run);
    world_open_gate(world, "go");
    return run;
}

Graded(socketpair, open_errors, .points = 8, .step = "socketpair.3",
       .description =
           "A file that cannot be opened or read is told by its name and "
           "errno, and the others are printed, also if transfers are short")
{
    struct world *world = make_world(.also_trace = MESSAGES);

    make_file(world, "a", 0644, LITERAL("text a\n"));
    make_file(world, "b", 0644, LITERAL("text b\n"));
    make_file(world, "locked", 0, LITERAL("secret\n"));
    cr_assert(mkdirat(world_directory(world), "dir", 0755) == 0);
    struct run *some =
        launch(ARGS("open", "none", "a", "locked", "dir", "b"), .world = world);
    struct run *only =
        launch(ARGS("pass", "none", "locked"), .world = world, NATIVE);
    struct run *no_room =
        launch(ARGS("pass", "-f", "a"), .world = world, NATIVE);
    struct run *full = launch(ARGS("open", "a", "b"), .world = world,
                              .output_mode = OUTPUT_FULL, NATIVE);

    expect_output(some, LITERAL("text a\ntext b\n"));
    expect_errors(some,
                  LITERAL(TWO_ERRORS "socketpair: dir: Is a directory\n"));
    expect_exit(some, 1);
    expect_success(only, LITERAL("none: No such file or directory\n"
                                 "locked: Permission denied\nend\n"));
    expect_success(no_room, LITERAL("a: Too many open files\nend\n"));
    expect_failure(full, "open");
    expect_no_children_left(full);
    if (probe_is_memcheck())
        return;
    struct run *parts = open_in_parts(world);
    expect_output(parts, LITERAL("text a\n"));
    expect_errors(parts, LITERAL(TWO_ERRORS TWO_ERRORS));
    expect_exit(parts, 1);
}

/* FILES_OPEN */
#define FEW 16

/* "open" and COUNT times the same file. */
static const char *const *many_files(int count)
{
    const char **args = calloc((size_t)count + 2, sizeof(*args));

    cr_assert_not_null(args);
    args[0] = "open";
    for (int i = 1; i <= count; i++)
        args[i] = "file";
    return args;
}

static struct bytes many_texts(int count)
{
    char *texts = malloc((size_t)count * 5 + 1);

    cr_assert_not_null(texts);
    for (int i = 0; i < count; i++)
        memcpy(texts + i * 5, "text\n", 5);
    return (struct bytes){texts, (size_t)count * 5};
}

Graded(
    socketpair, open_300, .points = 8, .step = "socketpair.3",
    .description =
        "Of 300 files at most 16 are open at a time in each process; too many "
        "descriptors on their way are no failure")
{
    int count = probe_is_memcheck() ? 3 : 300;
    struct world *world = make_world(.also_trace = MESSAGES "," CLOSES);

    make_file(world, "file", 0644, LITERAL("text\n"));
    struct run *run = launch(many_files(count), .world = world);
    expect_success(run, many_texts(count));
    if (probe_is_memcheck())
        return;
    int opened = most_opened(run_trace(run), "file");
    int received = most_received(run_trace(run));
    expect_that(run, opened <= FEW, "at most 16 files are open in the child",
                "%d files are open in the child at a time", opened);
    expect_that(run, received <= FEW, "at most 16 files are open in the parent",
                "%d files are open in the parent at a time", received);
    world_end(world);
    /* The limit is one for all of the user's processes. */
    world = make_world(.also_trace = MESSAGES,
                       .inject = "sendmsg:error=ETOOMANYREFS:when=2");
    make_file(world, "file", 0644, LITERAL("text\n"));
    run = launch(many_files(3), .world = world, NATIVE);
    expect_success(run, many_texts(3));
}

/* A program that never makes the call is judged by what it does without it:
 * that run has just succeeded. */
static void expect_injected_failure(struct run *run, const char *command)
{
    if (!probe_is_memcheck() && !run_was_injected(run))
        return;
    expect_failure(run, command);
    expect_nothing_left(run);
}

#define NO_PAIR "socketpair:error=EMFILE"

Graded(socketpair, cloexec_and_zombies, .points = 6, .step = "socketpair.3",
       .description =
           "What is received is closed by exec from the beginning; every child "
           "is waited for, and a pair that cannot be made is an error")
{
    struct run *open =
        launch(ARGS("open", "/etc/hostname"), .also_trace = MESSAGES);
    struct run *pass = launch(ARGS("pass", "/etc/hostname", "/etc/hostname"),
                              .also_trace = MESSAGES);
    struct run *calc_fails = launch(ARGS("calc"), .input = LITERAL("1+2\n"),
                                    .inject = NO_PAIR, NATIVE);
    struct run *open_fails =
        launch(ARGS("open", "/etc/hostname"), .inject = NO_PAIR, NATIVE);

    expect_success(open, LITERAL("ipclab\n"));
    expect_nothing_left(open);
    expect_success(pass, LITERAL("/etc/hostname: closed by exec\n"
                                 "/etc/hostname: closed by exec\nend\n"));
    if (!probe_is_memcheck())
        expect_that(pass, all_closed_by_exec(run_trace(pass)),
                    "a descriptor is received as close-on-exec",
                    "it was received without MSG_CMSG_CLOEXEC");
    expect_injected_failure(calc_fails, "calc");
    expect_injected_failure(open_fails, "open");
}
