// SPDX-License-Identifier: MIT
/*
 * outlive.c - the first stage of a pipeline, and the last to be waited for.
 *
 *     outlive STATUS     writes a line, for which the other stage is to wait
 *     outlive SIGPIPE    writes lines until nobody can read them
 *
 * It begins when another child of its parent exists, goes on when that one has
 * been waited for, or the parent waits for us alone, and then exits with STATUS
 * or dies of SIGPIPE.  It gives up after half a minute.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct process {
    int ppid, tracer;
    char state; /* proc(5): 'S' sleeps, 'Z' is a zombie */
};

/* Read /proc/NAME/status; false if there is no such process. */
static bool look_at(const char *name, struct process *process)
{
    char path[300], line[512];

    (void)snprintf(path, sizeof(path), "/proc/%s/status", name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false; /* it has just ended */
    *process = (struct process){0};
    while (fgets(line, sizeof(line), file) != NULL) {
        (void)sscanf(line, "State: %c", &process->state);
        (void)sscanf(line, "PPid: %d", &process->ppid);
        (void)sscanf(line, "TracerPid: %d", &process->tracer);
    }
    (void)fclose(file);
    return true;
}

/* A child is announced to its parent after it has been reaped by its tracer
 * (ptrace(2)). */
static bool is_announced(const struct process *process)
{
    return process->state == 'Z' && process->tracer == 0;
}

/* Whether our parent has another child of which it does not yet know that it
 * has ended, or is just being told. */
static bool has_sibling(void)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    struct process sibling, parent;
    char name[16];
    bool found = false;

    while (dir && !found && (entry = readdir(dir)) != NULL) {
        if (atoi(entry->d_name) <= 0 || atoi(entry->d_name) == getpid() ||
            !look_at(entry->d_name, &sibling) || sibling.ppid != getppid())
            continue;
        (void)snprintf(name, sizeof(name), "%d", getppid());
        found = !is_announced(&sibling) || !look_at(name, &parent) ||
                parent.state != 'S';
    }
    if (dir)
        (void)closedir(dir);
    return found;
}

static void wait_until(bool sibling)
{
    struct timespec pause = {0, 1000000};

    for (int i = 0; i < 30000 && has_sibling() != sibling; i++)
        (void)nanosleep(&pause, NULL);
}

int main(int argc, char **argv)
{
    bool endless = argc > 1 && strcmp(argv[1], "SIGPIPE") == 0;
    ssize_t n;

    wait_until(true);
    (void)signal(SIGPIPE, endless ? SIG_IGN : SIG_DFL);
    do
        n = write(STDOUT_FILENO, "go\n", 3);
    while (endless && n == 3);
    if (n != 3 && !(endless && errno == EPIPE))
        return 2;
    wait_until(false);
    if (endless) {
        (void)signal(SIGPIPE, SIG_DFL);
        (void)raise(SIGPIPE);
    }
    return argc > 1 ? atoi(argv[1]) : 2;
}
