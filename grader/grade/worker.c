// SPDX-License-Identifier: MIT
/*
 * worker.c - the unprivileged process that does the work; see worker.h.
 *
 * Between it and the grader stands a warden, whose one duty is that nothing is
 * left: PR_SET_PDEATHSIG ends most of what runs when the grader is killed, but
 * not, for example, a child that strace had just stopped, which is nobody's
 * when strace is gone.  All orphans become the warden's children.
 */
#include "worker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "process.h"
#include "text.h"

#define OUTPUT_MAX (1024UL * 1024 * 1024)
#define REAP_MS    60000

static int signal_fd = -1;
static sigset_t old_mask;

int worker_prepare(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t set;

    (void)sigemptyset(&set);
    for (size_t i = 0; i < LENGTH(signals); i++) {
        struct sigaction action;
        /* What nohup(1) and the like ignore stays ignored. */
        if (sigaction(signals[i], NULL, &action) == 0 &&
            action.sa_handler != SIG_IGN)
            (void)sigaddset(&set, signals[i]);
    }
    if (sigprocmask(SIG_BLOCK, &set, &old_mask) < 0)
        return complain("cannot block signals: %s", strerror(errno));
    signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signal_fd < 0)
        return complain("cannot wait for signals: %s", strerror(errno));
    return 0;
}

static int drop_privileges(void)
{
    /* What the kernel counts of a user's POSIX queues counts in all sandboxes
     * together, and many may be at work; each has a limit of its own. */
    struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

    if (geteuid() != 0)
        return 0;
    (void)setrlimit(RLIMIT_MSGQUEUE, &unlimited); /* as far as root may */
    if (setgroups(0, NULL) == 0 &&
        setresgid(WORKER_GID, WORKER_GID, WORKER_GID) == 0 &&
        setresuid(WORKER_UID, WORKER_UID, WORKER_UID) == 0)
        return 0;
    return complain("cannot become user %d: %s; run as an ordinary user",
                    WORKER_UID, strerror(errno));
}

static _Noreturn void be_worker(int (*work)(int, void *), void *data,
                                pid_t parent, int out_fd)
{
    if (drop_privileges() < 0)
        _exit(3);
    process_die_with(parent); /* a change of user id had cleared it */
    (void)close(signal_fd);
    (void)sigprocmask(SIG_SETMASK, &old_mask, NULL);
    (void)umask(022);
    int status = work(out_fd, data);
    (void)fflush(NULL); /* only messages */
    _exit(status);
}

/* ---- The warden ---------------------------------------------------------- */

/* The parent of process PID; -1 if it is gone. */
static pid_t parent_of(const char *pid)
{
    char *path = xformat("/proc/%s/stat", pid);
    char *stat = read_file(AT_FDCWD, path, 4096, NULL);
    char *end = stat ? strrchr(stat, ')') : NULL; /* the name may hold any */
    int parent = -1;

    if (end)
        (void)sscanf(end, ") %*c %d", &parent);
    free(stat);
    free(path);
    return parent;
}

static void kill_children(void)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;

    while (dir && (entry = readdir(dir)) != NULL) {
        char *end;
        long pid = strtol(entry->d_name, &end, 10);
        if (pid > 0 && *end == '\0' && parent_of(entry->d_name) == getpid())
            (void)kill((pid_t)pid, SIGKILL);
    }
    if (dir)
        (void)closedir(dir);
}

/* Each death can bring new orphans here. */
void worker_reap_all(void)
{
    int64_t deadline = now_ms() + REAP_MS;

    while (now_ms() < deadline) {
        pid_t pid = waitpid(-1, NULL, WNOHANG);
        if (pid < 0 && errno == ECHILD)
            return;
        if (pid == 0) {
            kill_children();
            (void)poll(NULL, 0, 2);
        }
    }
}

static int exit_status(int status)
{
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    (void)complain("the grading process was killed by signal %d; try again",
                   WTERMSIG(status));
    return 3;
}

/* Until WORKER has ended, or SET's SIGTERM comes: the grader has ended, or
 * wants it to end. */
static int guard(pid_t worker, const sigset_t *set)
{
    int signal_number, status;

    while (sigwait(set, &signal_number) == 0 && signal_number == SIGCHLD) {
        pid_t pid;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
            if (pid == worker)
                return exit_status(status);
    }
    return 3;
}

static _Noreturn void be_warden(int (*work)(int, void *), void *data,
                                pid_t parent, int out_fd)
{
    sigset_t set;

    (void)setpgid(0, 0); /* Ctrl-C is for the grader alone */
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
        prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ||
        prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != parent) {
        (void)complain("cannot watch over processes: %s", strerror(errno));
        _exit(3);
    }
    pid_t warden = getpid(), worker = fork();
    if (worker == 0)
        be_worker(work, data, warden, out_fd);
    (void)close(out_fd);
    if (worker < 0)
        (void)complain("cannot start a process: %s", strerror(errno));
    int status = worker < 0 ? 3 : guard(worker, &set);
    worker_reap_all();
    _exit(status);
}

/* ---- The grader's side --------------------------------------------------- */

static int warden_status(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 3;
    return exit_status(status);
}

struct received {
    char *data;
    size_t size, room;
};

/* Read once; false at the end. */
static bool receive(int fd, struct received *received)
{
    if (received->room - received->size < 65536) {
        received->room = received->room ? 2 * received->room : 131072;
        received->data = xrealloc(received->data, received->room + 1);
    }
    ssize_t size = read(fd, received->data + received->size,
                        received->room - received->size);
    if (size < 0 && errno == EINTR)
        return true;
    if (size <= 0 || received->size > OUTPUT_MAX)
        return false;
    received->size += (size_t)size;
    return true;
}

int worker_signal_fd(void)
{
    return signal_fd;
}

int worker_signal(void)
{
    struct signalfd_siginfo info;

    return read(signal_fd, &info, sizeof(info)) == sizeof(info)
               ? (int)info.ssi_signo
               : 0;
}

/* Hand the messages that are complete to LISTENER, and forget them. */
static void hear_all(struct received *received,
                     const struct worker_listener *listener)
{
    char *end;

    while (received->size > 0 &&
           (end = memchr(received->data, '\0', received->size)) != NULL) {
        size_t size = (size_t)(end - received->data);
        listener->hear(received->data, size, listener->data);
        received->size -= size + 1;
        memmove(received->data, end + 1, received->size);
    }
}

/* Until the worker has closed FD: 0; or what the status will be if a signal or
 * LISTENER comes before that. */
static int receive_all(int fd, struct received *received,
                       const struct worker_listener *listener)
{
    for (;;) {
        struct pollfd fds[] = {
            {.fd = fd, .events = POLLIN},
            {.fd = signal_fd, .events = POLLIN},
            {.fd = listener ? listener->stop_fd : -1, .events = POLLIN},
        };
        int signal_number;
        if (poll(fds, LENGTH(fds), -1) < 0)
            continue; /* EINTR: stopped and continued */
        if (fds[1].revents && (signal_number = worker_signal()) != 0)
            return 128 + signal_number;
        if (fds[2].revents)
            return WORKER_STOPPED;
        if (fds[0].revents && !receive(fd, received))
            return 0;
        if (listener)
            hear_all(received, listener);
    }
}

int worker_run(int (*work)(int out_fd, void *data), void *data,
               const struct worker_listener *listener, char **output,
               size_t *size)
{
    int fds[2];
    pid_t parent = getpid();
    struct received received = {0};

    *output = NULL;
    *size = 0;
    if (pipe2(fds, O_CLOEXEC) < 0) {
        (void)complain("cannot make a pipe: %s", strerror(errno));
        return 3;
    }
    pid_t pid = fork();
    if (pid == 0)
        be_warden(work, data, parent, fds[1]);
    (void)close(fds[1]);
    if (pid < 0) {
        (void)close(fds[0]);
        (void)complain("cannot start a process: %s", strerror(errno));
        return 3;
    }
    (void)setpgid(pid, pid); /* whoever is first */
    int interrupted = receive_all(fds[0], &received, listener);
    (void)close(fds[0]);
    if (interrupted)
        (void)kill(pid, SIGTERM);
    int status = warden_status(pid);
    if (interrupted)
        status = interrupted;
    if (received.data == NULL)
        received.data = xcalloc(1, 1);
    received.data[received.size] = '\0';
    *output = received.data;
    *size = received.size;
    return status;
}
