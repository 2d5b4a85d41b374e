// SPDX-License-Identifier: MIT
/*
 * ipclab.c - the command: subcommands in a table, each in a file of command/.
 *
 *     ipclab grade LAB --submission DIR --json result.json
 *
 * Exit status: 0 done, 2 usage, 3 could not do it, 128+N ended by signal N.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "command.h"
#include "text.h"

static const struct subcommand {
    const char *name;
    char *full_name; /* in messages and --help */
    int (*main)(int argc, char **argv);
    const char *summary;
} subcommands[] = {
    {"grade", "ipclab grade", grade_main, "grade a submission"},
    {"watch", "ipclab watch", watch_main, "grade again on each save"},
    {"hint", "ipclab hint", hint_main, "one more hint"},
    {"debug", "ipclab debug", debug_main, "gdb on the run that failed"},
    {"reset", "ipclab reset", reset_main, "the skeleton again"},
    {"class", "ipclab class", class_main, "grade a whole class"},
    {"override", "ipclab override", override_main,
     "points by the instructor's word"},
    {"shard", "ipclab shard", shard_main, "one Slurm task of a class"},
    {"show", "ipclab show", show_main, "a run, drawn step by step"},
    {"status", "ipclab status", status_main, "the labs and where you stand"},
    {"doctor", "ipclab doctor", doctor_main, "what this machine can run"},
};

static void print_help(FILE *out)
{
    (void)fprintf(out, "usage: ipclab COMMAND [OPTION]...\n\n");
    for (size_t i = 0; i < LENGTH(subcommands); i++)
        (void)fprintf(out, "  %-8s %s\n", subcommands[i].name,
                      subcommands[i].summary);
    (void)fprintf(out, "\nipclab COMMAND --help has the options.\n");
}

int main(int argc, char **argv)
{
    /* Nothing that we were started with is for the programs that we run. */
    (void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    if (argc < 2) {
        (void)complain("no command given; see ipclab --help");
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return command_finish(0);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        (void)puts(command_version);
        return command_finish(0);
    }
    for (size_t i = 0; i < LENGTH(subcommands); i++)
        if (strcmp(argv[1], subcommands[i].name) == 0) {
            argv[1] = subcommands[i].full_name;
            return command_finish(subcommands[i].main(argc - 1, argv + 1));
        }
    (void)complain("%s: no such command; see ipclab --help", argv[1]);
    return EXIT_USAGE;
}
