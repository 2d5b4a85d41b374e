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
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

#define MIB (1u << 20)

/* The lines "line 1" to "line N". */
static struct bytes numbered(long n)
{
    char *data = malloc((size_t)n * 16 + 1);
    size_t used = 0;

    cr_assert_not_null(data);
    for (long i = 1; i <= n; i++)
        used += (size_t)sprintf(data + used, "line %ld\n", i);
    return (struct bytes){data, used};
}

/* What cksum(1) prints of BYTES: the CRC of POSIX, and the size. */
static char *checksum(struct bytes bytes)
{
    static char lines[8][40];
    static int next;
    char *line = lines[next++ % 8];
    uint32_t crc = 0;
    size_t rest = bytes.size;

    for (size_t i = 0; i < bytes.size || rest > 0; i++) {
        uint32_t byte = i < bytes.size ? (unsigned char)bytes.data[i]
                                       : (uint32_t)(rest & 0xff);
        if (i >= bytes.size)
            rest >>= 8;
        crc ^= byte << 24;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 0x80000000 ? crc << 1 ^ 0x04c11db7 : crc << 1;
    }
    (void)snprintf(line, sizeof(lines[0]), "%u %zu", ~crc, bytes.size);
    return line;
}

/* How many lines of BYTES are LINE. */
static int count_lines(struct bytes bytes, const char *line)
{
    size_t size = strlen(line);
    int count = 0;

    for (const char *at = bytes.data; (at = strstr(at, line)) != NULL; at++)
        count += (at == bytes.data || at[-1] == '\n') && at[size] == '\n';
    return count;
}

static int count_all_lines(struct bytes bytes)
{
    int count = 0;

    for (size_t i = 0; i < bytes.size; i++)
        count += bytes.data[i] == '\n';
    return count;
}

/* ---- sigpipe.1: killed, or told -------------------------------------------
 */

/* More than a pipe holds: such an output meets every reader that leaves. */
#define LONG "20000"

static void expect_killed(struct run *run)
{
    expect_exit(run, 128 + SIGPIPE);
    expect_that(run, run_end(run) == RUN_SIGNALED, "SIGPIPE ends the program",
                "it exited with status %d", run_exit_status(run));
    expect_errors(run, LITERAL(""));
}

Graded(sigpipe, default_is_killed, .points = 10, .step = "sigpipe.1",
       .description = "default dies of SIGPIPE in silence, even if it was "
                      "started with SIGPIPE ignored or blocked")
{
    struct run *ignored =
        launch(ARGS("default", LONG), .output_bytes = 7,
               .ignored = SIGNAL_BIT(SIGPIPE), .native_only = true);
    struct run *blocked =
        launch(ARGS("default", "5"), .output_mode = OUTPUT_BROKEN,
               .blocked = SIGNAL_BIT(SIGPIPE), .native_only = true);

    expect_killed(ignored);
    expect_output(ignored, LITERAL("line 1\n"));
    expect_killed(blocked);
}

/* The number behind "written=", if that is the second of two lines and the
 * first one reports a broken pipe; else -1. */
static long long written(struct run *run)
{
    static const char lines[] =
        "sigpipe: write: Broken pipe\nsigpipe: written=";
    struct bytes errors = run_errors(run);
    char *end;

    if (strncmp(errors.data, lines, sizeof(lines) - 1) != 0)
        return -1;
    long long count = strtoll(errors.data + sizeof(lines) - 1, &end, 10);
    return strcmp(end, "\n") == 0 ? count : -1;
}

static void expect_reported(struct run *run)
{
    expect_exit(run, 1);
    expect_that(run, written(run) >= 0,
                "\"sigpipe: write: Broken pipe\", then \"sigpipe: "
                "written=K\", and nothing else on standard error",
                "standard error holds \"%.160s\"", run_errors(run).data);
}

Graded(sigpipe, epipe_reported, .points = 10, .step = "sigpipe.1",
       .description = "epipe survives a reader that leaves: write() fails, it "
                      "says so once and exits with status 1")
{
    struct run *gone = launch(ARGS("epipe", "5"), .output_mode = OUTPUT_BROKEN);
    struct run *leaves =
        launch(ARGS("epipe", LONG), .output_bytes = 7, .native_only = true);
    struct run *blocked =
        launch(ARGS("epipe", "5"), .output_mode = OUTPUT_BROKEN,
               .blocked = SIGNAL_BIT(SIGPIPE), .native_only = true);
    struct run *full = launch(ARGS("epipe", "5"), .output_mode = OUTPUT_FULL,
                              .native_only = true);

    expect_reported(leaves);
    expect_output(leaves, LITERAL("line 1\n"));
    expect_reported(gone);
    expect_reported(blocked);
    expect_exit(full, 1);
    expect_errors(full, LITERAL("sigpipe: write: No space left on device\n"
                                "sigpipe: written=0\n"));
}

/* Calls that move bytes from a process into a descriptor. */
#define WRITES                                                                 \
    "write,writev,pwrite64,splice,vmsplice,tee,sendfile,sendto,sendmsg"

/* Whether a call of WRITES has standard error as its target. */
static bool is_message(const struct trace_event *event)
{
    char word[32];

    return trace_arg(event, 0, word, sizeof(word)) && atoi(word) == 2;
}

/* The bytes that the kernel took, messages aside; *LATE is the number of
 * writes that came after one that had failed with EPIPE. */
static long long accepted(const struct trace *trace, int *late)
{
    long long sum = 0;
    bool broken = false;

    *late = 0;
    for (size_t i = trace_find(trace, 0, WRITES, -1); i < trace->event_count;
         i = trace_find(trace, i + 1, WRITES, -1)) {
        const struct trace_event *event = &trace->events[i];
        if (is_message(event))
            continue;
        *late += broken;
        broken |= event->error && strcmp(event->error, "EPIPE") == 0;
        if (event->error == NULL && event->result > 0)
            sum += event->result;
    }
    return sum;
}

static void expect_true_count(struct run *run)
{
    int late;

    expect_reported(run);
    if (probe_is_memcheck())
        return;
    long long sum = accepted(run_trace(run), &late);
    expect_that(run, written(run) == sum,
                "written= is the sum of what write() returned",
                "written=%lld, but the kernel accepted %lld bytes",
                written(run), sum);
    expect_that(run, late <= 1, "nothing is written after EPIPE",
                "write() was called %d more times after it", late);
}

Graded(sigpipe, epipe_count_true, .points = 8, .step = "sigpipe.1",
       .description = "written=K is what the kernel accepted, and nothing is "
                      "written after EPIPE")
{
    struct run *leaves = launch(ARGS("epipe", LONG), .output_bytes = 1000,
                                .also_trace = WRITES, .native_only = true);
    struct run *pieces =
        launch(ARGS("epipe", LONG), .output_bytes = 1000, .short_io = 4096,
               .eintr_every = 5, .also_trace = WRITES, .native_only = true);

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
    struct run *all = launch(ARGS("epipe", "100000"), .native_only = true);
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
    struct run *leaves = launch(many, .output_bytes = 7, .native_only = true);
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

/* ---- sigpipe.2: what a command inherits -----------------------------------
 */

/* In a shell: go on when our parent sleeps, that is, waits for us or for room
 * in a pipe. (A process that strace has stopped does not count as asleep.) */
#define WHEN_PARENT_SLEEPS                                                     \
    "until read -r pid name state rest </proc/$PPID/stat && "                  \
    "[ \"$state\" = S ]; do :; done; "

/* The N-th mask called KEY ("SigIgn:") in LINES of /proc/PID/status; all bits
 * set if there is none. */
static unsigned long long mask(struct bytes lines, const char *key, int n)
{
    const char *found = lines.data;

    for (int i = 0; found && i <= n; i++)
        found = strstr(found + (i > 0), key);
    return found ? strtoull(found + strlen(key), NULL, 16) : ~0ull;
}

static void expect_clean(struct run *run)
{
    struct bytes output = run_output(run);

    expect_exit(run, 0);
    expect_that(run, mask(output, "SigIgn:", 0) == 0,
                "CMD finds no signal ignored",
                "CMD was started with SIGPIPE ignored (SigIgn: %llx)",
                mask(output, "SigIgn:", 0));
    expect_that(run, mask(output, "SigBlk:", 0) == 0,
                "CMD finds no signal blocked",
                "CMD was started with a signal blocked (SigBlk: %llx)",
                mask(output, "SigBlk:", 0));
}

Graded(sigpipe, child_disposition, .points = 12, .step = "sigpipe.2",
       .description = "CMD finds SIGPIPE neither ignored nor blocked, while "
                      "sigpipe itself ignores it")
{
    const char *const args[] = {
        "run", "grep", "-E", "Sig(Ign|Blk)", "/proc/self/status", NULL};
    struct run *ignored =
        launch(args, .ignored = SIGNAL_BIT(SIGPIPE), .native_only = true);
    struct run *blocked =
        launch(args, .blocked = SIGNAL_BIT(SIGPIPE), .native_only = true);
    struct run *parent =
        launch(ARGS("run", "sh", "-c",
                    WHEN_PARENT_SLEEPS
                    "exec grep -E 'Sig(Ign|Blk)' /proc/$PPID/status"),
               .blocked = SIGNAL_BIT(SIGPIPE), .native_only = true);

    expect_clean(ignored);
    expect_clean(blocked);
    expect_exit(parent, 0);
    if (probe_is_memcheck())
        return;
    expect_that(parent,
                mask(run_output(parent), "SigIgn:", 0) & SIGNAL_BIT(SIGPIPE),
                "sigpipe ignores SIGPIPE while CMD runs", "its SigIgn is %llx",
                mask(run_output(parent), "SigIgn:", 0));
    expect_that(parent, mask(run_output(parent), "SigBlk:", 0) == 0,
                "sigpipe has no signal blocked while CMD runs",
                "its SigBlk is %llx", mask(run_output(parent), "SigBlk:", 0));
}

Graded(sigpipe, run_yes_head, .points = 6, .step = "sigpipe.2",
       .description = "In a CMD that is a pipeline yes dies in silence; CMD's "
                      "status is passed on, 127 or 126 if it cannot run")
{
    struct run *yes = launch(ARGS("run", "sh", "-c", "yes | head -n 1"),
                             .input_mode = INPUT_NONE);
    struct run *input = launch(ARGS("run", "cat"), .input = LITERAL("text\n"));
    struct run *seven =
        launch(ARGS("run", "sh", "-c", "exit 7"), .native_only = true);
    struct run *killed =
        launch(ARGS("run", "sh", "-c", "kill -9 $$"), .native_only = true);
    /* posix_spawn(3) cannot tell why exec failed under Valgrind. */
    struct run *missing = launch(ARGS("run", "no-such"), .native_only = true);
    struct run *denied =
        launch(ARGS("run", "/etc/passwd"), .native_only = true);

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

/* ---- sigpipe.3: one input, many readers -----------------------------------
 */

/* One line "I: STATUS BYTES"; BYTES is any number if it is -1. */
static void expect_line(struct run *run, int i, int status, long long bytes)
{
    char wanted[64], head[32];
    struct bytes errors = run_errors(run);
    int size = snprintf(head, sizeof(head), "%d: %d ", i, status);
    bool found = false;

    (void)snprintf(wanted, sizeof(wanted), "%s%lld", head, bytes);
    for (const char *line = errors.data; !found && line && *line;
         line = strchr(line, '\n'), line += line != NULL)
        found = strncmp(line, head, (size_t)size) == 0 &&
                strspn(line + size, "0123456789") > 0 &&
                line[size + (int)strspn(line + size, "0123456789")] == '\n';
    if (bytes >= 0)
        found = count_lines(errors, wanted) == 1;
    else
        (void)snprintf(wanted, sizeof(wanted), "%sBYTES", head);
    char *expected = malloc(100);
    cr_assert_not_null(expected);
    (void)snprintf(expected, 100, "the line \"%s\" on standard error", wanted);
    expect_that(run, found, expected, "standard error holds \"%.160s\"",
                errors.data);
}

static void expect_line_count(struct run *run, int count)
{
    int seen = count_all_lines(run_errors(run));

    expect_that(run, seen == count,
                "one line for each command on standard error, nothing else",
                "standard error has %d lines for %d commands", seen, count);
}

/* COUNT lines of output are what cksum prints of INPUT. */
static void expect_checksums(struct run *run, struct bytes input, int count)
{
    char *sum = checksum(input);
    struct bytes output = run_output(run);

    expect_that(run, count_lines(output, sum) == count,
                "every CMD gets all of the input, byte for byte",
                "cksum was to say \"%s\" %d times, the output is \"%.160s\"",
                sum, count, output.data);
}

Graded(sigpipe, fan_all, .points = 8, .step = "sigpipe.3",
       .description = "1 MiB reaches every CMD complete, a slow one too, and "
                      "each one's status and bytes are told")
{
    struct bytes input = random_bytes(MIB, 1), some = random_bytes(16384, 2);
    struct run *three = launch(ARGS("fan", "cksum", ":", "cksum", ":", "cksum"),
                               .input = input);
    struct run *status =
        launch(ARGS("fan", "cksum", ":", "sh", "-c", "cat >/dev/null; exit 3",
                    ":", "sh", "-c", "cat >/dev/null; kill -9 $$"),
               .input = input, .input_mode = INPUT_FILE, .native_only = true);
    /* The first does not read before its pipe is full, or its parent has to
     * wait for something else. */
    struct run *slow = launch(
        ARGS("fan", "sh", "-c", WHEN_PARENT_SLEEPS "exec cksum", ":", "cksum"),
        .input = input, .input_mode = INPUT_FILE, .native_only = true);
    struct run *pieces = launch(ARGS("fan", "cksum", ":", "cksum"),
                                .input = some, .short_io = 7, .eintr_every = 5);

    expect_exit(three, 0);
    expect_checksums(three, input, 3);
    expect_line_count(three, 3);
    for (int i = 1; i <= 3; i++)
        expect_line(three, i, 0, MIB);
    expect_exit(status, 0);
    expect_checksums(status, input, 1);
    expect_line(status, 1, 0, MIB);
    expect_line(status, 2, 3, MIB);
    expect_line(status, 3, 128 + SIGKILL, MIB);
    expect_exit(slow, 0);
    expect_checksums(slow, input, 2);
    expect_line(slow, 1, 0, MIB);
    expect_exit(pieces, 0);
    expect_checksums(pieces, some, 2);
    expect_line(pieces, 2, 0, 16384);
}

Graded(sigpipe, fan_one_leaves, .points = 12, .step = "sigpipe.3",
       .description = "A CMD that leaves, or cannot run, is dropped; the "
                      "others still get everything")
{
    struct bytes input = random_lines(MIB, 64, 3);
    struct run *leave =
        launch(ARGS("fan", "head", "-n", "1", ":", "cksum", ":", "true"),
               .input = input);
    struct run *file = launch(ARGS("fan", "true", ":", "cksum"), .input = input,
                              .input_mode = INPUT_FILE, .native_only = true);
    struct run *missing = launch(ARGS("fan", "no-such", ":", "cksum"),
                                 .input = input, .native_only = true);

    expect_exit(leave, 0);
    expect_checksums(leave, input, 1);
    expect_that(leave,
                run_output(leave).size == 64 + strlen(checksum(input)) + 1,
                "head prints its line, cksum its own", "%zu bytes of output",
                run_output(leave).size);
    expect_line_count(leave, 3);
    expect_line(leave, 1, 0, -1);
    expect_line(leave, 2, 0, MIB);
    expect_line(leave, 3, 0, -1);
    expect_exit(file, 0);
    expect_checksums(file, input, 1);
    expect_line(file, 1, 0, -1);
    expect_line(file, 2, 0, MIB);
    expect_exit(missing, 0);
    expect_checksums(missing, input, 1);
    expect_error_line(missing, "sigpipe: no-such: No such file or directory");
    expect_line(missing, 1, 127, -1);
    expect_line(missing, 2, 0, MIB);
    expect_line_count(missing, 3);
}

Graded(sigpipe, fan_all_leave, .points = 8, .step = "sigpipe.3",
       .description = "When the last CMD has left, fan stops reading, tells "
                      "their statuses and exits with status 1")
{
    struct bytes input = random_lines(MIB, 64, 4);
    /* The input never ends: only the commands can tell that it is over. */
    struct run *run = launch(ARGS("fan", "true", ":", "head", "-n", "1"),
                             .input = input, .input_mode = INPUT_HELD);

    expect_exit(run, 1);
    expect_output(run, (struct bytes){input.data, 64});
    expect_line_count(run, 2);
    expect_line(run, 1, 0, -1);
    expect_line(run, 2, 0, -1);
}

/* Each line of fdprobe: the descriptors, and the signals that are ignored. */
static void expect_hygiene(struct run *run, int count)
{
    struct bytes errors = run_errors(run);
    int seen = 0;

    expect_exit(run, 0);
    if (probe_is_memcheck())
        return;
    for (const char *line = errors.data; (line = strstr(line, "fds:")) != NULL;
         line += strcspn(line, "\n")) {
        int size = (int)strcspn(line, ";\n");
        const char *ignored = strstr(line, "ignored: ");
        seen++;
        expect_that(run, size == 10 && strncmp(line, "fds: 0 1 2", 10) == 0,
                    "each CMD has descriptors 0, 1 and 2 only",
                    "a CMD was started with %.*s", size, line);
        expect_that(run, ignored && strtoull(ignored + 9, NULL, 16) == 0,
                    "each CMD has SIGPIPE at its default",
                    "a CMD was started with SIGPIPE ignored");
    }
    expect_that(run, seen == count, "every CMD is started", "%d of %d were",
                seen, count);
}

Graded(sigpipe, fan_hygiene, .points = 6, .step = "sigpipe.3",
       .description = "Each CMD has descriptors 0, 1 and 2 only and sees "
                      "end-of-file, whatever the others wait for")
{
    struct run *probe =
        launch(ARGS("fan", "fdprobe", ":", "fdprobe", ":", "fdprobe"),
               .native_only = true);
    struct run *cats =
        launch(ARGS("fan", "cat", ":", "cat", ":", "cat", ":", "cat"),
               .input = LITERAL("x\n"));
    /* The first cannot end before the second does, and the other way round. */
    struct run *first =
        launch(ARGS("fan", "sh", "-c", "cat >/dev/null; cat q", ":", "sh", "-c",
                    "cat >/dev/null; echo hi >q"),
               .input = LITERAL("x\n"), .fifo = "q", .native_only = true);
    struct run *second =
        launch(ARGS("fan", "sh", "-c", "cat >/dev/null; echo hi >q", ":", "sh",
                    "-c", "cat >/dev/null; cat q"),
               .input = LITERAL("x\n"), .fifo = "q", .native_only = true);

    expect_hygiene(probe, 3);
    expect_output(first, LITERAL("hi\n"));
    expect_exit(first, 0);
    expect_output(second, LITERAL("hi\n"));
    expect_exit(second, 0);
    expect_output(cats, LITERAL("x\nx\nx\nx\n"));
    expect_exit(cats, 0);
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
    struct run *run = launch(args, .input = LITERAL("x\n"));
    struct run *pipe = launch(args, .input = LITERAL("x\n"),
                              .inject = "?pipe,?pipe2:error=EMFILE:when=2");
    struct run *fork = launch(args, .input = LITERAL("x\n"),
                              .inject = ALL_FORKS ":error=EAGAIN:when=2");

    expect_output(run, LITERAL("x\nx\n"));
    expect_exit(run, 0);
    expect_nothing_left(run);
    expect_failure(pipe, EMFILE);
    expect_failure(fork, EAGAIN);
}
