// SPDX-License-Identifier: MIT
/*
 * draw_graph.c - who waits for whom, at the end of a run that hung; see draw.h.
 *
 * graphviz lays it out.  It reads names that a student's program chose, so it
 * runs in the sandbox, and what it says is taken over element by element: only
 * shapes and text.
 */
#include <errno.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw_private.h"
#include "text.h"
#include "tool.h"

#define WAITS_MAX  40  /* more are no picture */
#define LABEL_MAX  200 /* bytes */
#define LINE_WIDTH 26  /* columns of a label */
#define LAYOUT_S   10
#define SVG_MAX    (4L * 1024 * 1024)

static const struct process_limit limits[] = {
    {RLIMIT_CPU, LAYOUT_S},
    {RLIMIT_AS, 1024UL * 1024 * 1024},
    {RLIMIT_FSIZE, 1024UL * 1024}, /* what it knows of fonts */
    {RLIMIT_CORE, 0},
};

/* ---- What is drawn, in dot's language ----------------------------------- */

/* One byte of a quoted string: see "Lexical and Semantic Notes" and "Character
 * encodings" in the description of dot's language. */
static void put_byte(FILE *dot, char c)
{
    if (c == '&')
        (void)fputs("&amp;", dot);
    else if (c == '"' || c == '\\')
        (void)fprintf(dot, "\\%c", c);
    else
        (void)fputc(c, dot);
}

/* End TEXT after at most SIZE bytes of it, between characters; whether that
 * takes anything away. */
static bool shorten(char *text, size_t size)
{
    if (strlen(text) <= size)
        return false;
    while (size > 0 && (text[size] & 0xc0) == 0x80)
        size--;
    text[size] = '\0';
    return true;
}

/* TEXT as a quoted string, in lines of about LINE_WIDTH, none of them empty. */
static void put_label(FILE *dot, const char *text)
{
    char *shown = page_clean(text);
    bool cut = shorten(shown, LABEL_MAX);
    size_t column = 0;

    (void)fputs("\" ", dot);
    for (const char *c = shown; *c; c++) {
        size_t word = strcspn(c + 1, " \n");
        if (*c == '\n' && (column == 0 || c[1] == '\0'))
            continue;
        if (*c == '\n' || (*c == ' ' && column + word >= LINE_WIDTH)) {
            (void)fputs(" \\n ", dot); /* a little room at its sides */
            column = 0;
        } else {
            put_byte(dot, *c);
            column++;
        }
    }
    (void)fputs(cut ? "... \"" : " \"", dot);
    free(shown);
}

static void put_node(FILE *dot, const char *id, const char *class,
                     const char *shape, const char *label)
{
    (void)fprintf(dot, "%s [class=\"%s\", shape=%s, label=", id, class, shape);
    put_label(dot, label);
    (void)fputs("];\n", dot);
}

static void put_edge(FILE *dot, const char *from, const char *to,
                     const char *class, const char *label)
{
    (void)fprintf(dot, "%s -> %s [class=\"%s\", label=", from, to, class);
    put_label(dot, label);
    (void)fputs("];\n", dot);
}

/* Several who wait for parts of sets most often wait in a circle.  What draws
 * circles finds no room for what is written at arrows. */
static bool is_circle(const json_t *recording)
{
    const json_t *wait;
    size_t i, parts = 0;

    json_array_foreach(json_object_get(recording, "waits"), i, wait) parts +=
        *draw_text(wait, "part") != '\0';
    return parts > 2;
}

/* The call in which WAIT is, as semop(2) is called in a program: what the C
 * library calls for it is another one. */
static const char *call_of(const json_t *wait)
{
    const char *call = draw_text(wait, "call");

    return strcmp(call, "semtimedop") == 0 ? "semop" : call;
}

/* In which call process NUMBER waits, for a picture that does not say so at its
 * arrows; "" if in none. */
static const char *call_in_box(const json_t *recording, size_t number)
{
    const json_t *wait;
    size_t i;

    if (!is_circle(recording))
        return "";
    json_array_foreach(json_object_get(recording, "waits"), i, wait)
    {
        if (draw_number(wait, "process") == (long)number)
            return call_of(wait);
    }
    return "";
}

static void put_process(FILE *dot, const json_t *recording, size_t number,
                        const json_t *process)
{
    const char *call = call_in_box(recording, number);
    char *id = xformat("p%zu", number);
    char *label =
        xformat("%s\npid %ld\n%s%s", draw_text(process, "name"),
                draw_number(process, "pid"), *call ? "waits in " : "", call);

    put_node(dot, id, "process", "box", label);
    free(label);
    free(id);
}

/* TO, who holds what is waited for; WAITED is what that is, or "". */
static void put_holder(FILE *dot, const char *from, const char *to,
                       const char *waited, const json_t *holder)
{
    const char *close = draw_text(holder, "close");
    char *held =
        json_is_integer(json_object_get(holder, "fd"))
            ? xformat("open as descriptor %ld\n", draw_number(holder, "fd"))
            : xstrdup("");
    char *label = xformat("%s\n%s%s", waited, held, close);

    put_edge(dot, from, to, *close ? "holds close" : "holds", label);
    free(label);
    free(held);
}

static void put_holders(FILE *dot, const char *from, const char *waited,
                        size_t number, const json_t *holders)
{
    const json_t *holder;
    size_t i;

    if (json_array_size(holders) == 0) {
        char *to = xformat("h%zu", number);
        put_node(dot, to, "outside", "plaintext", "nobody");
        put_edge(dot, from, to, "holds", waited);
        free(to);
    }
    json_array_foreach(holders, i, holder)
    {
        bool inside = json_is_integer(json_object_get(holder, "process"));
        char *to = inside ? xformat("p%ld", draw_number(holder, "process"))
                          : xformat("h%zu_%zu", number, i);
        if (!inside)
            put_node(dot, to, "outside", "box", draw_text(holder, "name"));
        put_holder(dot, from, to, waited, holder);
        free(to);
    }
}

static void put_wait(FILE *dot, const json_t *recording, size_t number,
                     const json_t *wait)
{
    const json_t *object =
        draw_item(recording, "objects", json_object_get(wait, "object"));
    const json_t *holders = json_object_get(wait, "holders");
    char *from = xformat("p%ld", draw_number(wait, "process"));
    const char *part = draw_text(wait, "part");
    /* A part has a node of its own, which says what it is. */
    char *waited = is_circle(recording)
                       ? xstrdup("")
                       : xformat("%s waits for\n%s", call_of(wait),
                                 *part ? "" : draw_text(wait, "what"));

    if (object) {
        size_t digits = strcspn(part, "0123456789");
        char *to = xformat("o%ld_%s", draw_number(wait, "object"),
                           part[digits] ? part + digits : "");
        char *class = xformat("object c%ld", draw_number(object, "color"));
        char *label = xformat("%s\n%s", draw_text(object, "label"), part);
        put_node(dot, to, class, "ellipse", label);
        put_edge(dot, from, to, "waits", waited);
        put_holders(dot, to, "", number, holders);
        free(label);
        free(class);
        free(to);
    } else {
        put_holders(dot, from, waited, number, holders);
    }
    free(waited);
    free(from);
}

/* All who wait and all whom they wait for, once each. */
static void put_processes(FILE *dot, const json_t *recording)
{
    const json_t *wait, *holder, *process;
    size_t i, k, n;

    json_array_foreach(json_object_get(recording, "processes"), n, process)
    {
        bool named = false;
        json_array_foreach(json_object_get(recording, "waits"), i, wait)
        {
            json_t *here = json_object_get(wait, "process");
            named |= i < WAITS_MAX && json_integer_value(here) == (json_int_t)n;
            json_array_foreach(json_object_get(wait, "holders"), k, holder)
            {
                here = json_object_get(holder, "process");
                named |= i < WAITS_MAX && json_is_integer(here) &&
                         json_integer_value(here) == (json_int_t)n;
            }
        }
        if (named)
            put_process(dot, recording, n, process);
    }
}

/* The whole graph; to be freed. */
static char *graph_text(const json_t *recording, size_t *size)
{
    const json_t *wait;
    char *text = NULL;
    size_t i;
    FILE *dot = open_memstream(&text, size);

    if (dot == NULL)
        return NULL;
    (void)fprintf(dot, "digraph {\nlayout=%s\n",
                  is_circle(recording) ? "circo" : "dot");
    (void)fputs("graph [bgcolor=transparent, nodesep=0.5, ranksep=0.45]\n"
                "node [fontname=Helvetica, fontsize=16, margin=\"0.15,0.1\"]\n"
                "edge [fontname=Helvetica, fontsize=15]\n",
                dot);
    put_processes(dot, recording);
    json_array_foreach(json_object_get(recording, "waits"), i, wait)
    {
        if (i < WAITS_MAX)
            put_wait(dot, recording, i, wait);
    }
    (void)fputs("}\n", dot);
    return fclose(dot) == 0 ? text : NULL;
}

/* ---- dot, in the sandbox ------------------------------------------------ */

/* What dot makes of the file GRAPH of STAGE; to be freed, NULL after a
 * message. */
static char *lay_out(const struct stage *stage)
{
    static const char *const argv[] = {"dot", "-q", "-Tsvg", "graph", NULL};
    const struct process process = {
        .argv = argv,
        .wall_s = 3 * LAYOUT_S,
        .limits = limits,
        .limit_count = LENGTH(limits),
        .output_max = SVG_MAX,
    };
    char *output = NULL;
    size_t size;

    if (tool_run_alone(stage, -1, &process, &output, &size) != 0) {
        free(output);
        return NULL;
    }
    /* Warnings can stand before it. */
    char *svg = strstr(output, "<svg");
    char *end = svg ? strstr(svg, "</svg>") : NULL;
    char *copy = end ? xstrndup(svg, (size_t)(end - svg) + 6) : NULL;
    if (copy == NULL)
        (void)complain("dot: no picture: %.*s; is graphviz installed?",
                       (int)strcspn(output, "\n"), output);
    free(output);
    return copy;
}

static char *draw(const struct kit *kit, const json_t *recording)
{
    struct stage stage;
    size_t size = 0;
    char *text = graph_text(recording, &size), *svg = NULL;

    if (text == NULL || stage_init_tool(&stage, kit) < 0) {
        free(text);
        return NULL;
    }
    char *path = xformat("%s/build/graph", stage.path);
    if (write_file(path, text, size, 0444) < 0)
        (void)complain("%s: %s", path, strerror(errno));
    else
        svg = lay_out(&stage);
    free(path);
    free(text);
    stage_release(&stage);
    return svg;
}

/* ---- Taken over --------------------------------------------------------- */

static bool is_one_of(const xmlChar *name, const char *list)
{
    return list_holds(list, ' ', (const char *)name);
}

static void take_attributes(xmlNode *to, const xmlNode *from)
{
    for (const xmlAttr *at = from->properties; at; at = at->next) {
        xmlChar *value = xmlNodeListGetString(from->doc, at->children, 1);
        if (value &&
            is_one_of(at->name, "class width height viewBox transform points d "
                                "cx cy rx ry x y text-anchor fill "
                                "stroke") &&
            strstr((const char *)value, "url") == NULL)
            page_set(to, (const char *)at->name, (const char *)value);
        xmlFree(value);
    }
}

/* Shapes and text, and nothing else that can be in an SVG. */
static void take_element(xmlNode *parent, const xmlNode *from)
{
    if (!is_one_of(from->name, "svg g polygon polyline path ellipse text"))
        return;
    xmlNode *to = page_add(parent, (const char *)from->name);
    take_attributes(to, from);
    for (const xmlNode *child = from->children; child; child = child->next)
        if (child->type == XML_ELEMENT_NODE)
            take_element(to, child);
        else if (child->type == XML_TEXT_NODE && is_one_of(from->name, "text"))
            page_text(to, (const char *)child->content);
}

int draw_add_graph(const struct kit *kit, const json_t *recording,
                   xmlNode *parent)
{
    if (json_array_size(json_object_get(recording, "waits")) == 0)
        return 0;
    char *svg = draw(kit, recording);
    if (svg == NULL)
        return -1;
    xmlDoc *document = xmlReadMemory(svg, (int)strlen(svg), "dot", NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR |
                                         XML_PARSE_NOWARNING);
    int status = document ? 0 : complain("dot: its picture is no XML");
    if (document) {
        take_element(parent, xmlDocGetRootElement(document));
        /* Smaller than they were laid out: our fonts can be wider. */
        page_set(parent->last, "font-size", "13");
        page_set(parent->last, "font-family", "Helvetica, Arial, sans-serif");
    }
    xmlFreeDoc(document);
    free(svg);
    return status;
}

int draw_graph(const struct kit *kit, const json_t *recording, char **svg)
{
    xmlNode *root;
    xmlDoc *document = page_document("graph", &root);
    int status = draw_add_graph(kit, recording, root);

    *svg = NULL;
    if (status == 0 && root->children) {
        xmlBuffer *buffer = xmlBufferCreate();
        (void)xmlNewNs(root->children,
                       (const xmlChar *)"http://www.w3.org/2000/svg", NULL);
        if (buffer && xmlNodeDump(buffer, document, root->children, 0, 0) > 0)
            *svg = xstrdup((const char *)xmlBufferContent(buffer));
        xmlBufferFree(buffer);
        if (*svg == NULL)
            status = complain("out of memory");
    }
    xmlFreeDoc(document);
    return status;
}
