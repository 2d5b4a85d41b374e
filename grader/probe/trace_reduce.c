// SPDX-License-Identifier: MIT
/*
 * trace_reduce.c - a log with all that strace can tell (-ttt -T -yy -k), made
 * one as the probe knows it.
 */
#include <ctype.h>
#include <string.h>

#include "base.h"
#include "trace_private.h"

/* Copy the rest of a line from P to TO without names and duration. */
static char *reduce_rest(char *to, const char *p)
{
    int depth = 0;

    for (char before = ' '; *p; before = p[-1]) {
        if (*p == '<' && isalnum((unsigned char)before) && p[1] != '<') {
            p = trace_skip_name(p);
        } else if (*p == '<' && before == ' ' && isdigit((unsigned char)p[1])) {
            p += strlen(p); /* how long the call took, at the end */
        } else {
            const char *next = trace_scan(p, &depth);
            while (p < next)
                *to++ = *p++;
        }
    }
    return to;
}

/* Copy LINE to TO, which does not lie behind it. */
static char *reduce_line(char *to, const char *line)
{
    const char *rest = line + strspn(line, "0123456789");

    if (rest > line && *rest == ' ') {
        rest += strspn(rest, " ");
        size_t time = strspn(rest, "0123456789.");
        to = mempcpy(to, line, strcspn(line, " "));
        *to++ = ' ';
        if (time > 0 && rest[time] == ' ')
            rest += time + 1;
    } else {
        rest = line;
    }
    return reduce_rest(to, rest);
}

size_t trace_reduce(char *text, size_t size)
{
    char *to = text, *rest = text, *end = text + size;

    while (rest < end) {
        char *line = rest, *newline = memchr(rest, '\n', (size_t)(end - rest));
        rest = newline ? newline + 1 : end;
        if (newline)
            *newline = '\0'; /* read_file() has put one behind the last */
        if (strncmp(line, " > ", 3) == 0)
            continue;
        to = reduce_line(to, line);
        if (newline)
            *to++ = '\n';
    }
    *to = '\0';
    return (size_t)(to - text);
}
