// SPDX-License-Identifier: MIT
/* doctor.c - what this machine can run, and what to change; see doctor.h. */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"
#include "sandbox.h"
#include "text.h"
#include "worker.h"

#define TOOL_WALL_S   20
#define ROOM_MIN_MIB  64
#define PACKAGES_HINT "install it: apt-get install "

static struct check *add(struct checks *checks, const char *name,
                         enum check_verdict verdict, const char *seen,
                         const char *advice)
{
    struct check *check =
        grow(&checks->checks, &checks->check_count, sizeof(*check));

    *check = (struct check){xstrdup(name), verdict, xstrdup(seen),
                            advice ? xstrdup(advice) : NULL};
    return check;
}

/* The first word of the file at PATH, or "" where there is none. */
static void read_word(const char *path, char *word, size_t size)
{
    char *text = read_file(AT_FDCWD, path, 4096, NULL);

    (void)snprintf(word, size, "%.*s", text ? (int)strcspn(text, " \t\n") : 0,
                   text ? text : "");
    free(text);
}

/* ---- The sandbox --------------------------------------------------------- */

/* Settings that make user namespaces fail, the most telling first. */
static const struct obstacle {
    const char *path, *value, *advice;
} obstacles[] = {
    {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
     "AppArmor refuses user namespaces: add a profile for /usr/bin/bwrap with "
     "`userns,`, or sysctl kernel.apparmor_restrict_unprivileged_userns=0"},
    {"/proc/sys/kernel/unprivileged_userns_clone", "0",
     "sysctl kernel.unprivileged_userns_clone=1"},
    {"/proc/sys/user/max_user_namespaces", "0",
     "sysctl user.max_user_namespaces=10000"},
};

static const char *const container_marks[] = {"/.dockerenv",
                                              "/run/.containerenv"};

static const char *sandbox_advice(void)
{
    char word[16];

    if (access("/usr/bin/bwrap", X_OK) < 0)
        return PACKAGES_HINT "bubblewrap";
    for (size_t i = 0; i < LENGTH(obstacles); i++) {
        read_word(obstacles[i].path, word, sizeof(word));
        if (strcmp(word, obstacles[i].value) == 0)
            return obstacles[i].advice;
    }
    for (size_t i = 0; i < LENGTH(container_marks); i++)
        if (access(container_marks[i], F_OK) == 0)
            return "the container refuses namespaces: start it with "
                   "--security-opt seccomp=unconfined "
                   "--security-opt apparmor=unconfined "
                   "--security-opt systempaths=unconfined";
    return "see SECURITY.md for what the basic level does not promise";
}

static void check_sandbox(struct checks *checks)
{
    char why[240] = "";

    if (sandbox_best_level(why, sizeof(why)) == SANDBOX_FULL) {
        add(checks, "sandbox", CHECK_GOOD, "full (bubblewrap)", NULL);
        return;
    }
    char *seen = xformat("basic: %s", *why ? why : "bwrap does not work");
    add(checks, "sandbox", CHECK_WEAK, seen, sandbox_advice());
    free(seen);
}

/* ---- Tools --------------------------------------------------------------- */

/* Each is asked for its version, then tried. */
static const struct tool {
    const char *name, *package;
    const char *version[3];
    const char *trial[8]; /* empty: the version is enough */
    const char *advice;   /* if the trial fails */
} tools[] = {
    {"gcc", "gcc libc6-dev", {"gcc", "--version"}, {NULL}, NULL},
    {"strace",
     "strace",
     {"strace", "-V"},
     {"strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "true"},
     "ptrace is refused: sysctl kernel.yama.ptrace_scope=1 (in a container: "
     "--cap-add SYS_PTRACE)"},
    {"valgrind",
     "valgrind libc6-dbg",
     {"valgrind", "--version"},
     {"valgrind", "-q", "--error-exitcode=9", "true"},
     PACKAGES_HINT "libc6-dbg"},
};

/* The status of ARGV, and the first line of what it wrote. */
static int run_tool(const char *const *argv, char *line, size_t size)
{
    struct process process = {
        .argv = argv, .wall_s = TOOL_WALL_S, .output_max = 4096};
    struct process_result result;

    if (process_run(&process, &result) < 0) {
        (void)snprintf(line, size, "%s: %s", argv[0], strerror(errno));
        return -1;
    }
    (void)snprintf(line, size, "%.*s", (int)strcspn(result.output, "\n"),
                   result.output);
    int status = result.status;
    process_result_release(&result);
    return status;
}

static void check_tool(struct checks *checks, const struct tool *tool)
{
    char version[160], line[160];

    if (run_tool(tool->version, version, sizeof(version)) != 0) {
        char *advice = xformat(PACKAGES_HINT "%s", tool->package);
        add(checks, tool->name, CHECK_BAD, version, advice);
        free(advice);
        return;
    }
    bool works = tool->trial[0] == NULL ||
                 run_tool(tool->trial, line, sizeof(line)) == 0;
    add(checks, tool->name, works ? CHECK_GOOD : CHECK_BAD,
        works ? version : line, works ? NULL : tool->advice);
}

/* ---- Kernel and machine -------------------------------------------------- */

/* Whether /proc/PID/syscall of a child shows in which call it sleeps. */
static bool can_read_syscalls(void)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    char word[16] = "";

    if (pid == 0) { /* after exec(3): a process that changed its user id may
                       not be looked at, whoever asks */
        process_die_with(parent);
        (void)execlp("sleep", "sleep", "5", (char *)NULL);
        _exit(127);
    }
    char *path = xformat("/proc/%d/syscall", (int)pid);
    for (int i = 0; pid > 0 && i < 200 && (*word < '0' || *word > '9'); i++) {
        (void)poll(NULL, 0, 5);
        read_word(path, word, sizeof(word));
    }
    free(path);
    if (pid > 0) {
        (void)kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    return *word >= '0' && *word <= '9';
}

static void check_autopsy(struct checks *checks)
{
    if (can_read_syscalls())
        add(checks, "/proc/PID/syscall", CHECK_GOOD, "readable", NULL);
    else
        add(checks, "/proc/PID/syscall", CHECK_WEAK,
            "unreadable: hangs end at time-outs and are not explained",
            "sysctl kernel.yama.ptrace_scope=1, and a kernel with "
            "CONFIG_HAVE_ARCH_TRACEHOOK");
}

static void check_room(struct checks *checks)
{
    const char *given = getenv("TMPDIR");
    const char *path = given && *given == '/' ? given : "/tmp";
    struct statvfs room;
    char seen[160];

    if (statvfs(path, &room) < 0 || access(path, W_OK | X_OK) < 0) {
        (void)snprintf(seen, sizeof(seen), "%.80s: %s", path, strerror(errno));
        add(checks, "temporary files", CHECK_BAD, seen,
            "set TMPDIR to a directory that every user can write");
        return;
    }
    unsigned long long mib =
        (unsigned long long)room.f_bavail * room.f_frsize >> 20;
    bool noexec = room.f_flag & ST_NOEXEC;
    (void)snprintf(seen, sizeof(seen), "%.80s: %llu MiB free%s", path, mib,
                   noexec ? ", mounted noexec" : "");
    bool good = mib >= ROOM_MIN_MIB && !noexec;
    add(checks, "temporary files", good ? CHECK_GOOD : CHECK_BAD, seen,
        good ? NULL
             : "set TMPDIR to a directory with 64 MiB of room on a file system "
               "that is mounted exec");
}

static const struct limit {
    const char *name, *path;
} limits[] = {
    {"POSIX queues: messages", "/proc/sys/fs/mqueue/msg_max"},
    {"POSIX queues: bytes a message", "/proc/sys/fs/mqueue/msgsize_max"},
    {"System V queues: bytes", "/proc/sys/kernel/msgmnb"},
    {"System V memory: segments", "/proc/sys/kernel/shmmni"},
};

static void add_info(struct checks *checks, const char *name,
                     const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add_info(struct checks *checks, const char *name,
                     const char *format, ...)
{
    char seen[160];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(seen, sizeof(seen), format, list);
    va_end(list);
    add(checks, name, CHECK_INFO, seen, NULL);
}

static void check_machine(struct checks *checks)
{
    char word[32];

    add_info(checks, "processors", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
    add_info(checks, "user", "%d%s", (int)geteuid(),
             geteuid() == WORKER_UID ? " (for root, who starts it)" : "");
    for (size_t i = 0; i < LENGTH(limits); i++) {
        read_word(limits[i].path, word, sizeof(word));
        add_info(checks, limits[i].name, "%s", *word ? word : "not there");
    }
}

/* In the parent: the worker may not be able to see the kit. */
static void check_kit(struct checks *checks, const struct kit *kit)
{
    char *path = kit_path(kit, "build/grader/init");

    if (access(path, X_OK) == 0)
        add(checks, "kit", CHECK_GOOD, kit->root, NULL);
    else
        add(checks, "kit", CHECK_BAD, "the grader is not built", "run make");
    free(path);
}

static int examine(int out_fd, void *data)
{
    struct checks checks = {0};

    (void)data;
    check_sandbox(&checks);
    for (size_t i = 0; i < LENGTH(tools); i++)
        check_tool(&checks, &tools[i]);
    check_autopsy(&checks);
    check_room(&checks);
    check_machine(&checks);
    char *text = checks_to_json(&checks);
    return write_fully(out_fd, text, strlen(text)) < 0 ? 3 : 0;
}

int doctor_examine(const struct kit *kit, struct checks **checks)
{
    char *text;
    size_t size;
    int status = worker_run(examine, NULL, NULL, &text, &size);

    *checks = status == 0 ? checks_from_json(text, size) : NULL;
    free(text);
    if (*checks == NULL)
        return status ? status : 3;
    check_kit(*checks, kit);
    return 0;
}

bool doctor_can_grade(const struct checks *checks)
{
    for (size_t i = 0; i < checks->check_count; i++)
        if (checks->checks[i].verdict == CHECK_BAD)
            return false;
    return true;
}
