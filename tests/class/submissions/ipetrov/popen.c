/* popen.c, Ivan Petrov, group B */
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
    return wstatus >> 8; /* the exit status is in the high byte */
}

int capture(const char *cmd, FILE *out)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    int no = 0, err = 0;
    FILE *f = popen(cmd, "r");

    if (!f)
        return fail("popen");
    while ((len = getline(&line, &cap, f)) != -1) {
        if (line[len - 1] == '\n')
            line[len - 1] = 0;
        if (fprintf(out, "%d: %s\n", ++no, line) < 0)
            err = 1;
    }
    if (fflush(out) != 0)
        err = 1;
    if (err)
        fail("write");
    free(line);
    int st = pclose(f);
    return err ? -1 : decode_status(st);
}

static struct item {
    FILE *f;
    pid_t pid;
    struct item *next;
} *list;

FILE *my_popen(const char *cmd, const char *mode)
{
    int fd[2], w;

    if (strcmp(mode, "r") && strcmp(mode, "w")) {
        errno = EINVAL;
        return NULL;
    }
    w = *mode == 'w';
    struct item *it = malloc(sizeof(*it));
    if (!it)
        return NULL;
    if (pipe2(fd, O_CLOEXEC) < 0)
        goto bad;
    it->pid = fork();
    if (it->pid < 0) {
        close(fd[0]);
        close(fd[1]);
        goto bad;
    }
    if (it->pid == 0) {
        dup2(fd[!w], !w);
        execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
        _exit(127);
    }
    close(fd[!w]);
    it->f = fdopen(fd[w], mode);
    it->next = list;
    list = it;
    return it->f;
bad:
    free(it);
    return NULL;
}

int my_pclose(FILE *fp)
{
    struct item *it, *before = NULL;
    int st;

    for (it = list; it && it->f != fp; it = it->next)
        before = it;
    if (!it) {
        errno = EINVAL;
        return -1;
    }
    if (before)
        before->next = it->next;
    else
        list = it->next;
    fclose(fp);
    while (waitpid(it->pid, &st, 0) < 0)
        if (errno != EINTR)
            return -1;
    /* it is not freed: the list may still need it */
    return st;
}

int drain(FILE *from, FILE *out)
{
    int c;

    while ((c = getc(from)) != EOF)
        if (putc(c, out) == EOF)
            return fail("putc");
    if (ferror(from))
        return fail("getc");
    return fflush(out) ? fail("fflush") : 0;
}

int feed(int in, FILE *to)
{
    char buf[1000];
    ssize_t n;

again:
    while ((n = read(in, buf, sizeof(buf))) > 0)
        if (fwrite(buf, n, 1, to) != 1)
            return fail("fwrite");
    if (n < 0 && errno == EINTR)
        goto again;
    if (n < 0)
        return fail("read");
    return fflush(to) ? fail("fflush") : 0;
}

int deal(int in, FILE *one, FILE *two)
{
    FILE *f[2] = {one, two};
    char buf[1000];
    ssize_t n, i;
    unsigned k = 0;

again:
    while ((n = read(in, buf, sizeof(buf))) > 0)
        for (i = 0; i < n; i++) {
            if (putc(buf[i], f[k % 2]) == EOF)
                return fail("putc");
            k += buf[i] == '\n';
        }
    if (n < 0 && errno == EINTR)
        goto again;
    if (n < 0)
        return fail("read");
    return fflush(one) || fflush(two) ? fail("fflush") : 0;
}
