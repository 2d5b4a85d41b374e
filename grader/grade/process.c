// SPDX-License-Identifier: MIT
/* process.c - a trusted command run to its end, within limits; process.h. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"

struct running {
    pid_t pid;
    int pid_fd;
    int output_fd;
};

void process_die_with(int parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        _exit(3); /* it ended before the call */
}

static void reset_signals(void)
{
    sigset_t none;

    for (int signal_number = 1; signal_number < NSIG; signal_number++)
        (void)signal(signal_number, SIG_DFL); /* EINVAL for some: fine */
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child: returns only on failure, with errno. */
static void become(const struct process *process, pid_t parent, int output_fd)
{
    process_die_with(parent);
    if (setpgid(0, 0) < 0)
        return;
    reset_signals();
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
        dup2(output_fd, STDOUT_FILENO) < 0 ||
        dup2(output_fd, STDERR_FILENO) < 0)
        return;
    if (process->directory && chdir(process->directory) < 0)
        return;
    for (size_t i = 0; i < process->limit_count; i++) {
        const struct process_limit *limit = &process->limits[i];
        struct rlimit now;
        if (getrlimit(limit->resource, &now) < 0)
            return;
        /* An ordinary user can only go below the hard limit. */
        rlim_t value =
            limit->value < now.rlim_max ? limit->value : now.rlim_max;
        now = (struct rlimit){value, value};
        if (setrlimit(limit->resource, &now) < 0)
            return;
    }
    char **env = process->env ? (char **)process->env : environ;
    (void)execvpe(process->argv[0], (char **)process->argv, env);
}

/* errno of the child that could not exec, or 0. */
static int start_error(int fd)
{
    int error = 0;
    ssize_t size;

    do
        size = read(fd, &error, sizeof(error));
    while (size < 0 && errno == EINTR);
    return size == sizeof(error) ? error : 0;
}

static int start(struct running *running, const struct process *process)
{
    int output[2] = {-1, -1}, failure[2] = {-1, -1};
    pid_t parent = getpid();
    int error = 0;

    if (pipe2(output, O_CLOEXEC) < 0 || pipe2(failure, O_CLOEXEC) < 0) {
        error = errno;
        goto out;
    }
    running->pid = fork();
    if (running->pid == 0) {
        become(process, parent, output[1]);
        error = errno;
        (void)write_fully(failure[1], &error, sizeof(error));
        _exit(127);
    }
    if (running->pid < 0) {
        error = errno;
        goto out;
    }
    (void)close(failure[1]);
    failure[1] = -1;
    error = start_error(failure[0]);
    if (error == 0) {
        running->pid_fd = (int)syscall(SYS_pidfd_open, running->pid, 0);
        running->output_fd = output[0];
        output[0] = -1;
        error = running->pid_fd < 0 ? errno : 0;
        if (error)
            (void)kill(running->pid, SIGKILL);
    }
    if (error)
        while (waitpid(running->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
out:
    for (int i = 0; i < 2; i++) {
        if (output[i] >= 0)
            (void)close(output[i]);
        if (failure[i] >= 0)
            (void)close(failure[i]);
    }
    errno = error;
    return error ? -1 : 0;
}

/* Keep the first, or the last, OUTPUT_MAX bytes. */
static void keep(const struct process *process, struct process_result *result,
                 const char *data, size_t size)
{
    size_t room = process->output_max - result->size;

    if (size > room && process->keep_tail) {
        size_t drop = size - room < result->size ? size - room : result->size;
        memmove(result->output, result->output + drop, result->size - drop);
        result->size -= drop;
        room += drop;
        if (size > room)
            data += size - room;
    }
    size = size < room ? size : room;
    memcpy(result->output + result->size, data, size);
    result->size += size;
    result->output[result->size] = '\0';
}

/* Read what is there; false when there is nothing (more). */
static bool drain(int fd, const struct process *process,
                  struct process_result *result)
{
    char data[16384];
    ssize_t size;

    do
        size = read(fd, data, sizeof(data));
    while (size < 0 && errno == EINTR);
    if (size <= 0)
        return false;
    keep(process, result, data, (size_t)size);
    return true;
}

/* Poll until the process is a zombie; its output may never end: a descendant
 * can hold it open. */
static void watch(struct running *running, const struct process *process,
                  struct process_result *result)
{
    int64_t deadline = now_ms() + (int64_t)process->wall_s * 1000;

    for (;;) {
        struct pollfd fds[] = {
            {.fd = running->pid_fd, .events = POLLIN},
            {.fd = running->output_fd, .events = POLLIN},
        };
        int64_t left = deadline - now_ms();
        int timeout = result->timed_out ? -1 : left > 0 ? (int)left : 0;
        int ready = poll(fds, LENGTH(fds), timeout);
        if (ready == 0) {
            result->timed_out = true;
            (void)kill(-running->pid, SIGKILL);
        }
        if (ready <= 0)
            continue;
        if (fds[0].revents)
            return;
        if (fds[1].revents && !drain(running->output_fd, process, result)) {
            (void)close(running->output_fd);
            running->output_fd = -1; /* poll() passes over it */
        }
    }
}

int process_run(const struct process *process, struct process_result *result)
{
    struct running running = {.pid_fd = -1, .output_fd = -1};
    int64_t begun = now_ms();
    int status = 0;

    *result = (struct process_result){0};
    if (start(&running, process) < 0)
        return -1;
    result->output = xcalloc(process->output_max + 1, 1);
    watch(&running, process, result);
    /* While its leader is a zombie, the group's number is nobody else's. */
    (void)kill(-running.pid, SIGKILL);
    while (waitpid(running.pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (running.output_fd >= 0) {
        (void)fcntl(running.output_fd, F_SETFL, O_NONBLOCK);
        while (drain(running.output_fd, process, result))
            continue;
        (void)close(running.output_fd);
    }
    (void)close(running.pid_fd);
    result->status =
        WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    result->seconds = (double)(now_ms() - begun) / 1000;
    return 0;
}

void process_result_release(struct process_result *result)
{
    free(result->output);
    *result = (struct process_result){0};
}
