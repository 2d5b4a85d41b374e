// SPDX-License-Identifier: MIT
/* layout.c - lines of a terminal report; see layout.h. */
#include "layout.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base.h"
#include "text.h"

#define WIDTH_MAX 80
#define WIDTH_MIN 40

static const char *const escapes[] = {
    [PLAIN] = "",       [BOLD] = "\033[1m",   [DIM] = "\033[2m",
    [RED] = "\033[31m", [GREEN] = "\033[32m", [YELLOW] = "\033[33m",
};

void report_init(struct report *report, FILE *out)
{
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
    struct winsize size;
    bool terminal = isatty(fileno(out));

    *report = (struct report){.out = out, .width = WIDTH_MAX};
    report->terminal = terminal && !(term && strcmp(term, "dumb") == 0);
    report->colour = report->terminal && !(no_colour && *no_colour);
    if (terminal && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 &&
        size.ws_col > 0 && size.ws_col < WIDTH_MAX)
        report->width = size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col;
}

static void put(const struct report *report, enum colour colour,
                const char *text, size_t size)
{
    bool coloured = report->colour && colour != PLAIN;

    (void)fprintf(report->out, "%s%.*s%s", coloured ? escapes[colour] : "",
                  (int)size, text, coloured ? "\033[0m" : "");
}

void layout_cell(const struct report *report, enum colour colour,
                 const char *text, int columns)
{
    char *visible = text_visible(text);
    int used = (int)text_columns(visible, strlen(visible));

    put(report, colour, visible, strlen(visible));
    (void)fprintf(report->out, "%*s", used < columns ? columns - used : 0, "");
    free(visible);
}

size_t layout_fitting(const char *text, int columns)
{
    size_t size = strlen(text), end = 0, space = 0;
    int used = 0;

    while (end < size) {
        size_t step = text_step(text + end, size - end);
        used += (int)text_columns(text + end, step);
        if (text[end] == ' ')
            space = end;
        if (used > columns)
            return space ? space : end ? end : step;
        end += step;
    }
    return size;
}

static void start_block(const struct report *report, int indent,
                        const char *label)
{
    (void)fprintf(report->out, "%*s", indent, "");
    if (label)
        layout_cell(report, DIM, label, LABEL_WIDTH);
}

void layout_block(const struct report *report, int indent, const char *label,
                  const char *text)
{
    char *visible = text_visible(text);
    int column = indent + (label ? LABEL_WIDTH : 0);
    const char *rest = visible;

    start_block(report, indent, label);
    do {
        size_t size = layout_fitting(rest, report->width - column);
        if (rest != visible)
            (void)fprintf(report->out, "%*s", column, "");
        (void)fprintf(report->out, "%.*s\n", (int)size, rest);
        rest += size;
        rest += strspn(rest, " ");
    } while (*rest);
    free(visible);
}

void layout_command(const struct report *report, int indent, const char *label,
                    const char *text)
{
    char *visible = text_visible(text);

    start_block(report, indent, label);
    (void)fprintf(report->out, "%s\n", visible);
    free(visible);
}

void layout_lines(const struct report *report, int indent, const char *label,
                  const char *text)
{
    char *copy = xstrdup(text), *rest = copy, *line;

    while ((line = strsep(&rest, "\n")) != NULL) {
        if (*line == '\0' && rest == NULL)
            break; /* after the last newline */
        layout_block(report, indent, label, line);
        label = "";
    }
    free(copy);
}
