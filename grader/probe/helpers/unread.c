// SPDX-License-Identifier: MIT
/*
 * unread.c - a command that reads nothing, and ends when whoever feeds it can
 * do no more: its standard input, a pipe, is full, and its parent sleeps.
 *
 * However slowly it is fed: the pipe's own write end, which proc(5) opens
 * anew, tells when there is no more room (poll(2)).  It gives up after half a
 * minute.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* One that strace has stopped is in "t". */
static bool is_parent_asleep(void)
{
    char path[64], stat[512] = "";

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)getppid());
    FILE *file = fopen(path, "r");
    if (file) {
        (void)fgets(stat, sizeof(stat), file);
        (void)fclose(file);
    }
    const char *name_end = strrchr(stat, ')');
    return name_end == NULL || strncmp(name_end, ") S", 3) == 0;
}

int main(void)
{
    struct timespec pause = {0, 1000000};
    struct pollfd room = {
        .fd = open("/proc/self/fd/0", O_WRONLY | O_NONBLOCK | O_CLOEXEC),
        .events = POLLOUT};

    if (room.fd < 0) {
        perror("unread: standard input");
        return 2;
    }
    for (int i = 0; i < 30000; i++) {
        if (poll(&room, 1, 0) == 0 && is_parent_asleep())
            break;
        (void)nanosleep(&pause, NULL);
    }
    return 0;
}
