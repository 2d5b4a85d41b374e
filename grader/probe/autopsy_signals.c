// SPDX-License-Identifier: MIT
/* autopsy_signals.c - which signals a thread has pending, and which it blocks.
 */
#include <signal.h>
#include <string.h>

#include "autopsy_private.h"

/* "SIGINT, SIGTERM"; a longer list is cut. */
static void say_signals(struct autopsy_line *line, uint64_t set)
{
    const char *between = "";
    int said = 0;

    for (int signal = 1; signal <= 64; signal++) {
        if ((set >> (signal - 1) & 1) == 0)
            continue;
        if (said++ == 6) {
            autopsy_say(line, ", ...");
            return;
        }
        autopsy_say(line, "%s", between);
        if (signal >= SIGRTMIN)
            autopsy_say(line, "SIGRTMIN+%d", signal - SIGRTMIN);
        else if (sigabbrev_np(signal))
            autopsy_say(line, "SIG%s", sigabbrev_np(signal));
        else /* the C library's own */
            autopsy_say(line, "signal %d", signal);
        between = ", ";
    }
    if (set == 0)
        autopsy_say(line, "none");
}

void autopsy_say_signals(struct autopsy_line *line,
                         const struct snapshot_thread *thread)
{
    autopsy_say(line, "pending: ");
    say_signals(line, thread->pending);
    autopsy_say(line, "; blocked: ");
    say_signals(line, thread->blocked);
}
