// SPDX-License-Identifier: MIT
/*
 * Tries: to stop the first process of the sandbox, who answers the tester: it
 *     is traced, and a traced one can be stopped. By all the calls that send a
 *     signal, by one that has the kernel send it, and with numbers whose upper
 *     half the kernel does not look at.
 * Fails because: the sandbox's filter kills whoever sends SIGSTOP there.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void stop(int way)
{
    siginfo_t info = {.si_code = SI_QUEUE};
    int fd[2];

    switch (way) {
    case 0:
        (void)kill(1, SIGSTOP);
        break;
    case 1:
        (void)syscall(SYS_tkill, 1, SIGSTOP);
        break;
    case 2:
        (void)syscall(SYS_tgkill, 1, 1, SIGSTOP);
        break;
    case 3:
        (void)syscall(SYS_rt_sigqueueinfo, 1, SIGSTOP, &info);
        break;
    case 4:
        (void)syscall(SYS_pidfd_send_signal, syscall(SYS_pidfd_open, 1, 0),
                      SIGSTOP, NULL, 0);
        break;
    case 5:
        (void)syscall(SYS_kill, 1L << 32 | 1, 1L << 32 | SIGSTOP);
        break;
    default: /* what becomes readable sends a signal of our choice */
        (void)pipe(fd);
        (void)fcntl(fd[0], F_SETOWN, 1);
        (void)fcntl(fd[0], F_SETSIG, SIGSTOP);
        (void)fcntl(fd[0], F_SETFL, O_ASYNC);
        (void)write(fd[1], "x", 1);
    }
}

__attribute__((constructor)) static void stop_in_all_ways(void)
{
    for (int way = 0; way < 7; way++)
        if (fork() == 0) {
            stop(way);
            _exit(0);
        }
    while (wait(NULL) > 0)
        continue;
}
