// SPDX-License-Identifier: MIT
/* command.c - what subcommands have in common; see command.h. */
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "sandbox.h"
#include "text.h"

const char command_version[] = "ipclab " KIT_VERSION;

/* A report that could not be written is no success. */
int command_finish(int status)
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
        exit(command_finish(0));
    case 'V':
        (void)puts(command_version);
        exit(command_finish(0));
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp common_argp = {
    common_options, parse_common, NULL, NULL, NULL, NULL, NULL};
const struct argp_child command_common[] = {{&common_argp, 0, NULL, 0}, {0}};

/* argp(3)'s own messages are two lines long, and cannot be made visible. */
void command_parse(const struct argp *argp, int argc, char **argv, void *input)
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

error_t command_parse_nothing(int key, char *word, struct argp_state *state)
{
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    (void)complain("%s: no argument is expected; see %s --help", word,
                   state->name);
    exit(EXIT_USAGE);
}

int command_number(const char *who, const char *option, const char *word,
                   long max)
{
    char *end;

    errno = 0;
    long value = strtol(word, &end, 10);
    if (errno == 0 && end != word && *end == '\0' && value > 0 && value <= max)
        return (int)value;
    (void)complain("--%s %s: not a number from 1 to %ld; see ipclab %s --help",
                   option, word, max, who);
    exit(EXIT_USAGE);
}

int command_level(const char *option, const char *word)
{
    int value = sandbox_level_from_name(word);

    if (value >= 0)
        return value;
    (void)complain("--%s %s: no such level; it is full or basic", option, word);
    exit(EXIT_USAGE);
}
