// SPDX-License-Identifier: MIT
/*
 * replay.c - draws recordings that are files, for tests/replay.sh.
 *
 *     replay html|svg FILE RECORDING.json [RECORDING.json]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "text.h"
#include "worker.h"

static json_t *load(char *const *paths)
{
    json_t *all = json_array();

    for (; *paths; paths++) {
        json_error_t error;
        json_t *recording = json_load_file(*paths, JSON_ALLOW_NUL, &error);
        if (recording == NULL) {
            (void)complain("%s: %s", *paths, error.text);
            json_decref(all);
            return NULL;
        }
        (void)json_array_append_new(all, recording);
    }
    return all;
}

int main(int argc, char *argv[])
{
    struct kit kit;

    if (argc < 4) {
        (void)fprintf(stderr, "usage: replay html|svg FILE RECORDING...\n");
        return 2;
    }
    json_t *recordings = load(argv + 3);
    if (recordings == NULL || kit_init(&kit) < 0)
        return 3;
    int status = worker_prepare();
    if (status == 0)
        status = strcmp(argv[1], "svg") == 0
                     ? draw_svg(&kit, json_array_get(recordings, 0), argv[2])
                     : draw_html(&kit, recordings, argv[2]);
    json_decref(recordings);
    kit_release(&kit);
    return status == 0 ? 0 : 3;
}
