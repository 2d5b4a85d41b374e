// SPDX-License-Identifier: MIT
/*
 * test_snapshot.c - a snapshot holds what /proc says, recorded or live.
 */
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "proc_evidence.h"

Test(snapshot, process_is_read_whole,
     .description = "stat, status, syscall and exe of a process")
{
    struct snapshot snapshot;

    replay("own_write_end", &snapshot);
    cr_assert_eq(snapshot.count, 2);
    const struct snapshot_thread *child = thread_of(&snapshot, 3);
    cr_assert_eq(child->pid, 3);
    cr_assert_eq(child->ppid, FIRST);
    cr_assert_str_eq(child->name, "pipe");
    cr_assert_eq(child->state, 'S');
    cr_assert_gt(child->start_time, 0);
    cr_assert_gt(child->switches, 0);
    cr_assert(child->syscall_known && !child->running);
    cr_assert_eq(child->args[0], 3);
    cr_assert_str_eq(child->exe, PROGRAM);
    cr_assert_not(child->has_timers);
    cr_assert_gt(snapshot_rss_kb(&snapshot), 0);
    cr_assert_eq(snapshot_process(&snapshot, 3), child);
    cr_assert_null(snapshot_process(&snapshot, 4));
    snapshot_release(&snapshot);
}

Test(snapshot, descriptors_are_sorted_and_typed,
     .description = "number, access mode, target and type of descriptors")
{
    struct snapshot snapshot;

    replay("own_write_end", &snapshot);
    const struct snapshot_thread *child = thread_of(&snapshot, 3);
    cr_assert(child->fds_known);
    cr_assert_eq(child->fd_count, 5);
    for (size_t i = 0; i < child->fd_count; i++)
        cr_assert_eq(child->fds[i].fd, (int)i);
    cr_assert_str_eq(child->fds[3].target, child->fds[4].target);
    cr_assert_eq(child->fds[3].flags & O_ACCMODE, O_RDONLY);
    cr_assert_eq(child->fds[4].flags & O_ACCMODE, O_WRONLY);
    cr_assert_eq(child->fds[4].type, S_IFIFO);
    cr_assert_null(snapshot_fd(child, 5));
    snapshot_release(&snapshot);
}

Test(snapshot, fifo_is_known_by_its_type,
     .description = "an opened FIFO is a pipe with a path")
{
    struct snapshot snapshot;

    replay("fifo", &snapshot);
    const struct snapshot_fd *fd = snapshot_fd(thread_of(&snapshot, FIRST), 3);
    cr_assert_str_eq(fd->target, "/nil/f");
    cr_assert_eq(fd->type, S_IFIFO);
    cr_assert_eq(fd->flags & O_ACCMODE, O_RDWR);
    snapshot_release(&snapshot);
}

#if defined(__x86_64__) /* the recordings hold its system call numbers */
Test(snapshot, memory_of_poll_is_an_array,
     .description = "the descriptors that poll was given")
{
    struct snapshot snapshot;
    struct pollfd fds[2];

    replay("poll", &snapshot);
    const struct snapshot_thread *parent = thread_of(&snapshot, FIRST);
    cr_assert_eq(parent->syscall, SYS_poll);
    cr_assert_eq(parent->memory_size, sizeof(fds));
    memcpy(fds, parent->memory, sizeof(fds));
    cr_assert_eq(fds[0].fd, -1);
    cr_assert_eq(fds[1].fd, 5);
    cr_assert_eq(fds[1].events, POLLIN);
    snapshot_release(&snapshot);
}

Test(snapshot, restarted_poll_is_poll,
     .description = "a poll that went on after a signal is known again")
{
    struct snapshot snapshot;

    replay("restarted", &snapshot);
    const struct snapshot_thread *parent = thread_of(&snapshot, FIRST);
    cr_assert_eq(parent->syscall, SYS_poll);
    cr_assert_eq(parent->memory_size, sizeof(struct pollfd));
    cr_assert_eq((int)parent->args[2], -1);
    snapshot_release(&snapshot);
}

Test(snapshot, memory_of_select_is_three_sets,
     .description = "the sets that select was given, absent ones empty")
{
    struct snapshot snapshot;

    replay("select", &snapshot);
    const struct snapshot_thread *only = thread_of(&snapshot, FIRST);
    cr_assert_eq(only->syscall, SYS_pselect6);
    cr_assert_eq(only->memory_size, 3 * snapshot_set_size(4));
    cr_assert_eq(only->memory[0], 1 << 3);
    for (size_t i = 8; i < only->memory_size; i++)
        cr_assert_eq(only->memory[i], 0);
    snapshot_release(&snapshot);
}

Test(snapshot, memory_of_epoll_is_its_interest_list,
     .description = "what an epoll descriptor watches, in poll's terms")
{
    struct snapshot snapshot;
    struct pollfd fd;

    replay("epoll", &snapshot);
    const struct snapshot_thread *only = thread_of(&snapshot, FIRST);
    cr_assert_eq(only->memory_size, sizeof(fd));
    memcpy(&fd, only->memory, sizeof(fd));
    cr_assert_eq(fd.fd, 3);
    cr_assert(fd.events & POLLIN);
    snapshot_release(&snapshot);
}

Test(snapshot, path_of_open_is_read,
     .description = "the path that open was given")
{
    struct snapshot snapshot;

    replay("fifo_cross", &snapshot);
    cr_assert_str_eq(thread_of(&snapshot, FIRST)->path, "/nil/f");
    cr_assert_str_eq(thread_of(&snapshot, 3)->path, "/tmp/g");
    snapshot_release(&snapshot);
}
#endif

Test(snapshot, set_size_follows_select,
     .description = "sets are read in words of 64 descriptors")
{
    cr_assert_eq(snapshot_set_size(0), 0);
    cr_assert_eq(snapshot_set_size(1), 8);
    cr_assert_eq(snapshot_set_size(64), 8);
    cr_assert_eq(snapshot_set_size(65), 16);
}

Test(snapshot, threads_follow_their_leader,
     .description = "threads share the descriptors, not the call")
{
    struct snapshot snapshot;

    replay("threads", &snapshot);
    cr_assert_eq(snapshot.count, 2);
    const struct snapshot_thread *threads = snapshot.threads;
    cr_assert_eq(threads[0].tid, FIRST);
    cr_assert_eq(threads[1].pid, FIRST);
    cr_assert_eq(threads[1].tid, 3);
    cr_assert_eq(threads[0].fds, threads[1].fds);
    cr_assert_neq(threads[0].args[0], threads[1].args[0]);
    snapshot_release(&snapshot);
}

Test(snapshot, zombie_is_listed,
     .description = "a dead child has a state and nothing else")
{
    struct snapshot snapshot;

    replay("zombie", &snapshot);
    const struct snapshot_thread *child = thread_of(&snapshot, 3);
    cr_assert_eq(child->state, 'Z');
    cr_assert_eq(child->fd_count, 0);
    cr_assert_str_eq(child->exe, "");
    snapshot_release(&snapshot);
}

Test(snapshot, local_sockets_are_told_from_the_network,
     .description = "a socket that net/unix does not know is the network's")
{
    struct snapshot snapshot;

    replay("socket", &snapshot);
    const struct snapshot_thread *only = thread_of(&snapshot, FIRST);
    cr_assert_eq(snapshot_fd(only, 3)->type, S_IFSOCK);
    cr_assert_not(snapshot_fd(only, 3)->network);
    cr_assert(snapshot.network_quiet);
    snapshot_release(&snapshot);
}

Test(snapshot, copies_of_one_moment_are_still,
     .description = "nothing moved between a recording and itself; a switch, "
                    "a state, a birth is a move")
{
    struct snapshot a, b;

    replay("both_write", &a);
    replay("both_write", &b);
    cr_assert(snapshot_still(&a, &b));
    b.threads[1].switches++;
    cr_assert_not(snapshot_still(&a, &b));
    b.threads[1].switches--;
    b.threads[0].forced_switches++;
    cr_assert_not(snapshot_still(&a, &b));
    b.threads[0].forced_switches--;
    b.threads[0].state = 'R';
    cr_assert_not(snapshot_still(&a, &b));
    b.threads[0].state = 'S';
    b.count--;
    cr_assert_not(snapshot_still(&a, &b));
    b.count++;
    snapshot_release(&a);
    snapshot_release(&b);
}

Test(snapshot, missing_directory_is_an_error,
     .description = "-1 with errno where there is no /proc")
{
    struct snapshot snapshot;

    cr_assert_eq(snapshot_take(&snapshot, -1, 1, false), -1);
    cr_assert_eq(snapshot.count, 0);
    snapshot_release(&snapshot);
}

/* ---- Live -------------------------------------------------------------- */

static void family(void)
{
    if (fork() == 0 && fork() == 0)
        (void)pause();
    (void)pause();
}

static void fork_for_ever(void)
{
    for (;;) {
        if (fork() == 0)
            _exit(0);
        (void)waitpid(-1, NULL, 0);
    }
}

Test(snapshot, only_descendants_are_listed, .timeout = 300,
     .description = "children and grandchildren, not the rest of the host")
{
    struct snapshot snapshot;
    pid_t pid = start(family, -1);

    for (int i = 0; i < 1000; i++) {
        look(&snapshot);
        if (snapshot.count == 3)
            break;
        snapshot_release(&snapshot);
        (void)usleep(5000);
    }
    cr_assert_eq(snapshot.count, 3);
    cr_assert_eq(thread_of(&snapshot, pid)->ppid, getpid());
    cr_assert_null(snapshot_process(&snapshot, getpid()));
    snapshot_release(&snapshot);
    stop(pid);
    look(&snapshot);
    cr_assert_eq(snapshot.count, 0);
    snapshot_release(&snapshot);
}

Test(snapshot, vanishing_processes_are_left_out, .timeout = 300,
     .description = "what ends while it is read does no harm")
{
    struct snapshot snapshot;
    pid_t pid = start(fork_for_ever, -1);

    for (int i = 0; i < 100; i++) {
        look(&snapshot);
        for (size_t j = 0; j < snapshot.count; j++)
            cr_assert(strchr("RSDTtZX", snapshot.threads[j].state));
        snapshot_release(&snapshot);
    }
    stop(pid);
}
