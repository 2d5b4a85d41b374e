// SPDX-License-Identifier: MIT
/*
 * autopsy_holders.c - what processes and objects are called, and who could end
 * a wait: whoever has the other end of a pipe, or the awaited child.  Who uses
 * objects that are shared without descriptors is not known.
 */
#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "autopsy_private.h"
#include "base.h"

/* ---- Names ------------------------------------------------------------- */

/* A zombie's exe cannot be read: its name must do. */
bool autopsy_is_own_code(const struct autopsy_scene *scene,
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

    if (process && !autopsy_is_own_code(scene, process)) {
        /* The kernel takes any bytes for a name, the reader's screen not. */
        for (size_t i = 0; i < sizeof(command); i++)
            command[i] = isprint((unsigned char)process->name[i]) ||
                                 process->name[i] == '\0'
                             ? process->name[i]
                             : '?';
        word = command;
    } else if (pid == scene->first_pid || process == NULL ||
               process->session == pid) {
        /* Started by the tester, or gone: it has no parent in sight. */
        word = has_children(scene->snapshot, pid) ? "parent" : "process";
    }
    (void)snprintf(name, sizeof((struct autopsy_wait *)0)->name, "%s %d", word,
                   pid);
}

/* Both ends of a connection have one name: they are of one thing. */
static bool is_same_object(const struct autopsy_wait *a,
                           const struct autopsy_wait *b)
{
    return strcmp(a->object_name, b->object_name) == 0 ||
           (a->object == OBJECT_SOCKET && a->socket.peer != 0 &&
            a->socket.peer == b->socket.inode &&
            b->socket.peer == a->socket.inode);
}

/* "pipe A", "pipe B", ...: in the order of their first appearance. */
void autopsy_set_label(const struct autopsy *autopsy, struct autopsy_wait *wait)
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
        if (is_same_object(w, wait)) {
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

void autopsy_add_holder(const struct autopsy_scene *scene,
                        struct autopsy_wait *wait,
                        const struct snapshot_thread *process, int fd)
{
    struct autopsy_holder *holder =
        grow(&wait->holders, &wait->holder_count, sizeof(*holder));

    holder->pid = process->pid;
    holder->fd = fd;
    holder->who = relation(scene, wait->pid, process->pid);
    holder->own_code = autopsy_is_own_code(scene, process);
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
                       struct autopsy_wait *wait, const char *target)
{
    if (!is_held_by_tester(scene, target, false))
        return;
    struct autopsy_holder *holder =
        grow(&wait->holders, &wait->holder_count, sizeof(*holder));
    holder->fd = -1;
    holder->who = WHO_TESTER;
    (void)snprintf(holder->name, sizeof(holder->name), "the test");
}

void autopsy_add_tester(const struct autopsy_scene *scene,
                        struct autopsy_wait *wait)
{
    add_tester(scene, wait, wait->object_name);
}

void autopsy_add_tester_of(const struct autopsy_scene *scene,
                           struct autopsy_wait *wait, unsigned long inode)
{
    char target[32];

    (void)snprintf(target, sizeof(target), "socket:[%lu]", inode);
    add_tester(scene, wait, target);
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

void autopsy_add_other_ends(const struct autopsy_scene *scene,
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
                autopsy_add_holder(scene, wait, process, process->fds[j].fd);
    }
    autopsy_add_tester(scene, wait);
}

/*
 * A semaphore has no owner.  But where 1 is to be taken from 0, as from a lock,
 * the last to change it is nearly always the one who took it; in other patterns
 * the last change says nothing of who will make the next.
 */
void autopsy_add_changer(const struct autopsy_scene *scene,
                         struct autopsy_wait *wait)
{
    const struct autopsy_semaphore *semaphore = &wait->semaphore;
    const struct snapshot_thread *changer =
        snapshot_process(scene->snapshot, semaphore->changed_by);

    if (semaphore->changer_lives && semaphore->change == -1 &&
        semaphore->value == 0)
        autopsy_add_holder(scene, wait, changer, -1);
}

/* PID <= 0: any child. */
void autopsy_add_children(const struct autopsy_scene *scene,
                          struct autopsy_wait *wait, pid_t pid)
{
    for (size_t i = 0; i < scene->snapshot->count; i++) {
        const struct snapshot_thread *child = &scene->snapshot->threads[i];
        if (child->pid == child->tid && child->ppid == wait->pid &&
            child->state != 'Z' && (pid <= 0 || child->pid == pid))
            autopsy_add_holder(scene, wait, child, -1);
    }
}
