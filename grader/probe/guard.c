// SPDX-License-Identifier: MIT
/* guard.c - frees the tester from a program that keeps a pipe; see guard.h. */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base.h"
#include "verdict.h"

#define GUARD_S 10
#define LOOK_MS 250

static _Atomic int guarded = -1; /* the control socket, or none */
static atomic_uint begun; /* how often, so that one is told from another */
static atomic_bool acted;
static pid_t guarded_tid;

/* State D, "disk sleep": proc_pid_stat(5). */
static bool sleeps_in_kernel(void)
{
    char *path = xformat("/proc/self/task/%d/stat", (int)guarded_tid);
    char *text = read_file(AT_FDCWD, path, 1024, NULL);
    char *name_end = text ? strrchr(text, ')') : NULL;
    bool sleeps = name_end && strncmp(name_end, ") D", 3) == 0;

    free(text);
    free(path);
    return sleeps;
}

static void *watch_over(void *unused)
{
    unsigned last = 0, looks = 0;

    for (;;) {
        (void)poll(NULL, 0, LOOK_MS);
        int fd = guarded;
        unsigned now = begun;
        looks = fd >= 0 && now == last && sleeps_in_kernel() ? looks + 1 : 0;
        last = now;
        /* The first process of the sandbox ends when its socket does, and all
         * others with it. */
        if (looks == GUARD_S * 1000 / LOOK_MS) {
            acted = true;
            (void)shutdown(fd, SHUT_RDWR);
        }
    }
    return unused;
}

void guard_begin(int control_fd)
{
    pthread_t thread;

    if (guarded_tid == 0) {
        guarded_tid = gettid();
        if (pthread_create(&thread, NULL, watch_over, NULL) != 0)
            probe_error("pthread_create: %s", strerror(errno));
    }
    begun++;
    guarded = control_fd;
}

void guard_end(void)
{
    guarded = -1;
}

bool guard_has_acted(void)
{
    return acted;
}
