// SPDX-License-Identifier: MIT
/* What gcc 12 and binutils 2.40 wrote, as a list and in plain words. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "diagnostics.h"

static struct grade_build parsed(const char *text)
{
    struct grade_build build = {0};

    diagnostics_parse(&build, text, strlen(text));
    return build;
}

static void expect_message(const struct grade_build *build, size_t i,
                           const char *file, int line, const char *severity,
                           const char *message)
{
    cr_assert_lt(i, build->message_count, "message %zu is there", i);
    cr_expect_str_eq(build->messages[i].file, file);
    cr_expect_eq(build->messages[i].line, line);
    cr_expect_str_eq(build->messages[i].severity, severity);
    cr_expect_str_eq(build->messages[i].message, message);
}

static void expect_explained(const char *text, const char *part)
{
    struct grade_build build = parsed(text);
    char *words = diagnostics_explain(&build, "pipe.c");

    cr_assert_not_null(words, "%s", text);
    cr_expect_not_null(strstr(words, part), "\"%s\" in: %s", part, words);
    free(words);
}

Test(diagnostics, compiler)
{
    struct grade_build build = parsed(
        "pipe/pipe.c: In function 'upper':\n"
        "pipe/pipe.c:22:9: warning: unused variable 'n' [-Wunused-variable]\n"
        "pipe/pipe.c:23:5: error: 'bar' undeclared (first use in this "
        "function)\n"
        "pipe/pipe.c:23:5: note: each undeclared identifier is reported only "
        "once\n"
        "/usr/include/stdio.h:3:1: fatal error: x: y\n");

    cr_assert_eq(build.message_count, 4);
    expect_message(&build, 0, "pipe.c", 22, "warning",
                   "unused variable 'n' [-Wunused-variable]");
    expect_message(&build, 1, "pipe.c", 23, "error",
                   "'bar' undeclared (first use in this function)");
    expect_message(&build, 3, "/usr/include/stdio.h", 3, "error", "x: y");
}

Test(diagnostics, linker)
{
    struct grade_build build = parsed(
        "/usr/bin/ld: lab.o: in function `main':\n"
        "/src/pipe/pipe.c:3: multiple definition of `main'; main.o:m.c:1: "
        "first defined here\n"
        "/usr/bin/ld: src/main.c:120: undefined reference to `upper'\n"
        "main.c:(.text+0x12): undefined reference to `filter'\n"
        "collect2: error: ld returned 1 exit status\n");

    cr_assert_eq(build.message_count, 3, "collect2 adds nothing");
    expect_message(&build, 0, "pipe.c", 3, "error",
                   "multiple definition of `main'; main.o:m.c:1: first defined "
                   "here");
    expect_message(&build, 1, "main.c", 120, "error",
                   "undefined reference to `upper'");
    expect_message(&build, 2, "main.c", 0, "error",
                   "undefined reference to `filter'");
}

Test(diagnostics, tools)
{
    struct grade_build build =
        parsed("pipe/pipe.c: Assembler messages:\n"
               "pipe/pipe.c:1: Error: no such instruction: `blurb %rax'\n"
               "gcc: fatal error: Killed signal terminated program cc1\n"
               "compilation terminated.\n"
               "cc1: out of memory allocating 65536 bytes\n");

    cr_assert_eq(build.message_count, 3);
    expect_message(&build, 0, "pipe.c", 1, "error",
                   "no such instruction: `blurb %rax'");
    expect_message(&build, 1, "gcc", 0, "error",
                   "Killed signal terminated program cc1");
    expect_message(&build, 2, "cc1", 0, "error",
                   "out of memory allocating 65536 bytes");
}

Test(diagnostics, hostile_bytes)
{
    static const char text[] = "p.c:1:2: error: #error \xff\0\x1b[31m x\n"
                               "::::\n: error: \n:1: error: \n"
                               "p.c:99999999999999999999:1: error: far\n";
    struct grade_build build = {0};

    diagnostics_parse(&build, text, sizeof(text) - 1);
    cr_assert_geq(build.message_count, 2);
    expect_message(&build, 0, "p.c", 1, "error",
                   "#error \xef\xbf\xbd\xef\xbf\xbd\x1b[31m x");
}

Test(diagnostics, many)
{
    struct grade_build build = {0};

    for (int i = 0; i < 3 * DIAGNOSTICS_MAX; i++)
        diagnostics_parse(&build, "p.c:1:2: error: x\n", 18);
    cr_expect_eq(build.message_count, DIAGNOSTICS_MAX);
}

Test(diagnostics, explained)
{
    expect_explained("/usr/bin/ld: main.c:1: undefined reference to `upper'\n",
                     "calls upper, but");
    expect_explained("p.c:2:1: error: 'errno' undeclared (first use)\n",
                     "name errno is not known");
    expect_explained("p.c:2:1: error: expected ';' before '}' token\n",
                     "semicolon");
    expect_explained("p.c:9:1: error: expected declaration or statement at end "
                     "of input\n",
                     "closing brace is missing");
    expect_explained("p.c:2:1: error: stray '\\342' in program\n",
                     "character here that C does not know");
    expect_explained("p.c:2:1: error: some new message of gcc 99\n",
                     "does not understand pipe.c as C");
}

Test(diagnostics, first_error_not_first_warning)
{
    expect_explained("p.c:1:1: warning: unused variable 'undeclared'\n"
                     "p.c:2:1: error: expected ';' before 'x'\n",
                     "semicolon");
}

Test(diagnostics, nothing_to_explain)
{
    struct grade_build build = parsed("p.c:1:1: warning: unused\n");

    cr_expect_null(diagnostics_explain(&build, "pipe.c"));
}
