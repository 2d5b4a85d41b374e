// SPDX-License-Identifier: MIT
/*
 * test_moments.c - are causes told before their effects, and only waits as
 * waits?  strace logs the results of several processes in any order, and under
 * it signals are seen, and break off calls, that nobody else would notice.
 */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <string.h>

#include "base.h"
#include "model.h"

#define BEGIN                                                                  \
    "10 1.000000 execve(\"./p\", [\"p\"], 0x1 /* 9 vars */) = 0 <0.0001>\n"
#define FORKED                                                                 \
    BEGIN "10 1.001000 pipe([3<pipe:[7]>, 4<pipe:[7]>]) = 0 <0.000001>\n"      \
          "10 1.002000 fork() = 11 <0.000001>\n"

static json_t *record(const char *log)
{
    struct run_log run = {
        .text = log, .size = strlen(log), .program = "./p", .own = "/kit/p"};
    json_t *recording = model_record(&run);

    cr_assert(recording);
    return recording;
}

/* What the steps of LOG say, but for the first COUNT: "wait read 3 from ...",
 * for a wait; a NULL ends the list. */
static void expect_told(const char *log, size_t count, ...)
{
    json_t *recording = record(log);
    const json_t *steps = json_object_get(recording, "steps");
    size_t i = count;
    const char *expected;
    va_list list;

    va_start(list, count);
    while ((expected = va_arg(list, const char *)) != NULL) {
        const json_t *step = json_array_get(steps, i++);
        const char *kind = json_string_value(json_object_get(step, "kind"));
        cr_assert(step, "no step for: %s", expected);
        char *told = xformat("%s%s", strcmp(kind, "wait") == 0 ? "wait " : "",
                             json_string_value(json_object_get(step, "text")));
        cr_expect_str_eq(told, expected);
        free(told);
    }
    va_end(list);
    cr_expect_eq(json_array_size(steps), i, "and no more");
    json_decref(recording);
}

/* The states of the first object of LOG; a NULL ends the list. */
static void expect_states(const char *log, ...)
{
    json_t *recording = record(log);
    const json_t *object =
        json_array_get(json_object_get(recording, "objects"), 0);
    const json_t *states = json_object_get(object, "states");
    size_t i = 0;
    const char *expected;
    va_list list;

    va_start(list, log);
    while ((expected = va_arg(list, const char *)) != NULL)
        cr_expect_str_eq(json_string_value(json_object_get(
                             json_array_get(states, i++), "text")),
                         expected);
    va_end(list);
    cr_expect_eq(json_array_size(states), i, "and no more");
    json_decref(recording);
}

/* ---- Causes ---------------------------------------------------------------
 */

Test(moments, write_is_told_before_the_read_that_it_made_possible)
{
    expect_told(FORKED
                "11 1.003000 read(3<pipe:[7]>,  <unfinished ...>\n"
                "10 1.003100 write(4<pipe:[7]>, \"x\", 1 <unfinished ...>\n"
                "11 1.003200 <... read resumed>\"x\", 9) = 1 <0.0002>\n"
                "10 1.003300 <... write resumed>) = 1 <0.0002>\n",
                3, "wait read 3 from pipe A", "write 4 to pipe A: 1 byte",
                "read 3 from pipe A: 1 byte", NULL);
}

Test(moments, last_close_is_told_before_end_of_file)
{
    expect_told(FORKED "11 1.003000 close(4<pipe:[7]>) = 0 <0.000001>\n"
                       "11 1.004000 read(3<pipe:[7]>,  <unfinished ...>\n"
                       "10 1.005000 close(4<pipe:[7]> <unfinished ...>\n"
                       "11 1.005100 <... read resumed>\"\", 9) = 0 <0.0011>\n"
                       "10 1.005200 <... close resumed>) = 0 <0.0002>\n",
                4, "wait read 3 from pipe A", "close 4, a write end of pipe A",
                "read 3 from pipe A: end-of-file", NULL);
}

Test(moments, end_of_the_last_reader_is_told_before_epipe)
{
    expect_told(FORKED "10 1.003000 close(3<pipe:[7]>) = 0 <0.000001>\n"
                       "11 1.004000 exit_group(0) = ?\n"
                       "10 1.005000 write(4<pipe:[7]>, \"x\", 1) = -1 EPIPE "
                       "(Broken pipe) <0.0001>\n"
                       "11 1.006000 +++ exited with 0 +++\n",
                4, "exited with status 0",
                "write 4 to pipe A: EPIPE, Broken pipe", NULL);
}

/* ---- Waits ----------------------------------------------------------------
 */

Test(moments, read_with_something_to_read_is_no_wait)
{
    expect_told(FORKED
                "10 1.003000 write(4<pipe:[7]>, \"xy\", 2) = 2 <0.000001>\n"
                "11 1.004000 read(3<pipe:[7]>,  <unfinished ...>\n"
                "10 1.004100 write(4<pipe:[7]>, \"z\", 1) = 1 <0.000001>\n"
                "11 1.004200 <... read resumed>\"xy\", 2) = 2 <0.0002>\n",
                3, "write 4 to pipe A: 2 bytes", "write 4 to pipe A: 1 byte",
                "read 3 from pipe A: 2 bytes", NULL);
}

Test(moments, pipe_is_full_while_a_writer_waits)
{
    expect_states(
        FORKED "10 1.003000 write(4<pipe:[7]>, \"\"..., 70000 <unfinished "
               "...>\n"
               "11 1.004000 read(3<pipe:[7]>, \"\"..., 4000) = 4000 <0.0001>\n"
               "11 1.005000 read(3<pipe:[7]>, \"\"..., 5536) = 5536 <0.0001>\n"
               "10 1.005100 <... write resumed>) = 70000 <0.0021>\n",
        "empty", "65536 bytes, full", "60464 bytes", NULL);
}

Test(moments, writer_that_waits_in_vain_leaves_what_went_in)
{
    expect_states(FORKED "10 1.003000 write(4<pipe:[7]>, \"\"..., 70000 "
                         "<unfinished ...>\n"
                         "11 1.004000 close(3<pipe:[7]>) = 0 <0.000001>\n",
                  "empty", "65536 bytes, full", NULL);
}

Test(moments, open_of_a_fifo_waits_only_for_a_partner)
{
    expect_told(
        BEGIN "10 1.001000 mknodat(AT_FDCWD</w>, \"f\", S_IFIFO|0600) = 0 <0>\n"
              "10 1.002000 fork() = 11 <0.000001>\n"
              "11 1.003000 openat(AT_FDCWD</w>, \"f\", O_RDONLY <unfinished "
              "...>\n"
              "10 1.003500 mknodat(AT_FDCWD</w>, \"g\", S_IFIFO|0600) = 0 <0>\n"
              "10 1.004000 openat(AT_FDCWD</w>, \"f\", O_WRONLY <unfinished "
              "...>\n"
              "11 1.004100 <... openat resumed>) = 3</w/f> <0.0011>\n"
              "10 1.004200 <... openat resumed>) = 3</w/f> <0.0002>\n",
        3, "wait openat f to read", "mkfifo g",
        "openat f to write: descriptor 3", "openat f to read: descriptor 3",
        NULL);
}

/* ---- Signals --------------------------------------------------------------
 */

#define BROKEN_OFF                                                             \
    FORKED "10 1.003000 read(3<pipe:[7]>,  <unfinished ...>\n"                 \
           "11 1.004000 +++ exited with 0 +++\n"                               \
           "10 1.004100 <... read resumed>0x1, 9) = ? ERESTARTSYS (To be "     \
           "restarted if SA_RESTART is set) <0.0011>\n"                        \
           "10 1.004200 --- SIGCHLD {si_signo=SIGCHLD} ---\n"                  \
           "10 1.004300 read(3<pipe:[7]>, "

Test(moments, call_begun_again_behind_the_program_s_back_is_one)
{
    expect_told(BROKEN_OFF, 3, "wait read 3 from pipe A",
                "exited with status 0", NULL);
}

Test(moments, ignored_signal_is_not_delivered)
{
    expect_told(
        BEGIN
        "10 1.001000 rt_sigaction(SIGPIPE, {sa_handler=SIG_IGN, sa_mask=[], "
        "sa_flags=0}, NULL, 8) = 0 <0.000001>\n"
        "10 1.002000 fork() = 11 <0.000001>\n"
        "11 1.003000 --- SIGPIPE {si_signo=SIGPIPE} ---\n"
        "11 1.004000 execve(\"/bin/yes\", [\"yes\"], 0x1) = 0 <0.0001>\n"
        "11 1.005000 --- SIGPIPE {si_signo=SIGPIPE} ---\n",
        1, "sigaction: SIGPIPE is ignored", "fork: child 11",
        "SIGPIPE is ignored", "exec yes", "SIGPIPE is ignored", NULL);
}

/* ---- What only looks on ----------------------------------------------------
 */

Test(moments, meeting_point_of_a_scenario_is_left_out)
{
    expect_told(
        BEGIN
        "10 1.001000 vfork( <unfinished ...>\n"
        "11 1.002000 execve(\"/kit/bin/asleep\", [\"asleep\"], 0x1) = 0 <0.1>\n"
        "10 1.002100 <... vfork resumed>) = 11 <0.0011>\n"
        "10 1.003000 wait4(-1,  <unfinished ...>\n"
        "11 1.004000 clock_nanosleep(0, 0, 0x1, NULL) = 0 <0.001000>\n"
        "11 1.005000 +++ exited with 0 +++\n"
        "10 1.005100 <... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == "
        "0}], 0, NULL) = 11 <0.0021>\n"
        "10 1.006000 +++ exited with 0 +++\n",
        1, "exited with status 0", NULL);
}

/* ---- Standard streams -----------------------------------------------------
 */

Test(moments, standard_output_is_known_from_whoever_still_has_it)
{
    expect_told(FORKED "10 1.003000 dup2(4<pipe:[7]>, 1<pipe:[9]>) = "
                       "1<pipe:[7]> <0.000001>\n"
                       "11 1.004000 write(1<pipe:[9]>, \"x\", 1) = 1 <0.1>\n"
                       "10 1.005000 write(1<pipe:[7]>, \"x\", 1) = 1 <0.1>\n",
                3, "dup2 4 to 1: pipe A", "write 1 to standard output: 1 byte",
                "write 1 to pipe A: 1 byte", NULL);
}
