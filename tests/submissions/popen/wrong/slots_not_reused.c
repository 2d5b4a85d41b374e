// SPDX-License-Identifier: MIT
/*
 * Fails: no_leak
 * Shows: slots_not_reused
 *
 * The belief: 32 streams are to be had, so a table has 32 places. But a place
 * is taken for ever: the 33rd stream is refused though none is open.
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

/* The streams, in the order of their opening. */
static struct stream {
    FILE *fp;
    pid_t pid;
} streams[STREAMS_MIN];
static int used;

FILE *my_popen(const char *cmd, const char *mode)
{
    int fd[2];

    if (strcmp(mode, "r") != 0 && strcmp(mode, "w") != 0) {
        errno = EINVAL;
        return NULL;
    }
    if (used == STREAMS_MIN) {
        errno = EMFILE;
        return NULL;
    }
    if (pipe(fd) == -1)
        return NULL;
    int mine = *mode == 'r' ? fd[0] : fd[1];
    int theirs = *mode == 'r' ? fd[1] : fd[0];
    int target = *mode == 'r' ? STDOUT_FILENO : STDIN_FILENO;
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
        /* The streams of earlier calls. */
        for (int i = 0; i < used; i++)
            if (streams[i].fp != NULL)
                close(fileno(streams[i].fp));
        close(mine);
        if (theirs != target) {
            dup2(theirs, target);
            close(theirs);
        }
        execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
        _exit(127);
    }
    close(theirs);
    streams[used].fp = fdopen(mine, mode);
    streams[used].pid = pid;
    return streams[used++].fp;
}

int my_pclose(FILE *fp)
{
    int i = 0, wstatus;

    while (i < used && streams[i].fp != fp)
        i++;
    if (i == used) {
        errno = EINVAL;
        return -1;
    }
    streams[i].fp = NULL;
    fclose(fp);
    while (waitpid(streams[i].pid, &wstatus, 0) == -1)
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
