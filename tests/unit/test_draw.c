// SPDX-License-Identifier: MIT
/*
 * test_draw.c - recordings drawn to files: what a run said is text in them,
 * every character of it, and never a part of the page.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <libxml/parser.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "draw.h"
#include "draw_terminal.h"
#include "worker.h"

static struct kit kit;
static char directory[] = "/tmp/ipclab-draw.XXXXXX";

static void prepare(void)
{
    char *here = getcwd(NULL, 0);

    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(setenv("IPCLAB_ROOT", here, 1), 0);
    cr_assert_eq(kit_init(&kit), 0);
    cr_assert_eq(worker_prepare(), 0);
    free(here);
}

static void clean_up(void)
{
    cr_expect_eq(remove_tree(AT_FDCWD, directory), 0);
    kit_release(&kit);
}

TestSuite(draw, .init = prepare, .fini = clean_up);

static json_t *recording(const char *name)
{
    json_error_t error;
    char *path = xformat("tests/show/%s.json", name);
    json_t *loaded = json_load_file(path, JSON_ALLOW_NUL, &error);

    cr_assert_not_null(loaded, "%s: %s", path, error.text);
    free(path);
    return loaded;
}

static char *drawn(int status, const char *path)
{
    cr_assert_eq(status, 0);
    char *text = read_file(AT_FDCWD, path, 1 << 24, NULL);
    cr_assert_not_null(text);
    return text;
}

/* The replay of RECORDING, which is freed. */
static char *html_of(json_t *one)
{
    char *path = xformat("%s/page.html", directory);
    json_t *all = json_pack("[o]", one);
    char *text = drawn(draw_html(&kit, all, path), path);

    json_decref(all);
    free(path);
    return text;
}

static char *svg_of(json_t *one)
{
    char *path = xformat("%s/page.svg", directory);
    char *text = drawn(draw_svg(&kit, one, path), path);

    json_decref(one);
    free(path);
    return text;
}

static int count(const char *text, const char *word)
{
    int n = 0;

    for (; (text = strstr(text, word)) != NULL; text++)
        n++;
    return n;
}

/* What is in TEXT between BEGIN and the END behind it; to be freed. */
static char *between(const char *text, const char *begin, const char *end)
{
    const char *from = strstr(text, begin);

    cr_assert_not_null(from, "no %s", begin);
    from += strlen(begin);
    const char *to = strstr(from, end);
    cr_assert_not_null(to, "no %s", end);
    return xstrndup(from, (size_t)(to - from));
}

#define SCRIPTS    4 /* of ours */
#define JSON_BEGIN "<script type=\"application/json\" id=\"recordings\">"

/* ---- HTML ---------------------------------------------------------------- */

static void expect_held(json_t *one)
{
    char *html = html_of(json_incref(one));
    char *text = between(html, JSON_BEGIN, "</script>");
    json_t *held = json_loads(text, JSON_ALLOW_NUL, NULL);

    cr_assert_not_null(held, "the JSON of the page is none");
    cr_expect(json_equal(json_array_get(held, 0), one),
              "the page does not hold the recording as it was");
    for (const char *c = text; *c; c++)
        cr_expect(*c >= ' ' && *c < '\x7f' && *c != '<',
                  "0x%02x stands in a script", (unsigned char)*c);
    json_decref(held);
    json_decref(one);
    free(text);
    free(html);
}

Test(draw, page_holds_recordings_as_they_are)
{
    static const char *const names[] = {"pipe_right", "pipe_wrong",
                                        "semaphores", "hostile"};

    for (size_t i = 0; i < LENGTH(names); i++)
        expect_held(recording(names[i]));
}

Test(draw, nul_and_line_separators_survive)
{
    json_t *one = recording("pipe_right");
    json_t *step = json_array_get(json_object_get(one, "steps"), 6);

    (void)json_object_set_new(step, "data",
                              json_stringn("a\0b\xe2\x80\xa8</script>", 15));
    expect_held(one);
}

Test(draw, nothing_of_a_run_becomes_markup)
{
    char *html = html_of(recording("hostile"));

    cr_expect_eq(count(html, "<script"), 1 + SCRIPTS);
    cr_expect_eq(count(html, "</script"), 1 + SCRIPTS);
    cr_expect_eq(count(html, "<img"), 0);
    cr_expect_eq(count(html, "<!--"), 0);
    free(html);
}

/* Browsers run only what the policy names. */
Test(draw, policy_has_the_hashes_of_our_scripts)
{
    char *html = html_of(recording("pipe_right"));
    char *policy = between(html, "script-src", ";");
    const char *rest = html;

    for (int i = 0; i < SCRIPTS; i++) {
        unsigned char hash[crypto_hash_sha256_BYTES];
        char digits[64];
        char *script = between(rest, "<script>", "</script>");
        (void)crypto_hash_sha256(hash, (unsigned char *)script, strlen(script));
        (void)sodium_bin2base64(digits, sizeof(digits), hash, sizeof(hash),
                                sodium_base64_VARIANT_ORIGINAL);
        char *source = xformat("'sha256-%s'", digits);
        cr_expect(strstr(policy, source) != NULL, "%s is not in %s", source,
                  policy);
        rest = strstr(rest, "<script>") + 1;
        free(source);
        free(script);
    }
    cr_expect_eq(count(policy, "'"), 2 * SCRIPTS, "%s", policy);
    free(policy);
    free(html);
}

Test(draw, steps_are_listed_without_javascript)
{
    json_t *one = recording("pipe_right");
    json_t *steps = json_object_get(one, "steps");

    while (json_array_size(steps) < 400)
        (void)json_array_append(steps, json_array_get(steps, 3));
    char *html = html_of(one);
    char *plain = between(html, "<noscript>", "</noscript>");
    cr_expect(count(plain, "close 3, a read end of pipe A") > 280);
    cr_expect_eq(count(plain, "<li>"), 303); /* three are questions */
    cr_expect_eq(count(plain, "first 300 of\n"), 1);
    free(plain);
    free(html);
}

/* ---- The terminal -------------------------------------------------------- */

/* ONE, which is freed, in ASCII on 80 columns. */
static char *text_of(json_t *one)
{
    struct report report = {.width = 80};
    char *text = NULL;
    size_t size;

    report.out = open_memstream(&text, &size);
    cr_assert_not_null(report.out);
    draw_terminal(&report, one, true, true);
    cr_assert_eq(fclose(report.out), 0);
    json_decref(one);
    return text;
}

/* How many columns stand before the first process's line, which is the same in
 * each line of a step. */
static void expect_aligned(const char *text)
{
    char *copy = xstrdup(strstr(text, "what happened\n")), *rest = copy, *line;

    (void)strsep(&rest, "\n");
    while ((line = strsep(&rest, "\n")) != NULL && *line) {
        cr_expect_leq(strlen(line), 80, "%s", line);
        cr_expect_eq(strcspn(line, "*|o+x:"), 9, "%s", line);
    }
    free(copy);
}

Test(draw, terminal_is_aligned_however_long_a_run_takes)
{
    static const long begins_us[] = {0,          9999994,     9999995,
                                     10100000,   9999900000,  9999949999,
                                     9999950000, 900000000000};

    for (size_t i = 0; i < LENGTH(begins_us); i++) {
        json_t *one = recording("pipe_right"), *step;
        size_t n;
        json_array_foreach(json_object_get(one, "steps"), n, step)(void)
            json_object_set_new(step, "at_us", json_integer(begins_us[i]));
        char *text = text_of(one);
        expect_aligned(text);
        free(text);
    }
}

#define NOTE "message queue /q holds no bytes"

Test(draw, terminal_and_page_say_what_the_autopsy_says_beside)
{
    json_t *one = recording("pipe_wrong");

    (void)json_object_set_new(one, "notes", json_pack("[s]", NOTE));
    char *text = text_of(json_incref(one));
    cr_expect(strstr(text, NOTE) > strstr(text, "who waits"), "%s", text);
    free(text);
    free(html_of(json_incref(one)));
    (void)json_object_set_new(one, "waits", json_array());
    text = text_of(one);
    cr_expect(strstr(text, "who waits message queue /q"), "%s", text);
    free(text);
}

/* ---- SVG ----------------------------------------------------------------- */

/* That NODE and all below it are shapes, text and our own style. */
static void expect_shapes(const xmlNode *node)
{
    static const char allowed[] =
        "svg,g,title,desc,defs,pattern,style,rect,line,path,circle,ellipse,"
        "polygon,polyline,text,tspan";

    for (; node; node = node->next) {
        if (node->type != XML_ELEMENT_NODE)
            continue;
        const char *name = (const char *)node->name;
        cr_expect(list_holds(allowed, ',', name), "an element %s", name);
        for (const xmlAttr *at = node->properties; at; at = at->next) {
            const char *attribute = (const char *)at->name;
            cr_expect(strncmp(attribute, "on", 2) != 0 &&
                          strcmp(attribute, "href") != 0 &&
                          strcmp(attribute, "style") != 0,
                      "%s has %s", name, attribute);
        }
        expect_shapes(node->children);
    }
}

static void expect_picture(const char *svg)
{
    xmlDoc *document = xmlReadMemory(svg, (int)strlen(svg), "svg", NULL, 0);

    cr_assert_not_null(document, "no XML");
    expect_shapes(xmlDocGetRootElement(document));
    cr_expect_eq(count(svg, "<style"), 1);
    xmlFreeDoc(document);
}

Test(draw, picture_of_a_hostile_run_is_shapes_and_text)
{
    char *svg = svg_of(recording("hostile"));

    expect_picture(svg);
    cr_expect(strstr(svg, "&lt;/script&gt;") != NULL);
    free(svg);
}

Test(draw, picture_shows_each_step_and_the_graph)
{
    char *svg = svg_of(recording("pipe_wrong"));

    expect_picture(svg);
    cr_expect_eq(count(svg, "class=\"number\""), 14);
    cr_expect_eq(count(svg, "class=\"blocked\""), 4); /* one in the legend */
    cr_expect(strstr(svg, "Who waits for whom") != NULL);
    cr_expect(strstr(svg, "hung: no process can ever go on") != NULL);
    free(svg);
}

/* WeasyPrint and some programs for slides know neither a var() nor the words
 * that follow an element within an element. */
static void expect_flat(xmlNode *node)
{
    for (; node; node = xmlNextElementSibling(node)) {
        bool span = strcmp((const char *)node->name, "tspan") == 0;
        cr_expect(!span || xmlChildElementCount(node) == 0, "a tspan in one");
        expect_flat(xmlFirstElementChild(node));
    }
}

Test(draw, picture_can_be_printed)
{
    char *svg = svg_of(recording("pipe_wrong"));
    xmlDoc *document = xmlReadMemory(svg, (int)strlen(svg), "svg", NULL, 0);

    cr_assert_not_null(document);
    expect_flat(xmlDocGetRootElement(document));
    cr_expect_null(strstr(svg, "var("));
    xmlFreeDoc(document);
    free(svg);
}

Test(draw, picture_says_how_many_steps_it_leaves_out)
{
    json_t *one = recording("pipe_right");
    json_t *steps = json_object_get(one, "steps");

    while (json_array_size(steps) < 200)
        (void)json_array_insert(steps, 2, json_array_get(steps, 1));
    char *svg = svg_of(one);
    cr_expect_eq(count(svg, "class=\"number\""), 59);
    cr_expect(strstr(svg, "<text") && strstr(svg, "141 steps are left out"));
    free(svg);
}

/* ---- Who waits for whom -------------------------------------------------- */

static char *graph_of(json_t *one)
{
    char *svg;

    cr_assert_eq(draw_graph(&kit, one, &svg), 0);
    json_decref(one);
    return svg;
}

Test(draw, graph_says_what_to_close)
{
    char *svg = graph_of(recording("pipe_wrong"));

    cr_assert_not_null(svg);
    expect_shapes(xmlDocGetRootElement(
        xmlReadMemory(svg, (int)strlen(svg), "svg", NULL, 0)));
    cr_expect_eq(count(svg, "class=\"node process\""), 2);
    cr_expect_eq(count(svg, "class=\"node object c3\""), 1);
    cr_expect_eq(count(svg, "class=\"edge holds close\""), 1);
    cr_expect_eq(count(svg, "<title"), 0, "names that only dot knows");
    cr_expect(strstr(svg, "pipe 3 must close") != NULL);
    cr_expect_eq(count(svg, "<text"), 13, "%d lines", count(svg, "<text"));
    cr_expect(strstr(svg, "descriptor 4") != NULL);
    free(svg);
}

Test(draw, graph_of_hostile_names_shows_them)
{
    char *svg = graph_of(recording("hostile"));

    cr_assert_not_null(svg);
    expect_shapes(xmlDocGetRootElement(
        xmlReadMemory(svg, (int)strlen(svg), "svg", NULL, 0)));
    cr_expect_eq(count(svg, "class=\"node "), 3);
    cr_expect(strstr(svg, "onload=\"x") || strstr(svg, "onload=&quot;x"));
    cr_expect(strstr(svg, "\\N{evil}"), "dot took \\N for its own");
    cr_expect(strstr(svg, "&amp;amp;"), "dot took &amp; for its own");
    free(svg);
}

Test(draw, nobody_waits_in_a_run_that_ended)
{
    cr_expect_null(graph_of(recording("pipe_right")));
}

/* The same label, cut between two bytes of a character, would be no UTF-8. */
Test(draw, long_names_are_cut_between_characters)
{
    for (int before = 0; before < 3; before++) {
        json_t *one = recording("pipe_wrong");
        json_t *process = json_array_get(json_object_get(one, "processes"), 0);
        char name[302] = "xx";
        for (size_t i = (size_t)before; i + 3 < sizeof(name); i += 3)
            (void)memcpy(name + i, "\xe2\x82\xac", 4);
        (void)json_object_set_new(process, "name", json_string(name));
        char *svg = graph_of(one);
        cr_assert_not_null(svg);
        cr_expect(strstr(svg, "...") != NULL);
        cr_expect_null(strstr(svg, "\xef\xbf\xbd"));
        free(svg);
    }
}

/* Three processes, each in a semop of its own semaphore. */
static json_t *circle(void)
{
    static const char *const parts[] = {"number 0", "number 1", "number 2"};
    json_t *one = recording("semaphores");
    json_t *waits = json_array();

    for (int i = 0; i < 3; i++)
        (void)json_array_append_new(
            waits, json_pack("{si ss si ss ss s[{si}]}", "process", i, "call",
                             "semtimedop", "object", 3, "part", parts[i],
                             "what", "", "holders", "process", (i + 1) % 3));
    (void)json_object_set_new(one, "waits", waits);
    return one;
}

Test(draw, circle_has_no_words_at_its_arrows)
{
    char *svg = graph_of(circle());

    cr_assert_not_null(svg);
    cr_expect_eq(count(svg, "waits in semop"), 3);
    cr_expect_null(strstr(svg, "waits for"));
    free(svg);
}
