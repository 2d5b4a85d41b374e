// SPDX-License-Identifier: MIT
/*
 * test_scenarios.c - does every demonstration of every lab show what it is for?
 *
 * The scenarios are those of labs/LAB/demo.yaml, as `make demo` plays them with
 * our solutions; what is expected stands there, too.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab.h"
#include "scenario.h"
#include "system.h"

#define TITLE_MAX 60  /* columns */
#define STEPS_MAX 100 /* more is no picture for a lecture hall */

/* A scenario that is being played. */
struct play {
    const char *lab;
    const struct scenario *scenario;
    pid_t pid; /* 0: not yet, or no longer */
};

static char *recording_of(const struct play *play)
{
    return xformat("%s/%s.%s.json", scratch(), play->lab, play->scenario->name);
}

static void start(struct play *play)
{
    char *json = recording_of(play);
    const char *const words[] = {"show",       play->lab, play->scenario->name,
                                 "--solution", "--json",  json,
                                 NULL};

    play->pid = ipclab_start(words);
    free(json);
}

/* ---- What a recording says ------------------------------------------------
 */

static bool says(const json_t *list, const char *key, const char *words)
{
    json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        const char *text = json_string_value(json_object_get(item, key));
        if (text && strstr(text, words))
            return true;
    }
    return false;
}

static bool advises(const json_t *recording, const char *words)
{
    json_t *wait;
    size_t i;

    json_array_foreach(json_object_get(recording, "waits"), i, wait)
    {
        if (says(json_object_get(wait, "holders"), "close", words))
            return true;
    }
    return false;
}

static bool shows(const json_t *recording, const char *words)
{
    const json_t *steps = json_object_get(recording, "steps");

    return says(steps, "text", words) || says(steps, "data", words) ||
           says(json_object_get(recording, "waits"), "text", words) ||
           advises(recording, words);
}

/* ---- One scenario ---------------------------------------------------------
 */

static void expect_picture(const struct play *play, const json_t *recording)
{
    size_t steps = json_array_size(json_object_get(recording, "steps"));

    cr_expect(steps > 1 && steps <= STEPS_MAX, "%s %s: %zu steps", play->lab,
              play->scenario->name, steps);
    cr_expect_eq(json_integer_value(json_object_get(recording, "missing")), 0);
    cr_expect_eq(json_array_size(json_object_get(recording, "ask")), 3,
                 "%s %s: three sentences", play->lab, play->scenario->name);
    cr_expect(strlen(play->scenario->title) <= TITLE_MAX, "%s %s: title",
              play->lab, play->scenario->name);
}

/* Whether the pictures differ in more than their steps: how the runs ended, and
 * what they wrote. */
static bool differ(const json_t *wrong, const json_t *right)
{
    static const char *const members[] = {"hung", "end", "output"};

    for (size_t i = 0; i < LENGTH(members); i++)
        if (!json_equal(json_object_get(wrong, members[i]),
                        json_object_get(right, members[i])))
            return true;
    return false;
}

static void expect_point(const struct play *play, const json_t *recordings)
{
    const struct scenario *scenario = play->scenario;
    const json_t *first = json_array_get(recordings, 0);
    const json_t *right =
        json_array_get(recordings, json_array_size(recordings) - 1);

    cr_expect(json_is_false(json_object_get(right, "hung")),
              "%s %s: the right one ends", play->lab, scenario->name);
    cr_expect(scenario->shows == NULL || shows(first, scenario->shows),
              "%s %s: does not show: %s", play->lab, scenario->name,
              scenario->shows);
    cr_expect(scenario->shows == NULL || scenario->wrong == NULL ||
                  !shows(right, scenario->shows),
              "%s %s: the right one shows, too: %s", play->lab, scenario->name,
              scenario->shows);
    cr_expect(scenario->wrong == NULL || scenario->shows ||
                  differ(first, right),
              "%s %s: the wrong program does as the right one; add what only "
              "it shows",
              play->lab, scenario->name);
}

static void finish(struct play *play)
{
    char *json = recording_of(play);
    struct outcome outcome = ipclab_wait(play->pid);
    json_t *recordings = json_load_file(json, 0, NULL), *recording;
    size_t i;

    play->pid = 0;
    cr_assert(outcome.status == 0 && recordings,
              "%s %s: status %d; see build/ipclab show", play->lab,
              play->scenario->name, outcome.status);
    cr_expect_eq(json_array_size(recordings), play->scenario->wrong ? 2 : 1,
                 "%s %s: a picture is missing", play->lab,
                 play->scenario->name);
    json_array_foreach(recordings, i, recording)
    {
        expect_picture(play, recording);
    }
    expect_point(play, recordings);
    json_decref(recordings);
    free(outcome.output);
    free(outcome.errors);
    free(json);
}

/* ---- All of them, some at the same time -----------------------------------
 */

static void expect_lab(const struct kit *kit, const char *lab)
{
    struct play playing[3] = {{0}};
    struct scenarios scenarios;
    size_t next = 0;

    cr_assert(scenarios_read(&scenarios, kit, lab) == 0);
    for (size_t i = 0; i < scenarios.count; i++, next++) {
        struct play *play = &playing[next % LENGTH(playing)];
        if (play->pid > 0)
            finish(play);
        *play = (struct play){lab, &scenarios.items[i], 0};
        start(play);
    }
    for (size_t i = 0; i < LENGTH(playing); i++, next++)
        if (playing[next % LENGTH(playing)].pid > 0)
            finish(&playing[next % LENGTH(playing)]);
    scenarios_release(&scenarios);
}

Test(scenarios, each_shows_what_it_is_for)
{
    struct kit kit;
    char *here = getcwd(NULL, 0);

    /* The kit is looked for from where its command is, and this is another. */
    cr_assert(here && setenv("IPCLAB_ROOT", here, 1) == 0);
    free(here);
    cr_assert(kit_init(&kit) == 0);
    for (size_t i = 0; i < kit.labs.count; i++)
        expect_lab(&kit, kit.labs.items[i]);
    kit_release(&kit);
    expect_clean_machine();
}
