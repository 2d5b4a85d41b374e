// SPDX-License-Identifier: MIT
/*
 * The program around semaphores.c: it reads the command line, calls the
 * functions of semaphores.h and says what failed. Given; the grader builds its
 * own copy, so nothing you change here counts.
 *
 * Exit status: that of the command run (hold); otherwise 0, 1 for a failure,
 * 2 for wrong usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <unistd.h>
#include "semaphores.h"

static int usage(void)
{
    fputs("usage: " PROG " new KEY VALUE...\n"
          "       " PROG " rm KEY\n"
          "       " PROG " hold KEY CMD [ARG..]\n"
          "       " PROG " count KEY N M FILE\n"
          "       " PROG " dine N ROUNDS\n"
          "       " PROG " barrier N ROUNDS\n",
          stderr);
    return 2;
}

/* The whole of `word` as a number from low to high, -1 if it is not one. */
static long number(const char *word, int base, long low, long high)
{
    char *end;

    if (!word)
        return -1;
    errno = 0;
    long value = strtol(word, &end, base);
    if (errno || end == word || *end || value < low || value > high)
        return -1;
    return value;
}

/* IPC_PRIVATE, which is 0, is no key that others could find. */
static long key_of(const char *word)
{
    return number(word, 0, 1, INT_MAX);
}

/* ---- new, rm ------------------------------------------------------------- */

static int new_command(char **words)
{
    unsigned short values[64];
    long key = key_of(words[0]), value = 0;
    int n = 0;

    while (key != -1 && words[n + 1]) {
        if (n == 64 || (value = number(words[n + 1], 10, 0, USHRT_MAX)) == -1)
            return usage();
        values[n++] = (unsigned short)value;
    }
    if (key == -1 || n == 0)
        return usage();
    int id = sem_get_ready((key_t)key, n, values, 1);
    if (id == -1)
        return fail("new") ? EXIT_FAILURE : 0;
    dprintf(STDOUT_FILENO, "%d\n", id);
    return 0;
}

static int rm_command(char **words)
{
    long key = key_of(words[0]);

    if (key == -1 || words[1])
        return usage();
    int id = semget((key_t)key, 0, 0);
    if (id == -1 || semctl(id, 0, IPC_RMID) == -1)
        return fail("rm") ? EXIT_FAILURE : 0;
    return 0;
}

/* ---- hold ---------------------------------------------------------------- */

static int run_command(char **argv)
{
    int wstatus;
    pid_t pid = fork();

    if (pid == -1)
        return fail("fork");
    if (pid == 0) {
        (void)execvp(argv[0], argv);
        (void)fail(argv[0]);
        _exit(errno == ENOENT ? 127 : 126);
    }
    if (TEMP_FAILURE_RETRY(waitpid(pid, &wstatus, 0)) == -1)
        return fail("waitpid");
    return status_to_exit(wstatus);
}

static int hold_command(char **words)
{
    static const unsigned short one = 1;
    long key = key_of(words[0]);

    if (key == -1 || !words[1])
        return usage();
    int id = sem_get_ready((key_t)key, 1, &one, 0);
    if (id == -1)
        return fail("sem_get_ready") ? EXIT_FAILURE : 0;
    if (sem_p(id, 0) == -1)
        return fail("sem_p") ? EXIT_FAILURE : 0;
    int status = run_command(words + 1);
    if (sem_v(id, 0) == -1)
        status = fail("sem_v");
    return status == -1 ? EXIT_FAILURE : status;
}

/* ---- count --------------------------------------------------------------- */

static long read_num(int fd)
{
    char text[32] = "";

    if (pread(fd, text, sizeof text - 1, 0) == -1)
        return -1;
    return strtol(text, NULL, 10);
}

static int write_num(int fd, long value)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%ld\n", value);

    return pwrite(fd, text, (size_t)size, 0) == size ? 0 : -1;
}

/* Others get the processor where it hurts: between reading and writing. */
static int add_ones(int id, int fd, long times)
{
    while (times-- > 0) {
        if (sem_p(id, 0) == -1)
            return fail("sem_p");
        long value = read_num(fd);
        (void)sched_yield();
        if (value == -1 || write_num(fd, value + 1) == -1)
            return fail("count");
        if (sem_v(id, 0) == -1)
            return fail("sem_v");
    }
    return 0;
}

static int count_command(char **words)
{
    long key = key_of(words[0]), n = number(words[1], 10, 1, 64),
         m = n == -1 ? -1 : number(words[2], 10, 1, INT_MAX);
    int status = 0, wstatus;

    if (key == -1 || m == -1 || !words[3] || words[4])
        return usage();
    int id = sem_get_ready((key_t)key, 1, NULL, 0);
    if (id == -1)
        return fail("sem_get_ready") ? EXIT_FAILURE : 0;
    int fd = open(words[3], O_RDWR);
    if (fd == -1)
        return fail(words[3]) ? EXIT_FAILURE : 0;
    for (; n > 0 && status == 0; n--) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(add_ones(id, fd, m) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
        if (pid == -1)
            status = fail("fork");
    }
    while (TEMP_FAILURE_RETRY(wait(&wstatus)) != -1)
        if (wstatus != 0)
            status = -1;
    (void)close(fd);
    return status == 0 ? 0 : EXIT_FAILURE;
}

/* ---- dine, barrier ------------------------------------------------------- */

/* The same for all workers, which are copies of this process. */
static int seats, rounds;

static int philosopher(int id, int me)
{
    int left = me, right = (me + 1) % seats;

    for (int round = 0; round < rounds; round++) {
        if (take_forks(id, left, right) == -1)
            return fail("take_forks");
        dprintf(STDOUT_FILENO, "%d eats\n", me);
        (void)usleep(1000); /* a meal: time for others to disturb it */
        dprintf(STDOUT_FILENO, "%d thinks\n", me);
        if (sem_v(id, left) == -1 || sem_v(id, right) == -1)
            return fail("sem_v");
    }
    return 0;
}

static int runner(int id, int me)
{
    for (int round = 0; round < rounds; round++) {
        dprintf(STDOUT_FILENO, "%d %d\n", round, me);
        if (barrier_wait(id, me, seats, round) == -1)
            return fail("barrier_wait");
    }
    return 0;
}

static int workers_command(char **words, int is_dine)
{
    unsigned short init[WORKERS_MAX + BARRIER_EXTRA] = {0};

    seats = (int)number(words[0], 10, 2, WORKERS_MAX);
    rounds = seats == -1 ? -1 : (int)number(words[1], 10, 1, 1000000);
    if (rounds == -1 || words[2])
        return usage();
    for (int i = 0; is_dine && i < seats; i++)
        init[i] = 1;
    if (is_dine)
        init[seats] = (unsigned short)(seats - 1);
    int result = is_dine
                     ? run_workers(seats, seats + 1, init, philosopher)
                     : run_workers(seats, seats + BARRIER_EXTRA, init, runner);
    if (result == -1)
        (void)fail("run_workers");
    return result == 0 ? 0 : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return usage();
    char *name = argv[1], **words = argv + 2;
    if (strcmp(name, "new") == 0)
        return new_command(words);
    if (strcmp(name, "rm") == 0)
        return rm_command(words);
    if (strcmp(name, "hold") == 0)
        return hold_command(words);
    if (strcmp(name, "count") == 0)
        return count_command(words);
    if (strcmp(name, "dine") == 0)
        return workers_command(words, 1);
    if (strcmp(name, "barrier") == 0)
        return workers_command(words, 0);
    return usage();
}
