// SPDX-License-Identifier: MIT
/*
 * trace.c - from the lines of a log to events; see trace.h.
 *
 * Each line is "PID  REST".  A call that another process's line interrupts is
 * logged in two parts, "name(args <unfinished ...>" and "<... name resumed>":
 * each task has at most one such call pending.
 */
#include "trace.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "trace_private.h"

static size_t slot_of(const struct trace_log *log, pid_t host_pid)
{
    size_t mask = log->slot_count - 1;
    size_t slot = (uint32_t)host_pid * UINT32_C(2654435761) & mask;

    while (log->slots[slot] != 0 &&
           log->tasks[log->slots[slot] - 1].process.host_pid != host_pid)
        slot = (slot + 1) & mask;
    return slot;
}

int trace_task_find(const struct trace_log *log, pid_t host_pid)
{
    return log->slots[slot_of(log, host_pid)] - 1;
}

static void slots_grow(struct trace_log *log)
{
    free(log->slots);
    log->slot_count = log->slot_count ? 2 * log->slot_count : 64;
    log->slots = xcalloc(log->slot_count, sizeof(*log->slots));
    for (size_t i = 0; i < log->task_count; i++) {
        pid_t host_pid = log->tasks[i].process.host_pid;

        log->slots[slot_of(log, host_pid)] = (int)i + 1;
    }
}

/* The task that a line of HOST_PID belongs to; one that has ended leaves its
 * number to a new one. */
static int task_get(struct trace_log *log, pid_t host_pid, size_t line)
{
    int found = trace_task_find(log, host_pid);

    if (found >= 0 && log->tasks[found].end_line == TRACE_NEVER)
        return found;
    struct trace_task *task =
        grow(&log->tasks, &log->task_count, sizeof(*task));
    int index = (int)log->task_count - 1;

    task->process.host_pid = host_pid;
    task->process.parent = -1;
    task->process.leader = index;
    task->process.exit_status = -1;
    task->first_line = line;
    task->end_line = TRACE_NEVER;
    task->pending = TRACE_NEVER;
    task->fork = -1;
    log->slots[slot_of(log, host_pid)] = index + 1;
    if (2 * log->task_count > log->slot_count)
        slots_grow(log);
    return index;
}

/* The result behind the bracket at P ("   = 3"), or NULL. */
static char *result_behind(char *p)
{
    p += 1 + strspn(p + 1, " ");
    return p[0] == '=' && p[1] == ' ' ? p + 2 : NULL;
}

/* The bracket that ends ARGS, or NULL.  Where brackets do not match, it is
 * the last one with a result behind it. */
static char *find_close(char *args)
{
    int depth = 0;

    for (const char *p = args; *p != '\0';) {
        const char *next = trace_scan(p, &depth);

        if (depth < 0)
            return *p == ')' ? args + (p - args) : NULL;
        p = next;
    }
    for (char *p = args + strlen(args); p-- > args;)
        if (*p == ')' && result_behind(p) != NULL)
            return p;
    return NULL;
}

/* Cut STRING behind its first word. */
static const char *first_word(char *string)
{
    string[strcspn(string, " ")] = '\0';
    return string;
}

/* The microseconds in "1795797313.420005", 0 if TEXT does not begin so; *END is
 * behind it. */
static int64_t parse_time(char *text, char **end)
{
    char *point;
    int64_t seconds = strtoll(text, &point, 10);

    *end = text;
    if (point == text || *point != '.' || strspn(point + 1, "0123456789") != 6)
        return 0;
    return seconds * 1000000 + strtoll(point + 1, end, 10);
}

/* How long a call took, "<0.000093>" at the end of TEXT; 0 if it is not said.
 */
static int64_t parse_duration(char *text)
{
    char *last = strrchr(text, '<'), *end;

    return last ? parse_time(last + 1, &end) : 0;
}

/* TEXT is what stands behind "= ". */
static void parse_result(struct trace_event *event, char *text, size_t line)
{
    char *end;

    if (event->ended_us == 0 && event->begun_us > 0)
        event->ended_us = event->begun_us + parse_duration(text);
    event->injected = strstr(text, "(INJECTED)") != NULL;
    event->delayed = strstr(text, "(DELAYED)") != NULL;
    if (strncmp(text, "-1 E", 4) == 0 || strncmp(text, "? E", 3) == 0) {
        event->result = -1;
        event->error = first_word(strchr(text, 'E'));
    } else if (strncmp(text, "-1 (errno ", 10) == 0) {
        event->result = -1;
        text[strcspn(text, ")")] = '\0';
        event->error = text + 4;
    } else {
        event->result = text[0] == '-' ? strtol(text, &end, 0)
                                       : (long)strtoul(text, &end, 0);
        if (end == text) /* "?": it never returned */
            return;
    }
    event->finished = true;
    event->ended = line;
}

/*
 * Where ARGS break off: the text is cut there.  *DEAD says that the process
 * ended within the call; otherwise the call may be resumed.
 */
static bool cut_unfinished(char *args, bool *dead)
{
    static const char mark[] = "<unfinished ...>";
    char *found = strrchr(args, '<');

    *dead = false;
    if (found == NULL)
        return false;
    if (strncmp(found, mark, sizeof(mark) - 1) == 0) {
        char *behind = found + sizeof(mark) - 1;
        char *result = *behind == ')' ? result_behind(behind) : NULL;

        *dead = result != NULL && *result == '?';
        if (*behind != '\0' && !*dead)
            return false;
    } else if (strncmp(found, "<pid changed to ", 16) != 0 ||
               found[strcspn(found, ">")] != '>') {
        return false;
    }
    if (found > args && found[-1] == ' ')
        found--;
    *found = '\0';
    return true;
}

/* ARGS is all that is known of the call, from behind its first bracket. */
static void parse_args(struct trace_log *log, size_t index, char *args,
                       size_t line)
{
    struct trace_event *event = &log->trace->events[index];
    bool dead;

    event->args = args;
    if (cut_unfinished(args, &dead)) {
        if (!dead)
            log->tasks[event->process].pending = index;
        return;
    }
    char *close = find_close(args);
    if (close == NULL)
        return;
    char *result = result_behind(close);
    *close = '\0';
    if (result != NULL)
        parse_result(event, result, line);
}

static struct trace_event *new_event(struct trace_log *log, int task,
                                     enum trace_kind kind, size_t line)
{
    struct trace *trace = log->trace;
    struct trace_event *event =
        grow(&trace->events, &trace->event_count, sizeof(*event));

    log->last = trace->event_count - 1;
    event->begun_us = log->now_us;
    event->kind = kind;
    event->process = task;
    event->name = event->args = "";
    event->begun = line;
    event->ended = kind == TRACE_CALL ? TRACE_NEVER : line;
    event->finished = kind != TRACE_CALL;
    return event;
}

/* "name(args) = result"; OPEN: the log breaks off somewhere in this line. */
static void parse_call(struct trace_log *log, int task, char *rest, size_t line,
                       bool open)
{
    struct trace_event *event = new_event(log, task, TRACE_CALL, line);
    size_t index = log->trace->event_count - 1;
    char *bracket = strchr(rest, '(');

    *bracket = '\0';
    event->name = rest;
    log->tasks[task].pending = TRACE_NEVER;
    if (!open) {
        parse_args(log, index, bracket + 1, line);
        return;
    }
    char *close = find_close(bracket + 1);
    if (close != NULL) /* the result may have lost digits */
        *close = '\0';
    event->args = bracket + 1;
}

/* "<... name resumed>args) = result" */
static void parse_resumed(struct trace_log *log, int task, char *rest,
                          size_t line)
{
    size_t index = log->tasks[task].pending;
    char *name = rest + 5;
    char *end = strstr(name, " resumed>");

    if (index == TRACE_NEVER || end == NULL)
        return;
    struct trace_event *event = &log->trace->events[index];
    size_t length = (size_t)(end - name);
    if (strlen(event->name) != length ||
        strncmp(event->name, name, length) != 0)
        return;
    /* The parts came from two lines, so both fit into the spare room. */
    char *args = log->spare;
    log->spare = stpcpy(stpcpy(args, event->args), end + 9) + 1;
    log->tasks[task].pending = TRACE_NEVER;
    event->ended_us = log->now_us;
    log->last = index;
    parse_args(log, index, args, line);
    if (log->tasks[task].pending == index) /* in three parts: unheard of */
        log->tasks[task].pending = TRACE_NEVER;
    if (log->tasks[task].superseded && event->finished) {
        /* strace reports an error here, but that line is about success. */
        event->result = 0;
        event->error = NULL;
        log->tasks[task].superseded = false;
    }
}

/* The thread with HOST_PID made execve and goes on as TASK, its leader. */
static void supersede(struct trace_log *log, int task, pid_t host_pid,
                      size_t line)
{
    int thread = host_pid > 0 ? trace_task_find(log, host_pid) : -1;

    if (thread < 0 || thread == task ||
        log->tasks[thread].end_line != TRACE_NEVER)
        return;
    size_t pending = log->tasks[thread].pending;
    log->tasks[task].pending = pending;
    log->tasks[task].superseded = true;
    log->tasks[thread].pending = TRACE_NEVER;
    log->tasks[thread].end_line = line;
    log->tasks[thread].process.ended = true;
    if (pending != TRACE_NEVER)
        log->trace->events[pending].process = task;
}

/* "+++ exited with 3 +++", "+++ killed by SIGKILL (core dumped) +++" */
static void parse_end(struct trace_log *log, int task, char *rest, size_t line)
{
    struct trace_process *process = &log->tasks[task].process;
    struct trace_event *event;

    if (strncmp(rest, "+++ exited with ", 16) == 0) {
        process->exit_status = (int)strtol(rest + 16, NULL, 10) & 255;
        event = new_event(log, task, TRACE_EXITED, line);
        event->name = "exited";
        event->result = process->exit_status;
    } else if (strncmp(rest, "+++ killed by ", 14) == 0) {
        process->killed_by = trace_signal_number(rest + 14);
        event = new_event(log, task, TRACE_KILLED, line);
        event->name = first_word(rest + 14);
        event->result = process->killed_by;
    } else {
        if (strncmp(rest, "+++ superseded by execve in pid ", 32) == 0)
            supersede(log, task, (pid_t)strtol(rest + 32, NULL, 10), line);
        return;
    }
    process->ended = true;
    log->tasks[task].end_line = line;
}

/* "--- SIGCHLD {...} ---", "--- stopped by SIGSTOP ---" */
static void parse_signal(struct trace_log *log, int task, char *rest,
                         size_t line)
{
    bool stopped = strncmp(rest, "--- stopped by ", 15) == 0;
    char *name = rest + (stopped ? 15 : 4);
    char *args = name + strcspn(name, " ");

    if (strncmp(name, "SIG", 3) != 0)
        return;
    struct trace_event *event =
        new_event(log, task, stopped ? TRACE_STOPPED : TRACE_SIGNAL, line);
    char *end = strstr(args, " ---");
    if (end != NULL)
        *end = '\0';
    event->result = trace_signal_number(name);
    if (*args != '\0') {
        *args++ = '\0';
        event->args = args;
    }
    event->name = name;
    log->tasks[task].process.stopped = stopped;
}

static bool is_call(const char *rest)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_?";
    size_t length = strspn(rest, letters);

    return length > 0 && rest[length] == '(';
}

/* A line of the stack below the result that the line before has. */
static void add_frame(struct trace_log *log, const char *frame)
{
    if (log->last == TRACE_NEVER)
        return;
    struct trace_event *event = &log->trace->events[log->last];
    if (event->stack_lines++ == 0)
        event->stack = frame;
}

/* A line that is not strace's is skipped. */
static void parse_line(struct trace_log *log, char *text, size_t line,
                       bool open)
{
    char *rest;
    unsigned long host_pid =
        *text >= '0' && *text <= '9' ? strtoul(text, &rest, 10) : 0;

    if (strncmp(text, " > ", 3) == 0)
        add_frame(log, text + 3);
    if (host_pid == 0 || host_pid > INT_MAX || *rest != ' ')
        return;
    rest += strspn(rest, " ");
    log->now_us = parse_time(rest, &rest);
    rest += strspn(rest, " ");
    log->last = TRACE_NEVER;
    bool call = is_call(rest);
    if (!call && (open || (strncmp(rest, "+++ ", 4) != 0 &&
                           strncmp(rest, "--- ", 4) != 0 &&
                           strncmp(rest, "<... ", 5) != 0)))
        return;
    int task = task_get(log, (pid_t)host_pid, line);
    log->tasks[task].process.stopped = false;
    if (call)
        parse_call(log, task, rest, line, open);
    else if (*rest == '+')
        parse_end(log, task, rest, line);
    else if (*rest == '-')
        parse_signal(log, task, rest, line);
    else
        parse_resumed(log, task, rest, line);
}

static void parse_lines(struct trace_log *log, char *text, size_t size)
{
    size_t line = 0;

    for (char *end = text + size; text < end; line++) {
        char *newline = memchr(text, '\n', (size_t)(end - text));

        if (newline != NULL)
            *newline = '\0';
        parse_line(log, text, line, newline == NULL);
        text = newline ? newline + 1 : end;
    }
}

struct trace *trace_parse(const char *text, size_t size, const char *program)
{
    struct trace *trace = xcalloc(1, sizeof(*trace));
    struct trace_log log = {.trace = trace, .last = TRACE_NEVER};

    /* A copy; calls put together from two lines; paths of programs. */
    trace->text =
        xrealloc(NULL, 3 * size + 2 + (program ? strlen(program) : 0));
    if (size > 0)
        memcpy(trace->text, text, size);
    trace->text[size] = '\0';
    log.spare = trace->text + size + 1;
    slots_grow(&log);
    parse_lines(&log, trace->text, size);
    trace_note_forks(&log);
    trace_pair(&log);
    trace_select(&log, program);
    free(log.tasks);
    free(log.slots);
    free(log.forks);
    free(log.order);
    free(log.by_pid);
    return trace;
}
