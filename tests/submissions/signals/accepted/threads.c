// SPDX-License-Identifier: MIT
/*
 * Threads do the waiting: one takes the signals, with all of them blocked in
 * the others too; in timeout one waits for the command, the other for a
 * condition variable, with a time limit.
 */
#include "signals.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct count {
    int usr1, usr2, n, values[VALUES_MAX];
    sigset_t set;
} tallied;

static int is_pending(void)
{
    sigset_t set;

    return sigpending(&set) == 0 &&
           (sigismember(&set, SIGUSR1) || sigismember(&set, SIGUSR2) ||
            sigismember(&set, SIGRTMIN));
}

static void *take_signals(void *data)
{
    struct count *count = data;
    siginfo_t info;

    for (int ending = 0; !ending || is_pending();) {
        int got = sigwaitinfo(&count->set, &info);
        count->usr1 += got == SIGUSR1;
        count->usr2 += got == SIGUSR2;
        ending |= got == SIGTERM;
        if (got == SIGRTMIN && count->n < VALUES_MAX)
            count->values[count->n++] = info.si_value.sival_int;
    }
    return NULL;
}

static int print_tally(int out, const struct count *count)
{
    FILE *stream = fdopen(dup(out), "w");

    if (stream == NULL)
        return fail("fdopen");
    fprintf(stream, "USR1=%d USR2=%d RT=", count->usr1, count->usr2);
    for (int i = 0; i < count->n; i++)
        fprintf(stream, "%s%d", i ? "," : "", count->values[i]);
    putc('\n', stream);
    return fclose(stream) == EOF ? fail("fclose") : 0;
}

int tally(int out)
{
    pthread_t thread;

    sigemptyset(&tallied.set);
    sigaddset(&tallied.set, SIGUSR1);
    sigaddset(&tallied.set, SIGUSR2);
    sigaddset(&tallied.set, SIGTERM);
    sigaddset(&tallied.set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &tallied.set, NULL);
    if (dprintf(out, "ready %d\n", (int)getpid()) < 0)
        return fail("dprintf");
    errno = pthread_create(&thread, NULL, take_signals, &tallied);
    if (errno)
        return fail("pthread_create");
    pthread_join(thread, NULL);
    return print_tally(out, &tallied);
}

/* What `reap` and its thread share. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int wanted, reaped, total;

static int is_complete(void)
{
    pthread_mutex_lock(&lock);
    int complete = reaped == wanted;
    pthread_mutex_unlock(&lock);
    return complete;
}

static void *take_children(void *chld)
{
    int got, wstatus;

    while (!is_complete()) {
        sigwait(chld, &got);
        while (waitpid(-1, &wstatus, WNOHANG) > 0) {
            reaped++;
            total += WEXITSTATUS(wstatus);
        }
    }
    return NULL;
}

int reap(int n, int *sum)
{
    pthread_t thread;
    int result = 0;
    sigset_t chld;

    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, NULL);
    signal(SIGCHLD, SIG_DFL);
    wanted = n;
    errno = pthread_create(&thread, NULL, take_children, &chld);
    if (errno)
        return fail("pthread_create");
    for (int i = 0; i < n; i++) {
        pid_t pid = fork();
        if (pid == 0)
            child(i);
        if (pid == -1) {
            result = fail("fork");
            pthread_mutex_lock(&lock);
            wanted = i;
            pthread_mutex_unlock(&lock);
            pthread_kill(thread, SIGCHLD); /* it is to look again */
            break;
        }
    }
    pthread_join(thread, NULL);
    *sum = total;
    return result;
}

static int play(const char *word, int n, pid_t other, int begins)
{
    sigset_t usr1;
    int got;

    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    for (int i = 1; i <= n; i++) {
        if (!begins)
            sigwait(&usr1, &got);
        if (dprintf(STDOUT_FILENO, "%s %d\n", word, i) < 0)
            return fail(word);
        if (kill(other, SIGUSR1) == -1)
            return fail("kill");
        if (begins)
            sigwait(&usr1, &got);
    }
    return 0;
}

int pingpong(int n)
{
    pid_t parent = getpid();
    sigset_t usr1;

    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    signal(SIGUSR1, SIG_DFL);
    pid_t pid = fork();
    if (pid == -1)
        return fail("fork");
    if (pid == 0)
        _exit(play("pong", n, parent, 0) == -1);
    int result = play("ping", n, pid, 1);
    if (result == -1)
        kill(pid, SIGKILL);
    return waitpid(pid, NULL, 0) == -1 ? fail("waitpid") : result;
}

/* What `timeout` and its thread share. */
static pthread_cond_t changed;
static int over;

static void *await_command(void *pid)
{
    siginfo_t info;

    while (waitid(P_PID, (id_t) * (pid_t *)pid, &info, WEXITED | WNOWAIT) ==
               -1 &&
           errno == EINTR)
        continue;
    pthread_mutex_lock(&lock);
    over = 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

static int over_within(double secs)
{
    struct timespec end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    secs += (double)end.tv_nsec / 1e9;
    end.tv_sec += (time_t)secs;
    end.tv_nsec = (long)((secs - (double)(time_t)secs) * 1e9);
    pthread_mutex_lock(&lock);
    while (!over && pthread_cond_timedwait(&changed, &lock, &end) == 0)
        continue;
    int result = over;
    pthread_mutex_unlock(&lock);
    return result;
}

static int start(pid_t *pid, char **argv)
{
    posix_spawnattr_t how;
    sigset_t all, none;

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP |
                                       POSIX_SPAWN_SETSIGDEF |
                                       POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setsigdefault(&how, &all);
    posix_spawnattr_setsigmask(&how, &none);
    int error = posix_spawnp(pid, argv[0], NULL, &how, argv, environ);
    posix_spawnattr_destroy(&how);
    return error;
}

int run_timeout(double secs, double grace, char **argv)
{
    pthread_condattr_t how;
    pthread_t thread;
    int wstatus;
    pid_t pid;

    signal(SIGCHLD, SIG_DFL);
    errno = start(&pid, argv);
    if (errno) {
        (void)fail(argv[0]);
        return errno == ENOENT ? 127 : 126;
    }
    pthread_condattr_init(&how);
    pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &how);
    pthread_condattr_destroy(&how);
    errno = pthread_create(&thread, NULL, await_command, &pid);
    if (errno) {
        (void)fail("pthread_create");
        kill(-pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return -1;
    }
    int in_time = over_within(secs);
    if (!in_time) {
        kill(-pid, SIGTERM);
        (void)over_within(grace);
        kill(-pid, SIGKILL);
    }
    pthread_join(thread, NULL);
    if (waitpid(pid, &wstatus, 0) == -1)
        return fail("waitpid");
    return in_time ? status_to_exit(wstatus) : TIMED_OUT;
}
