// SPDX-License-Identifier: MIT
/*
 * Lab `popen`, the file you edit. popen(3) is a pipe, a fork, a shell and a
 * stdio stream, tied together by one thing that is easy to overlook: somebody
 * has to remember which process belongs to which stream. Here you use it, then
 * build it, then open two at once. popen.h is the contract. Fill the gaps in
 * order, helpers included, and run `make popen` after each.
 */
#include "popen.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* TODO(popen.1): Number the lines of a command's output, whatever their
 * length, and say how the command ended. What does pclose return? popen(3),
 * wait(2), getline(3). */
int decode_status(int wstatus)
{
    if (WIFSIGNALED(wstatus))
        return 128 + WTERMSIG(wstatus);
    return WEXITSTATUS(wstatus);
}

int capture(const char *cmd, FILE *out)
{
    FILE *from = popen(cmd, "r");
    char *line = NULL;
    size_t size = 0;
    int result = 0;

    if (!from)
        return fail("popen");
    for (int n = 1; getline(&line, &size, from) != -1; n++) {
        line[strcspn(line, "\n")] = '\0'; /* the last line may have none */
        if (fprintf(out, "%d: %s\n", n, line) < 0) {
            result = fail("write");
            break;
        }
    }
    /* Only the flush tells whether the rest could be written. */
    if (result == 0 && (ferror(from) || fflush(out) == EOF))
        result = fail("capture");
    free(line);
    int wstatus = pclose(from);
    if (wstatus == -1)
        return fail("pclose");
    return result == -1 ? -1 : decode_status(wstatus);
}
/* END(popen.1) */

/* TODO(popen.2): popen and pclose of your own, for the modes "r" and "w", and
 * what goes through them. Who holds which end, whose child is it, and when may
 * my_pclose wait? pipe(2), fdopen(3), execl(3), waitpid(2), signal(7). */

/* The processes behind the streams that are open. */
static struct stream {
    struct stream *next;
    FILE *fp;
    pid_t pid;
} * streams;

/* The child: `end` becomes its descriptor `as`. */
static _Noreturn void be_command(const char *cmd, int end, int as)
{
    /* If stdin was closed, `end` may be 0 already; then dup2 does nothing, and
     * exec would close the descriptor. */
    int moved = end == as ? fcntl(end, F_SETFD, 0) : dup2(end, as);

    /* Ignored, it would stay ignored: execve(2). */
    if (moved != -1 && signal(SIGPIPE, SIG_DFL) != SIG_ERR)
        (void)execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
    /* exit(3) would flush our copies of the parent's streams. */
    _exit(127);
}

FILE *my_popen(const char *cmd, const char *mode)
{
    int reads = strcmp(mode, "r") == 0, fd[2];

    if (!reads && strcmp(mode, "w") != 0) {
        errno = EINVAL;
        return NULL;
    }
    struct stream *new = malloc(sizeof *new);
    /* Close-on-exec keeps our end from this child, and from every later one:
     * POSIX wants the streams of earlier calls closed in it. */
    if (!new || pipe2(fd, O_CLOEXEC) == -1) {
        free(new);
        return NULL;
    }
    int ours = fd[!reads], theirs = fd[reads];
    new->fp = fdopen(ours, mode);
    new->pid = new->fp ? fork() : -1;
    if (new->pid == 0)
        be_command(cmd, theirs, reads ? STDOUT_FILENO : STDIN_FILENO);
    int error = errno;
    /* While we hold it, there is no end-of-file for us, and no EPIPE. */
    (void)close(theirs);
    if (new->pid != -1) {
        new->next = streams;
        streams = new;
        return new->fp;
    }
    if (new->fp)
        (void)fclose(new->fp);
    else
        (void)close(ours);
    free(new);
    errno = error;
    return NULL;
}

int my_pclose(FILE *fp)
{
    struct stream **at = &streams;
    int wstatus;

    while (*at && (*at)->fp != fp)
        at = &(*at)->next;
    struct stream *found = *at;
    if (!found) {
        errno = EINVAL;
        return -1;
    }
    *at = found->next;
    pid_t pid = found->pid;
    free(found);
    /* Close first: the command waits for its end-of-file, or for us to read.
     * What it no longer wants, feed has reported. */
    (void)fclose(fp);
    if (TEMP_FAILURE_RETRY(waitpid(pid, &wstatus, 0)) == -1)
        return -1;
    return wstatus;
}

int drain(FILE *from, FILE *out)
{
    char buf[4096];
    size_t n;

    while ((n = fread(buf, 1, sizeof buf, from)) > 0)
        if (fwrite(buf, 1, n, out) != n)
            return fail("write");
    if (ferror(from))
        return fail("read");
    return fflush(out) == EOF ? fail("write") : 0;
}

int feed(int in, FILE *to)
{
    char buf[4096];
    ssize_t n;

    while ((n = TEMP_FAILURE_RETRY(read(in, buf, sizeof buf))) > 0)
        if (fwrite(buf, 1, (size_t)n, to) != (size_t)n)
            return fail("write");
    if (n == -1)
        return fail("read");
    /* Only now does a small input meet the pipe. */
    return fflush(to) == EOF ? fail("write") : 0;
}
/* END(popen.2) */

/* TODO(popen.3): Two streams at once: deal the lines out in turn, and let each
 * command see its own end-of-file. Does the second child hold something that
 * the first one waits for? Then my_popen is not finished. popen(3) of POSIX. */
int deal(int in, FILE *one, FILE *two)
{
    char buf[4096];
    FILE *to = one;
    ssize_t n;

    /* A read may bring half a line, or many: only the newline counts. */
    while ((n = TEMP_FAILURE_RETRY(read(in, buf, sizeof buf))) > 0)
        for (ssize_t i = 0; i < n; i++) {
            if (putc(buf[i], to) == EOF)
                return fail("write");
            if (buf[i] == '\n')
                to = to == one ? two : one;
        }
    if (n == -1)
        return fail("read");
    return fflush(one) == EOF || fflush(two) == EOF ? fail("write") : 0;
}
/* END(popen.3) */
