// SPDX-License-Identifier: MIT
/* debug_script.c - what gdb is told; see debug_script.h. */
#include "debug_script.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "debug.h"

#define SOURCE_MAX (1024 * 1024)

/* ---- Where to stop ------------------------------------------------------- */

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The function that LINE, in the house style, begins to define; NULL if it does
 * not.  To be freed. */
static char *function_of(const char *line, size_t size)
{
    const char *open = memchr(line, '(', size);
    const char *end = open;

    if (!is_name(line[0]) || open == NULL || memchr(line, ';', size) ||
        memchr(line, '=', size) || strncmp(line, "static", 6) == 0)
        return NULL;
    while (end > line && is_name(end[-1]))
        end--;
    /* "name(" alone would be a macro. */
    return end == line || end == open ? NULL
                                      : xstrndup(end, (size_t)(open - end));
}

void debug_functions(struct argv *names, const char *source, const char *step)
{
    char *begin = xformat("TODO(%s)", step), *stop = xformat("END(%s)", step);
    const char *line = strstr(source, begin);

    while (line && *line) {
        size_t size = strcspn(line, "\n");
        if (memmem(line, size, stop, strlen(stop)))
            break;
        char *name = function_of(line, size);
        if (name)
            argv_add(names, name);
        free(name);
        line += size;
        line += *line == '\n';
    }
    free(stop);
    free(begin);
}

static void put_breakpoints(FILE *out, const struct debug *debug)
{
    char *path = kit_path(debug->kit, "labs/%s/skeleton.c", debug->lab);
    char *source = read_file(AT_FDCWD, path, SOURCE_MAX, NULL);
    struct argv names = {0};

    if (source && debug->test->step)
        debug_functions(&names, source, debug->test->step);
    if (names.count == 0)
        argv_add(&names, "main");
    for (size_t i = 0; i < names.count; i++)
        (void)fprintf(out, "tbreak %s\n", names.items[i]);
    argv_release(&names);
    free(source);
    free(path);
}

/* ---- The script ---------------------------------------------------------- */

/* Which process gdb follows, and how to change that. */
static const char follow[] =
    "set follow-fork-mode parent\n"
    "set detach-on-fork on\n"
    "define parent\n"
    "set follow-fork-mode parent\n"
    "set detach-on-fork on\n"
    "set schedule-multiple off\n"
    "end\n"
    "document parent\n"
    "At a fork follow the parent; the child runs on by itself.\n"
    "end\n"
    "define child\n"
    "set follow-fork-mode child\n"
    "set detach-on-fork on\n"
    "set schedule-multiple off\n"
    "end\n"
    "document child\n"
    "At a fork follow the child; the parent runs on by itself.\n"
    "end\n"
    "define both\n"
    "set follow-fork-mode parent\n"
    "set detach-on-fork off\n"
    "set schedule-multiple on\n"
    "end\n"
    "document both\n"
    "Keep all processes: info inferiors, inferior 2, thread apply all bt.\n"
    "end\n";

/* Signals that IPC programs live with: gdb passes them on, and does not stop.
 */
static const char signals[] =
    "handle SIGPIPE SIGUSR1 SIGUSR2 SIG34 nostop noprint pass\n";

char *debug_search_path(const struct debug *debug)
{
    const char *root = debug->kit->root, *path = getenv("PATH");

    return xformat("%s/build/grader/bin:%s/build/bin:%s", root, root,
                   path ?: "/usr/bin:/bin");
}

static void put_environment(FILE *out, const struct debug *debug)
{
    const struct grade_launch *launch = &debug->test->launch;
    char *shim = kit_path(debug->kit, "build/grader/shim.so");
    char *word = shell_quote(shim), *path = debug_search_path(debug);

    (void)fprintf(out, "set environment PATH %s\n", path);
    if (launch->env && *launch->env)
        (void)fprintf(out, "set exec-wrapper env %s%s%s\n", launch->env,
                      launch->shim ? "LD_PRELOAD=" : "",
                      launch->shim ? word : "");
    free(path);
    free(word);
    free(shim);
}

char *debug_script(const struct debug *debug)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    (void)fprintf(out,
                  "# make debug LAB=%s TEST=%s\n"
                  "file \"%s\"\n"
                  "set cwd %s\n"
                  "set startup-with-shell on\n"
                  "set args %s\n",
                  debug->lab, debug->test->name, debug->program,
                  debug->directory, debug->test->launch.arguments);
    put_environment(out, debug);
    (void)fputs(signals, out);
    (void)fputs(follow, out);
    put_breakpoints(out, debug);
    (void)fputs("run\n", out);
    (void)fclose(out);
    return text;
}
