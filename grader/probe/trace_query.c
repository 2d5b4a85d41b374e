// SPDX-License-Identifier: MIT
/*
 * trace_query.c - questions that tests and the autopsy ask a trace, and the
 * words of strace's language that the parser needs, too.
 */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "trace_private.h"

int trace_signal_number(const char *name)
{
    if (strncmp(name, "SIGRT_", 6) == 0) /* what the kernel calls SIGRTMIN+n */
        return 32 + (int)strtol(name + 6, NULL, 10);
    if (strncmp(name, "SIGRTMIN", 8) == 0)
        return 32;
    for (int number = 1; number < 32; number++) {
        const char *known = sigabbrev_np(number);
        size_t length = known ? strlen(known) : 0;

        if (known != NULL && strncmp(name, "SIG", 3) == 0 &&
            strncmp(name + 3, known, length) == 0 &&
            strchr(" ,})", name[3 + length]) != NULL)
            return number;
    }
    return 0;
}

const char *trace_scan(const char *p, int *depth)
{
    if (*p == '"') {
        for (p++; *p != '\0' && *p != '"'; p++)
            if (*p == '\\' && p[1] != '\0')
                p++;
        return *p ? p + 1 : p;
    }
    if (p[0] == '/' && p[1] == '*') {
        const char *end = strstr(p + 2, "*/");

        return end ? end + 2 : p + strlen(p);
    }
    if (strchr("([{", *p) != NULL)
        ++*depth;
    else if (strchr(")]}", *p) != NULL)
        --*depth;
    return p + 1;
}

const char *trace_skip_name(const char *p)
{
    int pairs = 0, brackets = 0;

    do {
        brackets += (*p == '[') - (*p == ']');
        if (brackets <= 0)
            pairs += (*p == '<') - (*p == '>');
        p++;
    } while (pairs > 0 && *p);
    return p;
}

long trace_number_after(const char *args, const char *key)
{
    const char *found = strstr(args, key);

    if (found == NULL)
        return -1;
    found += strlen(key);
    return *found >= '0' && *found <= '9' ? strtol(found, NULL, 10) : -1;
}

void trace_free(struct trace *trace)
{
    if (trace == NULL)
        return;
    free(trace->events);
    free(trace->processes);
    free(trace->text);
    free(trace);
}

size_t trace_find(const struct trace *trace, size_t from, const char *names,
                  int process)
{
    for (size_t i = from; i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];

        if (event->kind == TRACE_CALL &&
            (process == -1 || event->process == process) &&
            (names == NULL || list_holds(names, ',', event->name)))
            return i;
    }
    return trace->event_count;
}

size_t trace_count(const struct trace *trace, const char *names, int process)
{
    size_t count = 0;

    for (size_t i = 0; i < trace->event_count; i++) {
        i = trace_find(trace, i, names, process);
        if (i < trace->event_count && trace->events[i].finished &&
            trace->events[i].error == NULL)
            count++;
    }
    return count;
}

bool trace_before(const struct trace_event *a, const struct trace_event *b)
{
    return a->ended != TRACE_NEVER && a->ended < b->begun;
}

const char *trace_arg(const struct trace_event *event, int n, char *buffer,
                      size_t size)
{
    const char *begin = event->args;
    const char *end = begin;
    int depth = 0;

    while (*end != '\0' && (n > 0 || *end != ',' || depth > 0)) {
        bool comma = *end == ',' && depth == 0;

        end = trace_scan(end, &depth);
        if (comma) {
            begin = end;
            n--;
        }
    }
    while (begin < end && *begin == ' ')
        begin++;
    while (begin < end && end[-1] == ' ')
        end--;
    if (n != 0 || begin == end || size == 0)
        return NULL;
    size_t length = (size_t)(end - begin);
    if (length > size - 1)
        length = size - 1;
    memcpy(buffer, begin, length);
    buffer[length] = '\0';
    return buffer;
}

/* Whether EVENT has made the process at INDEX, or waited for it. */
static bool is_about(const struct trace *trace, const struct trace_event *event,
                     size_t index)
{
    const struct trace_process *process = &trace->processes[index];

    return event->kind == TRACE_CALL && process->pid > 0 &&
           event->process == process->parent && event->result == process->pid &&
           list_holds("clone,clone3,fork,vfork,wait4", ',', event->name);
}

static void forget_events(struct trace *trace, int index)
{
    size_t kept = 0;

    for (size_t i = 0; i < trace->event_count; i++) {
        struct trace_event event = trace->events[i];
        if (event.process == index || is_about(trace, &event, (size_t)index))
            continue;
        event.process -= event.process > index;
        trace->events[kept++] = event;
    }
    trace->event_count = kept;
}

static void forget_process(struct trace *trace, int index)
{
    forget_events(trace, index);
    trace->process_count--;
    for (size_t i = (size_t)index; i < trace->process_count; i++)
        trace->processes[i] = trace->processes[i + 1];
    for (size_t i = 0; i < trace->process_count; i++) {
        struct trace_process *process = &trace->processes[i];
        process->parent -= process->parent > index;
        process->leader -= process->leader > index;
    }
}

void trace_forget(struct trace *trace, const char *ending)
{
    size_t length = strlen(ending);

    for (size_t i = trace->process_count; i-- > 0;) {
        const char *path = trace->processes[i].program;
        size_t size = path ? strlen(path) : 0;
        if (size >= length && strcmp(path + size - length, ending) == 0)
            forget_process(trace, (int)i);
    }
}

int trace_process_by_pid(const struct trace *trace, pid_t pid)
{
    for (size_t i = 0; i < trace->process_count; i++)
        if (pid > 0 && trace->processes[i].pid == pid)
            return (int)i;
    return -1;
}

static bool is_unwaited(const struct trace *trace,
                        const struct trace_process *process)
{
    if (process->parent < 0 || process->thread || process->pid == 0 ||
        !process->own_child || process->waited_for || process->reaped_by_kernel)
        return false;
    int parent = trace->processes[process->parent].leader;
    return process->ended || trace->processes[parent].ended;
}

size_t trace_unwaited(const struct trace *trace, size_t from)
{
    while (from < trace->process_count &&
           !is_unwaited(trace, &trace->processes[from]))
        from++;
    return from < trace->process_count ? from : trace->process_count;
}

static bool arms_timer(const struct trace_event *event)
{
    if (event->error != NULL)
        return false;
    if (strcmp(event->name, "alarm") == 0) /* alarm(0) disarms */
        return strcmp(event->args, "0") != 0;
    if (strcmp(event->name, "setsockopt") == 0)
        return strstr(event->args, "SO_RCVTIMEO") != NULL ||
               strstr(event->args, "SO_SNDTIMEO") != NULL;
    return list_holds("setitimer,timer_create,timerfd_settime", ',',
                      event->name);
}

bool trace_has_timer(const struct trace *trace)
{
    for (size_t i = 0; i < trace->event_count; i++)
        if (trace->events[i].kind == TRACE_CALL &&
            arms_timer(&trace->events[i]))
            return true;
    return false;
}

size_t trace_deliveries(const struct trace *trace, pid_t pid, int signal)
{
    size_t count = 0;

    for (size_t i = 0; i < trace->event_count; i++) {
        const struct trace_event *event = &trace->events[i];
        const struct trace_process *process = &trace->processes[event->process];
        count += event->kind == TRACE_SIGNAL && event->result == signal &&
                 trace->processes[process->leader].pid == pid;
    }
    return count;
}

const struct trace_event *trace_stop(const struct trace *trace, pid_t pid)
{
    for (size_t i = trace->event_count; i-- > 0;) {
        const struct trace_event *event = &trace->events[i];
        const struct trace_process *process = &trace->processes[event->process];
        if (event->kind == TRACE_STOPPED && process->pid == pid &&
            process->stopped)
            return event;
    }
    return NULL;
}

bool trace_is_stopped(const struct trace *trace, pid_t host_pid)
{
    for (size_t i = trace->process_count; i-- > 0;)
        if (trace->processes[i].host_pid == host_pid)
            return trace->processes[i].stopped;
    return false;
}

char *trace_handler_fault(const struct trace *trace, const char *kind)
{
    char *begin = xformat("-1, \"ipclab: %s ", kind), *found = NULL;
    size_t size = strlen(begin);

    for (size_t i = trace_find(trace, 0, "openat", -1);
         found == NULL && i < trace->event_count;
         i = trace_find(trace, i + 1, "openat", -1)) {
        const char *args = trace->events[i].args;
        if (strncmp(args, begin, size) == 0)
            found =
                xformat("%.*s", (int)strcspn(args + size, "\""), args + size);
    }
    free(begin);
    return found;
}
