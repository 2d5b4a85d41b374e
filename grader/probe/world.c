// SPDX-License-Identifier: MIT
/* world.c - speaks to the first process of a sandbox; see world.h. */
#include "world.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "verdict.h"

/* ---- Messages ------------------------------------------------------------ */

static void send_request(struct world *world, const void *message, size_t size,
                         const int *fds)
{
    union {
        char space[CMSG_SPACE(3 * sizeof(int))];
        struct cmsghdr align;
    } control = {.space = {0}};
    struct iovec part = {(void *)(uintptr_t)message, size};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

    if (fds) {
        header.msg_control = control.space;
        header.msg_controllen = sizeof(control.space);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(3 * sizeof(int));
        memcpy(CMSG_DATA(rights), fds, 3 * sizeof(int));
    }
    while (sendmsg(world->control_fd, &header, MSG_NOSIGNAL) < 0)
        if (errno != EINTR)
            probe_error("sandbox: cannot send a request: %s", strerror(errno));
}

/* Receive one message.  FDS, where given, receives what HELLO carries.  False,
 * with MSG_DONTWAIT, where there is none. */
static bool receive(struct world *world, struct server_message *message,
                    int *fds, int flags)
{
    union {
        char space[CMSG_SPACE(SERVER_FDS * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {message, sizeof(*message)};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.space,
                            .msg_controllen = sizeof(control.space)};
    ssize_t size;

    do
        size = recvmsg(world->control_fd, &header, flags | MSG_CMSG_CLOEXEC);
    while (size < 0 && errno == EINTR);
    if (size == 0)
        probe_error("sandbox: its first process is gone%s",
                    world->memcheck ? "" : " (try `ipclab doctor`)");
    if (size != (ssize_t)sizeof(*message))
        return false;
    struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
    if (fds && rights && rights->cmsg_type == SCM_RIGHTS)
        memcpy(fds, CMSG_DATA(rights), rights->cmsg_len - CMSG_LEN(0));
    return true;
}

/* Valgrind's processes may have to write their logs before they can end. */
void world_drain_log(struct world *world)
{
    char buffer[65536];
    ssize_t size;

    if (world->log_fd < 0)
        return;
    while ((size = recv(world->log_fd, buffer, sizeof(buffer), MSG_DONTWAIT)) >
           0) {
        world->log = xrealloc(world->log, world->log_size + (size_t)size + 1);
        memcpy(world->log + world->log_size, buffer, (size_t)size);
        world->log_size += (size_t)size;
    }
}

/* Wait for the reply of TYPE; reports that come before it are kept. */
static struct server_message await(struct world *world, uint32_t type, int *fds)
{
    struct server_message message;
    int64_t deadline = now_ms() + SANDBOX_DEADLINE_MS;

    for (;;) {
        struct pollfd events[] = {{world->control_fd, POLLIN, 0},
                                  {world->log_fd, POLLIN, 0}};
        int64_t left = deadline - now_ms();
        int ready = left > 0 ? poll(events, 2, (int)left) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0)
            probe_error("sandbox: no answer within %d s",
                        SANDBOX_DEADLINE_MS / 1000);
        world_drain_log(world);
        if (events[0].revents == 0)
            continue;
        if (!receive(world, &message, fds, 0))
            probe_error("sandbox: %s", strerror(errno));
        if (message.type == type)
            return message;
        struct server_message *report =
            grow(&world->reports, &world->report_count, sizeof(*report));
        *report = message;
    }
}

bool world_receive(struct world *world, struct server_message *report)
{
    if (world->report_count > 0) {
        *report = world->reports[0];
        world->report_count--;
        memmove(world->reports, world->reports + 1,
                world->report_count * sizeof(*report));
        return true;
    }
    return receive(world, report, NULL, MSG_DONTWAIT);
}

void world_say_hello(struct world *world)
{
    struct server_message request = {.type = SERVER_HELLO};

    for (int i = 0; i < SERVER_FDS; i++)
        world->fds[i] = -1;
    send_request(world, &request, sizeof(request), NULL);
    world->init_pid = await(world, SERVER_HELLO, world->fds).pid;
    if (world->fds[SERVER_MQUEUE] < 0)
        probe_error("sandbox: its first process sent no descriptors");
}

/* ---- Requests ------------------------------------------------------------ */

struct packet {
    struct server_message head;
    char strings[SERVER_PACKET_MAX];
    size_t size;
};

static void add_string(struct packet *packet, const char *string)
{
    size_t size = strlen(string) + 1;

    if (packet->size + size > sizeof(packet->strings) - sizeof(packet->head))
        probe_error("launch: the arguments are too long");
    memcpy(packet->strings + packet->size, string, size);
    packet->size += size;
}

pid_t world_start(struct world *world, const struct world_start *start)
{
    static struct packet packet;
    char *bin = sandbox_path(&world->sandbox, "kit/bin");
    char *path = xformat("PATH=%s:/usr/bin:/bin", bin);

    packet.size = 0;
    packet.head = (struct server_message){
        .type = SERVER_START,
        .one_cpu = !world->memcheck,
        .closed_input = start->closed_input,
        .tool = start->tool != NULL,
        .ignored = start->ignored,
        .blocked = start->blocked,
        .umask = start->umask,
        .limits = start->limits,
    };
    add_string(&packet, ".");
    add_string(&packet, start->tool ? start->tool : world->program);
    add_string(&packet, start->tool ? start->tool : probe_setting()->lab);
    packet.head.argc = 1;
    for (const char *const *arg = start->args; *arg; arg++) {
        add_string(&packet, *arg);
        packet.head.argc++;
    }
    add_string(&packet, path);
    add_string(&packet, "LC_ALL=C");
    packet.head.envc = 2;
    for (const char *const *env = start->env; *env; env++) {
        add_string(&packet, *env);
        packet.head.envc++;
    }
    free(path);
    free(bin);
    send_request(world, &packet, sizeof(packet.head) + packet.size, start->fds);
    struct server_message reply = await(world, SERVER_DONE, NULL);
    if (reply.value != 0)
        probe_error("sandbox: cannot start the program: %s",
                    strerror(reply.value));
    return reply.pid;
}

void world_kill(struct world *world, pid_t pid, int signal)
{
    struct server_message request = {
        .type = SERVER_KILL, .pid = pid, .value = signal};

    send_request(world, &request, sizeof(request), NULL);
    int error = await(world, SERVER_DONE, NULL).value;
    if (error != 0 && error != ESRCH) /* it may have just ended */
        probe_error("sandbox: kill: %s", strerror(error));
}

bool world_semaphore(struct world *world, struct snapshot_semaphore *semaphore)
{
    struct server_message request = {.type = SERVER_SEMAPHORE,
                                     .pid = semaphore->id,
                                     .value = semaphore->num};

    send_request(world, &request, sizeof(request), NULL);
    struct server_message reply = await(world, SERVER_SEMAPHORE, NULL);
    semaphore->value = reply.semaphore[0];
    semaphore->changed_by = reply.semaphore[1];
    semaphore->waiting_more = reply.semaphore[2];
    semaphore->waiting_zero = reply.semaphore[3];
    semaphore->fresh = reply.semaphore[4] == 0;
    return semaphore->value >= 0;
}

int world_give_socket(struct world *world, int type)
{
    struct server_message request = {.type = SERVER_SOCKET, .value = type};
    int fds[SERVER_FDS] = {-1};

    send_request(world, &request, sizeof(request), NULL);
    int error = await(world, SERVER_SOCKET, fds).value;
    if (fds[0] < 0)
        probe_error("sandbox: socket: %s", strerror(error));
    return fds[0];
}

void world_sweep(struct world *world)
{
    struct server_message request = {.type = SERVER_SWEEP};

    send_request(world, &request, sizeof(request), NULL);
    (void)await(world, SERVER_DONE, NULL);
    world_drain_log(world);
}
