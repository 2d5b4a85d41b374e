// SPDX-License-Identifier: MIT
/* hint.c - hints, one at a time; see hint.h. */
#include "hint.h"

#include <cmark-gfm.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "layout.h"
#include "status.h"
#include "text.h"
#include "work.h"

#define HINTS_MAX (1024 * 1024)

/* ---- Reading ------------------------------------------------------------- */

/* What is put in place of NODE, when it begins or ends, for a reader of plain
 * text: code and emphasis keep the marks that everybody knows. */
static void put_node(FILE *out, cmark_node *node, cmark_event_type event)
{
    cmark_node_type type = cmark_node_get_type(node);

    if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE_BLOCK)
        (void)fputs(cmark_node_get_literal(node), out);
    else if (type == CMARK_NODE_CODE)
        (void)fprintf(out, "`%s`", cmark_node_get_literal(node));
    else if (type == CMARK_NODE_EMPH || type == CMARK_NODE_STRONG)
        (void)fputc('*', out);
    else if (type == CMARK_NODE_SOFTBREAK)
        (void)fputc(' ', out);
    else if (type == CMARK_NODE_LINEBREAK ||
             (type == CMARK_NODE_PARAGRAPH && event == CMARK_EVENT_EXIT))
        (void)fputc('\n', out);
}

/* What NODE holds, as text; to be freed. */
static char *node_text(cmark_node *node)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cmark_iter *iter = cmark_iter_new(node);
    cmark_event_type event;

    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE)
        put_node(out, cmark_iter_get_node(iter), event);
    cmark_iter_free(iter);
    (void)fclose(out);
    return text;
}

static void add_items(struct hint_step *step, cmark_node *list)
{
    for (cmark_node *item = cmark_node_first_child(list); item;
         item = cmark_node_next(item)) {
        char *text = node_text(item);
        argv_add(&step->hints, text);
        free(text);
    }
}

void hints_parse(struct hints *hints, const char *text)
{
    cmark_node *document =
        cmark_parse_document(text, strlen(text), CMARK_OPT_DEFAULT);
    struct hint_step *step = NULL;

    *hints = (struct hints){0};
    for (cmark_node *node = cmark_node_first_child(document); node;
         node = cmark_node_next(node)) {
        if (cmark_node_get_type(node) == CMARK_NODE_HEADING) {
            step = grow(&hints->steps, &hints->step_count, sizeof(*step));
            step->step = node_text(node);
        } else if (step &&
                   cmark_node_get_list_type(node) == CMARK_ORDERED_LIST) {
            add_items(step, node);
        }
    }
    cmark_node_free(document);
}

void hints_release(struct hints *hints)
{
    for (size_t i = 0; i < hints->step_count; i++) {
        free(hints->steps[i].step);
        argv_release(&hints->steps[i].hints);
    }
    free(hints->steps);
    *hints = (struct hints){0};
}

const struct hint_step *hints_find(const struct hints *hints, const char *name)
{
    for (size_t i = 0; i < hints->step_count; i++)
        if (strcmp(hints->steps[i].step, name) == 0)
            return &hints->steps[i];
    return NULL;
}

/* 0, or -1 after a message. */
static int hints_read(struct hints *hints, const struct kit *kit,
                      const char *lab)
{
    char *path = kit_path(kit, "labs/%s/hints.md", lab);
    char *text = read_file(AT_FDCWD, path, HINTS_MAX, NULL);
    int status = 0;

    *hints = (struct hints){0};
    if (text)
        hints_parse(hints, text);
    if (hints->step_count == 0)
        status = complain("%s: %s; take it from the kit again", path,
                          text ? "no hints" : strerror(errno));
    free(text);
    free(path);
    return status;
}

/* ---- What was given ------------------------------------------------------ */

static char *memory_path(const struct kit *kit, const char *lab)
{
    return kit_path(kit, "build/results/%s.hints.json", lab);
}

/* Step names and how many hints of each were given; to be dropped. */
static json_t *memory_read(const struct kit *kit, const char *lab)
{
    char *path = memory_path(kit, lab);
    json_t *memory = json_load_file(path, 0, NULL);

    free(path);
    if (json_is_object(memory))
        return memory;
    json_decref(memory); /* none yet, or one that nobody can read */
    return json_object();
}

static int memory_write(const struct kit *kit, const char *lab, json_t *memory)
{
    char *directory = kit_path(kit, "build/results");
    char *path = memory_path(kit, lab);
    char *text = json_dumps(memory, JSON_INDENT(2));
    int status = mkdir(directory, 0777);

    if (status == 0 || errno == EEXIST)
        status = write_file(path, text, strlen(text), 0644);
    if (status < 0)
        (void)complain("%s: %s; it is not remembered which hints you have",
                       path, strerror(errno));
    free(text);
    free(path);
    free(directory);
    return status;
}

int hints_given(const struct kit *kit, const char *lab)
{
    json_t *memory = memory_read(kit, lab), *count;
    const char *step;
    int given = 0;

    json_object_foreach(memory, step, count)
    {
        given += (int)json_integer_value(count);
    }
    json_decref(memory);
    return given;
}

void hints_fill(const struct kit *kit, struct standings *standings)
{
    for (size_t i = 0; i < standings->lab_count; i++)
        standings->labs[i].hints = hints_given(kit, standings->labs[i].lab);
}

/* ---- Which step ---------------------------------------------------------- */

/* Complain about WHAT, and name the steps of LAB. */
static void name_steps(const struct hints *hints, const char *lab,
                       const char *what, const char *why)
{
    struct argv names = {0};

    for (size_t i = 0; i < hints->step_count; i++)
        argv_add(&names, hints->steps[i].step);
    char *list = argv_join(&names);
    (void)complain("%s: %s; the steps of %s are: %s", what, why, lab, list);
    free(list);
    argv_release(&names);
}

/* The step of LAB to work on next: of the first test that has something left to
 * earn, or the first; NULL after a message. */
static const struct hint_step *next_step(const struct kit *kit, const char *lab,
                                         const struct hints *hints)
{
    struct grade *grade = status_last(kit, lab);
    const struct grade_test *next = grade ? grade_next(grade) : NULL;
    const struct hint_step *step = NULL;

    if (grade == NULL)
        step = &hints->steps[0];
    else if (next)
        step = hints_find(hints, next->hint ? next->hint : "");
    if (step == NULL)
        name_steps(hints, lab, lab, "no test has failed; name a step");
    grade_free(grade);
    return step;
}

/* The one lab in progress, to be freed; NULL after a message. */
static char *lab_in_progress(const struct kit *kit)
{
    struct standings *standings = status_read(kit);
    struct argv begun = {0};
    char *lab = NULL;

    hints_fill(kit, standings);
    for (size_t i = 0; i < standings->lab_count; i++)
        if (standing_is_begun(&standings->labs[i]) &&
            !standing_is_done(&standings->labs[i]))
            argv_add(&begun, standings->labs[i].lab);
    standings_free(standings);
    if (begun.count == 1) {
        lab = xstrdup(begun.items[0]);
    } else {
        char *list = argv_join(begun.count ? &begun : &kit->labs);
        (void)complain("which lab: %s; name one, as in make hint LAB=%s", list,
                       begun.count ? begun.items[0] : kit->labs.items[0]);
        free(list);
    }
    argv_release(&begun);
    return lab;
}

/* The lab that WHAT, a lab or "LAB.N", is of; to be freed.  NULL after a
 * message. */
static char *lab_of(const struct kit *kit, const char *what)
{
    if (what == NULL)
        return lab_in_progress(kit);
    const char *dot = strrchr(what, '.');
    char *lab = xstrndup(what, dot ? (size_t)(dot - what) : strlen(what));

    if (work_has_lab(kit, lab))
        return lab;
    free(lab);
    return NULL;
}

/* ---- Giving -------------------------------------------------------------- */

static void show_hint(const struct report *report, const struct hint_step *step,
                      size_t number)
{
    char *title = xformat("%s, hint %zu of %zu", step->step, number + 1,
                          step->hints.count);
    char *text = step->hints.items[number], *rest = text;

    layout_cell(report, BOLD, title, 0);
    (void)fputs("\n\n", report->out);
    while (*rest) {
        char *line = xstrndup(rest, strcspn(rest, "\n"));
        layout_block(report, 2, NULL, line);
        rest += strcspn(rest, "\n");
        rest += *rest == '\n';
        if (*rest)
            (void)fputc('\n', report->out);
        free(line);
    }
    (void)fputc('\n', report->out);
    free(title);
}

/* What there is to do after GIVEN hints of STEP. */
static void show_next(const struct kit *kit, const struct report *report,
                      const char *lab, const struct hint_step *step,
                      size_t given)
{
    char *command = work_make(kit, "hint STEP=%s", step->step);
    char *text;

    if (given < step->hints.count)
        text = xformat("try that; if you are stuck again, `%s` has a stronger "
                       "one",
                       command);
    else
        text = xformat("that was the last one. Read handouts/%s.md at %s, and "
                       "the manual pages that the second hint names; or take "
                       "your file and the report of a failed test to your "
                       "teacher",
                       lab, step->step);
    layout_block(report, 2, "next:", text);
    free(text);
    free(command);
}

/* Show the hints of STEP from number FROM up to GIVEN; the exit status. */
static int show(const struct kit *kit, const char *lab,
                const struct hint_step *step, size_t from, size_t given,
                const struct report *report)
{
    char *command = work_make(kit, "hint STEP=%s", step->step);
    int status = WORK_DONE;

    for (size_t i = from; i < given; i++)
        show_hint(report, step, i);
    if (given == 0) {
        (void)complain("%s: no hint was given yet; %s gives the first",
                       step->step, command);
        status = WORK_USAGE;
    } else if (from == step->hints.count) {
        char *line = xformat("You have all %zu hints of %s; `%s AGAIN=yes` "
                             "shows them.",
                             from, step->step, command);
        layout_block(report, 2, NULL, line);
        free(line);
    }
    if (given > 0)
        show_next(kit, report, lab, step, given);
    free(command);
    return status;
}

static int give(const struct kit *kit, const char *lab,
                const struct hint_step *step, bool again,
                const struct report *report)
{
    json_t *memory = memory_read(kit, lab);
    json_int_t known = json_integer_value(json_object_get(memory, step->step));
    size_t count = step->hints.count, old = known > 0 ? (size_t)known : 0;
    size_t from = old < count ? old : count, given = from;

    if (again) {
        from = 0;
    } else if (given < count) {
        given++;
        (void)json_object_set_new(memory, step->step,
                                  json_integer((json_int_t)given));
        (void)memory_write(kit, lab, memory); /* at worst it comes twice */
    }
    json_decref(memory);
    return show(kit, lab, step, from, given, report);
}

int hint_give(const struct kit *kit, const char *what, bool again,
              const struct report *report)
{
    struct hints hints = {0};
    const struct hint_step *step = NULL;
    char *lab = lab_of(kit, what);
    int status = WORK_USAGE;

    if (lab == NULL)
        return WORK_USAGE;
    if (hints_read(&hints, kit, lab) < 0) {
        status = WORK_UNABLE;
    } else if (what == NULL || strcmp(what, lab) == 0) {
        step = next_step(kit, lab, &hints);
    } else {
        step = hints_find(&hints, what);
        if (step == NULL)
            name_steps(&hints, lab, what, "no such step");
    }
    if (step)
        status = give(kit, lab, step, again, report);
    hints_release(&hints);
    free(lab);
    return status;
}
