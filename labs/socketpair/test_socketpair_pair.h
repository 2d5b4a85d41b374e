// SPDX-License-Identifier: MIT
/*
 * test_socketpair_pair.h - what a trace says of who sends and receives through
 * the first socket pair of a run, by whatever numbers each process has its ends
 * under: they are followed through fork(2), dup(2), fcntl(2), close(2) and
 * execve(2).
 */
#ifndef TEST_SOCKETPAIR_PAIR_H
#define TEST_SOCKETPAIR_PAIR_H

#include "test_socketpair.h"

/* Descriptor FD of PROCESS is END, 0 or 1, of the pair. */
struct alias {
    int process, fd, end;
    bool cloexec;
};

/* How many messages a process, in all its threads, has moved by each end; of a
 * stream each transfer counts as one. */
struct traffic {
    int sent[2], received[2];
};

/* What a run did with its first pair. */
struct pair {
    bool made;
    struct alias *aliases;
    size_t count;
    struct traffic *traffic; /* of each process */
    bool *begun;             /* likewise: it has what its parent had */
};

/* ---- Who has which end --------------------------------------------------- */

static struct alias *find_alias(const struct pair *pair, int process, int fd)
{
    for (size_t i = 0; i < pair->count; i++)
        if (pair->aliases[i].process == process && pair->aliases[i].fd == fd)
            return &pair->aliases[i];
    return NULL;
}

/* A descriptor by which PROCESS has END; -1 if it has none. */
static int find_end(const struct pair *pair, int process, int end)
{
    for (size_t i = 0; i < pair->count; i++)
        if (pair->aliases[i].process == process && pair->aliases[i].end == end)
            return pair->aliases[i].fd;
    return -1;
}

static void drop_alias(struct pair *pair, int process, int fd)
{
    struct alias *alias = find_alias(pair, process, fd);

    if (alias)
        *alias = pair->aliases[--pair->count];
}

static void add_alias(struct pair *pair, struct alias alias)
{
    drop_alias(pair, alias.process, alias.fd);
    pair->aliases =
        realloc(pair->aliases, (pair->count + 1) * sizeof(*pair->aliases));
    cr_assert_not_null(pair->aliases);
    pair->aliases[pair->count++] = alias;
}

/* CHILD begins with what PARENT has. */
static void inherit(struct pair *pair, int child, int parent)
{
    size_t count = pair->begun[child] ? 0 : pair->count;

    pair->begun[child] = true;
    for (size_t i = 0; i < count; i++)
        if (pair->aliases[i].process == parent) {
            struct alias alias = pair->aliases[i];
            alias.process = child;
            add_alias(pair, alias);
        }
}

/* ---- Calls ---------------------------------------------------------------
 *
 * Each has succeeded in PROCESS.
 */

static bool arg_has(const struct trace_event *event, int n, const char *word)
{
    char arg[128];

    return trace_arg(event, n, arg, sizeof(arg)) && strstr(arg, word);
}

static void note_pair(struct pair *pair, const struct trace_event *event,
                      int process)
{
    const char *list = strrchr(event->args, '[');
    int fds[2];

    if (pair->made || list == NULL ||
        sscanf(list, "[%d, %d]", &fds[0], &fds[1]) != 2)
        return;
    pair->made = true;
    for (int i = 0; i < 2; i++)
        add_alias(pair, (struct alias){process, fds[i], i,
                                       arg_has(event, 1, "SOCK_CLOEXEC")});
}

static void note_fork(struct pair *pair, const struct trace *trace,
                      const struct trace_event *event, int process)
{
    int child = trace_process_by_pid(trace, (pid_t)event->result);

    /* A thread has what its process has. */
    if (child >= 0 && trace->processes[child].leader == child)
        inherit(pair, child, process);
}

/* dup(2) and its relatives: the new number is the result. */
static void note_copy(struct pair *pair, const struct trace_event *event,
                      int process)
{
    char word[32];
    int from = trace_arg(event, 0, word, sizeof(word)) ? atoi(word) : -1;
    int to = (int)event->result;
    struct alias *source = find_alias(pair, process, from);

    if (to == from) /* dup2(2) does nothing then */
        return;
    if (source == NULL) {
        drop_alias(pair, process, to);
        return;
    }
    struct alias copy = *source;
    copy.fd = to;
    copy.cloexec = strstr(event->args, "CLOEXEC") != NULL;
    add_alias(pair, copy);
}

static void note_fcntl(struct pair *pair, const struct trace_event *event,
                       int process)
{
    char word[32];

    if (arg_has(event, 1, "F_DUPFD")) {
        note_copy(pair, event, process);
    } else if (arg_has(event, 1, "F_SETFD") &&
               trace_arg(event, 0, word, sizeof(word))) {
        struct alias *alias = find_alias(pair, process, atoi(word));
        if (alias)
            alias->cloexec = arg_has(event, 2, "FD_CLOEXEC");
    }
}

static void note_close(struct pair *pair, const struct trace_event *event,
                       int process)
{
    bool later = strcmp(event->name, "close_range") == 0 &&
                 arg_has(event, 2, "CLOSE_RANGE_CLOEXEC");

    for (size_t i = pair->count; i-- > 0;) {
        struct alias *alias = &pair->aliases[i];
        if (alias->process != process || !closes(event, alias->fd))
            continue;
        if (later)
            alias->cloexec = true;
        else
            *alias = pair->aliases[--pair->count];
    }
}

static void note_exec(struct pair *pair, int process)
{
    for (size_t i = pair->count; i-- > 0;)
        if (pair->aliases[i].process == process && pair->aliases[i].cloexec)
            pair->aliases[i] = pair->aliases[--pair->count];
}

/* How many messages a call has moved. */
static int messages_of(const struct trace_event *event)
{
    const char *at = event->args;
    int count = 1;

    if (strstr(event->name, "mmsg") == NULL)
        return count;
    /* The end of what is sent is received as an empty message. */
    for (count = (int)event->result; (at = strstr(at, "msg_len=")); at++)
        count -= atoi(at + strlen("msg_len=")) == 0;
    return count;
}

/* Whether a call has moved bytes; who peeks leaves them there: recv(2). */
static bool has_moved(const struct trace_event *event)
{
    return event->result > 0 && strstr(event->args, "MSG_PEEK") == NULL &&
           messages_of(event) > 0;
}

static void note_transfer(struct pair *pair, const struct trace_event *event,
                          int process, bool sends)
{
    int n = strcmp(event->name, "splice") == 0 ? 2
            : strcmp(event->name, "tee") == 0  ? 1
                                               : 0;
    char word[32];

    if (!has_moved(event) || !trace_arg(event, n, word, sizeof(word)))
        return;
    const struct alias *alias = find_alias(pair, process, atoi(word));
    struct traffic *traffic = &pair->traffic[process];
    if (alias)
        (sends ? traffic->sent : traffic->received)[alias->end] +=
            messages_of(event);
}

/* ---- All of it ----------------------------------------------------------- */

#define COPIES "dup,dup2,dup3"
#define FORKS  "clone,clone3,fork,vfork"
#define EXECS  "execve,execveat"

static void follow_call(struct pair *pair, const struct trace *trace, size_t i)
{
    const struct trace_event *event = &trace->events[i];
    int process = process_of(trace, event);
    int parent = trace->processes[process].parent;

    /* Nobody was told who its child is. */
    if (!pair->begun[process])
        inherit(pair, process,
                parent < 0 ? process : trace->processes[parent].leader);
    if (!event->finished || event->error)
        return;
    if (trace_find(trace, i, "socketpair", -1) == i)
        note_pair(pair, event, process);
    else if (trace_find(trace, i, FORKS, -1) == i)
        note_fork(pair, trace, event, process);
    else if (trace_find(trace, i, COPIES, -1) == i)
        note_copy(pair, event, process);
    else if (trace_find(trace, i, "fcntl", -1) == i)
        note_fcntl(pair, event, process);
    else if (trace_find(trace, i, CLOSES, -1) == i)
        note_close(pair, event, process);
    else if (trace_find(trace, i, EXECS, -1) == i)
        note_exec(pair, process);
    else if (trace_find(trace, i, SENDS, -1) == i)
        note_transfer(pair, event, process, true);
    else if (trace_find(trace, i, RECEIVES, -1) == i)
        note_transfer(pair, event, process, false);
}

/* The first pair of a run; whether there is one. */
static bool follow_pair(const struct trace *trace, struct pair *pair)
{
    size_t processes = trace->process_count + 1;

    *pair = (struct pair){.traffic = calloc(processes, sizeof(*pair->traffic)),
                          .begun = calloc(processes, sizeof(*pair->begun))};
    cr_assert(pair->traffic && pair->begun);
    for (size_t i = trace_find(trace, 0, NULL, -1); i < trace->event_count;
         i = trace_find(trace, i + 1, NULL, -1))
        follow_call(pair, trace, i);
    return pair->made;
}

/* A process other than the first that has received and sent bytes by one and
 * the same end of PAIR; 0 if there is none.  *OTHER: a descriptor by which it
 * has the other end as well, which it does not need; -1 if there is none. */
static int converter(const struct trace *trace, const struct pair *pair,
                     int *other)
{
    for (int process = 1; process < (int)trace->process_count; process++)
        for (int end = 0; end < 2; end++)
            if (pair->traffic[process].received[end] > 0 &&
                pair->traffic[process].sent[end] > 0) {
                *other = find_end(pair, process, 1 - end);
                return process;
            }
    return 0;
}

/* How many messages went into PAIR, and came out, in all processes. */
static struct traffic all_traffic(const struct trace *trace,
                                  const struct pair *pair)
{
    struct traffic all = {{0}, {0}};

    for (size_t process = 0; process < trace->process_count; process++)
        for (int end = 0; end < 2; end++) {
            all.sent[end] += pair->traffic[process].sent[end];
            all.received[end] += pair->traffic[process].received[end];
        }
    return all;
}

#endif
