// SPDX-License-Identifier: MIT
/* saves.c - tells when a file is saved; see saves.h. */
#include "saves.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "process.h"
#include "text.h"
#include "worker.h"

/* Some editors write twice: a save is over when nothing came for so long. */
#define QUIET_MS 40
/* What it says on its standard error when it watches. */
#define READY "Watches established."

static _Noreturn void be_watcher(int out_fd, const char *directory,
                                 const char *pattern, pid_t parent)
{
    sigset_t none;

    process_die_with(parent);
    (void)setpgid(0, 0); /* Ctrl-C is for us: we end it */
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(out_fd, STDOUT_FILENO) >= 0 && dup2(out_fd, STDERR_FILENO) >= 0)
        execlp("inotifywait", "inotifywait", "--monitor", "--event",
               "close_write", "--event", "moved_to", "--format", "%f",
               "--include", pattern, directory, (char *)NULL);
    (void)dprintf(out_fd, "inotifywait: %s; install the package inotify-tools",
                  strerror(errno));
    _exit(127);
}

/* Until it says that it watches; 0, or -1 after a message. */
static int await_ready(const struct saves *saves, const char *directory)
{
    char said[512] = "";
    size_t size = 0;

    while (strstr(said, READY) == NULL) {
        ssize_t n = read(saves->fd, said + size, sizeof(said) - 1 - size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return complain("%s: cannot be watched: %s", directory, said);
        size += (size_t)n;
        said[size] = '\0';
    }
    return 0;
}

/* NAME as an extended regular expression for the end of a path. */
static char *pattern_for(const char *name)
{
    char *pattern = xcalloc(2 * strlen(name) + 8, 1);
    char *end = stpcpy(pattern, "(^|/)");

    for (; *name; name++) {
        if (*name == '.')
            *end++ = '\\';
        *end++ = *name;
    }
    (void)stpcpy(end, "$");
    return pattern;
}

int saves_start(struct saves *saves, const char *directory, const char *name)
{
    int fds[2];
    pid_t parent = getpid();

    *saves = (struct saves){.pid = -1, .fd = -1};
    if (pipe2(fds, O_CLOEXEC) < 0)
        return complain("cannot make a pipe: %s", strerror(errno));
    char *pattern = pattern_for(name);
    saves->pid = fork();
    if (saves->pid == 0)
        be_watcher(fds[1], directory, pattern, parent);
    free(pattern);
    (void)close(fds[1]);
    saves->fd = fds[0];
    if (saves->pid < 0)
        (void)complain("cannot start a process: %s", strerror(errno));
    else if (await_ready(saves, directory) == 0)
        return 0;
    saves_stop(saves);
    return -1;
}

void saves_stop(struct saves *saves)
{
    if (saves->pid > 0) {
        (void)kill(saves->pid, SIGKILL);
        while (waitpid(saves->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    if (saves->fd >= 0)
        (void)close(saves->fd);
    *saves = (struct saves){.pid = -1, .fd = -1};
}

/* Forget what was said; false: it has ended. */
static bool drain(int fd)
{
    char names[4096];
    ssize_t size = read(fd, names, sizeof(names));

    return size > 0 || (size < 0 && errno == EINTR);
}

int saves_await(const struct saves *saves)
{
    struct pollfd fds[] = {{.fd = saves->fd, .events = POLLIN},
                           {.fd = worker_signal_fd(), .events = POLLIN}};
    bool saved = false;

    for (;;) {
        int signal_number,
            ready = poll(fds, LENGTH(fds), saved ? QUIET_MS : -1);
        if (ready < 0)
            continue; /* EINTR: stopped and continued */
        if (ready == 0)
            return 0;
        if (fds[1].revents && (signal_number = worker_signal()) != 0)
            return 128 + signal_number;
        if (fds[0].revents && !drain(saves->fd))
            return complain("inotifywait has ended; start again");
        saved |= fds[0].revents != 0;
    }
}
