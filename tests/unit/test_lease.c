// SPDX-License-Identifier: MIT
/*
 * test_lease.c - one holder of a server at a time, a fresh one whenever the old
 * one cannot be trusted, and nobody left in the end.
 *
 * The server is a child that answers each packet with its pid and says in the
 * log who it is; lending_serve() runs in another child, as it does for real.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "lending.h"

static char directory[] = "/tmp/ipclab-lease-XXXXXX";
static char *path;
static pid_t serving;
static int life_fd;

/* ---- A server that can misbehave ----------------------------------------- */

enum { OBEDIENT = 0, STUBBORN = 1, FLOODING = 2, REFUSING = 4, LATE = 8 };

struct trial {
    int behaviour;
    int starts;
};

/* Never returns; ends when the control socket does, unless it is stubborn. */
static _Noreturn void be_server(int control_fd, int log_fd, int behaviour)
{
    static char flood[1 << 20];
    char byte;
    pid_t me = getpid();

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (behaviour & STUBBORN)
        (void)fork(); /* both keep the log open until they are killed */
    if (behaviour & STUBBORN && getpid() != me)
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (behaviour & FLOODING)
        (void)write_fully(log_fd, flood, sizeof(flood));
    (void)write_fully(log_fd, "banner\n", 7);
    while (recv(control_fd, &byte, 1, 0) > 0)
        if (byte == '?')
            (void)send(control_fd, &me, sizeof(me), MSG_NOSIGNAL);
    if (behaviour & STUBBORN)
        for (;;)
            (void)pause();
    (void)write_fully(log_fd, "end\n", 4);
    _exit(0);
}

static int start(struct lent *server, const char *what, void *data)
{
    struct trial *trial = data;
    int control[2], log[2];

    (void)what;
    trial->starts++;
    if (trial->behaviour & REFUSING ||
        (trial->behaviour & LATE && trial->starts < 3)) {
        errno = ENOEXEC;
        return -1;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, log) < 0)
        return -1;
    server->pid = fork();
    if (server->pid == 0) {
        (void)close(control[0]);
        (void)close(log[0]);
        be_server(control[1], log[1], trial->behaviour);
    }
    (void)close(control[1]);
    (void)close(log[1]);
    server->control_fd = control[0];
    server->log_fd = log[0];
    return 0;
}

/* ---- The fixture --------------------------------------------------------- */

static void begin(int behaviour)
{
    int life[2];

    /* Whoever is left over becomes our child, and is found by end(). */
    cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    cr_assert(mkdtemp(directory) != NULL);
    path = xformat("%s/lease", directory);
    cr_assert_eq(pipe2(life, O_CLOEXEC), 0);
    serving = fork();
    if (serving == 0) {
        struct trial trial = {.behaviour = behaviour};
        (void)close(life[1]);
        _exit(lending_serve(path, life[0], LENDING_MEMCHECK, start, &trial) < 0
                  ? 1
                  : 0);
    }
    (void)close(life[0]);
    life_fd = life[1];
}

/* One that closed its descriptors has a last step to go. */
static bool is_nobody_left(void)
{
    int64_t deadline = now_ms() + 500;
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0 && now_ms() < deadline)
        if (pid == 0)
            (void)poll(NULL, 0, 1);
    return pid < 0 && errno == ECHILD;
}

static void end(void)
{
    int status;

    (void)close(life_fd);
    cr_expect_eq(waitpid(serving, &status, 0), serving);
    cr_expect_eq(status, 0, "lending_serve failed");
    cr_expect(is_nobody_left());
    cr_expect_eq(access(path, F_OK), -1, "the socket is left");
    cr_expect_eq(rmdir(directory), 0);
    free(path);
}

struct lease {
    int connection, control_fd, log_fd;
    pid_t server; /* as it says itself */
};

static void take_any(struct lease *lease, const char *what)
{
    struct lent lent = {.control_fd = -1, .log_fd = -1};

    lease->connection = lending_take(path, what, &lent);
    lease->control_fd = lent.control_fd;
    lease->log_fd = lent.log_fd;
    cr_assert_geq(lease->connection, 0, "%s", strerror(errno));
    cr_assert_eq(send(lease->control_fd, "?", 1, MSG_NOSIGNAL), 1);
    cr_assert_eq(recv(lease->control_fd, &lease->server, sizeof(pid_t), 0),
                 (ssize_t)sizeof(pid_t));
}

static void take(struct lease *lease)
{
    take_any(lease, LENDING_MEMCHECK);
}

static void give_back(struct lease *lease, bool swept)
{
    (void)close(lease->control_fd);
    (void)close(lease->log_fd);
    cr_expect_eq(lending_return(lease->connection, swept), 0);
}

/* ---- Tests --------------------------------------------------------------- */

Test(lease, swept_server_serves_the_next, .timeout = 300)
{
    struct lease first, second;

    begin(OBEDIENT);
    take(&first);
    give_back(&first, true);
    take(&second);
    cr_expect_eq(first.server, second.server);
    give_back(&second, true);
    end();
}

Test(lease, unswept_server_is_replaced, .timeout = 300)
{
    struct lease first, second;

    begin(OBEDIENT);
    take(&first);
    give_back(&first, false);
    take(&second);
    cr_expect_neq(first.server, second.server);
    cr_expect_eq(kill(first.server, 0), -1, "the old one is still there");
    give_back(&second, true);
    end();
}

Test(lease, stubborn_server_is_killed, .timeout = 300,
     .description = "Neither it nor what it forked outlives the replacement")
{
    struct lease first, second;

    begin(STUBBORN);
    take(&first);
    give_back(&first, false);
    take(&second);
    cr_expect_neq(first.server, second.server);
    give_back(&second, true);
    end();
}

Test(lease, killed_holder_leaves_its_server_to_be_replaced, .timeout = 300)
{
    struct lease mine;
    pid_t server;
    int told[2];

    begin(OBEDIENT);
    cr_assert_eq(pipe2(told, O_CLOEXEC), 0);
    pid_t holder = fork();
    if (holder == 0) {
        take(&mine);
        (void)write_fully(told[1], &mine.server, sizeof(mine.server));
        for (;;)
            (void)pause();
    }
    cr_assert_eq(read(told[0], &server, sizeof(server)),
                 (ssize_t)sizeof(server));
    (void)kill(holder, SIGKILL);
    (void)waitpid(holder, NULL, 0);
    take(&mine);
    cr_expect_neq(mine.server, server);
    give_back(&mine, true);
    end();
}

Test(lease, dead_server_is_replaced, .timeout = 300)
{
    struct lease first, second;

    begin(OBEDIENT);
    take(&first);
    (void)kill(first.server, SIGKILL);
    struct pollfd gone = {.fd = first.control_fd};
    cr_assert_eq(poll(&gone, 1, 5000), 1);
    give_back(&first, true);
    take(&second);
    cr_expect_neq(first.server, second.server);
    give_back(&second, true);
    end();
}

Test(lease, there_is_one_holder_at_a_time, .timeout = 300,
     .description = "Eight processes; each finds nobody else within")
{
    enum { HOLDERS = 8, TURNS = 5 };

    begin(OBEDIENT);
    char *mark = xformat("%s/mark", directory);
    for (int i = 0; i < HOLDERS; i++) {
        if (fork() != 0)
            continue;
        for (int turn = 0; turn < TURNS; turn++) {
            struct lease lease;
            take(&lease);
            int fd = open(mark, O_CREAT | O_EXCL | O_CLOEXEC, 0600);
            (void)poll(NULL, 0, 2);
            if (fd < 0 || unlink(mark) < 0)
                _exit(1);
            (void)close(fd);
            give_back(&lease, turn % 3 != 2);
        }
        _exit(0);
    }
    for (int i = 0; i < HOLDERS; i++) {
        int status;
        pid_t pid = wait(&status);
        cr_expect_neq(pid, serving);
        cr_expect_eq(status, 0, "a holder was not alone");
    }
    free(mark);
    end();
}

Test(lease, nobody_waits_for_another_kind, .timeout = 300,
     .description = "Of all but memcheck there are as many as are wanted")
{
    struct lease memcheck, first, second, third;

    begin(OBEDIENT);
    take(&memcheck);
    take_any(&first, "open,close");
    take_any(&second, "open,close");
    cr_expect_neq(first.server, second.server);
    cr_expect_neq(first.server, memcheck.server);
    give_back(&first, true);
    take_any(&third, "open,close");
    cr_expect_eq(third.server, first.server, "the free one was not lent");
    give_back(&memcheck, true);
    give_back(&second, true);
    give_back(&third, true);
    end();
}

Test(lease, each_gets_what_it_asked_for, .timeout = 300)
{
    struct lease first, second, third;

    begin(OBEDIENT);
    take_any(&first, "open");
    give_back(&first, true);
    take_any(&second, "open,close");
    cr_expect_neq(second.server, first.server);
    give_back(&second, false);
    take_any(&third, "open,close");
    cr_expect_neq(third.server, second.server, "it had not been swept");
    give_back(&third, true);
    end();
}

Test(lease, only_the_first_finds_it_fresh, .timeout = 300)
{
    struct lent lent;

    begin(OBEDIENT);
    for (int turn = 0; turn < 3; turn++) {
        int connection = lending_take(path, "open", &lent);
        cr_assert_geq(connection, 0);
        cr_expect_eq(lent.fresh, turn == 0);
        (void)close(lent.control_fd);
        (void)close(lent.log_fd);
        cr_expect_eq(lending_return(connection, true), 0);
    }
    end();
}

Test(lease, waiting_process_that_died_costs_no_server, .timeout = 300)
{
    struct lease first, second;

    begin(OBEDIENT);
    take(&first);
    pid_t waiting = fork();
    if (waiting == 0) {
        take(&second); /* in vain */
        _exit(0);
    }
    (void)poll(NULL, 0, 50);
    (void)kill(waiting, SIGKILL);
    (void)waitpid(waiting, NULL, 0);
    give_back(&first, true);
    take(&second);
    cr_expect_eq(first.server, second.server);
    give_back(&second, true);
    end();
}

Test(lease, descriptors_are_close_on_exec, .timeout = 300)
{
    struct lease lease;
    struct stat status;

    begin(OBEDIENT);
    take(&lease);
    cr_expect(fcntl(lease.connection, F_GETFD) & FD_CLOEXEC);
    cr_expect(fcntl(lease.control_fd, F_GETFD) & FD_CLOEXEC);
    cr_expect(fcntl(lease.log_fd, F_GETFD) & FD_CLOEXEC);
    cr_assert_eq(stat(path, &status), 0);
    cr_expect_eq(status.st_mode & 0777, 0600, "others could connect");
    give_back(&lease, true);
    end();
}

Test(lease, log_of_the_last_holder_is_thrown_away, .timeout = 300,
     .description = "The next reads of its own run only")
{
    struct lease lease;
    char byte;

    begin(OBEDIENT);
    take(&lease); /* its answer shows that the banner was written */
    give_back(&lease, true);
    take(&lease);
    cr_expect_eq(recv(lease.log_fd, &byte, 1, MSG_DONTWAIT), -1);
    give_back(&lease, true);
    end();
}

Test(lease, server_that_fills_its_log_can_be_stopped, .timeout = 300)
{
    struct lease lease;
    struct lent lent;

    begin(FLOODING);
    lease.connection = lending_take(path, LENDING_MEMCHECK, &lent);
    cr_assert_geq(lease.connection, 0);
    lease.control_fd = lent.control_fd;
    lease.log_fd = lent.log_fd;
    give_back(&lease, false);
    end();
}

Test(lease, failure_to_start_is_told, .timeout = 300)
{
    struct lent lent;

    begin(REFUSING);
    cr_expect_eq(lending_take(path, LENDING_MEMCHECK, &lent), -1);
    cr_expect_eq(errno, ENOEXEC);
    end();
}

Test(lease, failure_to_start_is_not_for_ever, .timeout = 300)
{
    struct lent lent;
    struct lease lease;

    begin(LATE); /* fails at once and for the first holder */
    cr_expect_eq(lending_take(path, LENDING_MEMCHECK, &lent), -1);
    take(&lease);
    give_back(&lease, true);
    end();
}

Test(lease, end_of_life_ends_a_lease, .timeout = 300,
     .description = "The grader went away in the midst of a run")
{
    struct lease held;
    char byte;

    begin(STUBBORN);
    take(&held);
    end();
    while (recv(held.log_fd, &byte, 1, 0) > 0)
        continue; /* to the end of the log: nobody has it any more */
    cr_expect_eq(lending_return(held.connection, true), -1);
    (void)close(held.control_fd);
    (void)close(held.log_fd);
}

Test(lease, nobody_serves, .timeout = 300)
{
    struct lent lent;

    cr_expect_eq(lending_take("/nonexistent/lease", LENDING_MEMCHECK, &lent),
                 -1);
    cr_expect_eq(errno, ENOENT);
}
