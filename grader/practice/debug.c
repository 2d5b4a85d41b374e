// SPDX-License-Identifier: MIT
/* debug.c - gdb on the run of a test; see debug.h. */
#include "debug.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "debug_script.h"
#include "grade.h"
#include "layout.h"
#include "process.h"
#include "text.h"
#include "work.h"
#include "worker.h"

#define BUILD_S 120

/* ---- Files --------------------------------------------------------------- */

/* Write what LAUNCH's standard input is to TEST.input; 0, or -1 with errno. */
static int write_input(const struct debug *debug)
{
    const char *text = debug->test->launch.input ?: "";
    size_t room = strlen(text) + 1, size = 0;
    char *path = xformat("%s.input", debug->directory);
    char *data = xcalloc(room, 1);
    int status =
        sodium_base642bin((unsigned char *)data, room, text, strlen(text), NULL,
                          &size, NULL, sodium_base64_VARIANT_ORIGINAL);

    if (status == 0)
        status = write_file(path, data, size, 0644);
    else
        errno = EINVAL;
    free(data);
    free(path);
    return status;
}

/* The empty working directory, and those above it. */
static int make_directories(const struct debug *debug)
{
    char *path = xstrdup(debug->directory);
    int status = 0;

    (void)remove_tree(AT_FDCWD, path); /* of the last time */
    /* From build/debug on. */
    for (char *slash = path + strlen(debug->kit->root) + strlen("/build/");
         status == 0 && (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        status = mkdir(path, 0777) < 0 && errno != EEXIST ? -1 : 0;
        *slash = '/';
    }
    if (status == 0)
        status = mkdir(path, 0777);
    free(path);
    return status;
}

/* All that gdb needs; 0, or -1 after a message. */
static int write_files(const struct debug *debug)
{
    const char *fifo = debug->test->launch.fifo;
    char *path = xformat("%s.gdb", debug->directory);
    char *pipe = xformat("%s/%s", debug->directory, fifo ?: "");
    char *text = debug_script(debug);
    int status = make_directories(debug);

    if (status == 0 && fifo)
        status = mkfifo(pipe, 0600);
    if (status == 0)
        status = write_input(debug);
    if (status == 0)
        status = write_file(path, text, strlen(text), 0644);
    if (status < 0)
        (void)complain("%s: %s; remove build/debug, or make room", path,
                       strerror(errno));
    free(text);
    free(pipe);
    free(path);
    return status;
}

/* ---- Starting ------------------------------------------------------------ */

/* Files of /proc take one write(2), to the file itself. */
static void tell_kernel(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void)write_fully(fd, text, strlen(text));
    (void)close(fd);
}

/* IPC objects of its own, or what one session leaves behind would be there in
 * the next.  Where that is not allowed it is done without. */
static void leave_ipc_objects(void)
{
    char *user = xformat("%u %u 1", geteuid(), geteuid());
    char *group = xformat("%u %u 1", getegid(), getegid());

    if (geteuid() == 0) {
        (void)unshare(CLONE_NEWIPC);
    } else if (unshare(CLONE_NEWUSER | CLONE_NEWIPC) == 0) {
        /* user_namespaces(7): who may not set groups may map their own. */
        tell_kernel("/proc/self/setgroups", "deny");
        tell_kernel("/proc/self/uid_map", user);
        tell_kernel("/proc/self/gid_map", group);
    }
    free(group);
    free(user);
}

/* Where other programs run beside it: those that the test starts before. */
static void tell_others(const struct grade_test *test, const char *shell,
                        const struct report *report)
{
    bool told = false;

    for (size_t i = 0; i < test->run_count; i++) {
        const char *other = test->runs[i].shell ?: "";
        if (strcmp(other, shell) == 0)
            break;
        if (!told)
            layout_block(report, 0, NULL,
                         "Before it the test starts these; in gdb, `shell "
                         "COMMAND` does:");
        told = true;
        layout_command(report, 2, NULL, other);
    }
}

static void tell_start(const struct debug *debug, const struct report *report)
{
    const struct grade_test *test = debug->test;
    bool passes = test->verdict == VERDICT_PASS;
    const char *shell =
        passes && test->run_count ? test->runs[0].shell : test->shell;
    char *line = xformat("%s %s:", test->name,
                         passes ? "passes; this is its first launch"
                                : "fails; this is the launch that failed");

    if (shell == NULL)
        shell = test->launch.arguments;
    layout_block(report, 0, NULL, line);
    free(line);
    layout_command(report, 2, NULL, shell);
    if (test->launch.missing) {
        line = xformat("Besides, the test %s; that is not repeated here.",
                       test->launch.missing);
        layout_block(report, 0, NULL, line);
        free(line);
    }
    if (test->launch.shared)
        tell_others(test, shell, report);
    layout_block(report, 0, NULL,
                 "At a fork gdb follows the parent, and the child runs on by "
                 "itself. To change that type `child`, `both` (holds both) or "
                 "`parent`.");
    (void)fflush(report->out);
}

/* So that `shell`, in gdb, finds what the sandbox has. */
static void extend_path(const struct debug *debug)
{
    char *path = debug_search_path(debug);

    (void)setenv("PATH", path, 1);
    free(path);
}

static _Noreturn void be_gdb(const struct debug *debug, pid_t parent)
{
    const char *mask = debug->test->launch.umask;
    char *path = xformat("%s.gdb", debug->directory);
    sigset_t none;

    process_die_with(parent);
    leave_ipc_objects();
    extend_path(debug);
    (void)umask(mask ? (mode_t)strtoul(mask, NULL, 8) : 022);
    (void)setenv("SHELL", "/bin/bash", 1); /* the redirections are bash's */
    (void)unsetenv("DEBUGINFOD_URLS"); /* it would ask whether to download */
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    execlp("gdb", "gdb", "--quiet", "-x", path, (char *)NULL);
    (void)complain("gdb: %s; install the package gdb", strerror(errno));
    _exit(WORK_UNABLE);
}

/* Its exit status.  Ctrl-C is gdb's: worker_prepare() has blocked it here. What
 * ran on by itself, and may hang for ever, ends with gdb. */
static int run_gdb(const struct debug *debug, const struct report *report)
{
    pid_t parent = getpid();
    int status = 0;

    tell_start(debug, report);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) {
        (void)complain("prctl: %s", strerror(errno));
        return WORK_UNABLE;
    }
    pid_t pid = fork();
    if (pid == 0)
        be_gdb(debug, parent);
    if (pid < 0) {
        (void)complain("cannot start gdb: %s", strerror(errno));
        return WORK_UNABLE;
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    worker_reap_all();
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Bring build/bin/LAB up to date; 0, or -1 after a message. */
static int build(const struct debug *debug)
{
    char *target = xformat("build/bin/%s", debug->lab);
    const char *const argv[] = {
        "make", "-s", "--no-print-directory", "-C", debug->kit->root,
        target, NULL};
    const struct process process = {
        .argv = argv, .wall_s = BUILD_S, .output_max = 65536};
    struct process_result result;
    int status = process_run(&process, &result);

    if (status < 0)
        (void)complain("make: %s", strerror(errno));
    else if (result.status != 0)
        status = complain("%s: not built; see make %s", target, target);
    process_result_release(&result);
    free(target);
    return status;
}

static int start(struct debug *debug, const struct report *report)
{
    const struct kit *kit = debug->kit;
    const char *name = debug->test->name;

    if (debug->test->launch.arguments == NULL) {
        (void)complain("%s: it ended before it launched anything; see make %s "
                       "TEST=%s",
                       name, debug->lab, name);
        return WORK_UNABLE;
    }
    debug->program = kit_path(kit, "build/bin/%s", debug->lab);
    debug->directory = kit_path(kit, "build/debug/%s/%s", debug->lab, name);
    int status = WORK_UNABLE;
    if (build(debug) == 0 && write_files(debug) == 0)
        status = run_gdb(debug, report);
    free(debug->directory);
    free(debug->program);
    return status;
}

/* Whether gdb(1) is there; complains if not. */
static bool has_gdb(void)
{
    const char *const argv[] = {"gdb", "--version", NULL};
    const struct process process = {.argv = argv, .wall_s = 20};
    struct process_result result;

    if (process_run(&process, &result) < 0) {
        (void)complain("gdb: %s; install the package gdb", strerror(errno));
        return false;
    }
    process_result_release(&result);
    return true;
}

int debug_test(const struct kit *kit, const char *lab, const char *test,
               const struct report *report)
{
    struct argv tests = {0};
    struct grade *grade;

    if (!has_gdb())
        return WORK_UNABLE;
    argv_add(&tests, test);
    const struct grade_options options = {
        .lab = lab,
        .tests = &tests,
        .jobs = 1,
        .level = -1,
        .required = -1,
        .repeat = true,
    };
    int status = grade_submission(kit, &options, &grade);
    argv_release(&tests);
    if (status != 0)
        return status;
    if (grade->build.ok) {
        struct debug debug = {.kit = kit, .lab = lab, .test = &grade->tests[0]};
        status = start(&debug, report);
    } else {
        status = WORK_UNABLE;
        (void)complain("labs/%s/%s.c: it does not build; see make %s", lab, lab,
                       lab);
    }
    grade_free(grade);
    return status;
}
