// SPDX-License-Identifier: MIT
/*
 * autopsy_sockets.c - sockets: who has the other end of one that is waited for,
 * how that is said, and what lies unread elsewhere.
 */
#include <string.h>
#include <sys/socket.h>

#include "autopsy_private.h"
#include "base.h"
#include "blocking.h"
#include "sockets.h"

/* ---- Holders ------------------------------------------------------------- */

static void add_holders_of(const struct autopsy_scene *scene,
                           struct autopsy_wait *wait, unsigned long inode)
{
    for (size_t i = 0; i < scene->snapshot->count; i++) {
        const struct snapshot_thread *process = &scene->snapshot->threads[i];
        if (process->pid != process->tid)
            continue;
        for (size_t j = 0; j < process->fd_count; j++)
            if (socket_is_of(&process->fds[j], inode))
                autopsy_add_holder(scene, wait, process, process->fds[j].fd);
    }
}

/* The socket whose holders could end the wait for SOCKET; 0: none. */
static unsigned long other_end(const struct autopsy_scene *scene,
                               const struct autopsy_wait *wait,
                               const struct snapshot_socket *socket)
{
    const struct snapshot_thread *thread = autopsy_thread(scene, wait->tid);
    const struct blocking_call *call =
        thread ? blocking_find(thread->syscall) : NULL;
    const struct snapshot_socket *addressed =
        call ? socket_addressed(scene->snapshot, thread, call, socket) : NULL;

    return addressed           ? addressed->inode
           : socket->peer != 0 ? socket->peer
                               : socket->listener;
}

void autopsy_add_peers(const struct autopsy_scene *scene,
                       struct autopsy_wait *wait, const struct snapshot_fd *fd)
{
    const struct snapshot_socket *socket = snapshot_socket(scene->snapshot, fd);
    struct autopsy_socket *told = &wait->socket;

    if (socket == NULL)
        return;
    const struct snapshot_socket *other =
        socket_by_inode(scene->snapshot, other_end(scene, wait, socket));
    *told = (struct autopsy_socket){
        .known = true,
        .local = socket->family == AF_UNIX,
        .type = socket->type,
        .inode = socket->inode,
        .peer = socket->peer,
        .listens = socket->listens,
        .connected = socket->connected,
        .unaccepted = socket->listener != 0,
        .shut_write = socket->shut_write,
        .unread = socket->unread,
        .peer_unread = other && !other->listens ? other->unread : 0,
    };
    memcpy(told->name, socket->name, sizeof(told->name));
    if (other) {
        memcpy(told->peer_name, other->name, sizeof(told->peer_name));
        add_holders_of(scene, wait, other->inode);
        autopsy_add_tester_of(scene, wait, other->inode);
    }
}

/* ---- Words --------------------------------------------------------------- */

/* "socket A (port 5000)" */
static void say_name(struct autopsy_line *line, const struct autopsy_wait *wait)
{
    autopsy_say(line, "%s", wait->label);
    if (wait->socket.name[0] == '\0')
        return;
    autopsy_say(line, " (");
    autopsy_say_path(line, wait->socket.name);
    autopsy_say(line, ")");
}

static void say_connect(const struct autopsy_scene *scene,
                        struct autopsy_line *line,
                        const struct autopsy_wait *wait)
{
    autopsy_say(line, ": nobody accepts the connection of %s", wait->label);
    if (wait->holder_count == 0)
        return;
    autopsy_say(line, " to ");
    autopsy_say_path(line, wait->socket.peer_name);
    autopsy_say_all_holders(scene, line, "; its listener is ", wait);
}

/* What there is to say of the other end. */
static void say_peer(const struct autopsy_scene *scene,
                     struct autopsy_line *line, const struct autopsy_wait *wait)
{
    const struct autopsy_socket *socket = &wait->socket;
    bool datagrams = socket->type == SOCK_DGRAM;

    if (wait->holder_count > 0 && socket->unaccepted)
        autopsy_say_all_holders(
            scene, line, "; its other end waits to be accepted by ", wait);
    else if (wait->holder_count > 0)
        autopsy_say_all_holders(scene, line, "; its other end is held by ",
                                wait);
    else if (!socket->connected)
        autopsy_say(line, "; it is connected to nobody");
    else if (socket->peer == 0 && datagrams && socket->local)
        autopsy_say(line, "; its other end is closed, but datagrams have no "
                          "end-of-file");
    else
        autopsy_say(line, "; no process in sight has its other end");
}

void autopsy_say_socket(const struct autopsy_scene *scene,
                        struct autopsy_line *line,
                        const struct autopsy_wait *wait)
{
    const struct autopsy_socket *socket = &wait->socket;

    if (socket->listens || strncmp(wait->call, "accept", 6) == 0) {
        autopsy_say(line, ": nobody connects to ");
        say_name(line, wait);
        return;
    }
    if (strcmp(wait->call, "connect") == 0) {
        say_connect(scene, line, wait);
        return;
    }
    autopsy_say(line, ": ");
    say_name(line, wait);
    autopsy_say(line, wait->reads ? " has nothing to be read" : " has no room");
    if (!wait->reads && socket->peer_unread > 0)
        autopsy_say(line, ", %lu bytes lie unread", socket->peer_unread);
    if (socket->known)
        say_peer(scene, line, wait);
}

/* ---- What nobody has read ------------------------------------------------ */

/* A wait to write has told of it. */
static bool is_told(const struct autopsy *autopsy, unsigned long inode)
{
    for (size_t i = 0; i < autopsy->count; i++)
        if (autopsy->waits[i].object == OBJECT_SOCKET &&
            !autopsy->waits[i].reads && autopsy->waits[i].socket.peer == inode)
            return true;
    return false;
}

static void add_unread(const struct autopsy_scene *scene,
                       const struct snapshot_thread *process,
                       const struct snapshot_fd *fd)
{
    struct autopsy *autopsy = scene->autopsy;
    const struct snapshot_socket *socket = snapshot_socket(scene->snapshot, fd);

    if (socket == NULL || socket->unread == 0 ||
        is_told(autopsy, socket->inode))
        return;
    struct autopsy_unread *unread =
        grow(&autopsy->unread, &autopsy->unread_count, sizeof(*unread));
    *unread = (struct autopsy_unread){
        .pid = process->pid,
        .fd = fd->fd,
        .listens = socket->listens,
        .count = socket->unread,
        .inode = socket->inode,
        /* Of UDP the kernel counts the memory, not the bytes: udp(7). */
        .bytes_known = socket->family == AF_UNIX || socket->type == SOCK_STREAM,
    };
}

static void say_unread(const struct autopsy_scene *scene,
                       struct autopsy_line *line,
                       const struct autopsy_unread *unread)
{
    char name[sizeof(scene->autopsy->waits->name)];
    const char *many = unread->count == 1 ? "" : "s";

    autopsy_name(scene, unread->pid, name);
    if (unread->listens)
        autopsy_say(line, "%s has not accepted %lu connection%s", name,
                    unread->count, many);
    else if (unread->bytes_known)
        autopsy_say(line, "%s has not read %lu byte%s", name, unread->count,
                    many);
    else
        autopsy_say(line, "%s has not read what was sent to it", name);
    autopsy_say(line, " (descriptor %d)", unread->fd);
}

/* shutdown(2): who waits for an answer has told that it asks no more. */
static void write_shut(const struct autopsy_scene *scene)
{
    const struct autopsy *autopsy = scene->autopsy;

    for (size_t i = 0; i < autopsy->count; i++) {
        const struct autopsy_wait *wait = &autopsy->waits[i];
        struct autopsy_line line = {.length = 0};
        if (!wait->socket.shut_write)
            continue;
        autopsy_say(&line,
                    "%s has shut down its sending half of %s (descriptor %d)",
                    wait->name, wait->label, wait->fd);
        autopsy_finish(scene->autopsy, &line);
    }
}

/* One socket that several processes share is told of once. */
static bool is_first(const struct autopsy *autopsy, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (autopsy->unread[i].inode == autopsy->unread[n].inode)
            return false;
    return true;
}

void autopsy_write_sockets(const struct autopsy_scene *scene)
{
    enum { SHOWN = 3 };
    const struct autopsy *autopsy = scene->autopsy;
    size_t said = 0;

    write_shut(scene);
    for (size_t i = 0; i < scene->snapshot->count; i++) {
        const struct snapshot_thread *process = &scene->snapshot->threads[i];
        for (size_t j = 0;
             j < process->fd_count && process->pid == process->tid; j++)
            add_unread(scene, process, &process->fds[j]);
    }
    for (size_t i = 0; i < autopsy->unread_count; i++) {
        struct autopsy_line line = {.length = 0};
        if (!is_first(autopsy, i) || said++ >= SHOWN)
            continue;
        say_unread(scene, &line, &autopsy->unread[i]);
        autopsy_finish(scene->autopsy, &line);
    }
    if (said > SHOWN) {
        struct autopsy_line line = {.length = 0};
        autopsy_say(&line, "%zu more sockets have something to be read",
                    said - SHOWN);
        autopsy_finish(scene->autopsy, &line);
    }
}
