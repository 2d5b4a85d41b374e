// SPDX-License-Identifier: MIT
/*
 * autopsy.c - finds, for each sleeping thread, what it waits for.
 *
 * One function for each form of waiting (blocking.h) makes the waits of a
 * thread; autopsy_holders.c knows who could end them.
 */
#include "autopsy.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "autopsy_private.h"
#include "base.h"
#include "blocking.h"

typedef void wait_fn(const struct autopsy_scene *scene,
                     const struct snapshot_thread *thread,
                     const struct blocking_call *call);

/* ---- Waits ------------------------------------------------------------- */

/* Valid until the next one is added. */
static struct autopsy_wait *add_wait(const struct autopsy_scene *scene,
                                     const struct snapshot_thread *thread,
                                     const struct blocking_call *call,
                                     enum autopsy_object object)
{
    struct autopsy *autopsy = scene->autopsy;
    struct autopsy_wait *wait =
        grow(&autopsy->waits, &autopsy->count, sizeof(*wait));
    const struct snapshot_thread *leader =
        snapshot_process(scene->snapshot, thread->pid);

    wait->pid = thread->pid;
    wait->tid = thread->tid;
    autopsy_name(scene, thread->pid, wait->name);
    wait->first = thread->pid == scene->first_pid;
    wait->own_code = autopsy_is_own_code(scene, leader ? leader : thread);
    wait->call = call->name;
    wait->reads = call->reads;
    wait->timed = blocking_is_timed(call, thread->args);
    wait->fd = -1;
    wait->object = object;
    return wait;
}

static enum autopsy_object object_of(const struct snapshot_fd *fd)
{
    if (fd->type == S_IFIFO)
        return fd->target[0] == '/' ? OBJECT_FIFO : OBJECT_PIPE;
    if (fd->type == S_IFSOCK)
        return OBJECT_SOCKET;
    if (strcmp(fd->target, "anon_inode:[signalfd]") == 0)
        return OBJECT_SIGNAL;
    return OBJECT_NONE;
}

static struct autopsy_wait *add_fd(const struct autopsy_scene *scene,
                                   const struct snapshot_thread *thread,
                                   const struct blocking_call *call, int n,
                                   bool reads)
{
    const struct snapshot_fd *fd = snapshot_fd(thread, n);
    enum autopsy_object object = fd ? object_of(fd) : OBJECT_NONE;

    if (fd && snapshot_queue(scene->snapshot, fd))
        object = OBJECT_POSIX_QUEUE;
    struct autopsy_wait *wait = add_wait(scene, thread, call, object);
    wait->fd = n;
    wait->reads = reads;
    if (fd == NULL)
        return wait;
    memcpy(wait->object_name, fd->target, sizeof(wait->object_name));
    if (object == OBJECT_SOCKET)
        autopsy_add_peers(scene, wait, fd);
    autopsy_set_label(scene->autopsy, wait);
    if (fd->type == S_IFIFO)
        autopsy_add_other_ends(scene, wait, fd);
    else
        autopsy_add_tester(scene, wait);
    return wait;
}

static void wait_fd(const struct autopsy_scene *scene,
                    const struct snapshot_thread *thread,
                    const struct blocking_call *call)
{
    struct autopsy_wait *wait =
        add_fd(scene, thread, call, (int)thread->args[call->arg], call->reads);

    if (strcmp(call->name, "read") == 0 || strcmp(call->name, "write") == 0)
        wait->count = thread->args[2];
}

/* Which side of splice(2) sleeps can be told by the kernel function alone. */
static void wait_transfer(const struct autopsy_scene *scene,
                          const struct snapshot_thread *thread,
                          const struct blocking_call *call)
{
    const struct snapshot_fd *from =
        snapshot_fd(thread, (int)thread->args[call->arg]);
    bool to_file = strstr(thread->wchan, "read") != NULL;
    bool from_file = strstr(thread->wchan, "writ") != NULL ||
                     strstr(thread->wchan, "send") != NULL ||
                     strstr(thread->wchan, "wait_memory") != NULL ||
                     (from && object_of(from) == OBJECT_NONE);

    if (!from_file)
        add_fd(scene, thread, call, (int)thread->args[call->arg], true);
    if (!to_file)
        add_fd(scene, thread, call, (int)thread->args[call->to_arg], false);
}

static void wait_poll(const struct autopsy_scene *scene,
                      const struct snapshot_thread *thread,
                      const struct blocking_call *call)
{
    size_t count = thread->memory_size / sizeof(struct pollfd);
    size_t before = scene->autopsy->count;

    for (size_t i = 0; i < count; i++) {
        struct pollfd fd;
        memcpy(&fd, thread->memory + i * sizeof(fd), sizeof(fd));
        if (fd.fd < 0)
            continue;
        if ((fd.events & POLLOUT) == 0 || (fd.events & POLLIN))
            add_fd(scene, thread, call, fd.fd, true);
        if (fd.events & POLLOUT)
            add_fd(scene, thread, call, fd.fd, false);
    }
    if (scene->autopsy->count == before)
        add_wait(scene, thread, call, OBJECT_NONE);
}

static void wait_select(const struct autopsy_scene *scene,
                        const struct snapshot_thread *thread,
                        const struct blocking_call *call)
{
    size_t size = thread->memory_size / 3;
    size_t before = scene->autopsy->count;

    for (size_t fd = 0; fd < 8 * size && fd < thread->args[0]; fd++) {
        const uint8_t *byte = &thread->memory[fd / 8];
        if (byte[0] >> fd % 8 & 1)
            add_fd(scene, thread, call, (int)fd, true);
        if (byte[size] >> fd % 8 & 1)
            add_fd(scene, thread, call, (int)fd, false);
    }
    if (scene->autopsy->count == before)
        add_wait(scene, thread, call, OBJECT_NONE);
}

/* The flags follow the path; if the other side were open, the call would not
 * wait, so nobody holds it. */
static void wait_open(const struct autopsy_scene *scene,
                      const struct snapshot_thread *thread,
                      const struct blocking_call *call)
{
    struct autopsy_wait *wait = add_wait(scene, thread, call, OBJECT_FIFO);

    wait->reads = (thread->args[call->arg + 1] & O_ACCMODE) == O_RDONLY;
    (void)snprintf(wait->object_name, sizeof(wait->object_name), "%.95s",
                   thread->path);
    autopsy_set_label(scene->autopsy, wait);
}

static void wait_child(const struct autopsy_scene *scene,
                       const struct snapshot_thread *thread,
                       const struct blocking_call *call)
{
    struct autopsy_wait *wait = add_wait(scene, thread, call, OBJECT_CHILD);
    pid_t pid = -1;

    if (call->form == FORM_CHILD ||
        (call->form == FORM_CHILD_ID && thread->args[0] == P_PID))
        pid = (pid_t)thread->args[call->arg];
    autopsy_add_children(scene, wait, pid);
}

/* What semaphore NUM would be after the first COUNT changes of THREAD's. */
static int value_after(const struct snapshot_thread *thread, size_t count,
                       const struct snapshot_semaphore *semaphore)
{
    int value = semaphore->value;
    struct sembuf change;

    for (size_t i = 0; i < count; i++) {
        memcpy(&change, thread->memory + i * sizeof(change), sizeof(change));
        value += change.sem_num == semaphore->num ? change.sem_op : 0;
    }
    return value;
}

/* The kernel makes the changes in their order, and undoes them all at the first
 * that it cannot make: semop(2). */
static void find_obstacle(const struct autopsy_scene *scene,
                          const struct snapshot_thread *thread,
                          struct autopsy_semaphore *found)
{
    struct sembuf change;
    int id = (int)thread->args[0];

    found->changes = thread->memory_size / sizeof(change);
    for (size_t i = 0; i < found->changes && !found->known; i++) {
        memcpy(&change, thread->memory + i * sizeof(change), sizeof(change));
        const struct snapshot_semaphore *semaphore =
            snapshot_semaphore(scene->snapshot, id, change.sem_num);
        if (semaphore == NULL)
            return;
        int value = value_after(thread, i, semaphore);
        found->known =
            change.sem_op == 0 ? value != 0 : value + change.sem_op < 0;
        found->id = id;
        found->num = change.sem_num;
        found->change = change.sem_op;
        found->value = value;
        found->changed_by = semaphore->changed_by;
        found->fresh = semaphore->fresh;
    }
    const struct snapshot_thread *changer =
        snapshot_process(scene->snapshot, found->changed_by);
    found->changer_lives = changer && changer->state != 'Z';
}

static void wait_semaphore(const struct autopsy_scene *scene,
                           const struct snapshot_thread *thread,
                           const struct blocking_call *call)
{
    struct autopsy_wait *wait = add_wait(scene, thread, call, OBJECT_SEMAPHORE);

    (void)snprintf(wait->object_name, sizeof(wait->object_name),
                   "semaphore set %d", (int)thread->args[0]);
    find_obstacle(scene, thread, &wait->semaphore);
    if (!wait->semaphore.known)
        return;
    (void)snprintf(wait->object_name, sizeof(wait->object_name),
                   "semaphore %d of set %d", wait->semaphore.num,
                   wait->semaphore.id);
    autopsy_add_changer(scene, wait);
}

static void wait_queue(const struct autopsy_scene *scene,
                       const struct snapshot_thread *thread,
                       const struct blocking_call *call)
{
    struct autopsy_wait *wait =
        add_wait(scene, thread, call, OBJECT_SYSV_QUEUE);

    (void)snprintf(wait->object_name, sizeof(wait->object_name),
                   "message queue %d", (int)thread->args[0]);
}

static void wait_on_file(const struct autopsy_scene *scene,
                         const struct snapshot_thread *thread,
                         const struct blocking_call *call)
{
    bool lock = call->form == FORM_FCNTL || call->form == FORM_FLOCK;
    struct autopsy_wait *wait =
        add_fd(scene, thread, call, (int)thread->args[call->arg], call->reads);

    wait->object = lock ? OBJECT_LOCK : OBJECT_POSIX_QUEUE;
    if (lock)
        autopsy_add_lockers(scene, wait);
}

static void wait_plain(const struct autopsy_scene *scene,
                       const struct snapshot_thread *thread,
                       const struct blocking_call *call)
{
    enum autopsy_object object = call->form == FORM_SIGNAL  ? OBJECT_SIGNAL
                                 : call->form == FORM_FUTEX ? OBJECT_FUTEX
                                                            : OBJECT_NONE;

    add_wait(scene, thread, call, object);
}

static wait_fn *const waits[FORM_COUNT] = {
    [FORM_FD] = wait_fd,
    [FORM_TRANSFER] = wait_transfer,
    [FORM_POLL] = wait_poll,
    [FORM_SELECT] = wait_select,
    [FORM_EPOLL] = wait_poll,
    [FORM_OPEN] = wait_open,
    [FORM_CHILD] = wait_child,
    [FORM_CHILD_ID] = wait_child,
    [FORM_VFORK] = wait_child,
    [FORM_SIGNAL] = wait_plain,
    [FORM_FUTEX] = wait_plain,
    [FORM_SEMAPHORE] = wait_semaphore,
    [FORM_SYSV_QUEUE] = wait_queue,
    [FORM_POSIX_QUEUE] = wait_on_file,
    [FORM_FCNTL] = wait_on_file,
    [FORM_FLOCK] = wait_on_file,
    [FORM_SLEEP] = wait_plain,
};

/* ---- The whole --------------------------------------------------------- */

static void examine(const struct autopsy_scene *scene,
                    const struct snapshot_thread *thread)
{
    const struct blocking_call *call =
        thread->syscall_known ? blocking_find(thread->syscall) : NULL;

    if (call == NULL || thread->running)
        return;
    size_t before = scene->autopsy->count;
    /* vfork(2) is the one known sleep that no signal ends. */
    if (thread->state == (call->form == FORM_VFORK ? 'D' : 'S'))
        waits[call->form](scene, thread, call);
    for (size_t i = before; i < scene->autopsy->count; i++)
        autopsy_set_signals(scene, &scene->autopsy->waits[i], thread);
}

static bool is_blocked(const struct autopsy *autopsy, pid_t pid)
{
    for (size_t i = 0; i < autopsy->count; i++)
        if (autopsy->waits[i].pid == pid)
            return true;
    return false;
}

static int compare_holders(const void *a, const void *b)
{
    const struct autopsy_holder *x = a, *y = b;

    if (x->who != y->who)
        return x->who < y->who ? -1 : 1;
    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    return (x->fd > y->fd) - (x->fd < y->fd);
}

static void finish_holders(const struct autopsy_scene *scene)
{
    const struct autopsy *autopsy = scene->autopsy;

    for (size_t i = 0; i < autopsy->count; i++) {
        struct autopsy_wait *wait = &autopsy->waits[i];
        for (size_t j = 0; j < wait->holder_count; j++) {
            struct autopsy_holder *holder = &wait->holders[j];
            const struct snapshot_thread *process =
                snapshot_process(scene->snapshot, holder->pid);
            holder->blocked = is_blocked(autopsy, holder->pid);
            holder->stopped = process && autopsy_is_stopped(scene, process);
        }
        if (wait->holder_count > 1)
            qsort(wait->holders, wait->holder_count, sizeof(*wait->holders),
                  compare_holders);
    }
}

struct autopsy *autopsy_new(const struct snapshot *snapshot, pid_t first_pid,
                            const char *program, const struct tester_end *held,
                            size_t held_count, const struct trace *trace)
{
    struct autopsy *autopsy = xcalloc(1, sizeof(*autopsy));
    struct autopsy_scene scene = {snapshot,   first_pid, program, held,
                                  held_count, trace,     autopsy};

    for (int first = 1; first >= 0; first--)
        for (size_t i = 0; i < snapshot->count; i++)
            if ((snapshot->threads[i].pid == first_pid) == first)
                examine(&scene, &snapshot->threads[i]);
    finish_holders(&scene);
    autopsy_write(&scene);
    return autopsy;
}

void autopsy_free(struct autopsy *autopsy)
{
    if (autopsy == NULL)
        return;
    for (size_t i = 0; i < autopsy->count; i++)
        free(autopsy->waits[i].holders);
    for (size_t i = 0; i < autopsy->line_count; i++)
        free(autopsy->lines[i]);
    free(autopsy->unread);
    free(autopsy->waits);
    free(autopsy->lines);
    free(autopsy);
}

const struct autopsy_holder *autopsy_holder(const struct autopsy_wait *wait,
                                            enum autopsy_who who)
{
    for (size_t i = 0; i < wait->holder_count; i++)
        if (wait->holders[i].who == who)
            return &wait->holders[i];
    return NULL;
}
