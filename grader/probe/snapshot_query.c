// SPDX-License-Identifier: MIT
/* snapshot_query.c - what a snapshot, or two of them, can be asked. */
#include <string.h>

#include "base.h"
#include "snapshot.h"

const struct snapshot_fd *snapshot_fd(const struct snapshot_thread *thread,
                                      int fd)
{
    for (size_t i = 0; i < thread->fd_count; i++)
        if (thread->fds[i].fd == fd)
            return &thread->fds[i];
    return NULL;
}

const struct snapshot_thread *snapshot_process(const struct snapshot *snapshot,
                                               pid_t pid)
{
    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->threads[i].pid == pid && snapshot->threads[i].tid == pid)
            return &snapshot->threads[i];
    return NULL;
}

bool snapshot_waits_for_child(const struct snapshot_thread *thread)
{
    return thread->state == 'D' &&
           list_holds("kernel_clone,_do_fork,do_fork", ',', thread->wchan);
}

/* Without the lock's own functions, which wchan leaves out. */
bool snapshot_waits_for_pipe(const struct snapshot_thread *thread)
{
    static const char places[] =
        "anon_pipe_read,anon_pipe_write,fifo_pipe_read,fifo_pipe_write,"
        "pipe_read,pipe_write,pipe_ioctl,pipe_release,pipe_fcntl,"
        "pipe_lock,pipe_double_lock,do_splice,do_tee,link_pipe,"
        "__do_sys_vmsplice,vmsplice_to_pipe,splice_pipe_to_pipe,"
        "splice_file_to_pipe,splice_to_socket,splice_from_pipe,"
        "__splice_from_pipe";

    return thread->state == 'D' && list_holds(places, ',', thread->wchan);
}

static bool is_unmoved(const struct snapshot_thread *a,
                       const struct snapshot_thread *b)
{
    return a->tid == b->tid && a->pid == b->pid && a->ppid == b->ppid &&
           a->start_time == b->start_time && a->state == b->state &&
           a->cpu_ticks == b->cpu_ticks && a->switches == b->switches &&
           a->forced_switches == b->forced_switches &&
           a->running == b->running && a->syscall == b->syscall &&
           memcmp(a->args, b->args, sizeof(a->args)) == 0;
}

bool snapshot_still(const struct snapshot *first, const struct snapshot *second)
{
    if (first->torn || second->torn || first->count != second->count)
        return false;
    for (size_t i = 0; i < first->count; i++)
        if (!is_unmoved(&first->threads[i], &second->threads[i]))
            return false;
    return true;
}

unsigned long snapshot_rss_kb(const struct snapshot *snapshot)
{
    unsigned long sum = 0;

    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->threads[i].pid == snapshot->threads[i].tid)
            sum += snapshot->threads[i].rss_kb;
    return sum;
}

unsigned long long snapshot_cpu_ticks(const struct snapshot *snapshot,
                                      pid_t session)
{
    unsigned long long sum = 0;

    for (size_t i = 0; i < snapshot->count; i++) {
        const struct snapshot_thread *thread = &snapshot->threads[i];
        if (thread->pid == thread->tid &&
            (session == 0 || thread->session == session))
            sum += thread->cpu_ticks + thread->reaped_ticks;
    }
    return sum;
}
