// SPDX-License-Identifier: MIT
/* show.c - `ipclab show`: a run, drawn. */
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "command.h"
#include "draw.h"
#include "draw_terminal.h"
#include "observe.h"
#include "report.h"
#include "scenario.h"
#include "text.h"
#include "worker.h"

#define SOURCE_MAX (1u << 20)

enum {
    OPTION_SOLUTION = 0x100,
    OPTION_HTML,
    OPTION_SVG,
    OPTION_JSON,
    OPTION_LOG,
    OPTION_ASCII
};

struct show {
    const char *lab, *scenario, *test, *submission;
    const char *html, *svg, *json, *log;
    bool solution, ascii;
    char **command; /* behind "--"; NULL: there is none */
    struct kit kit;
    json_t *recordings;
};

static const struct argp_option options[] = {
    {"test", 't', "NAME", 0, "Show the failing run of this test", 0},
    {"solution", OPTION_SOLUTION, NULL, 0, "Run our solution", 0},
    {"submission", 's', "PATH", 0,
     "Run this file, or the one in this directory (default: yours)", 0},
    {"html", OPTION_HTML, "FILE", 0, "Write a replay for a browser", 0},
    {"svg", OPTION_SVG, "FILE", 0, "Write a picture for slides", 0},
    {"json", OPTION_JSON, "FILE", 0,
     "Write the recording, see grader/show/MODEL.md", 0},
    {"log", OPTION_LOG, "FILE", 0, "Keep strace's log of a command", 0},
    {"ascii", OPTION_ASCII, NULL, 0, "Draw with ASCII characters only", 0},
    {0},
};

static error_t parse(int key, char *word, struct argp_state *state)
{
    struct show *show = state->input;

    switch (key) {
    case 't':
        show->test = word;
        return 0;
    case OPTION_SOLUTION:
        show->solution = true;
        return 0;
    case 's':
        show->submission = word;
        return 0;
    case OPTION_HTML:
        show->html = word;
        return 0;
    case OPTION_SVG:
        show->svg = word;
        return 0;
    case OPTION_JSON:
        show->json = word;
        return 0;
    case OPTION_LOG:
        show->log = word;
        return 0;
    case OPTION_ASCII:
        show->ascii = true;
        return 0;
    case ARGP_KEY_ARG:
        if (show->scenario) {
            (void)complain("show %s: one scenario at a time; see ipclab show "
                           "--help",
                           word);
            exit(EXIT_USAGE);
        }
        if (show->lab)
            show->scenario = word;
        else
            show->lab = word;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- What is there
 * ----------------------------------------------------------- */

static int list_lab(const struct report *report, const struct kit *kit,
                    const char *lab)
{
    struct scenarios scenarios;

    if (scenarios_read(&scenarios, kit, lab) < 0)
        return EXIT_UNABLE;
    for (size_t i = 0; i < scenarios.count; i++) {
        const struct scenario *scenario = &scenarios.items[i];
        (void)fprintf(report->out, "  %-11s %-14s %s\n", lab, scenario->name,
                      scenario->title);
    }
    scenarios_release(&scenarios);
    return EXIT_DONE;
}

static int list_scenarios(const struct show *show)
{
    struct report report;
    int status = EXIT_DONE;

    report_init(&report, stdout);
    for (size_t i = 0; status == EXIT_DONE && i < show->kit.labs.count; i++)
        if (show->lab == NULL ||
            strcmp(show->lab, show->kit.labs.items[i]) == 0)
            status = list_lab(&report, &show->kit, show->kit.labs.items[i]);
    (void)printf("\nShow one with make demo LAB=pipe SCENARIO=eof, and write "
                 "its replay\nwith HTML=FILE.\n");
    return status;
}

/* ---- Whose program
 * ------------------------------------------------------------- */

/* Whether the student has not begun: the file is the skeleton. */
static bool is_untouched(const struct show *show)
{
    char *path = kit_path(&show->kit, "labs/%s/%s.c", show->lab, show->lab);
    char *skeleton = kit_path(&show->kit, "labs/%s/skeleton.c", show->lab);
    char *text = read_file(AT_FDCWD, path, SOURCE_MAX, NULL);
    char *given = read_file(AT_FDCWD, skeleton, SOURCE_MAX, NULL);
    bool untouched = text && given && strcmp(text, given) == 0;

    free(given);
    free(text);
    free(skeleton);
    free(path);
    return untouched;
}

static const char the_solution[] = "the solution";

struct whose {
    char *path;          /* NULL: the student's own */
    const char *subject; /* for the reader */
};

/* The program that is shown as the right one; false after a message. */
static bool choose_program(const struct show *show, struct whose *whose)
{
    char *solution =
        kit_path(&show->kit, "solutions/%s/%s.c", show->lab, show->lab);
    bool have = access(solution, R_OK) == 0;

    *whose = (struct whose){0};
    if (show->submission) {
        *whose = (struct whose){xstrdup(show->submission), show->submission};
    } else if (show->solution && !have) {
        (void)complain("%s: %s; this kit has no solutions", solution,
                       strerror(errno));
        free(solution);
        return false;
    } else if (show->solution || (have && !show->test && is_untouched(show))) {
        *whose = (struct whose){xstrdup(solution), the_solution};
    } else {
        whose->subject = "your program";
    }
    free(solution);
    return true;
}

/* ---- Showing
 * ----------------------------------------------------------------------- */

static int observe(struct show *show, const struct observation *observation)
{
    json_t *recording = NULL;
    int status = observe_lab(&show->kit, observation, &recording);

    if (status == EXIT_DONE)
        (void)json_array_append_new(show->recordings, recording);
    return status;
}

/* The file called NAME of the lab's submissions of KIND, to be freed; NULL:
 * there is none, as in a student's kit. */
static char *submission_file(const struct show *show, const char *kind,
                             const char *name)
{
    char *path = name ? kit_path(&show->kit, "tests/submissions/%s/%s/%s.c",
                                 show->lab, kind, name)
                      : NULL;

    if (path && access(path, R_OK) < 0) {
        free(path);
        path = NULL;
    }
    return path;
}

static int observe_file(struct show *show, struct observation *observation,
                        const char *path, const char *kind, const char *name)
{
    char *subject = xformat("%s: %s", kind, name);

    observation->submission = path;
    observation->subject = subject;
    int status = observe(show, observation);
    free(subject);
    return status;
}

/* A scenario: with the wrong program, if there is one, and then the right. */
static int observe_scenario(struct show *show, const struct scenario *scenario)
{
    struct observation observation = {
        .lab = show->lab,
        .scene = scenario->run,
        .title = scenario->title,
        .ask = scenario->ask,
    };
    struct whose whose;
    int status = EXIT_DONE;

    if (!choose_program(show, &whose))
        return EXIT_UNABLE;
    char *wrong = show->submission
                      ? NULL
                      : submission_file(show, "wrong", scenario->wrong);
    char *right = whose.subject == the_solution
                      ? submission_file(show, "accepted", scenario->right)
                      : NULL;
    if (wrong)
        status =
            observe_file(show, &observation, wrong, "wrong", scenario->wrong);
    if (status == EXIT_DONE && right) {
        status = observe_file(show, &observation, right, "accepted",
                              scenario->right);
    } else if (status == EXIT_DONE) {
        observation.submission = whose.path;
        observation.subject = whose.subject;
        status = observe(show, &observation);
    }
    free(right);
    free(wrong);
    free(whose.path);
    return status;
}

/* The first one, or the one asked for. */
static int find_and_observe(struct show *show)
{
    struct scenarios scenarios;

    if (scenarios_read(&scenarios, &show->kit, show->lab) < 0)
        return EXIT_UNABLE;
    const struct scenario *scenario =
        show->scenario        ? scenarios_find(&scenarios, show->scenario)
        : scenarios.count > 0 ? &scenarios.items[0]
                              : NULL;
    int status = EXIT_USAGE;
    if (scenario)
        status = observe_scenario(show, scenario);
    else if (show->scenario)
        (void)complain("show %s %s: no such scenario; ipclab show lists them",
                       show->lab, show->scenario);
    else
        (void)complain("show %s: it has no scenarios; name a command, as in "
                       "ipclab show %s -- ARGUMENTS",
                       show->lab, show->lab);
    scenarios_release(&scenarios);
    return status;
}

/* The lab's program with the arguments behind "--". */
static int observe_arguments(struct show *show)
{
    struct whose whose;
    char *line = xformat("./%s", show->lab);

    if (!choose_program(show, &whose))
        return EXIT_UNABLE;
    for (char **word = show->command; *word; word++) {
        char *quoted = text_shell_word(*word);
        char *longer = xformat("%s %s", line, quoted);
        free(quoted);
        free(line);
        line = longer;
    }
    const struct observation observation = {
        .lab = show->lab,
        .scene = line,
        .submission = whose.path,
        .subject = whose.subject,
    };
    int status = observe(show, &observation);
    free(whose.path);
    free(line);
    return status;
}

static int observe_test(struct show *show)
{
    struct whose whose;

    if (!choose_program(show, &whose))
        return EXIT_UNABLE;
    const struct observation observation = {
        .lab = show->lab,
        .test = show->test,
        .submission = whose.path,
        .subject = whose.subject,
        .title = show->test,
    };
    int status = observe(show, &observation);
    free(whose.path);
    return status;
}

static int observe_any(struct show *show)
{
    json_t *recording = NULL;
    int status =
        observe_command(&show->kit, show->command, show->log, &recording);

    if (status == EXIT_DONE)
        (void)json_array_append_new(show->recordings, recording);
    return status;
}

/* ---- Drawing
 * ------------------------------------------------------------------------- */

/* The last of the recordings: the right one of two. */
static const json_t *last(const struct show *show)
{
    return json_array_get(show->recordings,
                          json_array_size(show->recordings) - 1);
}

static void draw_here(const struct show *show)
{
    struct report report;
    json_t *recording;
    size_t i;
    /* The locale of the terminal, for this question alone. */
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    bool utf8 = locale && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;

    if (locale)
        freelocale(locale);
    report_init(&report, stdout);
    json_array_foreach(show->recordings, i, recording)
    {
        if (i > 0)
            (void)fputs("\n\n", stdout);
        draw_terminal(&report, recording, show->ascii || !utf8, i == 0);
    }
}

static int draw(const struct show *show)
{
    int status = EXIT_DONE;

    if (show->json &&
        json_dump_file(show->recordings, show->json, JSON_INDENT(1)) < 0) {
        (void)complain("%s: %s", show->json, strerror(errno));
        status = EXIT_UNABLE;
    }
    if (show->html && draw_html(&show->kit, show->recordings, show->html) < 0)
        status = EXIT_UNABLE;
    if (show->svg && draw_svg(&show->kit, last(show), show->svg) < 0)
        status = EXIT_UNABLE;
    if (!show->html && !show->svg && !show->json)
        draw_here(show);
    return status;
}

static int observe_what_is_asked(struct show *show)
{
    return show->lab == NULL ? observe_any(show)
           : show->test      ? observe_test(show)
           : show->command   ? observe_arguments(show)
                             : find_and_observe(show);
}

static int run(struct show *show)
{
    if (show->lab && !kit_has_lab(&show->kit, show->lab)) {
        (void)complain("%s: no such lab; ipclab status shows them", show->lab);
        return EXIT_USAGE;
    }
    if (show->command && show->command[0] == NULL && show->lab == NULL) {
        (void)complain("show --: no command given; see ipclab show --help");
        return EXIT_USAGE;
    }
    if (show->lab == NULL && show->command == NULL)
        return list_scenarios(show);
    if (worker_prepare() < 0)
        return EXIT_UNABLE;
    show->recordings = json_array();
    int status = observe_what_is_asked(show);
    if (status == EXIT_DONE)
        status = draw(show);
    json_decref(show->recordings);
    return status;
}

int show_main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        parse,
        "[LAB [SCENARIO]] [-- ARGUMENTS OR COMMAND]",
        "Run a program and draw what its processes did.\n\n"
        "ipclab show                       the scenarios of all labs\n"
        "ipclab show pipe eof              one of them\n"
        "ipclab show pipe -- filter cat    your program, with these arguments\n"
        "ipclab show -- sh -c 'yes | head -1'   any command, run here and now"
        "\vExit status: 0 shown, 2 usage, 3 could not be shown.",
        command_common,
        NULL,
        NULL};
    struct show show = {0};
    int words = 1;

    while (words < argc && strcmp(argv[words], "--") != 0)
        words++;
    if (words < argc)
        show.command = argv + words + 1;
    command_parse(&argp, words, argv, &show);
    if (kit_init(&show.kit) < 0)
        return EXIT_UNABLE;
    int status = run(&show);
    kit_release(&show.kit);
    return status;
}
