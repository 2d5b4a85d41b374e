// SPDX-License-Identifier: MIT
/* repeat.c - a launch as a debugger can repeat it; see repeat.h. */
#include "repeat.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

bool repeat_is_wanted(void)
{
    return probe_setting()->repeat;
}

static json_t *base64(const char *data, size_t size)
{
    const int variant = sodium_base64_VARIANT_ORIGINAL;
    size_t room = sodium_base64_ENCODED_LEN(size, variant);
    char *text = xcalloc(room, 1);

    (void)sodium_bin2base64(text, room, (const unsigned char *)data, size,
                            variant);
    json_t *string = json_string(text);
    free(text);
    return string;
}

/* All that standard input had, in order. */
static json_t *input_of(const struct run *run)
{
    struct bytes first = run->options.input;
    size_t size = first.size + run->fed.size;
    char *data = xcalloc(size + 1, 1);

    if (first.size)
        memcpy(data, first.data, first.size);
    if (run->fed.size)
        memcpy(data + first.size, run->fed.data, run->fed.size);
    json_t *string = base64(data, size);
    free(data);
    return string;
}

static void put_redirections(FILE *out, const struct run *run)
{
    const struct launch_options *options = &run->options;
    const char *name = criterion_current_test->name;

    if (options->input_mode == INPUT_CLOSED)
        (void)fputs(" <&-", out);
    else if (options->input_mode == INPUT_NONE)
        (void)fputs(" </dev/null", out);
    else if (options->input_mode == INPUT_FILE)
        (void)fprintf(out, " <../%s.input", name);
    else if (options->input_mode == INPUT_HELD ||
             (options->input_mode == INPUT_FED && !run->input_ended))
        (void)fprintf(out, " < <(cat ../%s.input; exec sleep 1000)", name);
    else
        (void)fprintf(out, " < <(exec cat ../%s.input)", name);
    if (options->output_mode == OUTPUT_FULL)
        (void)fputs(" >/dev/full", out);
    else if (options->output_mode == OUTPUT_FILE)
        (void)fputs(" >output", out);
    else if (options->output_mode == OUTPUT_BROKEN)
        (void)fputs(" > >(exec true)", out);
    else if (options->output_mode == OUTPUT_HELD)
        (void)fputs(" > >(sleep 3; exec cat)", out);
    else if (options->output_bytes > 0)
        (void)fprintf(out, " > >(exec head -c %zu)", options->output_bytes);
}

/* The command line behind the program's name, for bash(1). */
static json_t *arguments_of(const struct run *run)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    for (char **arg = run->args; *arg; arg++) {
        char *word = text_shell_word(*arg);
        (void)fprintf(out, "%s%s", arg == run->args ? "" : " ", word);
        free(word);
    }
    put_redirections(out, run);
    (void)fclose(out);
    json_t *string = json_string(text);
    free(text);
    return string;
}

/* What env(1) is to set: signals, and variables for shim.c.  A delay until
 * there is a file has nobody here who makes that file. */
static json_t *env_of(const struct run *run, bool *shim)
{
    const struct launch_options *options = &run->options;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    story_signals(out, "--ignore-signal", options->ignored);
    story_signals(out, "--block-signal", options->blocked);
    (void)fflush(out);
    size_t before = size;
    if (options->short_io > 0)
        (void)fprintf(out, "IPCLAB_SHORT_IO=%d ", options->short_io);
    if (options->eintr_every > 0)
        (void)fprintf(out, "IPCLAB_EINTR_EVERY=%d ", options->eintr_every);
    if (options->delay && strstr(options->delay, "=@") == NULL) {
        char *word = shell_quote(options->delay);
        (void)fprintf(out, "IPCLAB_DELAY=%s ", word);
        free(word);
    }
    if (options->foreign) /* digits, letters and commas */
        (void)fprintf(out, "IPCLAB_FOREIGN=%s ", options->foreign);
    (void)fclose(out);
    *shim = size > before;
    json_t *string = json_string(text);
    free(text);
    return string;
}

/* What a debugger does not repeat. */
static json_t *missing_of(const struct run *run)
{
    const char *what = run->inject    ? "injects errors"
                       : run->missing ? "takes files away"
                       : run->options.delay && strstr(run->options.delay, "=@")
                           ? "holds the program at a call"
                           : NULL;

    return what ? json_string(what) : json_null();
}

json_t *repeat_launch(const struct run *run)
{
    bool shim;

    if (run == NULL || !repeat_is_wanted())
        return json_null();
    json_t *env = env_of(run, &shim);
    return json_pack("{s:o, s:o, s:b, s:b, s:o, s:s?, s:s?, s:o}", "arguments",
                     arguments_of(run), "env", env, "shim", (int)shim, "shared",
                     (int)(run->options.world != NULL), "input", input_of(run),
                     "umask", run->options.umask, "fifo", run->options.fifo,
                     "missing", missing_of(run));
}
