// SPDX-License-Identifier: MIT
/* system.c - runs the command and looks at what it leaves; see system.h. */
#include "system.h"

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

static char directory[] = "/tmp/ipclab-system.XXXXXX";
static char *temporary, *objects; /* NULL while there is no directory */
static int64_t began_ms;

/* The tables of System V objects: they must look the same afterwards. */
static char *read_objects(void)
{
    static const char *const paths[] = {
        "/proc/sysvipc/shm", "/proc/sysvipc/sem", "/proc/sysvipc/msg"};
    char *all = xstrdup("");

    for (size_t i = 0; i < LENGTH(paths); i++) {
        char *table = read_file(AT_FDCWD, paths[i], 1 << 20, NULL);
        size_t rows = 0;
        for (const char *c = table; c && *c; c++)
            rows += *c == '\n';
        char *longer = xformat("%s %zu", all, rows);
        free(all);
        free(table);
        all = longer;
    }
    return all;
}

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
    objects = read_objects();
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

/* Whether FILE of /proc/PID names the temporary directory: all that the grader
 * starts has it in its command line, and what runs in a sandbox in its table of
 * mounts. */
static bool names_directory(int proc_fd, const char *pid, const char *file)
{
    char *path = xformat("%s/%s", pid, file);
    size_t size = 0;
    char *text = read_file(proc_fd, path, 1 << 20, &size);
    bool found =
        text && memmem(text, size, temporary, strlen(temporary)) != NULL;

    free(text);
    free(path);
    return found;
}

/* Its pid, name, state and parent, as proc(5) has them. */
static char *describe(int proc_fd, const char *pid)
{
    char *path = xformat("%s/stat", pid);
    char *stat = read_file(proc_fd, path, 4096, NULL);
    char *line = xformat("process %.60s", stat ? stat : pid);

    free(stat);
    free(path);
    return line;
}

/* Some process of the grader's, or NULL. */
static char *find_survivor(void)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    char *found = NULL;

    while (!found && (entry = readdir(proc)) != NULL)
        if (atoi(entry->d_name) > 0 &&
            (names_directory(dirfd(proc), entry->d_name, "cmdline") ||
             names_directory(dirfd(proc), entry->d_name, "mountinfo")))
            found = describe(dirfd(proc), entry->d_name);
    (void)closedir(proc);
    return found;
}

/* What is still there; NULL if nothing is. */
static char *find_remains(void)
{
    char *found = find_survivor();
    char *now = read_objects();

    if (!found && strcmp(now, objects) != 0)
        found = xformat("System V objects: rows %s, were %s", now, objects);
    free(now);
    struct dirent **list;
    int n = found ? 0 : scandir(temporary, &list, NULL, alphasort);
    if (n > 2)
        found = xformat("%s/%s", temporary, list[2]->d_name);
    return found;
}

void expect_clean_machine(void)
{
    int64_t deadline = now_ms() + 120000;
    char *remains;

    (void)scratch();
    while ((remains = find_remains()) != NULL && now_ms() < deadline) {
        free(remains);
        (void)usleep(20000); /* ends are on their way */
    }
    cr_assert(remains == NULL, "left on the machine: %s", remains);
    (void)remove_tree(AT_FDCWD, directory);
    free(temporary);
    free(objects);
    temporary = objects = NULL;
}
