// SPDX-License-Identifier: MIT
/* shard.c - `ipclab shard`: what `ipclab class --slurm` runs on the nodes. */
#include <sched.h>
#include <stdlib.h>

#include "command.h"
#include "slurm.h"
#include "text.h"
#include "worker.h"

struct shard_command {
    const char *words[3]; /* DIRECTORY TASK TASKS */
    int count;
    struct shard shard;
};

enum { OPTION_SANDBOX = 0x100, OPTION_EXTRA };

static const struct argp_option shard_options[] = {
    {"sandbox", OPTION_SANDBOX, "LEVEL", 0, "The level to use", 0},
    {"extra-tests", OPTION_EXTRA, "DIR", 0,
     "Where the test programs are, as the one that asks has built them", 0},
    {"jobs", 'j', "N", 0,
     "Submissions at the same time (default: the task's processors)", 0},
    {0},
};

static error_t parse_shard(int key, char *word, struct argp_state *state)
{
    struct shard_command *command = state->input;

    switch (key) {
    case OPTION_SANDBOX:
        command->shard.level = command_level("sandbox", word);
        return 0;
    case OPTION_EXTRA:
        command->shard.extra_tests = word;
        return 0;
    case 'j':
        command->shard.jobs = command_number("shard", "jobs", word, 1024);
        return 0;
    case ARGP_KEY_ARG:
        if (command->count == 3) {
            (void)complain("shard %s: DIRECTORY TASK TASKS are enough", word);
            exit(EXIT_USAGE);
        }
        command->words[command->count++] = word;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The processors that Slurm lets this task run on. */
static int processors(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

/* WORD as a number from 0 to MAX; ends the program if it is not. */
static int task_number(const char *word, long max)
{
    char *end;
    long value = strtol(word, &end, 10);

    if (end != word && *end == '\0' && value >= 0 && value <= max)
        return (int)value;
    (void)complain("shard %s: not a number from 0 to %ld", word, max);
    exit(EXIT_USAGE);
}

int shard_main(int argc, char **argv)
{
    static const struct argp argp = {
        shard_options,
        parse_shard,
        "DIRECTORY TASK TASKS",
        "Grade every TASKS-th job of DIRECTORY, from TASK on, that has no "
        "result yet.  ipclab class --slurm submits this."
        "\vExit status: 0 done, 2 usage, 3 could not do it.",
        command_common,
        NULL,
        NULL};
    struct shard_command command = {
        .shard = {.level = -1, .jobs = processors()}};
    struct kit kit;

    command_parse(&argp, argc, argv, &command);
    if (command.count < 3) {
        (void)complain("shard: DIRECTORY TASK TASKS are needed; see ipclab "
                       "shard --help");
        return EXIT_USAGE;
    }
    command.shard.directory = command.words[0];
    command.shard.tasks = task_number(command.words[2], 100000);
    command.shard.task = task_number(command.words[1], command.shard.tasks - 1);
    if (kit_init(&kit) < 0)
        return EXIT_UNABLE;
    command.shard.kit = &kit;
    int status = worker_prepare() < 0 ? EXIT_UNABLE : shard_run(&command.shard);
    kit_release(&kit);
    return status;
}
