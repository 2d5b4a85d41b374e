// SPDX-License-Identifier: MIT
/* Where a debugger stops: the functions of a step's gap. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base.h"
#include "debug.h"

static const char source[] = "int before(void)\n"
                             "{\n"
                             "}\n"
                             "/* TODO(pipe.1): text (with a bracket) */\n"
                             "static int helper(int a)\n"
                             "{\n"
                             "    call(a);\n"
                             "}\n"
                             "int declared(void);\n"
                             "static int table[] = {f(1)};\n"
                             "ssize_t write_all(int fd, const void *buf,\n"
                             "                  size_t n)\n"
                             "{\n"
                             "}\n"
                             "char *upper (int in)\n"
                             "{\n"
                             "}\n"
                             "/* END(pipe.1) */\n"
                             "/* TODO(pipe.10): */\n"
                             "int after(void)\n"
                             "{\n"
                             "}\n"
                             "/* END(pipe.10) */\n";

static void expect_functions(const char *step, const char *expected)
{
    struct argv names = {0};

    debug_functions(&names, source, step);
    char *list = argv_join(&names);
    cr_expect_str_eq(list, expected);
    free(list);
    argv_release(&names);
}

Test(debug, functions_of_a_gap)
{
    expect_functions("pipe.1", "write_all");
    expect_functions("pipe.10", "after");
}

Test(debug, no_such_gap_has_none)
{
    expect_functions("pipe.2", "");
}

/* Whatever the labs look like, the debugger stops in the student's code. */
Test(debug, gaps_of_a_skeleton)
{
    struct argv names = {0};
    char *text = read_file(AT_FDCWD, "labs/pipe/skeleton.c", 1 << 20, NULL);

    cr_assert_not_null(text);
    debug_functions(&names, text, "pipe.1");
    char *list = argv_join(&names);
    cr_expect_str_eq(list, "write_all upper");
    free(list);
    argv_release(&names);
    free(text);
}
