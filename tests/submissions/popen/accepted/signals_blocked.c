// SPDX-License-Identifier: MIT
/*
 * Accepted: SIGCHLD, SIGINT and SIGQUIT are held back while my_pclose waits,
 * as system(3) does; capture reads blocks and finds the newlines in them; deal
 * and feed use stdio on a duplicate of the descriptor.
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
    char buf[100];
    size_t n;
    int begins = 1, number = 0;

    if (fp == NULL)
        return fail("popen");
    while ((n = fread(buf, 1, sizeof buf, fp)) > 0) {
        char *next = buf, *end = buf + n;
        while (next < end) {
            char *stop = memchr(next, '\n', end - next);
            char *after = stop ? stop + 1 : end;
            if (begins)
                fprintf(out, "%d: ", ++number);
            fwrite(next, 1, after - next, out);
            begins = stop != NULL;
            next = after;
        }
    }
    if (!begins)
        fputc('\n', out);
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
    sigset_t held, before;
    sigemptyset(&held);
    sigaddset(&held, SIGCHLD);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGQUIT);
    sigprocmask(SIG_BLOCK, &held, &before);
    pid_t got;
    do {
        got = waitpid(pid, &wstatus, 0);
    } while (got == -1 && errno == EINTR);
    int error = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return got == -1 ? -1 : wstatus;
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

/* A stream of our own on `in`, which stays the caller's. */
static FILE *open_copy(int in)
{
    int fd = fcntl(in, F_DUPFD_CLOEXEC, 3);

    return fd == -1 ? NULL : fdopen(fd, "r");
}

int feed(int in, FILE *to)
{
    FILE *from = open_copy(in);
    int result = from ? drain(from, to) : fail("standard input");

    if (from)
        fclose(from);
    return result;
}

int deal(int in, FILE *one, FILE *two)
{
    FILE *from = open_copy(in), *to[2] = {one, two};
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    int turn = 0, result = 0;

    if (from == NULL)
        return fail("standard input");
    while (result == 0 && (n = getline(&line, &size, from)) != -1) {
        if (fwrite(line, 1, n, to[turn]) < (size_t)n)
            result = fail("write");
        turn = !turn;
    }
    if (result == 0 &&
        (ferror(from) || fflush(one) == EOF || fflush(two) == EOF))
        result = fail("deal");
    free(line);
    fclose(from);
    return result;
}
