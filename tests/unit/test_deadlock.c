// SPDX-License-Identifier: MIT
/*
 * test_deadlock.c - a deadlock is proved where there is one, and no doubt is
 * ever taken for a proof: each rule of deadlock.c is broken here once.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>

#include "proc_evidence.h"
#include "trace.h"

/* Two looks at the same recording, and a trace in which nothing happened. */
struct scene {
    struct snapshot first, second;
    struct trace trace;
    struct trace_event events[4];
    struct trace_process processes[4];
};

static void scene_init(struct scene *scene, const char *name)
{
    *scene = (struct scene){0};
    replay(name, &scene->first);
    replay(name, &scene->second);
    scene->trace.events = scene->events;
    scene->trace.processes = scene->processes;
}

static void scene_release(struct scene *scene)
{
    snapshot_release(&scene->first);
    snapshot_release(&scene->second);
}

static bool is_proved(const struct scene *scene)
{
    return deadlock_proved(&scene->first, &scene->second, &scene->trace, NULL,
                           0);
}

static void add_call(struct scene *scene, const char *name, const char *args,
                     long result)
{
    struct trace_event *event = &scene->events[scene->trace.event_count];

    *event = (struct trace_event){.kind = TRACE_CALL,
                                  .name = name,
                                  .args = args,
                                  .finished = true,
                                  .result = result,
                                  .begun = scene->trace.event_count,
                                  .ended = scene->trace.event_count};
    scene->trace.event_count++;
}

/* ---- Recorded ---------------------------------------------------------- */

#if defined(__x86_64__) /* the recordings hold its system call numbers */

Test(
    deadlock, recorded_hangs_are_proved,
    .description = "pipes, FIFOs, poll, select, epoll, mutexes, sockets, vfork")
{
    static const char *const names[] = {
        "own_write_end", "parent_holds", "both_write", "fifo_cross",
        "fifo",          "poll",         "select",     "epoll",
        "threads",       "sock_itself",  "vfork",      "stdin",
    };

    for (size_t i = 0; i < LENGTH(names); i++) {
        struct scene scene;
        scene_init(&scene, names[i]);
        cr_assert(is_proved(&scene), "%s", names[i]);
        scene_release(&scene);
    }
}

Test(deadlock, time_limit_refutes,
     .description = "poll with a time limit goes on by itself")
{
    struct scene scene;

    scene_init(&scene, "timed");
    cr_assert_not(is_proved(&scene));
    scene_release(&scene);
}

Test(deadlock, any_move_refutes,
     .description = "a thread that ran between the two looks is alive")
{
    struct scene scene;

    scene_init(&scene, "both_write");
    scene.second.threads[1].switches++;
    cr_assert_not(is_proved(&scene));
    scene_release(&scene);
}

Test(deadlock, tester_refutes_unless_idle,
     .description = "what the test holds may wake the program, unless it has "
                    "promised to be idle")
{
    struct scene scene;
    struct tester_end held = {.idle = false};

    scene_init(&scene, "stdin");
    memcpy(held.target, snapshot_fd(thread_of(&scene.first, FIRST), 0)->target,
           sizeof(held.target));
    cr_assert_not(
        deadlock_proved(&scene.first, &scene.second, &scene.trace, &held, 1));
    held.idle = true;
    cr_assert(
        deadlock_proved(&scene.first, &scene.second, &scene.trace, &held, 1));
    scene_release(&scene);
}

/* One scene whose two snapshots are spoilt alike. */
static void assert_refutes(void (*spoil)(struct snapshot_thread *))
{
    struct scene scene;

    scene_init(&scene, "own_write_end");
    cr_assert(is_proved(&scene));
    spoil(thread_of(&scene.first, 3));
    cr_assert_not(is_proved(&scene), "it was in the first alone");
    spoil(thread_of(&scene.second, 3));
    cr_assert_not(is_proved(&scene), "it was in both");
    scene_release(&scene);
}

static void be_running(struct snapshot_thread *thread)
{
    thread->running = true;
}

static void be_unreadable(struct snapshot_thread *thread)
{
    thread->syscall_known = false;
}

static void be_outside(struct snapshot_thread *thread)
{
    thread->syscall = -1;
}

static void have_timers(struct snapshot_thread *thread)
{
    thread->has_timers = true;
}

static void have_pending(struct snapshot_thread *thread)
{
    thread->pending = 1;
    thread->blocked = 2;
}

static void have_hidden_fds(struct snapshot_thread *thread)
{
    thread->fds_known = false;
}

static void have_armed_timer(struct snapshot_thread *thread)
{
    thread->fds[0].armed = true;
}

static void have_perf(struct snapshot_thread *thread)
{
    strncpy(thread->fds[0].target, "anon_inode:[perf_event]", 95);
}

static void wait_for_terminal(struct snapshot_thread *thread)
{
    thread->fds[3].type = S_IFCHR;
}

static void be_in_device(struct snapshot_thread *thread)
{
    thread->state = 'D';
}

static void be_a_dead_thread(struct snapshot_thread *thread)
{
    thread->state = 'Z';
    thread->pid = FIRST;
    free(thread->fds); /* they would be its leader's */
    thread->fds = NULL;
    thread->fd_count = 0;
}

Test(deadlock, doubts_refute,
     .description = "running, unreadable, timers, signals, devices, the kernel")
{
    void (*const spoils[])(struct snapshot_thread *) = {
        be_running,        be_unreadable,   be_outside,       have_timers,
        have_pending,      have_hidden_fds, have_armed_timer, have_perf,
        wait_for_terminal, be_in_device,    be_a_dead_thread,
    };

    for (size_t i = 0; i < LENGTH(spoils); i++)
        assert_refutes(spoils[i]);
}

static void have_blocked_signal(struct snapshot_thread *thread)
{
    thread->pending = thread->blocked = 2;
}

Test(deadlock, blocked_signal_wakes_nobody,
     .description = "a pending signal that is blocked is no way out")
{
    struct scene scene;

    scene_init(&scene, "own_write_end");
    have_blocked_signal(thread_of(&scene.first, 3));
    have_blocked_signal(thread_of(&scene.second, 3));
    cr_assert(is_proved(&scene));
    scene_release(&scene);
}

Test(deadlock, packets_under_way_refute,
     .description = "while the kernel moves packets nobody is lost")
{
    struct scene scene;

    scene_init(&scene, "sock_itself");
    scene.first.network_quiet = false;
    cr_assert_not(is_proved(&scene));
    scene_release(&scene);
}

Test(deadlock, timer_in_trace_refutes,
     .description = "alarm does not show in /proc, but in the trace")
{
    struct scene scene;

    scene_init(&scene, "own_write_end");
    add_call(&scene, "alarm", "5", 0);
    cr_assert_not(is_proved(&scene));
    scene_release(&scene);
}

Test(deadlock, dead_child_must_be_known_to_its_parent,
     .description = "a child whose end is not logged may yet wake its parent")
{
    struct scene scene;

    scene_init(&scene, "zombie");
    scene.processes[0] = (struct trace_process){.host_pid = 100, .parent = -1};
    scene.processes[1] = (struct trace_process){.host_pid = 101};
    scene.trace.process_count = 2;
    add_call(&scene, "clone", "", 3);
    cr_assert_not(is_proved(&scene));
    scene.processes[1].ended = true;
    cr_assert(is_proved(&scene));
    add_call(&scene, "clone", "", 4); /* one more, whose end is missing */
    cr_assert_not(is_proved(&scene));
    scene_release(&scene);
}

Test(deadlock, who_vanishes_while_read_is_not_overlooked,
     .description = "a parent seen waiting for a child that was gone when its "
                    "turn came is about to be woken")
{
    struct scene scene;

    scene_init(&scene, "own_write_end");
    cr_assert(is_proved(&scene));
    scene.second.torn = true;
    cr_assert_not(is_proved(&scene));
    scene_release(&scene);
}

Test(deadlock, other_programs_ends_are_no_child_s,
     .description = "in a shared world the logged end of one program says "
                    "nothing of another's child")
{
    struct scene scene;

    scene_init(&scene, "zombie");
    scene.processes[0] = (struct trace_process){.host_pid = 100, .parent = -1};
    scene.processes[1] = (struct trace_process){.host_pid = 101};
    scene.processes[2] =
        (struct trace_process){.host_pid = 102, .parent = -1, .ended = true};
    scene.trace.process_count = 3;
    add_call(&scene, "clone", "", 3);
    cr_assert_not(is_proved(&scene));
    scene.processes[1].ended = true;
    cr_assert(is_proved(&scene));
    scene_release(&scene);
}

/* The child of own_write_end, had it been stopped. */
static void be_stopped(struct snapshot_thread *thread)
{
    thread->state = 't';
}

Test(deadlock, stop_must_be_logged,
     .description = "t is a stop only if strace says so, and until SIGCONT")
{
    struct scene scene;

    scene_init(&scene, "own_write_end");
    be_stopped(thread_of(&scene.first, 3));
    be_stopped(thread_of(&scene.second, 3));
    cr_assert_not(is_proved(&scene));
    scene.processes[0] =
        (struct trace_process){.host_pid = 101, .stopped = true};
    scene.trace.process_count = 1;
    add_call(&scene, "", "SIGSTOP", 0);
    scene.events[0].kind = TRACE_STOPPED;
    cr_assert(is_proved(&scene));
    add_call(&scene, "kill", "3, SIGCONT", 0);
    cr_assert_not(is_proved(&scene));
    scene_release(&scene);
}

#endif

Test(deadlock, nobody_left_is_no_deadlock,
     .description = "an empty list, or one of dead processes, is an end")
{
    struct scene scene;

    scene_init(&scene, "zombie");
    scene.first.threads[0].state = scene.second.threads[0].state = 'Z';
    cr_assert_not(is_proved(&scene));
    size_t first = scene.first.count, second = scene.second.count;
    scene.first.count = scene.second.count = 0;
    cr_assert_not(is_proved(&scene));
    scene.first.count = first;
    scene.second.count = second;
    scene_release(&scene);
}

/* ---- Live -------------------------------------------------------------- */

/* Whether the children of this process are proved dead within MS. */
static bool proved_within(int ms, const struct tester_end *held, size_t count)
{
    struct trace trace = {0};
    int64_t deadline = now_ms() + ms;
    bool proved = false;

    while (!proved && now_ms() < deadline) {
        struct snapshot first, second;
        look(&first);
        look(&second);
        proved = deadlock_proved(&first, &second, &trace, held, count);
        snapshot_release(&first);
        snapshot_release(&second);
        (void)usleep(500);
    }
    return proved;
}

static void make_pipe(int ends[2])
{
    if (pipe(ends) < 0)
        _exit(1);
}

static void wait_for_bytes(int fd)
{
    char byte;

    while (read(fd, &byte, 1) == 1)
        ;
}

static void dead_reader(void)
{
    int ends[2];

    make_pipe(ends);
    if (fork() == 0)
        wait_for_bytes(ends[0]);
    (void)close(ends[0]);
    (void)close(ends[1]);
    (void)wait(NULL);
}

static void dead_poller(void)
{
    int ends[2];

    make_pipe(ends);
    struct pollfd fd = {ends[0], POLLIN, 0};
    (void)poll(&fd, 1, -1);
}

static void dead_socket(void)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0)
        wait_for_bytes(ends[0]);
}

static void dead_signal(void)
{
    (void)pause();
}

static void dead_stopped(void)
{
    (void)raise(SIGSTOP);
}

static void read_input(void)
{
    wait_for_bytes(0);
    (void)pause();
}

static void poll_input(void)
{
    struct pollfd fd = {0, POLLIN, 0};

    (void)poll(&fd, 1, -1);
    (void)pause();
}

static void live_busy(void)
{
    for (volatile int i = 0;; i++)
        ;
}

static void live_sleep(void)
{
    (void)sleep(100);
}

static void live_poll(void)
{
    int ends[2];

    make_pipe(ends);
    struct pollfd fd = {ends[0], POLLIN, 0};
    for (;;)
        (void)poll(&fd, 1, 1000);
}

static void live_timerfd(void)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    const struct itimerspec soon = {{100, 0}, {100, 0}};

    (void)timerfd_settime(fd, 0, &soon, NULL);
    wait_for_bytes(fd);
}

static void live_timer(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGUSR1};
    timer_t timer;

    (void)timer_create(CLOCK_MONOTONIC, &event, &timer);
    (void)pause();
}

static void live_worker(void)
{
    int ends[2];

    make_pipe(ends);
    if (fork() != 0)
        wait_for_bytes(ends[0]);
    live_busy();
}

static void live_exchange(void)
{
    int there[2], back[2];

    make_pipe(there);
    make_pipe(back);
    int child = fork() == 0;
    int from = child ? there[0] : back[0], to = child ? back[1] : there[1];
    char byte = 0;
    while (child ? read(from, &byte, 1) == 1 && write(to, &byte, 1) == 1
                 : write(to, &byte, 1) == 1 && read(from, &byte, 1) == 1)
        ;
}

static void live_forks(void)
{
    for (;;) {
        if (fork() == 0)
            _exit(0);
        (void)wait(NULL);
    }
}

Test(deadlock, real_hangs_are_proved, .timeout = 600,
     .description = "processes that really hang")
{
    void (*const programs[])(void) = {dead_reader, dead_poller, dead_socket,
                                      dead_signal, dead_stopped};

    for (size_t i = 0; i < LENGTH(programs); i++) {
        pid_t pid = start(programs[i], -1);
        bool proved = proved_within(60000, NULL, 0);
        stop(pid);
        cr_assert(proved, "program %zu", i);
    }
}

Test(deadlock, live_programs_are_never_called_dead, .timeout = 600,
     .description = "busy, sleeping, waiting for a clock or for each other")
{
    void (*const programs[])(void) = {
        live_busy,  live_sleep,  live_poll,     live_timerfd,
        live_timer, live_worker, live_exchange, live_forks,
    };

    for (size_t i = 0; i < LENGTH(programs); i++) {
        pid_t pid = start(programs[i], -1);
        (void)usleep(20000); /* a start that waits is no hang either */
        bool proved = proved_within(200, NULL, 0);
        stop(pid);
        cr_assert_not(proved, "program %zu", i);
    }
}

Test(deadlock, waiting_for_the_tester_is_alive, .timeout = 600,
     .description = "what reads or polls the test's pipe is alive, unless the "
                    "test has promised to be idle")
{
    void (*const programs[])(void) = {read_input, poll_input};

    for (size_t i = 0; i < LENGTH(programs); i++) {
        int ends[2];
        cr_assert(pipe2(ends, O_CLOEXEC) == 0);
        struct tester_end held = {.idle = false};
        struct stat status;
        cr_assert(fstat(ends[1], &status) == 0);
        (void)snprintf(held.target, sizeof(held.target), "pipe:[%lu]",
                       (unsigned long)status.st_ino);
        pid_t pid = start(programs[i], ends[0]);
        cr_assert_not(proved_within(200, &held, 1));
        held.idle = true;
        cr_assert(proved_within(60000, &held, 1));
        stop(pid);
        (void)close(ends[0]);
        (void)close(ends[1]);
    }
}
