// SPDX-License-Identifier: MIT
/* scenario.c - reads demo.yaml; see scenario.h. */
#include "scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "text.h"

#define FILE_MAX (1u << 20)

/* The file that is being read. */
struct reader {
    const char *path;
    yaml_document_t document;
};

static const char *scalar(const yaml_node_t *node)
{
    return node && node->type == YAML_SCALAR_NODE
               ? (const char *)node->data.scalar.value
               : NULL;
}

static int complain_at(const struct reader *reader, const yaml_node_t *node,
                       const char *what)
{
    return complain("%s:%zu: %s; see grader/show/scenario.h", reader->path,
                    node ? node->start_mark.line + 1 : 1, what);
}

static int read_ask(struct reader *reader, struct scenario *scenario,
                    const yaml_node_t *node)
{
    if (node == NULL || node->type != YAML_SEQUENCE_NODE)
        return complain_at(reader, node, "ask: a list of sentences is needed");
    for (yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        const char *text =
            scalar(yaml_document_get_node(&reader->document, *item));
        if (text)
            (void)json_array_append_new(scenario->ask, json_string(text));
    }
    return 0;
}

static int read_member(struct reader *reader, struct scenario *scenario,
                       const yaml_node_pair_t *pair)
{
    yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
    yaml_node_t *value = yaml_document_get_node(&reader->document, pair->value);
    const struct {
        const char *name;
        char **place;
    } strings[] = {
        {"name", &scenario->name},   {"title", &scenario->title},
        {"run", &scenario->run},     {"wrong", &scenario->wrong},
        {"right", &scenario->right}, {"shows", &scenario->shows},
    };
    const char *name = scalar(key), *text = scalar(value);

    if (name && strcmp(name, "ask") == 0)
        return read_ask(reader, scenario, value);
    for (size_t i = 0; name && text && i < LENGTH(strings); i++)
        if (strcmp(strings[i].name, name) == 0) {
            free(*strings[i].place);
            *strings[i].place = xstrdup(text);
            return 0;
        }
    return complain_at(reader, key, "not a member of a scenario");
}

static int read_scenario(struct reader *reader, struct scenarios *scenarios,
                         const yaml_node_t *node)
{
    struct scenario *scenario =
        grow(&scenarios->items, &scenarios->count, sizeof(*scenario));

    scenario->ask = json_array();
    if (node == NULL || node->type != YAML_MAPPING_NODE)
        return complain_at(reader, node, "not a scenario");
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++)
        if (read_member(reader, scenario, pair) < 0)
            return -1;
    if (scenario->name && scenario->title && scenario->run)
        return 0;
    return complain_at(reader, node, "name, title and run are needed");
}

static int read_all(struct reader *reader, struct scenarios *scenarios)
{
    const yaml_node_t *root = yaml_document_get_root_node(&reader->document);

    if (root == NULL || root->type != YAML_SEQUENCE_NODE)
        return complain_at(reader, root, "not a list of scenarios");
    for (yaml_node_item_t *item = root->data.sequence.items.start;
         item < root->data.sequence.items.top; item++)
        if (read_scenario(reader, scenarios,
                          yaml_document_get_node(&reader->document, *item)) < 0)
            return -1;
    return 0;
}

static int parse(struct scenarios *scenarios, const char *path,
                 const char *text, size_t size)
{
    struct reader reader = {.path = path};
    yaml_parser_t parser;

    if (!yaml_parser_initialize(&parser))
        return complain("%s: out of memory", path);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    int status =
        yaml_parser_load(&parser, &reader.document)
            ? read_all(&reader, scenarios)
            : complain("%s:%zu: %s", path, parser.problem_mark.line + 1,
                       parser.problem ? parser.problem : "cannot be read");
    if (parser.error == YAML_NO_ERROR)
        yaml_document_delete(&reader.document);
    yaml_parser_delete(&parser);
    return status;
}

int scenarios_read(struct scenarios *scenarios, const struct kit *kit,
                   const char *lab)
{
    char *path = kit_path(kit, "labs/%s/demo.yaml", lab);
    size_t size;
    char *text = read_file(AT_FDCWD, path, FILE_MAX, &size);
    int status = 0;

    *scenarios = (struct scenarios){0};
    if (text)
        status = parse(scenarios, path, text, size);
    else if (errno != ENOENT)
        status = complain("%s: %s", path, strerror(errno));
    if (status < 0)
        scenarios_release(scenarios);
    free(text);
    free(path);
    return status;
}

void scenarios_release(struct scenarios *scenarios)
{
    for (size_t i = 0; i < scenarios->count; i++) {
        struct scenario *scenario = &scenarios->items[i];
        json_decref(scenario->ask);
        free(scenario->name);
        free(scenario->title);
        free(scenario->run);
        free(scenario->wrong);
        free(scenario->right);
        free(scenario->shows);
    }
    free(scenarios->items);
    *scenarios = (struct scenarios){0};
}

const struct scenario *scenarios_find(const struct scenarios *scenarios,
                                      const char *name)
{
    for (size_t i = 0; i < scenarios->count; i++)
        if (strcmp(scenarios->items[i].name, name) == 0)
            return &scenarios->items[i];
    return NULL;
}
