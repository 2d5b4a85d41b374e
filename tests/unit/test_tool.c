// SPDX-License-Identifier: MIT
/* test_tool.c - is a tool run in no weaker sandbox than the one asked for? */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool.h"
#include "worker.h"

/* bwrap fails, as it may for want of a resource: --require-sandbox full must
 * not become a run in the basic one. */
Test(tool, a_sandbox_that_fails_is_not_replaced, .timeout = 60)
{
    static const char script[] = "#!/bin/sh\necho 'bwrap: no'; exit 1\n";
    static const char *const argv[] = {"echo", "it ran", NULL};
    const struct process process = {
        .argv = argv, .wall_s = 20, .output_max = 4096};
    char directory[] = "/tmp/ipclab-tool.XXXXXX", *here = getcwd(NULL, 0);
    struct kit kit;
    struct stage stage;
    char *output = NULL;
    size_t size = 0;

    cr_assert_eq(setenv("IPCLAB_ROOT", here, 1), 0);
    cr_assert_eq(kit_init(&kit), 0);
    cr_assert_eq(worker_prepare(), 0);
    cr_assert_eq(stage_init_tool(&stage, &kit), 0);
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(chmod(directory, 0755), 0);
    char *bwrap = xformat("%s/bwrap", directory);
    cr_assert_eq(write_file(bwrap, script, sizeof(script) - 1, 0755), 0);
    char *path = xformat("%s:%s", directory, getenv("PATH"));
    cr_assert_eq(setenv("PATH", path, 1), 0);
    cr_expect_neq(
        tool_run_alone(&stage, SANDBOX_FULL, &process, &output, &size), 0);
    cr_expect_eq(size, 0, "%s", output);
    free(output);
    free(path);
    free(bwrap);
    stage_release(&stage);
    cr_expect_eq(remove_tree(AT_FDCWD, directory), 0);
    kit_release(&kit);
    free(here);
}
