// SPDX-License-Identifier: MIT
/*
 * What every lab program shares: one way to report an error, one way to read
 * a wait status. Everything is static inline, so that a lab is still built
 * from two .c files and nothing else. A lab's own header defines PROG and
 * then includes this file.
 */
#ifndef LAB_H
#define LAB_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The name in front of every message; the lab's header sets it. */
#ifndef PROG
#define PROG program_invocation_short_name
#endif

/*
 * Print "PROG: WHAT: STRERROR" on stderr, for the current errno.
 *
 * Returns -1, so that a function can end with `return fail("pipe")`, and
 * leaves errno as it was. Safe between fork(2) and exec(3): dprintf(3) keeps
 * no stdio buffer that a child could inherit and print a second time.
 */
static inline int fail(const char *what)
{
    int saved = errno;

    /* If stderr itself is broken there is no one left to tell. */
    (void)dprintf(STDERR_FILENO, "%s: %s: %s\n", PROG, what, strerror(saved));
    errno = saved;
    return -1;
}

#ifndef LAB_DECODES_STATUS /* defined by a lab where this is the exercise */
/*
 * Turn what wait(2) stored into the exit status that a shell would show:
 * 0..255 for a process that exited, 128 + N for one killed by signal N.
 */
static inline int status_to_exit(int wstatus)
{
    if (WIFSIGNALED(wstatus))
        return 128 + WTERMSIG(wstatus);
    return WEXITSTATUS(wstatus);
}
#endif

#endif
