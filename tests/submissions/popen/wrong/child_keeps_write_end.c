// SPDX-License-Identifier: MIT
/*
 * Fails: mine_write_waits two_streams_no_deadlock child_fd_hygiene
 * Shows: child_keeps_write_end leaks_to_command
 *
 * The belief: what matters is descriptor 0. But the command still has the
 * write end of its own input, above 2, and waits for itself to close it.
 */
#include "popen.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int decode_status(int wstatus)
{
    if (WIFEXITED(wstatus))
        return WEXITSTATUS(wstatus);
    return 128 + WTERMSIG(wstatus);
}

int capture(const char *cmd, FILE *out)
{
    FILE *fp = popen(cmd, "r");
    int c, last = '\n', number = 0;

    if (fp == NULL)
        return fail("popen");
    while ((c = getc(fp)) != EOF) {
        if (last == '\n')
            fprintf(out, "%d: ", ++number);
        putc(c, out);
        last = c;
    }
    if (last != '\n')
        putc('\n', out);
    int failed = ferror(fp) || ferror(out) || fflush(out) == EOF;
    if (failed)
        fail("capture");
    int wstatus = pclose(fp);
    if (wstatus == -1)
        return fail("pclose");
    return failed ? -1 : decode_status(wstatus);
}

/* Who is behind a stream, by the number of its descriptor. */
static pid_t pids[1024];

FILE *my_popen(const char *cmd, const char *mode)
{
    int fd[2];

    if (strcmp(mode, "r") != 0 && strcmp(mode, "w") != 0) {
        errno = EINVAL;
        return NULL;
    }
    if (pipe(fd) == -1)
        return NULL;
    int mine = *mode == 'r' ? fd[0] : fd[1];
    int theirs = *mode == 'r' ? fd[1] : fd[0];
    int target = *mode == 'r' ? STDOUT_FILENO : STDIN_FILENO;
    if (mine >= 1024 || theirs >= 1024) {
        close(mine);
        close(theirs);
        errno = EMFILE;
        return NULL;
    }
    pid_t pid = fork();
    if (pid == -1) {
        int error = errno;
        close(mine);
        close(theirs);
        errno = error;
        return NULL;
    }
    if (pid == 0) {
        signal(SIGPIPE, SIG_DFL);
        if (*mode == 'r')
            close(mine);
        if (theirs != target) {
            dup2(theirs, target);
            close(theirs);
        }
        /* The streams of earlier calls. */
        for (int i = 0; i < 1024; i++)
            if (pids[i] != 0 && i != target)
                close(i);
        execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
        _exit(127);
    }
    close(theirs);
    pids[mine] = pid;
    return fdopen(mine, mode);
}

int my_pclose(FILE *fp)
{
    int fd = fileno(fp), wstatus;

    if (fd < 0 || fd >= 1024 || pids[fd] == 0) {
        errno = EINVAL;
        return -1;
    }
    pid_t pid = pids[fd];
    pids[fd] = 0;
    fclose(fp);
    while (waitpid(pid, &wstatus, 0) == -1)
        if (errno != EINTR)
            return -1;
    return wstatus;
}

int drain(FILE *from, FILE *out)
{
    char buf[BUFSIZ];
    size_t n;

    while ((n = fread(buf, 1, sizeof buf, from)) > 0)
        if (fwrite(buf, 1, n, out) < n)
            return fail("write");
    if (ferror(from))
        return fail("read");
    if (fflush(out) == EOF)
        return fail("write");
    return 0;
}

static ssize_t read_some(int fd, void *buf, size_t size)
{
    ssize_t n;

    do {
        n = read(fd, buf, size);
    } while (n == -1 && errno == EINTR);
    return n;
}

int feed(int in, FILE *to)
{
    char buf[BUFSIZ];
    ssize_t n;

    while ((n = read_some(in, buf, sizeof buf)) > 0)
        if (fwrite(buf, 1, n, to) < (size_t)n)
            return fail("write");
    if (n == -1)
        return fail("read");
    if (fflush(to) == EOF)
        return fail("write");
    return 0;
}

int deal(int in, FILE *one, FILE *two)
{
    FILE *to[2] = {one, two};
    char buf[BUFSIZ];
    ssize_t n;
    int turn = 0;

    while ((n = read_some(in, buf, sizeof buf)) > 0)
        for (ssize_t i = 0; i < n; i++) {
            if (putc(buf[i], to[turn]) == EOF)
                return fail("write");
            if (buf[i] == '\n')
                turn = !turn;
        }
    if (n == -1)
        return fail("read");
    if (fflush(one) == EOF || fflush(two) == EOF)
        return fail("write");
    return 0;
}
