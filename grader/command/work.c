// SPDX-License-Identifier: MIT
/* work.c - for the student at work: `ipclab watch`, `hint`, `reset`, `debug`.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "command.h"
#include "debug.h"
#include "hint.h"
#include "reset.h"
#include "text.h"
#include "watch.h"
#include "work.h"
#include "worker.h"

/* The words of a command line, of which there are at most MAX. */
struct words {
    const char *items[2];
    int count, max;
    bool again;
};

enum { OPTION_AGAIN = 0x100 };

static error_t parse_words(int key, char *word, struct argp_state *state)
{
    struct words *words = state->input;

    if (key == OPTION_AGAIN) {
        words->again = true;
        return 0;
    }
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    if (words->count == words->max) {
        (void)complain("%s: too many arguments; see %s --help", word,
                       state->name);
        exit(EXIT_USAGE);
    }
    words->items[words->count++] = word;
    return 0;
}

/* Find the kit; words[0], if there must be one, is one of its labs. */
static int find_lab(struct kit *kit, const struct words *words, const char *who)
{
    if (kit_init(kit) < 0)
        return EXIT_UNABLE;
    if (words->count > 0 && work_has_lab(kit, words->items[0]))
        return EXIT_DONE;
    if (words->count == 0) {
        char *labs = argv_join(&kit->labs);
        (void)complain("%s: which lab; name one, as in make %s LAB=%s; the "
                       "labs are: %s",
                       who, who, kit->labs.items[0], labs);
        free(labs);
    }
    kit_release(kit);
    return EXIT_USAGE;
}

int watch_main(int argc, char **argv)
{
    static const struct argp argp = {
        NULL,
        parse_words,
        "LAB",
        "Grade labs/LAB/LAB.c whenever you save it, and show what has changed."
        "\vCtrl-C ends it.  Exit status: 0 done, 2 usage, 3 cannot watch.",
        command_common,
        NULL,
        NULL};
    struct words words = {.max = 1};
    struct kit kit;

    command_parse(&argp, argc, argv, &words);
    int status = find_lab(&kit, &words, "watch");
    if (status != EXIT_DONE)
        return status;
    status =
        worker_prepare() < 0 ? EXIT_UNABLE : watch_lab(&kit, words.items[0]);
    kit_release(&kit);
    return status;
}

int hint_main(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"again", OPTION_AGAIN, NULL, 0, "Show the hints that you have", 0},
        {0},
    };
    static const struct argp argp = {
        options,
        parse_words,
        "[STEP|LAB]",
        "Give the next hint of a step, such as pipe.2; without one, of the "
        "step that you are at."
        "\vEach step has three hints, the weakest first.  Exit status: 0 done, "
        "2 usage, 3 could not do it.",
        command_common,
        NULL,
        NULL};
    struct words words = {.max = 1};
    struct report report;
    struct kit kit;

    command_parse(&argp, argc, argv, &words);
    if (kit_init(&kit) < 0)
        return EXIT_UNABLE;
    report_init(&report, stdout);
    int status = hint_give(&kit, words.items[0], words.again, &report);
    kit_release(&kit);
    return status;
}

int reset_main(int argc, char **argv)
{
    static const struct argp argp = {
        NULL,
        parse_words,
        "LAB",
        "Make labs/LAB/LAB.c the skeleton again.  Your file is kept beside it, "
        "as LAB.c.1, LAB.c.2 and so on."
        "\vExit status: 0 done, 2 usage, 3 could not do it.",
        command_common,
        NULL,
        NULL};
    struct words words = {.max = 1};
    struct kit kit;

    command_parse(&argp, argc, argv, &words);
    int status = find_lab(&kit, &words, "reset");
    if (status != EXIT_DONE)
        return status;
    status = reset_lab(&kit, words.items[0]);
    kit_release(&kit);
    return status;
}

int debug_main(int argc, char **argv)
{
    static const struct argp argp = {
        NULL,
        parse_words,
        "LAB TEST",
        "Open gdb on the launch of your program that fails TEST, with the same "
        "arguments and input."
        "\vIn gdb, `child`, `parent` and `both` say which process it follows "
        "at "
        "a fork.  Exit status: gdb's, or 2 usage, 3 could not do it.",
        command_common,
        NULL,
        NULL};
    struct words words = {.max = 2};
    struct report report;
    struct kit kit;

    command_parse(&argp, argc, argv, &words);
    int status = find_lab(&kit, &words, "debug");
    if (status != EXIT_DONE)
        return status;
    if (words.count < 2) {
        (void)complain("debug: which test; name it, as in make debug LAB=%s "
                       "TEST=NAME; make %s lists them",
                       words.items[0], words.items[0]);
        status = EXIT_USAGE;
    } else {
        report_init(&report, stdout);
        status = worker_prepare() < 0 ? EXIT_UNABLE
                                      : debug_test(&kit, words.items[0],
                                                   words.items[1], &report);
    }
    kit_release(&kit);
    return status;
}
