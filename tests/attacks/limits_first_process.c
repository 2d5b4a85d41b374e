// SPDX-License-Identifier: MIT
/*
 * Tries: to lower the limits and the priority of the first process of the
 *     sandbox, which belongs to the same user: what it starts inherits them, so
 *     that the grader could start nothing more and would call it an error.
 * Fails because: the sandbox's filter kills whoever asks for that.
 * Base: skeleton
 * Lab: pipe
 * Seen: score 0
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void hamper(int way)
{
    struct rlimit none = {0, 0};
    struct sched_param normal = {0};
    cpu_set_t set;

    switch (way) {
    case 0:
        (void)prlimit(1, RLIMIT_NOFILE, &none, NULL);
        break;
    case 1:
        (void)prlimit(1, RLIMIT_NPROC, &none, NULL);
        break;
    case 2:
        (void)syscall(SYS_prlimit64, 1L << 32 | 1, RLIMIT_FSIZE, &none, NULL);
        break;
    case 3:
        (void)setpriority(PRIO_PROCESS, 1, 19);
        break;
    case 4:
        (void)setpriority(PRIO_USER, 0, 19);
        break;
    case 5:
        (void)sched_setscheduler(1, SCHED_IDLE, &normal);
        break;
    default:
        CPU_ZERO(&set);
        CPU_SET(0, &set);
        (void)sched_setaffinity(1, sizeof(set), &set);
    }
}

__attribute__((constructor)) static void hamper_in_all_ways(void)
{
    for (int way = 0; way < 7; way++)
        if (fork() == 0) {
            hamper(way);
            _exit(0);
        }
    while (wait(NULL) > 0)
        continue;
}
