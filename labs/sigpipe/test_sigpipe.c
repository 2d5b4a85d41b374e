// SPDX-License-Identifier: MIT
/*
 * test_sigpipe.c - the tests of the sigpipe lab, as the autograder runs them.
 *
 * Each test starts `sigpipe` as a user would, often with a reader that is gone
 * or is about to leave, and judges what the kernel saw of it.  A reader that
 * leaves is forced, never awaited: either it has left before the program
 * starts, or there is more to write than a pipe holds.
 *
 * Run one of them with `make sigpipe TEST=default_is_killed`.
 */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_sigpipe.h"

/* ---- sigpipe.1: killed, or told ------------------------------------------ */

Graded(sigpipe, default_is_killed, .points = 10, .step = "sigpipe.1",
       .description = "default dies of SIGPIPE in silence, even if it was "
                      "started with SIGPIPE ignored or blocked")
{
    struct run *ignored = launch(ARGS("default", LONG), .output_bytes = 7,
                                 .ignored = PIPE, NATIVE);
    struct run *blocked =
        launch(ARGS("default", "5"), .output_mode = OUTPUT_BROKEN,
               .blocked = PIPE, NATIVE);

    expect_killed(ignored);
    expect_output(ignored, LITERAL("line 1\n"));
    expect_killed(blocked);
}

static void expect_reported(struct run *run)
{
    expect_exit(run, 1);
    expect_errors_like(run,
                       "sigpipe: write: Broken pipe\nsigpipe: written=#\n");
}

Graded(sigpipe, epipe_reported, .points = 10, .step = "sigpipe.1",
       .description = "epipe survives a reader that leaves: write() fails, it "
                      "says so once and exits with status 1")
{
    struct run *gone = launch(ARGS("epipe", "5"), .output_mode = OUTPUT_BROKEN);
    struct run *blocked =
        launch(ARGS("epipe", "5"), .output_mode = OUTPUT_BROKEN,
               .blocked = PIPE, NATIVE);
    struct run *full =
        launch(ARGS("epipe", "5"), .output_mode = OUTPUT_FULL, NATIVE);

    expect_reported(gone);
    expect_reported(blocked);
    expect_exit(full, 1);
    expect_errors(full, LITERAL("sigpipe: write: No space left on device\n"
                                "sigpipe: written=0\n"));
}

/* Calls that move bytes from a process into a descriptor. */
#define WRITES                                                                 \
    "write,writev,pwrite64,splice,vmsplice,tee,sendfile,sendto,sendmsg"

/* The bytes that the kernel took, messages aside; *LATE is the number of
 * writes that came after one that had failed with EPIPE. */
static long long accepted(const struct trace *trace, int *late)
{
    long long sum = 0;
    bool broken = false;

    *late = 0;
    for (size_t i = 0;; i++) {
        i = trace_find(trace, i, WRITES, -1);
        if (i == trace->event_count)
            return sum;
        const struct trace_event *event = &trace->events[i];
        if (atoi(event->args) == STDERR_FILENO)
            continue;
        *late += broken;
        broken |= event->error && strcmp(event->error, "EPIPE") == 0;
        if (event->error == NULL && event->result > 0)
            sum += event->result;
    }
}

static void expect_true_count(struct run *run)
{
    int late;

    expect_reported(run);
    if (probe_is_memcheck())
        return;
    long long sum = accepted(run_trace(run), &late);
    long long told = atoll(strchr(run_errors(run).data, '=') + 1);
    expect_that(run, told == sum,
                "written= is the sum of what write() returned",
                "written=%lld, but the kernel accepted %lld bytes", told, sum);
    expect_that(run, late <= 1, "nothing is written after EPIPE",
                "write() was called %d more times after it", late);
}

Graded(sigpipe, epipe_count_true, .points = 8, .step = "sigpipe.1",
       .description = "written=K is what the kernel accepted, and nothing is "
                      "written after EPIPE")
{
    struct run *leaves = launch(ARGS("epipe", LONG), .output_bytes = 1000,
                                .also_trace = WRITES, NATIVE);
    struct run *pieces = launch(ARGS("epipe", LONG), .output_bytes = 1000,
                                .short_io = 4096, .also_trace = WRITES, NATIVE);

    expect_true_count(leaves);
    expect_true_count(pieces);
}

static void expect_complete(struct run *run, long lines)
{
    expect_output(run, numbered(lines));
    expect_exit(run, 0);
    expect_errors(run, LITERAL(""));
}

Graded(sigpipe, complete_output, .points = 6, .step = "sigpipe.1",
       .description = "A reader that stays gets every line, also with short "
                      "writes and EINTR")
{
    struct run *all = launch(ARGS("epipe", "100000"), NATIVE);
    struct run *pieces =
        launch(ARGS("epipe", "500"), .short_io = 7, .eintr_every = 5);
    struct run *killable = launch(ARGS("default", "500"));

    expect_complete(all, 100000);
    expect_complete(pieces, 500);
    expect_complete(killable, 500);
}

static void expect_one_error(struct run *run, int error)
{
    char line[80];

    (void)snprintf(line, sizeof(line), "sigpipe: write: %s\n", strerror(error));
    expect_exit(run, 1);
    expect_errors(run, text(line));
}

Graded(sigpipe, stdio_errors, .points = 8, .step = "sigpipe.1",
       .description = "epipe -s notices every error of stdio, also of output "
                      "that fits its buffer")
{
    const char *const few[] = {"epipe", "5", "-s", NULL};
    const char *const many[] = {"epipe", LONG, "-s", NULL};
    struct run *full = launch(few, .output_mode = OUTPUT_FULL);
    struct run *broken = launch(few, .output_mode = OUTPUT_BROKEN);
    struct run *leaves = launch(many, .output_bytes = 7, NATIVE);
    /* One buffer is lost on the way, and the last flush succeeds. */
    struct run *once = launch(many, .inject = "write:error=ENOSPC:when=40",
                              .also_trace = "write");
    struct run *fine = launch(few);

    expect_one_error(full, ENOSPC);
    expect_one_error(broken, EPIPE);
    expect_one_error(leaves, EPIPE);
    if (run_was_injected(once))
        expect_one_error(once, ENOSPC);
    expect_complete(fine, 5);
}

/* ---- sigpipe.2: what a command inherits ---------------------------------- */

/* In a shell: go on when our parent sleeps, that is, waits for us or for room
 * in a pipe. (A process that strace has stopped does not count as asleep.) */
#define WHEN_PARENT_SLEEPS                                                     \
    "while read -r pid name state rest </proc/$PPID/stat && "                  \
    "[ \"$state\" != S ]; do :; done; "

/* The mask called KEY in lines of /proc/PID/status; -1 if there is none. The
 * signals from 32 on are the C library's: posix_spawn(3) leaves some ignored.
 */
static long long mask(struct bytes lines, const char *key)
{
    const char *found = strstr(lines.data, key);

    return found ? strtoll(found + strlen(key), NULL, 16) & 0x7fffffff : -1;
}

/* The output tells that WHO has just these signals IGNORED, and none blocked.
 */
static void expect_masks(struct run *run, const char *who, long long ignored)
{
    long long ign = mask(run_output(run), "SigIgn:");
    long long blk = mask(run_output(run), "SigBlk:");

    expect_exit(run, 0);
    expect_that(run, ign == ignored,
                ignored ? "SIGPIPE is ignored" : "no signal is ignored",
                "%s has SigIgn: %llx in its /proc/PID/status", who, ign);
    expect_that(run, blk == 0, "no signal is blocked",
                "%s has SigBlk: %llx in its /proc/PID/status", who, blk);
}

Graded(sigpipe, child_disposition, .points = 12, .step = "sigpipe.2",
       .description = "CMD finds SIGPIPE neither ignored nor blocked, while "
                      "sigpipe itself ignores it")
{
    const char *const args[] = {
        "run", "grep", "-E", "Sig(Ign|Blk)", "/proc/self/status", NULL};
    struct run *ignored = launch(args, .ignored = PIPE, NATIVE);
    struct run *blocked = launch(args, .blocked = PIPE, NATIVE);
    struct run *parent =
        launch(ARGS("run", "sh", "-c",
                    WHEN_PARENT_SLEEPS
                    "exec grep -E 'Sig(Ign|Blk)' /proc/$PPID/status"),
               .blocked = PIPE, NATIVE);

    expect_masks(ignored, "CMD", 0);
    expect_masks(blocked, "CMD", 0);
    expect_masks(parent, "sigpipe", PIPE);
}

Graded(sigpipe, run_yes_head, .points = 6, .step = "sigpipe.2",
       .description = "In a CMD that is a pipeline yes dies in silence; CMD's "
                      "status is passed on, 127 or 126 if it cannot run")
{
    struct run *yes = launch(ARGS("run", "sh", "-c", "yes | head -n 1"),
                             .input_mode = INPUT_NONE);
    struct run *input = launch(ARGS("run", "cat"), .input = LITERAL("text\n"));
    struct run *seven = launch(ARGS("run", "sh", "-c", "exit 7"), NATIVE);
    struct run *killed = launch(ARGS("run", "sh", "-c", "kill -9 $$"), NATIVE);
    /* posix_spawn(3) cannot tell why exec failed under Valgrind. */
    struct run *missing = launch(ARGS("run", "no-such"), NATIVE);
    struct run *denied = launch(ARGS("run", "/etc/passwd"), NATIVE);

    expect_errors(yes, LITERAL(""));
    expect_output(yes, LITERAL("y\n"));
    expect_exit(yes, 0);
    expect_output(input, LITERAL("text\n"));
    expect_exit(input, 0);
    expect_exit(seven, 7);
    expect_exit(killed, 128 + SIGKILL);
    expect_exit(missing, 127);
    expect_errors(missing,
                  LITERAL("sigpipe: no-such: No such file or directory\n"));
    expect_exit(denied, 126);
    expect_errors(denied, LITERAL("sigpipe: /etc/passwd: Permission denied\n"));
}

/* ---- sigpipe.3: one input, many readers ---------------------------------- */

/* The input ended first, COUNT lines of output are what cksum prints of INPUT,
 * and standard error is like ERRORS. */
static void expect_fan(struct run *run, struct bytes input, int count,
                       const char *errors)
{
    char *sum = checksum(input);

    expect_exit(run, 0);
    expect_that(run, count_lines(run_output(run), sum) == count,
                "every CMD that stays gets all of the input",
                "cksum was to say \"%s\" %d times, the output is \"%s\"", sum,
                count, on_one_line(run_output(run).data));
    expect_errors_like(run, errors);
}

Graded(sigpipe, fan_all, .points = 8, .step = "sigpipe.3",
       .description = "1 MiB reaches every CMD complete, a slow one too, and "
                      "each one's status and bytes are told")
{
    struct bytes input = random_bytes(BULK, 1), some = random_bytes(16384, 2);
    char statuses[64];
    struct run *three = launch(ARGS("fan", "cksum", ":", "cksum", ":", "cksum"),
                               .input = input);
    struct run *status =
        launch(ARGS("fan", "cksum", ":", "sh", "-c", "cat >/dev/null; exit 3",
                    ":", "sh", "-c", "cat >/dev/null; kill -9 $$"),
               .input = input, .input_mode = INPUT_FILE, NATIVE);
    /* The first does not read before its pipe is full, or its parent has to
     * wait for something else. */
    struct run *slow = launch(
        ARGS("fan", "sh", "-c", WHEN_PARENT_SLEEPS "exec cksum", ":", "cksum"),
        .input = input, .input_mode = INPUT_FILE, NATIVE);
    /* The first ends when the second has been waited for, or it is waited for
     * alone. (Reading must not look like waiting: there is no input.) */
    struct run *order = launch(ARGS("fan", "sh", "-c", "exec outlive 9 >q", ":",
                                    "sh", "-c", "read go <q; exit 7"),
                               .input_mode = INPUT_NONE, .fifo = "q", NATIVE);
    struct run *pieces = launch(ARGS("fan", "cksum", ":", "cksum"),
                                .input = some, .short_io = 7, .eintr_every = 5);

    (void)snprintf(statuses, sizeof(statuses), "1: 0 %zu\n2: 0 %zu\n3: 0 %zu\n",
                   input.size, input.size, input.size);
    expect_fan(three, input, 3, statuses);
    expect_errors_like(order, "1: 9 0\n2: 7 0\n");
    expect_fan(status, input, 1,
               "1: 0 1048576\n2: 3 1048576\n3: 137 1048576\n");
    expect_fan(slow, input, 2, "1: 0 1048576\n2: 0 1048576\n");
    expect_fan(pieces, some, 2, "1: 0 16384\n2: 0 16384\n");
}

Graded(sigpipe, fan_one_leaves, .points = 12, .step = "sigpipe.3",
       .description = "A CMD that leaves, or cannot run, is dropped; the "
                      "others still get everything")
{
    struct bytes input = random_lines(BULK, 64, 3);
    char statuses[64];
    struct run *leave =
        launch(ARGS("fan", "head", "-n", "1", ":", "cksum", ":", "true"),
               .input = input);
    struct run *file = launch(ARGS("fan", "true", ":", "cksum"), .input = input,
                              .input_mode = INPUT_FILE, NATIVE);
    struct run *missing =
        launch(ARGS("fan", "no-such", ":", "cksum"), .input = input, NATIVE);

    (void)snprintf(statuses, sizeof(statuses), "1: 0 #\n2: 0 %zu\n3: 0 #\n",
                   input.size);
    expect_fan(leave, input, 1, statuses);
    expect_fan(file, input, 1, "1: 0 #\n2: 0 1048576\n");
    expect_fan(missing, input, 1,
               "sigpipe: no-such: No such file or directory\n"
               "1: 127 #\n2: 0 1048576\n");
}

Graded(sigpipe, fan_all_leave, .points = 8, .step = "sigpipe.3",
       .description = "When the last CMD has left, fan stops reading, tells "
                      "their statuses and exits with status 1")
{
    /* More than all pipes take, and it never ends: only the commands can tell
     * that it is over. */
    struct bytes input = random_lines(MIB, 64, 4);
    struct run *run = launch(ARGS("fan", "head", "-n", "1", ":", "true"),
                             .input = input, .input_mode = INPUT_HELD);

    expect_exit(run, 1);
    expect_output(run, (struct bytes){input.data, 64});
    expect_errors_like(run, "1: 0 #\n2: 0 #\n");
}

#define CLEAN "fds: 0 1 2; ignored: 0000000000000000"

Graded(sigpipe, fan_hygiene, .points = 6, .step = "sigpipe.3",
       .description = "Each CMD has descriptors 0, 1 and 2 only and sees "
                      "end-of-file, whatever the others wait for")
{
    struct run *probe =
        launch(ARGS("fan", "fdprobe", ":", "fdprobe", ":", "fdprobe"), NATIVE);
    struct run *cats =
        launch(ARGS("fan", "cat", ":", "cat", ":", "cat", ":", "cat"),
               .input = LITERAL("x\n"));
    /* The first cannot end before the second does, and the other way round. */
    struct run *first =
        launch(ARGS("fan", "sh", "-c", "cat >/dev/null; cat q", ":", "sh", "-c",
                    "cat >/dev/null; echo hi >q"),
               .input = LITERAL("x\n"), .fifo = "q", NATIVE);
    struct run *second =
        launch(ARGS("fan", "sh", "-c", "cat >/dev/null; echo hi >q", ":", "sh",
                    "-c", "cat >/dev/null; cat q"),
               .input = LITERAL("x\n"), .fifo = "q", NATIVE);

    expect_output(first, LITERAL("hi\n"));
    expect_exit(first, 0);
    expect_output(second, LITERAL("hi\n"));
    expect_exit(second, 0);
    expect_output(cats, LITERAL("x\nx\nx\nx\n"));
    expect_exit(cats, 0);
    expect_exit(probe, 0);
    expect_that(probe, count_lines(run_errors(probe), CLEAN) == 3,
                "each CMD has descriptors 0, 1 and 2 and ignores no signal",
                "they were started with \"%s\"",
                on_one_line(run_errors(probe).data));
}

/* A program that never makes the call is judged by what it does without it:
 * that run has just succeeded. */
static void expect_failure(struct run *run, int error)
{
    if (!probe_is_memcheck() && !run_was_injected(run))
        return;
    expect_exit(run, 1);
    expect_error(run, error);
    expect_nothing_left(run);
}

Graded(sigpipe, clean, .points = 6, .step = "sigpipe.3",
       .description = "Every CMD is waited for, also when pipe or fork fails "
                      "midway; then the exit status is 1")
{
    const char *const args[] = {"fan", "true", ":", "cat", ":", "cat", NULL};
    struct run *run = launch(ARGS("fan", "cat", ":", "cat", ":", "cat"),
                             .input = LITERAL("text\n"));
    struct run *pipe = launch(args, .input_mode = INPUT_NONE,
                              .inject = "?pipe,?pipe2:error=EMFILE:when=2");
    struct run *fork = launch(args, .input_mode = INPUT_NONE,
                              .inject = ALL_FORKS ":error=EAGAIN:when=2");

    expect_exit(run, 0);
    expect_output(run, LITERAL("text\ntext\ntext\n"));
    expect_nothing_left(run);
    expect_failure(pipe, EMFILE);
    expect_failure(fork, EAGAIN);
}
