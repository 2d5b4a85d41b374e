// SPDX-License-Identifier: MIT
/*
 * Lab `sigpipe`, the file you edit. Writing to a pipe that nobody reads kills
 * you, unless you say otherwise; and what you say, your children inherit. Here
 * you die of it properly, survive it, keep it from your children, and feed
 * several commands of which any may leave. sigpipe.h is the contract. Fill the
 * gaps in order, helpers included, and run `make sigpipe` after each.
 */
#include "sigpipe.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* TODO(sigpipe.1): Decide what SIGPIPE does to you, whatever it did before
 * you were started; then write, with write(2) and through stdio, so that no
 * error goes unnoticed and the count is true. signal(7), write(2), fflush(3).
 */
int sigpipe_set(int how)
{
    struct sigaction action = {.sa_handler =
                                   how == SIGPIPE_IGNORE ? SIG_IGN : SIG_DFL};
    sigset_t set;

    /* Both the action and the mask come from whoever started us: signal(7). */
    if (sigaction(SIGPIPE, &action, NULL) == -1)
        return -1;
    (void)sigemptyset(&set); /* these two fail for bad numbers only */
    (void)sigaddset(&set, SIGPIPE);
    return sigprocmask(SIG_UNBLOCK, &set, NULL);
}

ssize_t write_all(int fd, const void *buf, size_t n, size_t *done)
{
    for (*done = 0; *done < n;) {
        ssize_t w = write(fd, (const char *)buf + *done, n - *done);
        if (w == -1 && errno != EINTR)
            return -1; /* EPIPE will not go away: do not try again */
        /* If the reader leaves while we wait for room, this is the part that
         * was placed; the next call tells of the rest. */
        if (w > 0)
            *done += (size_t)w;
    }
    return (ssize_t)n;
}

int print_lines(FILE *out, long n)
{
    for (long i = 1; i <= n; i++)
        if (fprintf(out, "line %ld\n", i) < 0)
            return -1;
    /* So far the bytes may have got no further than our own buffer. */
    return fflush(out) == EOF ? -1 : 0;
}
/* END(sigpipe.1) */

/* TODO(sigpipe.2): Start a command that can die of SIGPIPE as every program
 * expects to, while you go on ignoring it. What does a new program inherit?
 * execve(2), "Effect on process attributes". */
pid_t spawn_clean(char **argv, int in_fd)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid == -1 ? fail("fork") : pid;
    /* In the child: the parent must not be without its SIG_IGN for a moment. */
    if (sigpipe_set(SIGPIPE_DEFAULT) == 0 &&
        (in_fd == -1 || dup2(in_fd, STDIN_FILENO) != -1))
        (void)execvp(argv[0], argv);
    (void)fail(argv[0]);
    _exit(errno == ENOENT ? 127 : 126);
}
/* END(sigpipe.2) */

/* TODO(sigpipe.3): All of `in` to each of n commands; one that leaves is
 * dropped and the others do not notice. Who holds which end of which pipe, and
 * who is waiting for end-of-file? pipe(7), "I/O on pipes and FIFOs". */
struct branch {
    pid_t pid;
    int fd; /* the write end, -1 when the command has left */
    long long bytes;
};

static void close_end(int *fd)
{
    if (*fd != -1)
        (void)close(*fd); /* a pipe has no delayed error to report */
    *fd = -1;
}

/* The pipe is close-on-exec: what a later command must not inherit, the write
 * ends of the earlier ones, exec(3) closes. */
static int start(struct branch *branch, char **argv)
{
    int fd[2];

    if (pipe2(fd, O_CLOEXEC) == -1)
        return fail("pipe2");
    branch->pid = spawn_clean(argv, fd[0]);
    branch->fd = fd[1];
    branch->bytes = 0;
    /* While we hold a read end, no write can fail with EPIPE. */
    close_end(&fd[0]);
    if (branch->pid == -1)
        close_end(&branch->fd);
    return branch->pid == -1 ? -1 : 0;
}

/* Copy `in` to all branches; 1 when there is none left. */
static int pump(struct branch *branches, int n, int in)
{
    static char buf[65536];
    int left = n;

    while (left > 0) {
        ssize_t got = TEMP_FAILURE_RETRY(read(in, buf, sizeof buf));
        if (got <= 0)
            return got == -1 ? fail("read") : 0;
        for (int i = 0; i < n; i++) {
            struct branch *branch = &branches[i];
            size_t done;
            if (branch->fd == -1)
                continue;
            ssize_t result = write_all(branch->fd, buf, (size_t)got, &done);
            branch->bytes += (long long)done;
            if (result == -1 && errno != EPIPE)
                return fail("write");
            if (result == -1) { /* one has left: the others go on */
                close_end(&branch->fd);
                left--;
            }
        }
    }
    return 1;
}

int fan(char ***cmds, int n, int in)
{
    struct branch branches[CMDS_MAX];
    int started = 0, status[CMDS_MAX];

    while (started < n && start(&branches[started], cmds[started]) == 0)
        started++;
    int result = started < n ? -1 : pump(branches, n, in);
    /* All ends before the first wait: a command may be waiting for another
     * one, which waits for its end-of-file. */
    for (int i = 0; i < started; i++)
        close_end(&branches[i].fd);
    for (int i = 0; i < started; i++)
        if (TEMP_FAILURE_RETRY(waitpid(branches[i].pid, &status[i], 0)) == -1)
            result = fail("waitpid");
    for (int i = 0; i < n && result != -1; i++)
        (void)dprintf(STDERR_FILENO, "%d: %d %lld\n", i + 1,
                      status_to_exit(status[i]), branches[i].bytes);
    return result;
}
/* END(sigpipe.3) */
