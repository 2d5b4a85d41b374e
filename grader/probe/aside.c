// SPDX-License-Identifier: MIT
/*
 * aside.c - calls that a locked pipe may keep; see aside.h.
 *
 * As many threads as there are calls kept at a time, and one: mostly that one.
 */
#include "aside.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base.h"

/* A thread that is in state D twice, so far apart, is kept. */
#define LOOK_MS 20

enum kind { CALL_READ, CALL_WRITE, CALL_UNREAD, CALL_CLOSE };

struct call {
    struct call *next;  /* in the queue */
    struct call *older; /* in the caller's list */
    enum kind kind;
    int fd;
    size_t size;
    pid_t tid; /* of the thread that makes it; 0 before */
    bool done;
    bool kept;     /* as far as the caller knows */
    bool unwanted; /* nobody will ask for the result */
    ssize_t result;
    int error;
    char bytes[ASIDE_MAX];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t called = PTHREAD_COND_INITIALIZER;
static pthread_cond_t returned = PTHREAD_COND_INITIALIZER;
static struct call *queue; /* not begun */
static unsigned idle;      /* threads that no call is meant for */

static struct call *list; /* whose results are wanted yet; the caller's own */

/* ---- The threads --------------------------------------------------------- */

static ssize_t make(struct call *call)
{
    int unread = 0;

    switch (call->kind) {
    case CALL_READ:
        return read(call->fd, call->bytes, call->size);
    case CALL_WRITE:
        return write(call->fd, call->bytes, call->size);
    case CALL_UNREAD:
        return ioctl(call->fd, FIONREAD, &unread) < 0 ? -1 : unread;
    case CALL_CLOSE:
        break;
    }
    return close(call->fd);
}

/* Make CALL, and say so.  Called, and returns, below LOCK. */
static void serve(struct call *call)
{
    call->tid = gettid();
    (void)pthread_mutex_unlock(&lock);
    ssize_t result = make(call);
    int error = errno;
    (void)pthread_mutex_lock(&lock);
    call->result = result;
    call->error = error;
    call->done = true;
    if (call->unwanted)
        free(call);
    else
        (void)pthread_cond_signal(&returned);
}

static void *make_calls(void *unused)
{
    (void)pthread_mutex_lock(&lock);
    for (;;) {
        while (queue == NULL)
            (void)pthread_cond_wait(&called, &lock);
        struct call *call = queue;
        queue = call->next;
        serve(call);
        idle++;
    }
    return unused;
}

/* ---- The caller ---------------------------------------------------------- */

/* Where no thread is to be had, the caller makes the call. */
static void begin(struct call *call)
{
    pthread_t thread;

    (void)pthread_mutex_lock(&lock);
    if (idle == 0 && pthread_create(&thread, NULL, make_calls, NULL) == 0)
        idle++;
    if (idle == 0) {
        serve(call);
    } else {
        idle--;
        call->next = queue;
        queue = call;
        (void)pthread_cond_signal(&called);
    }
    (void)pthread_mutex_unlock(&lock);
}

/* "disk sleep": proc_pid_stat(5). */
static bool sleeps_in_kernel(pid_t tid)
{
    char *path = xformat("/proc/self/task/%d/stat", (int)tid);
    char *text = read_file(AT_FDCWD, path, 1024, NULL);
    char *name_end = text ? strrchr(text, ')') : NULL;
    bool sleeps = name_end && strncmp(name_end, ") D", 3) == 0;

    free(text);
    free(path);
    return sleeps;
}

/* Wait until CALL is done: true; or kept.  A thread that the machine lets wait
 * for a processor is not kept.  A call that nobody waits for any more is
 * UNWANTED, if it is kept. */
static bool await(struct call *call, bool unwanted)
{
    struct timespec until;
    unsigned looks = call->kept ? 1 : 0;

    (void)pthread_mutex_lock(&lock);
    while (!call->done && looks < 2) {
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += LOOK_MS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (pthread_cond_clockwait(&returned, &lock, CLOCK_MONOTONIC, &until) ==
            ETIMEDOUT)
            looks = call->tid && sleeps_in_kernel(call->tid) ? looks + 1 : 0;
    }
    bool done = call->done;
    call->kept = !done;
    call->unwanted = !done && unwanted;
    (void)pthread_mutex_unlock(&lock);
    return done;
}

/* The call of KIND on FD that was kept; else begin one, with DATA to write. */
static struct call *begin_or_go_on(enum kind kind, int fd, const char *data,
                                   size_t size)
{
    for (struct call *call = list; call; call = call->older)
        if (call->kind == kind && call->fd == fd)
            return call;
    struct call *call = xrealloc(NULL, sizeof(*call));
    memset(call, 0, offsetof(struct call, bytes));
    call->kind = kind;
    call->fd = fd;
    call->size = size < ASIDE_MAX ? size : ASIDE_MAX;
    if (data)
        memcpy(call->bytes, data, call->size);
    call->older = list;
    list = call;
    begin(call);
    return call;
}

static void remove_from_list(const struct call *call)
{
    struct call **place = &list;

    while (*place != call)
        place = &(*place)->older;
    *place = call->older;
}

/* The result of CALL, and what it read into BUFFER. */
static ssize_t finish(struct call *call, char *buffer)
{
    if (!await(call, false)) {
        errno = EAGAIN;
        return -1;
    }
    ssize_t result = call->result;
    int error = call->error;
    if (buffer && result > 0)
        memcpy(buffer, call->bytes, (size_t)result);
    remove_from_list(call);
    free(call);
    errno = error;
    return result;
}

ssize_t aside_read(int fd, char *buffer, size_t size)
{
    return finish(begin_or_go_on(CALL_READ, fd, NULL, size), buffer);
}

ssize_t aside_write(int fd, const char *data, size_t size)
{
    return finish(begin_or_go_on(CALL_WRITE, fd, data, size), NULL);
}

ssize_t aside_unread(int fd)
{
    return finish(begin_or_go_on(CALL_UNREAD, fd, NULL, 0), NULL);
}

void aside_close(int fd)
{
    (void)begin_or_go_on(CALL_CLOSE, fd, NULL, 0);
    for (struct call *call = list, *older; call; call = older) {
        older = call->older;
        if (call->fd != fd)
            continue;
        remove_from_list(call);
        if (await(call, true))
            free(call);
    }
}
