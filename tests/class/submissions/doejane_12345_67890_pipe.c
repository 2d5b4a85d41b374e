/*
 * Lab pipe, by Jane Doe.
 *
 * upper: everything that comes in is a text, so I treat it as a string.
 */
#include "pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX 4096

/* Write all n bytes of buf to fd. */
ssize_t write_all(int fd, const void *buf, size_t n)
{
    size_t already_written = 0;

    do {
        ssize_t just_written =
            write(fd, (const char *)buf + already_written, n - already_written);
        if (just_written > 0)
            already_written += (size_t)just_written;
        else if (just_written == -1 && errno != EINTR)
            return -1;
    } while (already_written < n);
    return (ssize_t)n;
}

/* Read, but try again after a signal. */
static ssize_t read_again(int fd, char *text, size_t max)
{
    ssize_t length;

    while ((length = read(fd, text, max)) == -1)
        if (errno != EINTR)
            break;
    return length;
}

/* The child: turns each piece of text into capitals. */
static int child(int from, int out)
{
    char text[MAX + 1];
    ssize_t length;

    while ((length = read_again(from, text, MAX)) > 0) {
        text[length] = '\0'; /* make it a string */
        for (char *letter = text; *letter != '\0'; letter++)
            if (*letter >= 'a' && *letter <= 'z')
                *letter += 'A' - 'a';
        if (write_all(out, text, strlen(text)) == -1)
            return fail("write_all");
    }
    return length == -1 ? fail("read") : 0;
}

int upper(int in, int out)
{
    int ends[2];
    char text[MAX];
    ssize_t length;
    int wstatus, everything_ok = 1;

    signal(SIGPIPE, SIG_IGN);
    if (pipe(ends) == -1)
        return fail("pipe");
    pid_t pid = fork();
    if (pid == -1) {
        fail("fork");
        close(ends[0]);
        close(ends[1]);
        return -1;
    }
    if (pid == 0) {
        close(ends[1]);
        _exit(child(ends[0], out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    close(ends[0]);
    while ((length = read_again(in, text, MAX)) > 0) {
        if (write_all(ends[1], text, (size_t)length) == -1) {
            everything_ok = 0;
            break;
        }
    }
    if (length == -1) {
        fail("read");
        everything_ok = 0;
    }
    close(ends[1]);
    if (waitpid(pid, &wstatus, 0) == -1 || wstatus != 0)
        everything_ok = 0;
    return everything_ok ? 0 : -1;
}

/* A chain of commands is a first command and the rest of the chain. `source`
 * is where the first one reads, -1 for our own stdin. */
static int run_chain(char ***cmds, int n, int source)
{
    int ends[2] = {-1, -1};
    int wstatus, result = -1;

    if (n > 1 && pipe2(ends, O_CLOEXEC) == -1) {
        fail("pipe2");
        if (source != -1)
            close(source);
        return -1;
    }
    pid_t pid = fork();
    if (pid == -1)
        fail("fork");
    if (pid == 0) {
        if (source != -1)
            dup2(source, STDIN_FILENO);
        if (n > 1)
            dup2(ends[1], STDOUT_FILENO);
        execvp(cmds[0][0], cmds[0]);
        wstatus = errno == ENOENT ? 127 : 126;
        fail(cmds[0][0]);
        _exit(wstatus);
    }
    if (source != -1)
        close(source);
    if (n > 1)
        close(ends[1]);
    if (n > 1 && pid != -1)
        result = run_chain(cmds + 1, n - 1, ends[0]);
    else if (n > 1)
        close(ends[0]);
    if (pid == -1)
        return -1;
    while (waitpid(pid, &wstatus, 0) == -1)
        if (errno != EINTR)
            return fail("waitpid");
    return n > 1 ? result : status_to_exit(wstatus);
}

int run_pipeline(char ***cmds, int n)
{
    return run_chain(cmds, n, -1);
}

/* I did not understand part 3, sorry. */
int filter(char **argv, int in, int out, long long *nin, long long *nout)
{
    (void)argv, (void)in, (void)out, (void)nin, (void)nout;
    errno = ENOSYS;
    return fail("filter");
}

int gather(int n, int records, size_t size, int out)
{
    (void)n, (void)records, (void)size, (void)out;
    errno = ENOSYS;
    return fail("gather");
}
