// SPDX-License-Identifier: MIT
/* draw_private.h - what the files of draw.h share. */
#ifndef SHOW_DRAW_PRIVATE_H
#define SHOW_DRAW_PRIVATE_H

#include "draw.h"
#include "page.h"

/* Add the wait-for graph of RECORDING to PARENT as an element `svg`; nothing
 * where nobody waits.  0, or -1 after a message. */
int draw_add_graph(const struct kit *kit, const json_t *recording,
                   xmlNode *parent);

/* Make the page or picture that grader/show/pages/TEMPLATE makes of DOCUMENT,
 * which is freed. */
int draw_write(const struct kit *kit, const char *template, xmlDoc *document,
               const char *path);

/* The string or the number MEMBER of OBJECT; "" or 0 where it has none. */
const char *draw_text(const json_t *object, const char *member);
long draw_number(const json_t *object, const char *member);
/* The item that INDEX says of the array MEMBER; NULL where there is none. */
json_t *draw_item(const json_t *object, const char *member,
                  const json_t *index);

#endif
