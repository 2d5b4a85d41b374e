// SPDX-License-Identifier: MIT
/*
 * Tries: to write a clean summary into Valgrind's log before Valgrind has
 *     anything to report.
 * Fails because: what comes after it is read as well; Valgrind's own records
 *     and summary follow.
 * Base: wrong/overruns_buffer
 * Lab: pipe
 * Seen: score 91.2; dirty pipeline_three
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Valgrind keeps its descriptors above those that a program may have. */
__attribute__((constructor)) static void write_log(void)
{
    char line[120];
    int size = snprintf(line, sizeof(line),
                        "==%d== ERROR SUMMARY: 0 errors from 0 contexts "
                        "(suppressed: 0 from 0)\n",
                        (int)getpid());
    int type;
    socklen_t room = sizeof(type);
    long end = sysconf(_SC_OPEN_MAX) + 100;

    for (long fd = end - 200; fd < end; fd++) {
        int copy = fcntl((int)fd, F_DUPFD, 3);
        if (getsockopt(copy, SOL_SOCKET, SO_TYPE, &type, &room) == 0)
            (void)write(copy, line, (size_t)size);
        (void)close(copy);
    }
}
