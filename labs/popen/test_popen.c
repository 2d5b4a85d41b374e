// SPDX-License-Identifier: MIT
/*
 * test_popen.c - the tests of the popen lab, as the autograder runs them.
 *
 * Each test starts `popen` as a user would and judges what the kernel saw of
 * it: bytes, exit statuses, processes, descriptors.  How the program reaches
 * its goal is its own business wherever the contract in popen.h leaves it open.
 *
 * Run one of them with `make popen TEST=capture_lines`.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

/* ---- popen.1: the output of a command, line by line -------------------- */

/* Whether a process became a shell that was given its command with -c. */
static bool ran_a_shell(const struct trace *trace)
{
    for (size_t i = trace_find(trace, 0, "execve,execveat", -1);
         i < trace->event_count;
         i = trace_find(trace, i + 1, "execve,execveat", -1))
        if (trace->events[i].result == 0 &&
            strstr(trace->events[i].args, "sh\", \"-c\"") != NULL)
            return true;
    return false;
}

/* A program that never makes the call is judged by what it does without it. */
static void expect_failure(struct run *run, int error)
{
    if (!probe_is_memcheck() && !run_was_injected(run)) {
        expect_exit(run, 0);
        return;
    }
    expect_exit(run, 1);
    expect_error(run, error);
    expect_nothing_left(run);
}

Graded(popen, capture_lines, .points = 8, .step = "popen.1",
       .description = "Each line of the output gets its number, an empty one "
                      "and one without a newline, too")
{
    struct run *run = launch(ARGS("capture", "printf 'a\\nb'"));
    struct run *empty =
        launch(ARGS("capture", "printf 'a\\n\\nb'"), .native_only = true);
    struct run *none = launch(ARGS("capture", ":"), .native_only = true);
    /* What stdio could not write it tells when it is flushed, not before. */
    struct run *full =
        launch(ARGS("capture", "echo lost"), .output_mode = OUTPUT_FULL);
    struct run *pipe = launch(ARGS("capture", ":"), .input_mode = INPUT_NONE,
                              .inject = "?pipe,?pipe2:error=EMFILE:when=1");

    expect_output(run, LITERAL("1: a\n2: b\n"));
    expect_exit(run, 0);
    if (!probe_is_memcheck())
        expect_that(run, ran_a_shell(run_trace(run)),
                    "the command is run by a shell: sh -c COMMAND",
                    "no shell was started");
    expect_nothing_left(run);
    expect_output(empty, LITERAL("1: a\n2: \n3: b\n"));
    expect_exit(empty, 0);
    expect_output(none, LITERAL(""));
    expect_exit(none, 0);
    expect_exit(full, 1);
    expect_error(full, ENOSPC);
    expect_failure(pipe, EMFILE);
}

Graded(popen, capture_long_line, .points = 8, .step = "popen.1",
       .description = "A line of 200000 bytes is one line")
{
    enum { SIZE = 200000 };
    char *expected = malloc(SIZE + 32);

    cr_assert_not_null(expected);
    memcpy(expected, "1: ", 3);
    memset(expected + 3, 'x', SIZE);
    strcpy(expected + 3 + SIZE, "\n2: end\n");
    struct run *run =
        launch(ARGS("capture", "head -c 200000 /dev/zero | tr '\\0' x; echo; "
                               "echo end"));
    expect_output(run, text(expected));
    expect_exit(run, 0);
    free(expected);
}

Graded(popen, capture_status, .points = 10, .step = "popen.1",
       .description = "The exit status is the command's, as a shell shows it: "
                      "128 + N for signal N")
{
    struct run *seven = launch(ARGS("capture", "exit 7"));
    struct run *killed =
        launch(ARGS("capture", "kill -TERM $$"), .native_only = true);
    /* Here the shell itself exits, and has added the 128. */
    struct run *child = launch(ARGS("capture", "sh -c 'kill -9 $$'; exit $?"),
                               .native_only = true);
    struct run *missing =
        launch(ARGS("capture", "no_such_xyz"), .native_only = true);
    struct run *early = launch(ARGS("capture", "yes | head -n 1 >/dev/null"),
                               .native_only = true);

    expect_exit(seven, 7);
    expect_exit(killed, 128 + SIGTERM);
    expect_exit(child, 128 + SIGKILL);
    expect_exit(missing, 127);
    expect_exit(early, 0);
    expect_errors(early, LITERAL(""));
}

/* ---- popen.2: one stream ----------------------------------------------- */

Graded(popen, mine_read_1mib, .points = 8, .step = "popen.2",
       .description = "1 MiB of a command's output arrives whole, NUL bytes "
                      "included, and then its status")
{
    size_t size = BULK;
    char *zeros = calloc(size, 1), command[64];

    cr_assert_not_null(zeros);
    (void)snprintf(command, sizeof(command), "head -c %zu /dev/zero; exit 7",
                   size);
    struct run *run = launch(ARGS("mine", "r", command));
    struct run *full = launch(ARGS("mine", "r", "echo lost"),
                              .output_mode = OUTPUT_FULL, .native_only = true);

    expect_output(run, (struct bytes){zeros, size});
    expect_exit(run, 7);
    expect_nothing_left(run);
    expect_exit(full, 1);
    expect_error(full, ENOSPC);
    free(zeros);
}

Graded(popen, mine_write_waits, .points = 8, .step = "popen.2",
       .description = "The command gets all of the input and its end, and "
                      "my_pclose returns when the command has ended")
{
    struct bytes input = random_bytes(BULK, 1), small = random_bytes(400, 2);
    /* From a file, so that each read brings what it asks for; the command is
     * still asleep when the pipe is full. */
    struct run *run = launch(ARGS("mine", "w", "sleep .3; cat; exit 3"),
                             .input = input, .input_mode = INPUT_FILE);
    struct run *slow = launch(ARGS("mine", "w", "cat"), .input = small,
                              .short_io = 7, .eintr_every = 5);

    expect_output(run, input);
    expect_nothing_left(run);
    expect_exit(run, 3);
    expect_output(slow, small);
    expect_exit(slow, 0);
}

/* ---- popen.3: several streams ------------------------------------------ */

/* Every second one of LINES, which are WIDTH bytes each; then END. */
static struct bytes every_other(struct bytes lines, size_t width, size_t first,
                                const char *end)
{
    char *data = malloc(lines.size + strlen(end) + 1);
    size_t used = 0;

    cr_assert_not_null(data);
    for (size_t i = first * width; i < lines.size; i += 2 * width) {
        memcpy(data + used, lines.data + i, width);
        used += width;
    }
    strcpy(data + used, end);
    return (struct bytes){data, used + strlen(end)};
}

static int count_lines(struct bytes bytes, const char *line)
{
    int count = 0;

    for (const char *next = bytes.data; (next = strstr(next, line)) != NULL;
         next += strlen(line))
        count++;
    return count;
}

#define BOTH_0 "cmd1=0 cmd2=0\n"

Graded(popen, two_streams_no_deadlock, .points = 14, .step = "popen.3",
       .description = "Two commands get the lines in turn, and each sees "
                      "end-of-file when its own stream is closed")
{
    enum { LINES = 1000, WIDTH = 64, MANY = 32 };
    struct bytes lines = random_lines((size_t)LINES * WIDTH, WIDTH, 3);
    struct run *run = launch(ARGS("two", "cat", "cat >&2"), .input = lines);
    /* Lines that come in pieces, and a last one that is not complete. */
    struct run *pieces =
        launch(ARGS("two", "cat", "cat >&2"),
               .input = LITERAL("one\nthe second\n\n4\nfive"),
               .input_mode = INPUT_DRIBBLED, .native_only = true);
    /* A line for the first command is still in the stream's buffer when the
     * second one is started. */
    struct run *title = launch(ARGS("-v", "two", "cat", "cat >/dev/null"),
                               .input_mode = INPUT_NONE);
    struct run *many = launch(ARGS("many", "32"));

    expect_output(run, every_other(lines, WIDTH, 0, BOTH_0));
    expect_errors(run, every_other(lines, WIDTH, 1, ""));
    expect_exit(run, 0);
    expect_nothing_left(run);
    expect_output(pieces, LITERAL("one\n\nfive" BOTH_0));
    expect_errors(pieces, LITERAL("the second\n4\n"));
    int times = count_lines(run_output(title), "popen: first\n");
    expect_that(title, times == 1, "what was written to a stream comes once",
                "it came %d times", times);
    expect_exit(title, 0);

    char statuses[MANY * 32] = "";
    for (int start = 1; start >= 0; start--)
        for (int i = start; i < MANY; i += 2)
            (void)sprintf(statuses + strlen(statuses), "%d: status %d\n", i, i);
    expect_output(many, text(statuses));
    expect_exit(many, 0);
}

/* Judge the line that fdprobe printed at LINE; returns the next one. */
static const char *expect_clean_start(struct run *run, const char *line)
{
    const char *ignored = strstr(line, "ignored: ");
    int size = (int)strcspn(line, ";\n");

    expect_that(run, size == 10 && strncmp(line, "fds: 0 1 2", 10) == 0,
                "each command has descriptors 0, 1 and 2 only",
                "a command was started with %.*s", size, line);
    /* signal(7): an ignored signal stays ignored through execve. */
    expect_that(
        run,
        ignored && !(strtoull(ignored + 9, NULL, 16) & (1ull << (SIGPIPE - 1))),
        "SIGPIPE has its default action in each command",
        "a command was started with SIGPIPE ignored");
    line += strcspn(line, "\n");
    return line + (*line == '\n');
}

/* The next line of fdprobe in TEXT; "" if there is none. */
static const char *next_start(const char *text)
{
    const char *line = strstr(text, "fds:");

    return line ? line : "";
}

Graded(popen, child_fd_hygiene, .points = 8, .step = "popen.3",
       .description = "A command is started with descriptors 0, 1 and 2 and "
                      "no others, and with SIGPIPE at its default")
{
    struct run *two =
        launch(ARGS("two", "fdprobe", "fdprobe"), .input_mode = INPUT_NONE);
    struct run *reads = launch(ARGS("mine", "r", "fdprobe"),
                               .input_mode = INPUT_NONE, .native_only = true);
    /* Descriptor 0 is free, so pipe(2) hands it out; feed then has nothing to
     * read from, and the command an input that is empty. */
    struct run *closed =
        launch(ARGS("mine", "w", "fdprobe"), .input_mode = INPUT_CLOSED);

    if (probe_is_memcheck())
        return;
    /* The program may have something to say, too, before or behind them. */
    const char *next = next_start(run_errors(two).data);
    next = next_start(expect_clean_start(two, next));
    (void)expect_clean_start(two, next); /* statuses: pclose_right_child */
    (void)expect_clean_start(reads, next_start(run_errors(reads).data));
    (void)expect_clean_start(closed, next_start(run_errors(closed).data));
    expect_exit(closed, 1);
    expect_error(closed, EBADF);
}

Graded(popen, pclose_right_child, .points = 8, .step = "popen.3",
       .description = "my_pclose waits for the process of its own stream, not "
                      "for whichever child ends first")
{
    /* The second command ends only after the first one has begun, and the
     * first one only when the second has been waited for, or is a zombie and
     * the program waits all the same: outlive looks for that in /proc. */
    struct run *order =
        launch(ARGS("two", "exec outlive 3 >f", "read line <f; exit 5"),
               .input_mode = INPUT_NONE, .fifo = "f", .native_only = true);
    struct run *foreign = launch(ARGS("foreign"));

    expect_output(order, LITERAL("cmd1=3 cmd2=5\n"));
    expect_exit(order, 0);
    expect_output(foreign, LITERAL("stream: 4\nanother child: 9\n"));
    expect_exit(foreign, 1);
    expect_error(foreign, EINVAL);
    expect_nothing_left(foreign);
}

/* ---- popen.2 again: when something goes wrong -------------------------- */

/* The call in which RUN waited for its child first, "wait4" or "waitid"; NULL
 * if it did not.  The next one may be for a zombie, which no signal interrupts.
 */
static const char *first_wait(struct run *run)
{
    const struct trace *trace = run_trace(run);
    size_t i = trace ? trace_find(trace, 0, "wait4,waitid", -1) : 0;

    return trace && i < trace->event_count ? trace->events[i].name : NULL;
}

Graded(popen, pclose_eintr, .points = 6, .step = "popen.2",
       .description = "A signal that interrupts the wait changes nothing: the "
                      "same status, and no zombie")
{
    /* A shell that exits at once waits for nothing: of its family only the
     * program meets the error. */
    const char *const args[] = {"mine", "r", "exit 3", NULL};
    struct run *undisturbed = launch(args, .native_only = true);
    static char inject[40]; /* the report shows it */

    expect_exit(undisturbed, 3);
    if (first_wait(undisturbed) == NULL) /* nor is there one in memcheck */
        return;
    (void)snprintf(inject, sizeof(inject), "%s:error=EINTR:when=1",
                   first_wait(undisturbed));
    struct run *run = launch(args, .inject = inject);
    expect_nothing_left(run);
    expect_exit(run, 3);
}

Graded(popen, child_quits_early, .points = 8, .step = "popen.2",
       .description = "A command that stops reading is an error, Broken pipe, "
                      "that the program survives")
{
    /* More than the pipe and the command's own buffer take. */
    struct run *run =
        launch(ARGS("mine", "w", "head -n 1 >/dev/null"),
               .input = random_lines(MIB / 4, 64, 4), .input_mode = INPUT_FILE);
    /* All of the input is still in the stream's buffer at its end. */
    struct run *small = launch(ARGS("mine", "w", "exec <&-; echo ready"),
                               .input_mode = INPUT_FED, .native_only = true);

    run_wait_line(small, RUN_STDOUT, "ready");
    run_feed(small, LITERAL("lost\n"));
    run_end_input(small);
    expect_exit(run, 1);
    expect_error(run, EPIPE);
    expect_nothing_left(run);
    expect_exit(small, 1);
    expect_error(small, EPIPE);
    expect_nothing_left(small);
}

Graded(popen, bad_mode, .points = 6, .step = "popen.2",
       .description = "A mode other than \"r\" and \"w\" is an Invalid "
                      "argument, and no process is started")
{
    const char *const modes[] = {"rw", "x", "", "wr"};

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct run *run =
            launch(ARGS("mine", modes[i], "true"), .input_mode = INPUT_NONE,
                   .native_only = i > 0);
        expect_exit(run, 1);
        expect_error(run, EINVAL);
        if (probe_is_memcheck())
            continue;
        expect_that(run, run_trace(run)->process_count == 1,
                    "the mode is checked before anything is started",
                    "a process was started for mode \"%s\"", modes[i]);
    }
}

/* What loop printed of round I: the status, -1 if there was no stream, and the
 * lowest descriptor that was free then. */
static bool find_round(struct run *run, int i, int *status, int *free_fd)
{
    int number;

    for (const char *line = run_output(run).data; *line != '\0';) {
        if (sscanf(line, "%d: status %d, next descriptor %d", &number, status,
                   free_fd) == 3 &&
            number == i)
            return true;
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return false;
}

/* Each round but FAILED has its status, and has left no descriptor open. */
static void expect_rounds(struct run *run, int count, int failed)
{
    int first_fd = -1;

    for (int i = 0; i < count && !probe_is_memcheck(); i++) {
        int status = -1, fd = -1;
        bool found = find_round(run, i, &status, &fd);
        expect_that(run, found && (i == failed || status == i),
                    "each stream gives its status",
                    "stream %d gave the status %d", i, status);
        first_fd = first_fd == -1 ? fd : first_fd;
        expect_that(run, fd == first_fd,
                    "after each stream the same descriptors are free",
                    "the lowest free descriptor was %d, then %d", first_fd, fd);
    }
}

Graded(popen, no_leak, .points = 8, .step = "popen.2",
       .description = "No descriptor, no process and no byte is left over from "
                      "a stream, nor from one that could not be opened")
{
    /* More than any table that holds as many streams as it must. */
    int rounds = probe_is_memcheck() ? 6 : 40;
    struct run *loop = launch(ARGS("loop", probe_is_memcheck() ? "6" : "40"));
    /* Round 1 fails; the others tell what it has left. */
    struct run *fork =
        launch(ARGS("loop", "4"), .inject = ALL_FORKS ":error=EAGAIN:when=2");
    struct run *pipe =
        launch(ARGS("loop", "4"), .inject = "?pipe,?pipe2:error=EMFILE:when=2");
    /* The shell cannot be executed.  fork(2) is over by then, and gives a
     * stream with status 127; posix_spawn(3) fails. */
    struct run *shell = launch(ARGS("-v", "mine", "r", "exit 127"),
                               .input_mode = INPUT_NONE, .missing = "/bin");

    expect_rounds(loop, rounds, -1);
    expect_exit(loop, 0);
    expect_nothing_left(loop);
    if (probe_is_memcheck())
        return;
    struct run *injected[] = {fork, pipe};
    for (int i = 0; i < 2; i++) {
        bool reached = run_was_injected(injected[i]);
        if (reached)
            expect_error(injected[i], i == 0 ? EAGAIN : EMFILE);
        expect_rounds(injected[i], 4, reached ? 1 : -1);
        expect_nothing_left(injected[i]);
    }
    struct bytes printed = run_output(shell);
    expect_that(
        shell,
        bytes_equal(printed, LITERAL("popen: mine\n")) &&
            (run_exit_status(shell) == 127 || run_exit_status(shell) == 1),
        "without a shell: status 127 or 1, and the header once",
        "status %d, and %zu bytes of output: %s", run_exit_status(shell),
        printed.size, printed.data);
    expect_nothing_left(shell);
}
