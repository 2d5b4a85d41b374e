// SPDX-License-Identifier: MIT
/*
 * outlive.c - the first stage of a pipeline, and the last to be waited for.
 *
 *     outlive STATUS     writes a line, for which the other stage is to wait
 *     outlive SIGPIPE    writes lines until nobody can read them
 *
 * It begins when the program, that is our session, has another process than
 * those that lead to it, goes on when all such have been waited for, or their
 * parents wait for others, and then exits with STATUS or dies of SIGPIPE.  It
 * gives up after half a minute.
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

static bool look_at_pid(int pid, struct process *process)
{
    char name[16];

    (void)snprintf(name, sizeof(name), "%d", pid);
    return look_at(name, process);
}

/* Whether PID is ours, or one of those that we descend from. */
static bool leads_here(int pid)
{
    struct process process;

    for (int mine = getpid(); mine != pid; mine = process.ppid)
        if (mine <= 0 || !look_at_pid(mine, &process))
            return false;
    return true;
}

/* Whether there is another process of which its parent does not yet know that
 * it has ended, or is just being told. */
static bool has_company(void)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    struct process other, parent;
    bool found = false;

    while (dir && !found && (entry = readdir(dir)) != NULL) {
        int pid = atoi(entry->d_name);
        if (pid > 0 && getsid(pid) == getsid(0) && !leads_here(pid) &&
            look_at(entry->d_name, &other))
            found = !is_announced(&other) ||
                    !look_at_pid(other.ppid, &parent) || parent.state != 'S';
    }
    if (dir)
        (void)closedir(dir);
    return found;
}

static void wait_until(bool company)
{
    struct timespec pause = {0, 1000000};

    for (int i = 0; i < 30000 && has_company() != company; i++)
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
