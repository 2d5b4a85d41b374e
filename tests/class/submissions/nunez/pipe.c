/*
 * Práctica: pipe
 * José Ángel Núñez
 *
 * Part 3 uses two processes: a helper process feeds the command while the
 * parent copies what it says. Both count; the helper sends its count back
 * through one more pipe when it has finished.
 */
#include "pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

ssize_t write_all(int fd, const void *buf, size_t n)
{
    const char *cursor = buf;
    const char *limit = cursor + n;

    while (cursor != limit) {
        ssize_t step = write(fd, cursor, limit - cursor);
        if (step == -1)
            return -1;
        cursor += step;
    }
    return n;
}

/* Wait for one child and give its exit status. */
static int collect(pid_t child)
{
    int raw;

    if (waitpid(child, &raw, 0) == -1)
        return fail("waitpid");
    return status_to_exit(raw);
}

/* Copy from source to sink; -1 after an error, else the number of bytes. */
static long long copy_bytes(int source, int sink, int shout)
{
    char chunk[5000];
    long long total = 0;
    ssize_t count;

    while ((count = read(source, chunk, sizeof chunk)) > 0) {
        if (shout) {
            for (ssize_t k = 0; k < count; k++)
                if (chunk[k] >= 'a' && chunk[k] <= 'z')
                    chunk[k] = chunk[k] - 'a' + 'A';
        }
        if (write_all(sink, chunk, count) == -1)
            return -1;
        total += count;
    }
    return count == -1 ? -1 : total;
}

int upper(int in, int out)
{
    int tube[2];
    int problem = 0;

    signal(SIGPIPE, SIG_IGN);
    if (pipe(tube) == -1)
        return fail("pipe");
    pid_t child = fork();
    if (child == -1) {
        fail("fork");
        close(tube[0]);
        close(tube[1]);
        return -1;
    }
    if (child == 0) {
        close(tube[1]);
        if (copy_bytes(tube[0], out, 1) == -1) {
            fail("child");
            _exit(1);
        }
        _exit(0);
    }
    close(tube[0]);
    if (copy_bytes(in, tube[1], 0) == -1) {
        if (errno != EPIPE)
            fail("parent");
        problem = 1;
    }
    close(tube[1]);
    if (collect(child) != 0)
        problem = 1;
    return problem ? -1 : 0;
}

static pid_t start_process(char **argv, int new_stdin, int new_stdout)
{
    pid_t child = fork();

    if (child == -1) {
        fail("fork");
        return -1;
    }
    if (child != 0)
        return child;
    if (new_stdin == 0)
        fcntl(0, F_SETFD, 0);
    else if (new_stdin != -1)
        dup2(new_stdin, 0);
    if (new_stdout != -1)
        dup2(new_stdout, 1);
    execvp(argv[0], argv);
    int code = errno == ENOENT ? 127 : 126;
    fail(argv[0]);
    _exit(code);
}

int run_pipeline(char ***cmds, int n)
{
    pid_t children[STAGES_MAX];
    int born = 0, read_end = -1, code = 0;

    for (int stage = 0; stage < n; stage++) {
        int tube[2] = {-1, -1};
        if (stage != n - 1) {
            if (pipe2(tube, O_CLOEXEC) == -1) {
                fail("pipe");
                break;
            }
        }
        children[stage] = start_process(cmds[stage], read_end, tube[1]);
        if (read_end != -1)
            close(read_end);
        if (tube[1] != -1)
            close(tube[1]);
        read_end = tube[0];
        if (children[stage] == -1)
            break;
        born++;
    }
    if (read_end != -1)
        close(read_end);
    for (int stage = 0; stage < born; stage++)
        code = collect(children[stage]);
    if (born < n)
        return -1;
    return code;
}

/* The helper process: feed, then report the count. Ends when killed, too. */
static void feed_command(int in, int to_command, int report)
{
    char chunk[4096];
    long long total = 0;
    ssize_t count;

    while ((count = read(in, chunk, sizeof chunk)) > 0) {
        if (write_all(to_command, chunk, count) == -1)
            break;
        total += count;
        /* the newest count is always the last one in the pipe */
    }
    write_all(report, &total, sizeof total);
    _exit(0);
}

int filter(char **argv, int in, int out, long long *nin, long long *nout)
{
    int down[2], up[2], report[2];
    long long heard;

    *nin = 0;
    *nout = 0;
    if (fcntl(in, F_GETFD) == -1)
        return fail("stdin");
    if (pipe2(down, O_CLOEXEC) == -1)
        return fail("pipe");
    if (pipe2(up, O_CLOEXEC) == -1)
        return fail("pipe");
    if (pipe2(report, O_CLOEXEC) == -1)
        return fail("pipe");
    pid_t command = start_process(argv, down[0], up[1]);
    if (command == -1)
        return -1;
    signal(SIGPIPE, SIG_IGN);
    pid_t helper = fork();
    if (helper == 0) {
        close(down[0]);
        close(up[0]);
        close(up[1]);
        close(report[0]);
        feed_command(in, down[1], report[1]);
    }
    close(down[0]);
    close(down[1]);
    close(up[1]);
    close(report[1]);
    heard = copy_bytes(up[0], out, 0);
    if (heard == -1)
        fail("output");
    else
        *nout = heard;
    close(up[0]);
    int code = collect(command);
    if (read(report[0], nin, sizeof *nin) != sizeof *nin)
        *nin = 0;
    close(report[0]);
    waitpid(helper, NULL, 0);
    return heard == -1 ? -1 : code;
}

int gather(int n, int records, size_t size, int out)
{
    (void)n, (void)records, (void)size, (void)out;
    errno = ENOSYS;
    return fail("gather");
}
