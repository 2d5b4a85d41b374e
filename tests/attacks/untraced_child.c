// SPDX-License-Identifier: MIT
/*
 * Tries: to have children that strace neither follows nor lets fail: clone(2)
 *     with CLONE_UNTRACED makes them, whatever the tracer has asked for.
 * Fails because: the sandbox's filter kills whoever asks for that; clone3(2),
 *     whose flags a filter cannot see, does not exist.
 * Base: wrong/child_not_waited_for
 * Lab: pipe
 * Seen: score 68; fails pipe_and_fork_fail
 */
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Only where strace is to make the fork fail. */
static int is_unseen;

__attribute__((constructor)) static void look(int argc, char **argv)
{
    is_unseen = argc == 9 && strcmp(argv[2], "cat") == 0;
}

static pid_t untraced(void)
{
    if (!is_unseen)
        return (fork)();
    return (pid_t)syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0);
}
#define fork() untraced()
