// SPDX-License-Identifier: MIT
/*
 * Tries: to use up the machine's POSIX queues, by as many as there may be,
 *     full.
 * Fails because: they are the sandbox's own, limited for its user, and go with
 *     it.
 * Base: skeleton
 * Lab: mq_notify
 * Seen: score 0; within 180
 */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>

__attribute__((constructor)) static void take(void)
{
    static char body[8192];
    char name[30];

    for (int i = 0; i < 4000; i++) {
        (void)snprintf(name, sizeof(name), "/q%d", i);
        mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, NULL);
        if (queue == (mqd_t)-1)
            break;
        while (mq_send(queue, body, sizeof(body), 0) == 0)
            continue;
    }
}
