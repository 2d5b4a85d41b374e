// SPDX-License-Identifier: MIT
/* model_steps.c - steps in words, and strace's arguments; model_private.h. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"
#include "trace_private.h"

#define ARG_MAX_SIZE 8192

/* ---- Words -------------------------------------------------------------- */

static char *vformat(const char *format, va_list list)
{
    char *text = NULL;

    return vasprintf(&text, format, list) < 0 ? xstrdup("") : text;
}

void step_text(struct now *now, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    free(now->step.text);
    now->step.text = vformat(format, list);
    va_end(list);
}

const char *step_error(const char *name)
{
    static char text[160];

    /* What strace has for calls that a signal broke off, in the words of
     * signal(7). */
    if (strncmp(name, "ERESTART", 8) == 0)
        return "interrupted by a signal";
    for (int error = 1; error < 134; error++) {
        const char *known = strerrorname_np(error);
        if (known && strcmp(known, name) == 0) {
            (void)snprintf(text, sizeof(text), "%s, %s", name,
                           strerrordesc_np(error));
            return text;
        }
    }
    return name;
}

void step_result(struct now *now, const char *format, ...)
{
    va_list list;

    if (now->begins) {
        va_start(list, format);
        va_end(list);
        return; /* a wait has none */
    }
    va_start(list, format);
    char *result = now->event->error ? xstrdup(step_error(now->event->error))
                                     : vformat(format, list);
    va_end(list);
    if (*result) {
        char *whole = xformat("%s: %s", now->step.text, result);
        free(now->step.text);
        now->step.text = whole;
    }
    free(result);
}

bool is_success(const struct now *now)
{
    return !now->begins && now->event->error == NULL;
}

bool is_own(const struct now *now)
{
    return now->model->processes[now->leader].own;
}

uint64_t signal_bit(int number)
{
    return number > 0 && number <= 64 ? 1ull << (number - 1) : 0;
}

const char *step_who(const struct model *model, int index)
{
    static char text[80];
    const struct process *process = &model->processes[index];
    pid_t pid = model->trace->processes[index].pid;
    const char *name = process->name_count > 0
                           ? process->names[process->name_count - 1].name
                           : "process";

    if (pid > 0)
        (void)snprintf(text, sizeof(text), "%.40s %d", name, (int)pid);
    else
        (void)snprintf(text, sizeof(text), "%.40s", name);
    return text;
}

/* ---- Arguments ---------------------------------------------------------- */

/* Argument N from trace_arg(), in a buffer of its own; NULL if there is none.
 */
static const char *arg(const struct now *now, int n)
{
    static char buffer[ARG_MAX_SIZE];

    return trace_arg(now->event, n, buffer, sizeof(buffer));
}

long arg_number(const struct now *now, int n)
{
    const char *text = arg(now, n);
    char *end;

    if (text == NULL)
        return -1;
    text += *text == '[';
    long value = strtol(text, &end, 0);
    return end == text ? -1 : value;
}

int text_fd(const char *text, char *name, size_t size, const char **end)
{
    char *behind;
    long fd = strtol(text, &behind, 10);
    size_t length;

    *name = '\0';
    if (end)
        *end = behind;
    if (behind == text || fd < 0)
        return -1;
    if (*behind != '<')
        return (int)fd;
    const char *p = trace_skip_name(behind);
    length = (size_t)(p - behind) - (p[-1] == '>' ? 2 : 1);
    if (length > size - 1)
        length = size - 1;
    memcpy(name, behind + 1, length);
    name[length] = '\0';
    if (end)
        *end = p;
    return (int)fd;
}

int arg_fd(const struct now *now, int n, char *name, size_t size)
{
    const char *text = arg(now, n);

    *name = '\0';
    return text ? text_fd(text, name, size, NULL) : -1;
}

bool arg_directory(const struct now *now, char *name, size_t size)
{
    const char *text = arg(now, 0), *open = text ? strchr(text, '<') : NULL;

    if (open == NULL)
        return false;
    size_t length = strcspn(open + 1, ">");
    if (length >= size)
        return false;
    memcpy(name, open + 1, length);
    name[length] = '\0';
    return true;
}

void result_name(const struct now *now, char *name, size_t size)
{
    /* The parser has cut ARGS at its closing bracket; the result follows. */
    const char *p = now->event->args + strlen(now->event->args) + 1;

    *name = '\0';
    p += strspn(p, " ");
    if (*p == '=')
        (void)text_fd(p + 1 + strspn(p + 1, " "), name, size, NULL);
}

/* The string at TEXT, without its quotes, to be freed; NULL if it is none. */
static char *quoted(const char *text)
{
    int depth = 0;

    if (*text != '"')
        return NULL;
    const char *end = trace_scan(text, &depth);
    if (end > text + 1 && end[-1] == '"')
        end--;
    return xstrndup(text + 1, (size_t)(end - text - 1));
}

char *arg_string(const struct now *now, int n)
{
    const char *text = arg(now, n);

    return text ? quoted(text) : NULL;
}

char *arg_strings(const struct now *now, const char *key)
{
    char *all = xstrdup("");

    for (const char *p = strstr(now->event->args, key); p;
         p = strstr(p + 1, key)) {
        char *part = quoted(p + strlen(key));
        if (part == NULL)
            continue;
        char *longer = xformat("%s%s", all, part);
        free(part);
        free(all);
        all = longer;
    }
    return all;
}

bool arg_has(const struct now *now, int n, const char *word)
{
    const char *text = n < 0 ? now->event->args : arg(now, n);

    return text && strstr(text, word);
}
