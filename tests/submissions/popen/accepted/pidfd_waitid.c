// SPDX-License-Identifier: MIT
/*
 * Accepted: a process descriptor for each stream, waited for with
 * waitid(P_PIDFD); SIGPIPE goes to its default around the fork; capture with
 * getline.
 */
#include "popen.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
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
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    int number = 0;

    if (fp == NULL)
        return fail("popen");
    while ((n = getline(&line, &size, fp)) > 0)
        fprintf(out, "%d: %s%s", ++number, line,
                line[n - 1] == '\n' ? "" : "\n");
    free(line);
    int failed = ferror(fp) || ferror(out) || fflush(out) == EOF;
    if (failed)
        fail("capture");
    int wstatus = pclose(fp);
    if (wstatus == -1)
        return fail("pclose");
    return failed ? -1 : decode_status(wstatus);
}

struct stream {
    FILE *fp;
    int pidfd;
    struct stream *next;
};

static struct stream *first;

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
    struct stream *stream = malloc(sizeof *stream);
    if (stream == NULL) {
        close(mine);
        close(theirs);
        errno = ENOMEM;
        return NULL;
    }
    void (*before)(int) = signal(SIGPIPE, SIG_DFL);
    pid_t pid = fork();
    if (pid != 0)
        signal(SIGPIPE, before);
    if (pid == -1) {
        int error = errno;
        free(stream);
        close(mine);
        close(theirs);
        errno = error;
        return NULL;
    }
    if (pid == 0) {
        close(mine);
        if (theirs != target) {
            dup2(theirs, target);
            close(theirs);
        }
        for (struct stream *s = first; s; s = s->next) {
            close(fileno(s->fp));
            close(s->pidfd);
        }
        execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
        _exit(127);
    }
    /* Close-on-exec: pidfd_open(2). Before `theirs` is closed: that may be 0,
     * and is not to become the standard input. */
    stream->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    close(theirs);
    stream->fp = fdopen(mine, mode);
    stream->next = first;
    first = stream;
    return stream->fp;
}

int my_pclose(FILE *fp)
{
    struct stream **link = &first, *stream;

    while ((stream = *link) != NULL && stream->fp != fp)
        link = &stream->next;
    if (stream == NULL) {
        errno = EINVAL;
        return -1;
    }
    int pidfd = stream->pidfd;
    siginfo_t info;
    *link = stream->next;
    free(stream);
    fclose(fp);
    int result = TEMP_FAILURE_RETRY(
        waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED));
    close(pidfd);
    if (result == -1)
        return -1;
    return info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
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
