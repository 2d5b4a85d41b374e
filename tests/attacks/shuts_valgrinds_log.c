// SPDX-License-Identifier: MIT
/*
 * Tries: to shut the socket down that Valgrind's log goes to, for all runs.
 * Fails because: a log that breaks off is broken, not clean, and a server
 *     whose log is gone is replaced.
 * Base: wrong/overruns_buffer
 * Lab: pipe
 * Seen: broken pipeline_three; passes pipeline_three
 */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

__attribute__((constructor)) static void shut(void)
{
    long end = sysconf(_SC_OPEN_MAX) + 100;

    for (long fd = end - 200; fd < end; fd++) {
        int copy = fcntl((int)fd, F_DUPFD, 3);
        if (copy >= 0)
            (void)shutdown(copy, SHUT_RDWR);
        (void)close(copy);
    }
}
