// SPDX-License-Identifier: MIT
/*
 * Accepted: waitid(2) with WNOWAIT waits, waitpid(2) takes the status of what is
 * a zombie by then, which no signal interrupts.
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
    if (WIFSIGNALED(wstatus))
        return 128 + WTERMSIG(wstatus);
    errno = EINVAL;
    return -1;
}

/* getc that does not notice EINTR. */
static int next_byte(FILE *fp)
{
    int c;

    while ((c = getc(fp)) == EOF && ferror(fp) && errno == EINTR)
        clearerr(fp);
    return c;
}

static int number_lines(FILE *from, FILE *out)
{
    unsigned long n = 0;
    int c, at_start = 1;

    while ((c = next_byte(from)) != EOF) {
        if (at_start && fprintf(out, "%lu: ", ++n) < 0)
            return fail("write");
        if (putc(c, out) == EOF)
            return fail("write");
        at_start = c == '\n';
    }
    if (ferror(from))
        return fail("read");
    if (!at_start && putc('\n', out) == EOF)
        return fail("write");
    if (fflush(out) == EOF)
        return fail("write");
    return 0;
}

int capture(const char *cmd, FILE *out)
{
    FILE *fp = popen(cmd, "r");

    if (!fp)
        return fail("popen");
    int result = number_lines(fp, out);
    int wstatus = pclose(fp);
    if (result == -1)
        return -1;
    if (wstatus == -1)
        return fail("pclose");
    return decode_status(wstatus);
}

struct stream {
    FILE *fp;
    pid_t pid;
    struct stream *next;
};

static struct stream *streams;

/* In the child: become the shell, with `fd` as number `target`. */
static void run_shell(const char *cmd, int fd, int target)
{
    /* With fd == target dup2 does nothing, and close-on-exec would stay. */
    if (fd == target) {
        ;
    } else if (dup2(fd, target) == -1) {
        _exit(127);
    }
    (void)signal(SIGPIPE, SIG_DFL);
    (void)close_range(3, ~0U, 0);
    (void)execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
    _exit(127);
}

FILE *my_popen(const char *cmd, const char *mode)
{
    int fds[2], saved;

    if (!mode || (strcmp(mode, "r") != 0 && strcmp(mode, "w") != 0)) {
        errno = EINVAL;
        return NULL;
    }
    int reading = *mode == 'r';
    struct stream *s = malloc(sizeof *s);
    if (!s)
        return NULL;
    /* Close-on-exec: later children lose our end by themselves. */
    if (pipe(fds) == -1)
        goto no_pipe;
    int ours = fds[reading ? 0 : 1], theirs = fds[reading ? 1 : 0];
    s->fp = fdopen(ours, mode);
    if (!s->fp)
        goto no_stream;
    if (!reading)
        (void)setvbuf(s->fp, NULL, _IONBF, 0);
    (void)fflush(stdout);
    s->pid = fork();
    if (s->pid == -1)
        goto no_child;
    if (s->pid == 0)
        run_shell(cmd, theirs, reading ? STDOUT_FILENO : STDIN_FILENO);
    (void)close(theirs);
    s->next = streams;
    streams = s;
    return s->fp;

no_child:
    saved = errno;
    (void)fclose(s->fp);
    (void)close(theirs);
    free(s);
    errno = saved;
    return NULL;
no_stream:
    saved = errno;
    (void)close(fds[0]);
    (void)close(fds[1]);
    free(s);
    errno = saved;
    return NULL;
no_pipe:
    saved = errno;
    free(s);
    errno = saved;
    return NULL;
}

int my_pclose(FILE *fp)
{
    struct stream **link = &streams;
    int wstatus;

    while (*link && (*link)->fp != fp)
        link = &(*link)->next;
    struct stream *s = *link;
    if (!s) {
        errno = EINVAL;
        return -1;
    }
    pid_t pid = s->pid;
    *link = s->next;
    free(s);
    (void)fclose(fp); /* first: the command may wait for end-of-file */
    siginfo_t info;
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == -1)
        if (errno != EINTR)
            return -1;
    return waitpid(pid, &wstatus, 0) == -1 ? -1 : wstatus;
}

int drain(FILE *from, FILE *out)
{
    char buf[4096];

    for (;;) {
        size_t n = fread(buf, 1, sizeof buf, from);
        int error = ferror(from) ? errno : 0;
        if (n > 0 && fwrite(buf, 1, n, out) != n)
            return fail("write");
        if (error == EINTR) {
            clearerr(from);
            continue;
        }
        if (error) {
            errno = error;
            return fail("read");
        }
        if (feof(from))
            break;
    }
    if (fflush(out) == EOF)
        return fail("write");
    return 0;
}

/* read that does not notice EINTR. */
static ssize_t read_some(int fd, char *buf, size_t size)
{
    ssize_t n;

    while ((n = read(fd, buf, size)) == -1 && errno == EINTR)
        ;
    return n;
}

int feed(int in, FILE *to)
{
    char buf[4096];
    ssize_t n;

    while ((n = read_some(in, buf, sizeof buf)) > 0)
        if (fwrite(buf, 1, (size_t)n, to) != (size_t)n)
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
    int copy = fcntl(in, F_DUPFD_CLOEXEC, 3), turn = 0, result = 0, c;
    FILE *from = copy == -1 ? NULL : fdopen(copy, "r");

    if (!from) {
        result = fail("input");
        if (copy != -1)
            (void)close(copy);
        return result;
    }
    char *line = NULL;
    size_t have = 0, size = 0;
    do {
        c = next_byte(from);
        if (c != EOF && have == size) {
            char *p = realloc(line, size = size ? 2 * size : 128);
            if (!p) {
                result = fail("memory");
                break;
            }
            line = p;
        }
        if (c != EOF)
            line[have++] = (char)c;
        if ((c == '\n' || c == EOF) && have > 0) {
            if (fwrite(line, 1, have, to[turn]) != have || fflush(to[turn]) == EOF) {
                result = fail("write");
                break;
            }
            turn = !turn;
            have = 0;
        }
    } while (c != EOF);
    if (result == 0 && ferror(from))
        result = fail("read");
    free(line);
    (void)fclose(from);
    if (result == 0 && (fflush(one) == EOF || fflush(two) == EOF))
        result = fail("write");
    return result;
}
