// SPDX-License-Identifier: MIT
/* story.c - a run told to a reader: its command line, and how it ended. */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "run.h"

/* Bytes that a printf(1) command can be given on one line. */
#define PRINTABLE_MAX 60
/* Bytes of an argument that are shown. */
#define WORD_MAX 400

static void print_bytes(FILE *out, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        if (c == '\n')
            (void)fputs("\\n", out);
        else if (c == '\'' || c == '\\' || c == '%' || !isprint(c))
            (void)fprintf(out, "\\%03o", c);
        else
            (void)fputc(c, out);
    }
}

/* What standard input had, and whether it was left open. */
static void print_input(FILE *out, const struct run *run)
{
    enum input_mode mode = run->options.input_mode;
    struct bytes input = run->options.input;
    struct bytes fed = {run->fed.data, run->fed.size};
    bool open = mode == INPUT_HELD || (mode == INPUT_FED && !run->input_ended);

    if (mode == INPUT_NONE || mode == INPUT_CLOSED)
        return;
    if (mode == INPUT_FILE)
        return; /* see print_redirections() */
    if (input.size + fed.size == 0) {
        (void)fputs(open ? "sleep 1000 | " : ": | ", out);
        return;
    }
    (void)fputs(open ? "(" : "", out);
    if (input.size + fed.size > PRINTABLE_MAX)
        (void)fprintf(out, "[%zu bytes]", input.size + fed.size);
    else {
        (void)fputs("printf '", out);
        print_bytes(out, input);
        print_bytes(out, fed);
        (void)fputs("'", out);
    }
    (void)fputs(open ? "; sleep 1000) | " : " | ", out);
}

void story_signals(FILE *out, const char *option, unsigned long long signals)
{
    char between = '=';

    if (signals == 0)
        return;
    (void)fprintf(out, "%s", option);
    for (int signal = 1; signal <= 64; signal++) {
        if (!(signals & SIGNAL_BIT(signal)))
            continue;
        const char *name = sigabbrev_np(signal);
        if (name)
            (void)fprintf(out, "%c%s", between, name);
        else
            (void)fprintf(out, "%c%d", between, signal);
        between = ',';
    }
    (void)fputc(' ', out);
}

/* A shell can ignore signals for a command but not block them: env(1) can. */
static void print_start(FILE *out, const struct run *run)
{
    if (run->options.ignored || run->options.blocked)
        (void)fputs("env ", out);
    story_signals(out, "--ignore-signal", run->options.ignored);
    story_signals(out, "--block-signal", run->options.blocked);
    (void)fputs(probe_setting()->lab, out);
}

static void print_conditions(FILE *out, const struct run *run)
{
    const struct launch_options *options = &run->options;

    if (run->inject)
        (void)fprintf(out, "  # %s injected", run->inject);
    if (run->missing)
        (void)fprintf(out, "  # without %s", run->missing);
    if (options->short_io > 0)
        (void)fprintf(out, "  # at most %d bytes a read, %d a write",
                      options->short_io, (options->short_io + 1) / 2);
    if (options->eintr_every > 0)
        (void)fprintf(out, "%s one call in %d interrupted (EINTR)",
                      options->short_io > 0 ? "," : "  #",
                      options->eintr_every);
    if (options->umask)
        (void)fprintf(out, "  # umask %s", options->umask);
    if (options->delay)
        (void)fprintf(out, "  # delayed (ms, or by a file): %s",
                      options->delay);
    if (options->watch_handlers)
        (void)fprintf(out, "  # its signal handlers are watched");
    if (options->foreign)
        (void)fprintf(out, "  # somebody else's: %s", options->foreign);
}

/* A word as the shell takes it; a long one is cut, for a reader. */
static void print_word(FILE *out, const char *word)
{
    size_t size = strlen(word);
    char *quoted = shell_quote(word);

    if (size <= WORD_MAX)
        (void)fprintf(out, " %s", quoted);
    else
        (void)fprintf(out, " [%zu bytes: %.16s...]", size, quoted);
    free(quoted);
}

char *run_shell(const struct run *run)
{
    char *line = NULL;
    size_t size;
    FILE *out = open_memstream(&line, &size);

    print_input(out, run);
    print_start(out, run);
    for (char **arg = run->args; *arg; arg++)
        print_word(out, *arg);
    if (run->options.input_mode == INPUT_CLOSED)
        (void)fputs(" <&-", out);
    else if (run->options.input_mode == INPUT_NONE)
        (void)fputs(" </dev/null", out);
    else if (run->options.input_mode == INPUT_FILE)
        (void)fprintf(out, " <[%zu bytes]", run->options.input.size);
    if (run->options.output_mode == OUTPUT_FULL)
        (void)fputs(" >/dev/full", out);
    else if (run->options.output_mode == OUTPUT_FILE)
        (void)fputs(" >output", out);
    else if (run->options.output_mode == OUTPUT_BROKEN)
        (void)fputs(" | true", out);
    else if (run->options.output_bytes > 0)
        (void)fprintf(out, " | head -c %zu", run->options.output_bytes);
    print_conditions(out, run);
    (void)fclose(out);
    return line;
}

static const char *const stories[] = {
    [RUN_RUNNING] = "still runs",
    [RUN_DEADLOCKED] = "is deadlocked: no process can ever go on",
    [RUN_BLOCKED] = "is blocked: every process sleeps and nothing moves",
    [RUN_SPINNING] = "spins or polls: it is busy, and nothing comes of it",
    [RUN_SLOW] = "is too slow: it was still at work when its time was up",
    [RUN_FLOODED] = "floods its output: it wrote more than 16 MiB",
    [RUN_GREEDY] = "takes too much: over 384 MiB of memory or 120 processes",
};

char *run_story(const struct run *run)
{
    if (run->end == RUN_EXITED)
        return xformat("exited with status %d", WEXITSTATUS(run->status));
    if (run->end == RUN_SIGNALED && run->was_killed)
        return xstrdup("was ended by the test (SIGKILL)");
    if (run->end == RUN_SIGNALED)
        return xformat("was killed by SIG%s",
                       sigabbrev_np(WTERMSIG(run->status)) ?: "?");
    return xstrdup(stories[run->end]);
}
