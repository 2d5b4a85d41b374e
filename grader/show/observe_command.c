// SPDX-License-Identifier: MIT
/* observe_command.c - any command, recorded; see observe.h. */
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

static volatile sig_atomic_t interrupts;

static void count_interrupt(int signal)
{
    (void)signal;
    interrupts++;
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

/* Wait for strace, PID; *STATUS is of wait(2).  Where the program has ended and
 * its daemons are silent, or the user insists, strace is ended: what it
 * followed goes on without it. */
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
        if (interrupts > 1 || (silent && has_first_ended(path)))
            (void)kill(pid, SIGKILL);
        else if (silent)
            quiet_since = now_ms(); /* ask again after as long a time */
    }
}

/* Run ARGV, which is strace's, to its end; -1 after a message.  The first ^C is
 * for the program alone. */
static int run(struct argv *argv, const char *path)
{
    struct sigaction counted = {.sa_handler = count_interrupt}, before;
    int status = 0;

    (void)fflush(NULL);
    interrupts = 0;
    (void)sigaction(SIGINT, &counted, &before);
    pid_t pid = fork();
    if (pid == 0) {
        (void)sigaction(SIGINT, &before, NULL);
        (void)execvp(argv->items[0], argv->items);
        (void)complain("%s: %s; install strace", argv->items[0],
                       strerror(errno));
        _exit(127);
    }
    if (pid < 0)
        return complain("fork: %s", strerror(errno));
    wait_for(pid, path, &status);
    (void)sigaction(SIGINT, &before, NULL);
    return 0;
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
        (void)complain("%s: could not be started", argv[0]);
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

int observe_command(const struct kit *kit, char *const argv[], const char *log,
                    json_t **recording)
{
    char *path = log ? xstrdup(log) : temporary_log();
    char *tell = kit_path(kit, "build/grader/tell.so");
    struct argv command = {0};

    *recording = NULL;
    if (path) {
        add_strace(&command, path, tell);
        argv_add_all(&command, (const char *const *)argv);
        if (run(&command, path) == 0)
            *recording = read_log(path, argv);
        if (log == NULL)
            (void)unlink(path);
    }
    argv_release(&command);
    free(tell);
    free(path);
    return *recording ? 0 : 3;
}
