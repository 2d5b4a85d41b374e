// SPDX-License-Identifier: MIT
/* grade.c - `ipclab grade`: one lab, or all, of one submission. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "command.h"
#include "grade.h"
#include "report.h"
#include "status.h"
#include "text.h"
#include "worker.h"

enum { OPTION_NO_MEMCHECK = 0x100, OPTION_REQUIRE, OPTION_SANDBOX, OPTION_ALL };

struct grade_command {
    const char *lab; /* NULL: all */
    bool all, verbose;
    const char *json;
    struct argv tests;
    struct grade_options options;
};

static const struct argp_option grade_options[] = {
    {"submission", 's', "PATH", 0,
     "The file, or the directory that holds LAB.c or LAB/LAB.c "
     "(default: labs/LAB/LAB.c)",
     0},
    {"json", 'o', "FILE", 0, "Write the grade as JSON; -: to standard output",
     0},
    {"jobs", 'j', "N", 0, "Tests at the same time (default: processors)", 0},
    {"test", 't', "NAME", 0, "Only this test, in detail; may be repeated", 0},
    {"require-sandbox", OPTION_REQUIRE, "LEVEL", 0,
     "Refuse to grade in a weaker sandbox: full or basic", 0},
    {"sandbox", OPTION_SANDBOX, "LEVEL", 0,
     "Use this level rather than the best one", 0},
    {"no-memcheck", OPTION_NO_MEMCHECK, NULL, 0,
     "Leave cleanliness, and its points, out", 0},
    {"verbose", 'v', NULL, 0, "Show every launch of every test", 0},
    {"all", OPTION_ALL, NULL, 0, "Grade all labs (default without LAB)", 0},
    {0},
};

static error_t parse_grade(int key, char *word, struct argp_state *state)
{
    struct grade_command *command = state->input;
    struct grade_options *options = &command->options;

    switch (key) {
    case 's':
        options->submission = word;
        return 0;
    case 'o':
        command->json = word;
        return 0;
    case 'j':
        options->jobs = command_number("grade", "jobs", word, 1024);
        return 0;
    case 't':
        argv_add(&command->tests, word);
        return 0;
    case OPTION_REQUIRE:
        options->required = command_level("require-sandbox", word);
        return 0;
    case OPTION_SANDBOX:
        options->level = command_level("sandbox", word);
        return 0;
    case OPTION_NO_MEMCHECK:
        options->memcheck = false;
        return 0;
    case 'v':
        command->verbose = true;
        return 0;
    case OPTION_ALL:
        command->all = true;
        return 0;
    case ARGP_KEY_ARG:
        if (command->lab) {
            (void)complain("grade %s: one lab at a time; see ipclab grade "
                           "--help",
                           word);
            exit(EXIT_USAGE);
        }
        command->lab = word;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Whether what was asked for makes sense; complains if not. */
static bool is_possible(const struct grade_command *command,
                        const struct kit *kit)
{
    if (command->all && command->lab)
        (void)complain("grade --all %s: all labs or one; leave one out",
                       command->lab);
    else if (command->lab == NULL && command->tests.count > 0)
        (void)complain("--test %s: of which lab; name it, as in ipclab grade "
                       "LAB --test NAME",
                       command->tests.items[0]);
    else if (command->lab && !kit_has_lab(kit, command->lab))
        (void)complain("%s: no such lab; ipclab status shows them",
                       command->lab);
    else
        return true;
    return false;
}

/* The grades of this command as they go to the JSON file. */
struct texts {
    char *joined;
    size_t count;
};

static void texts_add(struct texts *texts, const struct grade *grade)
{
    char *text = grade_to_json(grade);
    char *joined = xformat("%s%s%s", texts->joined ? texts->joined : "",
                           texts->count ? ",\n" : "", text);

    free(text);
    free(texts->joined);
    texts->joined = joined;
    texts->count++;
}

/* One lab: an object; all labs: an array, even of one or none. */
static int texts_write(struct texts *texts, const struct grade_command *command)
{
    const char *body = texts->joined ? texts->joined : "";
    char *text = command->lab ? xstrdup(body) : xformat("[\n%s]\n", body);
    bool standard = strcmp(command->json, "-") == 0;
    int status = 0;

    /* Of a lab that could not be graded nothing is written. */
    if (standard)
        status = write_fully(STDOUT_FILENO, text, strlen(text));
    else if (*text)
        status = write_file(command->json, text, strlen(text), 0644);
    if (status < 0)
        (void)complain("%s: cannot write the grade: %s",
                       standard ? "standard output" : command->json,
                       strerror(errno));
    free(text);
    return status;
}

/* Grade LAB, report and keep the result; exit status. */
static int grade_lab(struct grade_command *command, const struct kit *kit,
                     const char *lab, const struct report *report,
                     struct texts *texts)
{
    struct grade *grade;

    command->options.lab = lab;
    int status = grade_submission(kit, &command->options, &grade);
    if (status != 0)
        return status;
    if (command->json)
        texts_add(texts, grade);
    if (report)
        report_grade(report, grade);
    if (grade->own && !grade->partial)
        (void)status_keep(kit, grade); /* it has said what is wrong */
    status = grade->complete ? EXIT_DONE : EXIT_UNABLE;
    grade_free(grade);
    return status;
}

static int grade_labs(struct grade_command *command, const struct kit *kit)
{
    struct report report;
    struct texts texts = {0};
    bool silent = command->json && strcmp(command->json, "-") == 0;
    int worst = EXIT_DONE;

    report_init(&report, stdout);
    report.verbose = command->verbose || command->tests.count > 0;
    for (size_t i = 0; i < kit->labs.count; i++) {
        const char *lab = kit->labs.items[i];
        if (command->lab && strcmp(command->lab, lab) != 0)
            continue;
        int status =
            grade_lab(command, kit, lab, silent ? NULL : &report, &texts);
        (void)fflush(stdout);
        if (status > worst)
            worst = status;
        if (status > 128) /* a signal: it is meant for all of them */
            break;
        if (!silent && !command->lab && i + 1 < kit->labs.count)
            (void)putchar('\n');
    }
    if (command->json && worst < 128 && texts_write(&texts, command) < 0)
        worst = EXIT_UNABLE;
    free(texts.joined);
    return worst;
}

int grade_main(int argc, char **argv)
{
    static const struct argp argp = {
        grade_options,
        parse_grade,
        "[LAB]",
        "Grade a submission, or your own labs/LAB/LAB.c."
        "\vExit status: 0 graded, 2 usage, 3 could not grade, or not all.",
        command_common,
        NULL,
        NULL};
    struct grade_command command = {
        .options = {.jobs = (int)sysconf(_SC_NPROCESSORS_ONLN),
                    .level = -1,
                    .required = -1,
                    .memcheck = true}};
    struct kit kit;

    command_parse(&argp, argc, argv, &command);
    command.options.tests = &command.tests;
    if (kit_init(&kit) < 0)
        return EXIT_UNABLE;
    int status = EXIT_USAGE;
    if (is_possible(&command, &kit))
        status =
            worker_prepare() < 0 ? EXIT_UNABLE : grade_labs(&command, &kit);
    kit_release(&kit);
    argv_release(&command.tests);
    return status;
}
