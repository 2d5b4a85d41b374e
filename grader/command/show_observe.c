// SPDX-License-Identifier: MIT
/* show_observe.c - whose program `ipclab show` runs, and how; see show.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "command.h"
#include "observe.h"
#include "scenario.h"
#include "show.h"
#include "text.h"

#define SOURCE_MAX (1u << 20)

/* ---- Whose program ------------------------------------------------------ */

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

/* ---- Showing ------------------------------------------------------------ */

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

static int observe_right(struct show *show, const struct scenario *scenario,
                         struct observation *observation)
{
    struct whose whose;
    int status;

    if (!choose_program(show, &whose))
        return EXIT_UNABLE;
    char *right = whose.subject == the_solution
                      ? submission_file(show, "accepted", scenario->right)
                      : NULL;
    if (right) {
        status =
            observe_file(show, observation, right, "accepted", scenario->right);
    } else {
        observation->submission = whose.path;
        observation->subject = whose.subject;
        status = observe(show, observation);
    }
    free(right);
    free(whose.path);
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
    char *wrong = show->submission
                      ? NULL
                      : submission_file(show, "wrong", scenario->wrong);
    int status = EXIT_DONE;

    if (show->wrong && wrong == NULL) {
        status = EXIT_UNABLE;
        (void)complain("show --wrong: %s has no wrong program here",
                       scenario->name);
    }
    if (wrong)
        status =
            observe_file(show, &observation, wrong, "wrong", scenario->wrong);
    if (status == EXIT_DONE && !show->wrong)
        status = observe_right(show, scenario, &observation);
    free(wrong);
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

/* ---- What is asked for -------------------------------------------------- */

bool show_is_clear(const struct show *show)
{
    bool lab = show->lab, arguments = lab && show->command;
    const struct {
        bool given;
        const char *words;
    } refused[] = {
        {show->scenario && show->test, "a scenario or --test, not both"},
        {show->scenario && arguments, "a scenario or arguments, not both"},
        {show->test && arguments, "--test or arguments, not both"},
        {show->solution && show->submission,
         "--solution or --submission, not both"},
        {show->wrong && show->solution, "--wrong or --solution, not both"},
        {show->wrong && show->submission, "--wrong or --submission, not both"},
        {show->wrong && (show->test || arguments),
         "--wrong is for a scenario, not for a test or arguments"},
        {show->log && lab, "--log is for a command, not for a LAB"},
        {!lab &&
             (show->test || show->solution || show->wrong || show->submission),
         "--test, --solution, --wrong and --submission need a LAB"},
    };

    for (size_t i = 0; i < LENGTH(refused); i++)
        if (refused[i].given) {
            (void)complain("show%s%s: %s; see ipclab show --help",
                           lab ? " " : "", lab ? show->lab : "",
                           refused[i].words);
            return false;
        }
    return true;
}

int show_observe(struct show *show)
{
    return show->lab == NULL ? observe_any(show)
           : show->test      ? observe_test(show)
           : show->command   ? observe_arguments(show)
                             : find_and_observe(show);
}
