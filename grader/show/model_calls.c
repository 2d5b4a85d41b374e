// SPDX-License-Identifier: MIT
/* model_calls.c - calls on processes and signals; see model_private.h. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "model_private.h"

#define COMMAND_MAX 200

/* ---- Processes ---------------------------------------------------------- */

/* The process called PID that PARENT has made; NONE. */
static int child_called(const struct model *model, int parent, pid_t pid)
{
    const struct trace *trace = model->trace;

    for (size_t i = trace->process_count; pid > 0 && i-- > 0;)
        if (trace->processes[i].pid == pid && model->processes[i].begun &&
            trace->processes[i].parent >= 0 &&
            trace->processes[trace->processes[i].parent].leader ==
                trace->processes[parent].leader)
            return (int)i;
    return NONE;
}

static int live_called(const struct model *model, pid_t pid)
{
    const struct trace *trace = model->trace;

    for (size_t i = trace->process_count; pid > 0 && i-- > 0;)
        if (trace->processes[i].pid == pid && model->processes[i].begun)
            return (int)i;
    return NONE;
}

static int made(const struct now *now)
{
    const struct trace *trace = now->model->trace;

    for (size_t i = 0; i < trace->process_count; i++)
        if (trace->processes[i].pid == now->event->result &&
            trace->processes[i].parent == now->process)
            return (int)i;
    return NONE;
}

static bool handle_fork(struct now *now)
{
    bool thread = arg_has(now, -1, "CLONE_THREAD");

    step_text(now, "%s", now->event->name);
    now->step.kind = STEP_FORK;
    if (now->event->error && strncmp(now->event->error, "ERESTART", 8) == 0)
        return false; /* the kernel tries again, and nobody notices */
    if (now->event->error) {
        step_result(now, "%s", "");
        return true;
    }
    /* The child may already be at work when it returns. */
    now->step.at_us = now->event->begun_us - now->model->begun_us;
    int child = made(now);
    if (child == NONE) {
        now->model->missing++;
        return false;
    }
    model_begin(now->model, child);
    now->step.other = child;
    step_text(now, "%s: %s %ld", now->event->name, thread ? "thread" : "child",
              now->event->result);
    return true;
}

/* "["cat", "-n"]" as a person would type it; to be freed. */
static char *command_line(const struct now *now)
{
    static char list[8192];
    char *line = xstrdup("");

    if (trace_arg(now->event, 1, list, sizeof(list)) == NULL)
        return line;
    for (const char *p = strchr(list, '"'); p && strlen(line) < COMMAND_MAX;) {
        const char *end = p + 1;
        while (*end && *end != '"')
            end += *end == '\\' && end[1] ? 2 : 1;
        bool plain = strcspn(p + 1, " \"\\;|&<>") >= (size_t)(end - p - 1) &&
                     end > p + 1;
        const char *quote = plain ? "" : "'";
        char *longer = xformat("%s%s%s%.*s%s", line, *line ? " " : "", quote,
                               (int)(end - p - 1), p + 1, quote);
        free(line);
        line = longer;
        p = *end ? strchr(end + 1, '"') : NULL;
    }
    return line;
}

static bool is_own_program(const struct now *now, const char *path)
{
    const char *own = now->model->log->own;
    const char *name = own ? strrchr(own, '/') : NULL;

    return name &&
           (strcmp(path, own) == 0 ||
            /* As the script of a scenario has it: see scene.c. */
            (strncmp(path, "./", 2) == 0 && strcmp(path + 1, name) == 0));
}

/* Whether COMMAND is the shell of a scenario, with the script that the
 * recording has as its command. */
static bool is_script(const struct now *now, const char *command)
{
    const char *script = now->model->log->command;

    return model_step(now->model) == 0 && now->model->log->own && script &&
           strstr(command, " -c ") && strlen(command) > strlen(script);
}

static bool handle_exec(struct now *now)
{
    struct model *model = now->model;
    struct process *process = &model->processes[now->process];

    now->step.kind = STEP_EXEC;
    if (now->event->error || now->begins)
        return false; /* execvp(3) tries one directory after the other */
    char *path = arg_string(now, 0), *command = command_line(now);
    const char *slash = path ? strrchr(path, '/') : NULL;
    const char *name = slash ? slash + 1 : path ? path : "?";
    struct name *entry =
        grow(&process->names, &process->name_count, sizeof(*entry));
    *entry = (struct name){model_step(model), xstrdup(name), xstrdup(command)};
    fd_close_many(model, now->leader, false);
    detach_all(model, now->leader);
    process->handled = 0;
    process->own = is_own_program(now, path ? path : "");
    /* The script of a scenario stands above its drawing. */
    if (is_script(now, command))
        step_text(now, "exec %s -c ...", name);
    else
        step_text(now, "exec %s", *command ? command : name);
    free(command);
    free(path);
    return true;
}

static const char *end_of(const struct model *model, int index)
{
    static char text[80];
    const struct trace_process *process = &model->trace->processes[index];

    if (process->killed_by > 0)
        (void)snprintf(text, sizeof(text), "killed by SIG%s",
                       sigabbrev_np(process->killed_by)
                           ? sigabbrev_np(process->killed_by)
                           : "?");
    else
        (void)snprintf(text, sizeof(text), "exited with status %d",
                       process->exit_status);
    return text;
}

/* Whether a child, WHOM if that is a pid, has ended and can be waited for. */
static bool has_ended_child(const struct now *now, long whom)
{
    const struct trace *trace = now->model->trace;

    for (size_t i = 0; i < trace->process_count; i++) {
        const struct process *process = &now->model->processes[i];
        int parent = trace->processes[i].parent;
        if (parent >= 0 && trace->processes[parent].leader == now->leader &&
            process->ended && !process->reaped &&
            (whom <= 0 || trace->processes[i].pid == whom))
            return true;
    }
    return false;
}

static bool handle_wait(struct now *now)
{
    bool id = strcmp(now->event->name, "waitid") == 0;
    const char *si = id ? strstr(now->event->args, "si_pid=") : NULL;
    pid_t pid = id ? (si ? (pid_t)strtol(si + 7, NULL, 10) : 0)
                   : (pid_t)now->event->result;
    long whom = arg_number(now, id ? 1 : 0);

    now->at_once = has_ended_child(now, whom);
    if (now->begins && !now->endless && now->at_once)
        return false;
    if (now->event->error && !is_own(now) && now->model->log->own)
        return false; /* a shell asks whether there is another one */
    if (now->begins || now->event->error) {
        int child = whom > 0
                        ? child_called(now->model, now->process, (pid_t)whom)
                        : NONE;
        now->step.other = child;
        if (child != NONE)
            step_text(now, "%s for %s", now->event->name,
                      step_who(now->model, child));
        else
            step_text(now, "%s for a child", now->event->name);
        step_result(now, "%s", "");
        return true;
    }
    int child = child_called(now->model, now->process, pid);
    if (pid <= 0)
        return false; /* WNOHANG, and nobody has ended */
    now->step.other = child;
    if (child != NONE && now->model->processes[child].ended)
        now->model->processes[child].reaped = true;
    if (child == NONE)
        step_text(now, "%s: %d", now->event->name, (int)pid);
    else if (now->model->processes[child].ended)
        step_text(now, "%s: %s %s", now->event->name,
                  step_who(now->model, child), end_of(now->model, child));
    else
        step_text(now, "%s: %s has stopped or goes on", now->event->name,
                  step_who(now->model, child));
    return true;
}

/* ---- Signals ------------------------------------------------------------ */

static bool handle_kill(struct now *now)
{
    char signal[40];
    bool thread = strcmp(now->event->name, "tgkill") == 0;
    long pid = arg_number(now, thread ? 1 : 0);
    int target = live_called(now->model, (pid_t)pid);

    if (trace_arg(now->event, thread ? 2 : 1, signal, sizeof(signal)) == NULL)
        signal[0] = '\0';
    now->step.other = target;
    if (target != NONE)
        step_text(now, "%s %s with %s", now->event->name,
                  step_who(now->model, target), signal);
    else
        step_text(now, "%s %ld with %s", now->event->name, pid, signal);
    step_result(now, "%s", "");
    return true;
}

/* What becomes of a signal matters for what is told of its delivery. */
static bool handle_sigaction(struct now *now)
{
    char action[300], signal[24];
    struct process *process = &now->model->processes[now->leader];

    if (now->event->error || now->begins ||
        !trace_arg(now->event, 0, signal, sizeof(signal)) ||
        !trace_arg(now->event, 1, action, sizeof(action)) || *action != '{')
        return false;
    bool handler = strstr(action, "=SIG_") == NULL;
    bool ignored = strstr(action, "=SIG_IGN") != NULL;
    int number = 0;
    for (int n = 1; n < 32; n++)
        if (strcmp(signal + 3, sigabbrev_np(n)) == 0)
            number = n;
    uint64_t bit = signal_bit(number);
    process->handled =
        handler ? process->handled | bit : process->handled & ~bit;
    process->ignored =
        ignored ? process->ignored | bit : process->ignored & ~bit;
    if (!is_own(now))
        return false;
    step_text(now, "sigaction: %s %s", signal,
              handler   ? "has a handler"
              : ignored ? "is ignored"
                        : "has its default action");
    return true;
}

/* pause, sleep and the like; sigtimedwait's result is the signal. */
static bool handle_sleep(struct now *now)
{
    bool signal = strcmp(now->event->name, "rt_sigtimedwait") == 0;

    step_text(now, "%s", now->event->name);
    if (list_holds("pause,rt_sigsuspend", ',', now->event->name)) {
        /* That is what they are for, though they call it an error. */
        now->step.error = NULL;
        if (!now->begins)
            step_text(now, "%s: a signal has come", now->event->name);
    } else if (signal && !now->event->error) {
        const char *name = sigabbrev_np((int)now->event->result);
        step_result(now, "SIG%s", name ? name : "RT");
    } else {
        step_result(now, "%s", "");
    }
    return true;
}

/* The end of a process, or of its last thread. */
static void end_process(struct now *now)
{
    struct process *process = &now->model->processes[now->process];

    process->ended = true;
    process->to = model_step(now->model);
    process->end = xstrdup(end_of(now->model, now->process));
    end_filling(now->model, now->process);
    if (now->leader != now->process)
        return;
    sysv_end(now->model, now->process);
    fd_close_many(now->model, now->process, true);
    detach_all(now->model, now->process);
}

/* A tracer is told of every signal, even of those that are ignored. */
static bool handle_delivery(struct now *now)
{
    const struct process *process = &now->model->processes[now->leader];
    int number = (int)now->event->result;
    bool handler = process->handled & signal_bit(number);
    bool ignored = process->ignored & signal_bit(number);

    now->step.kind = STEP_SIGNAL;
    step_text(now, "%s is %s", now->event->name,
              ignored   ? "ignored"
              : handler ? "delivered to its handler"
                        : "delivered");
    /* By default it is ignored: signal(7).  And every shell has a handler. */
    return number != SIGCHLD ||
           (handler && (is_own(now) || now->model->log->own == NULL));
}

static bool handle_event_of_process(struct now *now)
{
    const struct trace_event *event = now->event;

    switch (event->kind) {
    case TRACE_EXITED:
    case TRACE_KILLED:
        end_process(now);
        now->step.kind = STEP_EXIT;
        step_text(now, "%s", end_of(now->model, now->process));
        return true;
    case TRACE_STOPPED:
        now->step.kind = STEP_STOP;
        step_text(now, "stopped by %s", event->name);
        return true;
    case TRACE_SIGNAL:
        return handle_delivery(now);
    default:
        return false;
    }
}

const struct call process_event = {"", false, handle_event_of_process};

const struct call process_calls[] = {
    {"clone,clone3,fork,vfork", false, handle_fork},
    {"execve,execveat", false, handle_exec},
    {"wait4,waitid", true, handle_wait},
    {"kill,tkill,tgkill,pidfd_send_signal,rt_sigqueueinfo,rt_tgsigqueueinfo",
     false, handle_kill},
    {"rt_sigaction", false, handle_sigaction},
    {"pause,rt_sigsuspend,rt_sigtimedwait,nanosleep,clock_nanosleep", true,
     handle_sleep},
    {NULL, false, NULL},
};
