// SPDX-License-Identifier: MIT
/* extra.c - an instructor's own tests; see extra.h. */
#include "extra.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process.h"
#include "text.h"

#define BUILD_WALL_S 300

/* `make extra`, so that flags are written down in one place. */
static int build(const struct kit *kit, const char *lab, const char *source,
                 const char *program)
{
    struct argv argv = {0};
    struct process_result result;

    argv_add_all(&argv,
                 (const char *const[]){"make", "--no-print-directory", "-s",
                                       "-C", kit->root, "extra", NULL});
    argv_addf(&argv, "LAB=%s", lab);
    argv_addf(&argv, "SOURCE=%s", source);
    argv_addf(&argv, "PROGRAM=%s", program);
    const struct process process = {
        .argv = (const char *const *)argv.items,
        .wall_s = BUILD_WALL_S,
        .output_max = 16384,
    };
    int status = process_run(&process, &result);
    if (status < 0) {
        (void)complain("cannot run make: %s", strerror(errno));
    } else {
        if (result.status != 0) {
            (void)write_fully(STDERR_FILENO, result.output, result.size);
            status = complain("%s: it does not build; the compiler's messages "
                              "are above",
                              source);
        }
        process_result_release(&result);
    }
    argv_release(&argv);
    return status;
}

/* BELOW as an empty directory, to be freed; NULL after a message.  A program of
 * an earlier directory of tests would be taken for one of this. */
static char *make_empty(const char *below)
{
    char *absolute = NULL;
    int fd = -1;

    if (mkdir(below, 0777) == 0 || errno == EEXIST)
        fd = open(below, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && remove_below(fd) == 0)
        absolute = realpath(below, NULL);
    if (absolute == NULL)
        (void)complain("%s: %s; remove it", below, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return absolute;
}

int extra_build(struct extra *extra, const struct kit *kit,
                const char *directory, const char *out)
{
    char *below = xformat("%s/extra", out), *absolute = NULL;
    int status = 0, found = 0;

    *extra =
        (struct extra){kit, xcalloc(kit->labs.count, sizeof(*extra->programs))};
    if (directory && (absolute = make_empty(below)) == NULL)
        status = -1;
    for (size_t i = 0; directory && status == 0 && i < kit->labs.count; i++) {
        const char *lab = kit->labs.items[i];
        char *name = xformat("%s/test_%s.c", directory, lab);
        char *source = realpath(name, NULL);
        if (source) {
            extra->programs[i] = xformat("%s/test_%s", absolute, lab);
            status = build(kit, lab, source, extra->programs[i]);
            found++;
        }
        free(source);
        free(name);
    }
    if (directory && status == 0 && found == 0)
        status = complain("%s: no test_LAB.c there, as in test_pipe.c; "
                          "--extra-tests takes a directory of such tests",
                          directory);
    free(absolute);
    free(below);
    return status;
}

void extra_release(struct extra *extra)
{
    for (size_t i = 0; extra->kit && i < extra->kit->labs.count; i++)
        free(extra->programs[i]);
    free(extra->programs);
    *extra = (struct extra){0};
}

const char *extra_program(const struct extra *extra, const char *lab)
{
    for (size_t i = 0; i < extra->kit->labs.count; i++)
        if (strcmp(extra->kit->labs.items[i], lab) == 0)
            return extra->programs[i];
    return NULL;
}
