// SPDX-License-Identifier: MIT
/*
 * test_aside.c - a pipe that splice(2) keeps locked keeps nobody else.
 *
 * The pipe and the lock are real: a thread splices into a socket that is full,
 * and we, the tester, go on.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aside.h"
#include "base.h"

struct scene {
    int ends[2];    /* the pipe */
    int sockets[2]; /* where the bytes go, and whence nobody takes them yet */
    pthread_t thread;
    char wchan_path[64]; /* the file that says what the thread sleeps in */
};

static void *splice_all(void *data)
{
    struct scene *scene = data;

    (void)snprintf(scene->wchan_path, sizeof(scene->wchan_path),
                   "/proc/self/task/%d/wchan", (int)gettid());
    while (splice(scene->ends[0], NULL, scene->sockets[0], NULL, ASIDE_MAX, 0) >
           0)
        ;
    return NULL;
}

/* Asleep in the socket, and no longer in the pipe. */
static bool is_lock_held(const struct scene *scene)
{
    char wchan[64] = "";
    FILE *file = fopen(scene->wchan_path, "r");

    if (file == NULL)
        return false;
    (void)fgets(wchan, sizeof(wchan), file);
    (void)fclose(file);
    return strstr(wchan, "sock") != NULL;
}

static struct scene *lock_pipe(void)
{
    static struct scene scene;
    static char bytes[ASIDE_MAX];

    cr_assert(pipe2(scene.ends, O_NONBLOCK | O_CLOEXEC) == 0);
    cr_assert(socketpair(AF_UNIX, SOCK_STREAM, 0, scene.sockets) == 0);
    /* The thread waits for bytes, the tester for none. */
    cr_assert(fcntl(scene.ends[0], F_SETFL, 0) == 0);
    cr_assert(pthread_create(&scene.thread, NULL, splice_all, &scene) == 0);
    for (int i = 0; i < 60000 && !is_lock_held(&scene); i++)
        if (aside_write(scene.ends[1], bytes, sizeof(bytes)) < 0)
            (void)poll(NULL, 0, 1);
    cr_assert(is_lock_held(&scene), "%s", scene.wchan_path);
    return &scene;
}

static void unlock_pipe(struct scene *scene)
{
    (void)close(scene->sockets[1]);
}

Test(aside, calls_on_an_open_pipe, .timeout = 60)
{
    int ends[2];
    char buffer[8] = "";

    cr_assert(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
    cr_expect(aside_read(ends[0], buffer, 8) == -1 && errno == EAGAIN);
    cr_expect_eq(aside_write(ends[1], "abc", 3), 3);
    cr_expect_eq(aside_unread(ends[1]), 3);
    cr_expect_eq(aside_read(ends[0], buffer, 2), 2);
    cr_expect_str_eq(buffer, "ab");
    cr_expect_eq(aside_unread(ends[1]), 1);
    aside_close(ends[1]);
    cr_expect(fcntl(ends[1], F_GETFD) == -1 && errno == EBADF);
    cr_expect_eq(aside_read(ends[0], buffer, 8), 1);
    cr_expect_eq(aside_read(ends[0], buffer, 8), 0);
    aside_close(ends[0]);
}

Test(aside, end_of_the_other_side, .timeout = 60)
{
    int ends[2];

    (void)signal(SIGPIPE, SIG_IGN);
    cr_assert(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
    aside_close(ends[0]);
    cr_expect(aside_write(ends[1], "abc", 3) == -1 && errno == EPIPE);
}

Test(aside, a_call_on_a_locked_pipe_goes_on_later, .timeout = 60)
{
    struct scene *scene = lock_pipe();
    ssize_t n;

    (void)signal(SIGPIPE, SIG_IGN);
    cr_expect(aside_unread(scene->ends[1]) == -1 && errno == EAGAIN);
    cr_expect(aside_unread(scene->ends[1]) == -1 && errno == EAGAIN);
    unlock_pipe(scene);
    while ((n = aside_unread(scene->ends[1])) == -1 && errno == EAGAIN)
        ;
    cr_expect_geq(n, 0);
}

Test(aside, a_locked_pipe_is_closed_later, .timeout = 60)
{
    struct scene *scene = lock_pipe();
    char buffer[ASIDE_MAX];

    /* Two are under way when it is closed. */
    cr_expect(aside_unread(scene->ends[1]) == -1 && errno == EAGAIN);
    cr_expect(aside_write(scene->ends[1], "x", 1) == -1 && errno == EAGAIN);
    aside_close(scene->ends[1]);
    cr_assert(fcntl(scene->sockets[1], F_SETFL, O_NONBLOCK) == 0);
    /* The thread sees the end of the pipe only if it has been closed. */
    while (pthread_tryjoin_np(scene->thread, NULL) == EBUSY)
        if (read(scene->sockets[1], buffer, sizeof(buffer)) < 0)
            (void)poll(NULL, 0, 1);
    cr_expect(fcntl(scene->ends[1], F_GETFD) == -1 && errno == EBADF);
}
