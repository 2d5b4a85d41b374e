// SPDX-License-Identifier: MIT
/*
 * Tries: to end the server under Valgrind, so that the grade becomes an error:
 *     a function poll() of the program's own comes before the C library's,
 *     also for the server.
 * Fails because: the server makes bare system calls; it calls nothing by name.
 * Base: solution
 * Lab: pipe
 * Seen: score 100
 */
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int poll(struct pollfd *list, nfds_t count, int timeout)
{
    if (getpid() == 1)
        _exit(0);
    return (int)syscall(SYS_poll, list, count, timeout);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    if (getpid() == 1)
        _exit(0);
    return syscall(SYS_recvmsg, fd, message, flags);
}
