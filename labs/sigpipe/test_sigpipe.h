// SPDX-License-Identifier: MIT
/*
 * test_sigpipe.h - what the tests of the sigpipe lab start, and what they look
 * for.
 */
#ifndef TEST_SIGPIPE_H
#define TEST_SIGPIPE_H

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

#define PIPE   SIGNAL_BIT(SIGPIPE)
#define NATIVE .native_only = true

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
    uint32_t crc = 0;
    size_t rest = bytes.size;
    char *line = malloc(40);

    for (size_t i = 0; i < bytes.size || rest > 0; i++) {
        uint32_t byte = i < bytes.size ? (unsigned char)bytes.data[i]
                                       : (uint32_t)(rest & 0xff);
        if (i >= bytes.size)
            rest >>= 8;
        crc ^= byte << 24;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 0x80000000 ? crc << 1 ^ 0x04c11db7 : crc << 1;
    }
    cr_assert_not_null(line);
    (void)snprintf(line, 40, "%u %zu", ~crc, bytes.size);
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

/* TEXT is WANTED, in which "#" stands for any number. */
static bool is_like(const char *text, const char *wanted)
{
    for (; *wanted; wanted++) {
        size_t digits = strspn(text, "0123456789");
        if (*wanted == '#' ? digits == 0 : *text != *wanted)
            return false;
        text += *wanted == '#' ? digits : 1;
    }
    return *text == '\0';
}

/* The first bytes of TEXT in one line, for a message. */
static char *on_one_line(const char *text)
{
    char *line = strndup(text, 200);

    cr_assert_not_null(line);
    for (char *at = line; *at; at++)
        if (!isprint((unsigned char)*at))
            *at = *at == '\n' ? '|' : '?';
    return line;
}

/* Standard error is WANTED, in which "#" stands for any number. */
static void expect_errors_like(struct run *run, const char *wanted)
{
    struct bytes errors = run_errors(run);
    char *expected = malloc(300);

    cr_assert_not_null(expected);
    (void)snprintf(expected, 300, "standard error is \"%s\" (#: any number)",
                   on_one_line(wanted));
    expect_that(run, is_like(errors.data, wanted), expected,
                "standard error is \"%s\"", on_one_line(errors.data));
}

/* More than a pipe holds: such an output meets every reader that leaves. */
#define LONG "20000"

static void expect_killed(struct run *run)
{
    expect_exit(run, 128 + SIGPIPE);
    expect_that(run, run_end(run) == RUN_SIGNALED, "SIGPIPE ends the program",
                "it exited with status %d", run_exit_status(run));
    expect_errors(run, LITERAL(""));
}

#endif
