// SPDX-License-Identifier: MIT
/* system.c - runs the command and looks at what it leaves; see system.h. */
#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../remains.h"

static char directory[] = "/tmp/ipclab-system.XXXXXX";
static char *temporary; /* NULL while there is no directory */
static int64_t began_ms;

const char *scratch(void)
{
    if (temporary)
        return directory;
    memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
    cr_assert_not_null(mkdtemp(directory));
    cr_assert(chmod(directory, 0755) == 0);
    temporary = xformat("%s/tmp", directory);
    cr_assert(mkdir(temporary, 0755) == 0 && chmod(temporary, 01777) == 0);
    cr_assert(setenv("TMPDIR", temporary, 1) == 0);
    remains_begin(temporary);
    return directory;
}

static int open_output(const char *name)
{
    char *path = xformat("%s/%s", scratch(), name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    free(path);
    return fd;
}

pid_t ipclab_start(const char *const words[])
{
    struct argv argv = {0};
    int out = open_output("out"), err = open_output("err");

    argv_add(&argv, "build/ipclab");
    argv_add_all(&argv, words);
    began_ms = now_ms();
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(out, STDOUT_FILENO);
        (void)dup2(err, STDERR_FILENO);
        /* Ignored where a shell started the tests in the background. */
        (void)signal(SIGINT, SIG_DFL);
        execv(argv.items[0], argv.items);
        _exit(127);
    }
    (void)close(out);
    (void)close(err);
    argv_release(&argv);
    cr_assert(pid > 0);
    return pid;
}

static char *read_output(const char *name)
{
    char *path = xformat("%s/%s", scratch(), name);
    char *text = read_file(AT_FDCWD, path, 16 << 20, NULL);

    cr_assert_not_null(text);
    free(path);
    return text;
}

struct outcome ipclab_wait(pid_t pid)
{
    struct outcome outcome;
    int status;

    while (waitpid(pid, &status, 0) < 0)
        cr_assert(errno == EINTR);
    outcome.seconds = (double)(now_ms() - began_ms) / 1000;
    outcome.status =
        WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    outcome.output = read_output("out");
    outcome.errors = read_output("err");
    return outcome;
}

struct outcome ipclab(const char *const words[])
{
    return ipclab_wait(ipclab_start(words));
}

struct grade *grade_file(const char *submission, struct outcome *outcome)
{
    char why[200];
    size_t size;
    char *json = xformat("%s/grade.json", scratch());

    *outcome =
        IPCLAB("grade", "pipe", "--submission", submission, "--json", json);
    char *text = read_file(AT_FDCWD, json, 16 << 20, &size);
    cr_assert(text != NULL, "%s: no grade: %s", submission, outcome->errors);
    struct grade *grade = grade_from_json(text, size, why, sizeof(why));
    cr_assert(grade != NULL, "%s: %s", submission, why);
    (void)unlink(json);
    free(json);
    free(text);
    return grade;
}

void expect_clean_machine(void)
{
    (void)scratch();
    char *remains = remains_await();
    cr_assert(remains == NULL, "left on the machine: %s", remains);
    (void)remove_tree(AT_FDCWD, directory);
    free(temporary);
    temporary = NULL;
}
