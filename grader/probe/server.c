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
 * The C library is not initialised yet, and the program is not ours: it may
 * have functions of the C library's names.  So there are static buffers and
 * bare system calls only (bare.h), but for fork(2), of which the C library must
 * know: that goes by a name that no program may define (object.h).
 */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bare.h"
#include "server_objects.h"
#include "server_talk.h"

#define ROOTS_MAX 64

/* The kernel's sets of signals are of 64 bits; bit N - 1 is signal N. */
#define SIGNAL_BIT(signal) ((uint64_t)1 << ((signal)-1))

/* fork(2): the C library's own name for it. */
pid_t __fork(void);

/* What init is to execute; NULL in a program that serves itself. */
const char *ipclab_server_path;

static struct server_packet packet;
static char *run_argv[SERVER_ARGS_MAX + 1];
static char *run_envp[SERVER_ARGS_MAX + 1];
static int run_argc;
static const char *run_directory;

/* The kernel keeps from the first process of a pid namespace what its own kind
 * sends it and it has not asked for: pid_namespaces(7).  It was started with
 * all dispositions at their default, and leaves them so: strace would stop it
 * at each rt_sigaction(2), 130 times a launch. */
static bool is_first;

static int control_fd;
static int child_fd;           /* signalfd(2) for SIGCHLD */
static pid_t roots[ROOTS_MAX]; /* started on request, not yet ended */

/* ---- Processes ---------------------------------------------------------- */

static void report_ended(void)
{
    struct signalfd_siginfo drained;
    struct server_message message = {.type = SERVER_ENDED};
    struct rusage usage;
    int status;

    /* One stands for all. */
    (void)bare(SYS_read, child_fd, &drained, sizeof(drained));
    for (;;) {
        message.pid = (pid_t)bare(SYS_wait4, -1, &status, WNOHANG, &usage);
        /* The kernel has no reason to; an injection into the run has. */
        if (message.pid == -EINTR)
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
            ipclab_talk_send(control_fd, &message);
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
        if (bare(SYS_getpid) == 1)
            (void)bare(SYS_kill, -1, SIGKILL); /* ESRCH: there is nobody */
        int fd = (int)bare(SYS_openat, AT_FDCWD, "/proc/thread-self/children",
                           O_RDONLY | O_CLOEXEC);
        long size = bare(SYS_read, fd, list, sizeof(list) - 1);
        (void)bare(SYS_close, fd);
        list[size > 0 ? size : 0] = '\0';
        for (const char *next = list; *next;) {
            long pid = bare_number(&next);
            if (pid <= 0)
                break;
            (void)bare(SYS_kill, pid, SIGKILL);
            next += *next == ' ';
        }
        if (bare(SYS_wait4, -1, NULL, 0, NULL) == -ECHILD)
            break;
    }
    memset(roots, 0, sizeof(roots));
}

static void set_limit(int resource, uint64_t value)
{
    struct rlimit limit = {value, value};

    if (value > 0)
        /* A lower one may be in force. */
        (void)bare(SYS_setrlimit, resource, &limit);
}

/* Where a handler returns to: rt_sigreturn(2). */
void ipclab_server_restore(void) __attribute__((visibility("hidden")));
__asm__(".pushsection .text\n"
        ".hidden ipclab_server_restore\n"
        ".globl ipclab_server_restore\n"
        ".type ipclab_server_restore, @function\n"
        "ipclab_server_restore:\n"
        "    movl $15, %eax\n"
        "    syscall\n"
        ".popsection\n");
_Static_assert(SYS_rt_sigreturn == 15, "the number above");

/* Signals 32 and 33, too: they belong to the C library, which refuses. */
static void set_disposition(int signal, void (*handler)(int))
{
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        uint64_t mask;
    } action = {handler, 0x04000000 /* SA_RESTORER */, ipclab_server_restore,
                0};

    (void)bare(SYS_rt_sigaction, signal, &action, NULL, sizeof(action.mask));
}

static void set_mask(uint64_t blocked)
{
    (void)bare(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL,
               sizeof(blocked));
}

static void split_strings(void)
{
    char *next = packet.strings;

    run_directory = next;
    next += bare_length(next) + 1;
    ipclab_server_path = next;
    next += bare_length(next) + 1;
    for (uint32_t i = 0; i < packet.head.argc;
         i++, next += bare_length(next) + 1)
        run_argv[i] = next;
    for (uint32_t i = 0; i < packet.head.envc;
         i++, next += bare_length(next) + 1)
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

    (void)bare(SYS_getcpu, &cpu, NULL, NULL);
    CPU_ZERO(&set);
    if (cpu < CPU_SETSIZE)
        CPU_SET(cpu, &set);
    /* Slower without it. */
    (void)bare(SYS_sched_setaffinity, 0, sizeof(set), &set);
}

_Noreturn static void leave(int status)
{
    for (;;)
        (void)bare(SYS_exit_group, status);
}

static void set_limits(const struct server_limits *limits)
{
    struct rlimit no_core = {0, 0};

    set_limit(RLIMIT_CPU, limits->cpu_s);
    set_limit(RLIMIT_NPROC, limits->processes);
    set_limit(RLIMIT_AS, limits->memory);
    set_limit(RLIMIT_DATA, limits->data);
    set_limit(RLIMIT_FSIZE, limits->file_size);
    set_limit(RLIMIT_MSGQUEUE, limits->queues);
    set_limit(RLIMIT_NOFILE, limits->open_files);
    (void)bare(SYS_setrlimit, RLIMIT_CORE, &no_core);
}

/* In the child: look like a process that a shell has just started. */
static void become_run(const int fds[3])
{
    for (int signal = 1; signal <= 64; signal++) {
        bool ignored = packet.head.ignored & SIGNAL_BIT(signal);
        if (ignored || !is_first)
            set_disposition(signal, ignored ? SIG_IGN : SIG_DFL);
    }
    set_mask(packet.head.blocked);
    for (int fd = 0; fd < 3; fd++)
        if (bare(SYS_dup2, fds[fd], fd) < 0)
            leave(126);
    if (packet.head.closed_input)
        (void)bare(SYS_close, STDIN_FILENO);
    /* A loop over all descriptors would cost 70 ms under strace. */
    (void)bare(SYS_close_range, 3U, ~0U, 0U);
    if (packet.head.one_cpu)
        stay_here();
    (void)bare(SYS_setsid);
    (void)bare(SYS_umask, packet.head.umask);
    (void)bare(SYS_prctl, PR_SET_DUMPABLE, 1);
    split_strings();
    if (bare(SYS_chdir, run_directory) < 0)
        leave(126);
    set_limits(&packet.head.limits);
    if (packet.head.tool) {
        (void)bare(SYS_execve, ipclab_server_path, run_argv, run_envp);
        leave(127);
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
        ipclab_talk_reply(control_fd, SERVER_DONE, 0,
                          slot == ROOTS_MAX ? EAGAIN : EINVAL);
        return false;
    }
    pid_t pid = __fork();
    if (pid == 0) {
        become_run(fds);
        return true;
    }
    roots[slot] = pid > 0 ? pid : 0;
    ipclab_talk_reply(control_fd, SERVER_DONE, pid, pid < 0 ? EAGAIN : 0);
    return false;
}

/* True in the child of a START. */
static bool handle(void)
{
    int fds[3];
    bool child = false;

    if (!ipclab_talk_receive(control_fd, &packet, fds)) {
        if (bare(SYS_getpid) != 1) { /* nobody else would clean up behind us */
            kill_all();
            ipclab_objects_remove();
        }
        leave(0);
    }
    switch (packet.head.type) {
    case SERVER_HELLO:
        ipclab_talk_hello(control_fd);
        break;
    case SERVER_START:
        child = start(fds);
        break;
    case SERVER_KILL:
        ipclab_talk_reply(
            control_fd, SERVER_DONE, packet.head.pid,
            (int)-bare(SYS_kill, packet.head.pid, packet.head.value));
        break;
    case SERVER_SWEEP:
        kill_all();
        ipclab_objects_remove();
        ipclab_talk_reply(control_fd, SERVER_DONE, 0, 0);
        break;
    case SERVER_SEMAPHORE:
        ipclab_talk_semaphore(control_fd, packet.head.pid, packet.head.value);
        break;
    case SERVER_SOCKET:
        ipclab_talk_socket(control_fd, packet.head.value);
        break;
    default:
        ipclab_talk_reply(control_fd, SERVER_DONE, 0, ENOSYS);
    }
    for (int i = 0; i < 3 && !child; i++)
        if (fds[i] >= 0)
            (void)bare(SYS_close, fds[i]);
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
static void ignore_signals(void)
{
    static const int synchronous[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV};

    for (int signal = 1; signal <= 64; signal++)
        set_disposition(signal, SIG_IGN);
    for (size_t i = 0; i < sizeof(synchronous) / sizeof(*synchronous); i++)
        set_disposition(synchronous[i], ignore);
    set_disposition(SIGCHLD, SIG_DFL);
}

static void watch_children(void)
{
    uint64_t children = SIGNAL_BIT(SIGCHLD);

    set_mask(children);
    child_fd = (int)bare(SYS_signalfd4, -1, &children, sizeof(children),
                         SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The control socket that the environment names, or -1. */
static int find_control(char **envp)
{
    static const char name[] = SERVER_VARIABLE "=";
    int type = 0;
    socklen_t size = sizeof(type);

    for (; envp && *envp; envp++) {
        if (!bare_starts(*envp, name))
            continue;
        const char *number = *envp + sizeof(name) - 1;
        int fd = (int)bare_number(&number);
        if (bare(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
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
    (void)bare(SYS_fcntl, control_fd, F_SETFD, FD_CLOEXEC);
    for (int fd = 0; fd < 3; fd++) /* received descriptors lie above these */
        if (bare(SYS_fcntl, fd, F_GETFD) < 0)
            (void)bare(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR);
    /* Nobody inside may trace or read us. */
    (void)bare(SYS_prctl, PR_SET_DUMPABLE, 0);
    is_first = bare(SYS_getpid) == 1 && ipclab_server_warm_up == NULL;
    if (ipclab_server_warm_up) /* under Valgrind */
        ipclab_server_warm_up();
    if (!is_first)
        ignore_signals();
    watch_children();
    if (bare(SYS_getpid) != 1) {
        /* The tester's end is noticed on the socket, with time to clean up. */
        (void)bare(SYS_prctl, PR_SET_PDEATHSIG, 0);
        (void)bare(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
        ipclab_objects_remember();
    }
    for (;;) {
        struct pollfd events[] = {{control_fd, POLLIN, 0},
                                  {child_fd, POLLIN, 0}};
        if (bare(SYS_poll, events, 2, -1) < 0)
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
