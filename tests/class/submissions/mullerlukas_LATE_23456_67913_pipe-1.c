/*
 * Lukas Müller, lab pipe
 * sorry for being late, my train was delayed
 */
#include "pipe.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

ssize_t write_all(int fd, const void *buf, size_t n)
{
    size_t geschrieben = 0;

    while (geschrieben < n) {
        ssize_t w = write(fd, (const char *)buf + geschrieben, n - geschrieben);
        if (w == -1 && errno == EINTR)
            continue;
        if (w == -1)
            return -1;
        geschrieben += w;
    }
    return n;
}

int upper(int in, int out)
{
    int fd[2];
    char zeichen[1024];
    ssize_t anzahl;

    if (pipe(fd) == -1)
        return fail("pipe");
    pid_t pid = fork();
    if (pid == -1)
        return fail("fork");
    if (pid == 0) {
        close(fd[1]);
        while ((anzahl = read(fd[0], zeichen, sizeof zeichen)) > 0) {
            for (int i = 0; i < anzahl; i++)
                if (zeichen[i] >= 'a' && zeichen[i] <= 'z')
                    zeichen[i] -= 'a' - 'A';
            write_all(out, zeichen, anzahl);
        }
        _exit(0);
    }
    close(fd[0]);
    while ((anzahl = read(in, zeichen, sizeof zeichen)) > 0)
        write_all(fd[1], zeichen, anzahl);
    close(fd[1]);
    waitpid(pid, NULL, 0);
    return 0;
}

int run_pipeline(char ***cmds, int n)
{
    int vorher = -1, status = 0;

    for (int i = 0; i < n; i++) {
        int fd[2];
        pipe(fd);
        pid_t pid = fork();
        if (pid == 0) {
            if (vorher != -1)
                dup2(vorher, 0);
            if (i < n - 1)
                dup2(fd[1], 1);
            close(fd[0]);
            close(fd[1]);
            execvp(cmds[i][0], cmds[i]);
            _exit(127);
        }
        close(fd[1])
        vorher = fd[0];
    }
    while (wait(&status) > 0)
        ;
    return status_to_exit(status);
}

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
