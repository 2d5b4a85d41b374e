// SPDX-License-Identifier: MIT
/*
 * autopsy.c - finds, for each sleeping thread, what it waits for and who could
 * end that.
 *
 * One function for each form of waiting (blocking.h) makes the waits of a
 * thread; one for pipes and one for children finds the holders.  Objects that
 * processes share without descriptors, and the peers of sockets, have none yet.
 */
#include "autopsy.h"

#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "autopsy_private.h"
#include "base.h"
#include "blocking.h"

typedef void wait_fn(const struct autopsy_scene *scene,
                     const struct snapshot_thread *thread,
                     const struct blocking_call *call);

/* ---- Names ------------------------------------------------------------- */

/* A zombie's exe cannot be read: its name must do. */
static bool is_own_code(const struct autopsy_scene *scene,
                        const struct snapshot_thread *process)
{
    const char *slash = strrchr(scene->program, '/');
    const char *base = slash ? slash + 1 : scene->program;

    if (process->exe[0] != '\0')
        return strcmp(process->exe, scene->program) == 0;
    return strncmp(process->name, base, sizeof(process->name) - 2) == 0;
}

static bool has_children(const struct snapshot *snapshot, pid_t pid)
{
    for (size_t i = 0; i < snapshot->count; i++)
        if (snapshot->threads[i].ppid == pid)
            return true;
    return false;
}

void autopsy_name(const struct autopsy_scene *scene, pid_t pid, char *name)
{
    const struct snapshot_thread *process =
        snapshot_process(scene->snapshot, pid);
    const char *word = "child";
    char command[17];

    if (process && !is_own_code(scene, process)) {
        /* The kernel takes any bytes for a name, the reader's screen not. */
        for (size_t i = 0; i < sizeof(command); i++)
            command[i] = isprint((unsigned char)process->name[i]) ||
                                 process->name[i] == '\0'
                             ? process->name[i]
                             : '?';
        word = command;
    } else if (pid == scene->first_pid) {
        word = has_children(scene->snapshot, pid) ? "parent" : "process";
    }
    (void)snprintf(name, sizeof((struct autopsy_wait *)0)->name, "%s %d", word,
                   pid);
}

/* "pipe A", "pipe B", ...: in the order of their first appearance. */
static void set_label(const struct autopsy *autopsy, struct autopsy_wait *wait)
{
    static const char *const kinds[] = {
        [OBJECT_PIPE] = "pipe",
        [OBJECT_FIFO] = "FIFO",
        [OBJECT_SOCKET] = "socket",
    };
    unsigned seen = 0;

    if (wait->object >= LENGTH(kinds) || kinds[wait->object] == NULL)
        return;
    for (const struct autopsy_wait *w = autopsy->waits; w < wait; w++) {
        if (w->object != wait->object)
            continue;
        if (strcmp(w->object_name, wait->object_name) == 0) {
            memcpy(wait->label, w->label, sizeof(wait->label));
            return;
        }
        char last = w->label[strlen(kinds[w->object]) + 1];
        if ((unsigned)(last - 'A') + 1 > seen)
            seen = (unsigned)(last - 'A') + 1;
    }
    (void)snprintf(wait->label, sizeof(wait->label), "%s %c",
                   kinds[wait->object], 'A' + (int)(seen < 26 ? seen : 25));
}

/* ---- Holders ----------------------------------------------------------- */

static enum autopsy_who relation(const struct autopsy_scene *scene,
                                 pid_t waiter, pid_t holder)
{
    const struct snapshot_thread *a = snapshot_process(scene->snapshot, waiter);
    const struct snapshot_thread *b = snapshot_process(scene->snapshot, holder);

    if (waiter == holder)
        return WHO_ITSELF;
    if (a && a->ppid == holder)
        return WHO_PARENT;
    if (b && b->ppid == waiter)
        return WHO_CHILD;
    return a && b && a->ppid == b->ppid ? WHO_SIBLING : WHO_OTHER;
}

static void add_holder(const struct autopsy_scene *scene,
                       struct autopsy_wait *wait,
                       const struct snapshot_thread *process, int fd)
{
    struct autopsy_holder *holder =
        grow(&wait->holders, &wait->holder_count, sizeof(*holder));

    holder->pid = process->pid;
    holder->fd = fd;
    holder->who = relation(scene, wait->pid, process->pid);
    holder->own_code = is_own_code(scene, process);
    autopsy_name(scene, process->pid, holder->name);
}

static bool is_held_by_tester(const struct autopsy_scene *scene,
                              const char *target, bool idle)
{
    for (size_t i = 0; i < scene->held_count; i++)
        if (strcmp(scene->held[i].target, target) == 0 &&
            (scene->held[i].idle || !idle))
            return true;
    return false;
}

bool autopsy_tester_is_idle(const struct autopsy_scene *scene,
                            const char *target)
{
    return is_held_by_tester(scene, target, true);
}

static void add_tester(const struct autopsy_scene *scene,
                       struct autopsy_wait *wait)
{
    if (!is_held_by_tester(scene, wait->object_name, false))
        return;
    struct autopsy_holder *holder =
        grow(&wait->holders, &wait->holder_count, sizeof(*holder));
    holder->fd = -1;
    holder->who = WHO_TESTER;
    (void)snprintf(holder->name, sizeof(holder->name), "the test");
}

/* A reader waits for those who can write, and the other way round; O_RDWR is
 * both. */
static bool is_other_end(const struct snapshot_fd *mine, bool reads,
                         const struct snapshot_fd *other)
{
    int unfit = reads ? O_RDONLY : O_WRONLY;

    return other->type == S_IFIFO && other->inode == mine->inode &&
           strcmp(other->target, mine->target) == 0 &&
           (other->flags & O_ACCMODE) != unfit;
}

static void add_other_ends(const struct autopsy_scene *scene,
                           struct autopsy_wait *wait,
                           const struct snapshot_fd *fd)
{
    const struct snapshot *snapshot = scene->snapshot;

    for (size_t i = 0; i < snapshot->count; i++) {
        const struct snapshot_thread *process = &snapshot->threads[i];
        if (process->pid != process->tid)
            continue;
        for (size_t j = 0; j < process->fd_count; j++)
            if (is_other_end(fd, wait->reads, &process->fds[j]))
                add_holder(scene, wait, process, process->fds[j].fd);
    }
    add_tester(scene, wait);
}

/* PID <= 0: any child. */
static void add_children(const struct autopsy_scene *scene,
                         struct autopsy_wait *wait, pid_t pid)
{
    for (size_t i = 0; i < scene->snapshot->count; i++) {
        const struct snapshot_thread *child = &scene->snapshot->threads[i];
        if (child->pid == child->tid && child->ppid == wait->pid &&
            child->state != 'Z' && (pid <= 0 || child->pid == pid))
            add_holder(scene, wait, child, -1);
    }
}

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
    wait->own_code = is_own_code(scene, leader ? leader : thread);
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
    struct autopsy_wait *wait =
        add_wait(scene, thread, call, fd ? object_of(fd) : OBJECT_NONE);

    wait->fd = n;
    wait->reads = reads;
    if (fd == NULL)
        return wait;
    memcpy(wait->object_name, fd->target, sizeof(wait->object_name));
    set_label(scene->autopsy, wait);
    if (fd->type == S_IFIFO)
        add_other_ends(scene, wait, fd);
    else
        add_tester(scene, wait);
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
    set_label(scene->autopsy, wait);
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
    add_children(scene, wait, pid);
}

static void wait_sysv(const struct autopsy_scene *scene,
                      const struct snapshot_thread *thread,
                      const struct blocking_call *call)
{
    bool set = call->form == FORM_SEMAPHORE;
    struct autopsy_wait *wait = add_wait(
        scene, thread, call, set ? OBJECT_SEMAPHORE : OBJECT_SYSV_QUEUE);

    (void)snprintf(wait->object_name, sizeof(wait->object_name), "%s %d",
                   set ? "semaphore set" : "message queue",
                   (int)thread->args[0]);
}

static void wait_on_file(const struct autopsy_scene *scene,
                         const struct snapshot_thread *thread,
                         const struct blocking_call *call)
{
    bool lock = call->form == FORM_FCNTL || call->form == FORM_FLOCK;
    struct autopsy_wait *wait =
        add_fd(scene, thread, call, (int)thread->args[call->arg], call->reads);

    wait->object = lock ? OBJECT_LOCK : OBJECT_POSIX_QUEUE;
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
    [FORM_FD] = wait_fd,           [FORM_TRANSFER] = wait_transfer,
    [FORM_POLL] = wait_poll,       [FORM_SELECT] = wait_select,
    [FORM_EPOLL] = wait_poll,      [FORM_OPEN] = wait_open,
    [FORM_CHILD] = wait_child,     [FORM_CHILD_ID] = wait_child,
    [FORM_VFORK] = wait_child,     [FORM_SIGNAL] = wait_plain,
    [FORM_FUTEX] = wait_plain,     [FORM_SEMAPHORE] = wait_sysv,
    [FORM_SYSV_QUEUE] = wait_sysv, [FORM_POSIX_QUEUE] = wait_on_file,
    [FORM_FCNTL] = wait_on_file,   [FORM_FLOCK] = wait_on_file,
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
    /* vfork(2) is the one known sleep that no signal ends. */
    if (thread->state == (call->form == FORM_VFORK ? 'D' : 'S'))
        waits[call->form](scene, thread, call);
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

static void finish_holders(const struct autopsy *autopsy)
{
    for (size_t i = 0; i < autopsy->count; i++) {
        struct autopsy_wait *wait = &autopsy->waits[i];
        for (size_t j = 0; j < wait->holder_count; j++)
            wait->holders[j].blocked =
                is_blocked(autopsy, wait->holders[j].pid);
        if (wait->holder_count > 1)
            qsort(wait->holders, wait->holder_count, sizeof(*wait->holders),
                  compare_holders);
    }
}

struct autopsy *autopsy_new(const struct snapshot *snapshot, pid_t first_pid,
                            const char *program, const struct tester_end *held,
                            size_t held_count)
{
    struct autopsy *autopsy = xcalloc(1, sizeof(*autopsy));
    struct autopsy_scene scene = {snapshot, first_pid,  program,
                                  held,     held_count, autopsy};

    for (int first = 1; first >= 0; first--)
        for (size_t i = 0; i < snapshot->count; i++)
            if ((snapshot->threads[i].pid == first_pid) == first)
                examine(&scene, &snapshot->threads[i]);
    finish_holders(autopsy);
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
