// SPDX-License-Identifier: MIT
/*
 * Lab `popen`. Amélie Garnier, section A.
 *
 * The table is indexed by descriptor: fileno(fp) is the key, no search and no
 * list. The FILE pointer is stored beside it, because a descriptor number is
 * soon used again.
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
    return WIFEXITED(wstatus) ? WEXITSTATUS(wstatus) : 128 + WTERMSIG(wstatus);
}

int capture(const char *cmd, FILE *out)
{
    FILE *src = popen(cmd, "r");
    char *text = NULL;
    size_t room = 0;
    ssize_t len;
    long number = 0;
    int trouble = 0;

    if (!src)
        return fail("popen");
    while (!trouble && (len = getline(&text, &room, src)) >= 0) {
        if (len > 0 && text[len - 1] == '\n')
            len--;
        trouble = fprintf(out, "%ld: ", ++number) < 0 ||
                  fwrite(text, 1, len, out) < (size_t)len ||
                  fputc('\n', out) == EOF;
    }
    if (ferror(src) || fflush(out) != 0)
        trouble = 1;
    if (trouble)
        fail(cmd);
    free(text);

    int how = pclose(src); /* always: this is the wait */
    if (how < 0)
        return fail("pclose");
    return trouble ? -1 : decode_status(how);
}
/* END(popen.1) */

/* TODO(popen.2): popen and pclose of your own, for the modes "r" and "w", and
 * what goes through them. Who holds which end, whose child is it, and when may
 * my_pclose wait? pipe(2), fdopen(3), execl(3), waitpid(2), signal(7). */
static struct entry {
    FILE *stream;
    pid_t shell;
} *table;
static size_t table_len;

/* Make sure that table[fd] exists; done before the fork, so that nothing can
 * fail once there is a child. */
static int make_room(int fd)
{
    size_t want = (size_t)fd + 1;

    if (want <= table_len)
        return 0;
    struct entry *bigger = realloc(table, want * sizeof *bigger);
    if (!bigger)
        return -1;
    memset(bigger + table_len, 0, (want - table_len) * sizeof *bigger);
    table = bigger;
    table_len = want;
    return 0;
}

/* Give memory back when the last stream is closed. */
static void forget(int fd)
{
    table[fd] = (struct entry){NULL, 0};
    for (size_t i = 0; i < table_len; i++)
        if (table[i].stream)
            return;
    free(table);
    table = NULL;
    table_len = 0;
}

static void shell(const char *cmd, int pipe_end, int std)
{
    signal(SIGPIPE, SIG_DFL);
    if (pipe_end == std) {
        if (fcntl(std, F_SETFD, 0) < 0)
            _exit(127);
    } else if (dup2(pipe_end, std) < 0) {
        _exit(127);
    }
    /* All the rest is close-on-exec. */
    execl("/bin/sh", "sh", "-c", cmd, (char *)0);
    _exit(127);
}

FILE *my_popen(const char *cmd, const char *mode)
{
    int ends[2], here, there, saved;

    if ((mode[0] != 'r' && mode[0] != 'w') || mode[1] != '\0') {
        errno = EINVAL;
        return NULL;
    }
    if (pipe2(ends, O_CLOEXEC) < 0)
        return NULL;
    here = mode[0] == 'r' ? ends[0] : ends[1];
    there = mode[0] == 'r' ? ends[1] : ends[0];

    FILE *stream = make_room(here) < 0 ? NULL : fdopen(here, mode);
    pid_t pid = stream ? fork() : -1;
    if (pid == 0)
        shell(cmd, there, mode[0] == 'r' ? 1 : 0);
    saved = errno;
    close(there);
    if (pid < 0) {
        if (stream)
            fclose(stream);
        else
            close(here);
        errno = saved;
        return NULL;
    }
    table[here] = (struct entry){stream, pid};
    return stream;
}

int my_pclose(FILE *fp)
{
    size_t at = 0;
    int how;

    /* Not fileno(fp): fp may be nobody's stream any more. */
    while (at < table_len && table[at].stream != fp)
        at++;
    if (at == table_len) {
        errno = EINVAL;
        return -1;
    }
    pid_t pid = table[at].shell;
    forget(at);
    fclose(fp); /* before the wait, or a reader never sees its end */
    while (waitpid(pid, &how, 0) < 0)
        if (errno != EINTR)
            return -1;
    return how;
}

int drain(FILE *from, FILE *out)
{
    char page[8192];

    for (;;) {
        size_t got = fread(page, 1, sizeof page, from);

        if (got == 0)
            break;
        if (fwrite(page, 1, got, out) != got)
            return fail("output");
    }
    if (ferror(from))
        return fail("input");
    return fflush(out) == 0 ? 0 : fail("output");
}

static ssize_t read_retry(int fd, void *buf, size_t room)
{
    for (;;) {
        ssize_t got = read(fd, buf, room);

        if (got >= 0 || errno != EINTR)
            return got;
    }
}

int feed(int in, FILE *to)
{
    char page[8192];
    ssize_t got;

    for (;;) {
        got = read_retry(in, page, sizeof page);
        if (got < 0)
            return fail("input");
        if (got == 0)
            return fflush(to) == 0 ? 0 : fail("output");
        if (fwrite(page, 1, got, to) != (size_t)got)
            return fail("output");
    }
}
/* END(popen.2) */

/* TODO(popen.3): Two streams at once: deal the lines out in turn, and let each
 * command see its own end-of-file. Does the second child hold something that
 * the first one waits for? Then my_popen is not finished. popen(3) of POSIX. */
int deal(int in, FILE *one, FILE *two)
{
    FILE *hand[2] = {one, two};
    int turn = 0;
    char page[8192];
    ssize_t got;

    while ((got = read_retry(in, page, sizeof page)) > 0) {
        char *at = page, *end = page + got;

        while (at < end) {
            char *nl = memchr(at, '\n', end - at);
            size_t len = (nl ? nl + 1 : end) - at;

            if (fwrite(at, 1, len, hand[turn]) != len)
                return fail("deal");
            at += len;
            if (nl)
                turn ^= 1;
        }
    }
    if (got < 0)
        return fail("input");
    if (fflush(one) != 0 || fflush(two) != 0)
        return fail("deal");
    return 0;
}
/* END(popen.3) */
