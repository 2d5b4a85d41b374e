// SPDX-License-Identifier: MIT
/* observe_command.c - any command, recorded; see observe.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model.h"
#include "observe.h"
#include "record.h"
#include "text.h"

#define LOG_MAX  (1u << 30)
#define POLL_MS  20
#define QUIET_MS 1000

/* What strace is to follow; the probe's own list and record.h's. */
static void add_strace(struct argv *argv, const char *log, const char *tell)
{
    /* Not --seccomp-bpf: what goes on without strace could make no call. */
    argv_add_all(argv, (const char *const[]){"strace", "-f", "-q", "-ttt", "-T",
                                             "-yy", "-s", "512", "-o", log,
                                             "-E", NULL});
    argv_addf(argv, "LD_PRELOAD=%s", tell);
    argv_add(argv, "-e");
    argv_addf(argv, "trace=%s,%s", TRACED_CALLS, RECORD_CALLS);
    argv_add(argv, "--");
}

/* ---- Waiting for its end ------------------------------------------------ */

static volatile sig_atomic_t interrupts, ended_by;

static void note_signal(int signal)
{
    if (signal == SIGINT)
        interrupts++;
    else
        ended_by = signal;
}

/* Whether the process that strace started has ended, says the log at PATH:
 * what is left then has gone into the background. */
static bool has_first_ended(const char *path)
{
    size_t size;
    char *text = read_file(AT_FDCWD, path, LOG_MAX, &size);
    long pid = text ? strtol(text, NULL, 10) : 0;
    char *last = xformat("\n%ld ", pid);
    bool ended = false;

    for (const char *line = text; line && !ended;) {
        line = strstr(line, last);
        if (line == NULL)
            break;
        line += strlen(last);
        size_t length = strcspn(line, "\n");
        ended = memmem(line, length, "+++ exited with", 15) ||
                memmem(line, length, "+++ killed by", 13);
    }
    free(last);
    free(text);
    return ended;
}

/* The process that traces the one called PID; 0 if none does. */
static pid_t tracer_of(const char *pid)
{
    char *path = xformat("/proc/%s/status", pid);
    char *text = read_file(AT_FDCWD, path, 65536, NULL);
    char *line = text ? strstr(text, "\nTracerPid:\t") : NULL;
    long tracer = line ? strtol(line + 12, NULL, 10) : 0;

    free(text);
    free(path);
    return (pid_t)tracer;
}

/* Kill all that strace, PID, follows: it ends when nothing is left.  It does
 * not end by SIGTERM before that, and by SIGKILL it lets them go on. */
static void kill_followed(pid_t pid)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;

    while (dir && (entry = readdir(dir)) != NULL) {
        char *end;
        long one = strtol(entry->d_name, &end, 10);
        if (one > 0 && *end == '\0' && tracer_of(entry->d_name) == pid)
            (void)kill((pid_t)one, SIGKILL);
    }
    if (dir)
        (void)closedir(dir);
}

/* Wait for strace, PID; *STATUS is of wait(2).  Where the program has ended and
 * its daemons are silent, strace is ended: what it followed goes on without it.
 * Where the user insists, all end. */
static void wait_for(pid_t pid, const char *path, int *status)
{
    off_t size = 0;
    int64_t quiet_since = now_ms();
    struct stat about;

    while (waitpid(pid, status, WNOHANG) == 0) {
        (void)usleep(POLL_MS * 1000);
        if (stat(path, &about) == 0 && about.st_size != size) {
            size = about.st_size;
            quiet_since = now_ms();
        }
        bool silent = now_ms() - quiet_since > QUIET_MS;
        if (interrupts > 1 || ended_by)
            kill_followed(pid); /* again and again: they may fork meanwhile */
        else if (silent && has_first_ended(path))
            (void)kill(pid, SIGKILL);
        else if (silent)
            quiet_since = now_ms(); /* ask again after as long a time */
    }
}

static const int noted[] = {SIGINT, SIGTERM, SIGHUP};

/* What nohup(1) and the like ignore stays ignored. */
static void note_signals(struct sigaction before[])
{
    const struct sigaction action = {.sa_handler = note_signal};

    interrupts = ended_by = 0;
    for (size_t i = 0; i < LENGTH(noted); i++) {
        (void)sigaction(noted[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN)
            (void)sigaction(noted[i], &action, NULL);
    }
}

static void forget_signals(const struct sigaction before[])
{
    for (size_t i = 0; i < LENGTH(noted); i++)
        (void)sigaction(noted[i], &before[i], NULL);
}

/* Run ARGV, which is strace's, to its end: 0, 128+N if signal N ended it, or 3
 * after a message.  The first ^C is for the program alone. */
static int run(struct argv *argv, const char *path)
{
    struct sigaction before[LENGTH(noted)];
    int status = 0;

    (void)fflush(NULL);
    note_signals(before);
    pid_t pid = fork();
    if (pid == 0) {
        forget_signals(before);
        (void)execvp(argv->items[0], argv->items);
        (void)complain("%s: %s; install strace", argv->items[0],
                       strerror(errno));
        _exit(127);
    }
    if (pid < 0)
        (void)complain("cannot start a process: %s; end some of yours",
                       strerror(errno));
    else
        wait_for(pid, path, &status);
    forget_signals(before);
    return pid < 0 ? 3 : ended_by ? 128 + ended_by : 0;
}

/* ARGV as one line; to be freed. */
static char *joined(char *const argv[])
{
    char *line = xstrdup("");

    for (char *const *word = argv; *word; word++) {
        char *quoted = text_shell_word(*word);
        char *longer = xformat("%s%s%s", line, *line ? " " : "", quoted);
        free(quoted);
        free(line);
        line = longer;
    }
    return line;
}

static json_t *read_log(const char *path, char *const argv[])
{
    size_t size;
    char *text = read_file(AT_FDCWD, path, LOG_MAX, &size);

    if (text == NULL) {
        (void)complain("%s: %s", path, strerror(errno));
        return NULL;
    }
    char *program = model_first_program(text), *command = joined(argv);
    struct run_log log = {
        .text = text, .size = size, .program = program, .command = command};
    json_t *recording = program ? model_record(&log) : NULL;
    if (program == NULL) /* strace has said why */
        (void)complain("%s: strace could not start it, see above; run it "
                       "without ipclab show",
                       argv[0]);
    free(command);
    free(program);
    free(text);
    return recording;
}

/* A new file for the log: its name, to be freed; NULL after a message. */
static char *temporary_log(void)
{
    const char *parent = getenv("TMPDIR");
    char *path =
        xformat("%s/ipclab-show-XXXXXX", parent && *parent ? parent : "/tmp");
    int fd = mkostemp(path, O_CLOEXEC);

    if (fd >= 0) {
        (void)close(fd);
        return path;
    }
    (void)complain("%s: %s; set TMPDIR to a directory with room", path,
                   strerror(errno));
    free(path);
    return NULL;
}

/* Whether there is a program NAME, as execvp(3) looks for it; false after a
 * message. */
static bool is_program(const char *name)
{
    const char *list = strchr(name, '/') ? "" : getenv("PATH");
    int error = ENOENT;

    for (const char *next = list ? list : "/bin:/usr/bin"; next;) {
        int size = (int)strcspn(next, ":");
        struct stat about;
        char *path = xformat("%.*s%s%s", size, next, size ? "/" : "", name);
        bool found = stat(path, &about) == 0;
        if (found && S_ISDIR(about.st_mode))
            errno = EISDIR;
        else if (found && access(path, X_OK) == 0)
            error = 0;
        if (error && errno != ENOENT)
            error = errno;
        free(path);
        if (error == 0)
            return true;
        next += size;
        next = *next ? next + 1 : NULL;
    }
    (void)complain("%s: %s; name a program, as in ipclab show -- ls | cat",
                   name, strerror(error));
    return false;
}

int observe_command(const struct kit *kit, char *const argv[], const char *log,
                    json_t **recording)
{
    if (!is_program(argv[0]))
        return 3;
    char *path = log ? xstrdup(log) : temporary_log();
    char *tell = kit_path(kit, "build/grader/tell.so");
    struct argv command = {0};

    int status = 3;

    *recording = NULL;
    if (path) {
        add_strace(&command, path, tell);
        argv_add_all(&command, (const char *const *)argv);
        status = run(&command, path);
        if (status == 0 && (*recording = read_log(path, argv)) == NULL)
            status = 3;
        if (log == NULL)
            (void)unlink(path);
    }
    argv_release(&command);
    free(tell);
    free(path);
    return status;
}
