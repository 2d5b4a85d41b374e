/*
 * sigpipe lab
 * Yuki Tanaka (student id ytanaka)
 */
#include "sigpipe.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int sigpipe_set(int how)
{
    struct sigaction act;
    sigset_t set;

    memset(&act, 0, sizeof(act));
    if (how == SIGPIPE_IGNORE)
        act.sa_handler = SIG_IGN;
    else
        act.sa_handler = SIG_DFL;
    if (sigaction(SIGPIPE, &act, NULL) == -1)
        return -1;
    if (sigemptyset(&set) == -1 || sigaddset(&set, SIGPIPE) == -1)
        return -1;
    return sigprocmask(SIG_UNBLOCK, &set, NULL);
}

ssize_t write_all(int fd, const void *buf, size_t n, size_t *done)
{
    ssize_t written;

    *done = 0;
    while (n - *done > 0) {
        written = write(fd, (const char *)buf + *done, n - *done);
        if (written == -1) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        *done = *done + written;
    }
    return *done;
}

/* fprintf tells us when a line cannot be printed. */
int print_lines(FILE *out, long n)
{
    long line;

    for (line = 1; line <= n; line++) {
        if (fprintf(out, "line %ld\n", line) < 0)
            return -1;
    }
    return 0;
}

/* exec resets all signals, so there is nothing to do for SIGPIPE here. */
pid_t spawn_clean(char **argv, int in_fd)
{
    pid_t pid;

    pid = fork();
    if (pid == -1)
        return fail("fork");
    if (pid == 0) {
        if (in_fd != -1) {
            dup2(in_fd, STDIN_FILENO);
            close(in_fd);
        }
        execvp(argv[0], argv);
        if (errno == ENOENT) {
            fail(argv[0]);
            _exit(127);
        }
        fail(argv[0]);
        _exit(126);
    }
    return pid;
}

int fan(char ***cmds, int n, int in)
{
    char buf[4096];
    int fds[CMDS_MAX], status[CMDS_MAX];
    pid_t pids[CMDS_MAX];
    long long bytes[CMDS_MAX];
    int i, left;
    ssize_t got = 1;

    for (i = 0; i < n; i++) {
        int p[2];

        if (pipe2(p, O_CLOEXEC) == -1)
            return fail("pipe2");
        pids[i] = spawn_clean(cmds[i], p[0]);
        if (pids[i] == -1)
            return -1;
        close(p[0]);
        fds[i] = p[1];
        bytes[i] = 0;
    }

    left = n;
    while (left > 0) {
        got = read(in, buf, sizeof(buf));
        if (got == -1 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        for (i = 0; i < n; i++) {
            size_t done;

            if (fds[i] == -1)
                continue;
            if (write_all(fds[i], buf, got, &done) == -1) {
                close(fds[i]);
                fds[i] = -1;
                left--;
            }
            bytes[i] += done;
        }
    }

    for (i = 0; i < n; i++) {
        if (fds[i] != -1)
            close(fds[i]);
    }
    for (i = 0; i < n; i++) {
        while (waitpid(pids[i], &status[i], 0) == -1 && errno == EINTR)
            ;
        dprintf(STDERR_FILENO, "%d: %d %lld\n", i + 1,
                status_to_exit(status[i]), bytes[i]);
    }
    if (got == -1)
        return fail("read");
    return left > 0 ? 0 : 1;
}
