// SPDX-License-Identifier: MIT
/* test_work.c - the commands of a student at work, in a kit of their own. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../small_kit.h"
#include "system.h"

#define AWAIT_MS 120000

/* ---- The kit ------------------------------------------------------------- */

static char *kit; /* its directory */

/* From now on it is the kit of ipclab(). */
static void make_kit(void)
{
    kit = xformat("%s/kit", scratch());
    cr_assert(small_kit_make(kit, "pipe") == 0, "%s: %s", kit, strerror(errno));
}

/* Save a copy of FROM as pipe.c. */
static void save_copy(const char *from)
{
    cr_assert(small_kit_copy(kit, "pipe", "pipe.c", from) == 0, "%s: %s", from,
              strerror(errno));
}

static void save_text(const char *text)
{
    char *path = xformat("%s/labs/pipe/pipe.c", kit);

    cr_assert(write_file(path, text, strlen(text), 0644) == 0);
    free(path);
}

static void expect_file(const char *name, const char *expected)
{
    char *path = xformat("%s/labs/pipe/%s", kit, name);
    char *text = read_file(AT_FDCWD, path, 1 << 20, NULL);

    cr_assert_not_null(text, "%s: %s", path, strerror(errno));
    cr_expect_str_eq(text, expected);
    free(text);
    free(path);
}

/* ---- reset --------------------------------------------------------------- */

Test(work, reset_keeps_every_file)
{
    char *skeleton = read_file(AT_FDCWD, "labs/pipe/skeleton.c", 1 << 20, NULL);

    make_kit();
    save_text("/* my first */\n");
    struct outcome outcome = IPCLAB("reset", "pipe");
    cr_expect_eq(outcome.status, 0, "%s", outcome.errors);
    cr_expect_not_null(strstr(outcome.output, "pipe.c.1\n"), "%s",
                       outcome.output);
    cr_expect_eq(strchr(outcome.output, '\n')[1], '\0');
    save_text("/* my second */\n");
    outcome = IPCLAB("reset", "pipe");
    cr_expect_not_null(strstr(outcome.output, "pipe.c.2\n"), "%s",
                       outcome.output);
    expect_file("pipe.c", skeleton);
    expect_file("pipe.c.1", "/* my first */\n");
    expect_file("pipe.c.2", "/* my second */\n");
    outcome = IPCLAB("reset", "pipe");
    cr_expect_not_null(strstr(outcome.output, "already"), "%s", outcome.output);
    char *third = xformat("%s/labs/pipe/pipe.c.3", kit);
    cr_expect(access(third, F_OK) < 0);
    free(third);
    free(skeleton);
    expect_clean_machine();
}

Test(work, reset_of_what_is_gone)
{
    char *skeleton = read_file(AT_FDCWD, "labs/pipe/skeleton.c", 1 << 20, NULL);

    make_kit();
    char *path = xformat("%s/labs/pipe/pipe.c", kit);
    cr_assert(unlink(path) == 0);
    struct outcome outcome = IPCLAB("reset", "pipe");
    cr_expect_eq(outcome.status, 0, "%s", outcome.errors);
    expect_file("pipe.c", skeleton);
    free(path);
    free(skeleton);
    expect_clean_machine();
}

/* ---- hint ---------------------------------------------------------------- */

static void expect_hint(const char *title)
{
    struct outcome outcome = IPCLAB("hint", "pipe.2");

    cr_expect_eq(outcome.status, 0, "%s", outcome.errors);
    cr_expect_not_null(strstr(outcome.output, title), "%s", outcome.output);
}

/* No line of TEXT is wider than a terminal. */
static void expect_narrow(const char *text)
{
    for (; *text; text += *text == '\n') {
        cr_expect_leq(strcspn(text, "\n"), 80, "%.100s", text);
        text += strcspn(text, "\n");
    }
}

Test(work, hints_come_one_by_one)
{
    make_kit();
    expect_hint("pipe.2, hint 1 of 3");
    expect_hint("pipe.2, hint 2 of 3");
    struct outcome outcome = IPCLAB("status");
    cr_expect_not_null(strstr(outcome.output, "(2 hints taken)"), "%s",
                       outcome.output);
    outcome = IPCLAB("hint", "pipe.2", "--again");
    cr_expect_not_null(strstr(outcome.output, "hint 1 of 3"));
    cr_expect_not_null(strstr(outcome.output, "hint 2 of 3"));
    cr_expect_null(strstr(outcome.output, "hint 3 of 3"));
    expect_narrow(outcome.output);
    expect_hint("pipe.2, hint 3 of 3");
    expect_hint("You have all 3 hints");
    expect_clean_machine();
}

Test(work, hint_of_the_only_lab_in_progress)
{
    make_kit();
    struct outcome outcome = IPCLAB("hint");
    cr_expect_eq(outcome.status, 2);
    cr_expect_not_null(strstr(outcome.errors, "which lab"), "%s",
                       outcome.errors);
    (void)IPCLAB("hint", "pipe.2");
    outcome = IPCLAB("hint"); /* not graded yet: its first step */
    cr_expect_eq(outcome.status, 0, "%s", outcome.errors);
    cr_expect_not_null(strstr(outcome.output, "pipe.1, hint 1 of 3"), "%s",
                       outcome.output);
    expect_clean_machine();
}

Test(work, hint_of_no_step)
{
    make_kit();
    struct outcome outcome = IPCLAB("hint", "pipe.9");
    cr_expect_eq(outcome.status, 2);
    cr_expect_not_null(strstr(outcome.errors, "pipe.1 pipe.2 pipe.3 pipe.4\n"),
                       "%s", outcome.errors);
    expect_clean_machine();
}

/* ---- debug --------------------------------------------------------------- */

/* `ipclab debug pipe TEST` with COMMANDS for gdb; what both wrote. */
static char *debug(const char *test, const char *commands, size_t *size)
{
    char *line = xformat("printf '%s' | timeout 120 build/ipclab debug pipe %s "
                         ">%s/gdb 2>&1",
                         commands, test, scratch());
    char *path = xformat("%s/gdb", scratch());

    (void)system(line); /* gdb's status is that of its last command */
    char *text = read_file(AT_FDCWD, path, 1 << 20, size);
    cr_assert_not_null(text);
    free(path);
    free(line);
    return text;
}

Test(work, debug_stops_where_it_fails_and_leaves_nothing)
{
    size_t size;

    make_kit();
    save_copy("tests/submissions/pipe/wrong/child_keeps_write_end.c");
    /* The child that runs on by itself would wait for ever. */
    char *text = debug("upper_empty_eof",
                       "break waitpid\\ncontinue\\nbt\\nkill\\nquit\\n", &size);
    cr_expect_not_null(strstr(text, "upper_empty_eof fails"), "%s", text);
    cr_expect_not_null(strstr(text, " upper (in="), "%s", text);
    cr_expect_not_null(strstr(text, "`child`"), "%s", text);
    free(text);
    expect_clean_machine();
}

Test(work, debug_repeats_input_and_arguments)
{
    size_t size;

    make_kit();
    save_copy("solutions/pipe/pipe.c");
    char *text = debug("upper_small", "continue\\ncontinue\\nquit\\n", &size);
    cr_expect_not_null(memmem(text, size, "A\0B\n", 4), "%s", text);
    cr_expect_not_null(memmem(text, size, "exited normally", 15), "%s", text);
    free(text);
    expect_clean_machine();
}

/* In the child, with reads as short as the test makes them. */
Test(work, debug_follows_the_child)
{
    size_t size;

    make_kit();
    save_copy("solutions/pipe/pipe.c");
    char *text = debug("short_io_and_eintr",
                       "child\\nbreak read\\ncontinue\\nkill\\n", &size);
    cr_expect_not_null(strstr(text, "Attaching after"), "%s", text);
    cr_expect_not_null(strstr(text, "shim_bytes.c"), "%s", text);
    free(text);
    expect_clean_machine();
}

Test(work, debug_without_gdb)
{
    make_kit();
    cr_assert(setenv("PATH", "/no/such/place", 1) == 0);
    struct outcome outcome = IPCLAB("debug", "pipe", "upper_small");
    cr_expect_eq(outcome.status, 3);
    cr_expect_not_null(strstr(outcome.errors, "install the package gdb\n"),
                       "%s", outcome.errors);
    cr_expect_eq(strchr(outcome.errors, '\n')[1], '\0');
    expect_clean_machine();
}

/* ---- watch --------------------------------------------------------------- */

/* Wait until the command has written TEXT, COUNT times. */
static void await_output(const char *text, int count)
{
    char *path = xformat("%s/out", scratch());
    int64_t deadline = now_ms() + AWAIT_MS;
    int found = 0;

    while (found < count) {
        char *output = read_file(AT_FDCWD, path, 1 << 20, NULL);
        found = 0;
        for (char *at = output; (at = strstr(at, text)) != NULL; at++)
            found++;
        cr_assert(now_ms() < deadline, "no \"%s\": %s", text, output);
        free(output);
        (void)poll(NULL, 0, 10);
    }
    free(path);
}

Test(work, watch_tells_what_changed)
{
    make_kit();
    pid_t pid = ipclab_start((const char *const[]){"watch", "pipe", NULL});
    await_output("score 0 / 100", 1);
    save_copy("solutions/pipe/pipe.c"); /* by rename(2) */
    await_output("score 100 / 100  (+100)", 1);
    save_copy("tests/submissions/pipe/wrong/leaks_buffer.c");
    await_output("passes, but not cleanly", 1);
    await_output("(-6.8)", 1);
    save_text("int upper(int in, int out)\n");
    await_output("It does not build.", 1);
    save_copy("solutions/pipe/pipe.c");
    await_output("score 100 / 100  (+6.8)", 1);
    cr_assert(kill(pid, SIGINT) == 0);
    struct outcome outcome = ipclab_wait(pid);
    cr_expect_eq(outcome.status, 0, "%d: %s", outcome.status, outcome.errors);
    cr_expect_str_empty(outcome.errors);
    /* What it said of a test it does not say again. */
    char *first = strstr(outcome.output, "pipeline_status");
    cr_assert_not_null(first);
    cr_expect_null(strstr(first + 1, "pipeline_status"), "%s", outcome.output);
    cr_expect_null(strchr(outcome.output, '\033'));
    outcome = IPCLAB("status");
    cr_expect_not_null(strstr(outcome.output, "100 / 100"), "%s",
                       outcome.output);
    expect_clean_machine();
}

/* A save ends the grade that is being made, even a moment before its end. */
Test(work, watch_starts_again_on_a_save)
{
    make_kit();
    save_copy("solutions/pipe/pipe.c");
    pid_t pid = ipclab_start((const char *const[]){"watch", "pipe", NULL});
    await_output("12 of 12 tests pass", 1); /* memcheck has just begun */
    save_copy("labs/pipe/skeleton.c");
    await_output("0 of 12 tests pass", 1);
    await_output("score 0 / 100", 1);
    cr_assert(kill(pid, SIGTERM) == 0);
    struct outcome outcome = ipclab_wait(pid);
    cr_expect_eq(outcome.status, 128 + SIGTERM);
    cr_expect_null(strstr(outcome.output, "score 100"), "%s", outcome.output);
    expect_clean_machine();
}

/* It must not wait for the end of a grade to obey. */
Test(work, watch_ends_while_it_grades)
{
    make_kit();
    save_copy("tests/submissions/pipe/hostile/hangs_everywhere.c");
    pid_t pid = ipclab_start((const char *const[]){"watch", "pipe", NULL});
    await_output("Watching", 1);
    cr_assert(kill(pid, SIGINT) == 0);
    cr_expect_eq(ipclab_wait(pid).status, 0);
    expect_clean_machine();
}

/* ---- Colour -------------------------------------------------------------- */

/* What `ipclab status` writes to a terminal. */
static char *status_on_terminal(void)
{
    char *text = xcalloc(65536, 1);
    size_t size = 0;
    int fd;
    pid_t pid = forkpty(&fd, NULL, NULL, NULL);

    if (pid == 0) {
        execl("build/ipclab", "ipclab", "status", (char *)NULL);
        _exit(127);
    }
    cr_assert(pid > 0);
    for (ssize_t n; (n = read(fd, text + size, 65535 - size)) > 0;)
        size += (size_t)n; /* EIO at the end */
    (void)close(fd);
    (void)waitpid(pid, NULL, 0);
    return text;
}

Test(work, colour_on_a_terminal_unless_it_is_unwanted)
{
    make_kit();
    cr_assert(setenv("TERM", "xterm", 1) == 0 && unsetenv("NO_COLOR") == 0);
    cr_expect_not_null(strstr(status_on_terminal(), "\033["));
    cr_assert(setenv("NO_COLOR", "", 1) == 0); /* no-color.org: as if unset */
    cr_expect_not_null(strstr(status_on_terminal(), "\033["));
    cr_assert(setenv("NO_COLOR", "1", 1) == 0);
    cr_expect_null(strstr(status_on_terminal(), "\033["));
    cr_assert(unsetenv("NO_COLOR") == 0 && setenv("TERM", "dumb", 1) == 0);
    cr_expect_null(strstr(status_on_terminal(), "\033["));
    expect_clean_machine();
}
