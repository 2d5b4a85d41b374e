// SPDX-License-Identifier: MIT
/*
 * Accepted: posix_spawnp with file actions; poll and blocking writes of
 * PIPE_BUF bytes.
 *
 * No fork in sight: the file actions say what the child would have done. There
 * is no process for a command that does not exist, so nothing to wait for.
 */
#include "pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

ssize_t write_all(int fd, const void *buf, size_t n)
{
    const char *p = buf;
    size_t left = n;

    while (left > 0) {
        ssize_t w = write(fd, p, left);
        if (w == -1) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        p += w;
        left -= w;
    }
    return n;
}

static ssize_t read_some(int fd, void *buf, size_t size)
{
    ssize_t n;

    do {
        n = read(fd, buf, size);
    } while (n == -1 && errno == EINTR);
    return n;
}

static int wait_for(pid_t pid)
{
    int wstatus;

    while (waitpid(pid, &wstatus, 0) == -1) {
        if (errno != EINTR)
            return fail("waitpid");
    }
    return status_to_exit(wstatus);
}

static int shout(int from, int out)
{
    char buf[8192];
    ssize_t n;

    while ((n = read_some(from, buf, sizeof buf)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (buf[i] >= 'a' && buf[i] <= 'z')
                buf[i] = buf[i] - 'a' + 'A';
        }
        if (write_all(out, buf, n) == -1)
            return fail("write");
    }
    if (n == -1)
        return fail("read");
    return 0;
}

static int send_input(int in, int to)
{
    char buf[8192];
    ssize_t n;

    while ((n = read_some(in, buf, sizeof buf)) > 0) {
        if (write_all(to, buf, n) == -1) {
            if (errno == EPIPE) /* the child failed and has said so */
                return -1;
            return fail("write");
        }
    }
    if (n == -1)
        return fail("read");
    return 0;
}

int upper(int in, int out)
{
    int fd[2];

    signal(SIGPIPE, SIG_IGN);
    if (pipe(fd) == -1)
        return fail("pipe");

    pid_t pid = fork();
    if (pid == -1) {
        fail("fork");
        close(fd[0]);
        close(fd[1]);
        return -1;
    }
    if (pid == 0) {
        close(fd[1]);
        int result = shout(fd[0], out);
        close(fd[0]);
        _exit(result == 0 ? 0 : 1);
    }

    close(fd[0]);
    int result = send_input(in, fd[1]);
    close(fd[1]);
    if (wait_for(pid) != 0)
        result = -1;
    return result;
}

/*
 * posix_spawnp(3) returns the error instead of setting errno. EAGAIN and
 * ENOMEM mean that there is no process; the rest comes from exec.
 * Returns 0, or -1 if no process could be created. *pid is 0 if the command
 * could not be executed; *status then is what a shell would say.
 */
static int spawn(char **argv, int in, int out, pid_t *pid, int *status)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t pipe_signal;
    int error;

    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigdefault(&attr, &pipe_signal);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&actions);
    /* 0 to 0 is right too: adddup2 clears close-on-exec then. */
    if (in != -1)
        posix_spawn_file_actions_adddup2(&actions, in, 0);
    if (out != -1)
        posix_spawn_file_actions_adddup2(&actions, out, 1);
    error = posix_spawnp(pid, argv[0], &actions, &attr, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);

    if (error == 0)
        return 0;
    *pid = 0;
    *status = error == ENOENT ? 127 : 126;
    errno = error;
    if (error == EAGAIN || error == ENOMEM)
        return fail("posix_spawnp");
    fail(argv[0]);
    return 0;
}

int run_pipeline(char ***cmds, int n)
{
    pid_t pids[STAGES_MAX];
    int exec_status[STAGES_MAX];
    int status = 0, failed = 0, started = 0;
    int in = -1;

    while (started < n && !failed) {
        int fd[2] = {-1, -1};
        if (started < n - 1 && pipe2(fd, O_CLOEXEC) == -1) {
            failed = fail("pipe2");
            break;
        }
        if (spawn(cmds[started], in, fd[1], &pids[started],
                  &exec_status[started]) == -1)
            failed = 1;
        else
            started++;
        if (in != -1)
            close(in);
        if (fd[1] != -1)
            close(fd[1]);
        in = fd[0];
    }
    if (in != -1)
        close(in);
    for (int i = 0; i < started; i++) {
        if (pids[i] > 0)
            status = wait_for(pids[i]);
        else
            status = exec_status[i];
    }
    return failed ? -1 : status;
}

/*
 * Blocking descriptors throughout: POLLOUT promises room for PIPE_BUF bytes,
 * so a write of no more than that does not block (pipe(7)).
 */
static int pump(int in, int out, int to, int from, long long *nin,
                long long *nout)
{
    char chunk[PIPE_BUF], buf[65536];
    ssize_t have = 0, n;
    int result = 0;

    while (result == 0 && (to != -1 || from != -1)) {
        struct pollfd p[3] = {{from, POLLIN, 0},
                              {to, have ? POLLOUT : 0, 0},
                              {to == -1 || have ? -1 : in, POLLIN, 0}};
        if (poll(p, 3, -1) == -1) {
            if (errno != EINTR)
                result = fail("poll");
            continue;
        }
        if (p[0].revents) {
            n = read_some(from, buf, sizeof buf);
            if (n == -1 || write_all(out, buf, n) == -1)
                result = fail("output");
            else
                *nout += n;
            if (n == 0) {
                close(from);
                from = -1;
            }
        }
        if (p[1].revents & POLLERR) {
            close(to);
            to = -1;
        } else if (p[1].revents & POLLOUT) {
            n = write_all(to, chunk, have);
            if (n == -1 && errno != EPIPE)
                result = fail("write");
            if (n == -1) {
                close(to);
                to = -1;
            } else {
                *nin += n;
            }
            have = 0;
        } else if (p[2].revents) {
            have = read_some(in, chunk, sizeof chunk);
            if (have == -1)
                result = fail("read");
            if (have <= 0) {
                close(to);
                to = -1;
            }
        }
    }
    if (to != -1)
        close(to);
    if (from != -1)
        close(from);
    return result;
}

int filter(char **argv, int in, int out, long long *nin, long long *nout)
{
    int to[2], from[2];

    *nin = *nout = 0;
    if (fcntl(in, F_GETFD) == -1)
        return fail("stdin");
    if (pipe2(to, O_CLOEXEC) == -1)
        return fail("pipe2");
    if (pipe2(from, O_CLOEXEC) == -1) {
        fail("pipe2");
        close(to[0]);
        close(to[1]);
        return -1;
    }
    pid_t pid;
    int status = 0;
    int spawned = spawn(argv, to[0], from[1], &pid, &status);
    close(to[0]);
    close(from[1]);
    if (spawned == -1) {
        close(to[1]);
        close(from[0]);
        return -1;
    }
    signal(SIGPIPE, SIG_IGN);
    int result = pump(in, out, to[1], from[0], nin, nout);
    if (pid > 0)
        status = wait_for(pid);
    return result == -1 ? -1 : status;
}

int gather(int n, int records, size_t size, int out)
{
    (void)n, (void)records, (void)size, (void)out;
    errno = ENOSYS;
    return fail("gather");
}
