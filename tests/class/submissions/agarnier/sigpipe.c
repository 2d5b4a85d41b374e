// SPDX-License-Identifier: MIT
/*
 * Lab `sigpipe`. Amélie Garnier, section A.
 *
 * fan is built around one array of outlets. An outlet with fd == -1 has left.
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
    sigset_t only;

    if (signal(SIGPIPE, how == SIGPIPE_DEFAULT ? SIG_DFL : SIG_IGN) == SIG_ERR)
        return -1;
    /* The mask is inherited as well: "default" is no use while blocked. */
    sigemptyset(&only);
    sigaddset(&only, SIGPIPE);
    return sigprocmask(SIG_UNBLOCK, &only, NULL);
}

ssize_t write_all(int fd, const void *buf, size_t n, size_t *done)
{
    const char *bytes = buf;

    *done = 0;
    while (*done != n) {
        ssize_t accepted = write(fd, bytes + *done, n - *done);

        if (accepted >= 0)
            *done += accepted;
        else if (errno != EINTR)
            return -1;
    }
    return n;
}

int print_lines(FILE *out, long n)
{
    long i = 0;

    while (i < n)
        if (fprintf(out, "line %ld\n", ++i) < 0)
            return -1;
    return fclose(out) == 0 ? 0 : -1; /* flushes, and says if it could */
}
/* END(sigpipe.1) */

/* TODO(sigpipe.2): Start a command that can die of SIGPIPE as every program
 * expects to, while you go on ignoring it. What does a new program inherit?
 * execve(2), "Effect on process attributes". */
pid_t spawn_clean(char **argv, int in_fd)
{
    pid_t child = fork();

    if (child < 0)
        return fail("fork");
    if (child > 0)
        return child;
    /* Here we are the child, and may change what we like. */
    if (sigpipe_set(SIGPIPE_DEFAULT) == 0) {
        if (in_fd < 0 || dup2(in_fd, STDIN_FILENO) == STDIN_FILENO)
            execvp(*argv, argv);
    }
    int code = spawn_status(errno);
    fail(*argv);
    _exit(code < 0 ? 126 : code);
}
/* END(sigpipe.2) */

/* TODO(sigpipe.3): All of `in` to each of n commands; one that leaves is
 * dropped and the others do not notice. Who holds which end of which pipe, and
 * who is waiting for end-of-file? pipe(7), "I/O on pipes and FIFOs". */
struct outlet {
    int fd;
    pid_t pid;
    long long accepted;
    int status;
};

static int outlet_open(struct outlet *o, char **argv)
{
    int ends[2];

    *o = (struct outlet){.fd = -1, .pid = -1};
    if (pipe2(ends, O_CLOEXEC) < 0)
        return fail("pipe");
    o->pid = spawn_clean(argv, ends[0]);
    close(ends[0]);
    if (o->pid < 0)
        close(ends[1]);
    else
        o->fd = ends[1];
    return o->pid < 0 ? -1 : 0;
}

static void outlet_shut(struct outlet *o)
{
    if (o->fd >= 0)
        close(o->fd);
    o->fd = -1;
}

static void outlet_wait(struct outlet *o)
{
    int raw = 0;

    while (waitpid(o->pid, &raw, 0) < 0 && errno == EINTR)
        continue;
    o->status = status_to_exit(raw);
}

/* Pour one portion into all outlets. How many are there afterwards, or -1? */
static int pour(struct outlet *all, int n, const char *portion, size_t len)
{
    int present = 0;

    for (struct outlet *o = all; o < all + n; o++) {
        size_t done = 0;

        if (o->fd < 0)
            continue;
        ssize_t r = write_all(o->fd, portion, len, &done);
        o->accepted += done;
        if (r >= 0)
            present++;
        else if (errno == EPIPE)
            outlet_shut(o);
        else
            return fail("write");
    }
    return present;
}

static int distribute(struct outlet *all, int n, int in)
{
    static char portion[49152];
    int present = n;

    while (present > 0) {
        ssize_t got = read(in, portion, sizeof portion);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail("read");
        if (got == 0)
            return 0;
        present = pour(all, n, portion, got);
    }
    return present < 0 ? -1 : 1;
}

int fan(char ***cmds, int n, int in)
{
    struct outlet all[CMDS_MAX];
    int open = 0, result = -1;

    while (open < n && outlet_open(&all[open], cmds[open]) == 0)
        open++;
    if (open == n)
        result = distribute(all, n, in);
    for (int i = 0; i < open; i++)
        outlet_shut(&all[i]); /* all of them first, then wait */
    for (int i = 0; i < open; i++)
        outlet_wait(&all[i]);
    if (result >= 0)
        for (int i = 0; i < n; i++)
            dprintf(2, "%d: %d %lld\n", i + 1, all[i].status, all[i].accepted);
    return result;
}
/* END(sigpipe.3) */
