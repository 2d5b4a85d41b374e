// SPDX-License-Identifier: MIT
/*
 * draw_html.c - the replay: one HTML file; see draw.h.
 *
 * Its style and its scripts are files of pages/, its recordings stand in it as
 * JSON.  The template puts these into `style` and `script` elements, where
 * nothing is escaped: so the JSON is ASCII without `<`, and the policy lets the
 * browser run only the scripts that have the hashes of ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "draw_private.h"
#include "result.h"
#include "text.h"

#define PART_MAX   (1024 * 1024)
#define LISTED_MAX 300 /* steps that are shown without JavaScript */

/* ---- Our own parts ------------------------------------------------------ */

/* grader/show/pages/NAME as the element ELEMENT; with its hash as browsers want
 * it, in the attribute HASH. */
static int add_part(const struct kit *kit, xmlNode *root, const char *element,
                    const char *name)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char digits[sodium_base64_ENCODED_LEN(crypto_hash_sha256_BYTES,
                                          sodium_base64_VARIANT_ORIGINAL)];
    char *path = kit_path(kit, "grader/show/pages/%s", name);
    char *text = read_file(AT_FDCWD, path, PART_MAX, NULL);
    int status = 0;

    if (text) {
        xmlNode *node = page_add(root, element);
        (void)crypto_hash_sha256(hash, (unsigned char *)text, strlen(text));
        (void)sodium_bin2base64(digits, sizeof(digits), hash, sizeof(hash),
                                sodium_base64_VARIANT_ORIGINAL);
        page_text(node, text);
        page_setf(node, "hash", "sha256-%s", digits);
    } else {
        status = complain("%s: %s; restore the file", path, strerror(errno));
    }
    free(text);
    free(path);
    return status;
}

static int add_parts(const struct kit *kit, xmlNode *root)
{
    static const char *const scripts[] = {"run.js", "timeline.js", "cards.js",
                                          "replay.js"};
    int status = add_part(kit, root, "style", "replay.css");

    for (size_t i = 0; status == 0 && i < LENGTH(scripts); i++)
        status = add_part(kit, root, "script", scripts[i]);
    return status;
}

/* ---- The recordings ----------------------------------------------------- */

/* JSON that can stand in a `script`: printable ASCII without `<`; what is not
 * is escaped, which only strings hold.  To be freed. */
static char *script_json(const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
    size_t count = 0;

    for (const char *c = text; c && *c; c++)
        count += *c == '<' || *c == '\x7f';
    char *safe = xcalloc(text ? strlen(text) + 5 * count + 1 : 1, 1);
    char *end = safe;
    for (const char *c = text; c && *c; c++)
        if (*c == '<' || *c == '\x7f') /* which jansson leaves as it is */
            end = stpcpy(end, *c == '<' ? "\\u003c" : "\\u007f");
        else
            *end++ = *c;
    free(text);
    return safe;
}

/* What is read without JavaScript: the head, and the first steps. */
static void add_listed(xmlNode *node, const json_t *recording)
{
    static const char *const members[] = {"line", "subject", "title", "ask",
                                          "end"};
    const json_t *steps = json_object_get(recording, "steps"), *step;
    size_t i;

    for (i = 0; i < LENGTH(members); i++)
        page_add_json(node, members[i], json_object_get(recording, members[i]));
    page_setf(node, "steps", "%zu", json_array_size(steps));
    json_array_foreach(steps, i, step)
    {
        if (i >= LISTED_MAX)
            break;
        const json_t *process =
            draw_item(recording, "processes", json_object_get(step, "process"));
        xmlNode *item = page_add(node, "step");
        page_set(item, "name", draw_text(process, "name"));
        page_setf(item, "pid", "%ld", draw_number(process, "pid"));
        page_text(item, draw_text(step, "text"));
    }
}

int draw_html(const struct kit *kit, const json_t *recordings, const char *path)
{
    const json_t *recording;
    xmlNode *root;
    xmlDoc *document = page_document("replay", &root);
    int status = add_parts(kit, root);
    size_t i;

    page_set(root, "kit", KIT_VERSION);
    json_array_foreach(recordings, i, recording)
    {
        xmlNode *node = page_add(root, "recording");
        page_setf(node, "n", "%zu", i);
        add_listed(node, recording);
        if (status == 0)
            status = draw_add_graph(kit, recording, node);
    }
    if (status < 0) {
        xmlFreeDoc(document);
        return -1;
    }
    char *json = script_json(recordings);
    page_add_text(root, "json", json);
    free(json);
    return draw_write(kit, "replay.xsl", document, path);
}
