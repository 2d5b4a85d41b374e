// SPDX-License-Identifier: MIT
/* class.c - `ipclab class` and `ipclab override`: a whole class. */
#include "class.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "moment.h"
#include "text.h"
#include "worker.h"

#define OUT_DEFAULT "build/class"

/* ---- class --------------------------------------------------------------- */

enum {
    OPTION_REQUIRE = 0x100,
    OPTION_SANDBOX,
    OPTION_ATTEMPTS,
    OPTION_REGRADE,
    OPTION_EXTRA,
    OPTION_DUE,
    OPTION_SLURM,
};

static const struct argp_option class_options[] = {
    {"out", 'o', "DIR", 0,
     "Where the gradebook and the pages go (default: " OUT_DEFAULT ")", 0},
    {"roster", 'r', "FILE", 0, "CSV with the columns id, name, section; none",
     0},
    {"lab", 'l', "LAB", 0, "Grade only this lab; may be repeated", 0},
    {"attempts", OPTION_ATTEMPTS, "WHICH", 0,
     "The attempt that counts: last (at first), best or first", 0},
    {"due", OPTION_DUE, "TIME", 0,
     "Later attempts are marked late: 2026-11-30T23:59, local time; none", 0},
    {"regrade", OPTION_REGRADE, "LAB", 0,
     "Grade this lab again, whatever is known; may be repeated", 0},
    {"extra-tests", OPTION_EXTRA, "DIR", 0,
     "Your own tests, DIR/test_LAB.c, beside the lab's; none", 0},
    {"jobs", 'j', "N", 0, "Submissions at the same time (default: processors)",
     0},
    {"slurm", OPTION_SLURM, "TASKS", OPTION_ARG_OPTIONAL,
     "As a Slurm job array of so many tasks (default: 4)", 0},
    {"require-sandbox", OPTION_REQUIRE, "LEVEL", 0,
     "Refuse to grade in a weaker sandbox: full or basic", 0},
    {"sandbox", OPTION_SANDBOX, "LEVEL", 0,
     "Use this level rather than the best one", 0},
    {0},
};

static const char *not_empty(const char *option, const char *word)
{
    if (*word)
        return word;
    (void)complain("--%s: the name is empty", option);
    exit(EXIT_USAGE);
}

static const char *which_attempts(const char *word)
{
    static const char *const words[] = {"last", "best", "first"};

    for (size_t i = 0; i < LENGTH(words); i++)
        if (strcmp(words[i], word) == 0)
            return words[i];
    (void)complain("--attempts %s: it is last, best or first", word);
    exit(EXIT_USAGE);
}

/* WORD as seconds, in a buffer that lives on. */
static const char *when_due(const char *word)
{
    static char seconds[24];
    int64_t due = moment_parse(word);

    (void)snprintf(seconds, sizeof(seconds), "%lld", (long long)due);
    if (due || strcmp(word, "none") == 0)
        return due ? seconds : word;
    (void)complain("--due %s: no time; write it as in 2026-11-30T23:59", word);
    exit(EXIT_USAGE);
}

static error_t parse_class(int key, char *word, struct argp_state *state)
{
    struct class_options *options = state->input;

    switch (key) {
    case 'o':
        options->out = not_empty("out", word);
        return 0;
    case 'r':
        options->roster = word;
        return 0;
    case 'l':
        argv_add(&options->labs, word);
        return 0;
    case 'j':
        options->jobs = command_number("class", "jobs", word, 1024);
        return 0;
    case OPTION_ATTEMPTS:
        options->attempts = which_attempts(word);
        return 0;
    case OPTION_DUE:
        options->due = when_due(word);
        return 0;
    case OPTION_REGRADE:
        argv_add(&options->regrade, word);
        return 0;
    case OPTION_EXTRA:
        options->extra_tests = word;
        return 0;
    case OPTION_SLURM:
        options->tasks =
            word ? command_number("class", "slurm", word, 1000) : 4;
        return 0;
    case OPTION_REQUIRE:
        options->required = command_level("require-sandbox", word);
        return 0;
    case OPTION_SANDBOX:
        options->level = command_level("sandbox", word);
        return 0;
    case ARGP_KEY_ARG:
        if (options->submissions) {
            (void)complain("class %s: one place with submissions at a time; "
                           "see ipclab class --help",
                           word);
            exit(EXIT_USAGE);
        }
        options->submissions = word;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool are_labs(const struct kit *kit, const struct argv *labs)
{
    for (size_t i = 0; i < labs->count; i++)
        if (!kit_has_lab(kit, labs->items[i])) {
            (void)complain("%s: no such lab; ipclab status shows them",
                           labs->items[i]);
            return false;
        }
    return true;
}

int class_main(int argc, char **argv)
{
    static const struct argp argp = {
        class_options,
        parse_class,
        "SUBMISSIONS",
        "Grade what a class has handed in: a directory, an archive (of "
        "archives), or a list of git clones, `STUDENT DIRECTORY` on each line."
        "\vWhat is known already is not graded again.  Roster, due date and "
        "own tests stay as they are until others, or none, are given; which "
        "attempt counts stays until it is given.  "
        "Exit status: 0 graded, 2 usage, 3 could not grade, or not all.",
        command_common,
        NULL,
        NULL};
    struct class_options options = {
        .out = OUT_DEFAULT,
        .level = -1,
        .required = -1,
    };
    struct kit kit;

    command_parse(&argp, argc, argv, &options);
    if (options.submissions == NULL) {
        (void)complain("class: which submissions; name a directory or an "
                       "archive, or type make class for the sample class");
        return EXIT_USAGE;
    }
    if (kit_init(&kit) < 0)
        return EXIT_UNABLE;
    int status = EXIT_USAGE;
    if (are_labs(&kit, &options.labs) && are_labs(&kit, &options.regrade))
        status = worker_prepare() < 0 ? EXIT_UNABLE : class_run(&kit, &options);
    kit_release(&kit);
    argv_release(&options.labs);
    argv_release(&options.regrade);
    return status;
}

/* ---- override ------------------------------------------------------------ */

struct override_command {
    const char *words[4]; /* STUDENT LAB TEST POINTS */
    int count;
    const char *why, *out;
};

enum { OPTION_WHY = 0x200 };

static const struct argp_option override_options[] = {
    {"why", OPTION_WHY, "TEXT", 0, "The reason, for the student", 0},
    {"out", 'o', "DIR", 0, "Where the gradebook is (default: " OUT_DEFAULT ")",
     0},
    {0},
};

static error_t parse_override(int key, char *word, struct argp_state *state)
{
    struct override_command *command = state->input;

    switch (key) {
    case OPTION_WHY:
        command->why = word;
        return 0;
    case 'o':
        command->out = not_empty("out", word);
        return 0;
    case ARGP_KEY_ARG:
        if (command->count == 4) {
            (void)complain("override %s: STUDENT LAB TEST POINTS are enough; "
                           "see ipclab override --help",
                           word);
            exit(EXIT_USAGE);
        }
        command->words[command->count++] = word;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* "7.5" as 75; "none" as -1; ends the program if it is neither. */
static int parse_points(const char *word)
{
    char *end;
    double points = strtod(word, &end);

    if (strcmp(word, "none") == 0)
        return -1;
    if (end != word && *end == '\0' && points >= 0 && points <= 1000 &&
        fabs(points * 10 - round(points * 10)) < 1e-6)
        return (int)lround(points * 10);
    (void)complain("override %s: not points, as in 7.5, nor none", word);
    exit(EXIT_USAGE);
}

int override_main(int argc, char **argv)
{
    static const struct argp argp = {
        override_options,
        parse_override,
        "STUDENT LAB TEST POINTS",
        "Give a test other points than the machine did; POINTS none: take that "
        "back.  No regrade touches it."
        "\vExit status: 0 done, 2 usage, 3 could not do it.",
        command_common,
        NULL,
        NULL};
    struct override_command command = {.out = OUT_DEFAULT};
    struct kit kit;

    command_parse(&argp, argc, argv, &command);
    if (command.count < 4) {
        (void)complain("override: STUDENT LAB TEST POINTS are needed; see "
                       "ipclab override --help");
        return EXIT_USAGE;
    }
    int points = parse_points(command.words[3]);
    if (points >= 0 && (command.why == NULL || *command.why == '\0')) {
        (void)complain("override: --why is needed: the student will read it");
        return EXIT_USAGE;
    }
    if (kit_init(&kit) < 0)
        return EXIT_UNABLE;
    const struct class_override override = {
        .student = command.words[0],
        .lab = command.words[1],
        .test = command.words[2],
        .points = points,
        .why = command.why,
    };
    int status = worker_prepare() < 0
                     ? EXIT_UNABLE
                     : class_override(&kit, command.out, &override);
    kit_release(&kit);
    return status;
}
