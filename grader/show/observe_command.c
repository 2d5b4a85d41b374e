// SPDX-License-Identifier: MIT
/* observe_command.c - any command, recorded; see observe.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model.h"
#include "observe.h"
#include "record.h"
#include "text.h"

#define LOG_MAX (1u << 30)

/* What strace is to follow; the probe's own list and record.h's. */
static void add_strace(struct argv *argv, const char *log, const char *tell)
{
    argv_add_all(argv, (const char *const[]){"strace", "-f", "--seccomp-bpf",
                                             "-q", "-ttt", "-T", "-yy", "-s",
                                             "512", "-o", log, "-E", NULL});
    argv_addf(argv, "LD_PRELOAD=%s", tell);
    argv_add(argv, "-e");
    argv_addf(argv, "trace=%s,%s", TRACED_CALLS, RECORD_CALLS);
    argv_add(argv, "--");
}

/* Run ARGV to its end under strace; its wait(2) status, or -1 after a message.
 * ^C is for the program alone. */
static int run(struct argv *argv)
{
    int status = -1;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before[2];

    (void)fflush(NULL);
    (void)sigaction(SIGINT, &ignore, &before[0]);
    (void)sigaction(SIGQUIT, &ignore, &before[1]);
    pid_t pid = fork();
    if (pid == 0) {
        (void)sigaction(SIGINT, &before[0], NULL);
        (void)sigaction(SIGQUIT, &before[1], NULL);
        (void)execvp(argv->items[0], argv->items);
        (void)complain("%s: %s; install strace", argv->items[0],
                       strerror(errno));
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (pid < 0)
        (void)complain("fork: %s", strerror(errno));
    (void)sigaction(SIGINT, &before[0], NULL);
    (void)sigaction(SIGQUIT, &before[1], NULL);
    return status;
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

int observe_command(const struct kit *kit, char *const argv[],
                    json_t **recording)
{
    const char *parent = getenv("TMPDIR");
    char *path =
        xformat("%s/ipclab-show-XXXXXX", parent && *parent ? parent : "/tmp");
    char *tell = kit_path(kit, "build/grader/tell.so");
    struct argv command = {0};
    int fd = mkostemp(path, O_CLOEXEC);

    *recording = NULL;
    if (fd < 0) {
        (void)complain("%s: %s; set TMPDIR to a directory with room", path,
                       strerror(errno));
    } else {
        (void)close(fd);
        add_strace(&command, path, tell);
        argv_add_all(&command, (const char *const *)argv);
        if (run(&command) >= 0)
            *recording = read_log(path, argv);
        (void)unlink(path);
    }
    argv_release(&command);
    free(tell);
    free(path);
    return *recording ? 0 : 3;
}
