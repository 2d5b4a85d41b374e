// SPDX-License-Identifier: MIT
/*
 * page.h - HTML pages: a document of data, and a template of
 * grader/report/pages/ that makes a page of it.
 *
 * What a submission is made of is only ever text in the document, so that every
 * byte of it is escaped by construction: no template can forget to.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <jansson.h>
#include <libxml/tree.h>

#include "base.h"

/* ---- The document ------------------------------------------------------ */

/* A new document whose root element is called NAME; *ROOT is that. */
xmlDoc *page_document(const char *name, xmlNode **root);
xmlNode *page_add(xmlNode *parent, const char *name);
/* TEXT (NULL: nothing is done) as an attribute, as an element, as text. */
void page_set(xmlNode *node, const char *name, const char *text);
void page_setf(xmlNode *node, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Points, which are tenths. */
void page_set_points(xmlNode *node, const char *name, int64_t tenths);
void page_add_text(xmlNode *parent, const char *name, const char *text);
void page_text(xmlNode *node, const char *text);
/* TEXT as XML can hold it: control characters, but for newlines and tabs, are
 * made visible.  What the others do to theirs; to be freed. */
char *page_clean(const char *text);
/* JSON as elements: members by their names, items of arrays as <item>; null is
 * absent. */
void page_add_json(xmlNode *parent, const char *name, const json_t *json);

/* ---- The page ---------------------------------------------------------- */

/* A template that is ready for use; NULL after a message. */
struct page_template;
struct page_template *page_template_new(const char *path);
void page_template_free(struct page_template *template);

/* Write the page that TEMPLATE makes of DOCUMENT to PATH and free DOCUMENT.  0,
 * or -1 after a message. */
int page_write(struct page_template *template, xmlDoc *document,
               const char *path);

#endif
