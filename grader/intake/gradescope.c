// SPDX-License-Identifier: MIT
/* gradescope.c - the metadata of an export; see gradescope.h. */
#include "gradescope.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "moment.h"

/* The text of the scalar NODE, or NULL. */
static const char *scalar(const yaml_node_t *node)
{
    return node && node->type == YAML_SCALAR_NODE
               ? (const char *)node->data.scalar.value
               : NULL;
}

/* The value of KEY in the mapping NODE, or NULL. */
static yaml_node_t *value_of(yaml_document_t *document, yaml_node_t *node,
                             const char *key)
{
    if (node == NULL || node->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const char *name = scalar(yaml_document_get_node(document, pair->key));
        if (name && strcmp(name, key) == 0)
            return yaml_document_get_node(document, pair->value);
    }
    return NULL;
}

/* Gradescope's keys are Ruby's symbols: the best that a submitter has. */
static const char *identify(yaml_document_t *document, yaml_node_t *submitter)
{
    static const char *const keys[] = {":sid", ":email", ":name"};

    for (size_t i = 0; i < LENGTH(keys); i++) {
        const char *text = scalar(value_of(document, submitter, keys[i]));
        if (text && *text)
            return text;
    }
    return NULL;
}

static void read_submission(struct gradescope *gradescope,
                            yaml_document_t *document, const char *folder,
                            yaml_node_t *node)
{
    yaml_node_t *people = value_of(document, node, ":submitters");
    const char *at = scalar(value_of(document, node, ":created_at"));

    if (people == NULL || people->type != YAML_SEQUENCE_NODE)
        return;
    struct submitted *item =
        grow(&gradescope->items, &gradescope->count, sizeof(*item));
    item->folder = xstrdup(folder);
    item->at = at ? moment_parse(at) : 0;
    for (yaml_node_item_t *person = people->data.sequence.items.start;
         person < people->data.sequence.items.top; person++) {
        const char *id =
            identify(document, yaml_document_get_node(document, *person));
        if (id)
            argv_add(&item->students, id);
    }
}

int gradescope_read(struct gradescope *gradescope, const char *text,
                    size_t size)
{
    yaml_parser_t parser;
    yaml_document_t document;

    *gradescope = (struct gradescope){0};
    if (!yaml_parser_initialize(&parser))
        return -1;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    int loaded = yaml_parser_load(&parser, &document);
    yaml_node_t *root = loaded ? yaml_document_get_root_node(&document) : NULL;
    if (root && root->type == YAML_MAPPING_NODE)
        for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
             pair < root->data.mapping.pairs.top; pair++) {
            const char *folder =
                scalar(yaml_document_get_node(&document, pair->key));
            if (folder)
                read_submission(gradescope, &document, folder,
                                yaml_document_get_node(&document, pair->value));
        }
    if (loaded)
        yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    return gradescope->count > 0 ? 0 : -1;
}

void gradescope_release(struct gradescope *gradescope)
{
    for (size_t i = 0; i < gradescope->count; i++) {
        free(gradescope->items[i].folder);
        argv_release(&gradescope->items[i].students);
    }
    free(gradescope->items);
    *gradescope = (struct gradescope){0};
}

const struct submitted *gradescope_find(const struct gradescope *gradescope,
                                        const char *folder)
{
    for (size_t i = 0; i < gradescope->count; i++)
        if (strcmp(gradescope->items[i].folder, folder) == 0)
            return &gradescope->items[i];
    return NULL;
}
