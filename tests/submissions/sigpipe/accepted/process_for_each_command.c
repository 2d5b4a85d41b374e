// SPDX-License-Identifier: MIT
/*
 * Accepted: fan has a process for each command, which starts it, feeds it and
 * waits for it.
 */
#include "sigpipe.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int sigpipe_set(int how)
{
    struct sigaction sa = { .sa_handler = SIG_IGN };
    sigset_t set;

    if (how == SIGPIPE_DEFAULT)
        sa.sa_handler = SIG_DFL;
    sigemptyset(&sa.sa_mask);
    if (sigaction(SIGPIPE, &sa, NULL) == -1)
        return -1;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return sigprocmask(SIG_UNBLOCK, &set, NULL);
}

ssize_t write_all(int fd, const void *buf, size_t n, size_t *done)
{
    const char *p = buf;

    *done = 0;
    while (*done < n) {
        ssize_t w = write(fd, p + *done, n - *done);
        if (w == -1) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        *done += w;
    }
    return n;
}

static ssize_t put(void *cookie, const char *buf, size_t n)
{
    size_t done;

    return write_all(*(int *)cookie, buf, n, &done) == -1 ? 0 : (ssize_t)n;
}

/* A stream of our own over out's descriptor, so that EINTR stays invisible. */
int print_lines(FILE *out, long n)
{
    int fd = fileno(out), error = 0;
    FILE *f = fopencookie(&fd, "w", (cookie_io_functions_t){ .write = put });

    if (!f)
        return -1;
    for (long i = 1; i <= n && !error; i++)
        if (fprintf(f, "line %ld\n", i) < 0)
            error = errno;
    if (!error && fflush(f) == EOF)
        error = errno;
    fclose(f);
    errno = error;
    return error ? -1 : 0;
}

pid_t spawn_clean(char **argv, int in_fd)
{
    volatile int error = 0;
    pid_t pid = vfork();

    if (pid == -1)
        return fail("vfork");
    if (pid == 0) {
        if (in_fd > 0) {
            if (dup2(in_fd, STDIN_FILENO) == -1) {
                error = errno;
                _exit(126);
            }
            close(in_fd);
        }
        if (sigpipe_set(SIGPIPE_DEFAULT) == 0)
            execvp(argv[0], argv);
        error = errno;
        _exit(127);
    }
    if (!error)
        return pid;
    waitpid(pid, NULL, 0);
    errno = error;
    return fail(argv[0]);
}

struct shared {
    int status;
    int failed;
    size_t bytes;
};

/* A process for each command: starts it, feeds it, waits for it. */
static void feeder(int from, char **argv, struct shared *s)
{
    char buf[16384];
    int c[2], wstatus;
    ssize_t r;

    s->failed = 1;
    if (pipe2(c, O_CLOEXEC) == -1) {
        fail("pipe2");
        _exit(1);
    }
    pid_t pid = spawn_clean(argv, c[0]);
    int status = pid == -1 ? spawn_status(errno) : 0;
    close(c[0]);
    if (status == -1)
        _exit(1);
    while (pid != -1 &&
           (r = TEMP_FAILURE_RETRY(read(from, buf, sizeof buf))) > 0) {
        size_t done;
        ssize_t w = write_all(c[1], buf, r, &done);
        s->bytes += done;
        if (w == -1)
            break;
    }
    close(c[1]);
    close(from); /* tells fan that we have left */
    if (pid != -1) {
        TEMP_FAILURE_RETRY(waitpid(pid, &wstatus, 0));
        status = status_to_exit(wstatus);
    }
    s->status = status;
    s->failed = 0;
    _exit(0);
}

int fan(char ***cmds, int n, int in)
{
    int fd[CMDS_MAX], p[2], result = 2, started = 0, alive;
    pid_t pid[CMDS_MAX];
    char buf[16384];
    struct shared *s = mmap(NULL, CMDS_MAX * sizeof *s, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (s == MAP_FAILED)
        return fail("mmap");
    for (; started < n && result == 2; started++) {
        if (pipe2(p, O_CLOEXEC) == -1) {
            result = fail("pipe2");
            break;
        }
        pid[started] = fork();
        if (pid[started] == -1) {
            result = fail("fork");
            close(p[0]), close(p[1]);
            break;
        }
        if (pid[started] == 0) {
            close(p[1]);
            for (int i = 0; i < started; i++)
                close(fd[i]);
            feeder(p[0], cmds[started], &s[started]);
        }
        close(p[0]);
        fd[started] = p[1];
    }
    alive = started;
    while (result == 2) {
        size_t done;
        ssize_t r = alive ? TEMP_FAILURE_RETRY(read(in, buf, sizeof buf)) : 0;
        if (r == -1)
            result = fail("read");
        if (r == 0)
            result = alive == 0;
        for (int i = 0; i < started && r > 0; i++)
            if (fd[i] != -1 && write_all(fd[i], buf, r, &done) == -1) {
                close(fd[i]);
                fd[i] = -1;
                alive--;
            }
    }
    for (int i = 0; i < started; i++)
        if (fd[i] != -1)
            close(fd[i]);
    for (int i = 0; i < started; i++)
        if (TEMP_FAILURE_RETRY(waitpid(pid[i], NULL, 0)) == -1 || s[i].failed)
            result = -1;
    for (int i = 0; i < n && result != -1; i++)
        dprintf(2, "%d: %d %zu\n", i + 1, s[i].status, s[i].bytes);
    munmap(s, CMDS_MAX * sizeof *s);
    return result;
}
