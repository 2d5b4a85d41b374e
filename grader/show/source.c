// SPDX-License-Identifier: MIT
/* source.c - addresses to lines, by addr2line(1); see source.h. */
#include "source.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox.h"
#include "text.h"
#include "tool.h"

#define SOURCE_MAX (1u << 20)
#define FIND_S     20

static const struct process_limit limits[] = {
    {RLIMIT_CPU, FIND_S},
    {RLIMIT_AS, 1024UL * 1024 * 1024},
    {RLIMIT_FSIZE, 0},
    {RLIMIT_CORE, 0},
};

/* addr2line's answer, one line for each step that has an address; to be freed.
 * NULL after a message. */
static char *ask(const json_t *steps, const struct stage *stage,
                 const char *lab)
{
    struct sandbox sandbox = {.level = sandbox_best_level(NULL, 0),
                              .stage = stage->path};
    char *kit = xformat("kit/%s", lab), *answer = NULL;
    char *program = sandbox_path(&sandbox, kit);
    struct argv argv = {0};
    json_t *step;
    size_t i, size;

    argv_add_all(&argv,
                 (const char *const[]){"addr2line", "-e", program, NULL});
    json_array_foreach(steps, i, step)
    {
        json_int_t address =
            json_integer_value(json_object_get(step, "address"));
        if (address > 0) /* of the return, behind the call */
            argv_addf(&argv, "%#llx", (unsigned long long)address - 1);
    }
    const struct process process = {
        .argv = (const char *const *)argv.items,
        .wall_s = 3 * FIND_S,
        .limits = limits,
        .limit_count = LENGTH(limits),
        .output_max = 16u << 20,
    };
    if (argv.count > 3 && tool_run_alone(stage, (int)sandbox.level, &process,
                                         &answer, &size) != 0) {
        free(answer);
        answer = NULL;
    }
    argv_release(&argv);
    free(program);
    free(kit);
    return answer;
}

/* "DIRECTORY/pipe.c:55 (discriminator 2)" */
static void set_line(json_t *step, char *place)
{
    char *colon = strrchr(place, ':');
    long line = colon ? strtol(colon + 1, NULL, 10) : 0;

    if (line <= 0)
        return;
    *colon = '\0';
    char *slash = strrchr(place, '/');
    (void)json_object_set_new(step, "file",
                              json_string(slash ? slash + 1 : place));
    (void)json_object_set_new(step, "line", json_integer(line));
}

/* The text of LAB.c or main.c; to be freed, NULL for another FILE. */
static char *text_of(const char *file, const struct stage *stage,
                     const char *lab, const struct kit *kit)
{
    char *own = xformat("%s.c", lab), *path = NULL, *clean = NULL;
    size_t size;

    if (strcmp(file, own) == 0)
        path = xformat("%s/build/%s/%s", stage->path, lab, own);
    else if (strcmp(file, "main.c") == 0)
        path = kit_path(kit, "labs/%s/main.c", lab);
    char *text = path ? read_file(AT_FDCWD, path, SOURCE_MAX, &size) : NULL;
    if (text)
        clean = text_utf8(text, size);
    free(text);
    free(path);
    free(own);
    return clean;
}

void source_find(json_t *recording, const struct stage *stage, const char *lab,
                 const struct kit *kit)
{
    json_t *steps = json_object_get(recording, "steps"), *step;
    json_t *sources = json_object_get(recording, "sources");
    char *answer = ask(steps, stage, lab), *rest = answer;
    size_t i;

    json_array_foreach(steps, i, step)
    {
        if (json_object_get(step, "address") == NULL)
            continue;
        char *place = rest ? strsep(&rest, "\n") : NULL;
        (void)json_object_del(step, "address");
        if (place)
            set_line(step, place);
        const char *file = json_string_value(json_object_get(step, "file"));
        if (file == NULL || json_object_get(sources, file))
            continue;
        char *text = text_of(file, stage, lab, kit);
        if (text)
            (void)json_object_set_new(sources, file, json_string(text));
        free(text);
    }
    free(answer);
}
