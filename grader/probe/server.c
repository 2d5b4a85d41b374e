// SPDX-License-Identifier: MIT
/*
 * server.c - the first process of a sandbox: starts programs on request.
 *
 * Linked into `init` and into every student's program (see server.h).  It runs
 * from .preinit_array, before any constructor, and does nothing at all unless
 * the environment names a control socket.  In a child that it forks for a run
 * it returns, so that the program's own start goes on as if nothing had been:
 * constructors and main() run afresh for each run.
 *
 * The C library is not initialised yet, the program is not ours and may run
 * under Valgrind: so no malloc, no stdio, static buffers only.
 */
#include "server.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server_objects.h"

#define ROOTS_MAX 64

/* What init is to execute; NULL in a program that serves itself. */
const char *ipclab_server_path;

static struct {
    struct server_message head;
    char strings[SERVER_PACKET_MAX];
} packet;
static char *run_argv[SERVER_ARGS_MAX + 1];
static char *run_envp[SERVER_ARGS_MAX + 1];
static int run_argc;
static const char *run_directory;

static int control_fd;
static int child_fd;           /* signalfd(2) for SIGCHLD */
static pid_t roots[ROOTS_MAX]; /* started on request, not yet ended */

/* ---- Talking ------------------------------------------------------------ */

/* SEQPACKET: a message goes whole or not at all.  A tester that is gone is
 * noticed by the next receive. */
static void reply(uint32_t type, pid_t pid, int value)
{
    struct server_message message = {.type = type, .pid = pid, .value = value};

    (void)send(control_fd, &message, sizeof(message), MSG_NOSIGNAL);
}

static void tell_semaphore(int id, int num)
{
    struct server_message message = {
        .type = SERVER_SEMAPHORE, .pid = id, .value = num};

    ipclab_objects_ask(id, num, message.semaphore);
    (void)send(control_fd, &message, sizeof(message), MSG_NOSIGNAL);
}

static void say_hello(void)
{
    static const char *const paths[SERVER_FDS] = {
        [SERVER_PROC] = "/proc",
        [SERVER_CWD] = ".",
        [SERVER_SHM] = "/proc/sysvipc/shm",
        [SERVER_SEM] = "/proc/sysvipc/sem",
        [SERVER_MSG] = "/proc/sysvipc/msg",
        [SERVER_MQUEUE] = "/dev/mqueue",
    };
    struct server_message message = {.type = SERVER_HELLO, .pid = getpid()};
    union {
        char space[CMSG_SPACE(SERVER_FDS * sizeof(int))];
        struct cmsghdr align;
    } control = {.space = {0}};
    struct iovec part = {&message, sizeof(message)};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.space,
                            .msg_controllen = sizeof(control.space)};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
    int fds[SERVER_FDS];

    for (int i = 0; i < SERVER_FDS; i++) {
        fds[i] = open(paths[i], O_RDONLY | O_CLOEXEC);
        if (fds[i] < 0) /* no such thing here: neither rows nor entries */
            fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(fds));
    memcpy(CMSG_DATA(rights), fds, sizeof(fds));
    (void)sendmsg(control_fd, &header, MSG_NOSIGNAL);
    for (int i = 0; i < SERVER_FDS; i++)
        (void)close(fds[i]);
}

/* Receive a request into `packet`, and up to three descriptors into FDS (-1
 * where there is none).  False when the tester is gone. */
static bool receive(int fds[3])
{
    union {
        char space[CMSG_SPACE(3 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {&packet, sizeof(packet) - 1};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.space,
                            .msg_controllen = sizeof(control.space)};
    ssize_t size;

    fds[0] = fds[1] = fds[2] = -1;
    do
        size = recvmsg(control_fd, &header, MSG_CMSG_CLOEXEC);
    while (size < 0 && errno == EINTR);
    if (size < (ssize_t)sizeof(packet.head))
        return false;
    ((char *)&packet)[size] = '\0';
    struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
    if (rights && rights->cmsg_type == SCM_RIGHTS)
        memcpy(fds, CMSG_DATA(rights), rights->cmsg_len - CMSG_LEN(0));
    return true;
}

/* ---- Processes ---------------------------------------------------------- */

static void report_ended(void)
{
    struct signalfd_siginfo drained;
    struct server_message message = {.type = SERVER_ENDED};
    struct rusage usage;
    int status;

    (void)read(child_fd, &drained, sizeof(drained)); /* one stands for all */
    for (;;) {
        message.pid = wait4(-1, &status, WNOHANG, &usage);
        /* The kernel has no reason to; an injection into the run has. */
        if (message.pid < 0 && errno == EINTR)
            continue;
        if (message.pid <= 0)
            return;
        for (int i = 0; i < ROOTS_MAX; i++) {
            if (roots[i] != message.pid)
                continue;
            roots[i] = 0;
            message.value = status;
            message.user_us = (uint64_t)usage.ru_utime.tv_sec * 1000000 +
                              (uint64_t)usage.ru_utime.tv_usec;
            message.system_us = (uint64_t)usage.ru_stime.tv_sec * 1000000 +
                                (uint64_t)usage.ru_stime.tv_usec;
            (void)send(control_fd, &message, sizeof(message), MSG_NOSIGNAL);
        }
    }
}

/*
 * Kill and reap every descendant.  As pid 1, kill(-1) reaches them all; as a
 * subreaper we kill our children until there are none, for an orphan becomes
 * our child (PR_SET_CHILD_SUBREAPER(2const)).
 */
static void kill_all(void)
{
    static char list[4096];

    for (;;) {
        if (getpid() == 1)
            (void)kill(-1, SIGKILL); /* ESRCH: there is nobody */
        int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
        ssize_t size = fd < 0 ? 0 : read(fd, list, sizeof(list) - 1);
        if (fd >= 0)
            (void)close(fd);
        list[size > 0 ? size : 0] = '\0';
        for (char *next = list; *next;) {
            char *end;
            long pid = strtol(next, &end, 10);
            if (end == next)
                break;
            (void)kill((pid_t)pid, SIGKILL);
            next = end + (*end == ' ');
        }
        if (waitpid(-1, NULL, 0) < 0 && errno == ECHILD)
            break;
    }
    memset(roots, 0, sizeof(roots));
}

static void set_limit(int resource, uint64_t value)
{
    struct rlimit limit = {value, value};

    if (value > 0)
        (void)setrlimit(resource, &limit); /* a lower one may be in force */
}

/* Signals 32 and 33 belong to the C library, which refuses to touch them. */
static void set_disposition(int signal, void (*handler)(int))
{
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        uint64_t mask;
    } action = {.handler = handler};

    (void)syscall(SYS_rt_sigaction, signal, &action, NULL, 8);
}

static void split_strings(void)
{
    char *next = packet.strings;

    run_directory = next;
    next += strlen(next) + 1;
    ipclab_server_path = next;
    next += strlen(next) + 1;
    for (uint32_t i = 0; i < packet.head.argc; i++, next += strlen(next) + 1)
        run_argv[i] = next;
    for (uint32_t i = 0; i < packet.head.envc; i++, next += strlen(next) + 1)
        run_envp[i] = next;
    run_argc = (int)packet.head.argc;
}

/*
 * Two processes that pass single bytes to and fro wake each other for each of
 * them.  Under strace's seccomp filter that costs 25 microseconds across
 * processors and 4 on the same one: a minute and a half, or 16 seconds, for
 * 1 MiB.
 */
static void stay_here(void)
{
    cpu_set_t set;
    unsigned cpu = 0;

    (void)syscall(SYS_getcpu, &cpu, NULL, NULL);
    CPU_ZERO(&set);
    if (cpu < CPU_SETSIZE)
        CPU_SET(cpu, &set);
    (void)sched_setaffinity(0, sizeof(set), &set); /* slower without it */
}

/* In the child: look like a process that a shell has just started. */
static void become_run(const int fds[3])
{
    sigset_t blocked;

    (void)sigemptyset(&blocked);
    for (int signal = 1; signal <= 64; signal++) {
        uint64_t bit = (uint64_t)1 << (signal - 1);
        set_disposition(signal, packet.head.ignored & bit ? SIG_IGN : SIG_DFL);
        if (packet.head.blocked & bit)
            (void)sigaddset(&blocked, signal);
    }
    (void)sigprocmask(SIG_SETMASK, &blocked, NULL);
    for (int fd = 0; fd < 3; fd++)
        if (dup2(fds[fd], fd) < 0)
            _exit(126);
    if (packet.head.closed_input)
        (void)close(STDIN_FILENO);
    /* A loop over all descriptors would cost 70 ms under strace. */
    (void)syscall(SYS_close_range, 3U, ~0U, 0U);
    if (packet.head.one_cpu)
        stay_here();
    (void)setsid();
    (void)umask(packet.head.umask);
    (void)prctl(PR_SET_DUMPABLE, 1);
    split_strings();
    if (chdir(run_directory) < 0)
        _exit(126);
    set_limit(RLIMIT_CPU, packet.head.limits.cpu_s);
    set_limit(RLIMIT_NPROC, packet.head.limits.processes);
    set_limit(RLIMIT_AS, packet.head.limits.memory);
    set_limit(RLIMIT_FSIZE, packet.head.limits.file_size);
    struct rlimit no_core = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &no_core);
    if (packet.head.tool) {
        (void)execve(ipclab_server_path, run_argv, run_envp);
        _exit(127);
    }
}

/* True in the child. */
static bool start(const int fds[3])
{
    int slot = 0;

    while (slot < ROOTS_MAX && roots[slot] != 0)
        slot++;
    if (slot == ROOTS_MAX || fds[2] < 0 ||
        packet.head.argc + packet.head.envc > SERVER_ARGS_MAX) {
        reply(SERVER_DONE, 0, slot == ROOTS_MAX ? EAGAIN : EINVAL);
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        become_run(fds);
        return true;
    }
    roots[slot] = pid > 0 ? pid : 0;
    reply(SERVER_DONE, pid, pid < 0 ? errno : 0);
    return false;
}

/* True in the child of a START. */
static bool handle(void)
{
    int fds[3];
    bool child = false;

    if (!receive(fds)) {
        if (getpid() != 1) { /* nobody else would clean up behind us */
            kill_all();
            ipclab_objects_remove();
        }
        _exit(0);
    }
    switch (packet.head.type) {
    case SERVER_HELLO:
        say_hello();
        break;
    case SERVER_START:
        child = start(fds);
        break;
    case SERVER_KILL:
        reply(SERVER_DONE, packet.head.pid,
              kill(packet.head.pid, packet.head.value) < 0 ? errno : 0);
        break;
    case SERVER_SWEEP:
        kill_all();
        ipclab_objects_remove();
        reply(SERVER_DONE, 0, 0);
        break;
    case SERVER_SEMAPHORE:
        tell_semaphore(packet.head.pid, packet.head.value);
        break;
    default:
        reply(SERVER_DONE, 0, ENOSYS);
    }
    for (int i = 0; i < 3 && !child; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
    return child;
}

static void ignore(int signal)
{
    (void)signal;
}

/*
 * Nothing that a student's process sends may end or stop the server.  Valgrind
 * queues an ignored synchronous signal and lets a later child die of it, hence
 * a handler for those.
 */
static void set_up_signals(void)
{
    static const int synchronous[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV};
    struct sigaction action = {.sa_handler = ignore};
    sigset_t children;

    for (int signal = 1; signal <= 64; signal++)
        set_disposition(signal, SIG_IGN);
    for (size_t i = 0; i < sizeof(synchronous) / sizeof(*synchronous); i++)
        (void)sigaction(synchronous[i], &action, NULL);
    set_disposition(SIGCHLD, SIG_DFL);
    (void)sigemptyset(&children);
    (void)sigaddset(&children, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &children, NULL);
    child_fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The control socket that the environment names, or -1. */
static int find_control(char **envp)
{
    static const char name[] = SERVER_VARIABLE "=";
    int type = 0;
    socklen_t size = sizeof(type);

    for (; envp && *envp; envp++) {
        if (strncmp(*envp, name, sizeof(name) - 1) != 0)
            continue;
        int fd = (int)strtol(*envp + sizeof(name) - 1, NULL, 10);
        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
            type == SOCK_SEQPACKET)
            return fd;
    }
    return -1;
}

static void serve(int argc, char **argv, char **envp)
{
    (void)argc;
    (void)argv;
    control_fd = find_control(envp);
    if (control_fd < 0)
        return;
    (void)fcntl(control_fd, F_SETFD, FD_CLOEXEC);
    for (int fd = 0; fd < 3; fd++) /* received descriptors lie above these */
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", O_RDWR);
    (void)prctl(PR_SET_DUMPABLE, 0); /* nobody inside may trace or read us */
    if (ipclab_server_warm_up)       /* under Valgrind */
        ipclab_server_warm_up();
    set_up_signals();
    if (getpid() != 1) {
        /* The tester's end is noticed on the socket, with time to clean up. */
        (void)prctl(PR_SET_PDEATHSIG, 0);
        (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
        ipclab_objects_remember();
    }
    for (;;) {
        struct pollfd events[] = {{control_fd, POLLIN, 0},
                                  {child_fd, POLLIN, 0}};
        if (poll(events, 2, -1) < 0)
            continue; /* EINTR: one of the handlers above */
        if (events[1].revents)
            report_ended();
        if (events[0].revents && handle())
            return; /* in the child: go on into the program */
    }
}

__attribute__((section(".preinit_array"),
               used)) static void (*const entry)(int, char **, char **) = serve;

int __real_main(int argc, char **argv, char **envp);
int __wrap_main(int argc, char **argv, char **envp);

int __wrap_main(int argc, char **argv, char **envp)
{
    if (run_argc > 0) {
        argc = run_argc;
        argv = run_argv;
        envp = environ = run_envp;
    }
    return __real_main(argc, argv, envp);
}
