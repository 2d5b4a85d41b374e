// SPDX-License-Identifier: MIT
/*
 * test_pipe.c - the tests of the pipe lab, as the autograder runs them.
 *
 * Each test starts `pipe` as a user would and judges what the kernel saw of it:
 * bytes, exit statuses, processes, descriptors.  How the program reaches its
 * goal is its own business wherever the contract in pipe.h leaves it open.
 *
 * Run one of them with `make pipe TEST=upper_empty_eof`.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_pipe.h"

/* ---- pipe.1: one pipe, one child ----------------------------------------- */

Graded(pipe, upper_small, .points = 6, .step = "pipe.1",
       .description = "A child converts what the parent sends it through a "
                      "pipe, NUL bytes included")
{
    struct run *run =
        launch(ARGS("upper"), .input = LITERAL("a\0b\n"), .also_trace = WRITES);

    expect_output(run, LITERAL("A\0B\n"));
    expect_exit(run, 0);
    if (probe_is_memcheck())
        return;
    const struct trace *trace = run_trace(run);
    expect_that(run, trace_count(trace, "pipe,pipe2", -1) > 0,
                "the bytes go through a pipe", "no pipe was made");
    expect_that(run, !first_prints(trace) && count_writers(trace) > 1,
                "one process sends the input, a child prints it converted",
                "the process that reads the input also writes the output");
}

Graded(pipe, upper_1mib, .points = 8, .step = "pipe.1",
       .description = "1 MiB of any bytes arrives whole; an output that cannot "
                      "be written is an error")
{
    struct bytes input = random_bytes(BULK, 1);
    struct run *run = launch(ARGS("upper"), .input = input);
    struct run *full = launch(ARGS("upper"), .input = LITERAL("lost\n"),
                              .output_mode = OUTPUT_FULL);
    /* The reader is gone: the child gets SIGPIPE or EPIPE, and the parent must
     * live on to say so. */
    struct run *broken =
        launch(ARGS("upper"), .input = input, .output_mode = OUTPUT_BROKEN);

    expect_output(run, to_upper(input));
    expect_exit(run, 0);
    expect_exit(full, 1);
    expect_error(full, ENOSPC);
    expect_exit(broken, 1);
    expect_no_children_left(broken);
}

Graded(pipe, upper_empty_eof, .points = 8, .step = "pipe.1",
       .description = "With empty input the child sees end-of-file and both "
                      "processes end")
{
    struct run *run = launch(ARGS("upper"));
    /* Descriptor 0 is free, so pipe(2) may hand it out. */
    struct run *closed = launch(ARGS("upper"), .input_mode = INPUT_CLOSED);

    expect_exit(run, 0);
    expect_output(run, LITERAL(""));
    expect_nothing_left(run);
    expect_exit(closed, 1);
    expect_error(closed, EBADF);
}

Graded(pipe, short_io_and_eintr, .points = 8, .step = "pipe.1",
       .description = "Short reads, short writes and EINTR lose no byte")
{
    struct bytes input = random_bytes(16 * 1024, 2);
    /* sed writes 4096 bytes at a time, and the last 2816 of these when it ends:
     * they are still in the pipe when it has gone. */
    struct bytes lines = random_lines(150 * 64, 64, 2), twice = doubled(lines);
    struct run *upper =
        launch(ARGS("upper"), .input = input, .short_io = 7, .eintr_every = 5);
    struct run *filter = launch(ARGS("filter", "sed", "p"), .input = lines,
                                .short_io = 7, .eintr_every = 5);

    expect_output(upper, to_upper(input));
    expect_exit(upper, 0);
    expect_output(filter, twice);
    expect_exit(filter, 0);
}

/* ---- pipe.2: pipelines --------------------------------------------------- */

/* Words with different counts, in mixed order, as input for sort | uniq -c. */
static struct bytes words(size_t size)
{
    char *data = malloc(size + 64);
    size_t used = 0;

    cr_assert_not_null(data);
    for (unsigned i = 0; used < size; i++)
        used += (size_t)sprintf(data + used, "word-%02u-of-many\n",
                                (i * i + i / 7) % 23);
    return (struct bytes){data, used};
}

/* What `sort | uniq -c | sort -rn` makes of them (LC_ALL=C). */
static struct bytes counted(struct bytes input)
{
    unsigned counts[23] = {0};
    char *data = malloc(23 * 32);
    size_t used = 0;

    cr_assert_not_null(data);
    for (size_t i = 0; i < input.size; i += 16)
        counts[atoi(input.data + i + 5)]++;
    for (unsigned count = (unsigned)input.size; count > 0; count--)
        for (int word = 22; word >= 0; word--) /* -r turns ties round, too */
            if (counts[word] == count)
                used += (size_t)sprintf(data + used, "%7u word-%02d-of-many\n",
                                        count, word);
    return (struct bytes){data, used};
}

Graded(pipe, pipeline_three, .points = 10, .step = "pipe.2",
       .description = "sort : uniq -c : sort -rn gives what a shell gives, "
                      "with more input than three pipes hold")
{
    struct bytes input = words(256 * 1024);
    struct run *run =
        launch(ARGS("run", "sort", ":", "uniq", "-c", ":", "sort", "-rn"),
               .input = input);

    expect_output(run, counted(input));
    expect_exit(run, 0);
    expect_errors(run, LITERAL(""));
    expect_nothing_left(run);
}

Graded(pipe, pipeline_early_reader, .points = 10, .step = "pipe.2",
       .description = "yes : head -n 2 ends: yes dies of SIGPIPE when its "
                      "last reader has gone")
{
    struct run *run = launch(ARGS("run", "yes", ":", "head", "-n", "2"),
                             .input_mode = INPUT_NONE);
    /* Which of those two is waited for first is luck. This one dies of SIGPIPE
     * when head has been waited for, or another child is. */
    struct run *late =
        launch(ARGS("run", "outlive", "SIGPIPE", ":", "head", "-n", "2"),
               .input_mode = INPUT_NONE, .native_only = true);

    expect_output(run, LITERAL("y\ny\n"));
    expect_that(run, run_end(run) == RUN_EXITED, "the program exits",
                "a signal killed it");
    expect_nothing_left(run);
    expect_output(late, LITERAL("go\ngo\n"));
    expect_exit(late, 0);
}

Graded(pipe, pipeline_fd_hygiene, .points = 10, .step = "pipe.2",
       .description = "Each command is started with descriptors 0, 1 and 2 "
                      "and no others")
{
    struct run *run =
        launch(ARGS("run", "fdprobe", ":", "fdprobe", ":", "fdprobe"),
               .input_mode = INPUT_NONE);
    const char *line = run_errors(run).data;

    expect_exit(run, 0);
    if (probe_is_memcheck())
        return;
    for (int stage = 0; stage < 3; stage++) {
        int size = (int)strcspn(line, ";\n");
        expect_that(run, size == 10 && strncmp(line, "fds: 0 1 2", 10) == 0,
                    "each stage has descriptors 0, 1 and 2 only",
                    "a stage was started with %.*s", size, line);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
}

Graded(pipe, pipeline_status, .points = 8, .step = "pipe.2",
       .description = "The exit status is the last stage's, as a shell shows "
                      "it; all stages run at the same time")
{
    struct run *last = launch(ARGS("run", "true", ":", "sh", "-c", "exit 7"));
    struct run *killed = launch(ARGS("run", "sh", "-c", "kill -9 $$"));
    /* posix_spawn(3) cannot tell why exec failed under Valgrind. */
    struct run *missing = launch(ARGS("run", "no-such"), .native_only = true);
    struct run *denied =
        launch(ARGS("run", "/etc/passwd"), .native_only = true);
    struct run *others =
        launch(ARGS("run", "no-such", ":", "true"), .native_only = true);
    /* cat cannot open its FIFO before the second stage runs. */
    struct run *together =
        launch(ARGS("run", "cat", "f", ":", "sh", "-c", "echo hi >f; cat"),
               .fifo = "f");
    /* The first stage is the last to end: its status is not the answer. */
    struct run *order = launch(
        ARGS("run", "outlive", "9", ":", "sh", "-c", "read line; exit 7"));
    struct run *closed = launch(ARGS("run", "echo", "hi", ":", "cat"),
                                .input_mode = INPUT_CLOSED);

    expect_exit(last, 7);
    expect_exit(killed, 128 + 9);
    expect_output(together, LITERAL("hi\n"));
    expect_exit(together, 0);
    expect_exit(missing, 127);
    expect_error_line(missing, "pipe: no-such: No such file or directory");
    expect_exit(denied, 126);
    expect_error_line(denied, "pipe: /etc/passwd: Permission denied");
    expect_exit(others, 0);
    expect_error_line(others, "pipe: no-such: No such file or directory");
    expect_exit(order, 7);
    expect_output(closed, LITERAL("hi\n"));
    expect_exit(closed, 0);
}

/* ---- pipe.3: both directions --------------------------------------------- */

#define POLLS                                                                  \
    "?poll,?ppoll,?select,?pselect6,?epoll_wait,?epoll_pwait,?epoll_pwait2"

/* A script of sed(1), in parts: "p" prints the line once more. */
#define P4 "p;p;p;p;"
#define P8 P4 P4

/* With the answer delayed, POLLIN and POLLHUP come together. */
#define SLOW_POLL "poll=200,select=200,epoll=200"

static void expect_counts(struct run *run, size_t in, size_t out)
{
    char line[80];

    (void)snprintf(line, sizeof(line), "pipe: in=%zu out=%zu", in, out);
    expect_error_line(run, line);
}

Graded(pipe, filter_1mib_both_ways, .points = 12, .step = "pipe.3",
       .description = "1 MiB goes through cat and, doubled, through sed p, "
                      "while nobody waits for anybody for ever")
{
    struct bytes input = random_lines(BULK, 64, 3), twice = doubled(input);
    /* To a file: strace(1) lets the SIGCHLD of a child interrupt a write that
     * waits for room in a pipe, which is then short; that is another test's. */
    struct run *cat = launch(ARGS("filter", "cat"), .input = input,
                             .output_mode = OUTPUT_FILE, .also_trace = POLLS);
    /* From a file: a chunk is as large as what is asked for. */
    struct run *sed = launch(ARGS("filter", "sed", "p"), .input = input,
                             .input_mode = INPUT_FILE,
                             .output_mode = OUTPUT_FILE, .also_trace = POLLS);
    /* Each line 16 times: then the pipe never has more than a page or two of
     * room, and any write of more than it has waits for a reader that waits
     * for us. */
    struct bytes lines = random_lines(MIB / 8, 64, 5);
    struct run *many =
        launch(ARGS("filter", "sed", P8 P4 "p;p;p"), .input = lines,
               .input_mode = INPUT_FILE, .output_mode = OUTPUT_FILE,
               .also_trace = POLLS, .native_only = true);
    struct run *echo = launch(ARGS("filter", "echo", "hi"), .delay = SLOW_POLL,
                              .also_trace = POLLS);
    struct run *probe = launch(ARGS("filter", "fdprobe"));
    struct run *closed =
        launch(ARGS("filter", "cat"), .input_mode = INPUT_CLOSED);

    expect_output(cat, input);
    expect_exit(cat, 0);
    expect_counts(cat, input.size, input.size);
    expect_no_files_created(cat);
    expect_output(sed, twice);
    expect_counts(sed, input.size, twice.size);
    expect_exit(many, 0);
    expect_counts(many, MIB / 8, 2 * MIB);
    expect_output(echo, LITERAL("hi\n"));
    expect_exit(echo, 0);
    expect_exit(probe, 0);
    if (!probe_is_memcheck()) {
        const char *seen = run_errors(probe).data;
        const char *ignored = strstr(seen, "ignored: ");
        expect_that(probe, strncmp(seen, "fds: 0 1 2;", 11) == 0,
                    "CMD has descriptors 0, 1 and 2 only",
                    "CMD was started with %.*s", (int)strcspn(seen, ";\n"),
                    seen);
        /* signal(7): an ignored signal stays ignored through execve. */
        expect_that(probe,
                    ignored && !(strtoull(ignored + 9, NULL, 16) & 0x1000),
                    "SIGPIPE has its default action in CMD",
                    "CMD was started with SIGPIPE ignored");
    }
    expect_exit(closed, 1);
    expect_error(closed, EBADF);
}

/* The number behind "in=" or "out=" in the summary, or -1. */
static long long summary(struct run *run, const char *key)
{
    const char *found = strstr(run_errors(run).data, key);

    return found ? strtoll(found + strlen(key), NULL, 10) : -1;
}

Graded(pipe, filter_child_leaves, .points = 8, .step = "pipe.3",
       .description = "A command that stops reading, or ends, is no error: "
                      "filter stops feeding it and goes on")
{
    struct bytes input = random_lines(BULK, 64, 4);
    struct run *head = launch(ARGS("filter", "head", "-c", "10"),
                              .input = input, .also_trace = POLLS);
    /* From a file: who sleeps does not wait for input. */
    struct run *full = launch(ARGS("filter", "unread"), .input = input,
                              .input_mode = INPUT_FILE);
    struct run *late =
        launch(ARGS("filter", "sh", "-c", "exec <&-; sleep .3; echo late"),
               .input = input, .also_trace = POLLS, .delay = SLOW_POLL);
    /* The command has ended: input that may still come is of no use. */
    struct run *idle =
        launch(ARGS("filter", "echo", "done"), .input_mode = INPUT_HELD,
               .also_trace = POLLS, .delay = SLOW_POLL);

    expect_exit(head, 0);
    expect_output(head, (struct bytes){input.data, 10});
    expect_that(head, summary(head, " out=") == 10, "out=10 in the summary",
                "out=%lld", summary(head, " out="));
    expect_exit(late, 0);
    expect_output(late, LITERAL("late\n"));
    expect_exit(idle, 0);
    expect_output(idle, LITERAL("done\n"));
    expect_exit(full, 0);
    if (probe_is_memcheck())
        return;
    bool resized = false; /* then the pipe holds what its owner wants */
    const struct trace *trace = run_trace(full);
    for (size_t i = 0; i < trace->event_count; i++)
        resized |= strstr(trace->events[i].args, "F_SETPIPE_SZ") != NULL;
    expect_that(full, resized || summary(full, " in=") <= 65536,
                "in= counts what CMD's pipe took: at most 65536 bytes",
                "in=%lld", summary(full, " in="));
}

/* ---- All of it ----------------------------------------------------------- */

static int count_lines(struct bytes bytes, const char *line)
{
    int count = 0;

    for (const char *next = bytes.data; (next = strstr(next, line)) != NULL;
         next += strlen(line))
        count++;
    return count;
}

Graded(pipe, no_zombie_no_leak, .points = 6, .step = "pipe.2",
       .description = "Every child is waited for, and no child flushes the "
                      "parent's buffers")
{
    /* What a child flushes shows only where it has the standard output. */
    struct run *run = launch(ARGS("-v", "run", "true", ":", "no-such"));
    struct run *filter = launch(ARGS("filter", "cat"),
                                .input = LITERAL("text\n"), .delay = SLOW_POLL);

    expect_nothing_left(run);
    expect_that(run, count_lines(run_output(run), "pipe: 2 stages\n") == 1,
                "the header is printed once", "it was printed %d times",
                count_lines(run_output(run), "pipe: 2 stages\n"));
    expect_exit(filter, 0);
    expect_output(filter, LITERAL("text\n"));
    expect_nothing_left(filter);
}

/* ARGS is a pipeline that copies its input.  A program that never makes the
 * call is judged by what it does without it: its work. */
static void expect_failure(const char *const *args, const char *inject,
                           int error)
{
    struct run *run = launch(args, .input_mode = INPUT_NONE, .inject = inject);

    if (!probe_is_memcheck() && !run_was_injected(run)) {
        expect_exit(run, 0);
        struct run *whole = launch(args, .input = LITERAL("through\n"));
        expect_output(whole, LITERAL("through\n"));
        expect_exit(whole, 0);
        return;
    }
    expect_exit(run, 1);
    expect_error(run, error);
    expect_nothing_left(run);
}

Graded(pipe, pipe_and_fork_fail, .points = 6, .step = "pipe.2",
       .description = "When pipe or fork fails midway, what was started is "
                      "reaped and the exit status is 1")
{
    const char *const args[] = {"run", "cat", ":",   "cat", ":",
                                "cat", ":",   "cat", NULL};
    /* The third time a stage that reads from a pipe is at work already. */
    static const struct {
        const char *inject;
        int error;
    } failures[] = {
        {"?pipe,?pipe2:error=EMFILE:when=2", EMFILE},
        {"?pipe,?pipe2:error=EMFILE:when=3", EMFILE},
        {ALL_FORKS ":error=EAGAIN:when=2", EAGAIN},
        {ALL_FORKS ":error=EAGAIN:when=3", EAGAIN},
    };

    for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++)
        expect_failure(args, failures[i].inject, failures[i].error);
}

/* ---- pipe.4: bonus ------------------------------------------------------- */

Graded(pipe, gather_whole_records, .points = 0, .step = "pipe.4",
       .description = "Bonus: records larger than PIPE_BUF from four writers "
                      "arrive whole")
{
    enum { WRITERS = 4, RECORDS = 100, SIZE = 5000 };
    struct run *run = launch(ARGS("gather", "4", "100", "5000"));
    struct bytes output = run_output(run);
    int counts[WRITERS] = {0};

    expect_exit(run, 0);
    for (size_t at = 0; at + SIZE <= output.size; at += SIZE) {
        const char *record = output.data + at;
        bool whole = record[SIZE - 1] == '\n' && record[0] >= 'a' &&
                     record[0] < 'a' + WRITERS &&
                     memcmp(record, record + 1, SIZE - 2) == 0;
        expect_that(run, whole, "each record is of one writer",
                    "record %zu is torn: pieces of several writers are mixed",
                    at / SIZE);
        if (whole)
            counts[record[0] - 'a']++;
    }
    for (int i = 0; i < WRITERS; i++)
        expect_that(run, counts[i] == RECORDS, "100 records of each writer",
                    "%d records of writer %c", counts[i], 'a' + i);
}
