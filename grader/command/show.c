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
#include "report.h"
#include "scenario.h"
#include "show.h"
#include "text.h"
#include "worker.h"

enum {
    OPTION_SOLUTION = 0x100,
    OPTION_WRONG,
    OPTION_HTML,
    OPTION_SVG,
    OPTION_JSON,
    OPTION_LOG,
    OPTION_ASCII
};

static const struct argp_option options[] = {
    {"test", 't', "NAME", 0, "Show the failing run of this test", 0},
    {"solution", OPTION_SOLUTION, NULL, 0, "Run our solution", 0},
    {"wrong", OPTION_WRONG, NULL, 0,
     "Run only the wrong program that the scenario is about", 0},
    {"submission", 's', "PATH", 0,
     "Run this file, or the one in this directory (default: yours)", 0},
    {"html", OPTION_HTML, "FILE", 0, "Write a replay for a browser", 0},
    {"svg", OPTION_SVG, "FILE", 0,
     "Write a picture for slides; of two runs the right one (--wrong: the "
     "other)",
     0},
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
    case OPTION_WRONG:
        show->wrong = true;
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

/* ---- What is there ------------------------------------------------------ */

/* *COUNT goes up by as many as are listed. */
static int list_lab(const struct kit *kit, const char *lab, size_t *count)
{
    struct scenarios scenarios;

    if (scenarios_read(&scenarios, kit, lab) < 0)
        return EXIT_UNABLE;
    for (size_t i = 0; i < scenarios.count; i++)
        (void)printf("  %-11s %-14s %s\n", lab, scenarios.items[i].name,
                     scenarios.items[i].title);
    *count += scenarios.count;
    scenarios_release(&scenarios);
    return EXIT_DONE;
}

static int list_scenarios(const struct show *show)
{
    int status = EXIT_DONE;
    size_t count = 0;

    for (size_t i = 0; status == EXIT_DONE && i < show->kit.labs.count; i++)
        status = list_lab(&show->kit, show->kit.labs.items[i], &count);
    if (status == EXIT_DONE && count > 0)
        (void)printf(
            "\nShow one with make demo LAB=pipe SCENARIO=eof, and write "
            "its replay\nwith HTML=FILE.\n");
    else if (status == EXIT_DONE)
        (void)printf("This kit has no demonstrations; show your program with "
                     "arguments of yours:\nbuild/ipclab show pipe -- filter "
                     "cat\n");
    return status;
}

/* ---- Drawing ------------------------------------------------------------ */

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

static int run(struct show *show)
{
    if (!show_is_clear(show))
        return EXIT_USAGE;
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
    /* While a command runs here and now, signals are not the worker's. */
    if (show->lab && worker_prepare() < 0)
        return EXIT_UNABLE;
    show->recordings = json_array();
    int status = show_observe(show);
    if (status == EXIT_DONE && show->lab == NULL && worker_prepare() < 0)
        status = EXIT_UNABLE;
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
