// SPDX-License-Identifier: MIT
/* What is taken in as a submission, and what is refused. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base.h"
#include "lab.h"
#include "submission.h"

static char directory[] = "/tmp/ipclab-unit-XXXXXX";
static struct kit kit;

static void put(const char *path, const char *content, size_t size)
{
    cr_assert_eq(write_file(path, content, size, 0644), 0, "%s", path);
}

/* A kit with one lab, in a directory of its own, which is the working one. */
static void set_up(void)
{
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(chdir(directory), 0);
    cr_assert(mkdir("labs", 0755) == 0 && mkdir("labs/pipe", 0755) == 0 &&
              mkdir("labs/common", 0755) == 0);
    cr_assert(mkdir("build", 0755) == 0 && mkdir("build/labs", 0755) == 0);
    put("build/labs/list", "pipe\n", 5);
    put("labs/pipe/pipe.c", "own", 3);
    cr_assert_eq(setenv("IPCLAB_ROOT", directory, 1), 0);
    cr_assert_eq(kit_init(&kit), 0);
    /* Refusals are one line each on stderr: not of interest here. */
    cr_assert_not_null(freopen("/dev/null", "w", stderr));
}

static void tear_down(void)
{
    kit_release(&kit);
    (void)chdir("/");
    (void)remove_tree(AT_FDCWD, directory);
}

TestSuite(submission, .init = set_up, .fini = tear_down);

static void expect_taken(const char *path, const char *shown,
                         const char *content, bool own)
{
    struct submission submission;

    cr_assert_eq(submission_read(&submission, &kit, "pipe", path), 0, "%s",
                 shown);
    cr_expect_str_eq(submission.path, shown);
    cr_expect_str_eq(submission.data, content);
    cr_expect_eq(submission.own, own);
    cr_expect_eq(strlen(submission.checksum), 64);
    submission_release(&submission);
}

static void expect_refused(const char *path)
{
    struct submission submission;

    cr_expect_eq(submission_read(&submission, &kit, "pipe", path), -1, "%s",
                 path);
}

Test(submission, labs_are_those_of_the_list)
{
    cr_assert_eq(kit.labs.count, 1);
    cr_expect(kit_has_lab(&kit, "pipe"));
    cr_expect_not(kit_has_lab(&kit, "common"));
    cr_expect_not(kit_has_lab(&kit, "../labs/pipe"));
}

Test(submission, own)
{
    expect_taken(NULL, "labs/pipe/pipe.c", "own", true);
    expect_taken("labs", "labs/pipe/pipe.c", "own", true);
    expect_taken("labs/pipe/", "labs/pipe/pipe.c", "own", true);
}

Test(submission, files_and_directories)
{
    cr_assert_eq(mkdir("a", 0755), 0);
    put("a/pipe.c", "alice", 5);
    put("a/anything at all", "bob", 3);
    put("a/-v", "dash", 4);
    put("a/\xff\n.c", "odd", 3);
    expect_taken("a", "a/pipe.c", "alice", false);
    expect_taken("a/anything at all", "a/anything at all", "bob", false);
    expect_taken("a/\xff\n.c", "a/\xff\n.c", "odd", false);
    cr_assert_eq(chdir("a"), 0);
    expect_taken("-v", "-v", "dash", false);
}

Test(submission, empty_file_is_taken)
{
    put("empty.c", "", 0);
    expect_taken("empty.c", "empty.c", "", false);
}

Test(submission, links_are_refused)
{
    put("secret", "s", 1);
    cr_assert(mkdir("b", 0755) == 0 && symlink("../secret", "b/pipe.c") == 0);
    cr_assert(mkdir("c", 0755) == 0 && symlink("../labs/pipe", "c/pipe") == 0);
    expect_refused("b");
    expect_refused("b/pipe.c");
    expect_refused("c");
}

/* The one who grades may well use a link for the directory. */
Test(submission, a_link_to_the_directory_is_followed)
{
    cr_assert_eq(symlink("labs/pipe", "here"), 0);
    expect_taken("here", "here/pipe.c", "own", true);
}

Test(submission, others_are_refused, .timeout = 5)
{
    cr_assert(mkdir("d", 0755) == 0 && mkfifo("d/pipe.c", 0644) == 0);
    cr_assert(mkdir("e", 0755) == 0 && mkdir("e/pipe.c", 0755) == 0);
    cr_assert_eq(mkdir("f", 0755), 0);
    expect_refused("d");
    expect_refused("e");
    expect_refused("f");
    expect_refused("missing");
    expect_refused("");
    expect_refused("/dev/null");
}

Test(submission, size)
{
    char *data = xcalloc(SUBMISSION_MAX + 1, 1);

    memset(data, 'x', SUBMISSION_MAX);
    put("big.c", data, SUBMISSION_MAX);
    expect_taken("big.c", "big.c", data, false);
    put("big.c", data, SUBMISSION_MAX + 1);
    expect_refused("big.c");
    free(data);
}
