// SPDX-License-Identifier: MIT
/*
 * test_shim_objects.c - what shim.c says of System V objects, and of nothing
 * else, in a program that is preloaded with it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

#define SYSV "build/grader/bin/sysv"

/* Lower what queue ID may hold, that is IPC_SET, where the queues of FOREIGN
 * are somebody else's: the exit status. */
static int change(int id, const char *foreign)
{
    char word[16];
    int status = -1;

    (void)snprintf(word, sizeof(word), "%d", id);
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (null < 0 || dup2(null, STDERR_FILENO) < 0 ||
            setenv("LD_PRELOAD", "build/grader/shim.so", 1) != 0 ||
            setenv("IPCLAB_FOREIGN", foreign, 1) != 0)
            _exit(99);
        execl(SYSV, "sysv", "limit", word, "1000", (char *)NULL);
        _exit(99);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The queue is removed whatever was found. */
Test(shim, foreign_objects,
     .description = "who changes somebody else's object gets EPERM")
{
    char mine[3][64];
    int status[3], id = msgget(IPC_PRIVATE, 0600);

    cr_assert(id >= 0, "msgget: %s", strerror(errno));
    (void)snprintf(mine[0], sizeof(mine[0]), "m5,q%d", id);
    (void)snprintf(mine[1], sizeof(mine[1]), "q%d,s5", id);
    (void)snprintf(mine[2], sizeof(mine[2]), "q%d7,m%d", id, id);
    for (int i = 0; i < 3; i++)
        status[i] = change(id, mine[i]);
    cr_assert(msgctl(id, IPC_RMID, NULL) == 0);
    cr_assert_eq(status[0], 1, "the last of a list: %d", status[0]);
    cr_assert_eq(status[1], 1, "the first of a list: %d", status[1]);
    cr_assert_eq(status[2], 0, "other ones: %d", status[2]);
}
