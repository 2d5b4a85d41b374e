// SPDX-License-Identifier: MIT
/*
 * autopsy_sysv.c - what /proc/sysvipc/msg tells of a queue (sysvipc(7)): what
 * is in it, and who sent and received last.  Nobody holds a queue open, so
 * these two are all that is known of who could end a wait for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autopsy_private.h"
#include "base.h"

struct row {
    int id, sender, receiver; /* processes; 0 for none yet */
    unsigned long bytes, count;
};

static bool find_row(const char *table, int id, struct row *row)
{
    for (const char *line = table; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (sscanf(line, "%*d %d %*o %lu %lu %d %d", &row->id, &row->bytes,
                   &row->count, &row->sender, &row->receiver) == 5 &&
            row->id == id)
            return true;
    }
    return false;
}

/* "last sender 5", "no sender yet", "last sender 5 (ended)" */
static void say_user(const struct autopsy_scene *scene,
                     struct autopsy_line *line, const char *what, pid_t pid)
{
    const struct snapshot_thread *user = snapshot_process(scene->snapshot, pid);

    if (pid == 0)
        autopsy_say(line, "no %s yet", what);
    else
        autopsy_say(line, "last %s %d%s", what, (int)pid,
                    user && user->state != 'Z' ? "" : " (ended)");
}

void autopsy_say_row(const struct autopsy_scene *scene,
                     struct autopsy_line *line, const struct autopsy_wait *wait)
{
    const char *number = strrchr(wait->object_name, ' ');
    struct row row;

    if (scene->snapshot->message_table == NULL || number == NULL ||
        !find_row(scene->snapshot->message_table, atoi(number), &row))
        return;
    autopsy_say(line, "; in it: %lu message%s, %lu bytes; ", row.count,
                row.count == 1 ? "" : "s", row.bytes);
    say_user(scene, line, "sender", row.sender);
    autopsy_say(line, ", ");
    say_user(scene, line, "receiver", row.receiver);
}
