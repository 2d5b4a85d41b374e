// SPDX-License-Identifier: MIT
/*
 * Fails: gather_whole_records
 * Shows: record_torn
 *
 * The belief: one write is one piece. It is, up to PIPE_BUF bytes; of a larger
 * one as much is taken as there is room for, and then others get theirs in.
 */
#include "pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

ssize_t write_all(int fd, const void *buf, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t w = write(fd, (const char *)buf + done, n - done);
        if (w == -1 && errno != EINTR)
            return -1;
        if (w > 0)
            done += (size_t)w; /* perhaps not all of it */
    }
    return (ssize_t)n;
}

static void close_end(int *fd)
{
    if (*fd != -1)
        (void)close(*fd); /* a pipe has no delayed error to report */
    *fd = -1;
}

/* Exit status as a shell shows it; -1 for a process that never started. */
static int wait_for(pid_t pid)
{
    int wstatus;

    if (pid == -1)
        return -1;
    if (TEMP_FAILURE_RETRY(waitpid(pid, &wstatus, 0)) == -1)
        return fail("waitpid");
    return status_to_exit(wstatus);
}

/* Carry what there is, a to z as capitals if asked; 0 means end-of-file. */
static ssize_t move(int from, int to, int capitals)
{
    char buf[PIPE_BUF];
    ssize_t n = TEMP_FAILURE_RETRY(read(from, buf, sizeof buf));

    for (ssize_t i = 0; capitals && i < n; i++)
        if (buf[i] >= 'a' && buf[i] <= 'z')
            buf[i] -= 'a' - 'A';
    return n > 0 ? write_all(to, buf, (size_t)n) : n;
}

static int move_all(int from, int to, int capitals)
{
    ssize_t n;

    do
        n = move(from, to, capitals);
    while (n > 0);
    return (int)n;
}

int upper(int in, int out)
{
    int fd[2];

    /* If the child gives up, live on to report its failure: signal(7). */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || pipe(fd) == -1)
        return fail("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        /* EOF comes when the last writer has closed: do not be one. */
        close_end(&fd[1]);
        if (move_all(fd[0], out, 1) == 0)
            _exit(EXIT_SUCCESS);
        (void)fail("child");
        _exit(EXIT_FAILURE);
    }
    /* Before reading `in`: if stdin was closed, fd[0] has taken its place. */
    close_end(&fd[0]);
    int result = pid == -1 ? fail("fork") : move_all(in, fd[1], 0);
    /* EPIPE: the child has given up and says why itself. */
    if (pid != -1 && result == -1 && errno != EPIPE)
        (void)fail("copy");
    close_end(&fd[1]); /* the child's end-of-file */
    return wait_for(pid) == 0 ? result : -1;
}


/* Make `fd` the child's descriptor `as`; -1 stands for what it inherits. */
static int redirect(int fd, int as)
{
    /* If stdin was closed, fd may be 0 already; then dup2 does nothing, and
     * exec would close the descriptor. */
    if (fd == as)
        return fcntl(fd, F_SETFD, 0);
    return fd == -1 ? 0 : dup2(fd, as);
}

/* Pipe ends are close-on-exec, the copies that dup2 makes are not: exec(3)
 * itself closes all that belongs to other stages. */
static pid_t start(char **argv, int in, int out)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid == -1 ? fail("fork") : pid;
    if (redirect(in, STDIN_FILENO) != -1 && redirect(out, STDOUT_FILENO) != -1)
        (void)execvp(argv[0], argv);
    (void)fail(argv[0]);
    /* exit(3) would flush our copy of the parent's stdio buffers. */
    _exit(errno == ENOENT ? 127 : 126);
}

int run_pipeline(char ***cmds, int n)
{
    pid_t pids[STAGES_MAX];
    int started = 0, in = -1, status = -1;

    while (started < n) {
        int fd[2] = {-1, -1}; /* the last stage has our stdout */
        if (started < n - 1 && pipe2(fd, O_CLOEXEC) == -1) {
            (void)fail("pipe2");
            break;
        }
        pid_t pid = start(cmds[started], in, fd[1]);
        close_end(&in); /* while we hold an end, a stage misses its EOF */
        close_end(&fd[1]);
        in = fd[0];
        if (pid == -1)
            break;
        pids[started++] = pid;
    }
    close_end(&in);
    for (int i = 0; i < started; i++)
        status = wait_for(pids[i]);
    return started == n ? status : -1;
}


/* Feed and drain until both ends, *to and *from, are closed. */
static int pump(int in, int out, int *to, int *from, long long count[2])
{
    int offered = 0; /* has `in` bytes, or its end, to give? */

    while (*to != -1 || *from != -1) {
        ssize_t n;
        struct pollfd fds[] = {
            {.fd = *from, .events = POLLIN},
            /* Asked for nothing, poll(2) still tells if the reader left. */
            {.fd = *to, .events = offered ? POLLOUT : 0},
            {.fd = offered || *to == -1 ? -1 : in, .events = POLLIN}};
        if (TEMP_FAILURE_RETRY(poll(fds, 3, -1)) == -1)
            return fail("poll");
        if (fds[0].revents) { /* POLLHUP too: there may be bytes left */
            if ((n = move(*from, out, 0)) == -1)
                return fail("output");
            if (n == 0)
                close_end(from);
            count[1] += n;
        }
        offered |= fds[2].revents != 0;
        if (fds[1].revents & POLLERR) {
            close_end(to);
        } else if (fds[1].revents) {
            /* Room for PIPE_BUF bytes, and move has no more: pipe(7). */
            n = move(in, *to, 0);
            if (n == -1 && errno != EPIPE)
                return fail("input");
            if (n <= 0)
                close_end(to);
            count[0] += n > 0 ? n : 0;
            offered = 0;
        }
    }
    return 0;
}

int filter(char **argv, int in, int out, long long *nin, long long *nout)
{
    int fd[4] = {-1, -1, -1, -1}, result = -1;
    long long count[2] = {0, 0};
    pid_t pid = -1;

    /* Look at `in` first: a pipe could take the place of a closed stdin. */
    if (fcntl(in, F_GETFD) == -1 || pipe2(fd, O_CLOEXEC) == -1 ||
        pipe2(fd + 2, O_CLOEXEC) == -1)
        (void)fail("filter");
    else
        pid = start(argv, fd[0], fd[3]);
    close_end(&fd[0]);
    close_end(&fd[3]);
    /* After the fork: an ignored signal stays ignored through exec. */
    if (pid != -1 && signal(SIGPIPE, SIG_IGN) != SIG_ERR)
        result = pump(in, out, &fd[1], &fd[2], count);
    close_end(&fd[1]);
    close_end(&fd[2]);
    *nin = count[0];
    *nout = count[1];
    int status = wait_for(pid);
    return result == -1 ? -1 : status;
}


static int send_record(int to, int child, char *record, size_t size)
{
    memset(record, 'a' + child, size);
    record[size - 1] = '\n';
    return write_all(to, record, size) == -1 ? fail("write") : 0;
}

static int copy(int from, int out)
{
    char buf[65536];
    ssize_t n;

    while ((n = read(from, buf, sizeof buf)) != 0) {
        if (n == -1 && errno != EINTR)
            return fail("read");
        if (n > 0 && write_all(out, buf, (size_t)n) == -1)
            return fail("write");
    }
    return 0;
}

int gather(int n, int records, size_t size, int out)
{
    char *record = malloc(size);
    int fd[2] = {-1, -1}, result = 0, wstatus;

    if (!record || pipe(fd) == -1)
        result = fail("gather");
    for (int i = 0; i < n && result == 0; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            close_end(&fd[0]); /* SIGPIPE is to end us if the parent fails */
            while (records-- > 0 && result == 0)
                result = send_record(fd[1], i, record, size);
            _exit(result == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
        }
        if (pid == -1)
            result = fail("fork");
    }
    close_end(&fd[1]);
    if (result == 0)
        result = copy(fd[0], out);
    close_end(&fd[0]);
    free(record);
    while (TEMP_FAILURE_RETRY(wait(&wstatus)) != -1)
        if (wstatus != 0)
            result = -1;
    return result;
}
