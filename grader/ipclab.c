// SPDX-License-Identifier: MIT
/*
 * ipclab.c - the command: subcommands in a table, each handed to a room below.
 *
 *     ipclab grade LAB --submission DIR --json result.json
 *
 * Exit status: 0 graded, 2 usage, 3 could not grade, 128+N ended by signal N.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "doctor.h"
#include "grade.h"
#include "report.h"
#include "sandbox.h"
#include "status.h"
#include "text.h"
#include "worker.h"

enum { EXIT_GRADED = 0, EXIT_USAGE = 2, EXIT_UNABLE = 3 };

static const char version[] = "ipclab " KIT_VERSION;

/* A report that could not be written is no success. */
static int finish(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    (void)complain("standard output: %s", strerror(errno));
    return status == 0 ? EXIT_UNABLE : status;
}

/* ---- What all subcommands have ------------------------------------------- */

static const struct argp_option common_options[] = {
    {"help", 'h', NULL, 0, "Print this", -1},
    {"version", 'V', NULL, 0, "Print the version", -1},
    {0},
};

/* The index behind the word that could not be parsed. */
static int failed_at;

static error_t parse_common(int key, char *word, struct argp_state *state)
{
    (void)word;
    switch (key) {
    case ARGP_KEY_ERROR: /* argp_parse(3) itself does not tell where */
        failed_at = state->next;
        return 0;
    case 'h':
        argp_help(state->root_argp, stdout,
                  ARGP_HELP_USAGE | ARGP_HELP_PRE_DOC | ARGP_HELP_LONG |
                      ARGP_HELP_POST_DOC,
                  state->name);
        exit(finish(0));
    case 'V':
        (void)puts(version);
        exit(finish(0));
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp common_argp = {
    common_options, parse_common, NULL, NULL, NULL, NULL, NULL};
static const struct argp_child common[] = {{&common_argp, 0, NULL, 0}, {0}};

/* argp(3)'s own messages are two lines long, and cannot be made visible. */
static void parse(const struct argp *argp, int argc, char **argv, void *input)
{
    if (argp_parse(argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP, NULL,
                   input) == 0)
        return;
    int at = failed_at;
    /* getopt(3) has passed the option, but not a group like -vq. */
    if (at > 1 && argv[at - 1][0] == '-')
        at--;
    (void)complain("%s: not an option, or not a complete one; see %s --help",
                   argv[at < argc ? at : argc - 1], argv[0]);
    exit(EXIT_USAGE);
}

/* ---- grade --------------------------------------------------------------- */

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

/* The whole of WORD as a number from 1 to MAX; ends the program if not. */
static int number(const char *word, long max, const char *option)
{
    char *end;

    errno = 0;
    long value = strtol(word, &end, 10);
    if (errno == 0 && end != word && *end == '\0' && value > 0 && value <= max)
        return (int)value;
    (void)complain("--%s %s: not a number from 1 to %ld; see ipclab grade "
                   "--help",
                   option, word, max);
    exit(EXIT_USAGE);
}

static int level(const char *word, const char *option)
{
    int value = sandbox_level_from_name(word);

    if (value >= 0)
        return value;
    (void)complain("--%s %s: no such level; it is full or basic", option, word);
    exit(EXIT_USAGE);
}

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
        options->jobs = number(word, 1024, "jobs");
        return 0;
    case 't':
        argv_add(&command->tests, word);
        return 0;
    case OPTION_REQUIRE:
        options->required = level(word, "require-sandbox");
        return 0;
    case OPTION_SANDBOX:
        options->level = level(word, "sandbox");
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
    status = grade->complete ? EXIT_GRADED : EXIT_UNABLE;
    grade_free(grade);
    return status;
}

static int grade_labs(struct grade_command *command, const struct kit *kit)
{
    struct report report;
    struct texts texts = {0};
    bool silent = command->json && strcmp(command->json, "-") == 0;
    int worst = EXIT_GRADED;

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

static int grade_main(int argc, char **argv)
{
    static const struct argp argp = {
        grade_options,
        parse_grade,
        "[LAB]",
        "Grade a submission, or your own labs/LAB/LAB.c."
        "\vExit status: 0 graded, 2 usage, 3 could not grade, or not all.",
        common,
        NULL,
        NULL};
    struct grade_command command = {
        .options = {.jobs = (int)sysconf(_SC_NPROCESSORS_ONLN),
                    .level = -1,
                    .required = -1,
                    .memcheck = true}};
    struct kit kit;

    parse(&argp, argc, argv, &command);
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

/* ---- status, doctor ------------------------------------------------------ */

static error_t parse_nothing(int key, char *word, struct argp_state *state)
{
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    (void)complain("%s: no argument is expected; see %s --help", word,
                   state->name);
    exit(EXIT_USAGE);
}

static int status_main(int argc, char **argv)
{
    static const struct argp argp = {
        NULL,   parse_nothing,
        NULL,   "Show the labs, your score in each, and what to do next.",
        common, NULL,
        NULL};
    struct kit kit;
    struct report report;

    parse(&argp, argc, argv, NULL);
    if (kit_init(&kit) < 0)
        return EXIT_UNABLE;
    struct standings *standings = status_read(&kit);
    report_init(&report, stdout);
    report_standings(&report, standings);
    standings_free(standings);
    kit_release(&kit);
    return 0;
}

static int doctor_main(int argc, char **argv)
{
    static const struct argp argp = {
        NULL,
        parse_nothing,
        NULL,
        "Show what this machine can run, and what to change."
        "\vExit status: 0 if labs can be graded here, 3 if not.",
        common,
        NULL,
        NULL};
    struct kit kit;
    struct checks *checks;
    struct report report;

    parse(&argp, argc, argv, NULL);
    if (kit_init(&kit) < 0)
        return EXIT_UNABLE;
    int status =
        worker_prepare() < 0 ? EXIT_UNABLE : doctor_examine(&kit, &checks);
    if (status == 0) {
        report_init(&report, stdout);
        report_checks(&report, checks);
        status = doctor_can_grade(checks) ? 0 : EXIT_UNABLE;
        checks_free(checks);
    }
    kit_release(&kit);
    return status;
}

/* ---- The table ----------------------------------------------------------- */

static const struct subcommand {
    const char *name;
    char *full_name; /* in messages and --help */
    int (*main)(int argc, char **argv);
    const char *summary;
} subcommands[] = {
    {"grade", "ipclab grade", grade_main, "grade a submission"},
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
        return finish(0);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        (void)puts(version);
        return finish(0);
    }
    for (size_t i = 0; i < LENGTH(subcommands); i++)
        if (strcmp(argv[1], subcommands[i].name) == 0) {
            argv[1] = subcommands[i].full_name;
            return finish(subcommands[i].main(argc - 1, argv + 1));
        }
    (void)complain("%s: no such command; see ipclab --help", argv[1]);
    return EXIT_USAGE;
}
