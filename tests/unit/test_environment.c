// SPDX-License-Identifier: MIT
/* test_environment.c - what a result depends on, in a kit of small files. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "environment.h"

static char directory[] = "/tmp/ipclab-unit-XXXXXX";
static struct kit kit;

static void put(const char *name, const char *text)
{
    char *path = xformat("%s/%s", directory, name);

    for (char *slash = path + strlen(directory) + 1;
         (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
        *slash = '\0';
        (void)mkdir(path, 0755); /* may be there */
    }
    cr_assert_eq(write_file(path, text, strlen(text), 0644), 0, "%s", path);
    free(path);
}

static void set_up(void)
{
    static const char *const files[] = {
        "labs/pipe/pipe.h",
        "labs/common/lab.h",
        "build/labs/pipe/main.o",
        "build/labs/pipe/test_pipe",
        "build/grader/server.o",
        "build/grader/init",
        "build/grader/confine",
        "build/grader/shim.so",
        "build/grader/handlers.so",
        "build/grader/bin/fdprobe",
        "build/grader/debug/0.debug",
        "build/grader/base/base.o",
        "build/grader/result/result.o",
        "build/grader/probe/sandbox.o",
        "build/grader/grade/score.o",
        "build/grader/class/pool.o",
        "build/grader/class/pages.o",
        "grader/probe/valgrind.supp",
    };

    cr_assert_not_null(mkdtemp(directory));
    for (size_t i = 0; i < LENGTH(files); i++)
        put(files[i], "1");
    put("build/labs/list", "pipe\n");
    cr_assert_eq(setenv("IPCLAB_ROOT", directory, 1), 0);
    cr_assert_eq(kit_init(&kit), 0);
}

static void tear_down(void)
{
    kit_release(&kit);
    (void)remove_tree(AT_FDCWD, directory);
}

TestSuite(environment, .init = set_up, .fini = tear_down);

static void digest(char digits[HASH_SIZE])
{
    char tools[] = "gcc 12\n";
    const struct toolchain toolchain = {.text = tools, .level = 0};
    struct environment environment;

    cr_assert_eq(environment_init(&environment, &kit, &toolchain, "pipe", NULL),
                 0);
    (void)stpcpy(digits, environment.digest);
    environment_release(&environment);
}

/* Whether the digest is another one once NAME is. */
static bool depends_on(const char *name)
{
    char before[HASH_SIZE], after[HASH_SIZE];

    digest(before);
    put(name, "2");
    digest(after);
    return strcmp(before, after) != 0;
}

Test(environment, is_all_that_decides_on_a_verdict)
{
    static const char *const deciding[] = {
        "labs/pipe/pipe.h",           "build/labs/pipe/test_pipe",
        "build/grader/bin/fdprobe",   "build/grader/bin/outlive",
        "build/grader/debug/0.debug", "build/grader/base/base.o",
        "build/grader/grade/score.o", "build/grader/grade/object.o",
        "build/grader/class/pool.o",  "build/grader/result/result.o",
    };

    for (size_t i = 0; i < LENGTH(deciding); i++)
        cr_expect(depends_on(deciding[i]), "%s", deciding[i]);
}

Test(environment, is_not_how_a_verdict_is_shown)
{
    cr_expect_not(depends_on("build/grader/class/pages.o"));
    cr_expect_not(depends_on("build/grader/report/page.o"));
    cr_expect_not(depends_on("build/grader/bin/fdprobe.d"));
    cr_expect_not(depends_on("build/grader/grade/score.d"));
}
