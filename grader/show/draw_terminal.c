// SPDX-License-Identifier: MIT
/* draw_terminal.c - a recording in text; see draw_terminal.h. */
#include "draw_terminal.h"

#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "layout.h"
#include "text.h"

#define TIME_WIDTH 9
#define LANES_MAX  20 /* columns for lanes are 2 each; more share the last */
#define TEXT_MIN   30

/* The parts of the picture, as Unicode and as ASCII has them. */
static const struct glyphs {
    const char *live, *waits, *step, *wait, *end, *to, *across, *branch, *data;
} unicode = {"│", "┊", "●", "○", "×", "├", "─", "╮", "“"},
  plain = {"|", ":", "*", "o", "x", "+", "-", ".", "\""};

/* Colours of objects, in the order of MODEL.md's 0..7. */
static const char *const palette[] = {"36", "33", "35", "32",
                                      "34", "31", "96", "93"};

struct drawing {
    const struct report *report;
    const struct glyphs *glyphs;
    const json_t *recording, *processes, *objects, *steps;
    int lanes;
    size_t *lane_step;    /* of each lane: which process has it now */
    const json_t **owner; /* of each lane; NULL: nobody */
    bool *waiting;        /* of each lane */
    size_t *state_at;     /* of each object: its state that was told last */
};

/* ---- JSON --------------------------------------------------------------- */

static const char *word(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static long number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) ? (long)json_integer_value(value) : -1;
}

static const json_t *process_at(const struct drawing *drawing, long index)
{
    return index < 0 ? NULL : json_array_get(drawing->processes, (size_t)index);
}

/* ---- Lanes -------------------------------------------------------------- */

static int lane_of(const struct drawing *drawing, const json_t *process)
{
    long lane = number(process, "lane");

    return lane < 0                ? 0
           : lane < drawing->lanes ? (int)lane
                                   : drawing->lanes - 1;
}

/* Who has which lane at STEP. */
static void update_owners(struct drawing *drawing, long step)
{
    json_t *process;
    size_t i;

    for (int lane = 0; lane < drawing->lanes; lane++)
        drawing->owner[lane] = NULL;
    json_array_foreach(drawing->processes, i, process)
    {
        long from = number(process, "from"), to = number(process, "to");
        if (from <= step && (to < 0 || step <= to))
            drawing->owner[lane_of(drawing, process)] = process;
    }
}

/* The lanes before and behind the one, ACTIVE, that MARK is drawn in; from it a
 * branch goes to lane BRANCH where that is not negative. */
static void put_lanes(const struct drawing *drawing, int active,
                      const char *mark, int branch)
{
    const struct glyphs *glyphs = drawing->glyphs;
    FILE *out = drawing->report->out;

    for (int lane = 0; lane < drawing->lanes; lane++) {
        bool crossed = branch >= 0 && lane > active && lane < branch;
        const char *line = drawing->owner[lane] == NULL ? " "
                           : drawing->waiting[lane]     ? glyphs->waits
                                                        : glyphs->live;
        (void)fputs(lane == active   ? mark
                    : lane == branch ? glyphs->branch
                    : crossed        ? glyphs->across
                                     : line,
                    out);
        bool bridge = branch >= 0 && lane >= active && lane < branch;
        (void)fputs(bridge ? glyphs->across : " ", out);
    }
}

/* ---- Text --------------------------------------------------------------- */

static int text_column(const struct drawing *drawing)
{
    return TIME_WIDTH + 2 * drawing->lanes + 1;
}

/* LINE, visible, with the label of OBJECT in its colour. */
static void put_coloured(const struct drawing *drawing, const char *line,
                         const json_t *object)
{
    FILE *out = drawing->report->out;
    const char *label = object ? word(object, "label") : "";
    const char *at = *label ? strstr(line, label) : NULL;

    if (at == NULL || !drawing->report->colour) {
        (void)fputs(line, out);
        return;
    }
    long color = number(object, "color");
    (void)fprintf(out, "%.*s\033[%sm%s\033[0m%s", (int)(at - line), line,
                  palette[color >= 0 ? color % (long)LENGTH(palette) : 0],
                  label, at + strlen(label));
}

/* TEXT from the present column on, in as many lines as it needs; lines after
 * the first begin with the lanes. */
static void put_text(const struct drawing *drawing, const char *text,
                     const json_t *object)
{
    char *visible = text_visible(text);
    int columns = drawing->report->width - text_column(drawing);
    const char *rest = visible;

    do {
        size_t size = layout_fitting(rest, columns);
        char *line = xstrndup(rest, size);
        for (char *end = line + strlen(line); end > line && end[-1] == ' ';)
            *--end = '\0';
        if (rest != visible) {
            (void)fprintf(drawing->report->out, "%*s", TIME_WIDTH, "");
            put_lanes(drawing, -1, "", -1);
            (void)fputc(' ', drawing->report->out);
        }
        put_coloured(drawing, line, object);
        (void)fputc('\n', drawing->report->out);
        free(line);
        rest += size;
        rest += strspn(rest, " ");
    } while (*rest);
    free(visible);
}

/* TEXT in a line, or more, of its own. */
static void put_below(const struct drawing *drawing, const char *text,
                      const json_t *object)
{
    (void)fprintf(drawing->report->out, "%*s", TIME_WIDTH, "");
    put_lanes(drawing, -1, "", -1);
    (void)fputc(' ', drawing->report->out);
    put_text(drawing, text, object);
}

/* ---- States ------------------------------------------------------------- */

/* Tell what OBJECT, number INDEX, is like since STEP, if that is news. */
static void put_state(struct drawing *drawing, size_t index, long step)
{
    const json_t *object = json_array_get(drawing->objects, index);
    const json_t *states = json_object_get(object, "states");
    size_t *next = &drawing->state_at[index];
    const json_t *state = NULL;

    while (*next < json_array_size(states) &&
           number(json_array_get(states, *next), "step") <= step)
        state = json_array_get(states, (*next)++);
    if (state == NULL)
        return;
    char *line =
        xformat("  %s: %s", word(object, "label"), word(state, "text"));
    put_below(drawing, line, object);
    free(line);
    const json_t *items = json_object_get(state, "items");
    json_t *item;
    size_t i;
    if (strcmp(word(object, "kind"), "semaphores") == 0 &&
        strstr(word(state, "text"), "values"))
        return; /* they are in the text */
    char *all = xstrdup("    ");
    json_array_foreach(items, i, item)
    {
        char *more =
            xformat("%s%s%s", all, i ? ", " : "", json_string_value(item));
        free(all);
        all = more;
    }
    if (i > 0)
        put_below(drawing, all, NULL);
    free(all);
}

/* ---- Steps -------------------------------------------------------------- */

/* The name that PROCESS has at STEP, and its pid; to be freed. */
static char *who(const json_t *process, long step)
{
    const json_t *names = json_object_get(process, "names");
    const char *name = word(process, "name");
    json_t *entry;
    size_t i;

    json_array_foreach(names, i, entry) if (number(entry, "from") <= step &&
                                            *word(entry, "name")) name =
        word(entry, "name");
    return xformat("%s %ld", name, number(process, "pid"));
}

/* AT_US in TIME_WIDTH columns: milliseconds, and after ten seconds seconds. */
static void put_time(const struct drawing *drawing, long at_us)
{
    FILE *out = drawing->report->out;
    int width = TIME_WIDTH - 2;

    if (at_us < 9999995) /* or it would be rounded to one more digit */
        (void)fprintf(out, "%*.2f  ", width, (double)at_us / 1000);
    else if (at_us < 9999950000) /* 2 h 46 min */
        (void)fprintf(out, "%*.1fs  ", width - 1, (double)at_us / 1e6);
    else
        (void)fprintf(out, "%*lds  ", width - 1, at_us / 1000000);
}

static void put_step(struct drawing *drawing, size_t index)
{
    const json_t *step = json_array_get(drawing->steps, index);
    const char *kind = word(step, "kind");
    const json_t *process = process_at(drawing, number(step, "process"));
    const json_t *other = process_at(drawing, number(step, "other"));
    const struct glyphs *glyphs = drawing->glyphs;
    long object = number(step, "object");
    int lane = lane_of(drawing, process), branch = -1;
    const char *mark = strcmp(kind, "exit") == 0   ? glyphs->end
                       : strcmp(kind, "wait") == 0 ? glyphs->wait
                                                   : glyphs->step;

    update_owners(drawing, (long)index);
    if (strcmp(kind, "fork") == 0 && other && lane_of(drawing, other) > lane) {
        branch = lane_of(drawing, other);
        mark = glyphs->to;
    }
    drawing->waiting[lane] = strcmp(kind, "wait") == 0;
    put_time(drawing, number(step, "at_us"));
    put_lanes(drawing, lane, mark, branch);
    char *name = who(process, (long)index);
    long blocked = number(step, "blocked_us");
    char *slept = strcmp(kind, "wait") == 0 ? xstrdup(" ... waits")
                  : blocked > 0
                      ? xformat(" (waited %.2f ms)", (double)blocked / 1000)
                      : xstrdup("");
    char *from = *word(step, "file") ? xformat("  [%s:%ld]", word(step, "file"),
                                               number(step, "line"))
                                     : xstrdup("");
    char *line = xformat("%s: %s%s%s", name, word(step, "text"), slept, from);
    const json_t *about =
        object < 0 ? NULL : json_array_get(drawing->objects, (size_t)object);
    (void)fputc(' ', drawing->report->out);
    put_text(drawing, line, about);
    free(line);
    free(from);
    free(slept);
    free(name);
    if (strcmp(kind, "exit") == 0)
        drawing->owner[lane] = NULL;
    const char *data = word(step, "data");
    if (*data) {
        int room = drawing->report->width - text_column(drawing) - 10;
        char *shown = xformat("    \"%.*s\"%s", room, data,
                              (int)strlen(data) > room ? "..." : "");
        put_below(drawing, shown, NULL);
        free(shown);
    }
    for (size_t i = 0; i < json_array_size(drawing->objects); i++)
        put_state(drawing, i, (long)index);
}

/* ---- Head and foot ------------------------------------------------------ */

static void put_head(const struct drawing *drawing, bool ask)
{
    const struct report *report = drawing->report;
    const json_t *recording = drawing->recording, *sentence;
    size_t i;

    if (*word(recording, "title")) {
        layout_cell(report, BOLD, word(recording, "title"), 0);
        (void)fputc('\n', report->out);
    }
    if (*word(recording, "subject"))
        layout_block(report, 0, "program", word(recording, "subject"));
    layout_lines(report, 0, "run", word(recording, "command"));
    json_array_foreach(json_object_get(recording, "ask"), i, sentence) if (ask)
        layout_block(report, 0, i ? "" : "ask", json_string_value(sentence));
    (void)fprintf(report->out, "\n%*s  %*s what happened\n", TIME_WIDTH - 2,
                  "ms", 2 * drawing->lanes, "");
}

static void put_waits(const struct drawing *drawing)
{
    const json_t *waits = json_object_get(drawing->recording, "waits"), *wait;
    const json_t *notes = json_object_get(drawing->recording, "notes"), *note;
    const json_t *holder;
    size_t i, n;

    json_array_foreach(waits, i, wait)
    {
        layout_block(drawing->report, 0, i ? "" : "who waits",
                     word(wait, "text"));
        json_array_foreach(json_object_get(wait, "holders"), n,
                           holder) if (*word(holder, "close"))
            layout_block(drawing->report, 0, "", word(holder, "close"));
    }
    json_array_foreach(notes, n, note) layout_block(
        drawing->report, 0, i + n ? "" : "who waits", json_string_value(note));
}

static void put_foot(const struct drawing *drawing)
{
    const struct report *report = drawing->report;
    const json_t *recording = drawing->recording;

    (void)fputc('\n', report->out);
    layout_block(report, 0, "end", word(recording, "end"));
    put_waits(drawing);
    if (*word(recording, "output"))
        layout_lines(report, 0, "output", word(recording, "output"));
    if (number(recording, "missing") > 0) {
        char *line = xformat("%ld calls could not be followed",
                             number(recording, "missing"));
        layout_block(report, 0, "missing", line);
        free(line);
    }
}

/* How many lanes there are, or fit. */
static int count_lanes(const json_t *processes, int width)
{
    json_t *process;
    size_t i;
    int lanes = 1, most = (width - TIME_WIDTH - 1 - TEXT_MIN) / 2;

    json_array_foreach(processes, i,
                       process) if (number(process, "lane") >= lanes) lanes =
        (int)number(process, "lane") + 1;
    if (most > LANES_MAX)
        most = LANES_MAX;
    return lanes < most ? lanes : most > 1 ? most : 1;
}

void draw_terminal(const struct report *report, const json_t *recording,
                   bool ascii, bool ask)
{
    struct drawing drawing = {
        .report = report,
        .glyphs = ascii ? &plain : &unicode,
        .recording = recording,
        .processes = json_object_get(recording, "processes"),
        .objects = json_object_get(recording, "objects"),
        .steps = json_object_get(recording, "steps"),
    };

    drawing.lanes = count_lanes(drawing.processes, report->width);
    drawing.owner = xcalloc((size_t)drawing.lanes, sizeof(*drawing.owner));
    drawing.waiting = xcalloc((size_t)drawing.lanes, sizeof(*drawing.waiting));
    drawing.state_at = xcalloc(json_array_size(drawing.objects) + 1,
                               sizeof(*drawing.state_at));
    put_head(&drawing, ask);
    for (size_t i = 0; i < json_array_size(drawing.steps); i++)
        put_step(&drawing, i);
    put_foot(&drawing);
    free(drawing.state_at);
    free(drawing.waiting);
    free(drawing.owner);
}
