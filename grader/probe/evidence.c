// SPDX-License-Identifier: MIT
/* evidence.c - see evidence.h. */
#include "evidence.h"

#include <string.h>

#include "base.h"
#include "run.h"

bool find_wait(const struct failure *failure, const struct autopsy_wait **wait,
               bool (*matches)(const struct autopsy_wait *,
                               const struct autopsy *))
{
    const struct autopsy *autopsy = run_autopsy(failure->run);

    for (size_t i = 0; autopsy && i < autopsy->count; i++) {
        if (!matches(&autopsy->waits[i], autopsy))
            continue;
        *wait = &autopsy->waits[i];
        return true;
    }
    return false;
}

bool sleeps_in(const struct failure *failure, const char *call,
               const struct autopsy_wait **wait)
{
    const struct autopsy *autopsy = run_autopsy(failure->run);

    for (size_t i = 0; autopsy && i < autopsy->count; i++) {
        if (autopsy->waits[i].timed ||
            strcmp(autopsy->waits[i].call, call) != 0)
            continue;
        *wait = &autopsy->waits[i];
        return true;
    }
    return false;
}

bool is_pipe(const struct autopsy_wait *wait, bool reads)
{
    return wait->object == OBJECT_PIPE && wait->reads == reads;
}

bool is_run(const struct failure *failure, const char *word)
{
    for (const char *const *arg = run_args(failure->run); *arg; arg++)
        if (strcmp(*arg, word) == 0)
            return true;
    return false;
}

bool says(const struct failure *failure, const char *text)
{
    return strstr(run_errors(failure->run).data, text) != NULL;
}

bool prints(const struct failure *failure, const char *text)
{
    return strstr(run_output(failure->run).data, text) != NULL;
}

bool wanted(const struct failure *failure, const char *text)
{
    return failure->expected && strstr(failure->expected, text) != NULL;
}

bool saw(const struct failure *failure, const char *text)
{
    return failure->seen && strstr(failure->seen, text) != NULL;
}

bool left_process(const struct failure *failure)
{
    return failure->kind == FAILED_LEFTOVERS &&
           (wanted(failure, EXPECT_ALL_WAITED_FOR) ||
            wanted(failure, EXPECT_NO_PROCESS));
}

bool left_object(const struct failure *failure)
{
    return failure->kind == FAILED_LEFTOVERS && !left_process(failure);
}

bool hangs(const struct failure *failure)
{
    enum run_end end = run_end(failure->run);

    return end == RUN_DEADLOCKED || end == RUN_BLOCKED;
}

bool is_status(const struct failure *failure, int status)
{
    return failure->kind == FAILED_STATUS &&
           run_exit_status(failure->run) == status;
}

bool was_killed_by(const struct failure *failure, int signal)
{
    return run_end(failure->run) == RUN_SIGNALED &&
           run_exit_status(failure->run) == 128 + signal;
}

/* The first such call of the student's own code at or after *FROM, which is
 * then behind it; or NULL. */
static const struct trace_event *next_call(const struct trace *trace,
                                           size_t *from, const char *names,
                                           const char *text)
{
    while (trace && *from < trace->event_count) {
        size_t i = trace_find(trace, *from, names, -1);
        *from = i + 1;
        if (i < trace->event_count && strstr(trace->events[i].args, text) &&
            trace->processes[trace->events[i].process].own_code)
            return &trace->events[i];
    }
    return NULL;
}

size_t count_calls(const struct failure *failure, const char *names,
                   const char *text, const char *error)
{
    const struct trace_event *event;
    size_t from = 0, count = 0;

    while ((event = next_call(run_trace(failure->run), &from, names, text)))
        count += error == NULL
                     ? event->error == NULL
                     : event->error && strcmp(event->error, error) == 0;
    return count;
}

bool called(const struct failure *failure, const char *names, const char *text)
{
    size_t from = 0;

    return next_call(run_trace(failure->run), &from, names, text) != NULL;
}

bool called_by_any(const char *names, const char *text)
{
    for (struct run *run = probe_runs; run; run = run->next) {
        size_t from = 0;
        if (run->finished && next_call(run->trace, &from, names, text))
            return true;
    }
    return false;
}

/* Add ID to the COUNT that there are, once, if there is room for it. */
static void add_id(long ids[], size_t *count, size_t room, long id)
{
    for (size_t i = 0; i < *count; i++)
        if (ids[i] == id)
            return;
    if (*count < room)
        ids[(*count)++] = id;
}

size_t count_objects(const char *names)
{
    const struct trace_event *event;
    size_t count = 0;
    long ids[256];

    for (struct run *run = probe_runs; run; run = run->next)
        for (size_t from = 0;
             run->finished &&
             (event = next_call(run->trace, &from, names, ""));)
            if (event->error == NULL && event->finished)
                add_id(ids, &count, LENGTH(ids), event->result);
    return count;
}
