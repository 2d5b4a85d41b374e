// SPDX-License-Identifier: MIT
/* sandbox.c - command lines for the two sandbox levels; see sandbox.h. */
#include "sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const level_names[] = {
    [SANDBOX_FULL] = "full",
    [SANDBOX_BASIC] = "basic",
};

const char *sandbox_level_name(enum sandbox_level level)
{
    return level_names[level];
}

int sandbox_level_from_name(const char *name)
{
    for (size_t i = 0; i < LENGTH(level_names); i++)
        if (strcmp(level_names[i], name) == 0)
            return (int)i;
    return -1;
}

char *sandbox_path(const struct sandbox *sandbox, const char *path)
{
    if (sandbox->level == SANDBOX_FULL)
        return xformat("/%s", path);
    return xformat("%s/%s", sandbox->stage, path);
}

/* Everything unshared, no capability, no further user namespace. */
static const char *const isolation[] = {
    "bwrap",
    "--unshare-all",
    "--unshare-user",
    "--disable-userns",
    "--cap-drop",
    "ALL",
    "--die-with-parent",
    "--new-session",
    "--uid",
    "1000",
    "--gid",
    "1000",
    "--hostname",
    "ipclab",
    "--ro-bind",
    "/usr",
    "/usr",
    NULL,
};

/* What a process may fill is limited: tmpfs sizes are in bytes. */
static const char *const kernel_mounts[] = {
    "--dev",    "/dev",    "--mqueue",   "/dev/mqueue", "--size",
    "16777216", "--tmpfs", "/dev/shm",   "--size",      "67108864",
    "--tmpfs",  "/tmp",    "--clearenv", NULL,
};

/* /bin and its like are links into /usr on most systems, directories on some.
 */
static void add_system_directories(struct argv *argv, const char *missing)
{
    static const char *const names[] = {"/bin", "/sbin", "/lib", "/lib32",
                                        "/lib64"};

    for (size_t i = 0; i < LENGTH(names); i++) {
        char target[PATH_MAX];
        if (missing && strcmp(names[i], missing) == 0)
            continue;
        ssize_t size = readlink(names[i], target, sizeof(target) - 1);
        if (size > 0) {
            target[size] = '\0';
            argv_add_all(argv,
                         (const char *[]){"--symlink", target, names[i], NULL});
        } else if (access(names[i], F_OK) == 0) {
            argv_add_all(
                argv, (const char *[]){"--ro-bind", names[i], names[i], NULL});
        }
    }
}

/* kit/debug/ID.debug stands for /usr/lib/debug/.build-id/ID.debug, the first
 * two letters of ID being a directory; if that is there: the C library may be a
 * newer one than the kit was made with. */
static void add_brief_debug(struct argv *argv, const char *stage)
{
    char *path = xformat("%s/kit/debug", stage);
    DIR *dir = opendir(path);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)) != NULL) {
        const char *id = entry->d_name;
        if (strlen(id) <= 2 || *id == '.')
            continue;
        char *whole = xformat("/usr/lib/debug/.build-id/%.2s/%s", id, id + 2);
        if (access(whole, F_OK) == 0) {
            argv_add(argv, "--ro-bind");
            argv_addf(argv, "%s/%s", path, id);
            argv_add(argv, whole);
        }
        free(whole);
    }
    if (dir)
        (void)closedir(dir);
    free(path);
}

static void add_variable(struct argv *argv, const char *name, const char *value)
{
    argv_add_all(argv, (const char *[]){"--setenv", name, value, NULL});
}

static int full_command(struct argv *argv, const struct sandbox *sandbox,
                        int *filter_fd)
{
    argv_add_all(argv, isolation);
    add_system_directories(argv, sandbox->missing);
    if (sandbox->brief_debug)
        add_brief_debug(argv, sandbox->stage);
    if (sandbox->hide)
        argv_add_all(argv, (const char *[]){"--tmpfs", sandbox->hide, NULL});
    if (!sandbox->no_proc)
        argv_add_all(argv, (const char *[]){"--proc", "/proc", NULL});
    argv_add_all(argv, kernel_mounts);
    add_variable(argv, "PATH", "/kit/bin:/usr/bin:/bin");
    add_variable(argv, "HOME", "/work");
    add_variable(argv, "LC_ALL", "C");
    argv_add(argv, "--ro-bind");
    argv_addf(argv, "%s/kit", sandbox->stage);
    argv_add(argv, "/kit");
    argv_add(argv, "--ro-bind");
    argv_addf(argv, "%s/etc", sandbox->stage);
    argv_add(argv, "/etc");
    if (sandbox->writable)
        argv_add_all(
            argv, (const char *[]){"--bind", sandbox->writable, "/work", NULL});
    else
        argv_add_all(argv, (const char *[]){"--size", "67108864", "--tmpfs",
                                            "/work", NULL});
    /* What bubblewrap makes itself is in memory, too, and without a limit. */
    argv_add_all(argv, (const char *[]){"--remount-ro", "/dev", "--remount-ro",
                                        "/", "--chdir", "/work", NULL});

    char *path = xformat("%s/filter.bpf", sandbox->stage);
    *filter_fd = open(path, O_RDONLY); /* inherited: bwrap reads it */
    free(path);
    if (*filter_fd < 0)
        return -1;
    argv_add(argv, "--seccomp");
    argv_addf(argv, "%d", *filter_fd);
    if (sandbox->init)
        argv_add(argv, "--as-pid-1");
    return 0;
}

/* confine.c does by hand what can be done without namespaces. */
static void basic_command(struct argv *argv, const struct sandbox *sandbox)
{
    argv_addf(argv, "%s/kit/confine", sandbox->stage);
    argv_addf(argv, "%s/filter.bpf", sandbox->stage);
    argv_add(argv, sandbox->writable ? sandbox->writable : "/tmp");
    argv_addf(argv, "%s/kit/bin:/usr/bin:/bin", sandbox->stage);
}

int sandbox_command(struct argv *argv, const struct sandbox *sandbox,
                    int *filter_fd)
{
    *filter_fd = -1;
    if (sandbox->level == SANDBOX_FULL)
        return full_command(argv, sandbox, filter_fd);
    basic_command(argv, sandbox);
    return 0;
}

void sandbox_setenv(struct argv *argv, const struct sandbox *sandbox,
                    const char *name, const char *value)
{
    if (sandbox->level == SANDBOX_FULL)
        add_variable(argv, name, value);
    else
        argv_addf(argv, "%s=%s", name, value);
}

void sandbox_end_options(struct argv *argv)
{
    argv_add(argv, "--");
}

/* In the child of vfork(2). */
static void reset_signals(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    for (int signal = 1; signal <= SIGRTMAX; signal++)
        (void)sigaction(signal, &action, NULL); /* SIGKILL, SIGSTOP: EINVAL */
}

pid_t sandbox_spawn(struct argv *argv, int keep, int keep_too)
{
    pid_t parent = getpid();
    /* The tester's memory is not worth a copy. */
    pid_t pid = vfork();

    if (pid != 0)
        return pid;
    reset_signals(); /* server.c counts on it */
    /* PR_SET_PDEATHSIG: when the thread that forked ends, not just its
     * process; a parent that is gone already is told by getppid(). */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        _exit(126);
    /* A test reads in /proc/PID/syscall whether its strace is idle.  Where
     * Yama guards ptrace(2), that is for the parent only, or by consent. */
    (void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); /* EINVAL: no Yama */
    if ((keep >= 0 && fcntl(keep, F_SETFD, 0) < 0) ||
        (keep_too >= 0 && fcntl(keep_too, F_SETFD, 0) < 0))
        _exit(126);
    execvp(argv->items[0], argv->items);
    dprintf(STDERR_FILENO, "%s: %s\n", argv->items[0], strerror(errno));
    _exit(127);
}

/* ---- Which level works here --------------------------------------------- */

/* Run bwrap as a launch would, but for the stage.  The last line of what it
 * says goes to WHY. */
static bool try_full(char *why, size_t size)
{
    struct argv argv = {0};
    int output[2], status = -1;

    if (pipe2(output, O_CLOEXEC) < 0)
        return false;
    argv_add_all(&argv, isolation);
    add_system_directories(&argv, NULL);
    argv_add_all(&argv, (const char *[]){"--proc", "/proc", NULL});
    argv_add_all(&argv, kernel_mounts);
    argv_add_all(&argv,
                 (const char *[]){"--as-pid-1", "--", "/usr/bin/true", NULL});
    pid_t pid = fork();
    if (pid == 0) {
        if (dup2(output[1], STDERR_FILENO) >= 0)
            execvp(argv.items[0], argv.items);
        dprintf(output[1], "bwrap: %s", strerror(errno));
        _exit(127);
    }
    argv_release(&argv);
    (void)close(output[1]);
    char *said = read_fully(output[0], 4096, NULL);
    (void)close(output[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (why && size > 0)
        (void)snprintf(why, size, "%.*s", said ? (int)strcspn(said, "\n") : 0,
                       said ? said : "");
    free(said);
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

enum sandbox_level sandbox_best_level(char *why, size_t size)
{
    if (!try_full(why, size))
        return SANDBOX_BASIC;
    if (why && size > 0)
        why[0] = '\0';
    return SANDBOX_FULL;
}

/* ---- The system call filter --------------------------------------------- */

/*
 * Calls that no lab needs and that would let a program work unseen or reach
 * for the kernel.  They kill the caller: a refusal by errno would not show in
 * the trace (strace --seccomp-bpf), a death by SIGSYS does.
 */
static const char *const forbidden[] = {
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "io_setup",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "keyctl",
    "add_key",
    "request_key",
    "kexec_load",
    "kexec_file_load",
    "init_module",
    "finit_module",
    "delete_module",
    "open_by_handle_at",
    "name_to_handle_at",
    "pidfd_getfd",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "seccomp", /* a filter of its own could hide calls from strace's */
    "lookup_dcookie",
    "fanotify_init",
};

/* In one set. */
#define SEMAPHORES_MAX 256

/* Argument N, an int, is VALUE.  The kernel does not look at what stands above
 * it in the register, libseccomp's comparisons do, SCMP_CMP32 included. */
#define INT_IS(n, value)                                                       \
    SCMP_CMP(n, SCMP_CMP_MASKED_EQ, 0xffffffffu, (uint32_t)(value))

static int forbid_calls(scmp_filter_ctx filter)
{
    int error = 0;

    for (size_t i = 0; i < LENGTH(forbidden) && error == 0; i++) {
        int call = seccomp_syscall_resolve_name(forbidden[i]);
        if (call != __NR_SCMP_ERROR)
            error = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, call, 0);
    }
    return error;
}

/*
 * Calls that are harmless but for one argument: another way to seccomp(2), and
 * a child that strace is not to follow.  What clone3(2) is asked for a filter
 * cannot see; the C library does without it.
 */
static int forbid_arguments(scmp_filter_ctx filter)
{
    int error = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(prctl),
                                 1, INT_IS(0, PR_SET_SECCOMP));

    if (error == 0)
        error = seccomp_rule_add(
            filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 1,
            SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_UNTRACED, CLONE_UNTRACED));
    if (error == 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
                                 SCMP_SYS(clone3), 0);
    /* The kernel's own limits allow 60 GB of semaphores. */
    if (error == 0)
        error =
            seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(semget),
                             1, SCMP_A1_32(SCMP_CMP_GT, SEMAPHORES_MAX));
    return error;
}

/*
 * The first process of a pid namespace ignores what is sent from inside, but
 * not SIGSTOP if it is traced, as ours is by strace: nobody would answer the
 * tester any more.  These are the ways to send it one.  And what belongs to the
 * same user may change its limits and its scheduling, which all that it starts
 * would inherit, for this test and the next.
 */
static int forbid_touching_init(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp init = INT_IS(0, 1);
    const struct scmp_arg_cmp second = INT_IS(1, SIGSTOP);
    const struct scmp_arg_cmp third = INT_IS(2, SIGSTOP);
    const struct {
        int call;
        struct scmp_arg_cmp arguments[2];
        unsigned count;
    } ways[] = {
        {SCMP_SYS(kill), {init, second}, 2},
        {SCMP_SYS(tkill), {init, second}, 2},
        {SCMP_SYS(tgkill), {init, third}, 2},
        {SCMP_SYS(rt_sigqueueinfo), {init, second}, 2},
        {SCMP_SYS(rt_tgsigqueueinfo), {init, third}, 2},
        {SCMP_SYS(pidfd_send_signal), {second}, 1},
        {SCMP_SYS(fcntl), {INT_IS(1, F_SETSIG), third}, 2},
        {SCMP_SYS(prlimit64), {init}, 1},
        {SCMP_SYS(sched_setaffinity), {init}, 1},
        {SCMP_SYS(sched_setattr), {init}, 1},
        {SCMP_SYS(sched_setparam), {init}, 1},
        {SCMP_SYS(sched_setscheduler), {init}, 1},
        {SCMP_SYS(setpriority), {INT_IS(1, 1)}, 1}, /* it, or its group */
        {SCMP_SYS(setpriority), {INT_IS(0, PRIO_USER)}, 1},
        {SCMP_SYS(ioprio_set), {INT_IS(1, 1)}, 1},
        {SCMP_SYS(ioprio_set), {INT_IS(0, IOPRIO_WHO_USER)}, 1},
    };
    int error = 0;

    for (size_t i = 0; i < LENGTH(ways) && error == 0; i++)
        error =
            seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, ways[i].call,
                                   ways[i].count, ways[i].arguments);
    return error;
}

int sandbox_write_filter(const char *path, enum sandbox_level level)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int error = filter ? forbid_calls(filter) : -ENOMEM;

    if (error == 0)
        error = forbid_arguments(filter);
    if (error == 0)
        error = forbid_touching_init(filter);
    /* Without a pid namespace kill(-1) would end the user's whole session. */
    if (error == 0 && level == SANDBOX_BASIC)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(kill),
                                 1, INT_IS(0, -1));
    if (error == 0) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0444);
        error = fd < 0 ? -errno : seccomp_export_bpf(filter, fd);
        if (fd >= 0 && close(fd) < 0)
            error = -errno;
    }
    seccomp_release(filter);
    errno = -error;
    return error ? -1 : 0;
}
