// SPDX-License-Identifier: MIT
/* draw.c - what all drawings need; see draw_private.h. */
#include <stdlib.h>

#include "draw_private.h"

const char *draw_text(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));

    return text ? text : "";
}

long draw_number(const json_t *object, const char *member)
{
    return (long)json_integer_value(json_object_get(object, member));
}

json_t *draw_item(const json_t *object, const char *member, const json_t *index)
{
    return json_is_integer(index)
               ? json_array_get(json_object_get(object, member),
                                (size_t)json_integer_value(index))
               : NULL;
}

int draw_write(const struct kit *kit, const char *template, xmlDoc *document,
               const char *path)
{
    char *name = kit_path(kit, "grader/show/pages/%s", template);
    struct page_template *made = page_template_new(name);
    int status = -1;

    if (made)
        status = page_write(made, document, path);
    else
        xmlFreeDoc(document);
    page_template_free(made);
    free(name);
    return status;
}
