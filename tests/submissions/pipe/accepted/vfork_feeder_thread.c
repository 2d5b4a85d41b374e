// SPDX-License-Identifier: MIT
/*
 * Accepted: vfork and exec, a thread that feeds the command.
 *
 * vfork is legal here because the child makes nothing but system calls before
 * it becomes another program. The thread is started after the command, so there
 * is no fork in a process with threads.
 */
#include "pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
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
 * vfork(2): until exec the child borrows our memory. It only makes system
 * calls there, and leaves errno in a variable for us: the message is ours.
 * The status of a command that could not be executed comes back by _exit.
 */
static pid_t start_command(char **argv, int in, int out)
{
    volatile int error = 0;
    pid_t pid = vfork();

    if (pid == -1)
        return fail("vfork");
    if (pid == 0) {
        if (in == 0)
            fcntl(in, F_SETFD, 0); /* stdin was closed */
        else if (in != -1)
            dup2(in, 0);
        if (out != -1)
            dup2(out, 1);
        execvp(argv[0], argv);
        error = errno;
        _exit(error == ENOENT ? 127 : 126);
    }
    if (error) {
        errno = error;
        fail(argv[0]);
    }
    return pid;
}

int run_pipeline(char ***cmds, int n)
{
    pid_t pids[STAGES_MAX];
    int started = 0;
    int in = -1;
    int failed = 0;

    while (started < n && !failed) {
        int fd[2] = {-1, -1};

        if (started < n - 1 && pipe2(fd, O_CLOEXEC) == -1) {
            failed = fail("pipe2");
            break;
        }
        pids[started] = start_command(cmds[started], in, fd[1]);
        if (in != -1)
            close(in);
        if (fd[1] != -1)
            close(fd[1]);
        in = fd[0];
        if (pids[started] == -1)
            failed = 1;
        else
            started++;
    }
    if (in != -1)
        close(in);

    int status = 0;
    for (int i = 0; i < started; i++)
        status = wait_for(pids[i]);
    return failed ? -1 : status;
}

struct feeder {
    int in, to;
    long long accepted;
    int error;
};

/*
 * The feeder thread blocks so that main need not. It watches `to` beside
 * `in` and thus ends when the command does, even if nobody types.
 */
static void *feed(void *arg)
{
    struct feeder *f = arg;
    char buf[16384];

    for (;;) {
        struct pollfd p[2] = {{f->in, POLLIN, 0}, {f->to, 0, 0}};
        if (poll(p, 2, -1) == -1) {
            if (errno == EINTR)
                continue;
            f->error = errno;
            break;
        }
        if (p[1].revents)
            break;
        ssize_t n = read_some(f->in, buf, sizeof buf);
        if (n == -1)
            f->error = errno;
        if (n <= 0)
            break;
        ssize_t done = 0;
        while (done < n) {
            ssize_t w = write(f->to, buf + done, n - done);
            if (w >= 0) {
                done += w;
                f->accepted += w;
            } else if (errno != EINTR) {
                break;
            }
        }
        if (done < n) {
            if (errno != EPIPE)
                f->error = errno;
            break;
        }
    }
    close(f->to); /* end-of-file for the command */
    return NULL;
}
static int drain(int from, int out, long long *nout)
{
    char buf[65536];
    ssize_t n;

    while ((n = read_some(from, buf, sizeof buf)) > 0) {
        *nout += n;
        if (write_all(out, buf, n) == -1)
            return fail("write");
    }
    return n == -1 ? fail("read") : 0;
}

int filter(char **argv, int in, int out, long long *nin, long long *nout)
{
    int to[2], from[2];
    int result = 0;

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
    pid_t pid = start_command(argv, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    if (pid == -1) {
        close(to[1]);
        close(from[0]);
        return -1;
    }
    signal(SIGPIPE, SIG_IGN);

    struct feeder feeder = {.in = in, .to = to[1]};
    pthread_t thread;
    int error = pthread_create(&thread, NULL, feed, &feeder);
    if (error) {
        errno = error;
        result = fail("pthread_create");
        close(to[1]);
    } else {
        result = drain(from[0], out, nout);
    }
    close(from[0]);
    int status = wait_for(pid);
    if (!error) {
        pthread_join(thread, NULL);
        if (feeder.error) {
            errno = feeder.error;
            result = fail("feeder");
        }
    }
    *nin = feeder.accepted;
    return result == -1 ? -1 : status;
}

int gather(int n, int records, size_t size, int out)
{
    (void)n, (void)records, (void)size, (void)out;
    errno = ENOSYS;
    return fail("gather");
}
