// SPDX-License-Identifier: MIT
/* pages_similar.c - files that are alike, side by side; see pages.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gradebook.h"
#include "moment.h"
#include "names.h"
#include "page.h"
#include "pages.h"
#include "text.h"

#define CONTEXT 3 /* lines around a passage */

/* The lines of one file of a pair, and to which passage each belongs. */
struct side {
    char *text;
    char **lines;
    size_t count;
    int *same; /* the passage's number, from 1; 0: none */
};

static int side_init(struct side *side, const struct pages *pages,
                     const struct pair *pair, int which)
{
    size_t size;
    char *data = gradebook_file(pages->book, pair->hash[which], &size);
    char *line, *rest;

    *side = (struct side){0};
    if (data == NULL)
        return -1;
    rest = side->text = text_utf8(data, size);
    free(data);
    while ((line = strsep(&rest, "\n")) != NULL)
        *(char **)grow(&side->lines, &side->count, sizeof(line)) = line;
    side->same = xcalloc(side->count + 1, sizeof(*side->same));
    for (size_t i = 0; i < pair->passage_count; i++) {
        const struct passage *passage = &pair->passages[i];
        for (int n = passage->line[which]; n <= passage->end[which]; n++)
            if (n >= 1 && (size_t)n <= side->count && side->same[n - 1] == 0)
                side->same[n - 1] = (int)i + 1;
    }
    return 0;
}

static void side_release(struct side *side)
{
    free(side->text);
    free(side->lines);
    free(side->same);
}

static bool is_near(const struct side *side, size_t n)
{
    size_t from = n > CONTEXT ? n - CONTEXT : 0;

    for (size_t i = from; i <= n + CONTEXT && i < side->count; i++)
        if (side->same[i])
            return true;
    return false;
}

/* Whether passage K has a line of SIDE before the N-th. */
static bool has_passage(const struct side *side, int k, size_t n)
{
    for (size_t i = 0; i < n && i < side->count; i++)
        if (side->same[i] == k)
            return true;
    return false;
}

/* Line N of SIDE belongs to a passage: its number, where it begins on this
 * side, for the first time or again, and whether OTHER shows it, too. */
static void mark_passage(xmlNode *line, const struct side *side,
                         const struct side *other, size_t n)
{
    int k = side->same[n];

    page_setf(line, "same", "%d", k);
    if (n > 0 && side->same[n - 1] == k)
        return;
    page_set(line, "begins", has_passage(side, k, n) ? "again" : "first");
    if (has_passage(other, k, other->count))
        page_set(line, "other", "yes");
}

static void add_lines(xmlNode *node, const struct side *side,
                      const struct side *other)
{
    int gap = 0;

    for (size_t i = 0; i < side->count; i++) {
        if (!is_near(side, i)) {
            gap++;
            continue;
        }
        if (gap > 0)
            page_setf(page_add(node, "gap"), "lines", "%d", gap);
        gap = 0;
        xmlNode *line = page_add(node, "line");
        page_setf(line, "n", "%zu", i + 1);
        if (side->same[i])
            mark_passage(line, side, other, i);
        page_text(line, side->lines[i]);
    }
    if (gap > 0)
        page_setf(page_add(node, "gap"), "lines", "%d", gap);
}

static void add_side(xmlNode *parent, const struct pair *pair, int which,
                     const struct side sides[2])
{
    xmlNode *node = page_add(parent, "side");
    char *file = name_file(pair->student[which]);

    page_set(node, "student", pair->student[which]);
    page_set(node, "name", pair->name[which]);
    page_setf(node, "page", "students/%s.html", file);
    free(file);
    add_lines(node, &sides[which], &sides[!which]);
}

static int add_pair(const struct pages *pages, xmlNode *node,
                    const struct pair *pair)
{
    struct side sides[2] = {{0}, {0}};
    int status = 0;

    for (int which = 0; status == 0 && which < 2; which++)
        status = side_init(&sides[which], pages, pair, which);
    for (int which = 0; status == 0 && which < 2; which++)
        add_side(node, pair, which, sides);
    for (int which = 0; which < 2; which++)
        side_release(&sides[which]);
    return status;
}

static int write_lab(const struct pages *pages, struct page_template *template,
                     const char *lab, const struct likeness *likeness)
{
    xmlNode *root;
    char now[MOMENT_SIZE];
    char *path = xformat("%s/similar-%s.html", pages->directory, lab);
    xmlDoc *document = page_document("similar", &root);
    int status = 0;

    page_set(root, "kit", KIT_VERSION);
    page_set(root, "generated", moment_format(pages->now, now));
    page_set(root, "lab", lab);
    page_setf(root, "usual", "%d", likeness->usual);
    page_setf(root, "compared", "%d", likeness->compared);
    for (size_t i = 0; status == 0 && i < likeness->count; i++) {
        xmlNode *pair = page_add(root, "pair");
        page_setf(pair, "n", "%zu", i + 1);
        page_setf(pair, "percent", "%d", likeness->pairs[i].percent);
        status = add_pair(pages, pair, &likeness->pairs[i]);
    }
    if (page_write(template, document, path) < 0)
        status = -1;
    free(path);
    return status;
}

int pages_write_similar(const struct pages *pages)
{
    char *path = kit_path(pages->kit, "grader/report/pages/similar.xsl");
    struct page_template *template = page_template_new(path);
    int status = template ? 0 : -1;

    for (size_t i = 0; status == 0 && i < pages->labs->count; i++) {
        const char *lab = pages->labs->items[i];
        if (pages->likenesses[i].count > 0) {
            status = write_lab(pages, template, lab, &pages->likenesses[i]);
        } else { /* of an earlier run */
            char *old = xformat("%s/similar-%s.html", pages->directory, lab);
            (void)unlink(old); /* most often it is not there */
            free(old);
        }
    }
    page_template_free(template);
    free(path);
    return status;
}
