// SPDX-License-Identifier: MIT
/*
 * Tries: to speak to the tester in the first process's place: on any socket
 *     that we inherited, or can open, receive or guess.
 * Fails because: a run has descriptors 0, 1 and 2; the first process cannot be
 *     read or traced by others, and a socket cannot be opened by way of /proc.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0; absent a-socket-is-here
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void speak(int fd)
{
    struct {
        uint32_t type;
        int32_t pid, value;
        char rest[116];
    } ended = {7, getpid(), 0, {0}};
    int type;
    socklen_t size = sizeof(type);

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0)
        (void)dprintf(STDERR_FILENO, "a-socket-is-here: %d\n", fd);
    for (size_t length = 64; length <= sizeof(ended); length += 4)
        (void)send(fd, &ended, length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

__attribute__((constructor)) static void speak_to_all(void)
{
    char path[40];

    for (int fd = 0; fd < 1024; fd++) {
        speak(fd);
        (void)snprintf(path, sizeof(path), "/proc/1/fd/%d", fd);
        int copy = open(path, O_RDWR | O_NONBLOCK);
        if (copy >= 0) {
            speak(copy);
            (void)close(copy);
        }
    }
}
