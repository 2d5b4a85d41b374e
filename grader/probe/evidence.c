// SPDX-License-Identifier: MIT
/* evidence.c - see evidence.h. */
#include "evidence.h"

#include <string.h>

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
