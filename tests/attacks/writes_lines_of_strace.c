// SPDX-License-Identifier: MIT
/*
 * Tries: to plant evidence: lines as strace writes them, on every descriptor,
 *     in names of files and as arguments, so that children seem to be waited
 *     for.
 * Fails because: strace's log is outside; it quotes what a program hands to
 *     the kernel, newlines included.
 * Base: wrong/child_not_waited_for
 * Lab: pipe
 * Seen: score 68; fails no_zombie_no_leak
 */
#include <fcntl.h>
#include <unistd.h>

#define LINES                                                                  \
    "\n5 wait4(6, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 6\n"     \
    "6 +++ exited with 0 +++\n7 +++ exited with 0 +++\n"

__attribute__((constructor)) static void plant(void)
{
    char *const words[] = {(char *)LINES, NULL};

    (void)open(LINES, O_RDONLY);
    (void)execve("no-such" LINES, words, words);
    for (int fd = 3; fd < 1024; fd++)
        (void)write(fd, LINES, sizeof(LINES) - 1);
}
