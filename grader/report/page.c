// SPDX-License-Identifier: MIT
/* page.c - HTML pages, by XSLT; see page.h. */
#include "page.h"

#include <errno.h>
#include <libxslt/transform.h>
#include <libxslt/xsltutils.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "text.h"

/* ---- The document ------------------------------------------------------ */

/* U+FFFE and U+FFFF are no characters of XML. */
static void replace_noncharacters(char *text)
{
    for (char *at = text; (at = strstr(at, "\xef\xbf")) != NULL; at += 2)
        if (at[2] == '\xbe' || at[2] == '\xbf')
            at[2] = '\xbd';
}

char *page_clean(const char *text)
{
    char *whole = xcalloc(6 * strlen(text) + 1, 1), *end = whole;

    while (*text) {
        size_t size = strcspn(text, "\n\t");
        char *piece = xstrndup(text, size);
        char *visible = text_visible(piece);
        end = stpcpy(end, visible);
        free(visible);
        free(piece);
        text += size;
        if (*text)
            *end++ = *text++;
    }
    replace_noncharacters(whole);
    return whole;
}

static const xmlChar *chars(const char *text)
{
    return (const xmlChar *)text;
}

/* libxml2 returns NULL for want of memory. */
static void *or_die(void *made)
{
    if (made == NULL) {
        (void)complain("out of memory");
        exit(3);
    }
    return made;
}

xmlDoc *page_document(const char *name, xmlNode **root)
{
    xmlDoc *document = or_die(xmlNewDoc(chars("1.0")));

    *root = or_die(xmlNewDocNode(document, NULL, chars(name), NULL));
    (void)xmlDocSetRootElement(document, *root);
    return document;
}

xmlNode *page_add(xmlNode *parent, const char *name)
{
    return or_die(xmlNewChild(parent, NULL, chars(name), NULL));
}

void page_set(xmlNode *node, const char *name, const char *text)
{
    if (text == NULL)
        return;
    char *safe = page_clean(text);
    (void)or_die(xmlNewProp(node, chars(name), chars(safe)));
    free(safe);
}

void page_setf(xmlNode *node, const char *name, const char *format, ...)
{
    va_list list;
    char *text = NULL;

    va_start(list, format);
    if (vasprintf(&text, format, list) < 0)
        text = NULL;
    va_end(list);
    page_set(node, name, or_die(text));
    free(text);
}

void page_set_points(xmlNode *node, const char *name, int64_t tenths)
{
    char points[16];

    page_set(node, name, tenths_format((int)tenths, points));
}

void page_text(xmlNode *node, const char *text)
{
    char *safe = page_clean(text);

    xmlNodeAddContent(node, chars(safe)); /* escapes */
    free(safe);
}

void page_add_text(xmlNode *parent, const char *name, const char *text)
{
    if (text)
        page_text(page_add(parent, name), text);
}

void page_add_json(xmlNode *parent, const char *name, const json_t *json)
{
    const char *key;
    const json_t *item;
    size_t i;

    if (json_is_null(json))
        return;
    xmlNode *node = page_add(parent, name);
    if (json_is_object(json)) {
        json_object_foreach((json_t *)json, key, item)
            page_add_json(node, key, item);
    } else if (json_is_array(json)) {
        json_array_foreach(json, i, item) page_add_json(node, "item", item);
    } else if (json_is_string(json)) {
        page_text(node, json_string_value(json));
    } else {
        char *text =
            json_dumps(json, JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
        page_text(node, or_die(text));
        free(text);
    }
}

/* ---- The page ---------------------------------------------------------- */

struct page_template {
    xsltStylesheet *sheet;
};

/* XSLT's messages can be about anything: one line of ours is enough. */
static void be_silent(void *data, const char *format, ...)
{
    (void)data;
    (void)format;
}

struct page_template *page_template_new(const char *path)
{
    xsltSetGenericErrorFunc(NULL, be_silent);
    xmlSetGenericErrorFunc(NULL, be_silent);
    xsltStylesheet *sheet = xsltParseStylesheetFile(chars(path));

    if (sheet == NULL || sheet->errors > 0) {
        (void)complain("%s: not a template; restore the file", path);
        xsltFreeStylesheet(sheet);
        return NULL;
    }
    struct page_template *template = xcalloc(1, sizeof(*template));
    template->sheet = sheet;
    return template;
}

void page_template_free(struct page_template *template)
{
    if (template)
        xsltFreeStylesheet(template->sheet);
    free(template);
}

int page_write(struct page_template *template, xmlDoc *document,
               const char *path)
{
    xmlDoc *page = xsltApplyStylesheet(template->sheet, document, NULL);
    xmlChar *text = NULL;
    int size = 0, status = -1;

    if (page == NULL ||
        xsltSaveResultToString(&text, &size, page, template->sheet) < 0)
        (void)complain("%s: the template fails", path);
    else
        status = write_file(path, text, (size_t)size, 0644);
    if (status < 0 && text)
        (void)complain("%s: %s", path, strerror(errno));
    xmlFree(text);
    xmlFreeDoc(page);
    xmlFreeDoc(document);
    return status;
}
