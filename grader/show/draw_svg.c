// SPDX-License-Identifier: MIT
/*
 * draw_svg.c - a recording as one picture, for slides and handouts; see draw.h.
 *
 * Here it is worked out in which row everything is; pages/timeline.xsl says
 * what it looks like there.
 */
#include <stdlib.h>
#include <string.h>

#include "draw_private.h"

#define ROWS_MAX 60 /* steps; of more, the first and the last */
#define TAIL     19

/* Which steps are shown, one to a row. */
struct cut {
    size_t count; /* all steps */
    size_t head;  /* so many of the first ... */
    size_t tail;  /* ... and of the last; a row between them says so */
};

static struct cut cut_of(const json_t *recording)
{
    size_t count = json_array_size(json_object_get(recording, "steps"));

    return count <= ROWS_MAX ? (struct cut){count, count, 0}
                             : (struct cut){count, ROWS_MAX - TAIL - 1, TAIL};
}

static bool is_whole(const struct cut *cut)
{
    return cut->head == cut->count;
}

static size_t row_count(const struct cut *cut)
{
    return cut->head + !is_whole(cut) + cut->tail;
}

static size_t row_of_number(const struct cut *cut, size_t n)
{
    if (n < cut->head)
        return n;
    return n + cut->tail < cut->count ? cut->head
                                      : row_count(cut) - (cut->count - n);
}

/* The row of STEP, a number or null: the end. */
static size_t row_of(const struct cut *cut, const json_t *step)
{
    size_t n = (size_t)json_integer_value(step);

    return json_is_integer(step) && n < cut->count ? row_of_number(cut, n)
                                                   : row_count(cut);
}

/* A piece of the lifeline of PROCESS, if any of it is in sight. */
static void add_piece(xmlNode *root, const char *name, const json_t *process,
                      size_t from, size_t to)
{
    if (from == to)
        return;
    xmlNode *piece = page_add(root, name);
    page_setf(piece, "lane", "%ld", draw_number(process, "lane"));
    page_setf(piece, "from", "%zu", from);
    page_setf(piece, "to", "%zu", to);
    page_set(piece, "name", draw_text(process, "name"));
    page_setf(piece, "pid", "%ld", draw_number(process, "pid"));
}

static void add_lives(xmlNode *root, const json_t *recording,
                      const struct cut *cut)
{
    const json_t *process;
    size_t i;

    json_array_foreach(json_object_get(recording, "processes"), i, process)
        add_piece(root, "life", process,
                  row_of(cut, json_object_get(process, "from")),
                  row_of(cut, json_object_get(process, "to")));
}

/* What of a wait of PROCESS from row FROM until step UNTIL is in sight; the
 * process can have ended in it. */
static void add_wait(xmlNode *root, const json_t *process,
                     const struct cut *cut, size_t from, const json_t *until)
{
    size_t to = row_of(cut, until);
    size_t end = row_of(cut, json_object_get(process, "to"));

    add_piece(root, "blocked", process, from, to < end ? to : end);
}

static void add_step(xmlNode *root, const json_t *recording, const json_t *step,
                     size_t n, size_t row)
{
    const json_t *process =
        draw_item(recording, "processes", json_object_get(step, "process"));
    const json_t *other =
        draw_item(recording, "processes", json_object_get(step, "other"));
    const json_t *object =
        draw_item(recording, "objects", json_object_get(step, "object"));

    page_add_json(root, "step", step);
    xmlNode *node = root->last;
    page_setf(node, "row", "%zu", row);
    page_setf(node, "n", "%zu", n + 1);
    page_setf(node, "lane", "%ld", draw_number(process, "lane"));
    page_set(node, "name", draw_text(process, "name"));
    page_setf(node, "pid", "%ld", draw_number(process, "pid"));
    if (other)
        page_setf(node, "other", "%ld", draw_number(other, "lane"));
    if (object)
        page_add_json(node, "touched", object);
}

static void add_steps(xmlNode *root, const json_t *recording,
                      const struct cut *cut)
{
    const json_t *step;
    size_t i;

    json_array_foreach(json_object_get(recording, "steps"), i, step)
    {
        size_t row = row_of_number(cut, i);
        if (strcmp(draw_text(step, "kind"), "wait") == 0)
            add_wait(root,
                     draw_item(recording, "processes",
                               json_object_get(step, "process")),
                     cut, row, json_object_get(step, "until"));
        if (is_whole(cut) || row != cut->head)
            add_step(root, recording, step, i, row);
    }
}

int draw_svg(const struct kit *kit, const json_t *recording, const char *path)
{
    static const char *const members[] = {"line", "subject", "title", "end",
                                          "hung"};
    const struct cut cut = cut_of(recording);
    xmlNode *root;
    xmlDoc *document = page_document("timeline", &root);

    page_setf(root, "rows", "%zu", row_count(&cut));
    if (!is_whole(&cut)) {
        page_setf(root, "gap", "%zu", cut.head);
        page_setf(root, "left-out", "%zu", cut.count - cut.head - cut.tail);
    }
    for (size_t i = 0; i < LENGTH(members); i++)
        page_add_json(root, members[i], json_object_get(recording, members[i]));
    add_lives(root, recording, &cut);
    add_steps(root, recording, &cut);
    if (draw_add_graph(kit, recording, root) < 0) {
        xmlFreeDoc(document);
        return -1;
    }
    return draw_write(kit, "timeline.xsl", document, path);
}
